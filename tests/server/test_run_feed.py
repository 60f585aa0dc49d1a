from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.server.run_feed import Cursor

CURSORS = st.builds(Cursor, st.integers(0, 10**12), st.integers(0, 10**6))


@given(CURSORS)
def test_a_cursor_is_read_as_it_is_written(cursor: Cursor) -> None:
    assert Cursor.parse(str(cursor)) == cursor


@given(CURSORS, CURSORS)
def test_cursors_grow_with_the_event_and_then_with_the_part(one: Cursor, other: Cursor) -> None:
    assert (one < other) is ((one.number, one.part) < (other.number, other.part))


@pytest.mark.parametrize("text", ["", "x", "-1", "1.", ".1", "1.2.3", "1e3", "0x1", "\u0663", "1" * 16, "1.1 2"])
def test_any_other_text_is_no_cursor(text: str) -> None:
    assert Cursor.parse(text) is None
