from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_COLORS = 64
"""Palette entries: fewer than the 256 a terminal may have, for a quarter of the text."""

_BAND_PX = 6

_RUN = re.compile(r"(.)\1{3,}", re.DOTALL)


def to_sixel(image: Image.Image) -> str:
    """An RGBA picture as one sixel sequence; pixels with alpha below half are left to the background."""
    solid = np.asarray(image.getchannel("A")) >= 128
    indexed = image.convert("RGB").quantize(_COLORS, dither=Image.Dither.FLOYDSTEINBERG)
    pixels = np.where(solid, np.asarray(indexed, dtype=np.int16), np.int16(-1))
    bands = (pixels[top : top + _BAND_PX] for top in range(0, image.height, _BAND_PX))
    body = "-".join("$".join(_colors_of_band(band)) for band in bands)
    return f'\x1bP0;1q"1;1;{image.width};{image.height}{_palette(indexed)}{body}\x1b\\'


def _palette(indexed: Image.Image) -> str:
    """Color registers in percent of red, green and blue, as sixel has them."""
    values = indexed.getpalette() or []
    entries = zip(values[::3], values[1::3], values[2::3], strict=True)
    return "".join(
        f"#{number};2;{round(red / 2.55)};{round(green / 2.55)};{round(blue / 2.55)}"
        for number, (red, green, blue) in enumerate(entries)
    )


def _colors_of_band(band: NDArray[np.int16]) -> Iterator[str]:
    """One run-length coded line for each color of a band of up to 6 x W pixels, lowest bit on top."""
    weights = (1 << np.arange(band.shape[0], dtype=np.uint8))[:, np.newaxis]
    for number in np.unique(band[band >= 0]):
        bits = ((band == number) * weights).sum(axis=0, dtype=np.uint8)
        line = (bits + 63).tobytes().decode("ascii").rstrip("?")
        yield f"#{number}" + _RUN.sub(lambda match: f"!{len(match[0])}{match[1]}", line)
