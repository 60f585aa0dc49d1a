"""Backdrops of other worlds: space, under water, among the clouds, and Chinese ink landscape."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from limner.providers.sandbox.paint import backdrops_land, backdrops_sky, pixels
from limner.providers.sandbox.paint.canvas import Canvas, fbm, gradient, ink, profile, smoothed
from limner.providers.sandbox.paint.light import plain_light
from limner.providers.sandbox.paint.pixels import Floats, mix, rgb
from limner.providers.sandbox.prompt.scene import Scene


def paint_space(canvas: Canvas, scene: Scene) -> None:
    """Stars, a nebula in two colors, and a lit planet (or the moon)."""
    rng = canvas.rng("space")
    wide = max(1.0, canvas.width / canvas.unit)
    canvas.rgb[:] = gradient(canvas.height, canvas.width, rgb("070a1c"), rgb("0d1030"))
    width, height = max(8, canvas.width // 2), max(8, canvas.height // 2)
    pairs = (("5a2ba8", "c03a8c"), ("1c4fb0", "7a2fb4"), ("0f6a8c", "5a3ab8"))
    for color in pairs[int(rng.integers(len(pairs)))]:
        veil = fbm(width, height, rng, cells=1.6 * wide, octaves=6)
        cloud = pixels.resized(pixels.smoothstep(0.46, 0.78, veil), canvas.width, canvas.height)
        canvas.screen(0, (cloud.clip(0, 1) * 0.78)[..., None] * rgb(color))
    count = int(min(1100, 420 * canvas.width * canvas.height / canvas.unit**2))
    backdrops_sky.scatter_stars(canvas, canvas.height, canvas.rng("stars"), count=count, fade=False)
    _planet(canvas, scene, rng)


def paint_lunar(canvas: Canvas, scene: Scene) -> None:
    """The surface of the moon, or of Mars, under stars and a planet."""
    paint_space(canvas, scene)
    red = "mars" in scene.prompt.lower()
    canvas.light = plain_light(rgb("cfd2de"))
    color = rgb("b0704a") if red else rgb("8c8d95")
    backdrops_land.paint_hill(canvas, 0, base_part=0.66, rise_part=0.10, color=color * 0.7, haze=0.0)
    backdrops_land.paint_ground(canvas, "mars" if red else "moon", top_part=0.64, wave_part=0.03)
    rng = canvas.rng("craters")
    for depth in np.sort(rng.random(9)):
        x, y = rng.random() * canvas.width, canvas.height * (0.68 + 0.30 * depth)
        _crater(canvas, x, y, canvas.unit * (0.02 + 0.09 * depth * rng.random()))


def _crater(canvas: Canvas, x: float, y: float, radius: float) -> None:
    box = canvas.inside(round(x - 1.4 * radius), round(y - radius), round(2.8 * radius), round(2 * radius))
    if box is None:
        return
    x0, y0, x1, y1 = box
    across = (np.arange(x0, x1, dtype=np.float32)[None, :] + 0.5 - x) / radius
    down = (np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5 - y) / (radius * 0.36)
    far = np.hypot(across, down)
    inner = pixels.smoothstep(1.0, 0.85, far) * (0.30 - 0.14 * np.clip(down, -1, 1))
    rim = np.exp(-(((far - 1.04) / 0.10) ** 2)) * (0.16 + 0.10 * down)
    region = canvas.rgb[y0:y1, x0:x1]
    region *= (1 - inner + rim)[..., None]


def _planet(canvas: Canvas, scene: Scene, rng: np.random.Generator) -> None:
    alone = not scene.subjects
    radius = canvas.unit * (0.30 if alone else 0.15)
    x = canvas.width * (0.5 if alone else 0.80 if canvas.light.from_left else 0.20)
    y = canvas.height * (0.5 if alone else 0.22)
    size = max(8, round(radius * 2))
    if "moon" in scene.landmarks:
        canvas.stamp(backdrops_sky.moon_face(size, rng, shaded=0.75), round(x - radius), round(y - radius))
        return
    hues = (("d98a5a", "f2d2a0"), ("4f86c9", "bfe0f2"), ("b06fb8", "f0c6dc"), ("4fa08c", "d6f0d8"))
    low, high = hues[int(rng.integers(len(hues)))]
    side = size * 2
    v, u = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    far = np.hypot(u, v)
    bands = fbm(side, side, rng, cells=2, octaves=5, squash=4)
    tone = 0.5 + 0.5 * np.sin((v * 0.94 + u * 0.34) * 9 + bands * 7)
    z = np.sqrt(np.clip(1 - far * far, 0, 1))
    sign = -1.0 if canvas.light.from_left else 1.0
    lit = np.clip(0.62 * u * sign * 1 - 0.45 * v + 0.62 * z, 0, 1) ** 0.9
    color = mix(rgb(low), rgb(high), tone[..., None]) * (0.05 + 1.05 * lit[..., None])
    color = color + (np.exp(-((1 - far) / 0.07)) * lit)[..., None] * rgb("bcd8ff") * 0.5
    image = pixels.to_image(color)
    image.putalpha(pixels.to_mask(np.clip((1 - far) * side / 2, 0, 1)))
    canvas.stamp(image.reduce(2), round(x - radius), round(y - radius))


def paint_underwater(canvas: Canvas) -> None:
    """Blue depth, shafts of light from above, a sandy floor with weed and bubbles."""
    canvas.rgb[:] = gradient(canvas.height, canvas.width, rgb("3fb6d8"), rgb("0b3f74"))
    rng = canvas.rng("underwater")
    x = canvas.columns() / canvas.unit
    y = canvas.rows(0, canvas.height) / canvas.height
    lean = (x - 0.3 * canvas.width / canvas.unit) / (0.5 + y * 1.4)
    beams = 0.5 + 0.5 * np.sin(lean * 13 + rng.random() * 6) * np.sin(lean * 29 + rng.random() * 6)
    canvas.screen(0, (beams**2 * np.clip(0.72 - y, 0, 1) * 0.55)[..., None] * rgb("d4f6ff"))
    _sea_floor(canvas, rng)
    _weed(canvas, rng)
    _bubbles(canvas, rng)


def _sea_floor(canvas: Canvas, rng: np.random.Generator) -> None:
    for layer, (base, color) in enumerate((("0.80", "2c6f8e"), ("0.88", "b9b78a"))):
        line = profile(canvas.width, rng, cells=2.4 + layer, octaves=4)
        crest = canvas.height * (float(base) - 0.035 * line)
        top = max(0, int(crest.min()) - 1)
        y = canvas.rows(top, canvas.height)
        depth = np.clip((y - crest[None, :]) / (canvas.height * 0.2), 0, 1)[..., None]
        body = mix(mix(rgb(color), rgb("9fdbe8"), 0.25), rgb(color) * 0.72, depth)
        canvas.blend(top, body, np.clip(y - crest[None, :], 0, 1))


def _weed(canvas: Canvas, rng: np.random.Generator) -> None:
    finer = 2
    image = Image.new("RGBA", (canvas.width * finer, canvas.height * finer))
    pen = ImageDraw.Draw(image)
    unit = canvas.unit * finer
    colors = ("2e8f6c", "3fae74", "c8556e", "e08a4e", "8a5cc0")
    for _ in range(round(13 * max(1.0, canvas.width / canvas.unit))):
        foot_x, foot_y = rng.random() * image.width, image.height * (0.88 + 0.1 * rng.random())
        color = ink(rgb(colors[int(rng.integers(len(colors)))]) * (0.75 + 0.3 * rng.random()))
        for _ in range(int(rng.integers(3, 7))):
            height, sway = unit * (0.08 + 0.16 * rng.random()), unit * 0.025 * rng.normal()
            start = foot_x + unit * 0.03 * rng.normal()
            points = [
                (start + sway * math.sin(t * 4.2) + sway * t, foot_y - height * t)
                for t in np.linspace(0, 1, 12).tolist()
            ]
            for place, (x, y) in enumerate(points):
                r = unit * 0.009 * (1.15 - place / 12)
                pen.ellipse([x - r, y - r * 1.6, x + r, y + r * 1.6], fill=color)
    canvas.stamp(image.reduce(finer), 0, 0, haze=0.0)


def _bubbles(canvas: Canvas, rng: np.random.Generator) -> None:
    layer = Image.new("L", (canvas.width, canvas.height))
    pen = ImageDraw.Draw(layer)
    for _ in range(round(34 * max(1.0, canvas.width / canvas.unit))):
        x, y = rng.random() * canvas.width, rng.random() * canvas.height * 0.9
        r = canvas.unit * (0.003 + 0.011 * rng.random() ** 2)
        pen.ellipse([x - r, y - r, x + r, y + r], fill=34, outline=130, width=max(1, round(r * 0.16)))
        s = r * 0.26
        pen.ellipse([x - r * 0.4 - s, y - r * 0.4 - s, x - r * 0.4 + s, y - r * 0.4 + s], fill=230)
    soft = pixels.from_mask(layer.filter(ImageFilter.GaussianBlur(0.6)))
    canvas.screen(0, soft[..., None] * rgb("e8fbff"))


def paint_cloudscape(canvas: Canvas, scene: Scene) -> None:
    """High in the air: the sky, and a sea of clouds below."""
    canvas.horizon_part = 0.95
    backdrops_sky.paint_sky(canvas, scene, canvas.height)
    for layer in range(3):
        rng = canvas.rng("cloudsea", layer)
        line = np.abs(profile(canvas.width, rng, cells=3 + layer, octaves=5, roughness=0.6))
        crest = canvas.height * (0.70 + 0.10 * layer - 0.10 * line)
        top = max(0, int(crest.min()) - 2)
        y = canvas.rows(top, canvas.height)
        broad = smoothed(crest, canvas.width // 12)
        shade = (y - broad[None, :]) / (canvas.height * 0.22) + 0.1
        depth = (y - crest[None, :]) / (canvas.height * 0.22)
        body = mix(
            mix(canvas.light.sun, rgb("ffffff"), 0.6),
            mix(canvas.light.middle, canvas.light.haze, 0.5),
            shade[..., None].clip(0, 1),
        )
        canvas.blend(top, body, pixels.smoothstep(-0.03, 0.16, depth))


def paint_shanshui(canvas: Canvas) -> None:
    """A Chinese ink landscape on paper: misty mountains, a red sun, a boat, a plum branch."""
    rng = canvas.rng("shanshui")
    paper, dusk = rgb("f3ead6"), rgb("e6d6b8")
    canvas.rgb[:] = gradient(canvas.height, canvas.width, paper, dusk)
    canvas.horizon_part = 0.78
    sun_x = canvas.width * (0.70 if canvas.light.from_left else 0.30)
    distance = np.hypot(canvas.columns() - sun_x, canvas.rows(0, canvas.height) - canvas.height * 0.40)
    radius = canvas.unit * 0.13
    canvas.blend(0, rgb("c8402f"), np.clip(radius - distance, 0, 1) * 0.9)
    for layer in range(4):
        _ink_mountain(canvas, rng, layer)
    _ink_boat(canvas)
    _plum_branch(canvas, rng)


def _ink_mountain(canvas: Canvas, rng: np.random.Generator, layer: int) -> None:
    tones = ("a9b7b4", "7f9694", "4f6f72", "2f4a52")
    wide = max(1.0, canvas.width / canvas.unit)
    line = profile(canvas.width, rng, cells=(2.0 + 0.5 * layer) * wide, octaves=6, roughness=0.45)
    base, rise = 0.62 + 0.09 * layer, 0.20 - 0.025 * layer
    crest = canvas.height * (base - rise * (0.35 + 0.8 * line))
    top = max(0, int(crest.min()) - 1)
    bottom = min(canvas.height, int(canvas.height * (base + 0.12)))
    y = canvas.rows(top, bottom)
    depth = (y - crest[None, :]) / (canvas.height * 0.17)
    wash = fbm(canvas.width, bottom - top, rng, cells=5 * wide, octaves=4)
    amount = np.clip(y - crest[None, :], 0, 1) * np.clip(1.0 - depth, 0, 1) ** 1.2 * (0.72 + 0.5 * (wash - 0.4))
    canvas.blend(top, rgb(tones[layer]), np.clip(amount, 0, 1))


def _ink_boat(canvas: Canvas) -> None:
    side = round(canvas.unit * 0.11) * 3
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    dark = (48, 44, 42, 255)
    pen.polygon(
        [
            (side * x, side * y)
            for x, y in ((0.04, 0.72), (0.16, 0.82), (0.80, 0.82), (0.97, 0.70), (0.78, 0.75), (0.2, 0.75))
        ],
        fill=dark,
    )
    pen.pieslice([side * 0.32, side * 0.56, side * 0.62, side * 0.92], 180, 360, fill=(96, 72, 52, 255))
    pen.line([(side * 0.72, side * 0.75), (side * 0.74, side * 0.5)], fill=dark, width=round(side * 0.03))
    pen.ellipse([side * 0.715, side * 0.45, side * 0.775, side * 0.51], fill=dark)
    x = canvas.width * (0.30 if canvas.light.from_left else 0.66)
    canvas.stamp(image.reduce(3), round(x), round(canvas.height * 0.87 - side / 3))


def _plum_branch(canvas: Canvas, rng: np.random.Generator) -> None:
    finer = 2
    unit = canvas.unit * finer
    side = round(unit * 0.62)
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    ends: list[tuple[float, float]] = []
    _branch(pen, rng, (0.0, side * 0.16), 0.35, side * 0.30, side * 0.030, ends, depth=4)
    for x, y in ends:
        for _ in range(2):
            _plum(
                pen,
                x + rng.normal() * unit * 0.018,
                y + rng.normal() * unit * 0.018,
                unit * (0.010 + 0.007 * rng.random()),
            )
    sprite = image.reduce(finer)
    if canvas.light.from_left:
        canvas.stamp(sprite, 0, 0)
    else:
        canvas.stamp(sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT), canvas.width - sprite.width, 0)


def _branch(
    pen: ImageDraw.ImageDraw, rng: np.random.Generator, start: tuple[float, float], angle: float, length: float,
    width: float, ends: list[tuple[float, float]], *, depth: int,
) -> None:  # fmt: skip
    bend = angle + rng.normal() * 0.22
    middle = (start[0] + math.cos(angle) * length * 0.5, start[1] + math.sin(angle) * length * 0.5)
    end = (middle[0] + math.cos(bend) * length * 0.5, middle[1] + math.sin(bend) * length * 0.5)
    pen.line([start, middle, end], fill=(56, 42, 38, 255), width=max(2, round(width)), joint="curve")
    ends.extend((middle, end) if depth < 4 else ())
    if depth > 0:
        for turn in (-0.55, 0.4):
            _branch(
                pen,
                rng,
                end,
                bend + turn * (0.6 + 0.6 * rng.random()),
                length * 0.68,
                width * 0.62,
                ends,
                depth=depth - 1,
            )


def _plum(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    for petal in range(5):
        angle = math.tau * petal / 5
        px, py = x + math.cos(angle) * radius * 0.7, y + math.sin(angle) * radius * 0.7
        pen.ellipse(
            [px - radius * 0.62, py - radius * 0.62, px + radius * 0.62, py + radius * 0.62], fill=(214, 74, 92, 255)
        )
    r = radius * 0.3
    pen.ellipse([x - r, y - r, x + r, y + r], fill=(252, 226, 170, 255))


def far_light(color: Floats) -> Floats:
    """How things look in a colored medium: a tint toward it."""
    return mix(rgb("ffffff"), color, 0.35)
