"""Colour and tone of a finished picture changed: one colour for another, brightness, contrast, warmth."""

from __future__ import annotations

import numpy as np

from limner.providers.sandbox.edit import mask
from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats


def recolored(values: Floats, where: Floats, color: pixels.Rgb, *, keep_neutral: bool = True) -> Floats:
    """Another colour on the masked part, its light and shade kept.

    With `keep_neutral`, pixels far from the part's dominant hue stay: panes and tyres of a car, eyes of an animal.
    """
    weight = where * _dominant_hue(values, where) if keep_neutral else where
    luma = pixels.gray(values)
    chosen = weight > 0.5
    if not chosen.any():
        weight, chosen = where, where > 0.5
    body = float(np.median(luma[chosen])) if chosen.any() else 0.5
    body = float(np.clip(body, 0.06, 0.9))
    target = pixels.unit_rgb(color)
    shade = np.clip(luma / body, 0, None)
    dark = target * np.minimum(shade, 1)[..., None] ** 0.85
    light = np.clip((luma - body) / max(0.05, 1 - body), 0, 1)[..., None]
    painted = np.where(shade[..., None] <= 1, dark, target + (1 - target) * light * 0.85)
    return pixels.mix(values, painted, weight)


def _dominant_hue(values: Floats, where: Floats) -> Floats:
    """1 near the hue most of the masked part has, 0 far from it; 1 everywhere if it has no clear hue."""
    place = mask.hue(values)
    strength = pixels.colorfulness(values)
    counts, _ = np.histogram(place, 36, (0, 1), weights=where * np.clip(strength, 0, 0.5))
    around = counts + np.roll(counts, 1) + np.roll(counts, -1)
    colored = float((where * (strength > 0.12)).sum()) / max(1.0, float(where.sum()))
    if colored < 0.35 or around.max() < 0.40 * max(1e-6, counts.sum()):
        return np.ones_like(where)
    peak = (int(around.argmax()) + 0.5) / 36
    gap = np.abs(place - peak)
    gap = np.minimum(gap, 1 - gap)
    near = pixels.smoothstep(0.13, 0.085, gap) * pixels.smoothstep(0.03, 0.09, strength)
    solid = np.clip(pixels.blur(near.astype(np.float32), 1.2), 0, 1)
    return np.asarray(np.maximum(near, pixels.smoothstep(0.35, 0.7, solid)).astype(np.float32))


def leveled(values: Floats, quality: str, factor: float) -> Floats:
    """One quality changed by a factor; brightness by a curve that keeps black and white."""
    if quality == "brightness":
        return np.asarray(np.clip(values, 0, 1) ** (1 / factor) * (factor**0.25))
    if quality == "contrast":
        return pixels.contrast(values, factor, float(np.clip(pixels.gray(values).mean(), 0.3, 0.65)))
    if quality == "saturation":
        return pixels.saturate(values, factor)
    warmth = np.array([factor**0.32, factor**0.06, factor**-0.42], np.float32)
    return values * warmth


def tinted(values: Floats) -> Floats:
    """A warm, slightly faded cast that changes every picture visibly."""
    warm = pixels.mix(values, np.broadcast_to(pixels.rgb("e8a860"), values.shape), 0.16)
    return pixels.vignette(pixels.contrast(warm, 0.94), 0.26)


def studio(size: tuple[int, int], color: Floats) -> Floats:
    """A plain wall in one colour, a little lighter in the middle."""
    x, y = pixels.grid(*size)
    glow = np.exp(-(((x - 0.5) / 0.6) ** 2 + ((y - 0.42) / 0.6) ** 2))
    return np.clip(color * (0.93 + 0.10 * glow)[..., None], 0, 1)
