"""Trees, bushes, flowers and grass as small RGBA sprites; a few are made per picture and stamped many times."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from limner.providers.sandbox.paint.canvas import ink
from limner.providers.sandbox.paint.pixels import Floats, mix, rgb

SPRITE_PX = 220
_BARK = rgb("5d4536")
_LEAVES = {
    None: ("3f8f45", "57a552", "2f7a44"),
    "spring": ("62b058", "7cc267", "f3a9c4"),
    "summer": ("3f8f45", "57a552", "2f7a44"),
    "autumn": ("d9772b", "c94f2a", "e3a437"),
    "winter": ("dfe8f0", "eef4f8", "c8d6e2"),
}
_NEEDLES = {"winter": ("33594f", "3c6b5c"), "autumn": ("3f6b4a", "56794a")}


def leaf_colors(season: str | None) -> tuple[Floats, ...]:
    """Crown colors of a season."""
    return tuple(rgb(color) for color in _LEAVES.get(season, _LEAVES[None]))


def needle_colors(season: str | None) -> tuple[Floats, ...]:
    """Conifer colors of a season."""
    return tuple(rgb(color) for color in _NEEDLES.get(season or "", ("2c6b4c", "3b7d55")))


def round_tree(rng: np.random.Generator, color: Floats, *, from_left: bool, size_px: int = SPRITE_PX) -> Image.Image:
    """A leafy tree: a crown of lit balls on a forked trunk. The trunk ends at the bottom edge."""
    side = size_px * 2
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    middle = side / 2
    trunk = side * 0.035
    pen.polygon(
        [
            (middle - trunk, side),
            (middle - trunk * 0.6, side * 0.5),
            (middle + trunk * 0.6, side * 0.5),
            (middle + trunk, side),
        ],
        fill=ink(_BARK),
    )
    for lean in (-0.16, 0.15):
        pen.line(
            [(middle, side * 0.68), (middle + lean * side, side * 0.45)],
            fill=ink(_BARK * 0.9),
            width=round(trunk * 0.8),
        )
    balls = []
    large = size_px > 1.5 * SPRITE_PX
    for _ in range(84 if large else 30):
        angle, far = rng.random() * math.tau, math.sqrt(rng.random())
        x, y = middle + math.cos(angle) * far * side * 0.32, side * 0.40 + math.sin(angle) * far * side * 0.27
        balls.append((y + side * 0.06 * rng.random(), x, y, side * ((0.05 if large else 0.085) + 0.05 * rng.random())))
    for _, x, y, radius in sorted(balls, reverse=True):
        across = (x / side - 0.5) * (1 if from_left else -1)
        tone = 1.18 - 0.55 * (y / side - 0.16) / 0.55 - 0.35 * across
        _ball(image, x, y, radius, color * tone, from_left=from_left)
    return image.reduce(2)


def _ball(image: Image.Image, x: float, y: float, radius: float, color: Floats, *, from_left: bool) -> None:
    """One tuft of leaves: dark below, with a lighter cap toward the light."""
    pen = ImageDraw.Draw(image)
    pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=ink(color * 0.84))
    toward = -0.16 if from_left else 0.16
    for inner, lighter in ((0.78, 0.96), (0.5, 1.08)):
        cx, cy, r = x + toward * radius, y - 0.2 * radius, radius * inner
        pen.ellipse([cx - r, cy - r, cx + r, cy + r], fill=ink(color * lighter))


def conifer(
    rng: np.random.Generator, color: Floats, *, from_left: bool, snow: float = 0.0, size_px: int = SPRITE_PX
) -> Image.Image:
    """A fir: ragged tiers, one side lit, with `snow` (0 to 1) on the boughs."""
    side = size_px * 2
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    middle = side / 2
    pen.rectangle([middle - side * 0.022, side * 0.86, middle + side * 0.022, side], fill=ink(_BARK * 0.85))
    tiers = 7
    for tier in range(tiers):
        t = tier / (tiers - 1)
        base, half = side * (0.93 - 0.74 * t), side * (0.27 - 0.20 * t) * (0.9 + 0.2 * rng.random())
        top = base - side * 0.26 * (1.05 - 0.45 * t)
        tone = 0.72 + 0.42 * t
        for sign in (-1, 1):
            bright = tone * (1.14 if (sign < 0) == from_left else 0.86)
            edge = [(middle, top), *_boughs(rng, middle, base, half * sign), (middle, base - side * 0.02)]
            pen.polygon(edge, fill=ink(color * bright))
            if snow:
                _snow_on(pen, edge, middle, top, snow)
    return image.reduce(2)


def _boughs(rng: np.random.Generator, middle: float, base: float, reach: float) -> list[tuple[float, float]]:
    """The ragged lower edge of one side of a tier, from outside in."""
    points = [(middle + reach, base)]
    for step in (0.75, 0.5, 0.25):
        points.append((middle + reach * (step + 0.1), base - abs(reach) * 0.16 * (0.6 + 0.6 * rng.random())))
        points.append((middle + reach * step, base + abs(reach) * 0.05))
    return points


def _snow_on(
    pen: ImageDraw.ImageDraw, edge: Sequence[tuple[float, float]], middle: float, top: float, snow: float
) -> None:
    outer = edge[1]
    drop = (outer[1] - top) * 0.34 * snow
    inner = (middle, top + drop * 1.6)
    pen.polygon(
        [(middle, top), outer, (outer[0] * 0.8 + middle * 0.2, outer[1] - drop * 0.1), inner], fill=(238, 244, 250, 235)
    )


def bush(rng: np.random.Generator, color: Floats, *, from_left: bool, size_px: int = SPRITE_PX) -> Image.Image:
    """A low round shrub, as wide as the sprite, its foot at the bottom edge."""
    side = size_px * 2
    image = Image.new("RGBA", (side, side))
    balls = []
    for _ in range(20):
        x = side * (0.14 + 0.72 * rng.random())
        y = side * (0.92 - 0.30 * rng.random() * (1 - abs(x / side - 0.5) * 1.4))
        balls.append((y, x, side * (0.09 + 0.06 * rng.random())))
    for y, x, radius in sorted(balls):
        across = (x / side - 0.5) * (1 if from_left else -1)
        _ball(image, x, y, radius, color * (1.25 - 1.1 * (y / side - 0.6) - 0.25 * across), from_left=from_left)
    return image.reduce(2)


def palm(rng: np.random.Generator, *, from_left: bool, size_px: int = SPRITE_PX) -> Image.Image:
    """A leaning palm with arched fronds; the foot is at the middle of the bottom edge."""
    side = size_px * 2
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    lean = side * (0.12 + 0.08 * rng.random()) * (1 if rng.random() < 0.5 else -1)
    spine = [(side / 2 + lean * t**1.6, side * (1 - 0.62 * t)) for t in np.linspace(0, 1, 14)]
    for place, (x, y) in enumerate(spine):
        half = side * (0.026 - 0.0009 * place)
        pen.ellipse(
            [x - half, y - half * 1.5, x + half, y + half * 1.5], fill=ink(rgb("8a6a48") * (0.86 + 0.14 * (place % 2)))
        )
    crown_x, crown_y = spine[-1]
    for frond in range(11):
        angle = math.pi * (1.08 - 1.16 * frond / 10)
        tone = 0.8 + 0.4 * ((frond < 5) == from_left) * 0.6 + 0.1 * rng.random()
        _frond(pen, crown_x, crown_y, angle, side * (0.30 + 0.05 * rng.random()), rgb("3d9a4e") * tone)
    for dx in (-0.022, 0.02, 0.0):
        r = side * 0.02
        pen.ellipse(
            [crown_x + dx * side - r, crown_y + r * 0.2, crown_x + dx * side + r, crown_y + r * 2.2],
            fill=ink(rgb("6b4a2c")),
        )
    return image.reduce(2)


def _frond(pen: ImageDraw.ImageDraw, x: float, y: float, angle: float, length: float, color: Floats) -> None:
    """One frond: an arch that falls toward its tip."""
    upper, lower = [], []
    for t in np.linspace(0, 1, 9):
        px = x + math.cos(angle) * length * t
        py = y - math.sin(angle) * length * t + 0.62 * length * t * t
        width = length * 0.10 * math.sin(math.pi * min(1.0, t * 0.9 + 0.1))
        upper.append((px, py - width * 0.5))
        lower.append((px, py + width))
    pen.polygon([*upper, *reversed(lower)], fill=ink(color))


def blade_tuft(rng: np.random.Generator, color: Floats, *, size_px: int = 96) -> Image.Image:
    """A tuft of grass, its foot at the bottom edge."""
    side = size_px * 3
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    for _ in range(13):
        x = side * (0.25 + 0.5 * rng.random())
        tip_x, tip_y = x + rng.normal() * side * 0.16, side * (0.12 + 0.5 * rng.random())
        half = side * 0.018
        bend = (x + tip_x) / 2 + (x - tip_x) * 0.2
        tone = 0.78 + 0.5 * rng.random()
        pen.polygon(
            [
                (x - half, side),
                (bend - half * 0.8, (side + tip_y) / 2),
                (tip_x, tip_y),
                (bend + half * 0.8, (side + tip_y) / 2),
                (x + half, side),
            ],
            fill=ink(color * tone),
        )
    return image.reduce(3)


def flower(rng: np.random.Generator, color: Floats, *, size_px: int = 72) -> Image.Image:
    """A flower of five or six petals on a stem; the stem ends at the bottom edge."""
    side = size_px * 3
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    cx, cy = side * 0.5, side * 0.32
    foot = side * (0.5 + 0.08 * rng.normal())
    stem = ink(rgb("3f7d3a"))
    pen.line(
        [(foot, side), ((foot + cx) / 2 + side * 0.03, side * 0.65), (cx, cy)],
        fill=stem,
        width=round(side * 0.03),
        joint="curve",
    )
    leaf_x = (foot + cx) / 2
    pen.ellipse([leaf_x, side * 0.66, leaf_x + side * 0.2, side * 0.74], fill=ink(rgb("4d9146")))
    petals = int(rng.integers(5, 7))
    start = rng.random() * math.tau
    tilt = 0.72 + 0.2 * rng.random()
    for layer, (reach, tone) in enumerate(((0.17, 0.86), (0.14, 1.04))):
        for petal in range(petals):
            angle = start + math.tau * (petal + 0.5 * layer) / petals
            x, y = cx + math.cos(angle) * side * reach, cy + math.sin(angle) * side * reach * tilt
            r = side * (0.12 - 0.02 * layer)
            shade = color * tone * (1.0 - 0.12 * math.sin(angle))
            pen.ellipse([x - r, y - r * tilt, x + r, y + r * tilt], fill=ink(shade))
    r = side * 0.065
    pen.ellipse([cx - r, cy - r * tilt, cx + r, cy + r * tilt], fill=ink(mix(rgb("f6c945"), color * 0.3, 0.12)))
    return image.reduce(3)


def stand(canvas_sprites: Sequence[Image.Image], height_px: float, rng: np.random.Generator) -> Image.Image:
    """One of the sprites at a height, mirrored half of the time."""
    chosen = canvas_sprites[int(rng.integers(len(canvas_sprites)))]
    size = max(2, round(height_px))
    sized = chosen.resize((size, size), Image.Resampling.BOX if size < chosen.width // 2 else Image.Resampling.BICUBIC)
    return sized.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.3 else sized
