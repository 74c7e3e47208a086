#!/usr/bin/python3
"""Who did it: ten writers that are gone at once, on an idle host and on a busy one.

A few runs of each; `make check-system` makes them many.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from attribution import measure, measure_chain
from harness import Suite

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


if __name__ == "__main__":
    suite.run()
