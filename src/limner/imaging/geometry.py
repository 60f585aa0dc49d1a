"""Whether a picture still shows the same frame as before, or was moved, cropped or zoomed.

Phase correlation finds the shift between two pictures from what their Fourier phases have in common (Kuglin and Hines,
1975); it is tried at several scales, and a finding counts only if the pictures agree better with it than without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[Any]

WORK_PX = 256
"""Side of the square that both pictures are looked at in. A quarter of a pixel there is one in a thousand."""

SCALES = (0.7, 0.75, 0.8, 0.85, 0.88, 0.91, 0.94, 0.97, 1.0, 1.03, 1.06, 1.1, 1.14, 1.18, 1.25, 1.33, 1.43)
"""How much larger the same things may have become. Beyond that it is another picture, not a moved one."""

MIN_GAIN = 0.03
"""By how much the agreement (a correlation, -1 to 1) must grow for a move to be believed."""

MIN_AGREEMENT = 0.25
"""Below this correlation the pictures have too little in common to say anything."""

MOVED_SHARE = 0.003
"""A shift of so much of the width or height is a move: three pixels of a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """How the frame changed.

    `scale` above 1: things grew, so the edges were cropped. Shifts are shares of width and height, positive to the
    right and down. `agreement` is how well the pictures match then, -1 to 1; below `MIN_AGREEMENT` nothing can be said
    and `known` is false.
    """

    scale: float
    shift_x: float
    shift_y: float
    agreement: float

    @property
    def known(self) -> bool:
        """Whether the pictures have enough in common."""
        return self.agreement >= MIN_AGREEMENT

    @property
    def moved(self) -> bool:
        """Whether the frame is another one."""
        return self.known and (self.scale != 1.0 or max(abs(self.shift_x), abs(self.shift_y)) >= MOVED_SHARE)

    def words(self) -> str:
        """In a few words for a person."""
        if not self.known:
            return "too little in common to tell whether the frame moved"
        if not self.moved:
            return "the frame is as before"
        zoomed = "" if self.scale == 1.0 else f"zoomed to {self.scale:.0%}, "
        return f"the frame moved: {zoomed}shifted by {self.shift_x:+.1%} and {self.shift_y:+.1%}"


def compare_frames(before: Image.Image, after: Image.Image, changed: Image.Image | None = None) -> Geometry:
    """How the frame of `after` differs from that of `before`; where `changed` is white nothing is compared."""
    first, second = _plane(before), _plane(after)
    kept = np.ones_like(first)
    if changed is not None:
        mask = changed.resize((WORK_PX, WORK_PX), Image.Resampling.BILINEAR)
        kept = (np.asarray(mask, dtype=np.float32) < 16).astype(np.float32)
    if kept.sum() < WORK_PX * WORK_PX / 50 or _texture(first, kept) < 1e-3:
        return Geometry(scale=1.0, shift_x=0.0, shift_y=0.0, agreement=0.0)
    best = Geometry(scale=1.0, shift_x=0.0, shift_y=0.0, agreement=_agreement(first, second, kept))
    still = best.agreement
    for scale in SCALES:
        scaled = _scaled(second, 1 / scale)
        shift_y, shift_x = _shift(first * kept, scaled * kept)
        agreement = _agreement(first, _rolled(scaled, -shift_y, -shift_x), kept * _overlap(shift_y, shift_x, scale))
        if agreement > best.agreement and agreement > still + MIN_GAIN:
            best = Geometry(scale=scale, shift_x=shift_x / WORK_PX, shift_y=shift_y / WORK_PX, agreement=agreement)
    return best


def _plane(image: Image.Image) -> Plane:
    """Edges of the picture in a square: what moves when the frame moves, and not when the light changes."""
    gray = image.convert("L").resize((WORK_PX, WORK_PX), Image.Resampling.LANCZOS)
    values = np.asarray(gray, dtype=np.float32) / 255
    return _edges(values)


def _edges(values: Plane) -> Plane:
    down = np.diff(values, axis=0, append=values[-1:])
    right = np.diff(values, axis=1, append=values[:, -1:])
    return np.hypot(down, right).astype(np.float32)


def _scaled(plane: Plane, factor: float) -> Plane:
    """The plane made larger or smaller around its middle; beyond its edge it is empty."""
    if factor == 1.0:
        return plane
    side = round(WORK_PX * factor)
    image = Image.fromarray(plane, "F").resize((side, side), Image.Resampling.BILINEAR)
    canvas = Image.new("F", (WORK_PX, WORK_PX), 0.0)
    offset = (WORK_PX - side) // 2
    canvas.paste(image, (offset, offset))
    return np.asarray(canvas, dtype=np.float32)


def _shift(first: Plane, second: Plane) -> tuple[int, int]:
    """By how many rows and columns `second` lies further down and right than `first`."""
    window = np.outer(np.hanning(WORK_PX), np.hanning(WORK_PX))
    cross = np.fft.rfft2(second * window) * np.conj(np.fft.rfft2(first * window))
    surface = np.fft.irfft2(cross / (np.abs(cross) + 1e-9), s=(WORK_PX, WORK_PX))
    row, column = np.unravel_index(int(np.argmax(surface)), surface.shape)
    half = WORK_PX // 2
    return int((row + half) % WORK_PX - half), int((column + half) % WORK_PX - half)


def _rolled(plane: Plane, rows: int, columns: int) -> Plane:
    return np.roll(plane, (rows, columns), axis=(0, 1))


def _overlap(shift_y: int, shift_x: int, scale: float) -> Plane:
    """Where both planes have something after the move is taken back."""
    side = min(round(WORK_PX / scale), WORK_PX)
    margin = (WORK_PX - side) // 2
    inside = np.zeros((WORK_PX, WORK_PX), dtype=np.float32)
    inside[margin : margin + side, margin : margin + side] = 1
    moved = np.zeros_like(inside)
    rows = slice(max(-shift_y, 0), WORK_PX - max(shift_y, 0))
    columns = slice(max(-shift_x, 0), WORK_PX - max(shift_x, 0))
    moved[rows, columns] = _rolled(inside, -shift_y, -shift_x)[rows, columns]
    return moved


def _texture(plane: Plane, weight: Plane) -> float:
    mean = float((plane * weight).sum() / weight.sum())
    return float(np.sqrt((weight * (plane - mean) ** 2).sum() / weight.sum()))


def _agreement(first: Plane, second: Plane, weight: Plane) -> float:
    """The correlation of two planes where `weight` is 1; 0 where less than a fifth of them can be compared."""
    total = float(weight.sum())
    if total < WORK_PX * WORK_PX / 5 and total < 0.99 * WORK_PX * WORK_PX / 50:
        return 0.0
    a = first - float((first * weight).sum() / total)
    b = second - float((second * weight).sum() / total)
    norm = float(np.sqrt((weight * a * a).sum() * (weight * b * b).sum()))
    return float((weight * a * b).sum()) / norm if norm > 1e-9 else 0.0
