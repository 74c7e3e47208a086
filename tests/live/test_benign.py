#!/usr/bin/python3
"""What administrators and installers do all day: nothing at high or above, and nothing lost.

The wheel (packages.py) holds a .pth with an import line that is no known template: a
verified installer and a RECORD are all that speaks for it.
"""

import atexit
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (DEADLINE, PYENV, PYTHON, Daemon, Skip, Suite, check, check_equal, clean_env, on_path, run,
                     wait_until, write_file)
from packages import source_tree, wheel

suite = Suite("benign")
APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=600")


def watched_home(work):
    return clean_env(work.mkdir("home"))


def find(work, name):
    return [os.path.join(d, name) for d, _, names in os.walk(work.path) if name in names]


def end_quiet(daemon, mark=0):
    daemon.quiet(mark, timeout=4 * DEADLINE)
    daemon.lost_nothing()


def seen_by_daemon(work, daemon, name):
    """That nothing serious came must not mean that nothing was seen."""
    path, = find(work, name)
    return daemon.wait_for(on_path(path))


@suite.test("venv")
def venv(work):
    with Daemon(work) as daemon:
        run(PYTHON, "-m", "venv", work.join("venv"), env=watched_home(work))
        end_quiet(daemon)
        check(find(work, "pyvenv.cfg"), "no environment was made")


@suite.test("venv-upgrade-and-clear")
def venv_again(work):
    with Daemon(work) as daemon:
        for options in (("--symlinks",), ("--upgrade",), ("--clear",), ("--clear", "--copies")):
            run(PYTHON, "-m", "venv", "--without-pip", *options, work.join("venv"), env=watched_home(work))
        end_quiet(daemon)


@suite.test("pip-install-uninstall")
def pip_install(work):
    package = wheel(work)
    newer = wheel(work, version="2.0")
    with Daemon(work) as daemon:
        run(PYTHON, "-m", "venv", work.join("venv"), env=watched_home(work))
        pip, python = work.join("venv", "bin", "pip"), work.join("venv", "bin", "python")
        run(pip, "install", package, env=watched_home(work))
        a = seen_by_daemon(work, daemon, "live_hook.pth")
        check_equal((a["pyhookd"]["installer"]["name"], a["pyhookd"]["installer"]["verified"]),
                    ("pip", True), "the installer")
        run(python, "-m", "pip", "install", "--force-reinstall", package, env=watched_home(work))
        run(pip, "install", newer, env=watched_home(work))
        run(python, "-m", "pip", "uninstall", "-y", "live_hook", env=watched_home(work))
        check(not find(work, "live_hook.pth"), "the hook is still there")
        end_quiet(daemon)


@suite.test("pip-beside-a-hook-of-the-host")
def pip_beside_known_hook(work):
    """A hook that no package accounts for, there before the watch began, as those of many a host are."""
    run(PYTHON, "-m", "venv", work.join("venv"), env=watched_home(work))
    site, = glob.glob(work.join("venv", "lib", "python3*", "site-packages"))
    hook = os.path.join(site, "of_the_host.pth")
    write_file(hook, "import os; os.environ.setdefault('OF_THE_HOST', '1')\n")
    # What is younger than a second is left to events.
    wait_until(lambda: time.time() - os.lstat(hook).st_ctime > 1.2, "a hook of more than a second")
    with Daemon(work) as daemon:
        run(work.join("venv", "bin", "pip"), "install", wheel(work), env=watched_home(work))
        installer = seen_by_daemon(work, daemon, "live_hook.pth")["pyhookd"]["installer"]
        check(installer["verified"], "pip is not verified: %s" % installer["reasons"][:3])
        end_quiet(daemon)


@suite.test("pip-user")
def pip_user(work):
    package = wheel(work)
    with Daemon(work) as daemon:
        run(PYTHON, "-m", "pip", "install", "--user", "--break-system-packages", package,
            env=watched_home(work))
        seen_by_daemon(work, daemon, "live_hook.pth")
        end_quiet(daemon)


@suite.test("pip-target")
def pip_target(work):
    package = wheel(work)
    with Daemon(work) as daemon:
        run(PYTHON, "-m", "pip", "install", "--target", work.join("target"), package,
            env=watched_home(work))
        check(find(work, "live_hook.pth"), "nothing was installed")
        end_quiet(daemon)


@suite.test("pip-root")
def pip_root(work):
    """As a package or an image is built."""
    package = wheel(work)
    with Daemon(work) as daemon:
        run(PYTHON, "-m", "pip", "install", "--root", work.join("image"), "--break-system-packages",
            package, env=watched_home(work))
        seen_by_daemon(work, daemon, "live_hook.pth")
        end_quiet(daemon)


@suite.test("pip-editable")
def pip_editable(work):
    """A path line to the developer's own tree, written by `setup.py develop` for pip."""
    # Below /opt, as a tree is that somebody works in: a path line into a temporary directory is
    # another matter, whoever writes it.
    source = tempfile.mkdtemp(prefix="pyhookd-live-", dir="/opt")
    atexit.register(shutil.rmtree, source, True)
    os.chmod(source, 0o755)
    source_tree(source)
    with Daemon(work) as daemon:
        run(PYTHON, "-m", "venv", work.join("venv"), env=watched_home(work))
        run(work.join("venv", "bin", "pip"), "install", "--no-build-isolation", "-e", source,
            env=watched_home(work))
        end_quiet(daemon)


@suite.test("apt-reinstall")
def apt_reinstall(work):
    env = clean_env("/root", DEBIAN_FRONTEND="noninteractive")
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        if name in os.environ:
            env[name] = os.environ[name]
    if not shutil.which("apt-get"):
        raise Skip("no apt-get")
    fetched = subprocess.run(APT + ("install", "--reinstall", "--download-only", "python3-setuptools"),
                             env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False)
    if fetched.returncode:
        raise Skip("apt-get cannot fetch: " + fetched.stdout.decode(errors="replace")[-300:].strip()
                   .replace("\n", "; "))
    with Daemon(work, watch=[work.path, "/usr/lib/python3", "/usr/local/lib", "/etc"]) as daemon:
        run(*APT, "install", "--reinstall", "python3-setuptools", env=env, timeout=900)
        end_quiet(daemon)


@suite.test("copy-10000-files")
def copy_many(work):
    source = work.mkdir("source")
    for d in range(100):
        os.makedirs(os.path.join(source, "package%02d" % d))
        for f in range(100):
            with open(os.path.join(source, "package%02d" % d, "module%02d.py" % f), "wb") as out:
                out.write(b"VALUE = %d\n" % f)
    with Daemon(work) as daemon:
        before = daemon.lost_nothing()["events"]
        run("cp", "-a", source, work.join("copy"))
        check_equal(sum(len(n) for _, _, n in os.walk(work.join("copy"))), 10000, "files copied")
        daemon.quiet(0, timeout=4 * DEADLINE)
        check_equal([a for a in daemon.since() if "/copy/" in a["file"]["path"]], [], "alerts on the copy")
        check(daemon.lost_nothing()["events"] > before, "the copy was not seen")


def pyenv_versions():
    for python in sorted(glob.glob(os.path.join(PYENV, "versions", "3.*", "bin", "python3"))):
        yield python.split("/")[-3], python


def with_pyenv(python):
    def test(work):
        package = wheel(work)
        with Daemon(work) as daemon:
            run(python, "-m", "venv", work.join("venv"), env=watched_home(work))
            pip = work.join("venv", "bin", "pip")
            run(pip, "install", package, env=watched_home(work))
            seen_by_daemon(work, daemon, "live_hook.pth")
            run(pip, "uninstall", "-y", "live_hook", env=watched_home(work))
            end_quiet(daemon)
    return test


for _version, _python in pyenv_versions():
    suite.test("pyenv-" + _version)(with_pyenv(_python))

if __name__ == "__main__":
    suite.run()
