"""A reply may stop after any byte, in any framing, politely or not: a typed outcome each time, and nothing half kept.

`test_large_cut_replies.py` does the same with larger replies.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faults.cut_client import CutClient, cut_client
from faults.cuts import ENDS, FRAMINGS, Cutter, End, Framing, cutting, wire
from faults.replies import canned

pytestmark = pytest.mark.faults

SMALL = canned(1, side_px=6)
"""About 450 bytes, so that every byte of it can be the last within seconds."""


@pytest.fixture
def cutter() -> Iterator[Cutter]:
    with cutting() as server:
        yield server


@pytest.fixture
def client(cutter: Cutter) -> Iterator[CutClient]:
    with cut_client(cutter) as made:
        yield made


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("end", ENDS)
def test_a_reply_cut_after_any_byte_gives_all_that_had_come_and_nothing_more(
    client: CutClient, framing: Framing, end: End
) -> None:
    travelling = wire(SMALL, framing)
    for length in range(len(travelling.data) + 1):
        client.check(SMALL, travelling, length, end)
    assert client.left_behind() == []
