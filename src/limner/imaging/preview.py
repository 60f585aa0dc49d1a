"""A picture shown in a terminal, as text to print."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from limner.imaging.decode import eight_bit, open_checked
from limner.imaging.sixel import to_sixel


class Protocol(StrEnum):
    """How a terminal shows pictures."""

    KITTY = "kitty"
    """Kitty's graphics protocol: real pixels."""
    ITERM2 = "iterm2"
    """iTerm2's inline files: real pixels."""
    SIXEL = "sixel"
    """Six-pixel bands: real pixels, few colors."""
    BLOCKS = "blocks"
    """Half blocks in 24-bit color: two pixels a character."""
    BLOCKS_256 = "blocks256"
    """Half blocks in the 256-color palette."""
    NONE = "none"
    """No picture at all."""


CELL_WIDTH_PX, CELL_HEIGHT_PX = 10, 20
"""Assumed size of a character. Asking the terminal would mean reading its answer from standard input."""

_KITTY_CHUNK = 4096
"""Bytes of base64 in one escape sequence; the protocol's own bound."""

_OPAQUE = 128
"""Alpha from which a pixel is drawn; below it the terminal's background shows."""

_CUBE_STEPS = (0, 95, 135, 175, 215, 255)
"""Levels of the 6x6x6 color cube that begins at palette entry 16."""

Pixel = tuple[int, int, int] | None
"""Red, green, blue, 0 to 255; `None` is transparent."""


def detect(environment: Mapping[str, str], *, isatty: bool) -> Protocol:
    """The best protocol that the variables prove; none without a terminal or without color.

    Inside tmux and screen only half blocks are safe. Nothing is asked of the terminal.
    """
    term = environment.get("TERM", "")
    if not isatty or environment.get("NO_COLOR") or term in ("", "dumb"):
        return Protocol.NONE
    if "TMUX" not in environment and not term.startswith(("tmux", "screen")):
        pixels = _pixel_protocol(environment, term)
        if pixels is not None:
            return pixels
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return Protocol.BLOCKS
    return Protocol.BLOCKS_256 if "256color" in term else Protocol.NONE


def render(path: Path, *, columns: int, rows: int, protocol: Protocol) -> str:
    """The picture at `path` as text of at most `columns` x `rows` characters, ending in a line break.

    Empty for `Protocol.NONE`. Raises `InvalidRequestError` if the file is no usable picture, and `OSError`.
    """
    if protocol is Protocol.NONE:
        return ""
    with path.open("rb") as file:
        return render_open(file, name=str(path), columns=columns, rows=rows, protocol=protocol)


def render_open(file: BinaryIO, *, name: str, columns: int, rows: int, protocol: Protocol) -> str:
    """As `render`, from an open file that `name` stands for in messages."""
    image = open_checked(file, name=name)
    columns, rows = max(columns, 1), max(rows, 1)
    if protocol is Protocol.NONE:
        return ""
    if protocol is Protocol.BLOCKS:
        return _blocks(_fitted(image, columns, 2 * rows), _true_color)
    if protocol is Protocol.BLOCKS_256:
        return _blocks(_fitted(image, columns, 2 * rows), _palette_color)
    # The line break after the picture needs a row of its own.
    small = _fitted(image, columns * CELL_WIDTH_PX, max(rows - 1, 1) * CELL_HEIGHT_PX)
    wide, high = -(-small.width // CELL_WIDTH_PX), -(-small.height // CELL_HEIGHT_PX)
    if protocol is Protocol.KITTY:
        return _kitty(small, wide, high)
    return _iterm2(small, wide, high) if protocol is Protocol.ITERM2 else to_sixel(small) + "\n"


def _pixel_protocol(environment: Mapping[str, str], term: str) -> Protocol | None:
    program = environment.get("TERM_PROGRAM", "")
    if "KITTY_WINDOW_ID" in environment or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return Protocol.KITTY
    if program in ("iTerm.app", "WezTerm") or environment.get("LC_TERMINAL") == "iTerm2":
        return Protocol.ITERM2
    if term.startswith(("foot", "mlterm", "contour")) or program == "mintty" or "sixel" in term:
        return Protocol.SIXEL
    return None


def _fitted(image: Image.Image, max_width: int, max_height: int) -> Image.Image:
    """An RGBA copy that fits, shape kept, with sides of at least 1."""
    scale = min(max_width / image.width, max_height / image.height)
    size = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
    flat = eight_bit(image)
    if flat.mode not in ("RGB", "RGBA", "L") or (flat.mode != "RGBA" and flat.has_transparency_data):
        flat = flat.convert("RGBA")
    return flat.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0).convert("RGBA")


def _blocks(image: Image.Image, color: Callable[[Pixel, bool], str]) -> str:
    pixels = _rows(image)
    if len(pixels) % 2:
        pixels.append([None] * image.width)
    lines = [_line(top, bottom, color) for top, bottom in zip(pixels[::2], pixels[1::2], strict=True)]
    return "".join(lines)


def _rows(image: Image.Image) -> list[list[Pixel]]:
    raw, width = image.tobytes(), image.width
    flat: list[Pixel] = [
        (raw[at], raw[at + 1], raw[at + 2]) if raw[at + 3] >= _OPAQUE else None for at in range(0, len(raw), 4)
    ]
    return [flat[start : start + width] for start in range(0, len(flat), width)]


def _line(top: list[Pixel], bottom: list[Pixel], color: Callable[[Pixel, bool], str]) -> str:
    pieces, last = [], ""
    for above, below in zip(top, bottom, strict=True):
        if above is None and below is None:
            style, character = "\x1b[0m", " "
        elif above is None:
            style, character = color(below, True) + "\x1b[49m", "▄"
        else:
            style, character = color(above, True) + (color(below, False) if below else "\x1b[49m"), "▀"
        pieces.append(character if style == last else style + character)
        last = style
    return "".join(pieces) + "\x1b[0m\n"


def _true_color(pixel: Pixel, foreground: bool) -> str:
    assert pixel is not None
    return f"\x1b[{38 if foreground else 48};2;{pixel[0]};{pixel[1]};{pixel[2]}m"


def _palette_color(pixel: Pixel, foreground: bool) -> str:
    assert pixel is not None
    nearest = min(_palette_candidates(pixel), key=lambda entry: math.dist(pixel, entry[1]))
    return f"\x1b[{38 if foreground else 48};5;{nearest[0]}m"


def _palette_candidates(pixel: tuple[int, int, int]) -> Iterator[tuple[int, tuple[int, int, int]]]:
    """The nearest entry of the color cube (16 to 231) and of the gray ramp (232 to 255)."""
    red, green, blue = (min(range(6), key=lambda step: abs(_CUBE_STEPS[step] - part)) for part in pixel)
    yield 16 + 36 * red + 6 * green + blue, (_CUBE_STEPS[red], _CUBE_STEPS[green], _CUBE_STEPS[blue])
    gray = min(max((sum(pixel) // 3 - 3) // 10, 0), 23)
    yield 232 + gray, (8 + 10 * gray,) * 3


def _png_base64(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _kitty(image: Image.Image, wide: int, high: int) -> str:
    return "".join(_kitty_sequences(_png_base64(image), wide, high)) + "\n"


def _kitty_sequences(data: str, wide: int, high: int) -> Iterator[str]:
    first = f"a=T,f=100,q=2,c={wide},r={high},"
    for start in range(0, len(data), _KITTY_CHUNK):
        more = int(start + _KITTY_CHUNK < len(data))
        yield f"\x1b_G{first if start == 0 else ''}m={more};{data[start : start + _KITTY_CHUNK]}\x1b\\"


def _iterm2(image: Image.Image, wide: int, high: int) -> str:
    return f"\x1b]1337;File=inline=1;width={wide};height={high};preserveAspectRatio=1:{_png_base64(image)}\x07\n"
