"""A harness that finds nothing proves nothing: each defect put in on purpose must be found."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from faults.bench import Bench
from faults.blackout import judge_cut, record
from faults.invariants import Verdict
from faults.mutants import MUTANTS
from faults.sweep import Tally, first_problem
from faults.systemcalls import Trial, count_calls, every_fault, judge

pytestmark = pytest.mark.faults

SEEN_BY_A_KILL = ("done-before-bytes", "sent-after-sending", "spool-removed-early", "attempts-mixed-up")
"""The others are about the power only: a killed process leaves its writes to the system, synced or not."""


@pytest.mark.parametrize("name", SEEN_BY_A_KILL)
def test_a_fault_at_a_system_call_gives_the_defect_away(found: list[Bench], tally: Tally, name: str) -> None:
    calls = count_calls(found[0], found[0].place(), name)
    trials = [Trial(first=fault, mutant=name) for fault in every_fault(calls)]
    random.Random(1).shuffle(trials)

    def work(bench: Bench, number: int) -> Iterator[Verdict]:
        return (judge(bench, trial) for trial in trials[number :: len(found)])

    verdict = first_problem(found, work)
    assert verdict is not None
    tally.catch(MUTANTS[name].wrong, "a kill or an error", verdict)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_power_cut_gives_the_defect_away(found: list[Bench], tally: Tally, name: str) -> None:
    def work(bench: Bench, number: int) -> Iterator[Verdict]:
        recording = record(bench, mutant=name)
        states = recording.states((0, 1, 2, 3), order=1, share=number, of=len(found))
        yield from (judge_cut(bench, recording, cut, state) for cut, state in states)

    verdict = first_problem(found, work)
    assert verdict is not None
    tally.catch(MUTANTS[name].wrong, "a power cut", verdict)
