"""Styles made of pieces and light: pixel art, paper folds, low poly, stained glass, mosaic and neon."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats
from limner.providers.sandbox.styles import segments
from limner.providers.sandbox.styles.base import Sitting, Style, flat_patches


def pixel(sitting: Sitting) -> Image.Image:
    """Pixel art: about 128 big pixels across, 32 colours, outlines kept."""
    width, height = sitting.size
    across = min(128, max(width, height))
    columns = max(1, round(width * across / max(width, height)))
    rows = max(1, round(height * across / max(width, height)))
    crisp = pixels.to_image(flat_patches(sitting.image, 2)).filter(
        ImageFilter.UnsharpMask(max(1, width // 160), 130, 0)
    )
    small = pixels.to_floats(crisp.resize((columns, rows), Image.Resampling.BOX))
    small = pixels.contrast(pixels.saturate(small, 1.3), 1.1)
    luma = pixels.gray(small)
    drop = np.clip(pixels.box_mean(luma, 1) - luma - 0.035, 0, 0.2)
    lively = pixels.to_image(small * (1 - 1.6 * drop)[..., None])
    limited = lively.quantize(32, Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE).convert("RGB")
    return limited.resize((width, height), Image.Resampling.NEAREST)


def _mesh(sitting: Sitting, across: int, snap: float) -> tuple[Floats, Floats]:
    """Corner points x, y [rows + 1, columns + 1] of a grid whose inner corners are drawn to strong edges."""
    width, height = sitting.size
    step = max(width, height) / across
    columns, rows = max(2, round(width / step)), max(2, round(height / step))
    x, y = np.meshgrid(np.linspace(0, width, columns + 1), np.linspace(0, height, rows + 1))
    shape = x[1:-1, 1:-1].shape
    x[1:-1, 1:-1] += sitting.rng.uniform(-0.28, 0.28, shape) * width / columns
    y[1:-1, 1:-1] += sitting.rng.uniform(-0.28, 0.28, shape) * height / rows
    edges = _small_edges(sitting.image)
    scale_x, scale_y = edges.shape[1] / width, edges.shape[0] / height
    reach = max(1, int(step * scale_x * 0.42))
    for row in range(1, rows):
        for column in range(1, columns):
            px, py = int(x[row, column] * scale_x), int(y[row, column] * scale_y)
            top, left = max(0, py - reach), max(0, px - reach)
            window = edges[top : py + reach + 1, left : px + reach + 1]
            if window.size and window.max() > snap:
                at = np.unravel_index(int(window.argmax()), window.shape)
                x[row, column] = (left + int(at[1]) + 0.5) / scale_x
                y[row, column] = (top + int(at[0]) + 0.5) / scale_y
    return x, y


def _small_edges(image: Image.Image) -> Floats:
    width, height = image.size
    scale = 384 / max(width, height)
    small = image.convert("RGB").resize(
        (max(8, round(width * scale)), max(8, round(height * scale))), Image.Resampling.BOX
    )
    values = pixels.to_floats(small.filter(ImageFilter.GaussianBlur(1)))
    return np.asarray(np.max(np.stack([pixels.edge_strength(values[..., i]) for i in range(3)]), axis=0))


def _facets(sitting: Sitting, *, across: int, light: float, wander: float) -> Image.Image:
    """The picture as flat triangles with slightly different light on each."""
    width, height = sitting.size
    x, y = _mesh(sitting, across, 0.035)
    soft = np.asarray(sitting.image.convert("RGB").filter(ImageFilter.GaussianBlur(2.5 * sitting.unit_px)))
    out = sitting.image.convert("RGB").copy()
    draw = ImageDraw.Draw(out)
    rows, columns = x.shape[0] - 1, x.shape[1] - 1
    shades = sitting.rng.normal(1, wander, (rows, columns, 2))
    for row in range(rows):
        for column in range(columns):
            corners = [
                (float(x[row + i, column + j]), float(y[row + i, column + j]))
                for i, j in ((0, 0), (0, 1), (1, 1), (1, 0))
            ]
            for index, triangle in enumerate(_split(corners, soft)):
                shade = shades[row, column, index] * (1 + light if index == 0 else 1 - light)
                draw.polygon(triangle, fill=_facet_color(soft, triangle, float(shade), width, height))
    return out


def _split(corners: list[tuple[float, float]], source: Floats) -> tuple[list[tuple[float, float]], ...]:
    """Two triangles of a quad, cut along the diagonal whose ends look more alike."""
    height, width = source.shape[:2]
    seen = [
        source[min(height - 1, max(0, int(y))), min(width - 1, max(0, int(x)))].astype(np.int32) for x, y in corners
    ]
    first = int(np.abs(seen[0] - seen[2]).sum())
    second = int(np.abs(seen[1] - seen[3]).sum())
    a, b, c, d = corners
    return ([a, b, c], [a, c, d]) if first <= second else ([a, b, d], [b, c, d])


def _facet_color(
    source: Floats, triangle: list[tuple[float, float]], shade: float, width: int, height: int
) -> tuple[int, int, int]:
    (ax, ay), (bx, by), (cx, cy) = triangle
    total = np.zeros(3)
    for u, v, w in ((1 / 3, 1 / 3, 1 / 3), (0.6, 0.2, 0.2), (0.2, 0.6, 0.2), (0.2, 0.2, 0.6)):
        px = min(width - 1, max(0, int(u * ax + v * bx + w * cx)))
        py = min(height - 1, max(0, int(u * ay + v * by + w * cy)))
        total += source[py, px]
    red, green, blue = np.clip(total / 4 * shade, 0, 255).astype(int).tolist()
    return int(red), int(green), int(blue)


def lowpoly(sitting: Sitting) -> Image.Image:
    """Low-poly: triangles that follow the outlines, evenly lit."""
    vivid = Sitting(
        image=pixels.to_image(pixels.saturate(flat_patches(sitting.image, 2), 1.25)),
        rng=sitting.rng,
        unit_px=sitting.unit_px,
    )
    return _facets(vivid, across=40, light=0.05, wander=0.035)


def origami(sitting: Sitting) -> Image.Image:
    """Folded paper: large creased facets in paper colours, each crease catching light, fine fibre."""
    paper = pixels.saturate(flat_patches(sitting.image, 3), 1.15) * 0.86 + 0.11
    sheet = Sitting(image=pixels.to_image(paper), rng=sitting.rng, unit_px=sitting.unit_px)
    folded = pixels.to_floats(_facets(sheet, across=26, light=0.085, wander=0.045))
    soft = pixels.blur(pixels.gray(folded), 1.5 * sitting.unit_px)
    dx, dy = pixels.slope(soft)
    fibre = pixels.cloud_noise(*sitting.size, sitting.rng, cells=240, octaves=2) - 0.5
    return pixels.to_image(folded + ((dx + dy) * 1.6 + fibre * 0.05)[..., None])


def _pieces(sitting: Sitting, across: int, stiffness: float) -> tuple[Image.Image, Floats]:
    """Superpixel colours at full size with clean outlines, and how near a border is (0 to 1)."""
    width, height = sitting.size
    scale = min(1.0, 360 / max(width, height))
    small = sitting.image.convert("RGB").resize(
        (max(8, round(width * scale)), max(8, round(height * scale))), Image.Resampling.BOX
    )
    values = pixels.to_floats(small.filter(ImageFilter.GaussianBlur(1)))
    labels, columns, rows = segments.superpixels(values, across=across, stiffness=stiffness, rng=sitting.rng)
    colors = segments.means(pixels.to_floats(small), labels, columns * rows)
    lead = segments.borders(labels).astype(np.float32)
    lead = pixels.resized(pixels.blur(lead, 0.8), width, height)
    flat = pixels.to_image(colors[labels]).resize((width, height), Image.Resampling.NEAREST)
    return flat, lead


def stained(sitting: Sitting) -> Image.Image:
    """Stained glass: glowing panes that follow the outlines, rounded lead between them."""
    unit = sitting.unit_px
    panes, lead = _pieces(sitting, 22, 0.30)
    values = pixels.saturate(pixels.to_floats(panes), 1.7)
    low, high = np.percentile(pixels.gray(values)[::4, ::4], (3, 97))
    values = (values - low) / max(0.15, float(high - low)) * 0.86 + 0.10
    glass = pixels.cloud_noise(*sitting.size, sitting.rng, cells=22, octaves=4)
    streaks = pixels.cloud_noise(*sitting.size, sitting.rng, cells=70, octaves=2)
    values = values * (0.70 + 0.42 * glass + 0.16 * streaks)[..., None]
    came = pixels.smoothstep(0.20, 0.36, lead)
    depth = pixels.blur(came, 4 * unit)
    values = values * (1.08 - 0.42 * depth)[..., None]
    dx, dy = pixels.slope(pixels.blur(came, 2 * unit))
    metal = pixels.rgb("17181c") + np.clip(dx + dy, 0, 1)[..., None] * 1.1
    return pixels.to_image(pixels.mix(pixels.screen(values, pixels.blur(values, 26 * unit) * 0.22), metal, came))


def mosaic(sitting: Sitting) -> Image.Image:
    """Mosaic: small stones in pale mortar."""
    stones, lead = _pieces(sitting, 60, 0.55)
    values = pixels.to_floats(stones)
    tone = pixels.cloud_noise(*sitting.size, sitting.rng, cells=120, octaves=1)
    values = pixels.contrast(pixels.saturate(values, 1.25), 1.1) * (0.86 + 0.28 * tone)[..., None]
    joint = pixels.smoothstep(0.32, 0.52, lead)
    dx, dy = pixels.slope(pixels.blur(joint, 1.4 * sitting.unit_px))
    values = values - (dx + dy)[..., None] * 0.8
    return pixels.to_image(pixels.mix(values, pixels.rgb("cfc8bb") * 0.86, joint))


def neon(sitting: Sitting) -> Image.Image:
    """Neon tubes along the outlines, glowing on a dark wall."""
    unit = sitting.unit_px
    width, height = sitting.size
    tubes = _tubes(sitting)
    x, y = pixels.grid(width, height)
    hue = 0.55 * x + 0.35 * y + float(sitting.rng.random())
    colors = [np.cos(2 * np.pi * (hue + shift)) for shift in (0.0, 0.36, 0.66)]
    tint = np.clip(0.56 + 0.5 * np.dstack(colors), 0.08, 1)
    if sitting.colors:
        tint = np.broadcast_to(np.clip(pixels.unit_rgb(sitting.colors[0]) * 0.9 + 0.1, 0, 1), tint.shape)
    wall = sitting.values * pixels.rgb("39407c") * 0.42 + pixels.rgb("07070f")
    glow = np.zeros_like(wall)
    for radius, strength in ((3.5, 0.9), (11, 0.85), (34, 0.8), (90, 0.55)):
        glow += (pixels.blur(tubes, radius * unit) * strength * min(3.0, radius**0.35))[..., None] * tint
    lit = pixels.screen(wall, glow)
    core = pixels.smoothstep(0.35, 0.85, tubes)
    return pixels.to_image(pixels.mix(lit, tint * 0.28 + 0.74, core))


def _tubes(sitting: Sitting) -> Floats:
    """Smooth lines about 5 design pixels wide, 0 to 1: the subject's outline and its main inner edges."""
    unit = sitting.unit_px
    flat = flat_patches(sitting.image, 6)
    luma = pixels.blur(pixels.gray(flat), 3 * unit)
    chroma = pixels.blur(np.clip(0.5 + flat[..., 0] - flat[..., 2], 0, 1), 3 * unit)
    edges = np.hypot(pixels.edge_strength(luma), pixels.edge_strength(chroma) * 0.6)
    if sitting.subject is not None:
        inside = pixels.blur(sitting.subject, 2 * unit)
        edges = edges * (0.15 + 0.85 * inside) + pixels.edge_strength(inside) * 0.5
    strong = float(np.percentile(edges[::4, ::4], 97.5))
    line = pixels.smoothstep(0.45, 1.0, edges / max(strong, 0.006))
    return np.clip(pixels.blur(line, 1.6 * unit) * 1.25, 0, 1)


STYLES: dict[str, Style] = {
    "lowpoly": lowpoly,
    "mosaic": mosaic,
    "neon": neon,
    "origami": origami,
    "pixel": pixel,
    "stained": stained,
}
