"""The program is killed, or refused, at each of its system calls, and started again.

FAULTS=20000 adds so many pairs of faults, SEED draws others.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from faults.bench import Bench
from faults.invariants import Verdict
from faults.sweep import Tally, report, spread
from faults.systemcalls import Fault, Trial, count_calls, every_fault, judge

pytestmark = pytest.mark.faults

PAIRS = int(os.environ.get("FAULTS", "300"))
SEED = int(os.environ.get("SEED", "1"))
WITH_THREADS = 60
"""With real threads strace counts by thread, so that a number means the first thread that gets there: a sample."""


@pytest.fixture(scope="module")
def faults(found: list[Bench]) -> list[Fault]:
    """A kill before every system call of a run, and the failure of each."""
    return every_fault(count_calls(found[0], found[0].place()))


def _tried(found: list[Bench], trials: list[Trial]) -> list[Verdict]:
    def work(bench: Bench, number: int) -> Iterator[Verdict]:
        return (judge(bench, trial) for trial in trials[number :: len(found)])

    return spread(found, work)


def test_a_fault_at_any_system_call_loses_nothing_and_pays_for_nothing_twice(
    found: list[Bench], faults: list[Fault], tally: Tally
) -> None:
    verdicts = _tried(found, [Trial(first=fault) for fault in faults])
    tally.add("one fault, at every system call (kill -9, disk full, I/O error, network error)", verdicts)
    assert report(verdicts) == ""
    assert len(verdicts) >= 500


def test_a_second_fault_while_the_first_is_put_right_changes_nothing(
    found: list[Bench], faults: list[Fault], tally: Tally
) -> None:
    chance = random.Random(SEED)
    trials = [Trial(first=chance.choice(faults), second=chance.choice(faults)) for _ in range(PAIRS)]
    verdicts = _tried(found, trials)
    tally.add("two faults, the second in the restart", verdicts)
    assert report(verdicts) == ""


def test_a_kill_loses_nothing_where_each_call_has_a_thread_of_its_own(
    found: list[Bench], faults: list[Fault], tally: Tally
) -> None:
    kills = [fault for fault in faults if fault.effect == "KILL"]
    chosen = random.Random(SEED).sample(kills, WITH_THREADS)
    verdicts = _tried(found, [Trial(first=fault, threads=True) for fault in chosen])
    tally.add("kill -9 with threads", verdicts)
    assert report(verdicts) == ""


def test_every_kind_of_step_is_among_the_system_calls(faults: list[Fault]) -> None:
    called = {fault.call.removesuffix("at") for fault in faults}
    assert {"open", "write", "pwrite64", "fsync", "rename", "link", "unlink", "mkdir", "sendto", "recvfrom"} <= called
