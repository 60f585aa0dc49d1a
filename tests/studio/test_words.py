from __future__ import annotations

from decimal import Decimal

import pytest

from limner import _clock
from limner.studio import words


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (None, "unknown"),
        ("0", "free"),
        ("0.0336", "$0.034"),
        (Decimal("1.5"), "$1.50"),
        (1234, "$1,234.00"),
        ("x", "unknown"),
    ],
)
def test_money_is_never_nothing_where_nobody_knows(amount: object, said: str) -> None:
    assert words.money(amount) == said


@pytest.mark.parametrize(("past_s", "said"), [(3, "just now"), (720, "12 min ago"), (40 * 86400, "20")])
def test_times_are_said_as_people_say_them(past_s: int, said: str) -> None:
    assert words.ago(_clock.now_ms() - past_s * 1000).startswith(said) or past_s > 86400


def test_sizes_spans_and_counts_are_said_in_words() -> None:
    assert [words.size(count) for count in (12, 5_400, 2_100_000)] == ["12 B", "5 kB", "2.1 MB"]
    assert [words.seconds(span) for span in (None, 9800, 125_000)] == ["", "9.8 s", "2 min 5 s"]
    assert [words.many(count, "picture") for count in (1, 3)] == ["1 picture", "3 pictures"]
    assert words.short("a\n b" * 99, 10) == "a ba ba b…"
