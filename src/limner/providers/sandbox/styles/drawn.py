"""Styles made of lines: pencils, charcoal, ink, blueprint, comic and anime."""

from __future__ import annotations

import numpy as np
from PIL import Image

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

_PAPER = pixels.rgb("f8f6f0")
_WARM_PAPER = pixels.rgb("efe7d8")
_GRAPHITE = pixels.rgb("33343a")


def _evened(luma: Floats) -> Floats:
    low, high = np.percentile(luma[::4, ::4], (2, 98))
    return np.asarray(np.clip((luma - low) / max(0.08, float(high - low)), 0, 1))


def _middled(luma: Floats) -> Floats:
    """Tones bent so that half of the picture is light: a dark scene drawn is not a black sheet."""
    middle = float(np.clip(np.median(luma), 0.02, 0.95))
    return luma ** float(np.clip(np.log(0.68) / np.log(middle), 0.22, 1.1))


def _edges(values: Floats, width_px: float) -> Floats:
    """Outlines [height, width] where lightness or any colour channel changes, 0 to 1."""
    soft = pixels.blur(values, width_px)
    if soft.ndim == 2:
        strength = pixels.edge_strength(soft)
    else:
        channels = [pixels.edge_strength(soft[..., i]) for i in range(3)]
        strength = np.maximum(np.maximum(channels[0], channels[1]), channels[2]) * np.float32(0.8)
    return np.clip(strength * (13 * width_px) - 0.12, 0, 1)


def _hatching(sitting: Sitting, tone: Floats, unit_px: float) -> Floats:
    """Three crossing sheets of strokes, each where the tone is dark enough; 0 paper to 1 lead."""
    lead = np.zeros_like(tone)
    for below, angle_deg, weight in ((0.78, 38.0, 0.36), (0.52, -32.0, 0.38), (0.28, 72.0, 0.42)):
        strokes = pencil_strokes(
            sitting.size, sitting.rng, angle_deg=angle_deg, length_px=46 * unit_px, thickness_px=max(1.2, 2.1 * unit_px)
        )
        depth = np.clip((below - tone) / 0.26, 0, 1)
        lead = np.maximum(lead, depth * strokes * weight) + depth * np.float32(weight * 0.22)
    return np.clip(lead, 0, 1)


def pencil(sitting: Sitting) -> Image.Image:
    """Graphite on white paper: contours, hatched shadows, a little tooth."""
    unit = sitting.unit_px
    luma = _evened(sitting.luma)
    calm = flat_patches(sitting.image, 3)
    tone = _middled(pixels.blur(luma, 4 * unit))
    tooth = paper_tooth(sitting.size, sitting.rng, unit)
    lines = np.maximum(_edges(calm, max(0.8, 1.3 * unit)), _edges(calm, max(1.2, 3 * unit)) * np.float32(0.55))
    lead = 1 - (1 - _hatching(sitting, tone, unit)) * (1 - np.float32(0.86) * np.clip(lines * 1.25, 0, 1))
    lead = np.clip(lead * (0.72 + 0.56 * tooth), 0, 1)
    return pixels.to_image(pixels.mix(np.broadcast_to(_PAPER, (*lead.shape, 3)), _GRAPHITE, lead))


def lineart(sitting: Sitting) -> Image.Image:
    """Black ink on white, contours only."""
    calm = flat_patches(sitting.image, 3)
    lines = np.clip(_edges(calm, max(0.9, 1.7 * sitting.unit_px)) * 2.2, 0, 1)
    return pixels.to_image(1 - pixels.blur(lines, 0.6) * np.float32(0.93))


def ink(sitting: Sitting) -> Image.Image:
    """Brush and diluted ink on warm paper, as in East Asian wash painting."""
    unit = sitting.unit_px
    luma = pixels.gray(warped(flat_patches(sitting.image, 5), sitting.rng, reach_px=5 * unit, cells=14))
    luma = _evened(luma)
    wash = np.clip(1 - pixels.blur(luma, 5 * unit), 0, 1) ** 1.5
    wash = wash * (0.55 + 0.6 * pixels.cloud_noise(*sitting.size, sitting.rng, cells=7, octaves=4))
    strokes = np.clip(_edges(luma, max(1.2, 3.2 * unit)) * 1.5, 0, 1)
    dry = pixels.smoothstep(0.25, 0.5, paper_tooth(sitting.size, sitting.rng, unit))
    lead = 1 - (1 - np.clip(wash * 0.8, 0, 0.85)) * (1 - strokes * (0.35 + 0.6 * dry))
    return pixels.to_image(pixels.mix(np.broadcast_to(_WARM_PAPER, (*lead.shape, 3)), pixels.rgb("16181d"), lead))


def charcoal(sitting: Sitting) -> Image.Image:
    """Broad, rubbed charcoal on warm paper."""
    unit = sitting.unit_px
    luma = pixels.gray(flat_patches(pixels.to_image(_evened(sitting.luma)), 4))
    rubbed = 1 - _middled(pixels.blur(luma, 4 * unit)) * 0.94
    tooth = paper_tooth(sitting.size, sitting.rng, unit)
    strokes = pencil_strokes(
        sitting.size, sitting.rng, angle_deg=48, length_px=130 * unit, thickness_px=max(2.0, 9 * unit)
    )
    coal = np.clip(rubbed * 1.12 - 0.16, 0, 1) * (0.6 + 0.45 * strokes)
    coal = np.clip(coal + _edges(luma, max(1.2, 3.4 * unit)) * 0.75, 0, 1)
    coal = np.clip(coal * (0.62 + 0.4 * pixels.smoothstep(0.3, 0.62, tooth)), 0, 0.93)
    return pixels.to_image(pixels.mix(np.broadcast_to(_WARM_PAPER, (*coal.shape, 3)), pixels.rgb("1b1a1a"), coal))


def colorpencil(sitting: Sitting) -> Image.Image:
    """Coloured pencils: strokes of the local colour with white paper between."""
    unit = sitting.unit_px
    flat = flat_patches(sitting.image, 3)
    luma = pixels.gray(flat)
    color = np.clip(pixels.saturate(flat, 1.5) * 0.95, 0, 1)
    cover = np.full_like(luma, 0.44)
    for below, angle_deg in ((1.4, 42.0), (0.75, 30.0), (0.45, -38.0)):
        strokes = pencil_strokes(
            sitting.size, sitting.rng, angle_deg=angle_deg, length_px=52 * unit, thickness_px=max(1.3, 2.5 * unit)
        )
        cover += np.clip((below - luma) / 0.35, 0, 1) * (0.16 + 0.36 * strokes)
    tooth = paper_tooth(sitting.size, sitting.rng, unit)
    cover = np.clip(cover * (0.7 + 0.5 * tooth), 0, 0.96)
    page = pixels.mix(np.broadcast_to(_PAPER, flat.shape), color, cover)
    lines = _edges(flat, max(0.9, 1.8 * unit)) * 0.75
    return pixels.to_image(pixels.mix(page, color * 0.38, lines))


def blueprint(sitting: Sitting) -> Image.Image:
    """White construction lines on blue paper with a grid."""
    unit = sitting.unit_px
    width, height = sitting.size
    flat = flat_patches(sitting.image, 3)
    calm = _evened(pixels.gray(flat))
    lines = np.clip(_edges(flat, max(0.8, 1.4 * unit)) * 1.7, 0, 1)
    lines = np.clip(lines + pixels.blur(lines, 5 * unit) * 0.25, 0, 1)
    page = np.broadcast_to(pixels.rgb("14418b"), (height, width, 3)) * (
        0.86 + 0.24 * pixels.cloud_noise(width, height, sitting.rng, cells=5)[..., None]
    )
    step = max(8, round(32 * unit))
    columns, rows = np.arange(width) % step == 0, np.arange(height) % step == 0
    major_columns, major_rows = np.arange(width) % (4 * step) == 0, np.arange(height) % (4 * step) == 0
    squares = (columns[None, :] | rows[:, None]) * 0.13 + (major_columns[None, :] | major_rows[:, None]) * 0.14
    page = pixels.mix(page, np.ones(3, np.float32), squares.astype(np.float32))
    page = page + (0.5 - calm)[..., None] * np.float32(-0.10)
    return pixels.to_image(pixels.mix(page, pixels.rgb("eaf4ff"), lines))


def _cel_tones(values: Floats, steps: int) -> Floats:
    """Luminance cut into soft steps, hue kept."""
    luma = pixels.gray(values)[..., None]
    scaled = luma * steps
    base = np.floor(scaled)
    stepped = (base + pixels.smoothstep(0.35, 0.65, scaled - base)) / steps
    return np.asarray(values * (stepped + 0.06) / (luma + 0.06))


def comic(sitting: Sitting) -> Image.Image:
    """Comic book print: flat colours, black ink, halftone dots in the shadows."""
    unit = sitting.unit_px
    width, height = sitting.size
    flat = flat_patches(sitting.image, 5)
    luma = _evened(pixels.gray(flat))
    color = np.clip(_cel_tones(pixels.saturate(flat, 1.65), 4) * 1.06, 0, 1)
    cell = max(4.0, 9 * unit)
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    dots = (np.cos((x + y) * (np.pi / cell)) * np.cos((x - y) * (np.pi / cell)) + 1) / 2
    shade = pixels.smoothstep(0.0, 0.12, np.clip(0.62 - pixels.blur(luma, 3 * unit), 0, 1) * 0.9 + dots - 0.92)
    page = pixels.mix(color, color * 0.5, shade.astype(np.float32))
    black = np.clip(
        _edges(flat, max(1.0, 2.4 * unit)) * 2.0 + pixels.smoothstep(0.13, 0.05, pixels.brightest(flat)), 0, 1
    )
    return pixels.to_image(pixels.mix(page, pixels.rgb("14121a"), black * 0.96))


def anime(sitting: Sitting) -> Image.Image:
    """Cel animation: clean tones, thin lines, bright light that blooms."""
    unit = sitting.unit_px
    flat = flat_patches(sitting.image, 4)
    luma = pixels.gray(flat)
    color = np.clip(_cel_tones(pixels.saturate(flat, 1.45), 6) * 1.04 + 0.02, 0, 1)
    color = pixels.screen(color, pixels.blur(color * pixels.smoothstep(0.6, 0.95, luma)[..., None], 22 * unit) * 0.35)
    lines = np.clip(_edges(flat, max(0.9, 1.6 * unit)) * 1.15 - 0.08, 0, 1)
    return pixels.to_image(pixels.mix(color, color * 0.16, lines * 0.9))


STYLES: dict[str, Style] = {
    "anime": anime,
    "blueprint": blueprint,
    "charcoal": charcoal,
    "colorpencil": colorpencil,
    "comic": comic,
    "ink": ink,
    "lineart": lineart,
    "pencil": pencil,
}
