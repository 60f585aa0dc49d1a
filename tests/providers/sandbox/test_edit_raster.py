from __future__ import annotations

import colorsys
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from limner.providers.sandbox.edit import raster_fill, raster_light
from limner.providers.sandbox.edit.ops import (
    Add,
    Background,
    Blur,
    Combine,
    Crop,
    Extend,
    Flip,
    Frame,
    Invert,
    Level,
    Move,
    Op,
    Quality,
    Recolor,
    Remove,
    Replace,
    Rotate,
    Scale,
    Season,
    Sharpen,
    Style,
    Text,
    Time,
    Tint,
    Weather,
)
from limner.providers.sandbox.edit.raster import apply, carry_out
from limner.providers.sandbox.prompt.scene import Role, Subject
from providers.sandbox.photos import PHOTOS, difference, floats, landscape, mean_color, portrait, product

LLAMA = Subject(glyph="llama", word="llama", role=Role.BESIDE)
HAT = Subject(glyph="top-hat", word="hat", role=Role.WEAR)
GLASSES = Subject(glyph="sunglasses", word="sunglasses", role=Role.WEAR)
EVERY_OP: tuple[Op, ...] = (
    Recolor(color="red"),
    Recolor(color="pink", target="sky"),
    Recolor(color="purple", target="hair"),
    Recolor(color="orange", target="clothes"),
    Recolor(color="red", target="water"),
    Recolor(color="blue", target="ground"),
    Add(subject=LLAMA),
    Add(subject=LLAMA, spot="behind"),
    Add(subject=HAT),
    Remove(target="car"),
    Replace(subject=LLAMA),
    Background(),
    Background(color="pink"),
    Background(place="beach", words="a beach"),
    Blur(),
    Blur(part="background"),
    Sharpen(),
    *(Time(time=time) for time in raster_light.TIMES),
    *(Weather(weather=weather) for weather in raster_light.WEATHERS),
    *(Season(season=season) for season in raster_light.SEASONS),
    Style(style="pencil"),
    Text(texts=("SALE",)),
    Extend(),
    Extend(ratio=2.0),
    Crop(keep=0.7),
    Flip(),
    Rotate(degrees=10),
    Level(quality="warmth", factor=1.4),
    Invert(),
    Scale(factor=1.4),
    Move(spot="left"),
    Frame(),
    Tint(),
)


def hue_of(color: tuple[float, float, float]) -> float:
    return colorsys.rgb_to_hsv(*color)[0] * 360


def moved_pixels(one: Image.Image, other: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    gap = np.abs(np.asarray(one.convert("RGB"), np.int16) - np.asarray(other.convert("RGB"), np.int16))
    changed: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = gap.max(axis=-1) > 2
    return changed


@pytest.mark.parametrize("op", EVERY_OP, ids=lambda op: type(op).__name__)
def test_every_operation_changes_a_photograph(op: Op) -> None:
    photo = landscape(128, 96)
    assert apply(photo, (op,), seed=1).tobytes() != photo.tobytes()


@pytest.mark.parametrize("size", [(16, 120), (120, 16), (17, 17)])
def test_every_operation_bears_thin_pictures_of_noise(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    for op in EVERY_OP:
        apply(Image.fromarray(noise), (op,), seed=1)


@pytest.mark.parametrize("name", PHOTOS)
def test_every_photograph_can_be_given_another_background(name: str) -> None:
    photo = PHOTOS[name]()
    edited = apply(photo, (Background(color="pink"),), seed=1)
    assert mean_color(edited, (0.02, 0.02, 0.2, 0.2)) == pytest.approx((0.95, 0.46, 0.64), abs=0.1)
    assert mean_color(edited, (0.45, 0.7, 0.55, 0.74)) != pytest.approx((0.95, 0.46, 0.64), abs=0.2)


def test_edits_are_the_same_for_the_same_seed() -> None:
    photo = landscape(160, 104)
    ops = (Time(time="night"), Add(subject=LLAMA), Weather(weather="rain"))
    assert apply(photo, ops, seed=4).tobytes() == apply(photo, ops, seed=4).tobytes()


@pytest.mark.parametrize(("color", "hue"), [("yellow", 47), ("blue", 219), ("green", 125)])
def test_recolouring_changes_the_car_and_leaves_field_panes_and_corners(color: str, hue: float) -> None:
    photo = landscape()
    edited = apply(photo, (Recolor(color=color),), seed=1)
    assert hue_of(mean_color(edited, (0.36, 0.76, 0.40, 0.78))) == pytest.approx(hue, abs=14)
    changed = moved_pixels(photo, edited)
    assert not changed[:100].any()
    assert not changed[-20:, :60].any()
    assert mean_color(edited, (0.49, 0.65, 0.54, 0.68)) == pytest.approx(
        mean_color(photo, (0.49, 0.65, 0.54, 0.68)), abs=0.1
    )


def test_light_and_shade_survive_recolouring() -> None:
    edited = apply(product(), (Recolor(color="red"),), seed=1)
    assert sum(mean_color(edited, (0.40, 0.40, 0.46, 0.46))) > 1.4 * sum(mean_color(edited, (0.58, 0.62, 0.62, 0.66)))


def test_the_named_colour_is_recoloured_and_nothing_else() -> None:
    photo = landscape()
    edited = apply(photo, (Recolor(color="blue", was="red", target="car"),), seed=1)
    assert mean_color(edited, (0.36, 0.76, 0.40, 0.78))[2] > 0.5
    assert not moved_pixels(photo, edited)[:100].any()


def test_a_pink_sky_leaves_the_field_alone() -> None:
    photo = landscape()
    edited = apply(photo, (Recolor(color="pink", target="sky"),), seed=1)
    red, green, _ = mean_color(edited, (0.1, 0.05, 0.9, 0.35))
    assert red > green + 0.2
    assert not moved_pixels(photo, edited)[140:].any()


def test_removing_the_background_gives_real_alpha() -> None:
    edited = apply(product(), (Background(),), seed=1)
    alpha = np.asarray(edited.getchannel("A"))
    assert edited.mode == "RGBA"
    assert alpha[:40].max() == 0
    assert alpha[120:145, 110:145].min() == 255
    assert mean_color(edited, (0.45, 0.45, 0.55, 0.55)) == pytest.approx(
        mean_color(product(), (0.45, 0.45, 0.55, 0.55)), abs=0.02
    )


def test_a_transparent_picture_stays_transparent_when_its_colour_changes() -> None:
    cut = apply(product(), (Background(),), seed=1)
    edited = apply(cut, (Recolor(color="red"),), seed=1)
    assert edited.mode == "RGBA"
    assert edited.getchannel("A").tobytes() == cut.getchannel("A").tobytes()
    assert mean_color(edited, (0.42, 0.45, 0.5, 0.5))[0] > 0.5


def test_another_background_keeps_the_subject() -> None:
    edited = apply(product(), (Background(color="pink"),), seed=1)
    assert mean_color(edited, (0.05, 0.05, 0.3, 0.2)) == pytest.approx((0.97, 0.46, 0.65), abs=0.08)
    blue = mean_color(edited, (0.45, 0.45, 0.55, 0.55))
    assert blue[2] > blue[0] + 0.2


def test_a_removed_car_leaves_a_field() -> None:
    edited = apply(landscape(), (Remove(target="car"),), seed=1)
    red, green, _ = mean_color(edited, (0.38, 0.70, 0.64, 0.85))
    assert green > red
    around = mean_color(landscape(), (0.05, 0.7, 0.25, 0.85))
    assert mean_color(edited, (0.38, 0.70, 0.64, 0.85)) == pytest.approx(around, abs=0.06)


def test_a_removed_thing_leaves_the_rest_alone() -> None:
    assert not moved_pixels(landscape(), apply(landscape(), (Remove(target="car"),), seed=1))[:80].any()


def test_what_is_added_stands_beside_the_subject() -> None:
    changed = moved_pixels(landscape(), apply(landscape(), (Add(subject=LLAMA),), seed=1))
    assert changed.mean() > 0.02
    assert not changed[:, 125:205].any() or changed[:, 125:205].mean() < 0.05


def test_what_is_added_on_the_right_is_on_the_right() -> None:
    changed = moved_pixels(landscape(), apply(landscape(), (Add(subject=LLAMA, spot="right"),), seed=1))
    assert not changed[:, :160].any()


def test_a_hat_sits_on_the_head_and_glasses_before_the_eyes() -> None:
    photo = portrait()
    hat = np.nonzero(moved_pixels(photo, apply(photo, (Add(subject=HAT),), seed=1)))
    glasses = np.nonzero(moved_pixels(photo, apply(photo, (Add(subject=GLASSES),), seed=1)))
    assert 90 < hat[1].mean() < 166
    assert hat[0].mean() < 70
    assert 90 < glasses[1].mean() < 166
    assert 85 < glasses[0].mean() < 140


def test_a_blurred_background_keeps_the_subject_sharp() -> None:
    photo = landscape()
    edited = apply(photo, (Blur(part="background"),), seed=1)
    assert not moved_pixels(photo, edited)[155:162, 130:195].any()
    assert difference(edited, photo) > 3


def test_extending_keeps_the_original_pixels_in_the_middle() -> None:
    photo = landscape(300, 200)
    edited = apply(photo, (Extend(ratio=2.0),), seed=1)
    assert edited.size == (400, 200)
    assert edited.crop((50, 0, 350, 200)).tobytes() == photo.tobytes()


def test_extension_goes_on_as_the_picture_ends() -> None:
    edited = apply(landscape(300, 200), (Extend(ratio=2.0),), seed=1)
    sky, field = mean_color(edited, (0, 0.05, 0.1, 0.3)), mean_color(edited, (0.9, 0.75, 1, 0.95))
    assert sky[2] > sky[0] + 0.15
    assert field[1] > field[0] + 0.08


def test_the_subject_does_not_appear_twice_in_an_extension() -> None:
    photo = landscape(300, 200)
    values = floats(apply(photo, (Extend(ratio=3.2),), seed=1))
    red = values[..., 0] > values[..., 1] + 0.25
    assert red[:, 170:470].sum() > 1000
    assert red[:, :170].sum() + red[:, 470:].sum() < 20


def test_a_crop_goes_to_the_subject() -> None:
    values = floats(apply(landscape(), (Crop(keep=0.6),), seed=1))
    before = floats(landscape())
    share = float((values[..., 0] > values[..., 1] + 0.25).mean())
    assert share > 2 * float((before[..., 0] > before[..., 1] + 0.25).mean())


def test_mirrors_and_quarter_turns_are_exact() -> None:
    photo = landscape(60, 40)
    assert apply(photo, (Flip(), Flip()), seed=1).tobytes() == photo.tobytes()
    assert apply(photo, (Rotate(degrees=90),), seed=1).size == (40, 60)
    assert apply(photo, (Rotate(degrees=90), Rotate(degrees=-90)), seed=1).tobytes() == photo.tobytes()


def test_a_tilted_picture_has_no_empty_corner() -> None:
    edited = apply(Image.new("RGB", (90, 60), (200, 100, 50)), (Rotate(degrees=17),), seed=1)
    assert edited.size == (90, 60)
    assert edited.getextrema() == ((200, 200), (100, 100), (50, 50))


def test_night_is_dark_and_blue_with_stars_in_the_sky() -> None:
    edited = apply(landscape(), (Time(time="night"),), seed=1)
    red, _, blue = mean_color(edited, (0, 0, 1, 1))
    assert blue > red
    assert floats(edited).mean() < 0.6 * floats(landscape()).mean()
    assert floats(edited)[:70].max() > 0.8


def test_winter_whitens_the_ground() -> None:
    red, green, blue = mean_color(apply(landscape(), (Season(season="winter"),), seed=1), (0.02, 0.8, 0.28, 0.98))
    assert min(red, green, blue) > 0.6


def test_rain_is_gray_and_streaked() -> None:
    edited = apply(landscape(), (Weather(weather="rain"),), seed=1)
    red, green, blue = mean_color(edited, (0, 0, 1, 0.4))
    assert max(red, green, blue) - min(red, green, blue) < 0.12
    gray = apply(landscape(), (Weather(weather="overcast"),), seed=1)
    assert np.abs(np.diff(floats(edited)[:70], axis=1)).mean() > 1.1 * np.abs(np.diff(floats(gray)[:70], axis=1)).mean()


def test_autumn_turns_green_to_gold() -> None:
    red, green, _ = mean_color(apply(landscape(), (Season(season="autumn"),), seed=1), (0.02, 0.7, 0.28, 0.98))
    assert red > green


def brightness(image: Image.Image) -> float:
    return float(floats(image).mean())


def colorfulness(image: Image.Image) -> float:
    return float(np.ptp(floats(image), axis=-1).mean())


def warmth(image: Image.Image) -> float:
    return float((floats(image)[..., 0] - floats(image)[..., 2]).mean())


@pytest.mark.parametrize(
    ("quality", "measure"), [("brightness", brightness), ("saturation", colorfulness), ("warmth", warmth)]
)
def test_levels_go_up_and_down(quality: Quality, measure: Callable[[Image.Image], float]) -> None:
    more = apply(landscape(), (Level(quality=quality, factor=1.4),), seed=1)
    less = apply(landscape(), (Level(quality=quality, factor=1 / 1.4),), seed=1)
    assert measure(more) > measure(landscape()) > measure(less)


def test_a_given_mask_holds_the_edit_inside_it() -> None:
    photo = landscape()
    white = Image.new("L", photo.size)
    white.paste(255, (0, 0, 100, photo.height))
    for op in (
        Recolor(color="red"),
        Time(time="night"),
        Style(style="pencil"),
        Add(subject=LLAMA),
        Remove(target="hill"),
    ):
        changed = moved_pixels(photo, apply(photo, (op,), seed=1, mask=white))
        assert changed[:, :90].any()
        assert not changed[:, 130:].any()


def test_a_second_picture_is_composited_where_asked_and_framed_otherwise() -> None:
    base, other = landscape(), product(128)
    together = apply(base, (Combine(),), seed=1, insets=(other,))
    framed = apply(base, (Level(quality="contrast", factor=1.01),), seed=1, insets=(other,))
    for image in (together, framed):
        values = floats(image)
        assert ((values[..., 2] > values[..., 0] + 0.3) & (values[..., 2] > 0.3))[100:].sum() > 100
    assert not moved_pixels(base, framed)[:, 200:].any()


def test_lettering_in_a_picture_without_scene_is_not_guessed_at() -> None:
    work = carry_out(landscape(), (Text(texts=()),), seed=1)
    assert work.notes == ["lettering in a picture without a scene cannot be told from the rest"]


def test_a_smooth_fill_goes_through_what_is_known() -> None:
    values = np.linspace(0, 1, 32, dtype=np.float32)[None, :, None].repeat(32, 0).repeat(3, 2)
    known = np.ones((32, 32), np.float32)
    known[8:24, 8:24] = 0
    filled = raster_fill.smooth_fill(values, known)
    assert np.abs(filled - values)[known > 0].max() < 1e-5
    assert np.abs(filled - values).max() < 0.25
