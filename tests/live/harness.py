"""harness - drive the real daemon on the real kernel, as root.

A test file makes one Suite, decorates functions with it and calls run():

    suite = Suite("manners")

    @suite.test("sigterm")
    def sigterm(work):
        with Daemon(work, watch=[work.path]) as daemon:
            plant(work.site("a", "a.pth"), EXECUTES)
            daemon.wait_for(on_path(...))

    if __name__ == "__main__":
        suite.run()

Rules of these tests:

* Everything runs in a private mount namespace, which Suite.run() enters by
  executing itself again under unshare(1): mounts vanish with the last process of
  the test, however that ends, and the host's never change.  The daemon is started
  inside, because it watches the mounts of its own namespace.
* Nothing sleeps to let something happen.  Waits are conditions with a deadline.
  That something did *not* happen is proved by a sentinel: a hook planted afterwards
  whose alert arrives.  Events of one fanotify group keep their order, on all
  filesystems, so what came before the sentinel has been judged by then.
* Every path is in a directory made by mkdtemp; it is removed at the end, and never
  while something is still mounted in it.

Python 3.9, standard library only.
"""

import atexit
import ctypes
import fnmatch
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(REPO, os.environ.get("B", "build"))
DAEMON = os.environ.get("PYHOOKD", os.path.join(BUILD, "pyhookd"))
OP = os.path.join(BUILD, "tests", "live", "op")
RULES = os.path.join(REPO, "packaging", "rules.d")
PYTHON = "/usr/bin/python3"     # the distribution's: its pip and venv are what we test against
PYENV = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
IN_CI = os.environ.get("CI", "") not in ("", "0", "false")

# Every deadline is this long, times a factor for valgrind, sanitizers or a slow emulator.
DEADLINE = 15 * float(os.environ.get("PYHOOKD_LIVE_SLOW", "1"))

LEVELS = ("informational", "low", "medium", "high", "critical")
SITE = "lib/python3.11/site-packages"
EXECUTES = "import os; os.environ.get('PYHOOKD_LIVE')\n"      # a line that site.py runs
EXECUTES_TOO = "import sys; sys.flags\n"                       # another one
INERT = "# nothing runs here\n"

# An operation of several calls (open, then write) leaves an empty file for a moment: whether the
# daemon looked then is a matter of microseconds, so the code may be in a "created" hook or in
# one "modified" right after.  An operation that puts the content in place at once has no choice.
IN_STEPS = ("created", "modified")

CANNOT = 77


class Failure(Exception):
    """A condition of the test does not hold."""


class Skip(Exception):
    """The test cannot run here, and why."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_equal(got, want, what):
    check(got == want, "%s: got %r, want %r" % (what, got, want))


def wait_until(condition, what, timeout=None):
    """Poll `condition` until it answers something true, and answer that."""
    deadline = time.monotonic() + (DEADLINE if timeout is None else timeout)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure("timed out waiting for " + what)
        time.sleep(0.02)


# ---- processes ------------------------------------------------------------------

_libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """In the child before exec: no process of a test outlives the test."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def clean_env(home, **more):
    """An environment in which installers behave as on a fresh machine: the developer's
    PIP_*, PYTHON* and pyenv settings would change who writes what."""
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
           "HOME": home, "LANG": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull,
           "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1"}
    env.update(more)
    return env


def run(*argv, timeout=None, **kwargs):
    """Run a command to its end; its output is in the failure if it fails.  Answers stdout."""
    p = subprocess.run([os.fspath(a) if not isinstance(a, int) else str(a) for a in argv],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=timeout or 20 * DEADLINE, preexec_fn=die_with_parent, **kwargs)
    if p.returncode != 0:
        raise Failure("%s: exit %d\n%s%s" % (" ".join(map(str, argv)), p.returncode,
                                             p.stdout.decode(errors="replace")[-2000:],
                                             p.stderr.decode(errors="replace")[-2000:]))
    return p.stdout.decode(errors="surrogateescape")


class Op:
    """One operation by tests/live/op; `prefix` runs it through another program
    (unshare -m), which must end in an exec of its arguments."""

    def __init__(self, *args, prefix=()):
        self.args = [str(a) for a in args]
        # bufsize=0: communicate() reads the descriptor, past what readline() had buffered
        self.process = subprocess.Popen(list(prefix) + [OP] + self.args, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        bufsize=0, preexec_fn=die_with_parent)
        self.child = 0
        self.ready = False
        self.pid = self._expect("pid")

    def _line(self):
        return self.process.stdout.readline().decode().split()

    def _expect(self, word):
        line = self._line()
        if not line or line[0] != word:
            self.finish()
            raise Failure("op %s: no '%s' line" % (" ".join(self.args), word))
        return int(line[1]) if len(line) > 1 else 0

    def wait_ready(self):
        """Until the first half of an operation with two halves is done."""
        self._expect("ready")
        self.ready = True
        return self

    def finish(self):
        out, err = self.process.communicate(b"\n" if self.ready else None, timeout=DEADLINE)
        for line in out.decode().splitlines():
            if line.startswith("child "):
                self.child = int(line.split()[1])
        if self.process.returncode != 0:
            raise Failure("op %s: exit %d: %s" % (" ".join(self.args), self.process.returncode,
                                                  err.decode(errors="replace").strip()))
        return self


def op(*args, prefix=()):
    return Op(*args, prefix=prefix).finish()


# ---- the place where a test works -------------------------------------------------

def mounts_below(path):
    """Mount points at or below `path` in this namespace, the innermost first."""
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as f:
        for line in f:
            point = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m.group(1), 8)), line.split()[4])
            if point == path or point.startswith(path + "/"):
                found.append(point)
    return found[::-1]


def unmount(path):
    """Not lazily: a daemon that scans there may hold it for a moment, but must let go."""
    last = []

    def gone():
        p = subprocess.run(["umount", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        last[:] = [p.stderr.decode(errors="replace").strip()]
        return p.returncode == 0
    try:
        wait_until(gone, "umount")
    except Failure as e:
        raise Failure("cannot unmount %s: %s" % (path, last[0])) from e


class Work:
    """A directory of the test's own.  close() unmounts what is mounted below and removes it."""

    def __init__(self, name, base=None):
        base = base or os.environ.get("PYHOOKD_LIVE_DIR", "/var/tmp")
        self.path = os.path.realpath(tempfile.mkdtemp(prefix="pyhookd-live-%s-" % name, dir=base))
        os.chmod(self.path, 0o755)
        self.closers = []
        self._serial = 0
        atexit.register(self.close)

    def join(self, *parts):
        return os.path.join(self.path, *parts)

    def mkdir(self, *parts):
        path = self.join(*parts)
        os.makedirs(path, exist_ok=True)
        return path

    def unique(self, stem):
        self._serial += 1
        return "%s%d" % (stem, self._serial)

    def site(self, *parts):
        """The site directory of an environment below parts, made."""
        return self.mkdir(*parts, SITE)

    def close(self):
        atexit.unregister(self.close)
        while self.closers:
            self.closers.pop()()
        for point in mounts_below(self.path):
            subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL, check=False)
        # A bind mount of some other directory would be emptied: rather leave ours behind.
        if mounts_below(self.path):
            raise Failure("still mounted, not removed: %s" % self.path)
        shutil.rmtree(self.path, ignore_errors=True)


def write_file(path, text):
    """Make or replace a file with one write; `text` as str or bytes."""
    data = text.encode() if isinstance(text, str) else text
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        check_equal(os.write(fd, data), len(data), "bytes written to %r" % path)
    finally:
        os.close(fd)


def read_file(path):
    with open(path, "rb") as f:
        return f.read()


# ---- filesystems --------------------------------------------------------------------

class LoopFs:
    """A filesystem of its own, mounted at work/NAME.

    root    where operations are done
    watch   what the daemon is told to watch
    seen()  the path by which an alert names a file: for overlay the one on the backing
            filesystem, because overlayfs refuses filesystem marks and its file handles
            cannot be decoded; a container's writes are seen below it
    """

    KINDS = ("ext4", "tmpfs", "xfs", "btrfs", "overlay")
    # the smallest images that the mkfs programs accept; sparse
    IMAGE_MIB = {"ext4": 64, "xfs": 320, "btrfs": 256}

    def __init__(self, work, kind, name=None):
        self.kind = kind
        self.name = name or kind
        self.mountpoint = work.mkdir(self.name)
        self.image = None
        self.mounted = False
        backing = "ext4" if kind == "overlay" else kind
        if backing in self.IMAGE_MIB:
            self.image = work.join(self.name + ".img")
            with open(self.image, "wb") as f:
                f.truncate(self.IMAGE_MIB[backing] << 20)
            force = "-F" if backing == "ext4" else "-f"
            run("mkfs." + backing, "-q", force, self.image)
        self.mount()
        self.root = self.watch = self.mountpoint
        if kind == "overlay":
            for part in ("lower", "upper", "work", "merged"):
                os.mkdir(os.path.join(self.mountpoint, part))
            self.watch = os.path.join(self.mountpoint, "upper")
            self.root = os.path.join(self.mountpoint, "merged")
            self.lower = os.path.join(self.mountpoint, "lower")
        work.closers.append(self.close)

    def start_overlay(self):
        """Mount the merged view; before that a test may fill `lower`."""
        if self.kind == "overlay" and not mounts_below(self.root):
            run("mount", "-t", "overlay", "overlay", "-o", "lowerdir=%s,upperdir=%s,workdir=%s" % (
                self.lower, self.watch, os.path.join(self.mountpoint, "work")), self.root)
        return self

    def mount(self):
        if self.image:
            run("mount", "-o", "loop", self.image, self.mountpoint)
        else:
            run("mount", "-t", "tmpfs", "-o", "size=256m,nr_inodes=200k", "tmpfs", self.mountpoint)
        self.mounted = True

    def seen(self, path):
        if path == self.root or path.startswith(self.root + "/"):
            return self.watch + path[len(self.root):]
        return path

    def unmount(self):
        for point in mounts_below(self.mountpoint):
            unmount(point)
        self.mounted = False

    def close(self):
        if self.mounted:
            for point in mounts_below(self.mountpoint):
                subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL, check=False)
            self.mounted = False


# ---- alerts -------------------------------------------------------------------------

def level_of(alert):
    return LEVELS.index(alert["pyhookd"]["level"])


def is_serious(alert):
    return level_of(alert) >= LEVELS.index("high")


def path_of(alert):
    """The path of the file that an alert is about, as Python names it; "" if there is none."""
    return unescape((alert.get("file") or {}).get("path", ""))


def on_path(path, level="informational", **pyhookd):
    """A predicate: an alert about `path` at `level` or above whose pyhookd.* fields have
    these values (a tuple: one of these)."""
    path = os.fsdecode(path)
    least = LEVELS.index(level)

    def matches(alert):
        if path_of(alert) != path or level_of(alert) < least:
            return False
        for key, want in pyhookd.items():
            got = alert["pyhookd"].get(key)
            if got not in (want if isinstance(want, tuple) else (want,)):
                return False
        return True
    matches.__doc__ = "an alert on %s at %s or above %s" % (path, level, pyhookd or "")
    return matches


def gap(alert):
    """a coverage-gap alert"""
    return alert["event"]["action"] == "coverage-gap"


_ESCAPES = re.compile(r"\\(?:(\\)|([ntr])|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\})")


def unescape(text):
    """The path (or other bytes, as os.fsdecode() shows them) that an alert's text stands for:
    the way back that lib/escape.h promises."""
    def one(match):
        backslash, letter, byte, char = match.groups()
        if backslash:
            return "\\"
        if letter:
            return {"n": "\n", "t": "\t", "r": "\r"}[letter]
        if byte:
            return os.fsdecode(bytes([int(byte, 16)]))
        return chr(int(char, 16))
    return os.fsdecode(os.fsencode(_ESCAPES.sub(one, text)))


def describe(alert):
    return "%s %s %s pid=%s %s" % (alert["pyhookd"]["level"], alert.get("DetectionType"),
                                   alert["event"]["action"],
                                   (alert.get("process") or {}).get("pid", "-"),
                                   path_of(alert) or alert.get("TargetObject", ""))


# ---- the daemon ---------------------------------------------------------------------

_daemons = set()
_SENTINEL = re.compile(r"/sentinel-\d+-\d+/")


class Daemon:
    """The daemon under test: started, ready when the constructor returns, and stopped with
    its promises checked by stop() or at the end of a with block."""

    def __init__(self, work, watch=None, output=("json",), state=None, rules=(RULES,), extra=(),
                 binary=None, check_log=True, prefix=()):
        check(os.access(binary or DAEMON, os.X_OK), "no daemon at %s: build it first" %
              (binary or DAEMON))
        self.work = work
        self.state = state or work.mkdir(work.unique("state"))
        self.watch = list(watch or [work.path])
        self.output = tuple(output)
        self.check_log = check_log
        self.alerts = []
        self.stderr = []
        self.garbage = []               # lines of stdout that are no alert
        self.notified = []              # what came over NOTIFY_SOCKET
        self._changed = threading.Condition()
        self._sentinel = 0
        self._finished = 0

        self._notify_path = work.join(work.unique("notify"))
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._notify.bind(self._notify_path)
        argv = [binary or DAEMON]
        for o in self.output:
            argv += ["--output", o]
        argv += ["--state-dir", self.state]
        for d in rules:
            argv += ["--rules-dir", d]
        for w in self.watch:
            argv += ["--watch", w]
        self.argv = argv + list(extra)
        env = clean_env(work.path, NOTIFY_SOCKET=self._notify_path)
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        self.process = subprocess.Popen(list(prefix) + self.argv, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                                        cwd="/", preexec_fn=die_with_parent)
        _daemons.add(self)
        self.pid = self.process.pid
        for reader in (self._read_stdout, self._read_stderr, self._read_notify):
            threading.Thread(target=reader, daemon=True).start()
        try:
            self.wait(lambda: "READY=1" in self.notified, "READY=1")
        except Failure:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:
            self.kill()

    # -- reader threads; each appends and wakes whoever waits
    def _append(self, to, item):
        with self._changed:
            to.append(item)
            self._changed.notify_all()

    def _read_stdout(self):
        for line in self.process.stdout:
            try:
                alert = json.loads(line.decode("utf-8"))
                alert["event"]["action"], alert["pyhookd"]["level"]    # the least of an alert
            except (ValueError, KeyError, TypeError):
                self._append(self.garbage, line)
            else:
                self._append(self.alerts, alert)
        self._reader_finished()

    def _read_stderr(self):
        for line in self.process.stderr:
            self._append(self.stderr, line.decode("utf-8", "replace").rstrip("\n"))
        self._reader_finished()

    def _reader_finished(self):
        with self._changed:
            self._finished += 1
            self._changed.notify_all()

    def _read_notify(self):
        while True:
            try:
                data = self._notify.recv(65536)
            except OSError:
                return
            for line in data.decode("utf-8", "replace").splitlines():
                self._append(self.notified, line)

    # -- waiting
    def wait(self, condition, what, timeout=None):
        """Until `condition()` is true, which is asked anew whenever the daemon said something."""
        deadline = time.monotonic() + (DEADLINE if timeout is None else timeout)
        with self._changed:
            while True:
                value = condition()
                if value:
                    return value
                if self._finished >= 2 and self.process.poll() is not None:
                    raise Failure("the daemon ended (%s) before %s\n%s" % (
                        self.process.returncode, what, self.tail()))
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Failure("timed out waiting for %s\n%s" % (what, self.tail()))
                self._changed.wait(min(left, 0.5))

    def tail(self):
        """For a failure: the last that the daemon said."""
        return "\n".join(["    alert  " + describe(a) for a in self.alerts[-8:]] +
                         ["    stdout %r" % g[:200] for g in self.garbage[-3:]] +
                         ["    stderr " + line for line in self.stderr[-8:]])

    def mark(self):
        """A position in the alerts: what came later is since(mark)."""
        return len(self.alerts)

    def since(self, mark=0):
        """The alerts after `mark`, without those of sentinels (also of an earlier daemon)."""
        return [a for a in self.alerts[mark:] if not _SENTINEL.search(path_of(a))]

    def wait_for(self, predicate, mark=0, timeout=None):
        """The first alert after `mark` for which `predicate` holds."""
        return self.wait(lambda: next((a for a in self.since(mark) if predicate(a)), None),
                         predicate.__doc__ or "an alert", timeout)

    def wait_stderr(self, pattern, start=0, timeout=None):
        """The match of a regular expression in a line of stderr, from line number `start` on."""
        compiled = re.compile(pattern)
        return self.wait(lambda: next((m for m in map(compiled.search, self.stderr[start:]) if m),
                                      None), "a line %r on stderr" % pattern, timeout)

    def settle(self, timeout=None):
        """All that happened before has been judged, and no hook waits for its package any more."""
        self._plant_sentinel(timeout)
        if self.counters()["deferred"]:
            wait_until(lambda: not self.counters()["deferred"], "hooks that wait for their package", 6 * DEADLINE)
            self._plant_sentinel(timeout)

    def _plant_sentinel(self, timeout):
        """Plant a hook and wait for its alert: all that happened before it has been judged, or waits."""
        self._sentinel += 1
        base = next(w for w in self.watch if w.startswith(self.work.path))
        site = os.path.join(base, "sentinel-%d-%d" % (self.pid, self._sentinel), SITE)
        os.makedirs(site)
        path = os.path.join(site, "sentinel.pth")
        write_file(path, EXECUTES)
        wanted = on_path(path, "high")
        self.wait(lambda: any(wanted(a) for a in self.alerts), "the sentinel " + path, timeout)

    def quiet(self, mark=0, level="high", timeout=None):
        """Prove that no alert at `level` or above came since `mark`."""
        self.settle(timeout)
        loud = [a for a in self.since(mark) if level_of(a) >= LEVELS.index(level)]
        check(not loud, "%d unexpected alert(s):\n%s" % (
            len(loud), "\n".join("    " + describe(a) + "  " +
                                 str((a.get("process") or {}).get("command_line", ""))[:300]
                                 for a in loud[:10])))

    def exactly_one(self, path, mark=0, level="high", **pyhookd):
        """Prove that since `mark` there was one alert on `path` at `level` or above, and on no
        other path one at high.  Answers it."""
        alert = self.wait_for(on_path(path, level, **pyhookd), mark)
        self.settle()
        mine = [a for a in self.since(mark) if on_path(path, level)(a)]
        check(len(mine) == 1, "%d alerts on %s:\n%s" % (
            len(mine), path, "\n".join("    " + describe(a) for a in mine)))
        strangers = [a for a in self.since(mark) if is_serious(a) and path_of(a) != os.fsdecode(path)]
        check(not strangers, "alerts on other paths:\n%s" % "\n".join(
            "    " + describe(a) for a in strangers[:10]))
        return alert

    def counters(self):
        """What SIGUSR1 logs: 'counters: events=1 overflow=0 ...'."""
        start = len(self.stderr)
        self.process.send_signal(signal.SIGUSR1)
        text = self.wait_stderr(r"counters:(.*)", start).group(1)
        return {k: int(v) for k, v in re.findall(r"([\w.-]+)=(\d+)", text)}

    def lost_nothing(self):
        counters = self.counters()
        for name in ("overflow", "lost"):
            check_equal(counters.get(name), 0, "counter '%s'" % name)
        return counters

    # -- ends
    def log_lines(self):
        """The durable log, parsed line by line: every line is whole, the last one perhaps not
        yet while the daemon runs."""
        return read_log(self.state, running=self.process.poll() is None)

    def stop(self, timeout=None):
        """SIGTERM, and what must hold after every run: exit 0 in time, STOPPING=1, nothing but
        alerts on stdout, no sanitizer report, and every alert of stdout in the log."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.wait(lambda: self._finished >= 2, "the end after SIGTERM", timeout)
            code = self.process.wait(DEADLINE)
        except Failure:
            self.kill()
            raise
        self._close()
        check_equal(code, 0, "exit status after SIGTERM\n%s\n" % self.tail())
        check("STOPPING=1" in self.notified, "no STOPPING=1 before the end")
        check(not self.garbage, "not alerts on stdout: %r" % self.garbage[:3])
        reports = [s for s in self.stderr if re.search(r"Sanitizer|runtime error:", s)]
        check(not reports, "sanitizer: %s" % reports[:5])
        if self.check_log and "json" in self.output:
            logged = {a["event"]["id"] for a in self.log_lines()}
            printed = [a["event"]["id"] for a in self.alerts]
            check_equal(len(printed), len(set(printed)), "alert ids on stdout, repeated ones")
            missing = [a for a in self.alerts if a["event"]["id"] not in logged]
            check(not missing, "printed but not in the log: %s" % [describe(a) for a in missing[:5]])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._close()

    def _close(self):
        _daemons.discard(self)
        self._notify.close()
        try:
            os.unlink(self._notify_path)
        except FileNotFoundError:
            pass


def read_log(state, running=False):
    """All alerts of a state directory's durable log, the oldest first.  Every line must be a
    whole JSON object."""
    names = [n for n in os.listdir(state) if re.fullmatch(r"alerts\.jsonl(\.\d+)?", n)]
    names.sort(key=lambda n: -int(n.rpartition(".")[2]) if n[-1].isdigit() else 0)
    alerts = []
    for name in names:
        data = read_file(os.path.join(state, name))
        if running:
            data = data[:data.rfind(b"\n") + 1]
        check(not data or data.endswith(b"\n"), "%s: torn last line" % name)
        for number, line in enumerate(data.splitlines(), 1):
            try:
                alerts.append(json.loads(line.decode("utf-8")))
            except ValueError as e:
                raise Failure("%s:%d: %s: %r" % (name, number, e, line[:200])) from e
    return alerts


# ---- suites -------------------------------------------------------------------------

def is_accounted_for(path):
    """Does a package say that a hook is its own: by its RECORD, or to dpkg?"""
    row = os.path.basename(path).encode() + b","
    for record in glob.glob(os.path.join(os.path.dirname(path), "*.dist-info", "RECORD")):
        if any(line.startswith(row) for line in read_file(record).splitlines()):
            return True
    return bool(shutil.which("dpkg-query")) and subprocess.run(
        ["dpkg-query", "-S", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def hide_foreign_hooks():
    """An installer whose interpreter runs a hook that no package accounts for is not believed.
    What the host's administrator has put into its Pythons must not decide a test: in the tests'
    namespace such a file is empty."""
    empty = None
    for site in ("/usr/lib/python3*/dist-packages", "/usr/local/lib/python3*/dist-packages",
                 os.path.join(PYENV, "versions", "*", "lib", "python*", "site-packages")):
        for path in glob.glob(os.path.join(site, "*.pth")):
            if not re.search(rb"^import[ \t]", read_file(path), re.M) or is_accounted_for(path):
                continue
            if not empty:
                fd, empty = tempfile.mkstemp(prefix="pyhookd-live-empty-")
                os.close(fd)
                os.chmod(empty, 0o644)
                atexit.register(os.unlink, empty)
            run("mount", "--bind", empty, path)


def enter_private_namespace():
    def of(pid):
        return os.stat("/proc/%d/ns/mnt" % pid).st_ino

    if os.environ.get("PYHOOKD_LIVE_NS") == str(os.getpid()):
        if of(os.getpid()) == of(os.getppid()):
            sys.exit("not in a mount namespace of our own: nothing is mounted, nothing is run")
        hide_foreign_hooks()
        return
    os.environ["PYHOOKD_LIVE_NS"] = str(os.getpid())    # unshare(1) does not fork: same pid
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable] + sys.argv)


class Suite:
    """Named tests in order, one line each: PASS, FAIL or SKIP KIND/SUITE/NAME.  The kind is the
    directory below tests/.

    Each test gets a Work of its own; or, where starting a daemon for each would take longer
    than the tests, what the fixture yields: a generator over one Work for all of them."""

    def __init__(self, name, fixture=None, kind="live"):
        self.name = name
        self.title = "%s/%s" % (kind, name)
        self.fixture = fixture
        self.tests = []
        self.results = {}               # name -> PASS, FAIL, SKIP
        self.at_end = None              # called before the line that counts
        self.counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}

    def test(self, name):
        def add(function):
            self.tests.append((name, function))
            return function
        return add

    def report(self, status, name, detail="", seconds=None):
        if status == "SKIP" and IN_CI:
            status, detail = "FAIL", "skipped in CI: " + detail
        self.counts[status] += 1
        self.results[name] = status
        first = detail.splitlines()[0] if status == "SKIP" and detail else ""
        print("  %-7s %s/%s%s%s" % (status, self.title, name, " (%s)" % first if first else "",
                                         " %.1fs" % seconds if seconds is not None and seconds > 2
                                         else ""))
        if status == "FAIL":
            print("\n".join("          " + line for line in detail.splitlines()))
        sys.stdout.flush()
        return status

    def attempt(self, name, function, *args):
        start = time.monotonic()
        try:
            function(*args)
        except Skip as e:
            return self.report("SKIP", name, str(e))
        except Failure as e:
            frame = traceback.extract_tb(e.__traceback__)
            where = next((f for f in reversed(frame) if os.path.basename(f.filename) != "harness.py"),
                         frame[-1])
            return self.report("FAIL", name, "%s:%d: %s" % (os.path.basename(where.filename),
                                                            where.lineno, e))
        except Exception:       # a bug of the test: the whole trace
            return self.report("FAIL", name, traceback.format_exc())
        return self.report("PASS", name, seconds=time.monotonic() - start)

    def run(self):
        args = sys.argv[1:]
        if args == ["--list"]:
            print("\n".join("%s/%s" % (self.title, name) for name, _ in self.tests))
            return
        patterns = []
        while args:
            if args[0] != "--only" or len(args) < 2:
                sys.exit("usage: %s [--list | --only PATTERN ...]" % os.path.basename(sys.argv[0]))
            patterns.append(args[1])
            args = args[2:]
        if os.geteuid() != 0:
            print("needs root")
            sys.exit(1 if IN_CI else CANNOT)
        enter_private_namespace()
        for s in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(s, lambda number, frame: sys.exit(128 + number))
        chosen = [(n, f) for n, f in self.tests if not patterns or
                  any(fnmatch.fnmatch(n, "*%s*" % p) for p in patterns)]
        try:
            self._run_all(chosen)
        finally:
            for daemon in list(_daemons):
                daemon.kill()
        if self.at_end:
            self.at_end()
        print("%s: %d passed, %d failed, %d skipped" % (
            self.title, self.counts["PASS"], self.counts["FAIL"], self.counts["SKIP"]))
        sys.exit(1 if self.counts["FAIL"] or not chosen else 0)

    def _run_all(self, chosen):
        if self.fixture:
            self._run_shared(chosen)
            return
        for name, function in chosen:
            work = Work(re.sub(r"[^a-z0-9]+", "-", name.lower()))
            try:
                self.attempt(name, function, work)
            finally:
                for daemon in list(_daemons):
                    daemon.kill()
                work.close()

    def _run_shared(self, chosen):
        work = Work(self.name)
        stages = self.fixture(work)
        got = []
        try:
            if self.attempt("start", lambda: got.append(next(stages))) == "PASS":
                for name, function in chosen:
                    self.attempt(name, function, got[0])
                self.attempt("stop", lambda: next(stages, None))
        finally:
            for daemon in list(_daemons):
                daemon.kill()
            work.close()
