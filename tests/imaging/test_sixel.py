from __future__ import annotations

import re

import numpy as np
from PIL import Image

from limner.imaging.sixel import to_sixel


def drawn(text: str, width: int, height: int) -> list[list[tuple[int, int, int] | None]]:
    """What a terminal makes of a sixel sequence; colors in percent."""
    body = text.partition("q")[2].removesuffix("\x1b\\")
    palette = {int(n): (int(r), int(g), int(b)) for n, r, g, b in re.findall(r"#(\d+);2;(\d+);(\d+);(\d+)", body)}
    body = re.sub(r'"[\d;]*|#\d+;2;\d+;\d+;\d+', "", body)
    rows: list[list[tuple[int, int, int] | None]] = [[None] * width for _ in range(height)]
    x, top, color = 0, 0, (0, 0, 0)
    for register, repeat, bits, move in re.findall(r"#(\d+)|(?:!(\d+))?([?-~])|([$-])", body.replace("-", "\n")):
        if register:
            color = palette[int(register)]
        for _ in range(int(repeat or 1) if bits else 0):
            for bit in range(6):
                if ord(bits) - 63 >> bit & 1:
                    rows[top + bit][x] = color
            x += 1
        if move == "$":
            x = 0
    return rows


def test_a_band_of_stripes_is_drawn_as_it_was() -> None:
    pixels = np.zeros((6, 9, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    pixels[:, ::3, 0] = 255
    assert drawn(to_sixel(Image.fromarray(pixels)), 9, 6) == [[(100, 0, 0), (0, 0, 0), (0, 0, 0)] * 3] * 6


def test_transparent_pixels_are_not_drawn() -> None:
    pixels = np.zeros((6, 4, 4), dtype=np.uint8)
    pixels[:3, :, :] = (0, 255, 0, 255)
    rows = drawn(to_sixel(Image.fromarray(pixels)), 4, 6)
    assert rows == [[(0, 100, 0)] * 4] * 3 + [[None] * 4] * 3


def test_rows_below_the_first_band_begin_a_new_one() -> None:
    text = to_sixel(Image.new("RGBA", (5, 13), (0, 0, 255, 255)))
    assert text.partition("q")[2].count("-") == 2


def test_at_most_64_colors_are_used() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (60, 60, 4), dtype=np.uint8)
    assert len(re.findall(r"#\d+;2;", to_sixel(Image.fromarray(noise)))) <= 64
