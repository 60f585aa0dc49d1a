"""The icons: found by word, painted as flat pictures of any size.

Fluent Emoji Flat (MIT), packed by `scripts/sandbox_glyphs.py`, which documents the file format.
Opening the index takes about 3 ms, one icon of 512 px about 10 ms; nothing is read before the first call.
"""

from __future__ import annotations

import colorsys
import functools
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw

from limner.providers.sandbox.paint.pixels import Rgb
from limner.providers.sandbox.prompt.words import ALIASES, NOT_THINGS, singular

Tint: TypeAlias = Callable[[Rgb], Rgb]
Polygon: TypeAlias = tuple[float, ...]

UNITS = 32 * 32  # an icon is 32 units wide, its points lie on 1/32 of a unit
PEOPLE_GROUP = 1
NATURE_GROUP = 3
_PLANTS = frozenset(
    [
        "blossom",
        "bouquet",
        "cactus",
        "cherry-blossom",
        "deciduous-tree",
        "empty-nest",
        "evergreen-tree",
        "fallen-leaf",
        "feather",
        "four-leaf-clover",
        "herb",
        "hibiscus",
        "hyacinth",
        "leaf-fluttering-in-wind",
        "lotus",
        "maple-leaf",
        "mushroom",
        "nest-with-eggs",
        "palm-tree",
        "paw-prints",
        "potted-plant",
        "rose",
        "rosette",
        "seedling",
        "shamrock",
        "sheaf-of-rice",
        "spider-web",
        "spiral-shell",
        "sunflower",
        "tulip",
        "white-flower",
        "wilted-flower",
        "wing",
        "wood",
    ]
)


@dataclass(frozen=True, slots=True)
class _Index:
    names: tuple[str, ...]
    numbers: dict[str, int]
    offsets: tuple[int, ...]
    groups: tuple[int, ...]
    heads: dict[str, int]
    tags: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Layer:
    fill: Rgb
    opacity: int
    contours: tuple[tuple[int, Polygon], ...]


def names() -> tuple[str, ...]:
    """All icon names, sorted."""
    return _index().names


def is_known(name: str) -> bool:
    """Whether there is an icon of this name."""
    return name in _index().numbers


def is_person(name: str) -> bool:
    """Whether the icon shows a human being or a part of one; False for an unknown name."""
    number = _index().numbers.get(name)
    return number is not None and _index().groups[number] == PEOPLE_GROUP


def is_animal(name: str) -> bool:
    """Whether the icon shows a living animal; False for an unknown name."""
    number = _index().numbers.get(name)
    return number is not None and _index().groups[number] == NATURE_GROUP and name not in _PLANTS


def find(word: str, *, strict: bool = True) -> str | None:
    """The icon that pictures an English word (or a two- or three-word label), or None.

    Strict takes the everyday aliases, whole labels and their last words. Loose also takes keywords: right after
    "a", a number or a color, where a noun is certain.
    """
    lowered = word.lower().strip()
    index = _index()
    forms = (lowered, singular(lowered))
    if len(lowered) < 3 or not NOT_THINGS.isdisjoint(forms):
        return None
    for form in forms:
        if form in ALIASES and ALIASES[form] in index.numbers:
            return ALIASES[form]
    for table in (index.heads,) if strict else (index.heads, index.tags):
        for form in forms:
            if form in table:
                return index.names[table[form]]
    return None


def sprite(name: str, size_px: int, *, tint: Tint | None = None) -> Image.Image:
    """The icon as an RGBA picture, `size_px` square, smooth edged; `KeyError` for an unknown name.

    `tint` changes each fill color; see `tinter`.
    """
    size_px = max(1, size_px)
    finer = 4 if size_px <= 160 else 3 if size_px <= 420 else 2
    side = size_px * finer
    layers = [layer for layer in _layers(name, finer_curves=side > 500) if layer.contours]
    picture = Image.new("RGB", (side, side), layers[0].fill if layers else (0, 0, 0))
    cover = Image.new("L", (side, side))
    for layer in layers:
        _paint(picture, cover, layer, side / UNITS, tint(layer.fill) if tint else layer.fill)
    picture.putalpha(cover)
    return picture.reduce(finer)


def tinter(rgb: Rgb) -> Tint:
    """A tint that turns everything to one color, keeping light and dark; near-black and near-white details stay."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in rgb))

    def tint(fill: Rgb) -> Rgb:
        _, fill_lightness, _ = colorsys.rgb_to_hls(*(value / 255 for value in fill))
        if fill_lightness < 0.16 or fill_lightness > 0.93:
            return fill
        new = min(0.96, max(0.04, lightness + (fill_lightness - 0.5) * 0.5))
        strength = saturation if saturation < 0.15 else max(saturation * 0.85, min(1.0, saturation + 0.1))
        red, green, blue = colorsys.hls_to_rgb(hue, new, strength)
        return round(255 * red), round(255 * green), round(255 * blue)

    return tint


def recolored(name: str, rgb: Rgb) -> Tint:
    """A tint that gives the icon's own main color family a new color and leaves the rest: windows, wheels, leaves."""
    areas: dict[Rgb, float] = {}
    for layer in _layers(name, finer_curves=False):
        areas[layer.fill] = areas.get(layer.fill, 0.0) + _area(layer)
    main = max(areas, key=lambda fill: areas[fill] * (1.6 if _is_vivid(fill) else 1.0))
    main_hue, main_lightness, _ = colorsys.rgb_to_hls(*(value / 255 for value in main))
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in rgb))

    def in_family(fill: Rgb) -> bool:
        fill_hue, fill_lightness, _ = colorsys.rgb_to_hls(*(value / 255 for value in fill))
        apart = abs((fill_hue - main_hue + 0.5) % 1.0 - 0.5)
        alike = _is_vivid(fill) == _is_vivid(main) and (apart < 0.09 or not _is_vivid(main))
        return alike and (fill_lightness >= 0.14 or fill == main)

    if sum(area for fill, area in areas.items() if in_family(fill)) < 0.45 * sum(areas.values()):
        return tinter(rgb)

    def tint(fill: Rgb) -> Rgb:
        if not in_family(fill):
            return fill
        _, fill_lightness, _ = colorsys.rgb_to_hls(*(value / 255 for value in fill))
        new = min(0.97, max(0.05, lightness + (fill_lightness - main_lightness) * 0.75))
        red, green, blue = colorsys.hls_to_rgb(hue, new, saturation)
        return round(255 * red), round(255 * green), round(255 * blue)

    return tint


def _is_vivid(fill: Rgb) -> bool:
    return max(fill) - min(fill) > 46


def _area(layer: _Layer) -> float:
    """The area a layer covers, holes taken off, in icon points squared."""
    total = 0.0
    for place, (_, polygon) in enumerate(layer.contours):
        xs, ys = polygon[::2], polygon[1::2]
        twice = sum(xs[i - 1] * ys[i] - xs[i] * ys[i - 1] for i in range(len(xs)))
        total += abs(twice) if place == 0 else -abs(twice) if layer.contours[place][0] else abs(twice)
    return max(0.0, total / 2)


def _paint(picture: Image.Image, cover: Image.Image, layer: _Layer, scale: float, fill: Rgb) -> None:
    """One layer onto the picture and its cover; a single solid outline needs no mask."""
    if len(layer.contours) == 1 and layer.opacity == 255:
        points = [value * scale for value in layer.contours[0][1]]
        ImageDraw.Draw(picture).polygon(points, fill=fill)
        ImageDraw.Draw(cover).polygon(points, fill=255)
        return
    box = _box(layer, scale, picture.width)
    if box is None:
        return
    mask: Image.Image | None = None
    for rule, polygon in layer.contours:
        part = Image.new("1", (box[2] - box[0], box[3] - box[1]))
        shifted = [value * scale - box[place % 2] for place, value in enumerate(polygon)]
        ImageDraw.Draw(part).polygon(shifted, fill=1)
        if mask is None:
            mask = part
        else:
            mask = ImageChops.logical_xor(mask, part) if rule else ImageChops.logical_or(mask, part)
    if mask is None:
        return
    solid = mask.convert("L").point([round(value * layer.opacity / 255) for value in range(256)])
    picture.paste(fill, box, solid)
    cover.paste(255, box, solid)


def _box(layer: _Layer, scale: float, side: int) -> tuple[int, int, int, int] | None:
    """The pixels a layer touches, or None when it touches none."""
    xs = [value * scale for _, polygon in layer.contours for value in polygon[::2]]
    ys = [value * scale for _, polygon in layer.contours for value in polygon[1::2]]
    left, top = max(0, int(min(xs)) - 1), max(0, int(min(ys)) - 1)
    right, bottom = min(side, int(max(xs)) + 2), min(side, int(max(ys)) + 2)
    return (left, top, right, bottom) if right > left and bottom > top else None


@functools.cache
def _index() -> _Index:
    text = resources.files("limner.providers.sandbox").joinpath("assets/glyphs.json").read_text(encoding="utf-8")
    data = json.loads(text)
    return _Index(
        names=tuple(data["names"]),
        numbers={name: number for number, name in enumerate(data["names"])},
        offsets=tuple(data["offsets"]),
        groups=tuple(data["groups"]),
        heads=data["heads"],
        tags=data["tags"],
    )


@functools.cache
def _packed() -> bytes:
    return resources.files("limner.providers.sandbox").joinpath("assets/glyphs.bin").read_bytes()


@functools.lru_cache(maxsize=64)
def _layers(name: str, *, finer_curves: bool) -> tuple[_Layer, ...]:
    index = _index()
    number = index.numbers[name]
    packed = _packed()[index.offsets[number] : index.offsets[number + 1]]
    return tuple(_Reader(zlib.decompress(packed, -15), 14 if finer_curves else 8).layers())


class _Reader:
    """Walks through one unpacked icon."""

    def __init__(self, data: bytes, steps: int) -> None:
        self._data = data
        self._at = 0
        self._weights = tuple(_cubic_weights(step / steps) for step in range(1, steps + 1))

    def layers(self) -> list[_Layer]:
        found = []
        while self._at < len(self._data):
            red, green, blue, opacity = self._data[self._at : self._at + 4]
            self._at += 4
            contours = tuple(self._contour() for _ in range(self._varint()))
            found.append(_Layer((red, green, blue), opacity, contours))
        return found

    def _contour(self) -> tuple[int, Polygon]:
        rule = self._byte()
        commands = self._varint()
        x, y = self._step(0, 0)
        polygon: list[float] = [x, y]
        for _ in range(commands):
            if self._byte() == 0:
                x, y = self._step(x, y)
                polygon += (x, y)
            else:
                x, y = self._curve(x, y, polygon)
        return rule, tuple(polygon)

    def _curve(self, x: int, y: int, polygon: list[float]) -> tuple[int, int]:
        x1, y1 = self._step(x, y)
        x2, y2 = self._step(x1, y1)
        x3, y3 = self._step(x2, y2)
        for a, b, c, d in self._weights:
            polygon += (a * x + b * x1 + c * x2 + d * x3, a * y + b * y1 + c * y2 + d * y3)
        return x3, y3

    def _step(self, x: int, y: int) -> tuple[int, int]:
        return x + self._signed(), y + self._signed()

    def _signed(self) -> int:
        value = self._varint()
        return value >> 1 if value & 1 == 0 else -((value + 1) >> 1)

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def _byte(self) -> int:
        value = self._data[self._at]
        self._at += 1
        return value


def _cubic_weights(t: float) -> tuple[float, float, float, float]:
    u = 1 - t
    return u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
