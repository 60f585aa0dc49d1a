from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from imaging.textures import cropped, textured
from limner.errors import InvalidRequestError
from limner.imaging.drift import measure_drift
from limner.imaging.lock import locked
from limner.imaging.region import Box, box_mask

BOX = Box(left=0.25, top=0.25, width=0.25, height=0.5)
MASK = box_mask(BOX, (600, 400))


def edited(*, everywhere: bool = False) -> Image.Image:
    picture = textured()
    if everywhere:
        picture = picture.point(lambda value: min(255, value + 40))
    picture.paste((200, 30, 30), (150, 100, 300, 300))
    return picture


def test_nothing_changed_is_nothing() -> None:
    drift = measure_drift(textured(), textured(), MASK)
    assert (drift.changed, drift.inside, drift.outside, drift.mean_delta_e, drift.reshaped) == (0, 0, 0, 0, False)
    assert drift.words() == "nothing of the picture changed, nothing outside the region; the frame is as before"


def test_a_change_inside_the_region_is_told_from_one_outside() -> None:
    drift = measure_drift(textured(), edited(), MASK)
    assert drift.changed == pytest.approx(0.125, abs=0.01)
    assert drift.inside == pytest.approx(1.0, abs=0.05)
    assert drift.outside == pytest.approx(0.0, abs=0.01)
    beyond = measure_drift(textured(), edited(everywhere=True), MASK)
    assert beyond.outside is not None
    assert beyond.outside > 0.9


def test_saving_as_jpeg_is_no_change() -> None:
    data = io.BytesIO()
    textured().save(data, "JPEG", quality=85)
    assert measure_drift(textured(), Image.open(data)).changed < 0.004


def test_another_size_of_one_shape_is_compared_and_another_shape_is_said() -> None:
    assert measure_drift(textured(), textured().resize((1200, 800))).changed < 0.02
    drift = measure_drift(textured(), textured().resize((400, 400)))
    assert drift.reshaped
    assert "another shape (600x400 to 400x400)" in drift.words()
    assert drift.to_json()["reshaped"] is True


def test_the_heat_is_red_where_it_changed() -> None:
    heat = np.asarray(measure_drift(textured(), edited()).heat, dtype=int)
    red = heat[..., 0] - heat[..., 1]
    assert (red[150:250, 180:270].min() > 60, red[350:, 400:].max() < 5) == (True, True)


def test_transparency_is_seen_on_white() -> None:
    clear = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    assert measure_drift(clear, Image.new("RGB", (50, 50), "white")).changed == 0


def test_the_lock_brings_every_pixel_outside_back() -> None:
    result = locked(textured(), edited(everywhere=True), MASK)
    outside = np.asarray(MASK) == 0
    assert np.array_equal(np.asarray(result)[outside], np.asarray(textured())[outside])
    assert result.getpixel((225, 200)) == (200, 30, 30)


def test_the_lock_takes_a_larger_edit_in_the_size_of_the_original() -> None:
    result = locked(textured(), edited().resize((1200, 800), Image.Resampling.LANCZOS), MASK, feather_px=0)
    assert result.size == (600, 400)
    outside = np.asarray(MASK) == 0
    assert np.array_equal(np.asarray(result)[outside], np.asarray(textured())[outside])


@pytest.mark.parametrize(
    ("after", "why"),
    [
        (cropped(textured(), 0.9, 0.5, 0.5), "the frame moved: zoomed"),
        (textured().resize((400, 400)), "another shape, 400x400"),
    ],
)
def test_the_lock_refuses_an_edit_whose_frame_is_another_one(after: Image.Image, why: str) -> None:
    with pytest.raises(InvalidRequestError, match=why) as caught:
        locked(textured(), after, MASK)
    assert caught.value.code == "invalid.lock"


def test_a_picture_with_alpha_keeps_it_under_the_lock() -> None:
    before = textured().convert("RGBA")
    before.putalpha(Image.linear_gradient("L").resize(before.size))
    result = locked(before, edited(), MASK)
    assert result.mode == "RGBA"
    assert np.asarray(result)[5, 5, 3] == np.asarray(before)[5, 5, 3]
