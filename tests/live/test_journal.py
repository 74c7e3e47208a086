#!/usr/bin/python3
"""journald as the daemon's outlet: the fields, hostile bytes, and a journald that is absent
or stuck.

A journald of our own runs in the test's mount namespace, over a fresh /run and an empty
/var/log/journal; the host's is neither used nor seen.
"""

import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (DEADLINE, EXECUTES, SITE, Daemon, Skip, Suite, check, check_equal, clean_env,
                     die_with_parent, is_serious, op, path_of, read_file, run,
                     wait_until, write_file)

suite = Suite("journal")
JOURNALD = "/lib/systemd/systemd-journald"
LEVEL_PRIORITY = {"critical": "2", "high": "3", "medium": "4", "low": "5", "informational": "6"}


class Journal:
    """A private journald: stopped, until start()."""

    def __init__(self, work):
        if not os.access(JOURNALD, os.X_OK):
            raise Skip("no " + JOURNALD)
        self.process = None
        self.storage = work.mkdir("journal")
        self.log = work.join("journald.out")
        config = work.join("journald.conf")
        write_file(config, "[Journal]\nStorage=persistent\nReadKMsg=no\nAudit=no\nSeal=no\n"
                   "RateLimitIntervalSec=0\nForwardToSyslog=no\nSyncIntervalSec=1\n")
        # Mounts of our namespace: over the host's places, undone in reverse by close().
        self.mounts = []
        self._mount("/run", "-t", "tmpfs", "-o", "mode=755", "tmpfs")
        self._mount("/var/log/journal", "--bind", self.storage)
        self._mount("/etc/systemd/journald.conf", "--bind", config)
        os.makedirs("/run/systemd/journal")
        os.makedirs("/run/log")
        # Persistent storage is used only once the early journal counts as flushed.
        write_file("/run/systemd/journal/flushed", "")
        work.closers.append(self.close)

    def _mount(self, where, *args):
        if not os.path.exists(where):
            raise Skip("no %s to mount over" % where)
        run("mount", *args, where)
        self.mounts.append(where)

    def start(self):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [JOURNALD], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=clean_env("/", SYSTEMD_LOG_TARGET="console", SYSTEMD_LOG_LEVEL="info"),
                preexec_fn=die_with_parent)
        wait_until(lambda: os.path.exists("/run/systemd/journal/io.systemd.journal") and
                   os.path.exists("/run/systemd/journal/socket"), "journald's sockets")
        return self

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
            for name in ("socket", "stdout", "dev-log", "io.systemd.journal"):
                try:
                    os.unlink("/run/systemd/journal/" + name)
                except FileNotFoundError:
                    pass

    def close(self):
        self.stop()
        while self.mounts:
            subprocess.run(["umount", "-l", self.mounts.pop()], check=False)

    def entries(self):
        """The daemon's alerts in the journal, as journalctl shows them."""
        run("journalctl", "--sync")
        text = run("journalctl", "-D", self.storage, "-o", "json", "--all", "--no-pager", "-q",
                   "SYSLOG_IDENTIFIER=pyhookd")
        parsed = [json.loads(line) for line in text.splitlines()]
        return [e for e in parsed if "PYHOOKD_ALERT_ID" in e]

    def wait_ids(self, ids):
        """Until each of these alerts is there; answers the entries by id, lists."""
        ids = set(ids)

        def by_id():
            found = {}
            for e in self.entries():
                found.setdefault(str(e["PYHOOKD_ALERT_ID"]), []).append(e)
            return found if ids <= set(found) else None
        return wait_until(by_id, "%d alerts in the journal" % len(ids), 2 * DEADLINE)


def logged(daemon, paths):
    """The serious alerts on these paths in the durable log, when each has one."""
    texts = {os.fsdecode(p) for p in paths}

    def alerts():
        found = {path_of(a): a for a in daemon.log_lines() if is_serious(a) and path_of(a) in texts}
        return found if len(found) == len(texts) else None
    return wait_until(alerts, "%d alerts in the durable log" % len(texts))


def expected_fields(alert, line):
    """What the journal must hold for an alert (docs: the journal's fields)."""
    p = alert.get("process") or {}
    return {
        "MESSAGE": alert["message"],
        "PRIORITY": LEVEL_PRIORITY[alert["pyhookd"]["level"]],
        "SYSLOG_IDENTIFIER": "pyhookd",
        "PYHOOKD_DETECTION_TYPE": alert["DetectionType"],
        "PYHOOKD_LEVEL": alert["pyhookd"]["level"],
        "PYHOOKD_RULE_ID": alert["rule"]["id"],
        "PYHOOKD_RULE_TITLE": alert["rule"]["name"],
        "PYHOOKD_TARGET_FILENAME": alert["TargetFilename"],
        "PYHOOKD_TARGET_OBJECT": alert["TargetObject"],
        "PYHOOKD_IMAGE": alert["Image"],
        "PYHOOKD_COMMAND_LINE": p.get("command_line", ""),
        "PYHOOKD_PID": str(p.get("pid", "")),
        "PYHOOKD_USER": alert["User"],
        "PYHOOKD_COMPUTER": alert["Computer"],
        "PYHOOKD_EVENT_ID": str(alert["EventID"]),
        "PYHOOKD_VECTOR": alert["pyhookd"]["vector"],
        "PYHOOKD_ALERT_ID": alert["event"]["id"],
        "PYHOOKD_JSON": line,
    }


def check_entry(daemon, alert, entries):
    """One entry for the alert, with exactly these fields."""
    check_equal(len(entries), 1, "entries for %s" % path_of(alert))
    entry = entries[0]
    lines = [l for l in read_file(os.path.join(daemon.state, "alerts.jsonl")).decode().splitlines()
             if json.loads(l)["event"]["id"] == alert["event"]["id"]]
    check_equal(len(lines), 1, "lines of the durable log for one alert")
    want = expected_fields(alert, lines[0])
    for name, value in want.items():
        # An empty value may be left out: a field that is not there says the same.
        if value == "" and name not in entry:
            continue
        check_equal(entry.get(name), value, name)
    check(re.fullmatch(r"[0-9a-f]{32}", str(entry.get("MESSAGE_ID"))), "MESSAGE_ID: %r" %
          entry.get("MESSAGE_ID"))
    ours = {n for n in entry if n.startswith("PYHOOKD_")}
    check(ours <= set(want), "fields that nobody expects: %s" % sorted(ours - set(want)))
    return entry


@suite.test("fields")
def fields(work):
    journal = Journal(work).start()
    home = work.mkdir("home")
    hooks = [os.path.join(work.site("env"), name) for name in
             ("hook.pth", "sitecustomize.py", "usercustomize.py")]
    with Daemon(work, watch=[work.join("env"), home], output=("journal",)) as daemon:
        for hook in hooks:
            op("create", hook, EXECUTES)
        profile = os.path.join(home, ".profile")
        op("create", profile, "export PYTHONSTARTUP=/tmp/x.py\n")
        alerts = logged(daemon, hooks + [profile])
        found = journal.wait_ids(a["event"]["id"] for a in alerts.values())
        ids = {}
        for a in alerts.values():
            entry = check_entry(daemon, a, found[a["event"]["id"]])
            ids.setdefault(entry["MESSAGE_ID"], set()).add(a["DetectionType"])
        check(all(len(types) == 1 for types in ids.values()) and len(ids) == len(alerts),
              "a MESSAGE_ID for each DetectionType: %r" % ids)


# Names that would forge an entry, a field or a line, if they were printed as they are.
HOSTILE = (
    b"a\nPYHOOKD_LEVEL=informational\nMESSAGE=nothing happened.pth",
    b"b\n\n.pth",
    b"c\r\x1b[2K\x1b[1Aall is well\x07.pth",
    bytes(range(1, 0x20)) + b"\x7f.pth",
    b"d\xff\xfe\x80\xc0\xaf.pth",
    b"e\xed\xa0\x80\xf4\x90\x80\x80.pth",               # a surrogate; beyond U+10FFFF
    "f\u202ehtp.exe\u200b.pth".encode(),                # reordered and hidden text
    b'g","pyhookd":{"level":"low"},"x":".pth',
    b"h\\x0a\\n\\\\.pth",
    b"i%s%n%d.pth",
    b"j ' ; $(reboot) `reboot` & .pth",
    "k\u00e9\u4e2d\U0001f40d.pth".encode(),             # no need to escape
    b"l" * 250 + b".pth",
    b".pth",
)


@suite.test("hostile-names")
def hostile_names(work):
    journal = Journal(work).start()
    site = os.fsencode(work.site("env"))
    paths = [os.path.join(site, name) for name in HOSTILE]
    with Daemon(work, watch=[work.join("env")], output=("journal",)) as daemon:
        for path in paths:
            write_file(path, EXECUTES)
        alerts = logged(daemon, paths)
        found = journal.wait_ids(a["event"]["id"] for a in alerts.values())
        for a in alerts.values():
            entry = check_entry(daemon, a, found[a["event"]["id"]])
            for name, value in entry.items():
                if name.startswith("PYHOOKD_") or name == "MESSAGE":
                    check(isinstance(value, str), "%s is binary or repeated: %r" % (name, value))
                    check(not re.search("[\0-\x1f\x7f\u200b\u202e]", value), "%s: %r" % (name, value))
        check_equal(sum(map(len, found.values())), len(journal.entries()), "entries in all")
        serious = [a for a in daemon.log_lines() if is_serious(a)]
        check_equal(len(serious), len(paths), "serious alerts in the log")


@suite.test("longest-path")
def longest_path(work):
    """4095 bytes, the longest that a system call takes; journalctl shows such a field as null
    unless asked for all."""
    journal = Journal(work).start()
    base = work.mkdir("env")
    tail = "/" + SITE + "/hook.pth"
    room = 4095 - len(base) - len(tail)
    rest = 201 + room % 201                     # the last two names share what is left
    names = ["d" * 200] * (room // 201 - 1) + ["e" * (rest // 2 - 1), "f" * (rest - rest // 2 - 1)]
    fd = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    for name in names + SITE.split("/"):
        os.mkdir(name, dir_fd=fd)
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        os.close(fd)
        fd = inner
    path = "/".join([base] + names) + tail
    check_equal(len(path), 4095, "length of the path")
    with Daemon(work, watch=[base], output=("journal",)) as daemon:
        hook = os.open("hook.pth", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd)
        os.write(hook, EXECUTES.encode())
        os.close(hook)
        os.close(fd)
        alert = logged(daemon, [path])[path]
        found = journal.wait_ids([alert["event"]["id"]])
        check_entry(daemon, alert, found[alert["event"]["id"]])


@suite.test("minimum-level")
def minimum_level(work):
    """The journal gets medium and above; the durable log gets everything."""
    journal = Journal(work).start()
    site = work.site("env")
    quiet, loud = os.path.join(site, "quiet.pth"), os.path.join(site, "loud.pth")
    with Daemon(work, watch=[work.join("env")], output=("journal",)) as daemon:
        op("create", quiet, "# nothing runs here\n")
        op("create", loud, EXECUTES)
        alert = logged(daemon, [loud])[loud]
        journal.wait_ids([alert["event"]["id"]])
        check(quiet in [path_of(a) for a in daemon.log_lines()], "the low one is not in the log")
        levels = {e["PYHOOKD_LEVEL"] for e in journal.entries()}
        check(levels <= {"medium", "high", "critical"}, "levels in the journal: %r" % levels)


def plant_many(work, stem, count):
    paths = [os.path.join(work.site("env", "%s%d" % (stem, i)), "hook.pth") for i in range(count)]
    for path in paths:
        write_file(path, EXECUTES)
    return paths


def check_delivered(journal, daemon, paths):
    """Each once, in the order of the log."""
    alerts = logged(daemon, paths)
    found = journal.wait_ids(a["event"]["id"] for a in alerts.values())
    for a in alerts.values():
        check_entry(daemon, a, found[a["event"]["id"]])
    order = [e["PYHOOKD_ALERT_ID"] for e in journal.entries()]
    want = [a["event"]["id"] for a in daemon.log_lines() if a["event"]["id"] in set(order)]
    check_equal(order, want, "order of delivery")


@suite.test("journald-absent")
def journald_absent(work):
    """sd_journal_send(3) answers 0 when nobody listens; the alert must wait, not vanish."""
    journal = Journal(work)
    work.mkdir("env")
    with Daemon(work, watch=[work.join("env")], output=("journal",)) as daemon:
        before = plant_many(work, "before", 30)
        logged(daemon, before)
        journal.start()
        after = plant_many(work, "after", 3)
        check_delivered(journal, daemon, before + after)


@suite.test("journald-restarted")
def journald_restarted(work):
    journal = Journal(work).start()
    work.mkdir("env")
    with Daemon(work, watch=[work.join("env")], output=("journal",)) as daemon:
        first = plant_many(work, "first", 3)
        check_delivered(journal, daemon, first)
        journal.stop()
        second = plant_many(work, "second", 20)
        logged(daemon, second)
        journal.start()
        check_delivered(journal, daemon, first + second)


@suite.test("journald-stuck")
def journald_stuck(work):
    """Its socket takes about 11 messages and then blocks; the daemon must go on."""
    journal = Journal(work).start()
    work.mkdir("env")
    with Daemon(work, watch=[work.join("env")], output=("journal", "json")) as daemon:
        first = plant_many(work, "first", 1)
        check_delivered(journal, daemon, first)
        journal.process.send_signal(signal.SIGSTOP)
        try:
            stuck = plant_many(work, "stuck", 60)
            logged(daemon, stuck)
            daemon.settle()             # the other outlet, and the line, go on
        finally:
            journal.process.send_signal(signal.SIGCONT)
        check_delivered(journal, daemon, first + stuck)


@suite.test("owed-across-a-restart")
def owed_across_restart(work):
    """Stopped with alerts undelivered: the next start delivers them."""
    journal = Journal(work)
    work.mkdir("env")
    state = work.mkdir("state")
    with Daemon(work, watch=[work.join("env")], output=("journal",), state=state) as daemon:
        paths = plant_many(work, "owed", 20)
        logged(daemon, paths)
    journal.start()
    with Daemon(work, watch=[work.join("env")], output=("journal",), state=state) as daemon:
        check_delivered(journal, daemon, paths)


@suite.test("stop-with-journald-stuck")
def stop_while_stuck(work):
    """SIGTERM must not wait for a journald that does not answer."""
    journal = Journal(work).start()
    work.mkdir("env")
    daemon = Daemon(work, watch=[work.join("env")], output=("journal",))
    journal.process.send_signal(signal.SIGSTOP)
    try:
        paths = plant_many(work, "stuck", 40)
        logged(daemon, paths)
        daemon.stop()                   # exit 0 within the deadline
    finally:
        journal.process.send_signal(signal.SIGCONT)


if __name__ == "__main__":
    suite.run()
