from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from limner.errors import InvalidRequestError
from limner.imaging.region import Box, box_mask, feathered, file_mask

SIZE = (200, 100)


@pytest.mark.parametrize(
    ("text", "corner"),
    [("10%,20%,30%,40%", (20, 20, 80, 60)), ("20,20,60,40", (20, 20, 80, 60)), ("0,0,100%,100%", (0, 0, 200, 100))],
)
def test_a_box_is_read_in_percent_and_in_pixels(text: str, corner: tuple[int, int, int, int]) -> None:
    assert box_mask(Box.parse(text, SIZE), SIZE).getbbox() == corner


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,2,3", "four numbers"),
        ("a,b,c,d", "four numbers"),
        ("0,0,0,10", "empty"),
        ("150,0,100,10", "leaves the picture of 200x100"),
        ("50%,50%,60%,10%", "leaves"),
        ("-1,0,5,5", "four numbers"),
        ("1e3,0,5,5", "four numbers"),
        ("", "four numbers"),
    ],
)
def test_a_box_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidRequestError, match=why) as caught:
        Box.parse(text, SIZE)
    assert caught.value.code == "invalid.box"


def test_a_mask_is_white_or_opaque_where_change_is_wanted() -> None:
    drawn = Image.new("L", (20, 10), 0)
    drawn.paste(255, (0, 0, 10, 10))
    holed = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    holed.paste((9, 9, 9, 255), (0, 0, 10, 10))
    for picture in (drawn, drawn.convert("RGB"), holed):
        mask = np.asarray(file_mask(picture, SIZE))
        assert (mask[:, :90].min(), mask[:, 110:].max()) == (255, 0)


@pytest.mark.parametrize("picture", [Image.new("L", (9, 9), 0), Image.new("RGBA", (9, 9), (255, 255, 255, 0))])
def test_a_mask_that_marks_nothing_is_refused(picture: Image.Image) -> None:
    with pytest.raises(InvalidRequestError, match="marks nothing"):
        file_mask(picture, SIZE)


@given(st.floats(0, 30), st.integers(0, 150), st.integers(0, 60), st.integers(5, 50), st.integers(5, 40))
def test_a_soft_edge_never_leaves_the_mask(radius: float, x: int, y: int, width: int, height: int) -> None:
    mask = box_mask(Box.parse(f"{x},{y},{min(width, 200 - x)},{min(height, 100 - y)}", SIZE), SIZE)
    soft = np.asarray(feathered(mask, radius))
    assert soft[np.asarray(mask) == 0].max(initial=0) == 0


@pytest.mark.parametrize("width_px", [2, 8, 20, 60, 150])
def test_a_soft_edge_begins_without_a_seam_and_rises_evenly(width_px: int) -> None:
    mask = box_mask(Box(left=0.25, top=0.0, width=0.75, height=1.0), (800, 200))
    row = np.asarray(feathered(mask, width_px))[100].astype(int)
    assert row[:200].max() == 0
    assert row[200] <= 255 / width_px + 12
    assert row[200 + round(width_px * 1.2) + 2] >= 243
    steps = np.diff(row[199 : 205 + width_px])
    assert steps.min() >= 0
    assert steps.max() <= 3 * 255 / width_px
