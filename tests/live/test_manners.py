#!/usr/bin/python3
"""The daemon as a process: without privileges, killed, reloaded, stopped, overrun."""

import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (DAEMON, DEADLINE, EXECUTES, EXECUTES_TOO, RULES, Daemon, LoopFs, Op, Suite, check,
                     check_equal, clean_env, die_with_parent, gap, is_serious, on_path, op,
                     path_of, read_log, wait_until, write_file)

suite = Suite("manners")

BROKEN_RULE = """title: Broken
id: 3f1de3a8-63a6-4c53-9b5f-3a7b8fd0a001
status: test
logsource:
    product: linux
    category: file_event
detection:
    selection:
        TargetFilename|endswith: '.pth'
    condition: selection and (
level: high
"""


def daemon_once(*args, prefix=(), **env):
    """Run the daemon where it must end by itself."""
    return subprocess.run(list(prefix) + [DAEMON] + list(args), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE,
                          env=clean_env("/nonexistent", **env), preexec_fn=die_with_parent, check=False)


def refused(work, *prefix):
    binary = shutil.copy(DAEMON, work.join("pyhookd"))          # where anybody may execute it
    rules = work.mkdir("rules")
    state = work.mkdir("state")
    os.chmod(state, 0o777)
    p = subprocess.run(list(prefix) + [binary, "--output", "json", "--state-dir", state, "--rules-dir",
                                       rules, "--watch", work.path],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=DEADLINE, env=clean_env("/nonexistent"), preexec_fn=die_with_parent,
                       check=False)
    check_equal(p.returncode, 77, "exit status (stderr %r)" % p.stderr)
    check_equal(p.stdout, b"", "stdout")
    lines = p.stderr.decode().splitlines()
    check(len(lines) == 1 and len(lines[0]) > 10, "not one clear line on stderr: %r" % lines)
    return lines[0]


@suite.test("without-root")
def without_root(work):
    refused(work, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@suite.test("without-a-capability")
def without_capability(work):
    """root, but what is missing is named: in a container that is the usual case."""
    for capability in ("sys_admin", "dac_read_search"):
        line = refused(work, "setpriv", "--bounding-set=-" + capability)
        check(capability in line.lower(), "%s is not named in %r" % (capability, line))


# ---- configuration -----------------------------------------------------------------------

def problems(p, path):
    """The problems that --check printed about `path`, on either stream."""
    text = (p.stdout + p.stderr).decode()
    return re.findall(r"(?m)^%s:(\d+):(\d+): (.+)$" % re.escape(path), text), text


@suite.test("check/good")
def check_good(work):
    p = daemon_once("--check", "--rules-dir", RULES)
    check_equal(p.returncode, 0, "exit status\n%s" % (p.stdout + p.stderr).decode())


@suite.test("check/broken-rule")
def check_broken_rule(work):
    rules = work.mkdir("rules")
    path = os.path.join(rules, "50-broken.yml")
    write_file(path, BROKEN_RULE)
    p = daemon_once("--check", "--rules-dir", rules)
    check_equal(p.returncode, 1, "exit status")
    found, text = problems(p, path)
    check(found, "no FILE:LINE:COLUMN: in %r" % text)
    check_equal(found[0][0], "10", "line of the condition (%r)" % text)


@suite.test("check/broken-yaml")
def check_broken_yaml(work):
    rules = work.mkdir("rules")
    path = os.path.join(rules, "50-broken.yml")
    write_file(path, "title: [unclosed\nlevel: high\n")
    p = daemon_once("--check", "--rules-dir", rules)
    check_equal(p.returncode, 1, "exit status")
    found, text = problems(p, path)
    check(found, "no FILE:LINE:COLUMN: in %r" % text)


@suite.test("check/broken-config")
def check_broken_config(work):
    for text in ("output: [json\n", "no_such_key: 1\n"):
        path = work.join("pyhookd.yaml")
        write_file(path, text)
        p = daemon_once("-c", path, "--check", "--rules-dir", RULES)
        check_equal(p.returncode, 1, "exit status on %r" % text)
        found, output = problems(p, path)
        check(found, "no FILE:LINE:COLUMN: in %r" % output)


@suite.test("start-with-a-broken-rule")
def start_broken(work):
    """Not watching is said at once, not after the first attack."""
    rules = work.mkdir("rules")
    write_file(os.path.join(rules, "50-broken.yml"), BROKEN_RULE)
    p = daemon_once("--output", "json", "--state-dir", work.mkdir("state"), "--rules-dir", rules,
                    "--watch", work.path)
    check(p.returncode not in (0, 77), "exit status %d" % p.returncode)
    check(problems(p, os.path.join(rules, "50-broken.yml"))[0], "the broken rule is not named")


@suite.test("sighup-keeps-good-rules")
def sighup(work):
    rules = shutil.copytree(RULES, work.join("rules"))
    broken = os.path.join(rules, "99-broken.yml")
    with Daemon(work, rules=[rules]) as daemon:
        write_file(broken, BROKEN_RULE)
        said = len(daemon.stderr)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_stderr(re.escape(broken) + r":\d+:\d+: ", said)
        first = os.path.join(work.site("one"), "one.pth")
        mark = daemon.mark()
        write_file(first, EXECUTES)
        daemon.exactly_one(first, mark)

        os.unlink(broken)
        said, told = len(daemon.stderr), len(daemon.notified)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait(lambda: "READY=1" in daemon.notified[told:] or len(daemon.stderr) > said,
                    "the reload")
        second = os.path.join(work.site("two"), "two.pth")
        mark = daemon.mark()
        write_file(second, EXECUTES)
        daemon.exactly_one(second, mark)


# ---- the end -------------------------------------------------------------------------------

@suite.test("sigterm")
def sigterm(work):
    daemon = Daemon(work)
    daemon.settle()
    daemon.stop()           # exit 0, STOPPING=1, the log


@suite.test("sigterm-drains")
def sigterm_drains(work):
    """What happened before SIGTERM is judged before the end."""
    paths = [os.path.join(work.site("env%d" % i), "hook.pth") for i in range(20)]
    daemon = Daemon(work)
    daemon.settle()
    daemon.process.send_signal(signal.SIGSTOP)      # both are waiting for it when it goes on
    for path in paths:
        write_file(path, EXECUTES)
    daemon.process.send_signal(signal.SIGTERM)
    daemon.process.send_signal(signal.SIGCONT)
    daemon.stop()
    logged = {path_of(a) for a in daemon.log_lines()}
    missing = [p for p in paths if p not in logged]
    check(not missing, "planted before SIGTERM, not in the log: %s" % missing)


@suite.test("kill-and-restart")
def kill_and_restart(work):
    known = [os.path.join(work.site("known%d" % i), "hook.pth") for i in range(3)]
    state = work.mkdir("state")
    daemon = Daemon(work, state=state)
    for path in known:
        mark = daemon.mark()
        write_file(path, EXECUTES)
        daemon.exactly_one(path, mark)
    daemon.kill()
    before = read_log(state)
    check_equal(sorted(path_of(a) for a in before if path_of(a) in known and is_serious(a)), known,
                "hooks in the log")

    # While it is down: one more, and one changed.
    missed = os.path.join(work.site("missed"), "hook.pth")
    write_file(missed, EXECUTES)
    write_file(known[0], EXECUTES_TOO)
    with Daemon(work, state=state) as daemon:
        daemon.wait_for(on_path(missed, "high"))
        daemon.wait_for(on_path(known[0], "high"))
        fresh = os.path.join(work.site("fresh"), "hook.pth")
        mark = daemon.mark()
        write_file(fresh, EXECUTES)
        daemon.exactly_one(fresh, mark)
        counts = {}
        for a in daemon.since():
            if is_serious(a):
                counts[path_of(a)] = counts.get(path_of(a), 0) + 1
        check_equal(counts, {missed: 1, known[0]: 1, fresh: 1}, "alerts after the restart")
        after = read_log(state)
        check_equal([a["event"]["id"] for a in after[:len(before)]],
                    [a["event"]["id"] for a in before], "the log as it was")


@suite.test("restart-is-quiet")
def restart_is_quiet(work):
    """Stopped and started with nothing changed: nothing to say."""
    path = os.path.join(work.site("known"), "hook.pth")
    state = work.mkdir("state")
    with Daemon(work, state=state) as daemon:
        write_file(path, EXECUTES)
        daemon.exactly_one(path)
    with Daemon(work, state=state) as daemon:
        daemon.settle()
        check_equal([a for a in daemon.since() if path_of(a) == path], [], "alerts on the known hook")


@suite.test("kill-while-busy")
def kill_while_busy(work):
    """Killed between the event and the log: the restart finds what is owed."""
    paths = [os.path.join(work.site("env%d" % i), "hook.pth") for i in range(50)]
    state = work.mkdir("state")
    daemon = Daemon(work, state=state)
    daemon.settle()
    for path in paths:
        write_file(path, EXECUTES)
    daemon.kill()
    with Daemon(work, state=state) as daemon:
        wait_until(lambda: not set(paths) - {path_of(a) for a in daemon.log_lines() if is_serious(a)},
                   "an alert for each hook, from before or after the kill")


@suite.test("torn-log-line")
def torn_log_line(work):
    """A power cut in the middle of a line: the next start cuts it off."""
    state = work.mkdir("state")
    path = os.path.join(work.site("one"), "hook.pth")
    with Daemon(work, state=state) as daemon:
        write_file(path, EXECUTES)
        daemon.exactly_one(path)
    with open(os.path.join(state, "alerts.jsonl"), "ab") as f:
        f.write(b'{"@timestamp":"2026-11-24T08:')
    with Daemon(work, state=state) as daemon:
        daemon.settle()
        check(path in [path_of(a) for a in daemon.log_lines()], "the whole lines are gone")


@suite.test("second-daemon")
def second_daemon(work):
    """Two writers of one log would tear it."""
    with Daemon(work) as daemon:
        p = daemon_once("--output", "json", "--state-dir", daemon.state, "--rules-dir", RULES,
                        "--watch", work.path)
        check(p.returncode not in (0, 77), "exit status %d" % p.returncode)
        check(p.stderr, "no word why")
        daemon.settle()


# ---- overrun ---------------------------------------------------------------------------------

@suite.test("queue-overflow")
def queue_overflow(work):
    """The kernel's queue holds 16384 events; the rest is found by a scan, and said to be lost."""
    fs = LoopFs(work, "tmpfs", "flooded")
    floods = [work.mkdir("flooded", "flood%d" % i) for i in range(3)]
    sites = [work.site("flooded", "env%d" % i) for i in range(30)]
    hooks = [os.path.join(site, "hook.pth") for site in sites]
    with Daemon(work, watch=[fs.watch]) as daemon:
        daemon.settle()
        mark = daemon.mark()
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            for i, flood in enumerate(floods):
                for hook in hooks[i * 10:i * 10 + 10]:
                    write_file(hook, EXECUTES)
                op("flood", flood, 10000)
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        daemon.wait_for(gap, mark, 4 * DEADLINE)
        serious = [on_path(hook, "high") for hook in hooks]
        daemon.wait(lambda: all(any(map(p, daemon.since(mark))) for p in serious),
                    "an alert for each of %d hooks" % len(hooks), 4 * DEADLINE)
        daemon.settle(4 * DEADLINE)
        counts = [sum(map(p, daemon.since(mark))) for p in serious]
        check_equal(counts, [1] * len(hooks), "alerts for each hook")
        gaps = sum(map(gap, daemon.since(mark)))
        check(gaps <= 3, "%d coverage gaps said of one overflow" % gaps)
        check(daemon.counters()["overflow"] > 0, "the counter says that nothing overflowed")


@suite.test("flood-is-not-lost")
def flood(work):
    """60 000 events at full speed while the daemon runs: no overflow, the hook in the middle seen."""
    fs = LoopFs(work, "tmpfs", "flooded")
    flood_dir = work.mkdir("flooded", "flood")
    hook = os.path.join(work.site("flooded", "env"), "hook.pth")
    with Daemon(work, watch=[fs.watch]) as daemon:
        daemon.settle()
        mark = daemon.mark()
        running = Op("flood", flood_dir, 30000)
        wait_until(lambda: len(os.listdir(flood_dir)) > 1000, "the flood to rise")
        write_file(hook, EXECUTES)
        running.finish()
        daemon.exactly_one(hook, mark)
        daemon.lost_nothing()


if __name__ == "__main__":
    suite.run()
