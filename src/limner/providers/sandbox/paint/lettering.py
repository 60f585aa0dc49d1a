"""Words set into a picture: poster titles and slogans, names under logos, signs and headlines."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from limner.providers.sandbox.paint import pixels, typefaces
from limner.providers.sandbox.paint.pixels import Floats, Rgb
from limner.providers.sandbox.prompt.scene import Scene

Place = Literal["top", "center", "bottom"]
Side = Literal["left", "center", "right"]

_CREAM: Rgb = (255, 250, 238)
_INK: Rgb = (26, 26, 36)
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_SIGN = re.compile(r"\b(?:sign|signboard|sign-?post|billboard|placard|plaque|banner)\b")
_MAX_LINES = 4
_BASE_PX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How words are set. None leaves a choice to the picture: the calmer band, the more legible colour."""

    face: str = "bold"
    place: Place | None = None
    side: Side = "center"
    color: Rgb | None = None
    glow: bool = False
    sign: bool = False
    height: float = 0.30


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of lettering and where its left end and its top lie, in pixels."""

    text: str
    face: str
    size_px: int
    x: float
    y: float


def letter(image: Image.Image, scene: Scene) -> Image.Image:
    """The picture with `scene.texts` set as its kind asks: RGB, same size; as it was without texts.

    Characters that no shipped font has are left out; `missing` names them.
    """
    texts = tuple(text for text in (_one_line(text) for text in scene.texts) if text)
    if not texts:
        return image
    face = typefaces.choose(scene.kind, scene.prompt, scene.styles)
    manner = Manner(face=face, glow="neon" in scene.styles)
    if scene.kind == "logo":
        return _set_logo(image, texts, replace(manner, height=0.17))
    if scene.kind == "scene":
        manner = replace(manner, height=0.20, sign=_SIGN.search(scene.prompt.lower()) is not None)
    return write(image, texts, manner)


def missing(texts: tuple[str, ...]) -> str:
    """The characters of the texts that no shipped font has, each once, in order."""
    return typefaces.missing(texts)


def write(image: Image.Image, texts: tuple[str, ...], manner: Manner) -> Image.Image:
    """The picture with the first text large and the others smaller under it: RGB, same size."""
    texts = tuple(text for text in (_one_line(text) for text in texts) if text)
    if not texts or min(image.size) < 16:
        return image.convert("RGB")
    if manner.sign:
        return _hang_sign(image.convert("RGB"), texts, manner)
    lines, box = _block(image.size, texts, manner)
    place = manner.place or _calmer_band(image, box)
    placed = _moved(lines, _offset(image.size, box, place))
    return _inked(image.convert("RGB"), placed, manner)


def _one_line(text: str) -> str:
    """The text without line ends, control characters and what no font has; boxes are better than nothing."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
    absent = typefaces.missing((line,))
    known = " ".join("".join(c for c in line if c not in absent).split()) if absent else line
    return known or line


def _block(size: tuple[int, int], texts: tuple[str, ...], manner: Manner) -> tuple[list[_Line], tuple[int, int]]:
    """Title and slogans as lines from y = 0 on, and the block's width and height in pixels."""
    width, height = size
    margin = round(min(width, height) * 0.055)
    room = width - 2 * margin
    title_height = min(manner.height * height, 0.42 * width)
    lines = _fitted(texts[0], manner.face, room, title_height, 0.0, manner.side, margin)
    bottom = _bottom(lines)
    second = typefaces.companion(manner.face)
    for text in texts[1:6]:
        gap = min(height * 0.022, lines[0].size_px * 0.22)
        cap = max(height * 0.035, min(title_height * 0.26, lines[0].size_px * 0.5))
        more = _fitted(text, second, room * 0.92, cap, bottom + gap, manner.side, margin, width)
        lines += more
        bottom = _bottom(more)
    return lines, (width, round(bottom))


def _fitted(
    text: str, face: str, room: float, height: float, top: float, side: Side, margin: int, width: int | None = None
) -> list[_Line]:
    """The text in one to four lines, as large as a box of `room` x `height` pixels lets it be."""
    if face in typefaces.CAPITALS_ONLY:
        text = text.upper()
    best: tuple[float, list[str]] = (0.0, [text])
    for count in range(1, _MAX_LINES + 1):
        rows = _wrapped(text, face, count)
        widest = max(typefaces.line_width(row, face, _BASE_PX) for row in rows)
        size = min(room / max(1.0, widest) * _BASE_PX, height / (len(rows) * 1.08))
        if size > best[0] * 1.12:
            best = (size, rows)
    size_px = max(4, int(best[0]))
    page = float(width if width is not None else room + 2 * margin)
    lines = []
    for number, row in enumerate(best[1]):
        length = typefaces.line_width(row, face, size_px)
        x = {"left": float(margin), "center": (page - length) / 2, "right": page - margin - length}[side]
        lines.append(_Line(row, face, size_px, x, top + number * size_px * 1.06))
    return lines


def _wrapped(text: str, face: str, count: int) -> list[str]:
    """The text in about `count` lines of like length, broken at spaces, or between Chinese characters."""
    words = re.findall(r"[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+\s*|\s+", text)
    words = [piece for word in words for piece in _cut_long(word, len(text), count)]
    target = typefaces.line_width(text, face, _BASE_PX) / count
    rows: list[str] = []
    row = ""
    for word in words:
        longer = typefaces.line_width((row + word).strip(), face, _BASE_PX)
        if row.strip() and longer > target * 1.06 and len(rows) < count - 1:
            rows.append(row.strip())
            row = ""
        row += word
    return [*rows, row.strip()] if row.strip() else rows or [text]


def _cut_long(word: str, length: int, count: int) -> list[str]:
    """A word that is most of a long text cut into equal pieces; others whole."""
    if len(word) < 24 or len(word) * 2 < length:
        return [word]
    step = -(-len(word) // count)
    return [word[start : start + step] for start in range(0, len(word), step)]


def _bottom(lines: list[_Line]) -> float:
    return lines[-1].y + lines[-1].size_px * 1.0


def _offset(size: tuple[int, int], box: tuple[int, int], place: Place) -> float:
    height = size[1]
    margin = height * 0.06
    return {"top": margin, "center": (height - box[1]) / 2, "bottom": height - box[1] - margin}[place]


def _moved(lines: list[_Line], down: float) -> list[_Line]:
    return [_Line(line.text, line.face, line.size_px, line.x, line.y + down) for line in lines]


def _calmer_band(image: Image.Image, box: tuple[int, int]) -> Place:
    """Top, unless it is much busier than the bottom there where the block would lie."""
    small = pixels.to_floats(image.convert("RGB").resize((96, 96), Image.Resampling.BOX))
    busy = pixels.edge_strength(pixels.gray(small))
    rows = max(4, min(48, round(96 * box[1] / image.height)))
    top, bottom = float(busy[4 : 4 + rows].mean()), float(busy[92 - rows : 92].mean())
    return "bottom" if top > 2.2 * bottom + 0.01 else "top"


def _stencil(size: tuple[int, int], lines: list[_Line]) -> Image.Image:
    """The letters as an L mask; pixel lettering without smooth edges."""
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    for line in lines:
        draw.fontmode = "1" if line.face == "pixel" else "L"
        x = line.x
        for face, piece in typefaces.runs(line.text, line.face):
            one = typefaces.font(face, line.size_px)
            top = one.getbbox("H")[1] if face != "chinese" else one.getbbox("国")[1]
            draw.text((x, line.y - top + line.size_px * 0.1), piece, font=one, fill=255)
            x += one.getlength(piece)
    return mask


def _inked(image: Image.Image, lines: list[_Line], manner: Manner) -> Image.Image:
    mask = _stencil(image.size, lines)
    if mask.getbbox() is None:
        return image
    if manner.glow:
        return _glowing(image, mask, manner.color)
    size_px = lines[0].size_px
    color, backing = _legible(image, mask, manner.color)
    values = pixels.to_floats(image)
    letters = pixels.from_mask(mask)
    scrim = pixels.blur(np.clip(pixels.blur(letters, size_px * 0.30) * 1.8, 0, 1), size_px * 0.16)
    calming = max(_scrim_strength(values, letters), 0.35 if manner.color is not None else 0.0)
    values = pixels.mix(values, pixels.unit_rgb(backing), scrim * calming)
    shadow = _shifted_down(pixels.blur(letters, max(0.8, size_px * 0.030)), max(1, round(size_px * 0.035)))
    values = pixels.mix(values, pixels.unit_rgb(backing), shadow * 0.55)
    return pixels.to_image(pixels.mix(values, pixels.unit_rgb(color), letters))


def _shifted_down(plane: Floats, rows: int) -> Floats:
    moved = np.zeros_like(plane)
    moved[rows:] = plane[: plane.shape[0] - rows]
    return moved


def _legible(image: Image.Image, mask: Image.Image, wanted: Rgb | None) -> tuple[Rgb, Rgb]:
    """The colour of letters and of what lies behind them: the one asked for, else what stands out."""
    box = mask.getbbox() or (0, 0, *image.size)
    ground = pixels.to_floats(image.crop(box).resize((32, 32), Image.Resampling.BOX))
    lightness = float(pixels.gray(ground).mean())
    if wanted is not None:
        bright = float(pixels.unit_rgb(wanted) @ pixels.LUMA) > 0.45
        return wanted, (_INK if bright else _CREAM)
    if lightness < 0.66:
        return _CREAM, _deepened(ground.mean((0, 1)))
    return _darkened(ground.mean((0, 1))), (255, 255, 255)


def _deepened(color: Floats) -> Rgb:
    red, green, blue = np.clip(color * 0.22 * 255, 0, 255).astype(int).tolist()
    return red, green, blue


def _darkened(color: Floats) -> Rgb:
    """A deep ink that leans to the ground's own hue."""
    lean = (color - color.mean()) * 0.5
    red, green, blue = np.clip((np.array([0.11, 0.12, 0.17]) + lean) * 255, 8, 70).astype(int).tolist()
    return red, green, blue


def _scrim_strength(values: Floats, letters: Floats) -> float:
    """How much the ground must be calmed behind the letters, 0 to 0.7: by how its lightness varies there."""
    under = pixels.gray(values)[letters > 0.5]
    if under.size == 0:
        return 0.0
    middling = 1 - abs(float(under.mean()) - 0.5) * 2
    return float(np.clip(float(under.std()) * 2.2 + middling * 0.22 - 0.08, 0.0, 0.7))


def _glowing(image: Image.Image, mask: Image.Image, wanted: Rgb | None) -> Image.Image:
    """The letters as a lit neon tube."""
    tint = pixels.unit_rgb(wanted or (255, 64, 170))
    letters = pixels.from_mask(mask)
    unit = pixels.unit_px(image)
    values = pixels.to_floats(image) * (1 - 0.35 * pixels.blur(letters, 40 * unit)[..., None])
    for radius, strength in ((4, 0.8), (14, 0.9), (40, 0.9)):
        values = pixels.screen(values, (pixels.blur(letters, radius * unit) * strength)[..., None] * tint)
    return pixels.to_image(pixels.mix(values, tint * 0.15 + 0.85, letters))


def _set_logo(image: Image.Image, texts: tuple[str, ...], manner: Manner) -> Image.Image:
    """The name centred under the sign, a tagline below it; flat ink without shadow."""
    image = image.convert("RGB")
    if min(image.size) < 16:
        return image
    width, height = image.size
    lines, box = _block((round(width * 0.86), height), texts, manner)
    left = (width - round(width * 0.86)) / 2
    top = min(height * 0.735, height * 0.95 - box[1])
    placed = [_Line(line.text, line.face, line.size_px, line.x + left, line.y + top) for line in lines]
    mask = _stencil(image.size, placed)
    if manner.glow:
        return _glowing(image, mask, manner.color)
    color, _ = _legible(image, mask, manner.color)
    image = image.copy()
    image.paste(color, (0, 0), mask)
    return image


def _hang_sign(image: Image.Image, texts: tuple[str, ...], manner: Manner) -> Image.Image:
    """A wooden board on two ropes from the top edge, or a dark lit one for neon, with the words on it."""
    width, height = image.size
    board_width, board_height = round(min(width * 0.62, height * 1.1)), round(min(height * 0.22, width * 0.30))
    inner = (board_width, board_height)
    lines, box = _block(inner, texts, replace(manner, height=0.62 if len(texts) == 1 else 0.46))
    left, top = (width - board_width) // 2, round(height * 0.075)
    down = top + (board_height - box[1]) / 2
    board = _board(inner, dark=manner.glow)
    out = image.copy()
    cover = Image.new("L", inner)
    ImageDraw.Draw(cover).rounded_rectangle((0, 0, board_width - 1, board_height - 1), board_height * 0.12, fill=255)
    shade = Image.new("L", image.size)
    shade.paste(120, (left + board_height // 30, top + board_height // 14), cover)
    out.paste((10, 8, 6), (0, 0), shade.filter(ImageFilter.GaussianBlur(board_height * 0.06)))
    draw = ImageDraw.Draw(out)
    for share in (0.16, 0.84):
        x = left + board_width * share
        draw.line([(x, 0), (x, top + board_height * 0.1)], fill=(70, 52, 38), width=max(2, board_height // 28))
    out.paste(board, (left, top), cover)
    placed = [_Line(line.text, line.face, line.size_px, line.x + left, line.y + down) for line in lines]
    return _inked(out, placed, manner)


def _board(size: tuple[int, int], *, dark: bool) -> Image.Image:
    """Planks of wood, or a dark enamel plate."""
    width, height = size
    rng = np.random.default_rng(7)
    rows = rng.random((max(2, height // 2), 3), dtype=np.float32)
    grain = pixels.resized(rows, width, height)
    if dark:
        return pixels.to_image(pixels.rgb("15161d") * (0.8 + 0.4 * grain[..., None]))
    planks = (np.arange(height) % max(1, height // 3)) < max(1, height // 90)
    values = pixels.rgb("7a5233") * (0.78 + 0.36 * grain[..., None]) * (1 - 0.45 * planks[:, None, None])
    return pixels.to_image(values)
