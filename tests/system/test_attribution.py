#!/usr/bin/python3
"""Who did it, often enough to be believed: each of ten writers 500 times, on an idle host and on a
busy one, and ten thousand hooks while the pids go round.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "live"))
from attribution import (PROCESSORS, measure, measure_chain, measure_number_of_another, measure_pid_reuse,
                         measure_same_number)
from harness import Suite

suite = Suite("attribution", kind="system")
RUNS = 500
HOOKS = 10000


@suite.test("idle")
def idle(work):
    measure(work, "idle", RUNS)


@suite.test("loaded")
def loaded(work):
    measure(work, "loaded", RUNS, load=True)


@suite.test("loaded-at-once")
def loaded_at_once(work):
    """A writer on each processor: then none of them is idle when a record comes, which is another
    case for whoever must be woken by it."""
    measure(work, "at once", RUNS, load=True, at_once=PROCESSORS)


@suite.test("re-parented")
def reparented(work):
    measure_chain(work, "idle", RUNS)


@suite.test("re-parented-loaded")
def reparented_loaded(work):
    measure_chain(work, "loaded", RUNS, load=True)


@suite.test("pid-reuse")
def pid_reuse(work):
    measure_pid_reuse(work, HOOKS)


@suite.test("number-of-another")
def number_of_another(work):
    measure_number_of_another(work, 20)


@suite.test("same-number")
def same_number(work):
    measure_same_number(work, HOOKS)


if __name__ == "__main__":
    suite.run()
