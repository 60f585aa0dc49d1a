"""What a picture file really is, read from its bytes, and how that differs from what was asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import BinaryIO

from limner.core.headers.bmp import read_bmp
from limner.core.headers.gif import read_gif
from limner.core.headers.heif import read_heif
from limner.core.headers.jpeg import read_jpeg
from limner.core.headers.png import read_png
from limner.core.headers.source import EXTENSIONS, NotAPicture, Picture, Source
from limner.core.headers.tiff import read_tiff
from limner.core.headers.webp import read_webp
from limner.core.size import AspectRatio, Resolution, Size

__all__ = ["EXTENSIONS", "NotAPicture", "Picture", "differences", "measure", "same_type"]

RATIO_TOLERANCE = 0.015
"""How far a shape may be off, in log of width / height. Documented 16:9 is 1376x768, 0.8 % off."""

AREA_TOLERANCE = 0.05
"""How far the number of pixels may be off, in log. Models round sides to multiples of 8 or 16."""

_COMMON_RATIOS = tuple(
    map(
        AspectRatio.parse,
        ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1"),
    )
)

_SIDES_PX = {Resolution.R512: 512, Resolution.R1K: 1024, Resolution.R2K: 2048, Resolution.R4K: 4096}

_SIGNATURES: tuple[tuple[int, bytes, Callable[[Source], Picture]], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", read_png),
    (0, b"\xff\xd8\xff", read_jpeg),
    (0, b"RIFF", read_webp),
    (0, b"GIF87a", read_gif),
    (0, b"GIF89a", read_gif),
    (4, b"ftyp", read_heif),
    (0, b"BM", read_bmp),
    (0, b"II*\0", read_tiff),
    (0, b"MM\0*", read_tiff),
)

_OTHER_THINGS = (
    (b"%pdf", "a PDF document"),
    (b"<svg", "an SVG drawing, which is text and may hold scripts"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"pk\x03\x04", "a ZIP archive"),
    (b"8bps", "a Photoshop file"),
    (b"\x00\x00\x01\x00", "an icon file"),
    (b"\x00\x00\x00\x0cjxl ", "a JPEG XL picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"{", "JSON text"),
)


def measure(read: BinaryIO) -> Picture:
    """The real type, size and completeness of the picture in a seekable file.

    Only headers are read, never more than about 1 MB. Raises `NotAPicture` for anything that is no PNG, JPEG,
    WebP, GIF, AVIF, HEIC, BMP or TIFF, or that ends before its size.
    """
    source = Source(read)
    head = source.peek(0, 512)
    for offset, signature, reader in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return reader(source)
    raise NotAPicture(_what_else(head))


def differences(
    asked_ratio: AspectRatio | None,
    asked_size: Size | None,
    declared_mime: str,
    picture: Picture,
    *,
    asked_resolution: Resolution | None = None,
) -> tuple[str, ...]:
    """How the picture differs from what was asked and declared, in plain words; empty if it does not.

    `asked_size` is the documented size of what was asked, where one is known: a picture of that size is right
    even if the shape is off by more than 1.5 % (documented 4:3 of Imagen is 1280x896).
    """
    got = picture.shown_size
    found = []
    if not picture.complete:
        found.append("the file is cut short")
    if declared_mime and not same_type(declared_mime, picture.mime_type):
        found.append(f"declared {declared_mime}, is {picture.mime_type}")
    if got == asked_size:
        return tuple(found)
    if asked_ratio is not None and got.ratio.distance(asked_ratio) > RATIO_TOLERANCE:
        found.append(f"asked {asked_ratio}, got {got} ({_shape(got)})")
    if asked_size is not None and abs(math.log(_area(got) / _area(asked_size))) > AREA_TOLERANCE:
        asked = f"{asked_resolution} ({asked_size})" if asked_resolution else str(asked_size)
        found.append(f"asked {asked}, got {got}")
    elif asked_size is None and asked_resolution is not None and _resolution(got) is not asked_resolution:
        found.append(f"asked {asked_resolution}, got {got} (about {_resolution(got)})")
    return tuple(found)


def same_type(declared: str, real: str) -> bool:
    """Whether two MIME types name the same kind of file: parameters, case and old spellings do not count."""
    return _plain_type(declared) == _plain_type(real)


def _plain_type(mime_type: str) -> str:
    plain = mime_type.partition(";")[0].strip().lower()
    return {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png"}.get(
        plain, plain.replace("image/heif", "image/heic").removesuffix("-sequence")
    )


def _area(size: Size) -> int:
    return size.width * size.height


def _resolution(size: Size) -> Resolution:
    """The class whose square has the nearest number of pixels."""
    side_px = math.sqrt(_area(size))
    return min(_SIDES_PX, key=lambda resolution: abs(math.log(side_px / _SIDES_PX[resolution])))


def _shape(size: Size) -> str:
    nearest = size.ratio.nearest(_COMMON_RATIOS)
    if size.ratio == nearest:
        return str(nearest)
    if size.ratio.distance(nearest) <= RATIO_TOLERANCE:
        return f"about {nearest}"
    return f"{size.ratio.value:.2f}:1" if size.ratio.value >= 1 else f"1:{1 / size.ratio.value:.2f}"


def _what_else(head: bytes) -> str:
    if not head:
        return "the file is empty"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for signature, name in _OTHER_THINGS:
        if start.startswith(signature) or head.startswith(signature):
            return f"it is {name}, not a raster picture"
    if b"<svg" in start:
        return "it is an SVG drawing, which is text and may hold scripts, not a raster picture"
    return "it is no PNG, JPEG, WebP, GIF, AVIF, HEIC, BMP or TIFF picture"
