"""The power fails after each step of a run; every disk that may remain is laid out, and the program started on it.

STATES=20000 tries so many at most, with more draws of what an unsynced write may become; SEED draws others.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import islice

import pytest

from faults.bench import Bench
from faults.blackout import Recording, judge_cut, record
from faults.invariants import Verdict
from faults.sweep import Tally, report, spread
from faults.systemcalls import count_calls, every_fault

pytestmark = pytest.mark.faults

STATES = int(os.environ.get("STATES", "900"))
SEED = int(os.environ.get("SEED", "1"))
DRAWS = max(3, STATES // 400)
KILLS_BEFORE = max(12, STATES // 60)
STATES_AFTER_A_KILL = 24


def _seeds(draws: int) -> tuple[int, ...]:
    """All lost, all kept, and `draws` in between."""
    return (0, 1, *(2 + SEED * draws + draw for draw in range(draws)))


def _judged(bench: Bench, recording: Recording, number: int, of: int, most: int) -> Iterator[Verdict]:
    states = recording.states(_seeds(DRAWS), order=SEED, share=number, of=of)
    yield from (judge_cut(bench, recording, cut, state) for cut, state in islice(states, most))
    bench.clear(recording.place)


def test_a_power_cut_after_any_step_loses_nothing_and_pays_for_nothing_twice(found: list[Bench], tally: Tally) -> None:
    def work(bench: Bench, number: int) -> Iterator[Verdict]:
        return _judged(bench, record(bench), number, len(found), STATES // len(found))

    verdicts = spread(found, work)
    tally.add("power cut after every step, different disks", verdicts)
    assert report(verdicts) == ""
    assert len(verdicts) >= 300


def test_a_power_cut_after_a_kill_finds_nothing_that_the_killed_run_left_unsynced(
    found: list[Bench], tally: Tally
) -> None:
    calls = count_calls(found[0], found[0].place())
    kills = [fault for fault in every_fault(calls) if fault.effect == "KILL"]
    chosen = random.Random(SEED).sample(kills, min(KILLS_BEFORE, len(kills)))

    def work(bench: Bench, number: int) -> Iterator[Verdict]:
        for fault in chosen[number :: len(found)]:
            yield from _judged(bench, record(bench, killed_at=fault), 0, 1, STATES_AFTER_A_KILL)

    verdicts = spread(found, work)
    tally.add("power cut in the run after a kill, different disks", verdicts)
    assert report(verdicts) == ""
