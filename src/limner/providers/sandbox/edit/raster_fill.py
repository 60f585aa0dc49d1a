"""Picture made where there is none: behind removed things and beyond the frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats

_SMOOTH_PX = 256
_SEARCH_PX = 80
_BLOCK = 10
_CONTEXT = 4
_LEVEL_PART = 0.16
_MOST_BEND = 0.12


def smooth_fill(values: Floats, known: Floats) -> Floats:
    """`values` [h, w, 3] where `known` [h, w] is 1, and a smooth membrane through them where it is 0."""
    height, width = known.shape
    if min(height, width) <= 2 or float(known.min()) > 0.99:
        weight = known[..., None]
        total = max(float(known.sum()), 1e-6)
        mean = (values * weight).sum((0, 1)) / total
        return np.asarray(values * weight + mean * (1 - weight))
    smaller_values, smaller_known = _halved(values, known)
    coarse = smooth_fill(smaller_values, smaller_known)
    rough = np.dstack([_stretched(coarse[..., i], width, height) for i in range(values.shape[2])])
    return np.asarray(rough + (values - rough) * known[..., None])


def _stretched(plane: Floats, width: int, height: int) -> Floats:
    source = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(source.resize((width, height), Image.Resampling.BILINEAR), np.float32)


def _halved(values: Floats, known: Floats) -> tuple[Floats, Floats]:
    height, width = known.shape
    odd = ((0, height % 2), (0, width % 2))
    weight = np.pad(known, odd)
    weighted = np.pad(values * known[..., None], (*odd, (0, 0)))
    rows, columns = weight.shape[0] // 2, weight.shape[1] // 2
    sums = weighted.reshape(rows, 2, columns, 2, -1).sum((1, 3))
    weights = weight.reshape(rows, 2, columns, 2).sum((1, 3))
    return sums / np.maximum(weights, 1e-6)[..., None], np.clip(weights / 2, 0, 1)


def membrane(values: Floats, known: Floats, longest_px: int = _SMOOTH_PX) -> Floats:
    """`smooth_fill` worked at a small size and brought back; right only where nothing was known."""
    height, width = known.shape
    scale = min(1.0, longest_px / max(width, height))
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    small_known = np.clip(_box(known, size), 0, 1)
    weighted = np.dstack([_box(values[..., i] * known, size) for i in range(values.shape[2])])
    small = weighted / np.maximum(small_known, 1e-4)[..., None]
    filled = smooth_fill(small, (small_known > 0.35).astype(np.float32))
    return np.dstack([_stretched(filled[..., i], width, height) for i in range(values.shape[2])])


def _box(plane: Floats, size: tuple[int, int]) -> Floats:
    source = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(source.resize(size, Image.Resampling.BOX), np.float32)


def without(values: Floats, hole: Floats, avoid: Floats | None = None) -> Floats:
    """The picture [h, w, 3] with what lies under `hole` [h, w] taken out.

    Closed block by block, from the rim inwards: each block takes the stretch of the same picture that best
    continues what is already there, its tones bent to meet the surroundings (a membrane clone). Nothing is
    taken from under `avoid` [h, w].
    """
    height, width = hole.shape
    wide = np.clip(pixels.blur(hole, max(1.5, width / 160)) * 3, 0, 1)
    if float(wide.max()) < 0.05 or float(wide.mean()) > 0.97:
        return values
    search_px = _SEARCH_PX if float(wide.mean()) < 0.30 else _SEARCH_PX * 0.65
    scale = min(1.0, search_px / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    patchwork = _Patchwork(values=values.copy(), open=wide, size=size)
    if avoid is not None:
        patchwork.barred = _box(avoid, size) > 0.06
    waiting = patchwork.blocks()
    while waiting:
        row, column = max(waiting, key=patchwork.known_share)
        waiting.remove((row, column))
        patchwork.close(row, column)
    return patchwork.values


@dataclass(slots=True, kw_only=True)
class _Patchwork:
    """A picture being closed: `open` [h, w] is 1 where nothing is known yet. Blocks are counted at `size`."""

    values: Floats
    open: Floats
    size: tuple[int, int]
    small: Floats = field(init=False)
    small_open: Floats = field(init=False)
    barred: Floats | None = None

    def __post_init__(self) -> None:
        self.small = pixels.to_floats(pixels.to_image(self.values).resize(self.size, Image.Resampling.BOX))
        self.small_open = _box(self.open, self.size) > 0.06

    def blocks(self) -> list[tuple[int, int]]:
        """Top left corners, in small pixels, of the blocks that have something open."""
        width, height = self.size
        return [
            (row, column)
            for row in range(0, height, _BLOCK)
            for column in range(0, width, _BLOCK)
            if self.small_open[row : row + _BLOCK, column : column + _BLOCK].any()
        ]

    def _around(self, row: int, column: int) -> tuple[slice, slice]:
        width, height = self.size
        return (
            slice(max(0, row - _CONTEXT), min(height, row + _BLOCK + _CONTEXT)),
            slice(max(0, column - _CONTEXT), min(width, column + _BLOCK + _CONTEXT)),
        )

    def known_share(self, block: tuple[int, int]) -> float:
        """How much of a block and its surroundings is known, 0 to 1."""
        return 1 - float(self.small_open[self._around(*block)].mean())

    def close(self, row: int, column: int) -> None:
        """Fill one block from the best stretch elsewhere, or smoothly where there is none."""
        around = self._around(row, column)
        source = self._best_source(around)
        rows, columns = self._full(around)
        crop, open_crop = self.values[rows, columns], self.open[rows, columns]
        inner_rows, inner_columns = self._full((slice(row, row + _BLOCK), slice(column, column + _BLOCK)))
        mine = np.zeros(self.open.shape, bool)
        mine[inner_rows, inner_columns] = True
        fresh = np.where(mine[rows, columns], open_crop, 0)
        known = (open_crop < 0.03).astype(np.float32)
        if source is None:
            patch = membrane(crop, known) if known.any() else membrane(self.values, 1 - self.open)[rows, columns]
        else:
            taken = self._source_crop(source, rows, columns)
            patch = taken + _limited(membrane(crop - taken, known, 96)) if known.any() else taken
        self.values[rows, columns] = pixels.mix(crop, np.clip(patch, 0, 1), fresh)
        self.open[rows, columns] = np.where(mine[rows, columns], 0, open_crop)
        self._refresh(around, row, column)

    def _refresh(self, around: tuple[slice, slice], row: int, column: int) -> None:
        rows, columns = self._full(around)
        small = self.small[around]
        fresh = pixels.to_image(self.values[rows, columns]).resize(
            (small.shape[1], small.shape[0]), Image.Resampling.BOX
        )
        self.small[around] = pixels.to_floats(fresh)
        self.small_open[row : row + _BLOCK, column : column + _BLOCK] = False

    def _full(self, area: tuple[slice, slice]) -> tuple[slice, slice]:
        """An area of the small picture in full-size pixels."""
        height, width = self.open.shape
        down, across = height / self.size[1], width / self.size[0]
        return (
            slice(round(area[0].start * down), min(height, round(area[0].stop * down))),
            slice(round(area[1].start * across), min(width, round(area[1].stop * across))),
        )

    def _source_crop(self, source: tuple[int, int], rows: slice, columns: slice) -> Floats:
        height, width = self.open.shape
        top = min(round(source[0] * height / self.size[1]), height - (rows.stop - rows.start))
        left = min(round(source[1] * width / self.size[0]), width - (columns.stop - columns.start))
        return self.values[top : top + rows.stop - rows.start, left : left + columns.stop - columns.start]

    def _best_source(self, around: tuple[slice, slice]) -> tuple[int, int] | None:
        """Top left corner, in small pixels, of the wholly known window most like what is known here."""
        here, known = self.small[around], ~self.small_open[around]
        if not known.any():
            return None
        shape = known.shape
        windows = np.lib.stride_tricks.sliding_window_view(self.small, shape, axis=(0, 1))
        shut = self.small_open if self.barred is None else self.small_open | self.barred
        closed = np.lib.stride_tricks.sliding_window_view(shut, shape).any((2, 3))
        if closed.all():
            return None
        level = np.abs(np.arange(closed.shape[0]) - around[0].start) <= _LEVEL_PART * self.size[1]
        if not (~closed & level[:, None]).any():
            level[:] = True
        rows, columns = np.nonzero(~closed & level[:, None])
        gaps = windows[rows, columns][..., known] - here[known].T[None]
        offsets = gaps.mean(-1, keepdims=True)
        cost = ((gaps - offsets * 0.2) ** 2).mean((1, 2))
        cost = cost + 0.012 * ((rows - around[0].start) / self.size[1]) ** 2
        best = int(cost.argmin())
        return int(rows[best]), int(columns[best])


def _limited(bend: Floats) -> Floats:
    """A change of tone held to `_MOST_BEND`, its colour kept, so that a bad match cannot burn out."""
    strength = pixels.brightest(np.abs(bend))
    return bend * (np.minimum(strength, _MOST_BEND) / np.maximum(strength, 1e-5))[..., None]


def with_footprint(values: Floats, subject: Floats) -> Floats:
    """A subject's mask with the ground just under it and the shadow it casts there."""
    height, width = subject.shape
    rows, columns = np.nonzero(subject > 0.5)
    if len(rows) == 0:
        return subject
    bottom, low = int(rows.max()), rows >= rows.min() + 0.8 * np.ptp(rows)
    left, right = int(columns[low].min()), int(columns[low].max())
    center, half = (left + right) / 2, max(4.0, (right - left) / 2)
    reach = max(4.0, 0.10 * float(np.ptp(rows)))
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    under = np.clip((1.25 - ((x - center) / (half * 1.30)) ** 2 - ((y - bottom) / reach) ** 2) * 4, 0, 1)
    nearby = ((x - center) / (half * 2.6)) ** 2 + ((y - bottom) / (reach * 2.2)) ** 2 < 1
    shade = _shade(values, subject) * nearby
    return np.asarray(np.maximum(np.maximum(subject, under), shade))


def _shade(values: Floats, subject: Floats) -> Floats:
    """1 where the ground is clearly darker than the rest of its row, 0 elsewhere; worked at a small size."""
    height, width = subject.shape
    scale = min(1.0, 160 / max(width, height))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    luma = pixels.blur(pixels.gray(pixels.to_floats(pixels.to_image(values).resize(size, Image.Resampling.BOX))), 1.5)
    outside = _box(subject, size) < 0.2
    usual = np.array(
        [np.percentile(row[free], 65) if free.any() else 1.0 for row, free in zip(luma, outside, strict=True)]
    )
    dark = (luma < 0.90 * usual[:, None]).astype(np.float32)
    return np.asarray(np.clip(_stretched(pixels.blur(dark, 2.5), width, height) * 4, 0, 1))


def extended(image: Image.Image, subject: Floats, width: int, height: int, left: int, top: int) -> Image.Image:
    """The picture with more around it: `width` x `height` px, the original at (left, top), its pixels untouched.

    Beyond the frame the broad tones run on smoothly, and detail is a mirror of the picture without its subject,
    with single bright or dark things (a sun, a lamp) held back so that they do not appear twice. A subject cut
    off by the lower edge runs on below it.
    """
    values = pixels.to_floats(image)
    original_height, original_width = subject.shape
    plate = without(values, with_footprint(values, subject))
    foot = values if float((subject[-1] > 0.5).mean()) > 0.08 else plate
    reach = min(original_width, original_height) * 0.10
    broad = pixels.blur(plate, reach)
    detail = _restrained(plate - broad)
    around = ((top, height - top - original_height), (left, width - left - original_width))
    canvas = np.pad(broad, (*around, (0, 0)), mode="edge")
    known = np.pad(np.ones_like(subject), around)
    run_on = pixels.mix(canvas, membrane(canvas, known), 0.45)
    mirrored = _mirrored_outwards(detail, around)
    if foot is values:
        below = slice(top + original_height, None), slice(left, left + original_width)
        run_on[below] = pixels.mix(run_on[below], values[-1:], pixels.blur(subject, 3)[-1:] ** 0.5)
        mirrored[below] *= 1 - pixels.blur(subject, 3)[-1:, :, None] ** 0.5
    result = pixels.to_image(run_on + mirrored)
    seam = min(8, original_width // 4, original_height // 4)
    inner = Image.new("L", image.size, 255)
    result.paste(image.convert("RGB"), (left, top), inner)
    return _seam_softened(result, image.convert("RGB"), left, top, seam)


def _mirrored_outwards(detail: Floats, around: tuple[tuple[int, int], tuple[int, int]]) -> Floats:
    """Detail continued by mirroring: whole sideways; up and down only the outer quarter, so that no horizon returns."""
    height = detail.shape[0]
    band = max(2, height // 4)
    (above, below), sides = around
    wide = np.pad(detail, ((0, 0), sides, (0, 0)), mode="reflect")
    top = np.pad(wide[:band], ((above, 0), (0, 0), (0, 0)), mode="reflect")[:above]
    bottom = np.pad(wide[-band:], ((0, below), (0, 0), (0, 0)), mode="reflect")[band:]
    return np.concatenate([top, wide, bottom])


def _restrained(detail: Floats) -> Floats:
    """Detail with lone extremes of each row drawn in."""
    strength = pixels.brightest(np.abs(detail))
    usual = np.percentile(strength, 80, axis=1)
    usual = np.maximum(np.convolve(np.pad(usual, 8, mode="edge"), np.ones(17) / 17, mode="valid"), 0.015)
    limit = (2.2 * usual)[:, None]
    return detail * (np.minimum(strength, limit) / np.maximum(strength, 1e-4))[..., None]


def _seam_softened(result: Image.Image, original: Image.Image, left: int, top: int, seam: int) -> Image.Image:
    """The new picture moved towards the original's edge colours along the seam, outside of it only."""
    width, height = result.size
    values = pixels.to_floats(result)
    source = pixels.to_floats(original)
    rows = np.clip(np.arange(height) - top, 0, original.height - 1)
    columns = np.clip(np.arange(width) - left, 0, original.width - 1)
    nearest = source[rows][:, columns]
    away_y = np.abs(np.arange(height) - top - rows)
    away_x = np.abs(np.arange(width) - left - columns)
    away = np.hypot(away_y[:, None], away_x[None, :])
    pull = np.where(away == 0, 1.0, np.clip(1 - away / max(1, seam), 0, 1) * 0.6)
    return pixels.to_image(pixels.mix(values, nearest, pull.astype(np.float32)))
