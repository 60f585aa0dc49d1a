"""Backdrops under a roof: studio sweep, table top, room, and the plain ground of a poster."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.canvas import Canvas, fbm, gradient, ink
from limner.providers.sandbox.paint.pixels import Floats, mix, rgb
from limner.providers.sandbox.prompt.scene import Scene

_WHITE = rgb("ffffff")


def paint_studio(canvas: Canvas, color: Floats, *, floor_part: float) -> None:
    """A seamless paper sweep: a lit wall that turns into the floor."""
    x = (canvas.columns() / canvas.width - 0.5) * canvas.width / canvas.unit
    y = canvas.rows(0, canvas.height) / canvas.height
    spot = np.exp(-((x / 0.62) ** 2 + ((y - 0.42) * canvas.height / canvas.unit / 0.55) ** 2))
    wall = mix(color * 0.86, mix(color, _WHITE, 0.34), spot[..., None])
    floor = mix(color * 0.94, mix(color, _WHITE, 0.22), np.exp(-((x / 0.7) ** 2))[..., None])
    t = pixels.smoothstep(floor_part - 0.10, floor_part + 0.04, y)[..., None]
    canvas.rgb[:] = mix(wall, floor, t)


def paint_table(canvas: Canvas, scene: Scene, *, edge_part: float) -> None:
    """A table top before a softly blurred room with round lights."""
    night = canvas.light.is_night
    far = rgb("3a2a22") if night else rgb("b49a80")
    near = rgb("1d1512") if night else rgb("7d6552")
    edge = int(canvas.height * edge_part)
    canvas.rgb[:] = gradient(canvas.height, canvas.width, near, far)
    _window_light(canvas, edge)
    _round_lights(canvas, edge, bright=night or "bokeh" in scene.camera or "macro" in scene.camera)
    marble = "marble" in scene.prompt.lower()
    _table_top(canvas, edge, marble=marble)


def _window_light(canvas: Canvas, edge: int) -> None:
    """A large soft patch of daylight on the wall."""
    x = (canvas.columns() - canvas.width * canvas.light.sun_x_part) / (canvas.unit * 0.34)
    y = (canvas.rows(0, edge) - edge * 0.38) / (canvas.unit * 0.36)
    glow = np.exp(-(x**2 + y**2))
    canvas.screen(0, (glow * (0.20 if canvas.light.is_night else 0.55))[..., None] * rgb("ffe9c6"))


def _round_lights(canvas: Canvas, edge: int, *, bright: bool) -> None:
    """Discs of light out of focus."""
    rng = canvas.rng("bokeh")
    layer = Image.new("RGB", (canvas.width, max(1, edge)))
    pen = ImageDraw.Draw(layer, "RGBA")
    colors = ("ffdca0", "ffb978", "fff0d0", "ffd0b0", "d8e6ff")
    count = round((22 if bright else 10) * max(1.0, canvas.width / canvas.unit))
    for _ in range(count):
        x, y = rng.random() * canvas.width, edge * (0.05 + 0.85 * rng.random())
        radius = canvas.unit * (0.016 + 0.045 * rng.random())
        color = ink(rgb(colors[int(rng.integers(len(colors)))]), int(40 + (110 if bright else 60) * rng.random()))
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=color)
        rim = (*color[:3], min(255, color[3] + 30))
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], outline=rim, width=max(1, round(radius * 0.08)))
    soft = layer.filter(ImageFilter.GaussianBlur(canvas.unit * 0.004))
    canvas.screen(0, pixels.to_floats(soft) * 0.85)


def _table_top(canvas: Canvas, edge: int, *, marble: bool) -> None:
    rows = canvas.height - edge
    if rows < 3:
        return
    rng = canvas.rng("table")
    t = ((np.arange(rows, dtype=np.float32) + 0.5) / rows)[:, None]
    width, height = max(8, canvas.width // 2), max(3, rows // 2)
    if marble:
        noise = pixels.resized(fbm(width, height, rng, cells=3, octaves=5), canvas.width, rows)
        vein = np.exp(-((np.abs(noise - 0.5) / 0.018) ** 2)) * 0.35 + (noise - 0.5) * 0.25
        color = rgb("ecebe8") * (1 - vein[..., None] * 0.55)
    else:
        color = _wood(canvas, rng, rows, t)
    shade = 0.82 + 0.26 * t
    sheen = (
        np.exp(-(((canvas.columns() - canvas.width * canvas.light.sun_x_part) / (canvas.unit * 0.5)) ** 2))
        * (1 - t) ** 2
    )
    night = 0.5 if canvas.light.is_night else 1.0
    surface = color * shade[..., None] * night + sheen[..., None] * 0.30 * rgb("ffe6c0")
    fade = pixels.smoothstep(0.0, 0.05, t)
    canvas.blend(edge, np.clip(surface, 0, 1), np.broadcast_to(fade, (rows, canvas.width)))


def _wood(canvas: Canvas, rng: np.random.Generator, rows: int, t: Floats) -> Floats:
    """Planks running across, in perspective, with grain that bends around knots."""
    width, height = max(8, canvas.width // 2), max(3, rows // 2)
    wide = max(1.0, canvas.width / canvas.unit)
    bend = pixels.resized(fbm(width, height, rng, cells=1.3 * wide, octaves=2, squash=1.0), canvas.width, rows)
    fibre = pixels.resized(fbm(width, height, rng, cells=3 * wide, octaves=5, squash=24), canvas.width, rows)
    depth = np.log1p(t * 3.2) / math.log(4.2)
    plank = depth * 4.0
    number = np.floor(plank).astype(int) % 8
    rings = 0.5 + 0.5 * np.sin(plank * 15 + bend * 7 + number * 2.1)
    tone = 0.88 + 0.18 * rng.random(8).astype(np.float32)[number] + 0.09 * (rings - 0.5) + 0.42 * (fibre - 0.5)
    seam = np.exp(-(((plank - np.round(plank)) / 0.02) ** 2)) * (np.round(plank) > 0) * 0.45
    color: Floats = mix(rgb("8a5a36"), rgb("b98552"), rings[..., None] * 0.5 + 0.25)
    planks: Floats = color * (tone * (1 - seam))[..., None]
    return planks


def paint_rug(canvas: Canvas, *, center_part: float) -> None:
    """A round woven rug lying on the floor."""
    x = (canvas.columns() - canvas.width * 0.5) / (canvas.unit * 0.42)
    y = (canvas.rows(0, canvas.height) - canvas.height * center_part) / (canvas.unit * 0.085)
    far = np.hypot(x, y)
    inside = pixels.smoothstep(1.0, 0.985, far)
    stripes = np.floor(far * 5.5) % 2
    color = mix(rgb("b4574a"), rgb("e7d3b5"), stripes[..., None]) * canvas.light.tint
    canvas.blend(0, np.clip(color, 0, 1), inside * 0.95)


def paint_room(canvas: Canvas, scene: Scene, *, floor_part: float) -> None:
    """A room: wall, skirting, boards, a window with the light of day, a framed picture."""
    rng = canvas.rng("room")
    walls = ("d8c8b4", "c3cfc9", "d9c3bd", "c9cfdd", "e0d6c0")
    wall = rgb(walls[int(rng.integers(len(walls)))]) * (0.42 if canvas.light.is_night else 1.0)
    edge = int(canvas.height * floor_part)
    canvas.rgb[:] = gradient(canvas.height, canvas.width, wall * 0.90, wall)
    _table_top(canvas, edge, marble=False)
    skirting = max(2, round(canvas.unit * 0.022))
    canvas.rgb[max(0, edge - skirting) : edge] = mix(wall, _WHITE, 0.5)
    left = canvas.light.from_left
    _window(canvas, 0.20 if left else 0.80, edge)
    if "fireplace" in scene.prompt.lower() or "fire place" in scene.prompt.lower():
        _fireplace(canvas, 0.72 if left else 0.28, edge)
    else:
        _framed(canvas, rng, 0.74 if left else 0.26, edge)
    _sunbeam(canvas, 0.20 if left else 0.80, edge)


def _window(canvas: Canvas, x_part: float, edge: int) -> None:
    unit = min(canvas.unit, edge * 1.3)
    half, height = unit * 0.15, unit * 0.40
    x, top = canvas.width * x_part, edge * 0.5 - height * 0.62
    image = Image.new("RGBA", (round(half * 2 * 2), round(height * 2)))
    pen = ImageDraw.Draw(image)
    wide, tall = image.size
    frame = wide * 0.055
    pen.rectangle([0, 0, wide, tall], fill=ink(rgb("f6f2ea") * (0.55 if canvas.light.is_night else 1.0)))
    light = canvas.light
    for row in range(2):
        for column in range(2):
            x0 = frame + column * (wide - frame) / 2
            y0 = frame + row * (tall - frame) / 2
            x1, y1 = x0 + (wide - frame) / 2 - frame, y0 + (tall - frame) / 2 - frame
            steps = 24
            for step in range(steps):
                part = (row + step / steps) / 2
                color = mix(light.zenith, light.haze, part)
                pen.rectangle(
                    [x0, y0 + (y1 - y0) * step / steps, x1, y0 + (y1 - y0) * (step + 1) / steps], fill=ink(color)
                )
    canvas.stamp(image.reduce(2), round(x - half), round(top))


def _framed(canvas: Canvas, rng: np.random.Generator, x_part: float, edge: int) -> None:
    unit = min(canvas.unit, edge * 1.3)
    wide, tall = unit * 0.26, unit * 0.20
    x, y = canvas.width * x_part - wide / 2, edge * 0.34 - tall / 2
    image = Image.new("RGBA", (round(wide * 2), round(tall * 2)), ink(rgb("6a4a34")))
    pen = ImageDraw.Draw(image)
    w, h = image.size
    pad = h * 0.07
    pen.rectangle([pad, pad, w - pad, h - pad], fill=ink(rgb("f4efe4")))
    pen.rectangle([pad * 2.4, pad * 2.4, w - pad * 2.4, h - pad * 2.4], fill=ink(rgb("bcd6e0")))
    pen.polygon([(pad * 2.4, h - pad * 2.4), (w * 0.42, h * 0.36), (w * 0.66, h - pad * 2.4)], fill=ink(rgb("6d8f86")))
    pen.polygon(
        [(w * 0.4, h - pad * 2.4), (w * 0.7, h * 0.46), (w - pad * 2.4, h - pad * 2.4)], fill=ink(rgb("86a89a"))
    )
    tint = np.full(3, 0.45 if canvas.light.is_night else 1.0, np.float32)
    canvas.stamp(image.reduce(2), round(x), round(y), tint=tint)


def _fireplace(canvas: Canvas, x_part: float, edge: int) -> None:
    unit = min(canvas.unit, edge * 1.4)
    wide, tall = unit * 0.42, unit * 0.36
    image = Image.new("RGBA", (round(wide * 2), round(tall * 2)))
    pen = ImageDraw.Draw(image)
    w, h = image.size
    pen.rectangle([w * 0.06, h * 0.1, w * 0.94, h], fill=ink(rgb("b8a896")))
    pen.rectangle([0, 0, w, h * 0.12], fill=ink(rgb("8a5f42")))
    pen.rectangle([w * 0.24, h * 0.34, w * 0.76, h], fill=ink(rgb("241a18")))
    for scale, color in ((1.0, "e2571e"), (0.72, "f79a2a"), (0.42, "ffd95c")):
        for x, tip in ((0.40, 0.56), (0.50, 0.46), (0.60, 0.58)):
            reach = w * 0.085 * scale
            top = h * (1 - (1 - tip) * scale)
            pen.polygon(
                [
                    (w * x - reach, h * 0.96),
                    (w * x - reach * 0.5, (top + h) / 2),
                    (w * x, top),
                    (w * x + reach * 0.6, (top + h) / 2),
                    (w * x + reach, h * 0.96),
                ],
                fill=ink(rgb(color)),
            )
    tint = np.full(3, 0.55 if canvas.light.is_night else 1.0, np.float32)
    canvas.stamp(image.reduce(2), round(canvas.width * x_part - wide / 2), round(edge - tall), tint=tint)
    distance = np.hypot(canvas.columns() - canvas.width * x_part, canvas.rows(0, canvas.height) - edge + tall * 0.3)
    canvas.screen(0, (np.exp(-distance / (unit * 0.16)) * 0.7)[..., None] * rgb("ff9a3c"))


def _sunbeam(canvas: Canvas, x_part: float, edge: int) -> None:
    """Window light lying on the floor."""
    if canvas.light.is_night:
        return
    sign = 1.0 if x_part < 0.5 else -1.0
    y = canvas.rows(edge, canvas.height)
    center = canvas.width * x_part + sign * (y - edge) * 0.9 + sign * canvas.unit * 0.08
    inside = pixels.smoothstep(canvas.unit * 0.16, canvas.unit * 0.12, np.abs(canvas.columns() - center))
    fade = np.clip(1 - (y - edge) / max(1.0, canvas.height - edge), 0, 1)
    canvas.screen(edge, (inside * fade * 0.32)[..., None] * canvas.light.sun)


def paint_poster_ground(canvas: Canvas, colors: tuple[Floats, Floats, Floats]) -> None:
    """A poster's abstract ground: a gradient, a large disc, two waves."""
    upper, lower, accent = colors
    canvas.rgb[:] = gradient(canvas.height, canvas.width, upper, lower)
    rng = canvas.rng("poster")
    cx, cy = canvas.width * (0.5 + 0.12 * (rng.random() - 0.5)), canvas.height * 0.60
    radius = canvas.unit * 0.34
    distance = np.hypot(canvas.columns() - cx, canvas.rows(0, canvas.height) - cy)
    disc = np.clip(radius - distance, 0, 1)
    canvas.blend(0, mix(accent, _WHITE, 0.18), disc)
    x = np.linspace(0, 1, canvas.width, dtype=np.float32)
    for wave, (base, color) in enumerate(((0.74, mix(lower, accent, 0.35)), (0.84, mix(lower, upper, 0.6)))):
        phase = rng.random() * math.tau
        crest = canvas.height * (base + 0.035 * np.sin(x * 5.0 + phase) + 0.02 * np.sin(x * 11 + phase * (wave + 2)))
        y = canvas.rows(0, canvas.height)
        canvas.blend(0, color, np.clip(y - crest[None, :], 0, 1))
