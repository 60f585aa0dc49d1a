from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from imaging.textures import cropped, shifted, textured
from limner.imaging.geometry import compare_frames
from limner.imaging.region import Box, box_mask


@pytest.mark.parametrize("quality", [60, 85])
def test_the_same_picture_saved_again_has_not_moved(quality: int) -> None:
    data = io.BytesIO()
    textured().save(data, "JPEG", quality=quality)
    found = compare_frames(textured(), Image.open(data))
    assert (found.moved, found.known, found.words()) == (False, True, "the frame is as before")


@pytest.mark.parametrize(("right", "down"), [(4, 0), (0, -3), (12, 7), (-60, 40)])
def test_a_shift_is_found(right: int, down: int) -> None:
    found = compare_frames(textured(), shifted(textured(), right, down))
    assert found.moved
    assert found.shift_x * 600 == pytest.approx(right, abs=3)
    assert found.shift_y * 400 == pytest.approx(down, abs=3)


@pytest.mark.parametrize("share", [0.95, 0.9, 0.8, 0.75])
@pytest.mark.parametrize(("left", "top"), [(0.5, 0.5), (0.0, 0.0), (1.0, 0.3)])
def test_a_crop_is_found_with_its_scale(share: float, left: float, top: float) -> None:
    found = compare_frames(textured(), cropped(textured(), share, left, top))
    assert found.moved
    assert found.scale == pytest.approx(1 / share, abs=0.06)


def test_another_light_and_a_change_in_one_place_move_nothing() -> None:
    darker = textured().point(lambda value: int(value * 0.35))
    assert not compare_frames(textured(), darker).moved
    changed = textured()
    ImageDraw.Draw(changed).ellipse((150, 80, 380, 300), fill="purple")
    assert not compare_frames(textured(), changed).moved


def test_what_was_asked_to_change_is_not_looked_at() -> None:
    box = Box(left=0.0, top=0.0, width=0.6, height=1.0)
    other = textured()
    other.paste(textured(seed=9).crop((0, 0, 360, 400)), (0, 0))
    found = compare_frames(textured(), other, box_mask(box, other.size))
    assert not found.moved
    assert found.agreement > 0.9


@pytest.mark.parametrize("other", [Image.new("RGB", (600, 400), "white"), textured(seed=5)])
def test_pictures_with_nothing_in_common_say_nothing(other: Image.Image) -> None:
    found = compare_frames(textured(), other)
    assert (found.known, found.moved) == (False, False)
    assert "too little in common" in found.words()


def test_a_picture_of_one_color_says_nothing() -> None:
    assert not compare_frames(Image.new("RGB", (50, 50), "red"), textured()).known
