"""exec_cost - what one exec on the host costs, as `make bench` prints it.

Three hosts: nobody listens (none), a reader that receives the kernel's records and
discards them (bare), the daemon with its own rules.  They take turns, since another
load on the machine comes and goes: what is compared are neighbours.  The processor
time is that of all threads (/proc/PID/task/TID/schedstat), the daemon's until it is
idle again; it is divided by the execs that the listener itself was told of, others' on
the same host included.

Python 3.9, standard library only; needs root.
"""

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(REPO, os.environ.get("B", "build"))
DAEMON = os.environ.get("PYHOOKD", os.path.join(BUILD, "pyhookd"))
TOOL = os.path.join(BUILD, "tests", "bench", "%s")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
EXECS = int(os.environ.get("BENCH_EXECS", "1500"))      # of each worker
TARGET = 3.0


def threads(pid):
    names = []
    for tid in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/comm" % (pid, tid)) as f:
            names.append(f.read().strip())
    return names


def cpu_ns(pid):
    total = 0
    for tid in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, tid)) as f:
            total += int(f.read().split()[0])
    return total


def settled_cpu_ns(pid):
    """Its processor time once it has stopped using any."""
    deadline = time.monotonic() + 20
    before = cpu_ns(pid)
    while time.monotonic() < deadline:
        time.sleep(0.15)
        now = cpu_ns(pid)
        if now - before < 50000:
            return now
        before = now
    raise SystemExit("bench: process %d does not come to rest" % pid)


def storm():
    out = subprocess.run([TOOL % "storm", str(os.cpu_count()), str(EXECS), TOOL % "nothing"], check=True,
                         stdout=subprocess.PIPE).stdout.decode()
    return int(out.split()[-1])


def start_bare():
    p = subprocess.Popen([TOOL % "bare"], stdout=subprocess.PIPE)
    if p.stdout.readline() != b"ready\n":
        raise SystemExit("bench: no process connector here")
    return p


def start_daemon(work):
    log = open(os.path.join(work, "log"), "ab")
    ready = os.path.join(work, "watched")
    p = subprocess.Popen(["unshare", "-m", "--propagation=private", "sh", "-c",
                          'mount -t tmpfs tmpfs "$1" && shift && exec "$@"', "sh", ready, DAEMON,
                          "--watch", ready, "--rules-dir", os.path.join(REPO, "packaging", "rules.d"),
                          "--state-dir", os.path.join(work, "state"), "--output", "json"],
                         stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if p.poll() is not None:
            break
        if "watch" in threads(p.pid):
            return p
        time.sleep(0.05)
    raise SystemExit("bench: the daemon did not start, see %s" % log.name)


def counters(work, p):
    """What the daemon says of itself (SIGUSR1): -> execs, those that it could not read"""
    with open(os.path.join(work, "log"), errors="replace") as f:
        f.seek(0, os.SEEK_END)
        p.send_signal(signal.SIGUSR1)
        text = ""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            text += f.read()
            found = re.search(r"\bexecs=(\d+) exec_unread=(\d+)", text)
            if found:
                return int(found.group(1)), int(found.group(2))
            time.sleep(0.02)
    raise SystemExit("bench: the daemon does not answer")


def run_none(work):
    return storm(), 0.0, 0, 0


def run_bare(work):
    p = start_bare()
    took = storm()
    p.terminate()
    execs, lost, ns = map(int, re.findall(rb"\d+", p.communicate()[0]))
    return took, ns / execs, execs, lost


def run_daemon(work):
    p = start_daemon(work)
    try:
        execs, unread = counters(work, p)
        cpu = settled_cpu_ns(p.pid)
        took = storm()
        cpu = settled_cpu_ns(p.pid) - cpu
        now = counters(work, p)
    finally:
        p.terminate()
        p.wait()
    return took, cpu / (now[0] - execs), now[0] - execs, now[1] - unread


def line(name, values, unit):
    values = sorted(values)
    print("%-34s %8.2f %s   (%.2f to %.2f)" % (name, statistics.median(values), unit, values[0], values[-1]))


def main():
    if os.geteuid() != 0:
        print("bench: needs root")
        return 77
    work = tempfile.mkdtemp(prefix="pyhookd-bench.")
    kinds = {"none": run_none, "bare": run_bare, "daemon": run_daemon}
    got = {kind: [] for kind in kinds}
    try:
        os.mkdir(os.path.join(work, "watched"))
        for number in range(ROUNDS):
            order = list(kinds)
            for kind in order[number % 3:] + order[:number % 3]:
                got[kind].append(kinds[kind](work))
    finally:
        shutil.rmtree(work, ignore_errors=True)

    total = EXECS * os.cpu_count()
    ratios = [d[1] / b[1] for b, d in zip(got["bare"], got["daemon"])]
    print("%d rounds of %d execs by %d workers; median (lowest to highest)" % (ROUNDS, total, os.cpu_count()))
    line("bare reader, processor an exec", [r[1] / 1000 for r in got["bare"]], "us")
    line("daemon, processor an exec", [r[1] / 1000 for r in got["daemon"]], "us")
    line("daemon / bare reader", ratios, "times")
    for kind in got:
        line("execs, " + kind, [total * 1e9 / r[0] for r in got[kind]], "a second")
    line("execs, daemon / none", [n[0] / d[0] for n, d in zip(got["none"], got["daemon"])], "times")
    print("execs that the daemon could not read: %d of %d" % (sum(r[3] for r in got["daemon"]), sum(r[2] for r in got["daemon"])))
    good = statistics.median(ratios) <= TARGET
    print("%s: at most %.1f times a bare reader" % ("within the target" if good else "BEYOND THE TARGET", TARGET))
    return 0


if __name__ == "__main__":
    sys.exit(main())
