"""A logo printed on a card: the card lies on a ground of stone, wood or paper, in soft light from the left."""

from __future__ import annotations

import re

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from limner.providers.sandbox.edit.ops import Ground
from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats, Rgb

_CARD = re.compile(r"\b(?:business|visiting|calling|name|gift|loyalty) ?cards?\b")
_PRINTED = re.compile(r"\b(?:logo|emblem|artwork|design)\b")
_GROUNDS: tuple[tuple[Ground, str], ...] = (
    ("wood", r"\b(?:wood(?:en)?|oak|walnut|table|desk)\b"),
    ("dark", r"\b(?:slate|black|dark|charcoal)\b"),
    ("stone", r"\b(?:stone|marble|concrete|granite|travertine|terrazzo)\b"),
)
_COLORS: dict[Ground, str] = {"stone": "ddd7cc", "wood": "b58a5f", "dark": "3a3d43", "paper": "e6e4df"}

_CARD_RATIO = 85 / 55
"""Width to height of a card. Source: ISO/IEC 7810, ID-1, rounded as printers do."""

_CARD_PART = 0.62
_TILT_DEGREES = 6
_FINER = 2
_SAME_COLOR = 26


def asked_ground(text: str) -> Ground | None:
    """The ground of the mock-up that a lower-case instruction asks for; `None` if it asks for none."""
    if _CARD.search(text) is None or _PRINTED.search(text) is None:
        return None
    return next((name for name, pattern in _GROUNDS if re.search(pattern, text)), "paper")


def on_card(picture: Image.Image, size: tuple[int, int], ground: Ground, rng: np.random.Generator) -> Image.Image:
    """The picture printed on a card, RGB, of exactly `size`."""
    width, height = size
    card_width = max(16, round(min(width * _CARD_PART, height * _CARD_PART * 1.1 * _CARD_RATIO)))
    card = _card(picture.convert("RGB"), card_width * _FINER)
    cover = Image.new("L", card.size)
    ImageDraw.Draw(cover).rounded_rectangle((0, 0, card.width - 1, card.height - 1), card.width * 0.012, fill=255)
    card.putalpha(cover)
    turned = card.rotate(_TILT_DEGREES, Image.Resampling.BICUBIC, expand=True).reduce(_FINER)
    page = _ground(width, height, ground, rng)
    at = ((width - turned.width) // 2, (height - turned.height) // 2)
    page = _shaded(page, turned.getchannel("A"), at, card_width)
    page.paste(turned, at, turned)
    return pixels.to_image(pixels.vignette(_lit(pixels.to_floats(page)), 0.10))


def _card(picture: Image.Image, width: int) -> Image.Image:
    """The card's face: what stands on the picture's ground in the middle of it; a picture without one fills it."""
    height = round(width / _CARD_RATIO)
    ground = _ground_color(picture)
    box = _printed_box(picture, ground)
    if box is None:
        factor = max(width / picture.width, height / picture.height)
        large = picture.resize(
            (round(picture.width * factor), round(picture.height * factor)), Image.Resampling.LANCZOS
        )
        left, top = (large.width - width) // 2, (large.height - height) // 2
        return large.crop((left, top, left + width, top + height))
    print_ = picture.crop(box)
    factor = min(0.72 * width / print_.width, 0.74 * height / print_.height)
    print_ = print_.resize(
        (max(1, round(print_.width * factor)), max(1, round(print_.height * factor))), Image.Resampling.LANCZOS
    )
    face = Image.new("RGB", (width, height), ground)
    face.paste(print_, ((width - print_.width) // 2, (height - print_.height) // 2))
    return face


def _ground_color(picture: Image.Image) -> Rgb:
    """The middle color of the picture's edge."""
    values = np.asarray(picture)
    edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    red, green, blue = np.median(edge, axis=0).astype(int).tolist()
    return red, green, blue


def _printed_box(picture: Image.Image, ground: Rgb) -> tuple[int, int, int, int] | None:
    """Where something stands on the plain ground; `None` where there is no plain ground or nothing on it."""
    gap = ImageChops.difference(picture, Image.new("RGB", picture.size, ground))
    far = gap.convert("L").point(lambda value: 255 if value > _SAME_COLOR else 0).filter(ImageFilter.MedianFilter(3))
    box = far.getbbox()
    if box is None or (box[2] - box[0]) * (box[3] - box[1]) > 0.96 * picture.width * picture.height:
        return None
    return box


def _ground(width: int, height: int, ground: Ground, rng: np.random.Generator) -> Image.Image:
    color = pixels.rgb(_COLORS[ground])
    clouds = pixels.cloud_noise(width, height, rng, cells=5)
    if ground == "wood":
        rows = rng.random((max(2, height // 3), 4), dtype=np.float32)
        clouds = 0.35 * clouds + 0.65 * pixels.resized(rows, width, height)
    specks = rng.random((height, width), dtype=np.float32)
    grain = 0.93 + 0.11 * clouds + 0.035 * (specks - 0.5)
    return pixels.to_image(color * grain[..., None])


def _shaded(page: Image.Image, card: Image.Image, at: tuple[int, int], card_width: int) -> Image.Image:
    """The ground with the card's shadow: a close one at its edge, and a wide one away from the light."""
    for shift, radius, strength in ((0.006, 0.006, 120), (0.026, 0.030, 95)):
        shade = Image.new("L", page.size)
        moved = (at[0] + round(card_width * shift), at[1] + round(card_width * shift * 0.8))
        shade.paste(strength, moved, card)
        page.paste((18, 16, 14), (0, 0), shade.filter(ImageFilter.GaussianBlur(max(1.0, card_width * radius))))
    return page


def _lit(values: Floats) -> Floats:
    """Light that falls in from a window on the left."""
    height, width = values.shape[:2]
    fall = (
        np.linspace(1.05, 0.86, width, dtype=np.float32)[None, :]
        + np.linspace(0.01, -0.03, height, dtype=np.float32)[:, None]
    )
    lit: Floats = values * fall[..., None]
    return lit
