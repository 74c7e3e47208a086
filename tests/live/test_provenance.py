#!/usr/bin/python3
"""Code that a genuine pip or rpm delivers: said when its package is there, with the package's name.

pip writes the hook first and RECORD last.  A wheel with many files behind the hook makes that a while, in
which a test can stop pip, kill it, or write to the hook.
"""

import atexit
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (DEADLINE, EXECUTES, PYTHON, Daemon, Skip, Suite, check, check_equal, clean_env, die_with_parent, on_path,
                     op, read_file, run, wait_until, write_file)
from packages import row, wheel

suite = Suite("provenance")
MANY = 4000


def venv(work):
    """An environment with its own pip, made before the daemon looks."""
    run(PYTHON, "-m", "venv", work.join("venv"), env=clean_env(work.mkdir("home")))
    return glob.glob(work.join("venv", "lib", "python3*", "site-packages"))[0]


def pip(work, package):
    run(work.join("venv", "bin", "pip"), "install", package, env=clean_env(work.join("home")))


class StoppedPip:
    """pip, stopped when the hook is there and its RECORD is not."""

    def __init__(self, work, package, hook):
        self.hook = hook
        self.process = subprocess.Popen(
            [work.join("venv", "bin", "python"), "-m", "pip", "install", package], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_env(work.join("home")),
            preexec_fn=die_with_parent)
        # The file is written when it is there with its content.
        while not (os.path.exists(hook) and os.path.getsize(hook)):
            check(self.process.poll() is None, "pip ended before the hook was there")
        self.process.send_signal(signal.SIGSTOP)
        check(not self.record(), "RECORD was there before pip could be stopped")

    def record(self):
        return glob.glob(os.path.join(os.path.dirname(self.hook), "slow-*.dist-info", "RECORD"))

    def finish(self):
        self.process.send_signal(signal.SIGCONT)
        check_equal(self.process.wait(8 * DEADLINE), 0, "pip's exit status")

    def kill(self):
        self.process.kill()
        self.process.wait()


def slow_pip(work, daemon, site):
    stopped = StoppedPip(work, wheel(work, "slow", more=MANY), os.path.join(site, "slow.pth"))
    wait_until(lambda: daemon.counters()["deferred"] == 1, "a hook that waits for its package")
    return stopped


def alerts_on(alerts, path):
    return [a for a in alerts if on_path(path)(a)]


@suite.test("import-of-a-package")
def unknown(work):
    site = venv(work)
    with Daemon(work) as daemon:
        pip(work, wheel(work))
        a = daemon.wait_for(on_path(os.path.join(site, "live_hook.pth")))
        daemon.quiet()
        check_equal(len(alerts_on(daemon.since(), os.path.join(site, "live_hook.pth"))), 1, "alerts")
        check_equal(a["pyhookd"]["level"], "medium", "the level")
        p = a["pyhookd"]["provenance"]
        check_equal((p["kind"], p["package"], p["version"], p["match"], p["authentic"]),
                    ("record", "live_hook", "1.0", True, True), "the provenance")
        check_equal(p["database"], os.path.join(site, "live_hook-1.0.dist-info", "RECORD"), "the database")
        check("live_hook 1.0" in a["message"], a["message"])


@suite.test("like-pytest-cov")
def like_pytest_cov(work):
    hook = ("import os, sys;exec('if \"LIVE_COV_SOURCE\" in os.environ:\\n try:\\n  from live_hook import LOADED\\n"
            "  LOADED\\n except Exception as e:\\n  sys.stderr.write(str(e))')\n")
    site = venv(work)
    with Daemon(work) as daemon:
        pip(work, wheel(work, hook=hook))
        daemon.wait_for(on_path(os.path.join(site, "live_hook.pth")))
        daemon.quiet()


@suite.test("like-litellm")
def like_litellm(work):
    """What steals is said at once, whoever brings it: while pip is still at work, and before its RECORD is there."""
    hook = ("import os, subprocess, sys; subprocess.Popen([sys.executable, \"-c\", \"import base64; "
            "exec(base64.b64decode('cGFzcw=='))\"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n")
    site = venv(work)
    path = os.path.join(site, "slow.pth")
    with Daemon(work) as daemon:
        stopped = StoppedPip(work, wheel(work, "slow", hook=hook, more=MANY), path)
        a = daemon.wait_for(on_path(path))
        check(not stopped.record(), "RECORD was there first")
        check_equal((a["pyhookd"]["level"], a["pyhookd"]["content"]["verdict"]), ("critical", "malicious"), "the judgement")
        check_equal((a["pyhookd"]["installer"]["name"], a["pyhookd"]["installer"]["verified"]), ("pip", True), "the installer")
        check(not a["pyhookd"].get("provenance", {}).get("deferred"), "it waited for its package")
        stopped.finish()
        daemon.settle()
        check_equal(len(alerts_on(daemon.since(), path)), 1, "alerts")


def build_rpm(work, files):
    """A package `live-hook` of files below the root directory."""
    if not shutil.which("rpmbuild"):
        raise Skip("no rpmbuild")
    root = work.mkdir("buildroot")
    for name, text in files.items():
        write_file(os.path.join(work.mkdir("buildroot", os.path.dirname(name)), os.path.basename(name)), text)
    write_file(work.join("live-hook.spec"),
               "Name: live-hook\nVersion: 1.0\nRelease: 2\nEpoch: 3\nSummary: a hook\nLicense: none\nBuildArch: noarch\n"
               "%%global __os_install_post %%{nil}\n%%description\nA hook.\n%%files\n%s\n" % "\n".join("/" + n for n in files))
    run("rpmbuild", "-bb", "--nodebuginfo", "--buildroot", root, "--define", "_topdir " + work.join("rpmbuild"),
        "--noclean", work.join("live-hook.spec"), env=clean_env(work.mkdir("home")))
    return glob.glob(work.join("rpmbuild", "RPMS", "noarch", "*.rpm"))[0]


@suite.test("rpm")
def rpm(work):
    """An image that rpm fills.  Below /opt: a database is believed where root alone can write."""
    name = "usr/lib/python3.11/site-packages/live_hook.pth"
    package = build_rpm(work, {name: "import live_hook\n"})
    image = tempfile.mkdtemp(prefix="pyhookd-live-", dir="/opt")
    atexit.register(shutil.rmtree, image, True)
    os.chmod(image, 0o755)
    with Daemon(work, watch=[work.path, image]) as daemon:
        run("rpm", "--root", image, "--dbpath", "/var/lib/rpm", "--force-debian", "--nodeps", "--nosignature", "-U", package,
            env=clean_env(work.join("home")))
        a = daemon.wait_for(on_path(os.path.join(image, name)))
        daemon.quiet()
        check_equal(a["pyhookd"]["level"], "medium", "the level")
        p = a["pyhookd"]["provenance"]
        check_equal((p["kind"], p["package"], p["version"], p["match"], p["authentic"]),
                    ("rpm", "live-hook", "3:1.0-2", True, True), "the provenance")
        # What root changes is no longer the package's.
        write_file(os.path.join(image, name), EXECUTES)
        a = daemon.wait_for(on_path(os.path.join(image, name), "high"))
        p = a["pyhookd"]["provenance"]
        check_equal((p["kind"], p["package"], p["match"]), ("rpm", "live-hook", False), "the provenance of another content")


@suite.test("pip-dies-before-its-record")
def killed(work):
    site = venv(work)
    hook = os.path.join(site, "slow.pth")
    with Daemon(work) as daemon:
        slow_pip(work, daemon, site).kill()
        a = daemon.exactly_one(hook, level="informational")
        check_equal((a["pyhookd"]["level"], a["pyhookd"]["provenance"]["kind"]), ("high", "none"), "the alert")
        check(a["pyhookd"]["installer"]["verified"], "pip is not verified")


@suite.test("no-row")
def no_row(work):
    """pip gives a file that its wheel does not name a row without a digest."""
    site = venv(work)
    with Daemon(work) as daemon:
        pip(work, wheel(work, record=lambda n, t: None if n.endswith(".pth") else row(n, t)))
        a = daemon.exactly_one(os.path.join(site, "live_hook.pth"), level="informational")
        check_equal((a["pyhookd"]["level"], a["pyhookd"]["provenance"]["kind"]), ("high", "record"), "the alert")
        check("match" not in a["pyhookd"]["provenance"], "there is nothing to match")


@suite.test("another-digest")
def mismatch(work):
    site = venv(work)
    with Daemon(work) as daemon:
        pip(work, wheel(work, record=lambda n, t: row(n, t + "#" if n.endswith(".pth") else t)))
        a = daemon.exactly_one(os.path.join(site, "live_hook.pth"), level="informational")
        check_equal((a["pyhookd"]["level"], a["pyhookd"]["provenance"]["match"]), ("high", False), "the alert")


@suite.test("written-by-another-meanwhile")
def written_meanwhile(work):
    """What pip wrote is said first, then who changed it."""
    site = venv(work)
    hook = os.path.join(site, "slow.pth")
    with Daemon(work) as daemon:
        stopped = slow_pip(work, daemon, site)
        op("overwrite", hook, EXECUTES)
        daemon.wait(lambda: len(alerts_on(daemon.since(), hook)) == 2, "two alerts")
        stopped.finish()
        daemon.settle()
        # pip may have been stopped before it closed the file; what it does with the other's bytes then is told, too.
        first, second = [a for a in alerts_on(daemon.since(), hook) if a["pyhookd"]["change"] != "unchanged"]
        check_equal([first["pyhookd"]["level"], second["pyhookd"]["level"]], ["medium", "high"], "the levels")
        check(first["pyhookd"]["installer"]["verified"], "pip is not verified")
        check(not second["pyhookd"]["installer"]["verified"], "the other one is")
        check_equal(second["pyhookd"]["change"], "modified", "the change")


@suite.test("stopped-while-one-waits")
def sigterm(work):
    site = venv(work)
    hook = os.path.join(site, "slow.pth")
    with Daemon(work) as daemon:
        stopped = slow_pip(work, daemon, site)
        daemon.stop()
        a, = alerts_on(daemon.since(), hook)
        check_equal(a["pyhookd"]["level"], "medium", "the level")
        check("kind" not in a["pyhookd"]["provenance"], "nobody can know yet that it is of no package")
        state = daemon.state
    stopped.finish()
    with Daemon(work, state=state) as daemon:
        daemon.quiet()
        check_equal(alerts_on(daemon.since(), hook), [], "alerts of the second run")


@suite.test("killed-while-one-waits")
def kill_nine(work):
    site = venv(work)
    hook = os.path.join(site, "slow.pth")
    daemon = Daemon(work)
    state = daemon.state
    # A snapshot of the inventory is there, in which the hook is not.
    wait_until(lambda: os.path.exists(os.path.join(state, "inventory.jsonl")), "the inventory")
    stopped = slow_pip(work, daemon, site)
    check(hook.encode() not in read_file(os.path.join(state, "inventory.jsonl")), "the inventory has it")
    daemon.kill()
    check_equal(alerts_on(daemon.since(), hook), [], "alerts before it was killed")
    stopped.finish()
    with Daemon(work, state=state) as daemon:
        a = daemon.wait_for(on_path(hook))
        check_equal((a["pyhookd"]["level"], a["pyhookd"]["provenance"]["match"]), ("medium", True), "the alert")
    with Daemon(work, state=state) as daemon:
        daemon.quiet()
        check_equal(alerts_on(daemon.since(), hook), [], "alerts of the third run")


if __name__ == "__main__":
    suite.run()
