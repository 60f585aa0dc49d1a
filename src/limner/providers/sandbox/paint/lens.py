"""What a lens and a darkroom do: focus, motion, glow, grading, the bend of a fisheye."""

from __future__ import annotations

import numpy as np
from PIL import Image

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.canvas import Canvas
from limner.providers.sandbox.prompt.scene import Scene


def soften_backdrop(canvas: Canvas, scene: Scene) -> None:
    """The backdrop out of focus, or smeared sideways by movement, before subjects stand on it."""
    if {"macro", "bokeh"}.intersection(scene.camera) and scene.subjects and "table" not in scene.places:
        canvas.rgb = pixels.blur(canvas.rgb.clip(0, 1), canvas.unit * 0.012)
    elif {"portrait", "closeup"}.intersection(scene.camera) and scene.subjects:
        canvas.rgb = pixels.blur(canvas.rgb.clip(0, 1), canvas.unit * 0.007)
    if "motion" in scene.camera:
        canvas.rgb = _smeared(canvas.rgb, max(2, round(canvas.unit * 0.05)))


def _smeared(values: pixels.Floats, reach_px: int) -> pixels.Floats:
    """A mean over `reach_px` pixels to either side."""
    padded = np.pad(values, ((0, 0), (reach_px + 1, reach_px), (0, 0)), mode="edge")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    wide = 2 * reach_px + 1
    return ((sums[:, wide:] - sums[:, :-wide]) / wide).astype(np.float32)


def glow(canvas: Canvas, scene: Scene) -> None:
    """Light that spills from the brightest parts of the backdrop; stronger when it is dark or dreamy."""
    strength = 0.30 if canvas.light.is_night or scene.mood in ("future", "fantasy") else 0.14
    height, width = canvas.rgb.shape[:2]
    small = pixels.to_image(canvas.rgb).reduce(4) if min(width, height) >= 32 else pixels.to_image(canvas.rgb)
    values = pixels.to_floats(small)
    bright = values * pixels.smoothstep(0.66, 0.98, pixels.gray(values))[..., None]
    soft = pixels.to_image(pixels.blur(bright, canvas.unit * 0.03 * small.width / width))
    full = pixels.to_floats(soft.resize((width, height), Image.Resampling.BICUBIC))
    canvas.screen(0, full * strength)


def grade(canvas: Canvas, scene: Scene) -> None:
    """A gentle curve, the vignette, and stronger color where the prompt asks for joy."""
    values = canvas.rgb
    if scene.mood == "happy":
        values = pixels.saturate(values, 1.18)
    elif scene.mood == "dark":
        values = pixels.saturate(values, 0.72) * 0.86
    canvas.rgb = values if scene.flat else pixels.vignette(values, 0.10 if scene.kind == "poster" else 0.20)


def curved(image: Image.Image) -> Image.Image:
    """The picture with a gentle contrast curve."""
    steps = [level / 255 for level in range(256)]
    table = [round(255 * (v + 0.40 * (v - 0.5) * v * (1 - v))) for v in steps]
    return image.point(table * 3)


def bend(image: Image.Image, scene: Scene) -> Image.Image:
    """The picture through a fisheye, if the scene has one."""
    if "fisheye" not in scene.camera:
        return image
    values = pixels.to_floats(image)
    height, width = values.shape[:2]
    short = min(width, height)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    dx, dy = (x + 0.5 - width / 2) / (short / 2), (y + 0.5 - height / 2) / (short / 2)
    radius = np.hypot(dx, dy)
    reach = np.tan(np.clip(radius, 0, 0.999) * 1.15) / np.tan(1.15) / np.maximum(radius, 1e-4)
    columns = np.clip(dx * reach * width / 2 + width / 2, 0, width - 1).astype(int)
    rows = np.clip(dy * reach * height / 2 + height / 2, 0, height - 1).astype(int)
    inside = np.clip((1 - radius) * short / 4, 0, 1)[..., None]
    return pixels.to_image(values[rows, columns] * inside)
