"""Bodies for icons that are only a head: animals sit, robots stand, people get shoulders for a portrait.

Everything is flat here; the caller lights the whole figure at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from PIL import Image, ImageDraw

from limner.providers.sandbox.paint.pixels import Rgb

SITTING = frozenset(
    [
        "fox",
        "wolf",
        "bear",
        "panda",
        "koala",
        "lion",
        "tiger-face",
        "raccoon",
        "polar-bear",
        "dog-face",
        "cat-face",
        "rabbit-face",
        "cow-face",
        "pig-face",
        "mouse-face",
        "hamster",
        "monkey-face",
        "frog",
        "moose",
        "horse-face",
        "bear",
        "alien",
        "teddy-bear",
        "unicorn",
        "dragon-face",
        "goblin",
    ]
)
_DARK_LIMBS = frozenset({"panda"})
_FINER = 3


def main_colors(head: Image.Image) -> tuple[Rgb, Rgb]:
    """The two colors that cover most of a flat icon, the larger first."""
    small = head.resize((64, 64), Image.Resampling.NEAREST)
    counts: dict[Rgb, int] = {}
    for count, pixel in small.getcolors(4096) or []:
        if isinstance(pixel, tuple) and pixel[3] > 250:
            counts[pixel[0], pixel[1], pixel[2]] = counts.get((pixel[0], pixel[1], pixel[2]), 0) + count
    ranked = sorted(counts, key=lambda color: -counts[color])
    first = ranked[0] if ranked else (128, 128, 128)
    second = next((color for color in ranked[1:] if _apart(first, color) > 90), lighter(first, 0.35))
    return first, second


def sitting(head: Image.Image, glyph: str, size_px: int) -> Image.Image:
    """A seated animal seen from the front, RGBA square; its paws touch the lower edge."""
    coat, patch = main_colors(head)
    limbs = patch if glyph in _DARK_LIMBS else coat
    chest = lighter(patch if sum(patch) > sum(coat) else coat, 0.25)
    chest = coat if glyph in _DARK_LIMBS else chest
    side = size_px * _FINER
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)

    def oval(x: float, y: float, half_x: float, half_y: float, color: Rgb) -> None:
        box = [(x - half_x) * side, (y - half_y) * side, (x + half_x) * side, (y + half_y) * side]
        pen.ellipse(box, fill=(*color, 255))

    _tail(pen, side, darker(limbs, 0.06), chest)
    oval(0.50, 0.735, 0.205, 0.235, coat)
    for sign in (-1, 1):
        oval(0.5 + sign * 0.165, 0.88, 0.105, 0.10, darker(limbs, 0.08))
        oval(0.5 + sign * 0.185, 0.955, 0.085, 0.04, darker(limbs, 0.14))
    oval(0.50, 0.70, 0.125, 0.165, chest)
    for sign in (-1, 1):
        left = (0.5 + sign * 0.072 - 0.052) * side
        pen.rounded_rectangle([left, 0.66 * side, left + 0.104 * side, 0.975 * side], 0.05 * side, fill=(*limbs, 255))
        oval(0.5 + sign * 0.072, 0.955, 0.062, 0.042, lighter(limbs, 0.12))
    body = image.reduce(_FINER)
    wide = round(size_px * 0.60)
    face = head.resize((wide, wide), Image.Resampling.LANCZOS)
    body.alpha_composite(face, ((size_px - wide) // 2, 0))
    return body


def _tail(pen: ImageDraw.ImageDraw, side: int, color: Rgb, tip: Rgb) -> None:
    """A bushy tail that curls up at the right."""
    spots = ((0.66, 0.90, 0.060), (0.72, 0.88, 0.066), (0.775, 0.84, 0.070), (0.81, 0.78, 0.070), (0.825, 0.72, 0.062))
    for x, y, radius in spots:
        pen.ellipse(
            [(x - radius) * side, (y - radius) * side, (x + radius) * side, (y + radius) * side], fill=(*color, 255)
        )
    x, y, radius = 0.825, 0.675, 0.048
    pen.ellipse([(x - radius) * side, (y - radius) * side, (x + radius) * side, (y + radius) * side], fill=(*tip, 255))


def standing_robot(head: Image.Image, size_px: int) -> Image.Image:
    """A robot from head to foot, RGBA square; one arm is held out to the right."""
    shell, _ = main_colors(head)
    dark, accent = darker(shell, 0.32), (248, 49, 47)
    side = size_px * _FINER
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)

    def slab(x0: float, y0: float, x1: float, y1: float, radius: float, color: Rgb) -> None:
        pen.rounded_rectangle([x0 * side, y0 * side, x1 * side, y1 * side], radius * side, fill=(*color, 255))

    for x in (0.385, 0.53):
        slab(x, 0.78, x + 0.085, 0.95, 0.02, dark)
        slab(x - 0.025, 0.925, x + 0.11, 0.99, 0.03, darker(shell, 0.12))
    slab(0.225, 0.545, 0.30, 0.76, 0.036, dark)
    slab(0.215, 0.72, 0.31, 0.80, 0.035, darker(shell, 0.08))
    _joint_arm(pen, side, dark, darker(shell, 0.08))
    slab(0.455, 0.46, 0.545, 0.54, 0.01, dark)
    slab(0.30, 0.50, 0.70, 0.83, 0.07, shell)
    slab(0.365, 0.575, 0.635, 0.735, 0.03, darker(shell, 0.42))
    for place, color in enumerate(((0, 166, 237), accent, (252, 213, 63))):
        x, y = 0.43 + 0.07 * place, 0.655
        pen.ellipse(
            [(x - 0.022) * side, (y - 0.022) * side, (x + 0.022) * side, (y + 0.022) * side], fill=(*color, 255)
        )
    body = image.reduce(_FINER)
    wide = round(size_px * 0.52)
    face = head.resize((wide, wide), Image.Resampling.LANCZOS)
    body.alpha_composite(face, ((size_px - wide) // 2, 0))
    return body


def _joint_arm(pen: ImageDraw.ImageDraw, side: int, dark: Rgb, hand: Rgb) -> None:
    """The arm that holds things: down to the elbow, then forward."""
    points = [(0.70 * side, 0.575 * side), (0.775 * side, 0.68 * side), (0.85 * side, 0.655 * side)]
    pen.line(points, fill=(*dark, 255), width=round(0.07 * side), joint="curve")
    for x, y in points[:2]:
        radius = 0.035 * side
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=(*dark, 255))
    pen.ellipse([0.80 * side, 0.60 * side, 0.90 * side, 0.70 * side], fill=(*hand, 255))


def standing_person(head: Image.Image, size_px: int, shirt: Rgb, trousers: Rgb, skin: Rgb) -> Image.Image:
    """A child or grown-up from head to foot with a large friendly head, RGBA square."""
    side = size_px * _FINER
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)

    def slab(x0: float, y0: float, x1: float, y1: float, radius: float, color: Rgb) -> None:
        pen.rounded_rectangle([x0 * side, y0 * side, x1 * side, y1 * side], radius * side, fill=(*color, 255))

    for x in (0.395, 0.515):
        slab(x, 0.70, x + 0.09, 0.95, 0.02, trousers)
        slab(x - 0.015, 0.925, x + 0.105, 0.985, 0.028, darker(trousers, 0.45))
    for x in (0.305, 0.62):
        slab(x, 0.475, x + 0.075, 0.70, 0.036, darker(shirt, 0.12))
        slab(x + 0.005, 0.66, x + 0.07, 0.735, 0.032, skin)
    slab(0.445, 0.40, 0.555, 0.50, 0.02, darker(skin, 0.1))
    slab(0.355, 0.455, 0.645, 0.76, 0.06, shirt)
    body = image.reduce(_FINER)
    wide = round(size_px * 0.46)
    face = head.resize((wide, wide), Image.Resampling.LANCZOS)
    body.alpha_composite(face, ((size_px - wide) // 2, 0))
    return body


def is_bust(icon: Image.Image) -> bool:
    """Whether a person's icon is cut off broad at its lower edge."""
    alpha = icon.getchannel("A").resize((32, 32), Image.Resampling.BOX)
    low_row = alpha.crop((0, 28, 32, 29)).tobytes()
    return sum(low_row) > 15 * 255


def standing_bust(icon: Image.Image, size_px: int) -> Image.Image:
    """A bust icon with legs below: astronauts, wizards, detectives; RGBA square."""
    row = icon.resize((64, 64), Image.Resampling.BOX).crop((10, 50, 22, 58)).convert("RGB")
    counted = sorted(row.quantize(4).convert("RGB").getcolors(256) or [(1, (90, 90, 110))], key=lambda item: -item[0])
    cloth = counted[0][1]
    suit: Rgb = (cloth[0], cloth[1], cloth[2]) if isinstance(cloth, tuple) else (90, 90, 110)
    side = size_px * _FINER
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    for x in (0.345, 0.515):
        box = [x * side, 0.60 * side, (x + 0.14) * side, 0.94 * side]
        pen.rounded_rectangle(box, 0.04 * side, fill=(*darker(suit, 0.16), 255))
        shoe = [(x - 0.015) * side, 0.90 * side, (x + 0.155) * side, 0.985 * side]
        pen.rounded_rectangle(shoe, 0.04 * side, fill=(*darker(suit, 0.5), 255))
    pen.rounded_rectangle([0.31 * side, 0.52 * side, 0.69 * side, 0.74 * side], 0.07 * side, fill=(*suit, 255))
    body = image.reduce(_FINER)
    wide = round(size_px * 0.66)
    upper = icon.resize((wide, wide), Image.Resampling.LANCZOS)
    body.alpha_composite(upper, ((size_px - wide) // 2, 0))
    return body


def bust(head: Image.Image, size_px: int, coat: Rgb, skin: Rgb | None) -> Image.Image:
    """Head and shoulders, RGBA square, cut at the lower edge; `skin` gives a neck, None a furry chest."""
    side = size_px * _FINER
    image = Image.new("RGBA", (side, side))
    pen = ImageDraw.Draw(image)
    shoulders = [
        (0.06, 1.0),
        (0.10, 0.86),
        (0.20, 0.785),
        (0.36, 0.735),
        (0.64, 0.735),
        (0.80, 0.785),
        (0.90, 0.86),
        (0.94, 1.0),
    ]
    pen.polygon(_smooth([(x * side, y * side) for x, y in shoulders]), fill=(*coat, 255))
    if skin is not None:
        pen.rounded_rectangle(
            [0.41 * side, 0.62 * side, 0.59 * side, 0.80 * side], 0.07 * side, fill=(*darker(skin, 0.10), 255)
        )
        lapel = darker(coat, 0.16)
        for sign in (-1, 1):
            corners = (
                (0.5 + sign * 0.10, 0.735),
                (0.5 + sign * 0.24, 0.76),
                (0.5 + sign * 0.13, 1.0),
                (0.5 + sign * 0.02, 0.93),
            )
            pen.polygon([(x * side, y * side) for x, y in corners], fill=(*lapel, 255))
    body = image.reduce(_FINER)
    wide = round(size_px * 0.70)
    face = head.resize((wide, wide), Image.Resampling.LANCZOS)
    body.alpha_composite(face, ((size_px - wide) // 2, round(size_px * 0.04)))
    return body


def _smooth(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """An outline with its corners cut twice (Chaikin); the ends stay."""
    outline = list(points)
    for _ in range(3):
        cut = [outline[0]]
        for (x0, y0), (x1, y1) in itertools.pairwise(outline):
            cut += [(x0 * 0.75 + x1 * 0.25, y0 * 0.75 + y1 * 0.25), (x0 * 0.25 + x1 * 0.75, y0 * 0.25 + y1 * 0.75)]
        outline = [*cut, outline[-1]]
    return outline


def lighter(color: Rgb, amount: float) -> Rgb:
    """The color toward white."""
    red, green, blue = (round(value + (255 - value) * amount) for value in color)
    return red, green, blue


def darker(color: Rgb, amount: float) -> Rgb:
    """The color toward black."""
    red, green, blue = (round(value * (1 - amount)) for value in color)
    return red, green, blue


def _apart(a: Rgb, b: Rgb) -> int:
    return sum(abs(x - y) for x, y in zip(a, b, strict=True))
