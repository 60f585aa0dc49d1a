"""Real transparency from pictures that have none: a key colour removed, or the exact way from two backgrounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Plane = NDArray[Any]
"""Values from 0 to 1, in 32 bits."""

NEAR, FAR = 0.10, 0.32
"""Distance from the key colour (RGB, 0 to sqrt 3) below which a pixel is background, and above which it is not."""

MIN_BORDER_SHARE = 0.6
"""So much of the border must have one colour for the background to count as a plain one."""

BORDER_TOLERANCE = 0.2

_EDGE_SHARE = 256
"""The edge of a subject is looked for within one part in so many of the longer side."""
_MIN_WEIGHT = 0.02
_MIX_REACH = 0.1
_VIVID = 0.35
"""A key of at least so much colour (largest less smallest channel) is no colour of a shadow or of something gray."""
_SHADOW_REACH = 0.1
_DARKEST_SHADOW = 0.35
"""What lets less of the ground's light through is something black, no shadow."""
_FIT_PX = 160
_FIRST_REACH = 0.35
_ROUNDS = 6
_MIN_FITTED = 0.05
"""So much of the picture must look like background for a surface to be fitted to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutout:
    """A picture with alpha, and how it came about.

    `transparent` and `partial` are the shares of pixels that are clear and half clear. `problem` says why the result
    should be looked at, if it should.
    """

    image: Image.Image
    transparent: float
    partial: float
    problem: str | None = None


def remove_key(picture: Image.Image) -> Cutout:
    """Make the plain background of `picture` transparent and take its colour out of the edges.

    The key colour is the most common one along the border, whatever was asked for; where it changes slowly over the
    picture, a surface follows it. A pixel's colour is taken for a mix of what is there and the key, and the key's part
    is taken out, so no fringe remains.
    """
    rgb = _floats(picture)
    key, border_share = _border_color(rgb)
    ground = _ground(picture, key)
    distance = np.sqrt(((rgb - ground) ** 2).sum(axis=2))
    rough = _without_islands(np.clip((distance - NEAR) / (FAR - NEAR), 0, 1))
    alpha, known, subject = _mixed(rgb, ground, rough)
    unmixed = np.clip((rgb - (1 - alpha[..., None]) * ground) / np.maximum(alpha[..., None], 0.05), 0, 1)
    color = np.where(known[..., None], subject, _despilled(unmixed, key, alpha))
    if key.max() - key.min() >= _VIVID:
        color, alpha = _with_shadow(rgb, ground, color, alpha)
    problem = None
    if border_share < MIN_BORDER_SHARE:
        problem = f"the background is no plain colour: only {border_share:.0%} of the border has one"
    return _cutout(color, alpha, problem)


def from_two_grounds(on_white: Image.Image, on_black: Image.Image) -> Cutout:
    """The exact alpha from the same picture before white and before black (Smith and Blinn, 1996).

    What differs by the full distance between the grounds is clear; what does not differ is solid.
    """
    size = on_white.size
    white, black = _floats(on_white), _floats(on_black.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    alpha = np.clip(1 - (white - black).mean(axis=2), 0, 1)
    color = np.clip(black / np.maximum(alpha[..., None], 1e-3), 0, 1)
    broken = float(((white - black).mean(axis=2) < -0.08).mean())
    problem = (
        f"{broken:.0%} of the picture is darker before white than before black: it was drawn anew"
        if broken > 0.02
        else None
    )
    return _cutout(color, alpha, problem)


def _cutout(color: Plane, alpha: Plane, problem: str | None) -> Cutout:
    transparent, partial = float((alpha < 0.02).mean()), float(((alpha >= 0.02) & (alpha <= 0.98)).mean())
    if problem is None and transparent < 0.01:
        problem = "nothing of it is transparent"
    elif problem is None and transparent > 0.99:
        problem = "all of it is transparent"
    values = np.dstack([color * 255, alpha * 255]).round().astype(np.uint8)
    return Cutout(image=Image.fromarray(values, "RGBA"), transparent=transparent, partial=partial, problem=problem)


def _floats(picture: Image.Image) -> Plane:
    return np.asarray(picture.convert("RGB"), dtype=np.float32) / np.float32(255)


def _ground(picture: Image.Image, key: Plane) -> Plane:
    """The background at every pixel: a quadratic surface through what looks like it, found in a few rounds."""
    small = picture.convert("RGB")
    small.thumbnail((_FIT_PX, _FIT_PX))
    values = _floats(small).reshape(-1, 3)
    terms = _terms(*small.size)
    surface = np.broadcast_to(key, values.shape)
    reach = _FIRST_REACH
    for _ in range(_ROUNDS):
        near = np.sqrt(((values - surface) ** 2).sum(axis=1)) < reach
        if near.sum() < _MIN_FITTED * len(values):
            return np.broadcast_to(key, (picture.height, picture.width, 3))
        factors = np.linalg.lstsq(terms[near], values[near], rcond=None)[0]
        surface, reach = terms @ factors, max(reach * 0.75, NEAR)
    width, height = picture.size
    full: Plane = (_terms(width, height) @ factors).reshape(height, width, 3)
    return np.clip(full, 0, 1)


def _terms(width: int, height: int) -> Plane:
    """1, x, y, x², y² and xy at every pixel, with x and y from -1 to 1."""
    y, x = np.meshgrid(
        np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32), indexing="ij"
    )
    a, b = x.ravel(), y.ravel()
    return np.stack([np.ones_like(a), a, b, a * a, b * b, a * b], axis=1)


def _border_color(rgb: Plane) -> tuple[Plane, float]:
    """The most common colour along the border, and how much of the border has it."""
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    steps = (border * 15).round().astype(np.int64)
    codes = steps[:, 0] * 256 + steps[:, 1] * 16 + steps[:, 2]
    common = np.bincount(codes).argmax()
    key = np.median(border[codes == common], axis=0)
    near = np.sqrt(((border - key) ** 2).sum(axis=1)) < BORDER_TOLERANCE
    return np.median(border[near], axis=0), float(near.mean())


def _without_islands(alpha: Plane) -> Plane:
    """Single pixels are noise of the compression: each takes the middle value of its neighbours where it stands out."""
    image = Image.fromarray((alpha * 255).astype(np.uint8), "L")
    middle = np.asarray(image.filter(ImageFilter.MedianFilter(3)), dtype=np.float32) / 255
    return np.where(np.abs(alpha - middle) > 0.6, middle, alpha)


def _mixed(rgb: Plane, ground: Plane, rough: Plane) -> tuple[Plane, Plane, Plane]:
    """Alpha at the edges of the subject, where that is possible, and the subject's own colour there.

    Inside the subject its colours are known; a little further out they are about the same. How far a pixel lies on the
    way from the ground to that colour is its alpha, exactly so for a mix of the two. One that lies beside that way has
    a colour of its own, such as an outline, and keeps its rough alpha.
    """
    height, width = rough.shape
    reach = max(3, round(max(width, height) / _EDGE_SHARE))
    solid = Image.fromarray(((rough >= 1) * 255).astype(np.uint8), "L")
    inner = np.asarray(solid.filter(ImageFilter.MinFilter(4 * reach + 1)), dtype=np.float32) / 255
    weight = _blurred(inner, 4 * reach)
    subject = np.dstack([_blurred(rgb[..., channel] * inner, 4 * reach) for channel in range(3)])
    subject = subject / np.maximum(weight[..., None], 1e-4)
    way = subject - ground
    along = ((rgb - ground) * way).sum(axis=2) / np.maximum((way * way).sum(axis=2), 1e-4)
    beside = np.sqrt((((rgb - ground) - along[..., None] * way) ** 2).sum(axis=2))
    at_edge = (inner == 0) & (weight > _MIN_WEIGHT) & (rough > 0) & (beside < _MIX_REACH)
    return np.where(at_edge, np.clip(along, 0, 1), rough), at_edge & (along < 1), subject


def _blurred(plane: Plane, radius: int) -> Plane:
    """The mean over a square, by running sums: Pillow blurs no floats."""
    values = plane.astype(np.float64)
    for axis in (0, 1):
        padded = np.pad(values, [(radius + 1, radius) if each == axis else (0, 0) for each in (0, 1)])
        sums = np.cumsum(padded, axis=axis)
        size = values.shape[axis]
        upper = np.take(sums, np.arange(2 * radius + 1, 2 * radius + 1 + size), axis=axis)
        values = (upper - np.take(sums, np.arange(size), axis=axis)) / (2 * radius + 1)
    return values.astype(np.float32)


def _with_shadow(rgb: Plane, ground: Plane, color: Plane, alpha: Plane) -> tuple[Plane, Plane]:
    """Where a pixel is the ground itself, only darker, it is a shadow: black that lets the ground through."""
    light = np.clip((rgb * ground).sum(axis=2) / np.maximum((ground * ground).sum(axis=2), 1e-3), 0, 1)
    beside = np.sqrt(((rgb - light[..., None] * ground) ** 2).sum(axis=2))
    is_shadow = ((beside < _SHADOW_REACH) & (light > _DARKEST_SHADOW) & (light < 1))[..., None]
    return np.where(is_shadow, 0, color), np.where(is_shadow[..., 0], np.minimum(1 - light, alpha), alpha)


def _despilled(color: Plane, key: Plane, alpha: Plane) -> Plane:
    """The key's strongest channel brought down to the others in half clear pixels: light of the key that fell there."""
    strong = int(key.argmax())
    others = [channel for channel in range(3) if channel != strong]
    if key[strong] - max(key[others[0]], key[others[1]]) < 0.3:
        return color
    limit = np.maximum(color[..., others[0]], color[..., others[1]])
    spilled = np.minimum(color[..., strong], limit)
    edge = alpha < 0.98
    result = color.copy()
    result[..., strong] = color[..., strong] * (1 - edge) + spilled * edge
    return result
