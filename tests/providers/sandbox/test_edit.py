from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from limner.providers.sandbox.edit.edit import describe, edit
from limner.providers.sandbox.edit.ops import Add, Background, Recolor, Text, Unknown
from limner.providers.sandbox.paint.draw import draw, mark
from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.prompt.scene import Scene, Subject
from providers.sandbox.photos import difference, floats, landscape, mean_color, portrait, product

SMALL = landscape(96, 64)
PIECES = (
    "make the car red",
    "add a llama",
    "next to the car",
    "remove",
    "the background",
    "night",
    "snow",
    'text "SALE"',
    "sky",
    "pink",
    "crop",
    "mirror it",
    "blur",
    "put it on",
    "a beach",
    "and",
    "rotate 90 degrees",
    "brighter",
    "replace the",
    "cat with a dog",
    "16:9",
    "pencil",
)
INSTRUCTIONS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join))


def edited(instruction: str, image: Image.Image | None = None, scene: Scene | None = None) -> Image.Image:
    base = image or landscape()
    return edit([base], scene, instruction, width=base.width, height=base.height, seed=1).image


@settings(max_examples=40, deadline=None)
@given(INSTRUCTIONS)
def test_no_instruction_crashes_or_returns_the_same_picture(instruction: str) -> None:
    result = edit([SMALL], None, instruction, width=96, height=64, seed=1)
    assert result.image.size == (96, 64)
    assert result.image.convert("RGB").tobytes() != SMALL.tobytes() or result.image.mode == "RGBA"
    assert result.report


@settings(max_examples=15, deadline=None)
@given(INSTRUCTIONS)
def test_no_instruction_leaves_a_scene_as_it_was_in_silence(instruction: str) -> None:
    scene = parse("a blue car on a street", seed=1)
    base = draw(scene, 96, 96)
    result = edit([base], scene, instruction, width=96, height=96, seed=1)
    assert result.image.size == (96, 96)
    assert result.image.convert("RGB").tobytes() != base.tobytes() or result.image.mode == "RGBA"


@pytest.mark.parametrize("size", [(100, 100), (200, 60), (60, 200), (1, 1), (24, 300), (320, 208)])
def test_the_picture_has_exactly_the_size_asked_for(size: tuple[int, int]) -> None:
    for instruction in ("make it night", "crop closer", "extend to 16:9", "remove the background"):
        result = edit([SMALL], None, instruction, width=size[0], height=size[1], seed=1)
        assert result.image.size == size


def test_another_shape_is_reached_by_more_picture_and_not_by_stretching() -> None:
    photo = product(128)
    wide = edit([photo], None, "make it 2:1", width=256, height=128, seed=1).image
    assert wide.crop((64, 0, 192, 128)).tobytes() == photo.tobytes()


def test_another_shape_is_reached_by_a_cut_where_the_instruction_crops() -> None:
    photo = landscape()
    square = edit([photo], None, "crop it to a square", width=208, height=208, seed=1).image
    red, before = floats(square), floats(photo)
    share = float((red[..., 0] > red[..., 1] + 0.25).mean())
    assert share > 1.4 * float((before[..., 0] > before[..., 1] + 0.25).mean())


def test_a_scene_is_edited_exactly_and_comes_back() -> None:
    scene = parse("a blue car on a street in the city", seed=1)
    result = edit([mark(draw(scene, 160, 160))], scene, "Now change the color to yellow", width=160, height=160, seed=1)
    assert result.scene is not None
    assert result.scene.subjects[0].color == "yellow"
    assert result.image.tobytes() == draw(result.scene, 160, 160).tobytes()


def test_chained_edits_of_a_scene_add_up() -> None:
    scene: Scene | None = parse("a blue car on a street in the city", seed=1)
    image = draw(parse("a blue car on a street in the city", seed=1), 96, 96)
    for step in ("make the car red", "add a llama next to the car", "make it night"):
        result = edit([image], scene, step, width=96, height=96, seed=1)
        image, scene = result.image, result.scene
    assert scene is not None
    assert [(one.word, one.color) for one in scene.subjects] == [("car", "red"), ("llama", None)]
    assert scene.time == "night"


def test_what_a_scene_cannot_hold_is_done_on_its_pixels_and_the_scene_is_let_go() -> None:
    scene = parse("a blue car on a street in the city", seed=1)
    base = draw(scene, 96, 96)
    result = edit([base], scene, "mirror it", width=96, height=96, seed=1)
    assert result.scene is None
    assert result.image.tobytes() == base.transpose(Image.Transpose.FLIP_LEFT_RIGHT).tobytes()


def test_nothing_to_act_on_is_said_and_seen() -> None:
    scene = parse("a blue car on a street in the city", seed=1)
    base = draw(scene, 96, 96)
    result = edit([base], scene, "remove the violin", width=96, height=96, seed=1)
    assert "there is no violin in this picture" in result.report
    assert difference(result.image, base) > 3


def test_the_earlier_mark_does_not_stay_in_a_mirrored_picture() -> None:
    plain = portrait()
    mirrored = edited("mirror it", mark(plain))
    clean = edited("mirror it", plain)
    gap = np.abs(np.asarray(mirrored, np.int16) - np.asarray(clean, np.int16)).max(axis=-1)
    assert (gap > 90).mean() < 0.001


def test_two_pictures_become_one_when_asked() -> None:
    result = edit([landscape(), product(128)], None, "put the second image on the first", width=320, height=208, seed=1)
    assert result.report == "Combined the pictures."
    red, _, blue = mean_color(landscape(), (0, 0.6, 1, 1))
    new_red, _, new_blue = mean_color(result.image, (0, 0.6, 1, 1))
    assert new_blue - new_red > blue - red + 0.02


def test_further_pictures_are_framed_insets_otherwise() -> None:
    result = edit([landscape(), product(128)], None, "make it a bit warmer", width=320, height=208, seed=1)
    assert min(mean_color(result.image, (0.03, 0.9, 0.05, 0.92))) > 0.5


def test_a_mask_holds_the_edit() -> None:
    photo = landscape()
    white = Image.new("L", (40, 26))
    white.paste(255, (0, 0, 12, 26))
    result = edit([photo], None, "make it night", width=320, height=208, seed=1, mask=white)
    gap = np.abs(np.asarray(result.image, np.int16) - np.asarray(photo, np.int16)).max(axis=-1)
    assert gap[:, :80].mean() > 20
    assert gap[:, 130:].max() == 0


def test_an_edit_without_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="needs at least one picture"):
        edit([], None, "make it night", width=10, height=10, seed=1)


def test_the_report_says_what_was_done_and_what_was_not_understood() -> None:
    ops = (
        Recolor(color="yellow", target="car"),
        Add(subject=Subject(glyph="llama", word="llama"), near="car"),
        Background(),
        Text(texts=("SALE",)),
        Unknown(words="make him smile"),
    )
    assert describe(ops) == (
        "Recolored: car to yellow. Added: llama beside the car. Background removed. "
        'Text: "SALE". Not understood: make him smile.'
    )


def test_characters_no_font_has_are_reported() -> None:
    result = edit([SMALL], None, 'add the text "HI 😀"', width=96, height=64, seed=1)
    assert "No font has: 😀." in result.report
