"""Skies: gradient, sun or moon, stars, clouds, and what hangs or falls in the air."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.canvas import Canvas, fbm, ink, layer_rng
from limner.providers.sandbox.paint.pixels import Floats, mix, rgb
from limner.providers.sandbox.prompt.scene import Scene

_WHITE = rgb("ffffff")


def paint_sky(canvas: Canvas, scene: Scene, bottom: int) -> None:
    """The whole sky, down to row `bottom`."""
    bottom = max(2, min(canvas.height, bottom))
    _gradient(canvas, bottom)
    if canvas.light.is_night:
        _stars(canvas, bottom)
    if "aurora" in scene.landmarks:
        _aurora(canvas, bottom)
    if canvas.light.is_night or "moon" in scene.landmarks:
        _moon(canvas, bottom, large="moon" in scene.landmarks)
    elif scene.weather not in ("overcast", "rain", "storm"):
        veiled = 0.35 if scene.weather == "fog" else 1.0
        _sun(canvas, bottom, low=scene.time in ("golden", "sunset", "dawn"), veiled=veiled)
    _clouds(canvas, bottom, _cloudiness(scene))
    if "rainbow" in scene.landmarks:
        _rainbow(canvas, bottom)
    if "fireworks" in scene.landmarks:
        _fireworks(canvas, bottom)
    if scene.weather == "storm":
        _lightning(canvas, bottom)


def sun_px(canvas: Canvas) -> tuple[float, float]:
    """Where the sun or moon stands, in pixels."""
    y = canvas.light.sun_y_part * canvas.horizon
    return canvas.light.sun_x_part * canvas.width, y


def _cloudiness(scene: Scene) -> float:
    cover = {"overcast": 1.0, "storm": 1.0, "rain": 0.9, "fog": 0.25, "snowfall": 0.8}
    if scene.weather is not None:
        return cover.get(scene.weather, 0.5)
    return 0.25 if scene.time == "night" else 0.5


def _gradient(canvas: Canvas, bottom: int) -> None:
    light = canvas.light
    t = (canvas.rows(0, bottom) / max(1, canvas.horizon)).clip(0, 1)[..., None]
    upper = mix(light.zenith, light.middle, pixels.smoothstep(0.0, 0.68, t))
    sky = mix(upper, light.haze, pixels.smoothstep(0.45, 1.0, t))
    canvas.rgb[:bottom] = sky


def _sun(canvas: Canvas, bottom: int, *, low: bool, veiled: float) -> None:
    x, y = sun_px(canvas)
    light = canvas.light
    columns = (np.arange(max(2, canvas.width // 4), dtype=np.float32) + 0.5) * canvas.width / max(2, canvas.width // 4)
    rows = (np.arange(max(2, bottom // 4), dtype=np.float32)[:, None] + 0.5) * bottom / max(2, bottom // 4)
    distance = np.hypot(columns[None, :] - x, rows - y) / canvas.unit
    glow = np.exp(-distance * 3.6) * (0.62 if low else 0.34) + np.exp(-distance * 14) * 0.5
    full = pixels.resized(np.minimum(glow, 0.9), canvas.width, bottom)
    canvas.screen(0, full[..., None] * light.sun)
    radius = (0.062 if low else 0.045) * canvas.unit
    disc = _disc(radius, mix(light.sun, _WHITE, 0.45), veiled)
    canvas.stamp(
        disc.crop((0, 0, disc.width, max(1, min(disc.height, bottom - round(y - radius))))),
        round(x - radius),
        round(y - radius),
    )


def _disc(radius: float, color: Floats, opacity: float) -> Image.Image:
    """A round sun, RGBA."""
    side = max(4, round(radius * 2)) * 3
    image = Image.new("RGBA", (side, side), ink(color, 0))
    ImageDraw.Draw(image).ellipse([0, 0, side - 1, side - 1], fill=ink(color, round(255 * opacity)))
    return image.reduce(3)


def _moon(canvas: Canvas, bottom: int, *, large: bool) -> None:
    x, y = sun_px(canvas)
    radius = canvas.unit * (0.12 if large else 0.055)
    distance = np.hypot(canvas.columns() - x, canvas.rows(0, bottom) - y)
    glow = np.exp(-distance / (radius * 2.6)) * 0.42
    canvas.screen(0, glow[..., None] * canvas.light.sun)
    face = moon_face(max(8, round(radius * 2)), canvas.rng("moon"))
    canvas.stamp(face, round(x - radius), round(y - radius))


def moon_face(size_px: int, rng: np.random.Generator, *, shaded: float = 0.25) -> Image.Image:
    """A full moon with dark seas and craters, RGBA."""
    side = size_px * 2
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    radius = np.hypot(x, y)
    seas = pixels.smoothstep(0.46, 0.62, fbm(side, side, rng, cells=3, octaves=4))
    tone = 0.95 - 0.20 * seas
    for _ in range(26):
        angle, far, size = rng.random() * math.tau, math.sqrt(rng.random()) * 0.9, 0.03 + 0.09 * rng.random() ** 2
        cx, cy = math.cos(angle) * far, math.sin(angle) * far
        d = np.hypot((x - cx), (y - cy)) / size
        rim = np.exp(-((d - 1) ** 2) * 12)
        side_lit = ((x - cx) + (y - cy)) / size
        tone = tone + 0.07 * rim * np.clip(side_lit, -1, 1) - 0.05 * np.exp(-d * d)
    limb = np.sqrt(np.clip(1 - radius * radius, 0, 1))
    tone = tone * (1 - shaded + shaded * limb)
    color = np.clip(tone, 0, 1)[..., None] * rgb("fdf8e6")
    image = pixels.to_image(color)
    image.putalpha(pixels.to_mask(np.clip((1 - radius) * side / 2, 0, 1)))
    return image.reduce(2)


def _stars(canvas: Canvas, bottom: int) -> None:
    rng = canvas.rng("stars")
    count = int(0.00045 * canvas.width * bottom * (1024 / canvas.unit) ** 0.8)
    scatter_stars(canvas, bottom, rng, count=min(900, count), fade=True)


def scatter_stars(canvas: Canvas, bottom: int, rng: np.random.Generator, *, count: int, fade: bool) -> None:
    """Small round stars of different brightness; with `fade`, fewer toward the horizon."""
    layer = np.zeros((bottom, canvas.width), np.float32)
    xs, ys, shines = rng.random(count), rng.random(count), rng.random(count)
    for x, y, shine in zip(xs, ys, shines, strict=True):
        if fade and y > 0.35 + 0.65 * shine:
            continue
        column, row = int(x * canvas.width), int(y * bottom)
        bright = 0.25 + 0.75 * shine**3
        layer[row, column] = max(layer[row, column], bright)
        if shine > 0.86 and canvas.unit > 200:
            reach = 1 if shine < 0.97 else 2
            for step in range(1, reach + 1):
                for dx, dy in ((step, 0), (-step, 0), (0, step), (0, -step)):
                    if 0 <= row + dy < bottom and 0 <= column + dx < canvas.width:
                        layer[row + dy, column + dx] = max(layer[row + dy, column + dx], bright * 0.45 / step)
    canvas.screen(0, layer[..., None] * rgb("f2f4ff"))


def _clouds(canvas: Canvas, bottom: int, cover: float) -> None:
    """Soft banks of cloud, lit from the side of the sun; worked at half size."""
    rng = canvas.rng("clouds")
    width, height = max(8, canvas.width // 2), max(8, bottom // 2)
    cells = 2.4 * max(1.0, canvas.width / canvas.unit)
    noise = fbm(width, height, rng, cells=cells, octaves=6, squash=2.4)
    low = 0.60 - 0.22 * cover
    t = np.linspace(0, bottom / max(1, canvas.horizon), height, dtype=np.float32)[:, None]
    density = pixels.smoothstep(low, low + 0.20, noise) * np.clip(1.12 - t, 0, 1) ** 0.7
    shift = max(1, round(0.018 * canvas.unit / 2)) * (1 if canvas.light.from_left else -1)
    toward_sun = _shifted(noise, max(1, abs(shift)), shift)
    facing = np.clip((noise - toward_sun) * 5.5 + 0.55 - 0.25 * (density - 0.5), 0, 1)[..., None]
    light = canvas.light
    bright, shade = _cloud_colors(canvas, cover)
    color = shade + (bright - shade) * facing
    color = mix(color, np.broadcast_to(light.haze, color.shape), 0.35 * t[..., None].clip(0, 1))
    amount = (density * (0.9 if cover > 0.7 else 0.82))[..., None]
    both = np.dstack([color, amount])
    full = np.dstack([pixels.resized(both[..., i], canvas.width, bottom) for i in range(4)])
    canvas.blend(0, full[..., :3], np.clip(full[..., 3], 0, 1))


def _shifted(plane: Floats, down: int, across: int) -> Floats:
    """The plane moved down and across; the edge is repeated."""
    height, width = plane.shape
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - across, 0, width - 1)
    return plane[rows[:, None], columns[None, :]]


def _cloud_colors(canvas: Canvas, cover: float) -> tuple[Floats, Floats]:
    light = canvas.light
    if light.is_night:
        return mix(light.middle, light.haze, 0.55), mix(light.zenith, light.middle, 0.7)
    if cover > 0.7:
        return light.haze, mix(light.zenith, light.middle, 0.35)
    return mix(light.sun, _WHITE, 0.5), mix(light.middle, light.zenith, 0.25) * np.float32(0.96)


def _aurora(canvas: Canvas, bottom: int) -> None:
    rng = canvas.rng("aurora")
    x = np.linspace(0, 1, canvas.width, dtype=np.float32)[None, :]
    y = canvas.rows(0, bottom) / bottom
    for color, base in (("46f0a0", 0.52), ("38c8e0", 0.40), ("a45cf0", 0.30)):
        phase, bend = rng.random(3) * math.tau, 0.06 + 0.08 * rng.random()
        line = base + bend * np.sin(x * 5 + phase[0]) + 0.04 * np.sin(x * 13 + phase[1])
        above = line - y
        curtain = np.where(above > 0, np.exp(-above * 4.2), np.exp(above * 26))
        rays = 0.55 + 0.45 * np.sin(x * 60 + 5 * np.sin(x * 9 + phase[2]))
        canvas.screen(0, (curtain * rays * 0.72)[..., None] * rgb(color))


def _rainbow(canvas: Canvas, bottom: int) -> None:
    radius = 0.92 * min(canvas.width * 0.52, bottom * 0.98)
    center = canvas.width * (0.55 if canvas.light.from_left else 0.45)
    distance = np.hypot(canvas.columns() - center, canvas.rows(0, bottom) - bottom * 1.04)
    t = np.clip((radius - distance) / (radius * 0.13), -0.2, 1.2)
    stops = np.linspace(0, 1, 7)
    colors = np.stack([rgb(c) for c in ("ff3b30", "ff9500", "ffe033", "34c759", "32b4f0", "4b5ce0", "a050e0")])
    band = np.stack([np.interp(t, stops, colors[:, i]) for i in range(3)], -1).astype(np.float32)
    strength = pixels.smoothstep(-0.08, 0.1, t) * pixels.smoothstep(1.08, 0.9, t) * 0.62
    canvas.blend(0, band, strength.astype(np.float32))


def _fireworks(canvas: Canvas, bottom: int) -> None:
    rng = canvas.rng("fireworks")
    size = (canvas.width, bottom)
    sparks = Image.new("RGB", size)
    pen = ImageDraw.Draw(sparks)
    colors = ("ffd166", "ff5d73", "7fdcff", "b98cff", "9dffb0", "fff3c4")
    for burst in range(6):
        color = ink(rgb(colors[burst % len(colors)]))[:3]
        cx, cy = canvas.width * (0.1 + 0.8 * rng.random()), bottom * (0.12 + 0.5 * rng.random())
        radius = canvas.unit * (0.10 + 0.12 * rng.random())
        rays = int(rng.integers(18, 30))
        for ray in range(rays):
            angle = math.tau * ray / rays + rng.normal() * 0.05
            reach = radius * (0.85 + 0.2 * rng.random())
            points = [
                (cx + math.cos(angle) * reach * t, cy + math.sin(angle) * reach * t + 0.22 * reach * t * t)
                for t in (0.25, 0.5, 0.75, 1.0)
            ]
            pen.line(points, fill=color, width=max(1, round(canvas.unit / 420)))
            dot = max(1.0, canvas.unit / 300)
            end = points[-1]
            pen.ellipse([end[0] - dot, end[1] - dot, end[0] + dot, end[1] + dot], fill=color)
    glow = sparks.filter(ImageFilter.GaussianBlur(canvas.unit / 90))
    canvas.screen(0, pixels.to_floats(glow) * 1.4)
    canvas.screen(0, pixels.to_floats(sparks.filter(ImageFilter.GaussianBlur(canvas.unit / 1600))))


def _lightning(canvas: Canvas, bottom: int) -> None:
    rng = canvas.rng("lightning")
    bolt = Image.new("L", (canvas.width, bottom))
    pen = ImageDraw.Draw(bolt)
    x, y = canvas.width * (0.25 + 0.5 * rng.random()), 0.0
    while y < bottom:
        next_x, next_y = x + rng.normal() * canvas.unit * 0.035, y + canvas.unit * (0.02 + 0.04 * rng.random())
        pen.line([(x, y), (next_x, next_y)], fill=255, width=max(1, round(canvas.unit / 260)))
        if rng.random() < 0.16:
            reach = canvas.unit * 0.12
            pen.line([(x, y), (x + rng.normal() * reach, y + reach)], fill=170, width=max(1, round(canvas.unit / 500)))
        x, y = next_x, next_y
    glow = pixels.from_mask(bolt.filter(ImageFilter.GaussianBlur(canvas.unit / 60)))
    canvas.screen(0, (glow * 1.6)[..., None].clip(0, 0.8) * rgb("b8c8ff"))
    canvas.screen(0, pixels.from_mask(bolt)[..., None] * rgb("f4f6ff"))


def paint_weather(canvas: Canvas, scene: Scene) -> None:
    """What falls or hangs in front of everything: rain, snow, fog."""
    if scene.weather in ("rain", "storm"):
        _rain(canvas)
    elif scene.weather == "snowfall":
        paint_snowflakes(canvas)
    elif scene.weather == "fog":
        paint_fog(canvas, 0.44)


def paint_fog(canvas: Canvas, strength: float) -> None:
    """Drifts of mist, thickest around the horizon."""
    width, height = max(8, canvas.width // 4), max(8, canvas.height // 4)
    noise = fbm(width, height, canvas.rng("fog"), cells=2, octaves=4, squash=3)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    veil = np.exp(-(((y - canvas.horizon_part) / 0.28) ** 2)) * (0.55 + 0.9 * (noise - 0.4))
    full = pixels.resized(np.clip(veil * strength * 1.4, 0, 0.92), canvas.width, canvas.height)
    canvas.blend(0, canvas.light.haze, np.clip(full, 0, 1))


def _rain(canvas: Canvas) -> None:
    rng = canvas.rng("rain")
    layer = Image.new("L", (canvas.width, canvas.height))
    pen = ImageDraw.Draw(layer)
    for _ in range(min(900, int(420 * canvas.width * canvas.height / canvas.unit**2))):
        x, y = rng.random() * canvas.width * 1.1, rng.random() * canvas.height
        length = canvas.unit * (0.02 + 0.035 * rng.random())
        pen.line([(x, y), (x - length * 0.22, y + length)], fill=int(60 + 110 * rng.random()), width=1)
    soft = pixels.from_mask(layer.filter(ImageFilter.GaussianBlur(0.5)))
    canvas.screen(0, soft[..., None] * rgb("dfe8f2") * 0.8)


def paint_snowflakes(canvas: Canvas) -> None:
    """Falling snow, small and far to large and near."""
    rng = layer_rng(canvas.seed, "flakes", 0)
    layer = Image.new("L", (canvas.width, canvas.height))
    pen = ImageDraw.Draw(layer)
    for _ in range(min(900, int(260 * canvas.width * canvas.height / canvas.unit**2))):
        x, y = rng.random() * canvas.width, rng.random() * canvas.height
        radius = canvas.unit * (0.0012 + 0.0045 * rng.random() ** 3)
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=int(120 + 135 * rng.random()))
    soft = pixels.from_mask(layer.filter(ImageFilter.GaussianBlur(canvas.unit / 1400 + 0.4)))
    canvas.blend(0, _WHITE, soft * 0.95)
