"""attribution - who did it: plant hooks by processes that are gone at once, and compare.

tests/live/test_attribution.py does it a few times, tests/system/test_attribution.py some thousand
times.  Each run of a writer plants a hook whose name no other run has.  tests/live/spawn
starts it, reaps it, and says which pids there were; from them and from what was started follows
what every alert about that hook must say:

    executable      process.executable
    command line    process.args, each of them
    parent          process.parent: pid and executable
    ancestry        process.ancestors: pids and executables, up to this very process
    complete        pyhookd.attribution.complete

The daemon coalesces as it always does.  A hook may have two alerts (created, then modified): each
must be right.  An answer that is not there is a miss like a wrong one, but for one in five
thousand command lines that the daemon itself says it was too late for; every miss is named.
"""

import atexit
import collections
import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

from harness import (BUILD, DEADLINE, EXECUTES, PYTHON, SITE, Daemon, Failure, LoopFs, Skip, check, check_equal,
                     clean_env, describe, die_with_parent, gap, on_path, path_of, unescape, write_file)

TOOLS = os.path.join(BUILD, "tests", "live")
SPAWN = os.path.join(TOOLS, "spawn")
STORM = os.path.join(TOOLS, "storm")
LINE = EXECUTES.strip()
STORM_SECONDS = 1800        # it ends with the test; this is for a test that hangs

# What is started.  {path}: the hook; {own}: a file with a hook's content that is this run's alone;
# {source}: one that all share (standard input, too); {static}: tests/live/writers.
WRITERS = {
    "sh": ["sh", "-c", "echo \"" + LINE + "\" >{path}"],
    "cp": ["cp", "{source}", "{path}"],
    "mv": ["mv", "{own}", "{path}"],
    "tee": ["tee", "{path}"],
    "python": [PYTHON, "-S", "-c", "open('{path}', 'w').write(\"" + LINE + "\")"],
    "ln": ["ln", "{own}", "{path}"],
    "install": ["install", "{source}", "{path}"],
    "static-write": ["{static}", "write", "{path}"],
    "static-rename": ["{static}", "rename", "{own}", "{path}"],
    "double-fork": ["{static}", "chain", "{path}"],
}
# A log-in as it is: each of these has ended before the next starts.
CHAIN = ("sshd", "bash", "make", "sh", "writer")
ASPECTS = ("executable", "command line", "parent", "ancestry", "complete")
SOURCES = ("connector", "open-exec", "proc")
PROCESSORS = min(os.cpu_count(), 8)
# Where interrupts hold the daemon's thread up and another processor takes the program over meanwhile
# (daemon/exec_readers.c), its arguments are lost; never who it was.  118 000 runs on a busy host lost none; more
# than one in so many is a fault.
NAMED_ONE_IN = 5000
MISSES_SHOWN = 2            # of each kind


class Run:
    """One hook, and the truth about its writer."""

    def __init__(self, writer, path, argv, programs=(), skip=0):
        self.writer = writer
        self.path = path
        self.argv = argv            # of what is started
        self.programs = programs    # what it executes, one after the other, each in a child
        self.skip = skip
        self.pid = 0
        self.truth = {}             # aspect -> what an alert must say

    def line(self):
        check(not any(c in a for a in self.argv for c in "\t\n"), "not for a line: %r" % self.argv)
        return "\t".join([str(self.skip)] + self.argv) + "\n"

    def learn(self, pids, spawner):
        """`pids`: the process that was started, then each that forked off the one before."""
        check(pids and pids[0] != "failed", "%s did not run: %s" % (self.argv, " ".join(pids)))
        programs = [executable_of(p) for p in (self.argv[0],) + tuple(self.programs)]
        check_equal(len(pids), len(programs) + ("chain" in self.argv), "processes of %s" % self.argv)
        # The last of a chain forks once more and executes nothing.
        line = [(int(pid), programs[min(i, len(programs) - 1)]) for i, pid in enumerate(pids)]
        self.pid, executable = line[-1]
        above = line[-2::-1] + [(spawner, executable_of(SPAWN)),
                                (os.getpid(), os.readlink("/proc/self/exe"))]
        argv = [self.programs[-1], "chain", self.path] if self.programs else self.argv
        self.truth = {"executable": executable, "command line": argv, "parent": above[0], "ancestry": above,
                      "complete": True}


def executable_of(program):
    found = shutil.which(program, path=clean_env("/")["PATH"])
    check(found, "no program " + program)
    return os.path.realpath(found)


# ---- the place, the runs ------------------------------------------------------------

class Scene:
    """A tmpfs that is watched, with what writers need.  The filesystem of the tests' directory is watched,
    too: as on a host, the queue then tells what is executed."""

    def __init__(self, work):
        self.work = work
        self.root = LoopFs(work, "tmpfs", name="host").root
        self.source = os.path.join(self.root, "source")
        write_file(self.source, EXECUTES)
        self.static = work.join("writer")
        shutil.copy(os.path.join(TOOLS, "writers"), self.static)
        self.count = 0

    def program(self, name):
        """A program of that name: the static writer under another one."""
        path = os.path.join(self.work.mkdir("programs"), name)
        if not os.path.exists(path):
            shutil.copy(self.static, path)
        return path

    def run(self, writer, skip=0, programs=()):
        self.count += 1
        site = os.path.join(self.root, "%s-%d" % (writer, self.count // 5000), SITE)
        os.makedirs(site, exist_ok=True)
        path = os.path.join(site, "%d.pth" % self.count)
        if programs:
            return Run(writer, path, [programs[0], "chain", path] + list(programs[1:]), programs[1:])
        own = os.path.join(self.root, "own-%d" % self.count)
        if "{own}" in WRITERS.get(writer, ()):
            write_file(own, EXECUTES)
        names = {"path": path, "own": own, "source": self.source, "static": self.static}
        return Run(writer, path, [a.format(**names) for a in WRITERS.get(writer, ())], skip=skip)

    def plant_last(self):
        """By this process."""
        self.count += 1
        site = os.path.join(self.root, "last", SITE)
        os.makedirs(site, exist_ok=True)
        path = os.path.join(site, "%d.pth" % self.count)
        write_file(path, EXECUTES)
        return path

    def spawn(self, runs, spawners, at_once):
        """Do them all: each spawner a part, one after the other; so many spawners at once."""
        size = -(-len(runs) // spawners)
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            for done in [pool.submit(self._spawn, runs[i:i + size]) for i in range(0, len(runs), size)]:
                done.result()

    def _spawn(self, runs):
        p = subprocess.Popen([SPAWN, self.source], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=clean_env(self.work.path), cwd="/")
        try:
            out, err = p.communicate("".join(r.line() for r in runs).encode(), timeout=60 * DEADLINE)
        finally:
            p.kill()
            p.wait()
        lines = out.decode().splitlines()
        check(p.returncode == 0 and len(lines) == len(runs), "spawn: exit %d after %d of %d: %s" % (
            p.returncode, len(lines), len(runs), err.decode(errors="replace")))
        for r, line in zip(runs, lines):
            r.learn(line.split(), p.pid)


class Storm:
    """Load while the block runs."""

    def __enter__(self):
        self.process = subprocess.Popen([STORM, str(STORM_SECONDS)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        check_equal(self.process.stdout.readline(), b"ready\n", "storm")
        return self

    def __exit__(self, kind, value, trace):
        early = self.process.poll()
        self.process.kill()
        self.process.communicate()
        check(kind or early is None, "the storm was over too early: exit %s" % early)


# ---- the comparison -------------------------------------------------------------------

def said(alert):
    """What an alert says about its writer, in the words of Run.truth; None: nothing."""
    process = alert.get("process") or {}
    attribution = alert["pyhookd"].get("attribution") or {}

    def who(p):
        return int(p.get("pid", 0)), unescape(p.get("executable", "")) or None
    return {"action": alert["event"]["action"],
            "source": attribution.get("source", "none"),
            "complete": bool(attribution.get("complete")),
            "mismatch": attribution.get("mismatch", []),
            "pid": int(process.get("pid", 0)),
            "executable": unescape(process.get("executable", "")) or None,
            "command line": [unescape(a) for a in process.get("args", [])] or None,
            "parent": who(process.get("parent") or {}),
            "ancestry": [who(a) for a in process.get("ancestors", [])]}


def misses_of(run, answer):
    """{aspect: what is said instead}; the wrong pid makes all of them wrong."""
    if answer["pid"] != run.pid:
        return dict.fromkeys(ASPECTS, "that of pid %d" % answer["pid"])
    misses = {}
    for aspect in ASPECTS:
        want = run.truth[aspect]
        got = answer[aspect][:len(want)] if aspect == "ancestry" else answer[aspect]
        if got != want:
            misses[aspect] = got
    return misses


def is_absent(got, want):
    """Is it only not known, or part of it?  Else it is wrong."""
    if isinstance(want, list) and isinstance(got, list) and want and isinstance(want[0], tuple):
        return all(is_absent(g, w) for g, w in zip(got, want))
    if isinstance(want, tuple):
        return got in (want, (want[0], None), (0, None))
    return not got


class Answers:
    """What the daemon says, by path.  Of its log: all alerts are there, while standard output, a pipe, leaves
    out those that its reader is too slow for."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.offsets = {}           # inode of a log file -> what was read of it
        self.by_path = {}
        self.gaps = []

    def take(self):
        for name in os.listdir(self.daemon.state):
            if not name.startswith("alerts.jsonl"):
                continue
            with open(os.path.join(self.daemon.state, name), "rb") as f:
                inode = os.fstat(f.fileno()).st_ino
                f.seek(self.offsets.get(inode, 0))
                whole = f.read().rpartition(b"\n")[0]
                self.offsets[inode] = self.offsets.get(inode, 0) + len(whole) + bool(whole)
            for line in whole.splitlines():
                alert = json.loads(line)
                if gap(alert):
                    self.gaps.append(describe(alert))
                self.by_path.setdefault(path_of(alert), []).append(said(alert))
        return self.by_path

    def wait_for(self, paths):
        """Until there is an alert about each.  As long as they come there is time, since a loaded host may be
        slow; those that do not come are misses."""
        left = set(paths)
        deadline = time.monotonic() + DEADLINE
        while left and time.monotonic() < deadline:
            before = len(left)
            left.difference_update(self.take())
            if len(left) < before:
                deadline = time.monotonic() + DEADLINE
            check(self.daemon.process.poll() is None, "the daemon ended")
            time.sleep(0.05)
        return not left


class Table:
    """Hits by writer; what was missed, by name."""

    def __init__(self):
        self.rows = {}
        self.misses = []

    def add(self, run, answers):
        row = self.rows.setdefault(run.writer, dict.fromkeys(("runs",) + ASPECTS + SOURCES, 0))
        missed = {a: answer for answer in answers for a in misses_of(run, answer)}
        if not answers:
            missed = dict.fromkeys(ASPECTS)
        row["runs"] += 1
        for aspect in ASPECTS:
            row[aspect] += aspect not in missed
        for source in SOURCES:
            row[source] += any(a["source"] == source for a in answers)
        if missed:
            self.misses.append((run, answers))

    def show(self, title):
        print("          %-14s %5s" % (title, "runs") + "".join("%14s" % c for c in ASPECTS + SOURCES))
        for writer, row in self.rows.items():
            print("          %-14s %5d" % (writer, row["runs"]) +
                  "".join("%13.1f%%" % (100 * row[c] / row["runs"]) for c in ASPECTS) +
                  "".join("%14d" % row[s] for s in SOURCES))
        sys.stdout.flush()

    def runs(self):
        return sum(row["runs"] for row in self.rows.values())

    def must_be_right(self, counters):
        if not self.misses:
            return
        # The daemon says itself that it does not know the arguments, and counts why: it was late.
        named = [m for m in self.misses if is_named(*m)]
        if (len(named) == len(self.misses) and len(named) <= counters.get("exec_unread", 0) and
                len(named) * NAMED_ONE_IN <= self.runs()):
            for run, answers in named:
                print("          exec_unread:\n" + "\n".join("      " + line for line in explain(run, answers)))
            return
        lost = {k: v for k, v in counters.items()
                if v and re.search("lost|overflow|unread|timeouts|gaps|unattributed|no_memory", k)}
        kinds = {}
        for run, answers in self.misses:
            kind = ", ".join(sorted({"%s %s" % (aspect, "not known" if is_absent(got, run.truth[aspect]) else "WRONG")
                                     for answer in answers for aspect, got in misses_of(run, answer).items()}))
            kinds.setdefault((run.writer, kind or "no alert"), []).append((run, answers))
        lines = ["%d hooks are not said rightly, %d of them wrongly.  Counters: %s" % (
            len(self.misses), sum(len(m) for (_, kind), m in kinds.items() if "WRONG" in kind),
            lost or "nothing lost")]
        for (writer, kind), misses in kinds.items():
            lines.append("%s: %s: %d times" % (writer, kind, len(misses)))
            for run, answers in misses[:MISSES_SHOWN]:
                lines += explain(run, answers)
        raise Failure("\n".join(lines))


def is_named(run, answers):
    """Nothing is wrong, only the arguments are not known, and the daemon says that it is not complete."""
    misses = [misses_of(run, a) for a in answers]
    return bool(answers) and all(set(m) in (set(), {"command line", "complete"}) and
                                 not m.get("command line") for m in misses)


def explain(run, answers):
    """A miss by name, with all that is known of it."""
    top = os.path.commonpath([run.path, os.path.realpath(os.environ.get("PYHOOKD_LIVE_DIR", "/var/tmp"))])
    lines = ["    pid %d, %s" % (run.pid, run.path)]
    for answer in answers:
        lines.append("        %s, source %s" % (answer["action"], answer["source"]))
        for aspect, got in misses_of(run, answer).items():
            lines.append("            %s: got %s\n            %s want %s" % (
                aspect, repr(got).replace(top, "~"), " " * len(aspect), repr(run.truth[aspect]).replace(top, "~")))
    return lines


# ---- what tests do ----------------------------------------------------------------------

def is_doubted(answer):
    """The daemon says that it may have been another process of that number, and is not sure of anything else."""
    return "pid-reused" in answer["mismatch"] and not answer["complete"]


def judge(scene, daemon, answers, runs, title, may_doubt=False):
    answers.wait_for(r.path for r in runs)
    # What comes after it, has all been judged: a hook may have a second alert.
    check(answers.wait_for([scene.plant_last()]), "no alert about the last hook\n" + daemon.tail())
    table = Table()
    doubted = 0
    for r in runs:
        said_of_it = answers.by_path.get(r.path, [])
        sure = [a for a in said_of_it if not (may_doubt and a["pid"] == r.pid and is_doubted(a))]
        if sure or not said_of_it:
            table.add(r, sure)
        else:
            doubted += 1
    table.show(title)
    if may_doubt:
        print("          %d of %d hooks: it may have been another process of that number" % (doubted, len(runs)))
    check(not answers.gaps, "lost events: %s" % answers.gaps)
    counters = daemon.lost_nothing()
    table.must_be_right(counters)
    check_equal(counters.get("connector_lost"), 0, "counter 'connector_lost'")


@contextlib.contextmanager
def idle():
    yield


def measure_runs(work, title, make_runs, load=False, spawners=1, at_once=1, look_at=lambda runs: None):
    """Do what make_runs(scene) answers; shows the table; fails if anything is missed.  look_at(runs) is
    called when they are done, before they are judged."""
    scene = Scene(work)
    with Daemon(work) as daemon:
        answers = Answers(daemon)
        runs = make_runs(scene)
        with Storm() if load else idle():
            scene.spawn(runs, spawners, at_once)
        look_at(runs)
        judge(scene, daemon, answers, runs, title)


def measure(work, title, count, load=False, at_once=1):
    """`count` runs of each writer, in turn."""
    measure_runs(work, title, lambda scene: [scene.run(w) for _ in range(count) for w in WRITERS], load,
                 spawners=at_once, at_once=at_once)


def measure_chain(work, title, count, load=False):
    """sshd, bash, make, sh, writer: each gone, and its child adopted, before the next starts."""
    def make_runs(scene):
        programs = [scene.program(name) for name in CHAIN]
        return [scene.run("re-parented", programs=programs) for _ in range(count)]
    measure_runs(work, title, make_runs, load)


PID_MAX = "/proc/sys/kernel/pid_max"
PID_MAX_SMALL = 32768       # the kernel's own default where there are up to 32 processors


@contextlib.contextmanager
def small_pid_max():
    """Where pids go up to four million, twice round takes an hour: lower it, and put it back."""
    with open(PID_MAX, encoding="ascii") as f:
        before = int(f.read())
    if before <= 2 * PID_MAX_SMALL:
        yield before
        return

    def put(n):
        with open(PID_MAX, "w", encoding="ascii") as f:
            f.write(str(n))
    atexit.register(put, before)
    try:
        put(PID_MAX_SMALL)
        yield PID_MAX_SMALL
    finally:
        put(before)
        atexit.unregister(put)


PID_MIN = 300               # RESERVED_PIDS of kernel/pid.c: where the second round begins
ROUNDS = 4


def measure_pid_reuse(work, count):
    """`count` hooks in ROUNDS blocks, and between two blocks as many processes that do nothing as bring the pids
    round: so most writers have a number that a writer of each block before had.  Each block has another parent;
    each twentieth writer is another program than the others, and in each block another twentieth."""
    others = [w for w in WRITERS if w != "python"]
    block = count // ROUNDS

    def make_run(scene, i, pid_max):
        skip = pid_max - PID_MIN - block if i % block == 0 and i > 0 else 0
        turn = i + 7 * (i // block)
        return scene.run("static-write" if turn % 20 else others[turn // 20 % len(others)], skip=skip)

    with small_pid_max() as pid_max:
        measure_runs(work, "pid reuse", lambda scene: [make_run(scene, i, pid_max) for i in range(count)],
                     spawners=ROUNDS, look_at=pids_went_round)


def pids_went_round(runs):
    pids = [r.pid for r in runs]
    rounds = sum(b < a for a, b in zip(pids, pids[1:]))
    print("          pids went round %d times; %d of %d pids wrote more than one hook" % (
        rounds, sum(n > 1 for n in collections.Counter(pids).values()), len(set(pids))))
    check(rounds >= 2, "pids went round %d times only" % rounds)


# Writes, and is pip a moment later; before that it tries to be, in vain (E2BIG), so that the kernel's queue has pip's
# interpreter before the hook, as it has of pip itself.
TURNCOAT = """import os, sys
path, python = sys.argv[1:]
try:
    os.execv(python, [python, "x" * 300000])
except OSError:
    with open(path, "w") as f:
        f.write("import os\\n")
os.execv(python, [python, "-m", "pip", "install", "no-such-thing", "--no-index"])
"""


def measure_turncoats(work, count):
    """The act of a process before it executes pip is not pip's, whoever is named."""
    scene = Scene(work)
    tool = work.join("tool")
    shutil.copy(PYTHON, tool)
    late = 0
    with Daemon(work) as daemon:
        for i in range(count):
            path = scene.run("turncoat").path
            p = subprocess.run([(PYTHON, tool)[i % 2], "-S", "-c", TURNCOAT, path, PYTHON], env=clean_env(work.path),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               timeout=DEADLINE, check=False)
            check(os.path.exists(path), p.stderr.decode(errors="replace"))
            alert = daemon.wait_for(on_path(path))
            check(not alert["pyhookd"]["installer"]["verified"], describe(alert))
            if "-c" not in alert["process"]["args"]:
                late += 1
                check("exec-race" in alert["pyhookd"]["attribution"]["mismatch"], describe(alert))
        print("          %d of %d writers were named by what they executed later, each with exec-race" % (late, count))


LAST_PID = "/proc/sys/kernel/ns_last_pid"


def measure_same_number(work, count):
    """Every writer has the number of the one before, and many of them write before the daemon reads once: who of
    them it was can't be told from their events.  Then that must be said; nobody else may be named with certainty."""
    if not os.access(LAST_PID, os.W_OK):
        raise Skip("no " + LAST_PID)
    scene = Scene(work)
    with Daemon(work) as daemon:
        answers = Answers(daemon)
        runs = [scene.run("static-write", skip="=") for _ in range(count)]
        scene.spawn(runs, spawners=1, at_once=1)
        reused = sum(a.pid == b.pid for a, b in zip(runs, runs[1:]))
        print("          %d of %d writers had the number of the one before" % (reused, count))
        check(reused > count / 2, "not enough of them")
        judge(scene, daemon, answers, runs, "same number", may_doubt=True)




def fork_as(pid, child):
    """Fork so that the child has that pid: it runs child() and ends.  False: somebody else took the number."""
    with open(LAST_PID, "w", encoding="ascii") as f:
        f.write(str(pid - 1))
    got = os.fork()
    if got == 0:
        try:
            if os.getpid() == pid:
                child()
        finally:
            os._exit(0)
    os.waitpid(got, 0)
    return got == pid


def measure_number_of_another(work, count):
    """A process executes a program; another one with its number does nothing; a third one, which has only forked,
    writes.  The program that the number once executed must not be named.  Between them the daemon has read what there
    was: two within one read are measure_same_number()'s."""
    if not os.access(LAST_PID, os.W_OK):
        raise Skip("no " + LAST_PID)
    scene = Scene(work)
    executable = os.readlink("/proc/self/exe")
    with open("/proc/self/cmdline", encoding="utf-8") as f:
        argv = f.read().split("\0")[:-1]
    truth = {"executable": executable, "command line": argv, "parent": (os.getpid(), executable),
             "ancestry": [(os.getpid(), executable)], "complete": True}
    with small_pid_max() as pid_max, Daemon(work) as daemon:
        answers = Answers(daemon)
        runs = []
        for pid in range(pid_max // 2, pid_max // 2 + 20 * count):
            run = scene.run("forked")
            run.pid, run.truth = pid, truth
            if (fork_as(pid, lambda: os.execv(scene.static, [scene.static])) and
                    answers.wait_for([scene.plant_last()]) and fork_as(pid, lambda: None) and
                    answers.wait_for([scene.plant_last()]) and fork_as(pid, lambda: write_file(run.path, EXECUTES))):
                runs.append(run)
            if len(runs) == count:
                break
        check_equal(len(runs), count, "hooks by processes of the number that was wanted")
        judge(scene, daemon, answers, runs, "reused")
