from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from limner.providers.sandbox.prompt.words import STYLES as PROMPT_STYLES
from limner.providers.sandbox.styles import styles
from providers.sandbox.photos import difference, floats, landscape, mean_color, portrait


@pytest.mark.parametrize("style", sorted(styles.STYLES))
def test_every_style_changes_a_photograph_visibly_and_keeps_its_size(style: str) -> None:
    photo = landscape()
    styled = styles.apply(photo, (style,), seed=1)
    assert (styled.mode, styled.size) == ("RGB", photo.size)
    assert difference(styled, photo) > 4


@pytest.mark.parametrize("style", sorted(styles.STYLES))
def test_every_style_is_the_same_for_the_same_seed(style: str) -> None:
    photo = landscape(96, 64)
    assert styles.apply(photo, (style,), seed=5).tobytes() == styles.apply(photo, (style,), seed=5).tobytes()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 9), (17, 16)])
def test_thin_pictures_survive_every_style(size: tuple[int, int]) -> None:
    thin = Image.new("RGB", size, (200, 90, 40))
    assert styles.apply(thin, tuple(styles.STYLES), seed=1).size == size


def test_every_style_a_prompt_can_ask_for_is_drawn_here_or_by_the_painter() -> None:
    drawn_otherwise = {"isometric"}
    assert {name for name, _ in PROMPT_STYLES} - set(styles.STYLES) <= drawn_otherwise


def test_unknown_styles_change_nothing() -> None:
    photo = portrait(64)
    assert styles.apply(photo, ("no-such-style", "isometric"), seed=1).tobytes() == photo.tobytes()


def test_styles_are_laid_one_over_the_other() -> None:
    photo = portrait(96)
    both = styles.apply(photo, ("pixel", "bw"), seed=1)
    assert both.tobytes() != styles.apply(photo, ("pixel",), seed=1).tobytes()
    assert np.ptp(np.asarray(both, np.int16), axis=-1).max() <= 2


def test_black_and_white_has_no_colour() -> None:
    gray = np.asarray(styles.apply(landscape(), ("bw",), seed=1), np.int16)
    assert np.ptp(gray, axis=-1).max() == 0


def test_pixel_art_has_at_most_32_colours() -> None:
    image = styles.apply(landscape(), ("pixel",), seed=1)
    assert len(image.getcolors(1 << 16) or []) <= 32


def test_a_pencil_sketch_is_mostly_light_paper_even_of_a_dark_picture() -> None:
    dark = Image.fromarray((floats(landscape()) * 60).astype(np.uint8))
    assert floats(styles.apply(dark, ("pencil",), seed=1)).mean() > 0.55


def test_a_neon_picture_is_mostly_dark() -> None:
    assert floats(styles.apply(portrait(), ("neon",), seed=1)).mean() < 0.4


def test_a_duotone_is_printed_in_the_two_named_colours() -> None:
    image = floats(styles.apply(landscape(), ("duotone",), seed=1, colors=("red", "yellow")))
    assert image[..., 2].mean() < image[..., 1].mean() < image[..., 0].mean()


def test_a_blueprint_is_blue() -> None:
    red, green, blue = mean_color(styles.apply(portrait(), ("blueprint",), seed=1), (0, 0, 1, 1))
    assert blue > green > red


def test_a_polaroid_has_a_white_card_below_the_photograph() -> None:
    image = styles.apply(portrait(), ("polaroid",), seed=1)
    assert min(mean_color(image, (0.4, 0.86, 0.6, 0.92))) > 0.9


def test_the_subject_mask_says_where_old_masters_put_the_light() -> None:
    photo = Image.new("RGB", (128, 128), (150, 130, 110))
    left = Image.new("L", (128, 128))
    left.paste(255, (0, 32, 50, 96))
    image = styles.apply(photo, ("renaissance",), seed=1, subject_mask=left)
    assert sum(mean_color(image, (0.1, 0.3, 0.4, 0.7))) > sum(mean_color(image, (0.8, 0.3, 1, 0.7))) + 0.2
