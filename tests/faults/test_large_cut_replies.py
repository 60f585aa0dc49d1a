"""What `tests/faults/test_cut_replies.py` asserts, for replies of 4 kB cut after every byte and of 10 MB after any.

LARGE_CUTS=2000 cuts the large one so often in each framing and each way to end a connection; SEED draws others.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import pytest

from faults.cut_client import cut_client
from faults.cuts import ENDS, FRAMINGS, End, Framing, cutting, wire
from faults.invariants import Verdict
from faults.replies import canned
from faults.sweep import Tally, report

pytestmark = pytest.mark.faults

LARGE_CUTS = int(os.environ.get("LARGE_CUTS", "250"))

SEED = int(os.environ.get("SEED", "1"))


WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """Cuts of one reply in one framing, for one process."""

    side_px: int
    framing: Framing
    end: End
    chosen: int | None = None

    @property
    def lengths(self) -> list[int]:
        """After which byte to cut: each, or the last ones and `chosen` by chance."""
        total = len(wire(canned(2, side_px=self.side_px), self.framing).data)
        if self.chosen is None:
            return list(range(total + 1))
        return [*(total - count for count in range(8)), *random.Random(SEED).sample(range(total), self.chosen)]


def _judged(share: _Share) -> list[Verdict]:
    reply = canned(2, side_px=share.side_px)
    travelling = wire(reply, share.framing)
    verdicts = []
    with cutting() as cutter, cut_client(cutter) as client:
        for length in share.lengths:
            trial = f"{share.framing}, {share.end} after {length} of {len(travelling.data)} bytes"
            problems: tuple[str, ...] = ()
            try:
                client.check(reply, travelling, length, share.end)
            except AssertionError as problem:
                problems = (str(problem),)
            verdicts.append(Verdict(trial=trial, problems=problems))
        left = tuple(f"left over: {name}" for name in client.left_behind())
    return [*verdicts, Verdict(trial=f"{share.framing}, {share.end}, at the end", problems=left)]


def _all_judged(side_px: int, chosen: int | None = None) -> list[Verdict]:
    shares = [_Share(side_px=side_px, framing=framing, end=end, chosen=chosen) for framing in FRAMINGS for end in ENDS]
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        return [verdict for verdicts in pool.map(_judged, shares) for verdict in verdicts]


def test_a_reply_of_4_kb_cut_after_any_byte_gives_all_that_had_come(tally: Tally) -> None:
    verdicts = _all_judged(side_px=51)
    tally.add("reply of 4 kB cut after every byte, by FIN and by RST, 4 framings", verdicts)
    assert report(verdicts) == ""
    assert len(verdicts) >= 30_000


def test_a_reply_of_10_mb_cut_after_any_byte_gives_all_that_had_come(tally: Tally) -> None:
    verdicts = _all_judged(side_px=2_740, chosen=LARGE_CUTS)
    tally.add("reply of 10 MB cut after any byte, by FIN and by RST, 4 framings", verdicts)
    assert report(verdicts) == ""
