"""Many trials, on all benches at once, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

from faults.bench import Bench
from faults.invariants import Verdict

Work = Callable[[Bench, int], Iterable[Verdict]]
"""The trials of one bench, given its number."""


@dataclass(slots=True)
class Tally:
    """The counts that are published, one line per kind of trial."""

    lines: dict[str, list[int]] = field(default_factory=dict)
    caught: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, verdicts: Sequence[Verdict]) -> None:
        """Count trials."""
        broken = sum(bool(verdict.problems) for verdict in verdicts)
        lost = sum(verdict.lost for verdict in verdicts)
        twice = sum(verdict.paid_twice for verdict in verdicts)
        counts = (len(verdicts), lost, twice, broken)
        self.lines[kind] = [a + b for a, b in zip(self.lines.get(kind, [0] * 4), counts, strict=True)]

    def catch(self, mutant: str, how: str, verdict: Verdict) -> None:
        """Note what gave a mutant away."""
        self.caught.setdefault(mutant, []).append(f"{how}: {verdict.serious[0]}")

    def table(self) -> str:
        """The counts as a Markdown table, and what caught each mutant."""
        rows = ["| broken how | trials | pictures lost | paid twice | anything wrong |", "|---|---|---|---|---|"]
        for kind, counts in self.lines.items():
            rows.append(f"| {kind} | " + " | ".join(f"{count:,}" for count in counts) + " |")
        if self.caught:
            rows += ["", "| defect put in on purpose | caught by |", "|---|---|"]
            rows += [f"| {mutant} | {'; '.join(dict.fromkeys(ways))} |" for mutant, ways in self.caught.items()]
        return "\n".join(rows)


def spread(found: Sequence[Bench], work: Work) -> list[Verdict]:
    """All verdicts of `work`, done on each bench in a thread of its own."""
    with ThreadPoolExecutor(len(found)) as pool:
        shares = [pool.submit(_all, work, bench, number) for number, bench in enumerate(found)]
        return [verdict for share in shares for verdict in share.result()]


def first_problem(found: Sequence[Bench], work: Work) -> Verdict | None:
    """The first verdict that money or bytes were lost; the rest is not tried."""
    enough = Event()

    def look(bench: Bench, number: int) -> Verdict | None:
        for verdict in work(bench, number):
            if verdict.serious:
                enough.set()
                return verdict
            if enough.is_set():
                return None
        return None

    with ThreadPoolExecutor(len(found)) as pool:
        looks = [pool.submit(look, bench, number) for number, bench in enumerate(found)]
        return next((verdict for each in looks if (verdict := each.result()) is not None), None)


def report(verdicts: Sequence[Verdict], most: int = 20) -> str:
    """What went wrong, as an assertion message; empty if nothing did."""
    return "\n".join(str(verdict) for verdict in [verdict for verdict in verdicts if verdict.problems][:most])


def _all(work: Work, bench: Bench, number: int) -> list[Verdict]:
    return list(work(bench, number))
