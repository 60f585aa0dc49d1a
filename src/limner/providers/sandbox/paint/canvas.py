"""The surface a scene is painted on, its light, and the few operations every layer uses.

Colors are float32 arrays of three, 0 to 1; positions are pixels unless a name ends in `_part` (0 to 1 of the side).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The light of one scene: sky colors from zenith to horizon, the sun or moon, and what it does to things.

    `tint` multiplies the colors of everything lit by the sky; `haze` is what distance fades to.
    """

    zenith: Floats
    middle: Floats
    haze: Floats
    sun: Floats
    tint: Floats
    sun_x_part: float
    sun_y_part: float
    is_night: bool
    is_sunny: bool

    @property
    def from_left(self) -> bool:
        """Whether the light comes from the left."""
        return self.sun_x_part < 0.5


def layer_rng(seed: int, layer: str, n: int) -> np.random.Generator:
    """The random stream of one layer; streams of other layers and numbers are independent of it."""
    return np.random.default_rng([seed, zlib.crc32(layer.encode()), n])


def fbm(
    width: int, height: int, rng: np.random.Generator, *, cells: float, octaves: int, squash: float = 1.0
) -> Floats:
    """Cloud-like noise [height, width] around 0.5; `cells` across the width, `squash` times as many down.

    Small sizes of the noise are made by the pixel, larger ones are resampled smoothly.
    """
    total = np.zeros((height, width), np.float32)
    weight = 0.5
    for octave in range(octaves):
        across = cells * 2**octave
        columns, rows = round(across) + 2, max(2, round(across * squash * height / max(1, width))) + 2
        if columns > width or rows > height:
            total += np.float32(weight * 0.5)
        else:
            total += np.float32(weight) * pixels.resized(rng.random((rows, columns), dtype=np.float32), width, height)
        weight *= 0.5
    return total / np.float32(1 - 0.5**octaves)


def profile(width: int, rng: np.random.Generator, *, cells: float, octaves: int, roughness: float = 0.5) -> Floats:
    """A random line of `width` values around 0, about -1 to 1: hills, shores, ridges."""
    total = np.zeros(width, np.float32)
    weight, weights = 1.0, 0.0
    for octave in range(octaves):
        count = round(cells * 2**octave) + 3
        at = np.linspace(0, count - 1.001, width)
        left = at.astype(int)
        t = at - left
        smooth = t * t * (3 - 2 * t)
        values = rng.random(count + 1) * 2 - 1
        total += (weight * (values[left] * (1 - smooth) + values[left + 1] * smooth)).astype(np.float32)
        weights += weight
        weight *= roughness
    return total / np.float32(weights)


def smoothed(line: Floats, reach: int) -> Floats:
    """A line averaged over `reach` neighbors to either side."""
    reach = max(1, reach)
    padded = np.pad(line, reach, mode="edge")
    return np.convolve(padded, np.ones(2 * reach + 1) / (2 * reach + 1), "valid").astype(np.float32)


@dataclass(slots=True)
class Canvas:
    """A picture being painted: `rgb` is [height, width, 3]; `mask` marks the subjects, [height, width]."""

    width: int
    height: int
    seed: int
    light: Light
    horizon_part: float = 0.58
    rgb: Floats = field(init=False)
    mask: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.rgb = np.zeros((self.height, self.width, 3), np.float32)
        self.mask = np.zeros((self.height, self.width), np.float32)

    @property
    def unit(self) -> float:
        """The length that sizes follow: the shorter side, a little more where the picture is very long."""
        short, long = sorted((self.width, self.height))
        return float(short * min(2.0, long / short) ** 0.35)

    @property
    def sprite_px(self) -> int:
        """How large plants are made once before they are resized many times."""
        return int(min(220.0, max(56.0, self.unit * 0.42)))

    @property
    def horizon(self) -> int:
        """The row of the horizon."""
        return round(self.horizon_part * self.height)

    def rng(self, layer: str, n: int = 0) -> np.random.Generator:
        """The random stream of a layer of this picture."""
        return layer_rng(self.seed, layer, n)

    def columns(self) -> Floats:
        """Pixel centers across, [1, width]."""
        return np.arange(self.width, dtype=np.float32)[None, :] + 0.5

    def rows(self, top: int, bottom: int) -> Floats:
        """Pixel centers of some rows, [rows, 1]."""
        return np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5

    def lit(self, color: Floats, haze: float = 0.0) -> Floats:
        """A color in this scene's light, faded by distance."""
        return np.clip(color * self.light.tint * (1 - haze) + self.light.haze * haze, 0, 1)

    def blend(self, top: int, color: Floats, amount: Floats) -> None:
        """Paint `color` by `amount` [rows, width] onto the rows from `top` on."""
        bottom = top + amount.shape[0]
        self.rgb[top:bottom] += (color - self.rgb[top:bottom]) * amount[..., None]

    def screen(self, top: int, light: Floats) -> None:
        """Add light [rows, width, 3] to the rows from `top` on without burning out."""
        bottom = top + light.shape[0]
        rows = self.rgb[top:bottom]
        self.rgb[top:bottom] = 1 - (1 - np.minimum(rows, 1)) * (1 - np.clip(light, 0, 1))

    def stamp(self, sprite: Image.Image, left: int, top: int, *, tint: Floats | None = None, haze: float = 0.0) -> None:
        """Lay an RGBA sprite down; what lies outside is cut. `tint` multiplies, `haze` fades to the distance."""
        box = self.inside(left, top, sprite.width, sprite.height)
        if box is None:
            return
        x0, y0, x1, y1 = box
        data = np.asarray(sprite.crop((x0 - left, y0 - top, x1 - left, y1 - top)), np.float32) / np.float32(255)
        color = data[..., :3] if tint is None else data[..., :3] * tint
        if haze:
            color = color * (1 - haze) + self.light.haze * haze
        region = self.rgb[y0:y1, x0:x1]
        region += (color - region) * data[..., 3:]

    def inside(self, left: int, top: int, width: int, height: int) -> tuple[int, int, int, int] | None:
        """The part of a rectangle within the picture, or None."""
        x0, y0, x1, y1 = max(0, left), max(0, top), min(self.width, left + width), min(self.height, top + height)
        return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None

    def image(self) -> Image.Image:
        """The picture so far."""
        return pixels.to_image(self.rgb)


def ink(color: Floats, alpha: int = 255) -> tuple[int, int, int, int]:
    """A color for Pillow's drawing, as four bytes."""
    red, green, blue = (int(value * 255 + 0.5) for value in np.clip(color, 0, 1))
    return red, green, blue, alpha


def gradient(height: int, width: int, top: Floats, bottom: Floats) -> Floats:
    """A vertical run of color [height, width, 3]."""
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.broadcast_to(top + (bottom - top) * t, (height, width, 3)).copy()


def clay(sprite: Image.Image, *, from_left: bool = True, gloss: float = 0.5) -> Image.Image:
    """A flat icon made solid: rounded edges, a lit and a shaded side, a soft highlight; the same size and alpha."""
    side = max(sprite.size)
    alpha = sprite.getchannel("A")
    data = np.asarray(sprite, np.float32) / np.float32(255)
    rgb, cover = data[..., :3], data[..., 3]
    luma = pixels.gray(rgb)
    height = (
        0.52 * _soft(cover, side * 0.06) + 0.30 * _soft(cover, side * 0.022) + 0.09 * _soft(cover * luma, side * 0.012)
    )
    down, right = np.gradient(height)
    steep = np.sqrt(right * right + down * down + (1.1 / side) ** 2)
    toward = 0.55 if from_left else -0.55
    facing = _soft(np.clip((toward * right + 0.78 * down) / steep * 0.5 + 0.5, 0, 1), side * 0.014)
    fall = np.linspace(1.05, 0.90, sprite.height, dtype=np.float32)[:, None, None]
    shade = 0.62 + 0.68 * facing
    cool = np.array([0.96, 0.98, 1.06], np.float32)
    shadow = np.clip(0.5 - facing, 0, 0.5)[..., None]
    lit = rgb * shade[..., None] * fall * (1 + (cool - 1) * shadow * 2)
    lit = lit + (np.clip(facing - 0.84, 0, 1) * 1.5 * gloss)[..., None]
    result = pixels.to_image(lit)
    result.putalpha(alpha)
    return result


def _soft(plane: Floats, radius_px: float) -> Floats:
    """A blurred plane; wide radii are worked small."""
    width, height = plane.shape[1], plane.shape[0]
    if radius_px > 8:
        small = pixels.to_mask(plane).reduce(4).filter(ImageFilter.GaussianBlur(radius_px / 4))
        return pixels.resized(np.asarray(small, np.float32) / np.float32(255), width, height)
    blurred = pixels.to_mask(plane).filter(ImageFilter.GaussianBlur(radius_px))
    return np.asarray(blurred, np.float32) / np.float32(255)
