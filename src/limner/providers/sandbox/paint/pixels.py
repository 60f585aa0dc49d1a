"""Arithmetic on pictures that styles, masks and raster edits share.

Pictures travel as Pillow images; inside they are float32 arrays, height x width (x 3), 0 black to 1 white.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Floats: TypeAlias = npt.NDArray[Any]
Rgb: TypeAlias = tuple[int, int, int]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def to_floats(image: Image.Image) -> Floats:
    """The RGB picture as float32 [height, width, 3], 0 to 1."""
    return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)


def to_image(values: Floats) -> Image.Image:
    """An RGB picture from [height, width, 3], or from [height, width] taken as gray; clipped to 0 to 1."""
    bytes_ = (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
    if bytes_.ndim == 2:
        bytes_ = np.repeat(bytes_[..., None], 3, axis=2)
    return Image.fromarray(bytes_)


def to_mask(values: Floats) -> Image.Image:
    """An L picture from [height, width], clipped to 0 to 1."""
    return Image.fromarray((np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8))


def from_mask(mask: Image.Image) -> Floats:
    """The L picture as float32 [height, width], 0 to 1."""
    return np.asarray(mask.convert("L"), np.float32) / np.float32(255)


def gray(values: Floats) -> Floats:
    """Luminance [height, width] of [height, width, 3]."""
    return values @ LUMA


def brightest(values: Floats) -> Floats:
    """The largest of the three channels [h, w]; several times faster than a reduction over so short an axis."""
    return np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2])


def colorfulness(values: Floats) -> Floats:
    """The largest channel less the smallest [h, w]: 0 for gray, 1 for pure colour."""
    darkest = np.minimum(np.minimum(values[..., 0], values[..., 1]), values[..., 2])
    return brightest(values) - darkest


def rgb(color: str) -> Floats:
    """Three floats from six hex digits."""
    return np.array([int(color[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / np.float32(255)


def unit_rgb(color: Rgb) -> Floats:
    """Three floats from three bytes."""
    return np.array(color, np.float32) / np.float32(255)


def unit_px(image: Image.Image) -> float:
    """How many pixels one "design pixel" is: 1.0 at 1024 x 1024."""
    return float((image.width * image.height) ** 0.5) / 1024


def resized(values: Floats, width: int, height: int) -> Floats:
    """A float32 plane [h, w] resampled smoothly to [height, width]."""
    plane = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(plane.resize((max(1, width), max(1, height)), Image.Resampling.BICUBIC), np.float32)


def blur(values: Floats, radius_px: float) -> Floats:
    """Gaussian blur of [h, w] or [h, w, 3]; wide radii are worked at a quarter of the size."""
    if radius_px <= 0.3:
        return values
    height, width = values.shape[:2]
    image = to_mask(values) if values.ndim == 2 else to_image(values)
    if radius_px > 12 and min(width, height) > 64:
        small = image.resize((max(8, width // 4), max(8, height // 4)), Image.Resampling.BOX)
        small = small.filter(ImageFilter.GaussianBlur(radius_px / 4))
        image = small.resize((width, height), Image.Resampling.BICUBIC)
    else:
        image = image.filter(ImageFilter.GaussianBlur(radius_px))
    return np.asarray(image, np.float32) / np.float32(255)


def smoothstep(low: float, high: float, values: Floats) -> Floats:
    """0 below `low`, 1 above `high`, an S between; falling where `low` is the larger."""
    span = high - low
    t = np.clip((values - low) / (span if abs(span) > 1e-6 else 1e-6), 0, 1)
    return t * t * (3 - 2 * t)


def mix(under: Floats, over: Floats, amount: Floats | float) -> Floats:
    """`under` towards `over` by `amount`: a number, or a plane [h, w] against pictures [h, w, 3]."""
    if isinstance(amount, np.ndarray) and amount.ndim == 2 and max(under.ndim, over.ndim) == 3:
        amount = amount[..., None]
    gap = np.asarray(over - under, np.float32)
    if gap.ndim < np.ndim(amount):
        return np.asarray(under + gap * amount)
    gap *= amount
    gap += under
    return gap


def screen(under: Floats, light: Floats) -> Floats:
    """Light added as on film: it brightens and never burns past white."""
    dark = np.clip(under, 0, 1)
    lit = 1 - dark
    lit *= np.clip(light, 0, 1)
    lit += dark
    return np.asarray(lit)


def saturate(values: Floats, factor: float) -> Floats:
    """Colour strength multiplied: 0 is gray, 1 leaves it."""
    luma = gray(values)[..., None]
    strong = values - luma
    strong *= factor
    strong += luma
    return strong


def contrast(values: Floats, factor: float, middle: float = 0.5) -> Floats:
    """Distance from `middle` multiplied."""
    return (values - middle) * factor + middle


def grid(width: int, height: int) -> tuple[Floats, Floats]:
    """X as [1, width] and y as [height, 1], both 0 to 1 at pixel centres; they broadcast."""
    x = (np.arange(width, dtype=np.float32) + 0.5) / width
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    return x[None, :], y[:, None]


def vignette(values: Floats, strength: float) -> Floats:
    """Corners darkened by `strength` (0 to 1)."""
    height, width = values.shape[:2]
    x, y = grid(width, height)
    far = np.clip(((2 * x - 1) ** 2 + (2 * y - 1) ** 2) / 2, 0, 1) ** 1.3
    fade = 1 - strength * far
    return np.asarray(values * (fade[..., None] if values.ndim == 3 else fade))


def cloud_noise(width: int, height: int, rng: np.random.Generator, *, cells: float, octaves: int = 4) -> Floats:
    """Soft noise [height, width] around 0.5, within 0 to 1; `cells` blobs fit across the longer side."""
    total = np.zeros((height, width), np.float32)
    weight, weights = 1.0, 0.0
    longer = max(width, height)
    for octave in range(octaves):
        across = cells * 2**octave
        columns = min(width, max(2, round(across * width / longer) + 1))
        rows = min(height, max(2, round(across * height / longer) + 1))
        total += np.float32(weight) * resized(rng.random((rows, columns), dtype=np.float32), width, height)
        weights += weight
        weight *= 0.5
    return np.asarray(np.clip(total / np.float32(weights), 0, 1))


def film_grain(values: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """Fine gray grain added, the same in all channels."""
    noise = rng.standard_normal(values.shape[:2], dtype=np.float32) * np.float32(strength)
    return np.asarray(values + (noise[..., None] if values.ndim == 3 else noise))


def slope(plane: Floats) -> tuple[Floats, Floats]:
    """Central differences (dx, dy) of [h, w], in units per pixel; zero at the frame."""
    dx, dy = np.zeros_like(plane), np.zeros_like(plane)
    dx[:, 1:-1] = (plane[:, 2:] - plane[:, :-2]) * np.float32(0.5)
    dy[1:-1] = (plane[2:] - plane[:-2]) * np.float32(0.5)
    return dx, dy


def edge_strength(plane: Floats) -> Floats:
    """Length of the slope of [h, w]."""
    dx, dy = slope(plane)
    return np.hypot(dx, dy)


def gradient_map(luma: Floats, colors: Sequence[Floats]) -> Floats:
    """Luminance read as a position along evenly spaced colours, dark to light; [h, w] to [h, w, 3]."""
    stops = np.linspace(0, 1, len(colors))
    ramp = np.stack([np.interp(np.linspace(0, 1, 256), stops, [c[i] for c in colors]) for i in range(3)], -1)
    return ramp.astype(np.float32)[(np.clip(luma, 0, 1) * 255).astype(np.uint8)]


def box_mean(values: Floats, radius: int) -> Floats:
    """Mean over a square of side 2 x radius + 1, of [h, w] or [h, w, c]; the frame is repeated outwards."""
    side = 2 * radius + 1
    for axis in (0, 1):
        pad = [(0, 0)] * values.ndim
        pad[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(values, pad, mode="edge"), axis=axis, dtype=np.float32)
        windows = sums[side:] - sums[:-side] if axis == 0 else sums[:, side:] - sums[:, :-side]
        values = windows * np.float32(1 / side)
    return values
