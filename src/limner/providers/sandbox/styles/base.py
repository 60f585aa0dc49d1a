"""What every style is given, and the brushes several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """One picture before one style.

    `unit_px` is 1.0 at 1024 x 1024 and scales every brush; `colors` are RGB bytes asked for by name;
    `subject` is the subject's mask as a plane 0 to 1, where one is known.
    """

    image: Image.Image
    rng: np.random.Generator
    unit_px: float
    colors: tuple[pixels.Rgb, ...] = ()
    subject: Floats | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size

    @property
    def values(self) -> Floats:
        """The picture as floats [height, width, 3]."""
        return pixels.to_floats(self.image)

    @property
    def luma(self) -> Floats:
        """The picture's luminance [height, width]."""
        return pixels.gray(self.values)


Style: TypeAlias = Callable[[Sitting], Image.Image]


def flat_patches(image: Image.Image, radius: int, *, scale: float = 0.5) -> Floats:
    """The picture in patches with kept edges (a soft Kuwahara filter), worked at `scale` of its size.

    `radius` is in pixels of the working size of a 1024 px picture; smaller pictures get smaller patches.
    """
    width, height = image.size
    radius = max(1, round(radius * min(1.5, pixels.unit_px(image))))
    small = image.convert("RGB").resize(
        (max(8, round(width * scale)), max(8, round(height * scale))), Image.Resampling.BOX
    )
    values = pixels.to_floats(small)
    luma = pixels.gray(values)
    stack = np.dstack([values, luma * luma])
    means = pixels.box_mean(stack, radius)
    spread = np.sqrt(np.maximum(means[..., 3] - pixels.gray(means[..., :3]) ** 2, 0))
    total = np.zeros_like(values)
    weights = np.zeros_like(luma)
    for dy in (-radius, radius):
        for dx in (-radius, radius):
            weight = 1 / (0.004 + _shifted(spread, dx, dy)) ** 4
            total += _shifted(means[..., :3], dx, dy) * weight[..., None]
            weights += weight
    patches = pixels.to_image(total / weights[..., None])
    return pixels.to_floats(patches.resize((width, height), Image.Resampling.BICUBIC))


def _shifted(values: Floats, dx: int, dy: int) -> Floats:
    height, width = values.shape[:2]
    rows = np.clip(np.arange(height) + dy, 0, height - 1)
    columns = np.clip(np.arange(width) + dx, 0, width - 1)
    return values[rows][:, columns]


def pencil_strokes(
    size: tuple[int, int], rng: np.random.Generator, *, angle_deg: float, length_px: float, thickness_px: float
) -> Floats:
    """A sheet of parallel strokes [height, width], 0 paper to 1 lead: noise stretched along one direction."""
    width, height = size
    side = int((width * width + height * height) ** 0.5) + 4
    rows = max(4, round(side / max(1.0, thickness_px)))
    columns = max(3, round(side / length_px))
    noise = rng.random((rows, columns), dtype=np.float32)
    sheet = Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC)
    turned = sheet.rotate(angle_deg, resample=Image.Resampling.BILINEAR)
    left, top = (side - width) // 2, (side - height) // 2
    plane = np.asarray(turned.crop((left, top, left + width, top + height)), np.float32)
    return pixels.smoothstep(0.3, 0.75, plane)


def paper_tooth(size: tuple[int, int], rng: np.random.Generator, unit_px: float) -> Floats:
    """The grain of drawing paper [height, width] around 0.5."""
    width, height = size
    fine = pixels.cloud_noise(width, height, rng, cells=max(width, height) / (2.6 * max(0.4, unit_px)), octaves=1)
    coarse = pixels.cloud_noise(width, height, rng, cells=90, octaves=2)
    return fine * np.float32(0.7) + coarse * np.float32(0.3)


def warped(values: Floats, rng: np.random.Generator, *, reach_px: float, cells: float) -> Floats:
    """The picture with its outlines made to wander by up to `reach_px`, as a hand does."""
    height, width = values.shape[:2]
    dx = (pixels.cloud_noise(width, height, rng, cells=cells, octaves=3) - 0.5) * (4 * reach_px)
    dy = (pixels.cloud_noise(width, height, rng, cells=cells, octaves=3) - 0.5) * (4 * reach_px)
    rows = np.clip(np.arange(height)[:, None] + dy, 0, height - 1).astype(np.intp)
    columns = np.clip(np.arange(width)[None, :] + dx, 0, width - 1).astype(np.intp)
    return values[rows, columns]
