#!/usr/bin/python3
"""Who did it: ten writers that are gone at once, on an idle host and on a busy one.

A few runs of each; `make check-system` makes them many.
"""

import os
import re
import resource
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from attribution import measure, measure_chain, measure_same_number, measure_turncoats
from harness import Daemon, Suite, check

suite = Suite("attribution")
RUNS = 30


@suite.test("idle")
def idle(work):
    measure(work, "idle", RUNS)


@suite.test("loaded")
def loaded(work):
    measure(work, "loaded", RUNS, load=True)


@suite.test("re-parented")
def reparented(work):
    """The ancestry of a writer all of whose ancestors have ended."""
    measure_chain(work, "idle", RUNS)


@suite.test("same-number")
def same_number(work):
    measure_same_number(work, 500)


@suite.test("turncoats")
def turncoats(work):
    measure_turncoats(work, 20)


@suite.test("room-for-descriptors")
def room_for_descriptors(work):
    """A table of descriptors that grows while threads share it stops each open() of each of them, and with
    them whoever must read what was executed before it ends."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with Daemon(work) as daemon:
        with open("/proc/%d/status" % daemon.pid, encoding="utf-8") as f:
            size = int(re.search(r"FDSize:\s*(\d+)", f.read()).group(1))
    check(size >= min(hard, 65536), "room for %d descriptors, of %d" % (size, hard))


if __name__ == "__main__":
    suite.run()
