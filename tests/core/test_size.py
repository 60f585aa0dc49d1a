from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.core.size import AspectRatio, Resolution, Size

SIDES = st.integers(min_value=1, max_value=99_999)
RATIOS = st.builds(AspectRatio, SIDES, SIDES)


@pytest.mark.parametrize("text", ["16:9", " 16:9 ", "16x9", "16/9", "16 : 9"])
def test_a_ratio_may_be_written_in_several_ways(text: str) -> None:
    assert AspectRatio.parse(text) == AspectRatio(16, 9)


@pytest.mark.parametrize("text", ["", "16", "16:", ":9", "16:9:1", "-16:9", "1.5:1", "a:b", "100000:1"])
def test_what_is_no_ratio_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an aspect ratio"):
        AspectRatio.parse(text)


def test_a_ratio_needs_two_positive_numbers() -> None:
    with pytest.raises(ValueError, match="not 0:9"):
        AspectRatio.parse("0:9")


def test_a_ratio_is_kept_as_written() -> None:
    assert str(AspectRatio.parse("32:18")) == "32:18"
    assert AspectRatio.parse("32:18") != AspectRatio.parse("16:9")


def test_the_nearest_of_equally_distant_ratios_is_the_wider() -> None:
    allowed = (AspectRatio(4, 5), AspectRatio(5, 4))
    assert AspectRatio(1, 1).nearest(allowed) == AspectRatio(5, 4)


def test_nearest_is_measured_by_shape_and_not_by_difference() -> None:
    allowed = (AspectRatio(9, 16), AspectRatio(1, 1))
    assert AspectRatio(1, 8).nearest(allowed) == AspectRatio(9, 16)


def test_no_ratio_is_nearest_to_nothing() -> None:
    with pytest.raises(ValueError, match="no aspect ratio is allowed"):
        AspectRatio(1, 1).nearest(())


@given(RATIOS, RATIOS)
def test_distance_is_the_same_both_ways_and_zero_only_for_one_shape(one: AspectRatio, other: AspectRatio) -> None:
    assert one.distance(other) == other.distance(one)
    assert one.distance(one) == 0.0


@given(RATIOS)
def test_a_ratio_survives_being_written_and_read(ratio: AspectRatio) -> None:
    assert AspectRatio.parse(str(ratio)) == ratio


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1K", Resolution.R1K), ("1k", Resolution.R1K), (" 2K ", Resolution.R2K), ("512px", Resolution.R512)],
)
def test_a_resolution_may_be_written_in_several_ways(text: str, expected: Resolution) -> None:
    assert Resolution.parse(text) is expected


@pytest.mark.parametrize("text", ["", "3K", "1024", "HD", "1KK"])
def test_what_is_no_resolution_is_refused_naming_those_that_are(text: str) -> None:
    with pytest.raises(ValueError, match="accepted: 512, 1K, 2K, 4K"):
        Resolution.parse(text)


def test_the_ratio_of_a_size_is_in_lowest_terms() -> None:
    assert Size(1376, 768).ratio == AspectRatio(43, 24)


def test_a_size_needs_two_positive_numbers() -> None:
    with pytest.raises(ValueError, match="not 0x10"):
        Size(0, 10)
