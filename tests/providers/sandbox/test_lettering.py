from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from limner.providers.sandbox.paint import lettering, typefaces
from limner.providers.sandbox.paint.lettering import Manner, letter, write
from limner.providers.sandbox.prompt.scene import Kind, Scene
from providers.sandbox.photos import difference, floats, landscape, portrait, product


def changed_box(before: Image.Image, after: Image.Image) -> tuple[int, int, int, int]:
    gap = np.abs(np.asarray(before, np.int16) - np.asarray(after, np.int16)).max(axis=-1) > 40
    rows, columns = np.nonzero(gap.any(axis=1))[0], np.nonzero(gap.any(axis=0))[0]
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def test_a_picture_without_texts_is_left_alone() -> None:
    photo = landscape()
    assert letter(photo, Scene(prompt="")).tobytes() == photo.tobytes()


@pytest.mark.parametrize("kind", ["scene", "poster", "logo"])
@pytest.mark.parametrize(
    "texts",
    [("Summerland",), ("Summerland", "Summer never felt so good"), ("夏日", "Api.Go"), ("word " * 24,), ("x" * 120,)],
)
def test_letters_stand_inside_the_frame(kind: Kind, texts: tuple[str, ...]) -> None:
    page = Image.new("RGB", (320, 240), (30, 60, 90))
    left, top, right, bottom = changed_box(page, letter(page, Scene(prompt="", kind=kind, texts=texts)))
    assert left > 2
    assert top > 2
    assert right < 317
    assert bottom < 237


@pytest.mark.parametrize("shade", [0, 70, 128, 190, 255])
def test_letters_stand_out_on_any_ground(shade: int) -> None:
    page = Image.new("RGB", (256, 256), (shade, shade, shade))
    values = floats(write(page, ("SALE",), Manner())) * 255
    assert np.abs(values - shade).max() > 100


def test_a_title_is_larger_than_its_slogan() -> None:
    page = Image.new("RGB", (400, 400), (20, 20, 60))
    values = floats(letter(page, Scene(prompt="", kind="poster", texts=("Big", "a small slogan"))))
    rows = np.nonzero((values[..., 0] > 0.7).any(axis=1))[0]
    breaks = np.nonzero(np.diff(rows) > 2)[0]
    first, second = rows[: breaks[0] + 1], rows[breaks[0] + 1 :]
    assert np.ptp(first) > 2 * np.ptp(second)


def test_long_texts_are_broken_into_lines() -> None:
    page = Image.new("RGB", (300, 300), (20, 20, 60))
    one = changed_box(page, write(page, ("Four",), Manner(height=0.12)))
    many = changed_box(page, write(page, ("four words or quite a few more than that",), Manner(height=0.4)))
    assert many[3] - many[1] > 1.5 * (one[3] - one[1])


def test_the_asked_place_and_colour_are_kept() -> None:
    page = Image.new("RGB", (300, 300), (20, 20, 60))
    image = write(page, ("SALE",), Manner(place="bottom", color=(255, 210, 40)))
    assert changed_box(page, image)[1] > 150
    assert (np.abs(np.asarray(image, np.int16) - (255, 210, 40)).max(axis=-1) < 8).sum() > 200


def test_letters_go_to_the_bottom_when_the_top_is_much_busier() -> None:
    rng = np.random.default_rng(1)
    busy = np.full((256, 256, 3), 90, np.uint8)
    busy[:128] = rng.integers(0, 2, (16, 32, 1), dtype=np.uint8).repeat(8, 0).repeat(8, 1) * 255
    image = Image.fromarray(busy)
    assert changed_box(image, write(image, ("Calm",), Manner()))[1] > 128


def test_a_sign_is_a_board_with_the_words_on_it() -> None:
    photo = landscape()
    scene = Scene(prompt='a field and a sign that says "OPEN"', texts=("OPEN",))
    plain = letter(photo, Scene(prompt="a field", texts=("OPEN",)))
    assert difference(letter(photo, scene), plain) > 3


def test_a_logo_has_its_name_in_the_lower_third() -> None:
    page = Image.new("RGB", (300, 300), (240, 240, 235))
    assert changed_box(page, letter(page, Scene(prompt="", kind="logo", texts=("Journey.",))))[1] > 200


def test_words_choose_the_face() -> None:
    assert typefaces.choose("poster", "a poster for a bakery", ()) == "script"
    assert typefaces.choose("poster", "an elegant wedding invitation", ()) == "serif"
    assert typefaces.choose("poster", "a poster", ("pixel",)) == "pixel"
    assert typefaces.choose("poster", "a poster", ()) == "bold"
    assert typefaces.choose("logo", "a logo", ()) == "sans"


def test_chinese_letters_are_really_drawn() -> None:
    page = Image.new("RGB", (200, 200), (20, 20, 60))
    one, other = write(page, ("夏",), Manner()), write(page, ("冬",), Manner())
    assert difference(one, page) > 2
    assert one.tobytes() != other.tobytes()


def test_characters_no_font_has_are_named_and_left_out() -> None:
    page = Image.new("RGB", (200, 200), (20, 20, 60))
    assert lettering.missing(("Grüße 夏 😀", "ok 😀")) == "😀"
    assert write(page, ("HI 😀",), Manner()).tobytes() == write(page, ("HI",), Manner()).tobytes()


@pytest.mark.parametrize("size", [(1, 1), (12, 300), (300, 20), (40, 40)])
def test_small_and_thin_pictures_take_any_text(size: tuple[int, int]) -> None:
    page = Image.new("RGB", size, (120, 60, 20))
    for kind in ("scene", "poster", "logo"):
        assert letter(page, Scene(prompt="a sign", kind=kind, texts=("Hello there",))).size == size


def test_neon_letters_glow_beyond_their_edges() -> None:
    photo = portrait()
    glowing = write(photo, ("BAR",), Manner(face="script", glow=True))
    assert difference(glowing, photo) > difference(write(photo, ("BAR",), Manner(face="script")), photo)


def test_control_characters_and_line_ends_are_set_as_spaces() -> None:
    page = product(128)
    assert write(page, ("A\nB\x00",), Manner()).tobytes() == write(page, ("A B",), Manner()).tobytes()
