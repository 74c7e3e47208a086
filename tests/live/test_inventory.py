#!/usr/bin/python3
"""The daemon off: plant, change and remove hooks; the daemon on: each is said once, with what is known and without a
writer.  Off and on again: nothing.  The same after lost events, and for a filesystem that is mounted."""

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import (EXECUTES, EXECUTES_TOO, SITE, Daemon, LoopFs, Suite, check, check_equal, describe, gap, on_path,
                     op, path_of, wait_until, write_file)

suite = Suite("inventory")

PLAIN = "import os\nos.environ.get('PYHOOKD_LIVE')\n"
PLAIN_TOO = "import os\nos.environ.get('PYHOOKD_LIVE_TOO')\n"
VARIABLE = "PYTHONSTARTUP=/tmp/%s.py\n"

# Class -> path below the work directory, content, changed content.
FILES = {
    "pth": (SITE + "/a.pth", EXECUTES, EXECUTES_TOO),
    "pth-path": (SITE + "/b.pth", "/tmp/x\n", "/tmp/y\n"),
    "start": (SITE + "/c.start", "mod:call\n", "mod:other\n"),
    "sitecustomize": (SITE + "/sitecustomize.py", PLAIN, PLAIN_TOO),
    "package": (SITE + "/usercustomize/__init__.py", PLAIN, PLAIN_TOO),
    "pyc": (SITE + "/__pycache__/sitecustomize.cpython-311.pyc", b"\xa7\r\r\n\1\0\0\0", b"\xa7\r\r\n\3\0\0\0"),
    "stdlib": ("lib/python3.11/encodings/utf_8.py", PLAIN, PLAIN_TOO),
    "pth-config": ("usr/bin/python3._pth", "/tmp/x\nimport site\n", "/tmp/y\nimport site\n"),
    "pyvenv-cfg": ("usr/pyvenv.cfg", "home = /tmp/x\n", "home = /tmp/y\n"),
    "etc-environment": ("etc/environment", VARIABLE % "a", VARIABLE % "b"),
    "profile": ("home/alice/.profile", "export " + VARIABLE % "a", "export " + VARIABLE % "b"),
    "profile.d": ("etc/profile.d/x.sh", "export " + VARIABLE % "a", "export " + VARIABLE % "b"),
    "unit": ("etc/systemd/system/x.service", "[Service]\nEnvironment=" + VARIABLE % "a",
             "[Service]\nEnvironment=" + VARIABLE % "b"),
    "cron": ("etc/cron.d/x", VARIABLE % "a", VARIABLE % "b"),
    "ipython": ("home/alice/.ipython/profile_default/startup/x.py", PLAIN, PLAIN_TOO),
}

# Of these a removal is not said, or not as one: an assignment that goes sets nothing.
QUIET_REMOVAL = {"etc-environment", "profile", "profile.d", "unit", "cron"}


class Links:
    """Hooks that are reached by another name: (the hook's path, the file that is written)."""

    def __init__(self, work, root):
        def made(*parts):
            path = os.path.join(root, *parts)
            os.makedirs(path, exist_ok=True)
            return path

        self.work = work
        site = made("linked", SITE)
        made("linked-data")
        made("alias-data")
        os.makedirs(os.path.dirname(os.path.join(root, "alias", SITE)), exist_ok=True)
        os.symlink(os.path.join(root, "alias-data"), os.path.join(root, "alias", SITE))
        self.files = {
            "symlink": (os.path.join(site, "s.pth"), os.path.join(root, "linked-data", "s")),
            "hard-link": (os.path.join(site, "h.pth"), os.path.join(root, "linked-data", "h")),
            "alias": (os.path.join(root, "alias", SITE, "x.pth"), os.path.join(root, "alias-data", "x.pth")),
        }

    def plant(self):
        for name, (hook, target) in self.files.items():
            write_file(target, EXECUTES)
            if name == "symlink":
                os.symlink(target, hook)
            elif name == "hard-link":
                os.link(target, hook)


def settled(work, daemon):
    wait_until(lambda: daemon.counters().get("scans_waiting") == 0, "the end of the search")
    daemon.settle()


def once(daemon, wanted, level="low", **pyhookd):
    """Each path has one alert, no other path has any, and no writer is named."""
    said = [a for a in daemon.since(0) if a["pyhookd"]["level"] != "informational" or path_of(a) in wanted]
    for path in wanted:
        mine = [a for a in said if path_of(a) == path]
        check(len(mine) == 1, "%d alerts on %s\n%s" % (len(mine), path, "\n".join(map(describe, mine)) or daemon.tail()))
        check("process" not in mine[0], "a writer of %s is named, whom nobody saw" % path)
        check(on_path(path, level, **pyhookd)(mine[0]), "%s: %s, want %s" % (path, describe(mine[0]), pyhookd))
        if pyhookd.get("change") != "removed":
            check("uid" in mine[0]["file"] and "mtime" in mine[0]["file"], "owner and mtime of " + path)
    others = [a for a in said if path_of(a) not in wanted]
    check(not others, "others:\n" + "\n".join(map(describe, others)))


def is_old(path):
    """What changed in the second before a start is left to events."""
    wait_until(lambda: time.time() - os.lstat(path).st_ctime > 1.2, "a file of more than a second")


def make_directories(root):
    for path, _, _ in FILES.values():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)


@suite.test("off-and-on")
def off_and_on(work):
    root = work.mkdir("root")
    make_directories(root)
    links = Links(work, root)
    state = work.mkdir("state")
    files = {name: os.path.join(root, path) for name, (path, _, _) in FILES.items()}
    everything = list(files.values()) + [hook for hook, _ in links.files.values()]

    def run(wanted, **pyhookd):
        with Daemon(work, watch=[root], state=state) as daemon:
            settled(work, daemon)
            once(daemon, wanted, **pyhookd)
        with Daemon(work, watch=[root], state=state) as daemon:
            settled(work, daemon)
            once(daemon, [])

    with Daemon(work, watch=[root], state=state) as daemon:
        settled(work, daemon)
        once(daemon, [])

    for name, path in files.items():
        write_file(path, FILES[name][1])
    links.plant()
    is_old(links.files["alias"][1])
    run(everything)

    for name, path in files.items():
        write_file(path, FILES[name][2])
    for _, target in links.files.values():
        write_file(target, EXECUTES_TOO)
    is_old(links.files["alias"][1])
    run(everything)

    # The same bytes in another inode, and another time: nothing is different.
    for name, path in files.items():
        write_file(path + ".new", FILES[name][2])
        os.rename(path + ".new", path)
    run([])

    for path in everything:
        os.unlink(path)
    run([p for n, p in files.items() if n not in QUIET_REMOVAL] + [hook for hook, _ in links.files.values()],
        change="removed")


@suite.test("killed-and-on")
def killed(work):
    """Nothing is said twice, and nothing is left out, whenever the daemon died."""
    root = work.mkdir("root")
    site = os.path.join(root, SITE)
    os.makedirs(site)
    state = work.mkdir("state")
    daemon = Daemon(work, watch=[root], state=state)
    settled(work, daemon)
    path = os.path.join(site, "x.pth")
    write_file(path, EXECUTES)
    daemon.wait_for(on_path(path, "high"))
    wait_until(lambda: any(path_of(a) == path for a in daemon.log_lines()), "the alert in the log")
    daemon.kill()
    off = os.path.join(site, "off.pth")
    write_file(off, EXECUTES)
    is_old(off)
    with Daemon(work, watch=[root], state=state) as daemon:
        settled(work, daemon)
        once(daemon, [off])


@suite.test("lost-events")
def lost_events(work):
    """Hooks planted while the kernel's queue is full are found, once, and known afterwards."""
    root = LoopFs(work, "tmpfs", "root").root
    data = work.mkdir("root", "data")
    os.makedirs(os.path.dirname(os.path.join(root, "alias", SITE)))
    os.symlink(data, os.path.join(root, "alias", SITE))
    site = os.path.join(root, SITE)
    os.makedirs(site)
    state = work.mkdir("state")
    with Daemon(work, watch=[root], state=state) as daemon:
        settled(work, daemon)
        with open("/proc/sys/fs/fanotify/max_queued_events", encoding="ascii") as f:
            queue = int(f.read())
        daemon.process.send_signal(19)                  # SIGSTOP
        flood = work.mkdir("root", "flood")
        for i in range(queue // 4000 + 2):              # one event a file at least
            op("flood", flood if i == 0 else work.mkdir("root", "flood%d" % i), 4000)
        path = os.path.join(site, "x.pth")
        write_file(path, EXECUTES)
        write_file(os.path.join(data, "y.pth"), EXECUTES)
        daemon.process.send_signal(18)                  # SIGCONT
        daemon.wait_for(gap)
        for wanted in (path, os.path.join(root, "alias", SITE, "y.pth")):
            daemon.wait_for(on_path(wanted, "high"))
        settled(work, daemon)
        for wanted in (path, os.path.join(root, "alias", SITE, "y.pth")):
            mine = [a for a in daemon.since(0) if path_of(a) == wanted]
            check_equal(len(mine), 1, "alerts on " + wanted)
    with Daemon(work, watch=[root], state=state) as daemon:
        settled(work, daemon)
        once(daemon, [])


@suite.test("mounted")
def mounted(work):
    """Of a filesystem that comes, what is planted after it was mounted, and what is in a site directory that is hidden
    by a mount; after a restart nothing."""
    fs = LoopFs(work, "ext4")
    site = os.path.join(fs.mountpoint, SITE)
    os.makedirs(site)
    old = os.path.join(site, "old.pth")
    write_file(old, EXECUTES)
    is_old(old)
    fs.unmount()
    state = work.mkdir("state")
    with Daemon(work, state=state) as daemon:
        settled(work, daemon)
        fs.mount()
        path = os.path.join(site, "new.pth")
        write_file(path, EXECUTES)
        daemon.wait_for(on_path(path, "high"))
        settled(work, daemon)
        check_equal([path_of(a) for a in daemon.since(0) if a["pyhookd"]["level"] != "informational"], [path], "said")
    with Daemon(work, state=state) as daemon:
        settled(work, daemon)
        once(daemon, [])


if __name__ == "__main__":
    suite.run()
