"""Styles made of paint: oil, impressionist, old masters, watercolour and pastel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats
from limner.providers.sandbox.styles.base import (
    Sitting,
    Style,
    flat_patches,
    paper_tooth,
    pencil_strokes,
    warped,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brush:
    """One coat of strokes: length and width in design pixels, strokes per covered area, colour wander (bytes)."""

    length: float
    width: float
    cover: float
    wander: int
    only_detail: bool = False


def _directions(luma: Floats, unit_px: float, rng: np.random.Generator) -> Floats:
    """The angle of a stroke at every pixel: along edges where there are any, else along slow waves."""
    soft = pixels.blur(luma, 4 * unit_px)
    dx, dy = pixels.slope(soft)
    height, width = luma.shape
    xx = pixels.resized(pixels.box_mean(dx * dx - dy * dy, 3), width, height)
    xy = pixels.resized(pixels.box_mean(2 * dx * dy, 3), width, height)
    waves = (pixels.cloud_noise(width, height, rng, cells=4, octaves=2) - 0.5) * np.float32(2.4)
    idle = np.float32(3e-5)
    xx = xx - idle * np.cos(2 * waves)
    xy = xy - idle * np.sin(2 * waves)
    return np.arctan2(-xy, -xx) / 2


def _lay_strokes(
    canvas: Image.Image, source: Image.Image, sitting: Sitting, angles: Floats, detail: Floats, brush: _Brush
) -> None:
    """Paint one coat onto `canvas`: two-piece curved strokes in the source's colours, lit on one side."""
    width, height = canvas.size
    unit = max(0.25, sitting.unit_px)
    length, thick = brush.length * unit, max(2.0, brush.width * unit)
    rng = sitting.rng
    count = int(brush.cover * width * height / (length * thick))
    columns, rows = rng.integers(0, width, count), rng.integers(0, height, count)
    if brush.only_detail:
        keep = detail[rows, columns] > rng.random(count)
        columns, rows = columns[keep], rows[keep]
        count = len(columns)
    angle = angles[rows, columns] + rng.normal(size=count) * 0.16
    bend = rng.normal(size=count) * 0.22
    colors = np.asarray(source)[rows, columns].astype(np.int16)
    wander = rng.integers(-brush.wander, brush.wander + 1, (count, 1))
    tinted = rng.integers(-brush.wander // 2, brush.wander // 2 + 1, (count, 3))
    colors = np.clip(colors + wander + tinted, 0, 255)
    reach = length * (0.32 + 0.3 * rng.random(count))
    heads = np.stack([columns - np.cos(angle - bend) * reach, rows - np.sin(angle - bend) * reach], -1)
    tails = np.stack([columns + np.cos(angle + bend) * reach, rows + np.sin(angle + bend) * reach], -1)
    middles = np.stack([columns, rows], -1)
    offset = np.stack([-np.sin(angle), np.cos(angle)], -1) * (thick * 0.30)
    draw = ImageDraw.Draw(canvas)
    body = np.concatenate([heads, middles, tails], -1)
    ridge = body + np.tile(offset, 3)
    pens = np.clip(colors + rng.integers(6, 20, (count, 1)), 0, 255)
    thin = max(1, round(thick * 0.28))
    stroke_px = max(2, round(thick))
    joint = "curve" if stroke_px > 5 else None
    for path, crest, color, pen in zip(body.tolist(), ridge.tolist(), colors.tolist(), pens.tolist(), strict=True):
        draw.line(path, fill=(color[0], color[1], color[2]), width=stroke_px, joint=joint)
        draw.line(crest, fill=(pen[0], pen[1], pen[2]), width=thin)


def _painted(sitting: Sitting, source: Image.Image, coats: tuple[_Brush, ...]) -> Image.Image:
    """The source repainted coat by coat, coarse to fine."""
    unit = sitting.unit_px
    luma = pixels.gray(pixels.to_floats(source))
    detail = np.clip(
        pixels.blur(np.clip(pixels.edge_strength(pixels.blur(luma, 2 * unit)) * 22, 0, 1), 7 * unit) * 2.2, 0.02, 1
    )
    angles = _directions(luma, unit, sitting.rng)
    canvas = source.filter(ImageFilter.GaussianBlur(14 * unit))
    for brush in coats:
        _lay_strokes(canvas, source, sitting, angles, detail, brush)
    return canvas


def _relief(values: Floats, unit_px: float, strength: float) -> Floats:
    """Paint lit from the upper left, as if its lightness were its thickness."""
    luma = pixels.gray(values)
    fine = luma - pixels.blur(luma, 5 * unit_px)
    dx, dy = pixels.slope(pixels.blur(fine + 0.5, 0.7))
    return values + ((dx + dy) * np.float32(strength))[..., None]


def impressionist(sitting: Sitting) -> Image.Image:
    """Short broken dabs of pure colour over a loose ground."""
    vivid = pixels.to_image(pixels.contrast(pixels.saturate(flat_patches(sitting.image, 2), 1.4), 1.06))
    coats = (
        _Brush(length=58, width=19, cover=1.6, wander=20),
        _Brush(length=34, width=9.5, cover=1.0, wander=24),
        _Brush(length=20, width=5, cover=2.2, wander=16, only_detail=True),
    )
    painted = _painted(sitting, vivid, coats)
    return pixels.to_image(_relief(pixels.to_floats(painted), sitting.unit_px, 0.9))


def painting(sitting: Sitting) -> Image.Image:
    """Oil on canvas: long blended strokes, forms kept, paint standing off the weave."""
    source = pixels.to_image(pixels.contrast(pixels.saturate(flat_patches(sitting.image, 3), 1.2), 1.08))
    coats = (
        _Brush(length=78, width=16, cover=1.2, wander=9),
        _Brush(length=44, width=8, cover=0.9, wander=10),
        _Brush(length=24, width=3.6, cover=2.6, wander=8, only_detail=True),
    )
    painted = pixels.to_floats(_painted(sitting, source, coats))
    return pixels.to_image(_relief(painted, sitting.unit_px, 1.1) + _weave(sitting) * 0.035)


def _weave(sitting: Sitting) -> Floats:
    """Canvas threads [height, width, 1], -1 to 1."""
    width, height = sitting.size
    pitch = max(2.2, 3.4 * sitting.unit_px)
    across = np.sin(np.arange(width, dtype=np.float32) * np.float32(2 * np.pi / pitch))
    down = np.sin(np.arange(height, dtype=np.float32) * np.float32(2 * np.pi / pitch))
    return np.asarray((across[None, :] * down[:, None])[..., None])


def renaissance(sitting: Sitting) -> Image.Image:
    """An old master: fine brushwork, umber shadows, warm varnish, a dark surround and fine cracks."""
    unit = sitting.unit_px
    width, height = sitting.size
    coats = (
        _Brush(length=46, width=11, cover=0.9, wander=6),
        _Brush(length=26, width=3.6, cover=2.4, wander=6, only_detail=True),
    )
    source = pixels.to_image(flat_patches(sitting.image, 3))
    values = pixels.to_floats(_painted(sitting, source, coats))
    luma = pixels.gray(values)
    varnish = pixels.gradient_map(luma, [pixels.rgb(c) for c in ("120b08", "4a2c17", "a8743a", "e6c38a", "fff3d6")])
    values = pixels.mix(values, varnish, 0.5)
    values = pixels.contrast(values, 1.18, 0.55)
    center_x, center_y = _center_of_interest(sitting)
    x, y = pixels.grid(width, height)
    near = np.exp(-(((x - center_x) / 0.42) ** 2 + ((y - center_y) / 0.48) ** 2))
    values = values * (0.30 + 0.82 * near)[..., None]
    return pixels.to_image(_relief(values, unit, 0.5) - _craquelure(sitting)[..., None] * 0.10)


def _center_of_interest(sitting: Sitting) -> tuple[float, float]:
    """Where the subject is, as fractions; a little above the middle when unknown."""
    if sitting.subject is None or float(sitting.subject.sum()) < 1:
        return 0.5, 0.46
    x, y = pixels.grid(*sitting.size)
    weight = float(sitting.subject.sum())
    center_x = float((sitting.subject * x).sum()) / weight
    center_y = float((sitting.subject * y).sum()) / weight
    return min(0.75, max(0.25, center_x)), min(0.7, max(0.3, center_y))


def _craquelure(sitting: Sitting) -> Floats:
    """Hair cracks [height, width]: the zero lines of two noises, broken up by a third."""
    width, height = sitting.size
    cracks = np.zeros((height, width), np.float32)
    for cells in (26, 44):
        noise = pixels.cloud_noise(width, height, sitting.rng, cells=cells, octaves=2)
        steep = pixels.edge_strength(noise) + 1e-5
        cracks = np.maximum(cracks, np.clip(1.1 - np.abs(noise - 0.5) / steep / 0.75, 0, 1))
    patches = pixels.smoothstep(0.48, 0.7, pixels.cloud_noise(width, height, sitting.rng, cells=5, octaves=2))
    return cracks * patches


def watercolor(sitting: Sitting) -> Image.Image:
    """Transparent washes that pool at their edges on rough paper, with an unpainted border."""
    unit = sitting.unit_px
    width, height = sitting.size
    source = warped(flat_patches(sitting.image, 4), sitting.rng, reach_px=5 * unit, cells=18)
    washes = _pooled(source, unit)
    tooth = paper_tooth(sitting.size, sitting.rng, unit)
    flow = pixels.cloud_noise(width, height, sitting.rng, cells=5, octaves=5)
    density = 0.62 + 0.62 * flow + 0.22 * (tooth - 0.5)
    pigment = np.clip(1 - pixels.saturate(washes, 1.5), 0.0, 0.94)
    page = pixels.rgb("fcfaf4") * (1 - pigment * np.clip(density, 0.35, 1.25)[..., None] * 0.93)
    page = page * (1 - 0.05 * (tooth - 0.5))[..., None]
    return pixels.to_image(
        pixels.mix(page, pixels.rgb("fcfaf4") * (0.97 + 0.05 * tooth[..., None]), _bare_border(sitting))
    )


def _pooled(values: Floats, unit_px: float) -> Floats:
    """Pigment gathered along the edges of each wash: darker lines beside light ones."""
    luma = pixels.gray(values)
    edges = np.clip(pixels.edge_strength(pixels.blur(luma, 1.6 * unit_px)) * 16, 0, 1)
    lifted = values * 0.88 + 0.16
    return lifted * (1 - 0.5 * pixels.blur(edges, 1.2 * unit_px))[..., None]


def _bare_border(sitting: Sitting) -> Floats:
    """1 where the paper is left white around the picture, with a ragged brush edge; 0 inside."""
    width, height = sitting.size
    x, y = pixels.grid(width, height)
    shorter = min(width, height)
    inset = np.minimum(np.minimum(x, 1 - x) * (width / shorter), np.minimum(y, 1 - y) * (height / shorter))
    ragged = pixels.cloud_noise(width, height, sitting.rng, cells=9, octaves=5) - 0.5
    return 1 - pixels.smoothstep(0.030, 0.040, inset + ragged * 0.055)


def pastel(sitting: Sitting) -> Image.Image:
    """Soft chalk on toned paper: light colours, visible rub marks, tooth showing through."""
    unit = sitting.unit_px
    flat = flat_patches(sitting.image, 4)
    luma = pixels.gray(flat)[..., None]
    chalk = np.clip(pixels.saturate(flat, 1.5) * 0.68 + 0.30 + (luma - 0.5) * 0.12, 0, 1)
    page = np.broadcast_to(pixels.rgb("e6dccf"), chalk.shape)
    tooth = paper_tooth(sitting.size, sitting.rng, unit)
    marks = np.maximum(
        pencil_strokes(sitting.size, sitting.rng, angle_deg=52, length_px=70 * unit, thickness_px=max(2, 4 * unit)),
        pencil_strokes(sitting.size, sitting.rng, angle_deg=38, length_px=50 * unit, thickness_px=max(2, 7 * unit)),
    )
    cover = np.clip(0.76 + 0.24 * marks - 0.55 * np.clip(0.5 - tooth, 0, 1) * 2, 0, 1)
    drawn = pixels.mix(page, chalk, cover.astype(np.float32))
    edges = np.clip(pixels.edge_strength(pixels.blur(pixels.gray(flat), 2.4 * unit)) * 12, 0, 1)
    return pixels.to_image(pixels.mix(drawn, chalk * 0.62, pixels.blur(edges, 2 * unit) * 0.6 * (0.5 + 0.5 * marks)))


STYLES: dict[str, Style] = {
    "impressionist": impressionist,
    "painting": painting,
    "pastel": pastel,
    "renaissance": renaissance,
    "watercolor": watercolor,
}
