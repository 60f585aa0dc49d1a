"""Power cuts: record a run once, then lay out what a cut may leave, start the program on it, and look."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faults.bench import Bench, Place
from faults.driver import FINE
from faults.invariants import Owed, Verdict, broken_after_fault, broken_after_restart
from faults.power import Cut, Remains, cuts, lay_out, remains
from faults.systemcalls import Fault
from faults.trace import STRACE, Op, read_trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What was done to the disk of `place`, and from which step on the power may fail."""

    name: str
    place: Place
    ops: tuple[Op, ...]
    first: int = 1
    mutant: str | None = None

    def states(self, seeds: Sequence[int], *, order: int, share: int = 0, of: int = 1) -> Iterator[tuple[Cut, Remains]]:
        """Different disks that a cut may leave, in an order drawn from `order`; `share` of `of` equal shares."""
        chosen = list(cuts(self.ops, seeds, self.first))[share::of]
        random.Random(order).shuffle(chosen)
        seen: set[int] = set()
        for cut in chosen:
            state = remains(self.ops, cut)
            if state.fingerprint not in seen:
                seen.add(state.fingerprint)
                yield cut, state


def record(bench: Bench, *, mutant: str | None = None, killed_at: Fault | None = None) -> Recording:
    """Run the script to its end and write down what it did.

    With `killed_at` a first run ends there and a second one puts things right; the power fails in the second. What
    the first had not synced is still at risk then: a killed process leaves its writes to the system.
    """
    place = bench.place()
    before = () if killed_at is None else _traced(bench, place, killed_at.injection, mutant, threads=False)
    after = _traced(bench, place, (), mutant, threads=True)
    name = "a run" if killed_at is None else f"the run after {killed_at}"
    return Recording(name=name, place=place, ops=(*before, *after), first=len(before) + 1, mutant=mutant)


def judge_cut(bench: Bench, recording: Recording, cut: Cut, state: Remains) -> Verdict:
    """Cut the power, start the program again, and look."""
    place = recording.place
    lay_out(state, place.root)
    bench.provider.forget(place.name)
    bench.point(place)
    bench.provider.bill[place.name].update(state.paid)
    problems = broken_after_fault(place)
    restart = bench.driver.run(place.job(mutant=recording.mutant))
    owed = Owed(told=state.told, kept=state.kept)
    problems += broken_after_restart(place, restart, bench.provider.bill[place.name], owed)
    where = f"{recording.name}, power cut after step {cut.at} of {len(recording.ops)} ({cut.rule}, seed {cut.seed})"
    return Verdict(trial=where, problems=tuple(dict.fromkeys(problems)))


def _traced(
    bench: Bench, place: Place, injection: tuple[str, ...], mutant: str | None, *, threads: bool
) -> tuple[Op, ...]:
    log = bench.root / "trace.txt"
    job = place.job(traced=True, threads=threads, mutant=mutant)
    ran = bench.driver.run(job, ("-o", str(log), *STRACE, *injection))
    if not injection and ran.exit != FINE:
        raise AssertionError(f"the run to be recorded failed: {ran}")
    return tuple(read_trace(log, place.root))
