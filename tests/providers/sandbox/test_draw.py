from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import limner
from limner.providers.sandbox.paint.draw import draw, mark, working_size
from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.prompt.scene import Role, Scene, Subject

RATIOS = ((1, 8), (1, 4), (9, 16), (2, 3), (1, 1), (3, 2), (16, 9), (21, 9), (4, 1), (8, 1))
PROMPTS = (
    "a pig in a park next to a lake at sunset",
    "a blue car on a street in the city at night",
    "a cup of coffee on a table",
    "an astronaut riding a horse in space",
    "a logo for a bakery called Crumb",
    'a poster that says "SALE"',
)
HASH_PROGRAM = """
import hashlib
from limner.providers.sandbox.paint.draw import draw
from limner.providers.sandbox.prompt.parse import parse
image = draw(parse("two red foxes under a rainbow, pixel art", seed=3), 160, 120)
print(hashlib.sha256(image.tobytes()).hexdigest())
"""


def pixels(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.asarray(image.convert("RGB"), np.int64)


def difference(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(pixels(a) - pixels(b)).mean())


@pytest.mark.parametrize(("across", "down"), RATIOS)
def test_the_picture_has_exactly_the_size_asked_for(across: int, down: int) -> None:
    width, height = 40 * across, 40 * down
    image = draw(parse("a dog and a cat on a beach"), width, height)
    assert (image.mode, image.size) == ("RGB", (width, height))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (17, 9)])
def test_even_a_tiny_picture_is_drawn(size: tuple[int, int]) -> None:
    assert draw(parse("a dog"), *size).size == size


def test_a_picture_without_extent_is_refused() -> None:
    with pytest.raises(ValueError, match="two positive sides"):
        draw(parse("a dog"), 0, 10)


@pytest.mark.parametrize(
    ("asked", "worked"),
    [
        ((1024, 1024), (1024, 1024)),
        ((4096, 4096), (1265, 1265)),
        ((2048, 1152), (1536, 864)),
        ((6144, 768), (1536, 192)),
        ((64, 64), (96, 96)),
    ],
)
def test_large_pictures_are_painted_within_bounds(asked: tuple[int, int], worked: tuple[int, int]) -> None:
    assert working_size(*asked) == worked


def test_the_same_scene_is_the_same_picture_in_two_processes() -> None:
    source = str(Path(limner.__file__).parent.parent)
    hashes = {
        subprocess.run(
            [sys.executable, "-c", HASH_PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": source},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "12345")
    }
    assert len(hashes) == 1
    assert len(next(iter(hashes)).strip()) == 64


def test_another_seed_is_another_picture() -> None:
    first, second = (draw(parse("a house in the mountains", seed=seed), 96, 96) for seed in (1, 2))
    assert difference(first, second) > 2


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_kind_of_picture_has_light_and_dark(prompt: str) -> None:
    values = pixels(draw(parse(prompt), 128, 128))
    assert np.percentile(values, 98) - np.percentile(values, 2) > 60


def scene_with(color: str | None) -> Scene:
    car = Subject(glyph="automobile", word="car", color=color)
    llama = Subject(glyph="llama", word="llama", role=Role.BESIDE)
    return replace(parse("a car next to a llama on a street", seed=4), subjects=(car, llama))


def test_changing_one_color_leaves_every_other_pixel_still() -> None:
    red, yellow = (pixels(draw(scene_with(color), 240, 160)) for color in ("red", "yellow"))
    changed = np.abs(red - yellow).sum(axis=2) > 0
    assert 300 < changed.sum() < 0.15 * changed.size
    columns = np.flatnonzero(changed.any(axis=0))
    assert columns[-1] - columns[0] < 0.55 * changed.shape[1]


def test_a_thing_more_in_the_picture_leaves_the_backdrop_still() -> None:
    scene = parse("a park next to a lake", seed=2)
    hat = Subject(glyph="top-hat", word="hat")
    without, with_hat = draw(scene, 160, 120), draw(replace(scene, subjects=(hat,)), 160, 120)
    changed = np.abs(pixels(without) - pixels(with_hat)).sum(axis=2) > 0
    assert changed[:40].sum() == 0


def test_a_red_skateboard_is_red_and_the_robot_is_not() -> None:
    values = pixels(draw(parse("a robot holding a red skateboard, white background"), 256, 256))
    red = (values[..., 0] > 150) & (values[..., 1] < 90) & (values[..., 2] < 90)
    assert red[:, 140:].sum() > 600
    assert red[:, :128].sum() < 400


def test_night_is_darker_than_day() -> None:
    day, night = (pixels(draw(parse(f"a street in the city at {time}"), 96, 96)) for time in ("noon", "night"))
    assert night.mean() < 0.6 * day.mean()


def test_a_glyph_name_that_a_client_made_up_draws_a_gift_and_no_error() -> None:
    forged = Subject(glyph="no-such-thing", word="x", color="red")
    scene = replace(parse("a dog"), subjects=(forged, replace(forged, role=Role.RIDE), replace(forged, role=Role.WEAR)))
    assert draw(scene, 96, 96).size == (96, 96)


def test_names_of_places_and_styles_that_a_client_made_up_draw_something() -> None:
    scene = Scene(prompt="", places=("atlantis",), styles=("nope",), time="teatime", weather="frogs", material="x")
    assert draw(scene, 96, 96).size == (96, 96)


@pytest.mark.parametrize("size", [(12, 12), (24, 24), (40, 400), (400, 40), (256, 256)])
@pytest.mark.parametrize("shade", [0, 128, 255])
def test_the_mark_shows_at_the_lower_right_of_every_picture(size: tuple[int, int], shade: int) -> None:
    plain = Image.new("RGB", size, (shade, shade, shade))
    marked = mark(plain)
    corner = np.abs(pixels(marked) - pixels(plain))[size[1] // 2 :, :]
    assert marked.size == size
    assert corner.max() > 40


def test_the_mark_is_legible_on_white_and_on_black() -> None:
    for shade in (0, 255):
        area = pixels(mark(Image.new("RGB", (512, 512), (shade,) * 3)))[480:, 380:]
        assert area.max() - area.min() > 150


def test_the_mark_covers_little() -> None:
    plain = Image.new("RGB", (512, 512), (90, 140, 90))
    changed = np.abs(pixels(mark(plain)) - pixels(plain)).sum(axis=2) > 0
    assert changed.mean() < 0.01


words = st.sampled_from(
    [
        "a",
        "red",
        "blue",
        "3",
        "dogs",
        "cat",
        "wearing",
        "hat",
        "riding",
        "horse",
        "in",
        "the",
        "city",
        "lake",
        "beach",
        "at",
        "night",
        "winter",
        "space",
        "poster",
        "logo",
        "watercolor",
        "pixel",
        "macro",
        "portrait",
        "bridge",
        "moon",
        '"Hi"',
        "'夏日'",
        "two",
        "flying",
        "robots",
        "holding",
        "vase",
        "of",
        "tulips",
    ]
)


@settings(max_examples=30, deadline=None)
@given(
    prompt=st.one_of(st.text(max_size=400), st.lists(words, max_size=14).map(" ".join)),
    ratio=st.sampled_from(RATIOS),
    seed=st.integers(0, 2**31),
)
def test_any_prompt_in_any_shape_is_drawn(prompt: str, ratio: tuple[int, int], seed: int) -> None:
    width, height = 12 * ratio[0] + 20, 12 * ratio[1] + 20
    assert draw(parse(prompt, seed=seed), width, height).size == (width, height)
