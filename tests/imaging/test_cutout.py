from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from imaging.textures import textured
from limner.imaging.cutout import from_two_grounds, remove_key

SIZE = (320, 240)
SUBJECT = (214, 120, 40)


def alpha_of_subject() -> Image.Image:
    """A disc with a soft edge, as hair and motion have."""
    alpha = Image.new("L", SIZE, 0)
    ImageDraw.Draw(alpha).ellipse((90, 50, 230, 190), fill=255)
    return alpha.filter(ImageFilter.GaussianBlur(3))


def before(ground: tuple[int, int, int], *, vignette: bool = False) -> Image.Image:
    back = Image.new("RGB", SIZE, ground)
    if vignette:
        y, x = np.mgrid[-1 : 1 : SIZE[1] * 1j, -1 : 1 : SIZE[0] * 1j]
        light = 1 - 0.18 * (x * x + y * y)
        back = Image.fromarray((np.asarray(back) * light[..., None]).astype(np.uint8))
    back.paste(Image.new("RGB", SIZE, SUBJECT), (0, 0), alpha_of_subject())
    return back


@pytest.mark.parametrize("ground", [(0, 255, 0), (255, 0, 255), (0, 40, 255)])
@pytest.mark.parametrize("vignette", [False, True])
def test_a_key_color_is_removed_with_its_fringe(ground: tuple[int, int, int], vignette: bool) -> None:
    cutout = remove_key(before(ground, vignette=vignette))
    pixels = np.asarray(cutout.image, dtype=int)
    assert cutout.problem is None
    assert pixels[120, 160].tolist() == pytest.approx([*SUBJECT, 255], abs=4)
    assert pixels[5:30, :, 3].max() < 12
    solid = pixels[..., 3] > 200
    strong = int(np.argmax(ground))
    assert abs(pixels[solid][:, strong] - SUBJECT[strong]).max() < 60, "the key shines through nowhere"
    on_white = Image.alpha_composite(Image.new("RGBA", SIZE, "white"), cutout.image).convert("RGB")
    ideal = Image.new("RGB", SIZE, "white")
    ideal.paste(Image.new("RGB", SIZE, SUBJECT), (0, 0), alpha_of_subject())
    assert np.abs(np.asarray(on_white, dtype=int) - np.asarray(ideal, dtype=int)).mean() < 3


def test_two_grounds_give_the_exact_alpha() -> None:
    cutout = from_two_grounds(before((255, 255, 255)), before((0, 0, 0)))
    assert cutout.problem is None
    off = np.abs(np.asarray(cutout.image.getchannel("A"), dtype=int) - np.asarray(alpha_of_subject(), dtype=int))
    assert off.max() <= 2
    pixels = np.asarray(cutout.image, dtype=int)
    assert np.abs(pixels[pixels[..., 3] > 60][:, :3] - SUBJECT).max() <= 6


def test_a_shadow_on_a_vivid_ground_stays_a_shadow() -> None:
    picture = before((255, 0, 255))
    ImageDraw.Draw(picture).rectangle((100, 200, 220, 215), fill=(140, 0, 140))
    pixels = np.asarray(remove_key(picture).image, dtype=int)
    assert pixels[207, 150, :3].max() == 0
    assert pixels[207, 150, 3] == pytest.approx(115, abs=6)


def test_a_background_that_is_not_plain_is_said() -> None:
    cutout = remove_key(textured(320, 240))
    assert cutout.problem is not None
    assert "no plain colour" in cutout.problem


def test_a_picture_drawn_anew_is_said() -> None:
    cutout = from_two_grounds(before((0, 0, 0)), before((255, 255, 255)))
    assert cutout.problem is not None
    assert "drawn anew" in cutout.problem


@pytest.mark.parametrize("picture", [Image.new("RGB", SIZE, "lime")])
def test_nothing_but_background_is_said(picture: Image.Image) -> None:
    assert remove_key(picture).problem == "all of it is transparent"


def test_the_same_picture_twice_has_no_transparency() -> None:
    assert from_two_grounds(before((9, 9, 9)), before((9, 9, 9))).problem == "nothing of it is transparent"
