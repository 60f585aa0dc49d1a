"""Logos: one sign on a plain ground, in few flat colors. The name is set by the lettering."""

from __future__ import annotations

import colorsys
import math

from PIL import Image, ImageDraw

from limner.providers.sandbox.paint import figures, glyphs
from limner.providers.sandbox.paint.canvas import layer_rng
from limner.providers.sandbox.paint.pixels import Rgb
from limner.providers.sandbox.prompt.scene import Scene
from limner.providers.sandbox.prompt.words import COLORS

SIGN_PART = 0.40
SIGN_CENTER_PART = 0.40


def logo_colors(scene: Scene) -> tuple[Rgb, Rgb, Rgb]:
    """Ground, sign and accent of a logo: from the colors asked for, or a calm pair from the seed."""
    rng = layer_rng(scene.stream, "logo", 0)
    hue = float(rng.random())
    ground, sign, accent = _hls(hue, 0.94, 0.45), _hls(hue, 0.30, 0.62), _hls(hue + 0.08, 0.52, 0.62)
    subject = scene.subjects[0].color if scene.subjects else None
    if subject in COLORS:
        sign = COLORS[subject]
        ground = _hls(colorsys.rgb_to_hls(*(v / 255 for v in sign))[0], 0.95, 0.4)
    named = scene.background or (scene.colors[0] if scene.colors else None)
    if named in COLORS:
        ground = COLORS[named]
        dark = 0.3 * ground[0] + 0.59 * ground[1] + 0.11 * ground[2] < 140
        sign = (250, 250, 248) if dark else (34, 38, 56)
        accent = COLORS[scene.colors[1]] if len(scene.colors) > 1 else sign
    return ground, sign, accent


def draw_logo(scene: Scene, width: int, height: int) -> Image.Image:
    """The sign on its ground, without letters; the lower half of the picture is left for the name."""
    ground, sign, accent = logo_colors(scene)
    image = Image.new("RGB", (width, height), ground)
    side = round(min(width, height) * (SIGN_PART if scene.texts else SIGN_PART * 1.4))
    icon = _sign(scene, side, sign, ground, accent)
    center = SIGN_CENTER_PART if scene.texts else 0.5
    image.paste(icon, (round(width / 2 - side / 2), round(height * center - side / 2)), icon)
    return image


def _sign(scene: Scene, side: int, sign: Rgb, ground: Rgb, accent: Rgb) -> Image.Image:
    name = next((subject.glyph for subject in scene.subjects if subject.glyph in glyphs.names()), None)
    if name is None:
        return _rings(side, sign, accent, 3 + scene.stream % 3)
    tint = figures.tint_of(scene, scene.subjects[0])
    if "minimal" not in scene.prompt.lower() and not scene.colors and tint is None and scene.background is None:
        return glyphs.sprite(name, side)
    return glyphs.sprite(name, side, tint=_two_tone(sign, ground))


def _two_tone(sign: Rgb, ground: Rgb) -> glyphs.Tint:
    """Dark fills in the sign's color, light ones toward the ground, so that the drawing stays readable."""

    def tint(fill: Rgb) -> Rgb:
        luma = (0.3 * fill[0] + 0.59 * fill[1] + 0.11 * fill[2]) / 255
        step = 0.0 if luma < 0.42 else 0.28 if luma < 0.66 else 0.55 if luma < 0.86 else 0.85
        red, green, blue = (round(a + (b - a) * step) for a, b in zip(sign, ground, strict=True))
        return red, green, blue

    return tint


def _rings(side: int, sign: Rgb, accent: Rgb, count: int) -> Image.Image:
    """Interlaced rings, for a company that is nothing in particular."""
    finer = 4
    big = side * finer
    image = Image.new("RGBA", (big, big))
    pen = ImageDraw.Draw(image)
    for ring in range(count):
        angle = math.tau * ring / count - math.pi / 2
        x, y = big / 2 + math.cos(angle) * big * 0.2, big / 2 + math.sin(angle) * big * 0.2
        radius = big * 0.26
        color = sign if ring % 2 == 0 else accent
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], outline=(*color, 255), width=round(big * 0.055))
    return image.reduce(finer)


def _hls(hue: float, lightness: float, saturation: float) -> Rgb:
    red, green, blue = colorsys.hls_to_rgb(hue % 1.0, lightness, saturation)
    return round(255 * red), round(255 * green), round(255 * blue)
