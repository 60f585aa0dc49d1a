from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from limner.providers.sandbox.paint import glyphs
from limner.providers.sandbox.prompt.words import ALIASES, CHINESE, COLORS


def mean_color(icon: Image.Image) -> tuple[int, int, int]:
    data = np.asarray(icon, float)
    weight = data[..., 3:]
    red, green, blue = (data[..., :3] * weight).sum(axis=(0, 1)) / weight.sum()
    return round(red), round(green), round(blue)


@pytest.mark.parametrize("size_px", [1, 5, 64, 301])
def test_an_icon_is_square_and_transparent_around(size_px: int) -> None:
    icon = glyphs.sprite("pig", size_px)
    assert (icon.mode, icon.size) == ("RGBA", (size_px, size_px))


def test_an_icon_has_smooth_edges_and_clear_corners() -> None:
    alpha = np.asarray(glyphs.sprite("pig", 128).getchannel("A"))
    assert alpha[0, 0] == 0
    assert ((alpha > 0) & (alpha < 255)).sum() > 100


def test_a_hole_in_an_icon_is_clear() -> None:
    alpha = np.asarray(glyphs.sprite("ring-buoy", 128).getchannel("A"))
    assert alpha[64, 64] == 0


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(KeyError):
        glyphs.sprite("no-such-icon", 64)


@pytest.mark.parametrize("name", ["ghost", "castle", "red-heart", "student", "confetti-ball", "wrapped-gift"])
def test_an_everyday_icon_has_a_picture(name: str) -> None:
    assert np.asarray(glyphs.sprite(name, 48).getchannel("A")).mean() > 40


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("dog", "dog"),
        ("Foxes", "fox"),
        ("wolves", "wolf"),
        ("cars", "automobile"),
        ("wings", "wing"),
        ("cup of coffee", "hot-beverage"),
        ("polar bear", "polar-bear"),
        ("children", "boy"),
        ("the", None),
        ("theremin", None),
        ("under", None),
        ("", None),
    ],
)
def test_a_word_finds_its_icon(word: str, name: str | None) -> None:
    assert glyphs.find(word) == name


def test_keywords_count_only_where_a_noun_is_certain() -> None:
    assert glyphs.find("meow") is None
    assert glyphs.find("meow", strict=False) is not None


def test_every_alias_leads_to_an_icon() -> None:
    known = set(glyphs.names())
    assert {*ALIASES.values(), *CHINESE.values()} - known == set()


def test_a_tinted_icon_has_the_color_and_keeps_black_details() -> None:
    tint = glyphs.tinter(COLORS["blue"])
    red, _, blue = mean_color(glyphs.sprite("pig", 96, tint=tint))
    assert blue > red + 60
    assert tint((10, 10, 10)) == (10, 10, 10)


def test_a_recolored_car_keeps_its_dark_wheels_and_light_windows() -> None:
    red_car = np.asarray(glyphs.sprite("automobile", 96).convert("RGB"), int)
    green_car = np.asarray(glyphs.sprite("automobile", 96, tint=glyphs.recolored("automobile", COLORS["green"])), int)
    unchanged = (np.abs(red_car - green_car[..., :3]).sum(axis=2) == 0) & (green_car[..., 3] == 255)
    changed = np.abs(red_car - green_car[..., :3]).sum(axis=2) > 90
    assert unchanged.sum() > 500
    assert changed.sum() > 1000


def test_people_are_known_as_people() -> None:
    assert [glyphs.is_person(name) for name in ("woman-standing", "astronaut", "pig", "no-such")] == [
        True,
        True,
        False,
        False,
    ]
