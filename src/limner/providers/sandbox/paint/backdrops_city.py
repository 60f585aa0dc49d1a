"""What people build: skylines, streets, bridges, wind turbines, lighthouses."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.canvas import Canvas, ink
from limner.providers.sandbox.paint.pixels import Floats, mix, rgb
from limner.providers.sandbox.prompt.scene import Scene

_FINER = 2
_FACADES = ("8d9ab4", "a58f86", "7f93a3", "b3a58c", "6f7f9c", "9b8797")
_FUTURE_FACADES = ("8fb4e0", "a79be6", "7fc7d9", "c3cff2", "8aa0e8")


def paint_skyline(canvas: Canvas, scene: Scene, *, base_part: float, layers: int = 3) -> None:
    """Rows of towers from the far to the near, with lit windows toward evening."""
    for layer in range(layers):
        _skyline_layer(canvas, scene, layer, layers, base_part)


def _skyline_layer(canvas: Canvas, scene: Scene, layer: int, layers: int, base_part: float) -> None:
    rng = canvas.rng("city", layer)
    nearness = layer / max(1, layers - 1)
    base = canvas.height * base_part
    room = min(base * 0.86, canvas.unit * 0.62)
    top = max(0, int(base - room * 1.25))
    bottom = min(canvas.height, int(base + canvas.unit * 0.02) + 1)
    if bottom - top < 4:
        return
    band = Image.new("RGBA", (canvas.width * _FINER, (bottom - top) * _FINER))
    pen = ImageDraw.Draw(band)
    x = -canvas.unit * 0.04
    while x < canvas.width + canvas.unit * 0.02:
        breadth = canvas.unit * (0.055 + 0.06 * rng.random()) * (0.8 + 0.5 * nearness)
        height = room * (0.34 + 0.62 * rng.random() ** 1.5) * (1.0 - 0.34 * nearness)
        box = (x * _FINER, (base - height - top) * _FINER, (x + breadth) * _FINER, (bottom - top) * _FINER)
        _tower(pen, canvas, scene, rng, box, nearness)
        x += breadth * (1.02 + 0.35 * rng.random() * (1 - 0.6 * nearness))
    canvas.stamp(band.reduce(_FINER), 0, top)
    _ground_haze(canvas, top, bottom, strength=0.34 * (1 - nearness) + 0.08)


def _tower(
    pen: ImageDraw.ImageDraw, canvas: Canvas, scene: Scene, rng: np.random.Generator,
    box: tuple[float, float, float, float], nearness: float,
) -> None:  # fmt: skip
    """One building: two faces, a roof by chance, a grid of windows."""
    future = scene.mood == "future"
    facades = _FUTURE_FACADES if future else _FACADES
    haze = 0.56 - 0.46 * nearness
    wall = rgb(facades[int(rng.integers(len(facades)))]) * (0.86 + 0.2 * rng.random()) * (1 - 0.22 * nearness)
    left, top, right, bottom = box
    pen.rectangle([left, top, right, bottom], fill=ink(canvas.lit(wall, haze)))
    turn = left + (right - left) * (0.66 if canvas.light.from_left else 0.34)
    dark = (turn, right) if canvas.light.from_left else (left, turn)
    pen.rectangle([dark[0], top, dark[1], bottom], fill=ink(canvas.lit(wall * 0.80, haze)))
    roof = _future_roof if future else _roof
    roof(pen, canvas, rng, box, ink(canvas.lit(wall * 1.08, haze)))
    _windows(pen, canvas, scene, rng, box, canvas.lit(wall, haze), nearness)


def _roof(
    pen: ImageDraw.ImageDraw, canvas: Canvas, rng: np.random.Generator, box: tuple[float, float, float, float],
    color: tuple[int, int, int, int],
) -> None:  # fmt: skip
    left, top, right, _ = box
    breadth, kind = right - left, rng.random()
    if kind < 0.28:
        pen.rectangle([left + breadth * 0.2, top - breadth * 0.3, right - breadth * 0.2, top], fill=color)
    elif kind < 0.42:
        middle = (left + right) / 2
        pen.rectangle([left + breadth * 0.3, top - breadth * 0.2, right - breadth * 0.3, top], fill=color)
        pen.line([(middle, top), (middle, top - breadth * 1.0)], fill=color, width=max(1, round(breadth * 0.05)))
    elif kind < 0.52:
        pen.polygon([(left, top), (right, top), ((left + right) / 2, top - breadth * 0.7)], fill=color)


def _future_roof(
    pen: ImageDraw.ImageDraw, canvas: Canvas, rng: np.random.Generator, box: tuple[float, float, float, float],
    color: tuple[int, int, int, int],
) -> None:  # fmt: skip
    left, top, right, _ = box
    breadth, middle, kind = right - left, (left + right) / 2, rng.random()
    glow = ink(mix(rgb("7ff0ff"), canvas.light.haze, 0.3))
    if kind < 0.3:
        pen.pieslice([left, top - breadth * 0.5, right, top + breadth * 0.5], 180, 360, fill=color)
        pen.line(
            [(middle, top - breadth * 0.5), (middle, top - breadth * 1.1)],
            fill=color,
            width=max(1, round(breadth * 0.05)),
        )
    elif kind < 0.55:
        pen.polygon([(left, top), (right, top), (middle, top - breadth * 1.7)], fill=color)
    elif kind < 0.75:
        for reach, drop in ((0.75, 0.5), (0.6, 0.95)):
            y = top + breadth * drop
            pen.ellipse([middle - breadth * reach, y, middle + breadth * reach, y + breadth * 0.3], fill=color)
            pen.ellipse(
                [middle - breadth * reach * 0.9, y, middle + breadth * reach * 0.9, y + breadth * 0.16], fill=glow
            )


def _windows(
    pen: ImageDraw.ImageDraw, canvas: Canvas, scene: Scene, rng: np.random.Generator,
    box: tuple[float, float, float, float], wall: Floats, nearness: float,
) -> None:  # fmt: skip
    """A grid of windows; some are lit."""
    lit_share = {"night": 0.52, "sunset": 0.34, "golden": 0.16, "dawn": 0.16}.get(scene.time, 0.0)
    size = max(3.0, canvas.unit * 0.0075 * (0.75 + 0.5 * nearness)) * _FINER
    left, top, right, bottom = box
    columns = max(1, int((right - left - size * 0.8) / (size * 1.7)))
    margin = (right - left - columns * size * 1.7 + size * 0.7) / 2
    glow = rgb("ffd98c") if scene.mood != "future" else rgb("9df2ff")
    dark = ink(mix(wall * 0.78, canvas.light.middle, 0.18))
    bright = ink(mix(glow, canvas.light.haze, 0.25 * (1 - nearness)))
    dim = ink(mix(wall, glow, 0.45))
    rows = min(60, max(0, int((bottom - top - size) / (size * 2.0))))
    lots = rng.random((rows, columns))
    for row in range(rows):
        y = top + size * (1.0 + 2.0 * row)
        for column in range(columns):
            x = left + margin + column * size * 1.7
            lot = lots[row, column]
            color = bright if lot < lit_share * 0.6 else dim if lot < lit_share else dark
            pen.rectangle([x, y, x + size, y + size * 1.15], fill=color)


def _ground_haze(canvas: Canvas, top: int, bottom: int, *, strength: float) -> None:
    t = pixels.smoothstep(0.35, 1.0, (canvas.rows(top, bottom) - top) / max(1, bottom - top))
    canvas.blend(top, canvas.light.haze, np.broadcast_to(t * strength, (bottom - top, canvas.width)))


def paint_street(canvas: Canvas, scene: Scene, *, top_part: float) -> None:
    """A road across the picture with kerbs, markings and wet shine at night."""
    top = int(canvas.height * top_part)
    rows = canvas.height - top
    if rows < 4:
        return
    y = canvas.rows(top, canvas.height)
    t = (y - top) / rows
    walk = canvas.lit(rgb("a3a6ad"), 0.06)
    road = canvas.lit(rgb("555a64"))
    color = np.where((t < 0.20)[..., None], walk, road * (1.05 - 0.25 * t[..., None]))
    color = np.where(((t > 0.185) & (t < 0.225))[..., None], walk * 0.72, color)
    canvas.rgb[top:] = np.broadcast_to(color, (rows, canvas.width, 3))
    if canvas.light.is_night or scene.weather in ("rain", "storm"):
        _wet_shine(canvas, top, rows, t)
    dash, gap = canvas.unit * 0.16, canvas.unit * 0.13
    phase = (canvas.columns() + canvas.rng("dashes").random() * (dash + gap)) % (dash + gap)
    on = np.clip(dash - phase, 0, 1) * np.clip(phase, 0, 1)
    line = np.clip((0.022 - np.abs(t - 0.64)) * rows, 0, 1)
    canvas.blend(top, canvas.lit(rgb("f2ead2")), line * on * 0.9)


def paint_lamps(canvas: Canvas, *, foot_part: float) -> None:
    """Street lamps along the far kerb; they glow after dark."""
    rng = canvas.rng("lamps")
    gap = canvas.unit * 0.42
    height = canvas.unit * 0.30
    sprite = _lamp(height, lit=canvas.light.is_night)
    x = gap * (0.2 + 0.6 * rng.random())
    while x < canvas.width:
        top = round(canvas.height * foot_part - height)
        canvas.stamp(sprite, round(x - sprite.width / 2), top, tint=mix(canvas.light.tint, rgb("ffffff"), 0.3))
        if canvas.light.is_night:
            _lamp_glow(canvas, x, top + height * 0.10, height)
        x += gap


def _lamp(height_px: float, *, lit: bool) -> Image.Image:
    side = max(16, round(height_px)) * 3
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    middle, post = side / 2, (52, 58, 66, 255)
    pen.rectangle([middle - side * 0.012, side * 0.14, middle + side * 0.012, side], fill=post)
    pen.rectangle([middle - side * 0.03, side * 0.95, middle + side * 0.03, side], fill=post)
    glass = (255, 232, 176, 255) if lit else (228, 234, 238, 255)
    pen.polygon(
        [
            (middle - side * 0.045, side * 0.05),
            (middle + side * 0.045, side * 0.05),
            (middle + side * 0.028, side * 0.15),
            (middle - side * 0.028, side * 0.15),
        ],
        fill=glass,
    )
    pen.polygon(
        [(middle - side * 0.06, side * 0.055), (middle, side * 0.01), (middle + side * 0.06, side * 0.055)], fill=post
    )
    return image.reduce(3)


def _lamp_glow(canvas: Canvas, x: float, y: float, height: float) -> None:
    reach = round(height * 1.1)
    box = canvas.inside(round(x) - reach, round(y) - reach, 2 * reach, 2 * reach)
    if box is None:
        return
    x0, y0, x1, y1 = box
    across = np.arange(x0, x1, dtype=np.float32)[None, :] - x
    down = np.arange(y0, y1, dtype=np.float32)[:, None] - y
    distance = np.hypot(across, down)
    fade = np.clip(1 - distance / reach, 0, 1) * (
        np.exp(-distance / (height * 0.10)) * 0.85 + np.exp(-distance / (height * 0.4)) * 0.26
    )
    region = canvas.rgb[y0:y1, x0:x1]
    canvas.rgb[y0:y1, x0:x1] = 1 - (1 - region.clip(0, 1)) * (1 - fade[..., None] * rgb("ffdf9c"))


def _wet_shine(canvas: Canvas, top: int, rows: int, t: Floats) -> None:
    """A blurred mirror of the lights above on the road."""
    source = np.clip(top - 1 - (np.arange(rows) * 1.35).astype(int), 0, top - 1)
    mirrored = pixels.blur(canvas.rgb[source].clip(0, 1), canvas.unit * 0.012)
    below = pixels.smoothstep(0.2, 0.3, t)
    canvas.screen(top, mirrored * (below * 0.42)[..., None])


def paint_bridge(canvas: Canvas, scene: Scene, *, deck_part: float) -> None:
    """A suspension bridge across the picture: two towers, cables, hangers, deck."""
    finer = 2
    width = canvas.width * finer
    top = int(max(0.0, canvas.height * deck_part - canvas.unit * 0.52))
    bottom = min(canvas.height, int(canvas.height * deck_part + canvas.unit * 0.16))
    band = Image.new("RGBA", (width, (bottom - top) * finer))
    pen = ImageDraw.Draw(band)
    unit, deck = canvas.unit * finer, (canvas.height * deck_part - top) * finer
    color = rgb("b8493a") if not canvas.light.is_night else rgb("a8685a")
    steel, shade = ink(canvas.lit(color, 0.06)), ink(canvas.lit(color * 0.72, 0.06))
    towers = (width * 0.24, width * 0.76)
    peak, low = deck - unit * 0.46, deck - unit * 0.04
    for start, end in ((-towers[0], towers[0]), towers, (towers[1], 2 * width - towers[1] + 0)):
        _cable(pen, start, end, peak, low, deck, unit, steel, shade)
    for x in towers:
        _bridge_tower(pen, x, peak, deck, unit, steel, shade)
    pen.rectangle([0, deck - unit * 0.012, width, deck + unit * 0.012], fill=steel)
    pen.rectangle([0, deck + unit * 0.012, width, deck + unit * 0.026], fill=shade)
    if canvas.light.is_night:
        for x in np.arange(0, width, unit * 0.055):
            r = unit * 0.004
            pen.ellipse([x - r, deck - unit * 0.03 - r, x + r, deck - unit * 0.03 + r], fill=(255, 226, 160, 255))
    canvas.stamp(band.reduce(finer), 0, top)


def _cable(
    pen: ImageDraw.ImageDraw, start: float, end: float, peak: float, low: float, deck: float, unit: float,
    steel: tuple[int, int, int, int], shade: tuple[int, int, int, int],
) -> None:  # fmt: skip
    points = []
    for t in np.linspace(0, 1, 41):
        sag = 4 * t * (1 - t)
        points.append((start + (end - start) * float(t), peak + (low - peak) * float(sag)))
    for x, y in points[1:-1]:
        pen.line([(x, y), (x, deck)], fill=shade, width=max(1, round(unit * 0.0022)))
    pen.line(points, fill=steel, width=max(2, round(unit * 0.008)), joint="curve")


def _bridge_tower(
    pen: ImageDraw.ImageDraw, x: float, peak: float, deck: float, unit: float,
    steel: tuple[int, int, int, int], shade: tuple[int, int, int, int],
) -> None:  # fmt: skip
    half, leg = unit * 0.042, unit * 0.017
    foot = deck + unit * 0.15
    for sign in (-1, 1):
        pen.rectangle(
            [x + sign * half - leg, peak - unit * 0.015, x + sign * half + leg, foot], fill=steel if sign < 0 else shade
        )
    for t in (0.0, 0.22, 0.48, 0.76):
        y = peak + (deck - peak) * t
        pen.rectangle([x - half, y, x + half, y + unit * 0.02], fill=steel)


def paint_turbines(canvas: Canvas, *, foot_part: float) -> None:
    """A wind farm: white turbines from far to near."""
    rng = canvas.rng("turbines")
    count = max(3, round(5 * canvas.width / canvas.unit))
    places = (np.arange(count) + 0.2 + 0.6 * rng.random(count)) / count
    order = np.argsort(rng.random(count))
    for rank, number in enumerate(order):
        nearness = rank / max(1, count - 1)
        height = canvas.unit * (0.22 + 0.46 * nearness**1.3)
        height = min(height, canvas.height * foot_part * 0.80)
        foot = canvas.height * foot_part + canvas.unit * 0.07 * nearness
        sprite = turbine(height, float(rng.random() * 2.1), canvas.light.from_left)
        x = places[number] * canvas.width
        left, top = round(x - sprite.width / 2), round(foot - sprite.height)
        canvas.stamp(sprite, left, top, tint=np.minimum(canvas.light.tint, 1.0), haze=0.34 * (1 - nearness))


def turbine(height_px: float, turn: float, from_left: bool) -> Image.Image:
    """One wind turbine, RGBA; the foot is at the middle of the bottom edge. `turn` is in radians."""
    side = max(12, round(height_px * 4 / 3)) * 3
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    middle, hub = side / 2, side * 0.40
    light, dark = (246, 248, 250, 255), (198, 206, 216, 255)
    wide, thin = side * 0.016, side * 0.008
    pen.polygon([(middle - wide, side), (middle - thin, hub), (middle + thin, hub), (middle + wide, side)], fill=light)
    inner = (middle, middle + wide, middle + thin) if from_left else (middle - wide, middle, middle - thin)
    pen.polygon([(inner[0], side), (inner[1], side), (inner[2], hub), (middle, hub)], fill=dark)
    for blade in range(3):
        angle = turn + math.tau * blade / 3
        along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        reach = side * 0.38
        outline = [(0.0, -0.012), (0.16, 0.035), (0.45, 0.022), (1.0, 0.004), (1.0, -0.003), (0.3, -0.012)]
        points = [
            (middle + along[0] * reach * t + across[0] * side * s, hub + along[1] * reach * t + across[1] * side * s)
            for t, s in outline
        ]
        pen.polygon(points, fill=light if math.sin(angle) < 0.4 else dark)
    r = side * 0.022
    pen.ellipse([middle - r, hub - r, middle + r, hub + r], fill=(228, 233, 240, 255))
    return image.reduce(3)


def paint_lighthouse(canvas: Canvas, *, foot_part: float) -> None:
    """A striped lighthouse on a rock; its beam sweeps the sky at night and in storms."""
    x = canvas.width * (0.70 if canvas.light.from_left else 0.30)
    height = min(canvas.unit * 0.58, canvas.height * foot_part * 0.82)
    foot = canvas.height * foot_part
    if canvas.light.is_night or not canvas.light.is_sunny:
        _beam(canvas, x, foot - height * 0.93)
    canvas.stamp(
        _lighthouse(height, canvas.light.from_left), round(x - height / 2), round(foot - height), tint=canvas.light.tint
    )


def _lighthouse(height_px: float, from_left: bool) -> Image.Image:
    side = max(24, round(height_px)) * 2
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    middle = side / 2
    rock = [(0.16, 1.0), (0.24, 0.93), (0.36, 0.90), (0.5, 0.87), (0.66, 0.90), (0.78, 0.95), (0.86, 1.0)]
    pen.polygon([(x * side, y * side) for x, y in rock], fill=(98, 94, 92, 255))
    pen.polygon([(x * side, y * side) for x, y in [*rock[3:], (0.5, 1.0)]], fill=(78, 75, 76, 255))
    bands = 5
    for band in range(bands):
        y0, y1 = 0.90 - 0.70 * band / bands, 0.90 - 0.70 * (band + 1) / bands
        half0, half1 = 0.10 - 0.045 * band / bands, 0.10 - 0.045 * (band + 1) / bands
        color = (206, 58, 52) if band % 2 == 0 else (246, 244, 238)
        for low, high, tone in (
            ((-1.0, 1.0, 1.0), (0.15, 1.0, 0.86)) if from_left else ((-1.0, 1.0, 1.0), (-1.0, -0.15, 0.86))
        ):
            corners = [(low * half0, y0), (high * half0, y0), (high * half1, y1), (low * half1, y1)]
            pen.polygon([(middle + x * side, y * side) for x, y in corners], fill=tuple(round(v * tone) for v in color))
    pen.rectangle([middle - 0.075 * side, 0.185 * side, middle + 0.075 * side, 0.205 * side], fill=(56, 58, 66, 255))
    pen.rectangle([middle - 0.042 * side, 0.10 * side, middle + 0.042 * side, 0.185 * side], fill=(255, 236, 170, 255))
    pen.pieslice(
        [middle - 0.055 * side, 0.045 * side, middle + 0.055 * side, 0.155 * side], 180, 360, fill=(190, 52, 48, 255)
    )
    return image.reduce(2)


def _beam(canvas: Canvas, x: float, y: float) -> None:
    sign = -1.0 if canvas.light.from_left else 1.0
    dx = (canvas.columns() - x) * sign * -1
    dy = canvas.rows(0, canvas.height) - y
    far = np.maximum(dx, 1.0)
    cone = np.clip(1 - np.abs(dy / far + 0.10) / 0.13, 0, 1) * (dx > 0) * np.exp(-far / (canvas.unit * 0.9))
    canvas.screen(0, (cone * 0.75)[..., None] * rgb("fff2c0"))
    glow = np.exp(-np.hypot(dx, dy) / (canvas.unit * 0.05))
    canvas.screen(0, (glow * 0.9)[..., None] * rgb("fff2c0"))


def paint_tower(canvas: Canvas, scene: Scene, *, foot_part: float) -> None:
    """One tall glass tower that dominates the picture."""
    height = canvas.height * foot_part * 0.9
    breadth = min(canvas.unit * 0.30, height * 0.3)
    finer = 2
    image = Image.new("RGBA", (round(breadth * finer), round(height * finer)))
    pen = ImageDraw.Draw(image)
    wide, tall = image.size
    glass, glow = rgb("6f9cc4"), rgb("ffe0a0")
    lit = {"night": 0.4, "sunset": 0.24}.get(scene.time, 0.05)
    rng = canvas.rng("tower")
    floors = max(12, int(tall / (0.018 * canvas.unit * finer)))
    for floor in range(floors):
        t = floor / floors
        half = wide / 2 * (1 - 0.55 * t**1.8)
        y = tall * (1 - t * 0.94)
        panes = 14
        for pane in range(panes):
            u = (pane + 0.5) / panes
            sheen = 0.62 + 0.5 * math.sin(u * 2.6 + (0.2 if canvas.light.from_left else 0.9)) ** 2
            color = canvas.lit(glass * sheen * (0.92 + 0.08 * (floor % 2)), 0.05)
            if rng.random() < lit:
                color = mix(color, glow, 0.7)
            x = wide / 2 - half + 2 * half * pane / panes
            pen.rectangle([x, y - tall / floors, x + 2 * half / panes - 1, y - 1], fill=ink(color))
    middle = wide / 2
    pen.polygon(
        [(middle - wide * 0.2, tall * 0.062), (middle + wide * 0.2, tall * 0.062), (middle, 0)],
        fill=ink(canvas.lit(glass * 1.2)),
    )
    canvas.stamp(
        image.reduce(finer), round(canvas.width * 0.5 - breadth / 2), round(canvas.height * foot_part - height)
    )
