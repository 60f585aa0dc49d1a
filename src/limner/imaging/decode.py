"""Opening pictures that nobody vouches for: measured first, decoded only within limits."""

from __future__ import annotations

import io
from typing import BinaryIO, TypeAlias

import numpy as np
from PIL import Image, ImageOps

from limner.core.picture import NotAPicture, Picture, measure
from limner.errors import InvalidRequestError

MAX_PIXELS = 89_478_485
"""The largest picture opened by default, in pixels (about 12,000 x 7,450). It is Pillow's own warning limit, so
that this check and Pillow's never disagree and Pillow's global setting stays as it is."""

MAX_FRAMES = 1_000
"""The most frames an animation may have, though only the first is used."""

MAX_FILE_BYTES = 200_000_000
"""The largest file opened; twice what any provider takes inline."""

Pixels: TypeAlias = Image.Image
"""A decoded picture."""

_PILLOW_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}

_JPEG_SUBSAMPLING = 0
"""4:4:4: references hold lettering and thin coloured lines, which subsampling blurs."""


def open_checked(file: BinaryIO, *, name: str = "The picture", max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The first frame of a picture file, decoded and turned upright; `name` is used in messages.

    The mode is the file's own (`P`, `CMYK`, `I;16` included). Raises `InvalidRequestError`: `invalid.picture` for
    anything that is no whole raster picture, `invalid.picture_size` for one beyond `max_pixels`, `MAX_FRAMES`
    or `MAX_FILE_BYTES`; these are found in the header, before anything is decoded.
    """
    picture = _measured(file, name)
    _check_limits(picture, file, name, max_pixels)
    if not picture.complete:
        raise _not_usable(name, "the file is cut short")
    pillow_format = _PILLOW_FORMATS.get(picture.mime_type)
    if pillow_format is None:
        raise _not_usable(name, f"{picture.mime_type} cannot be decoded here")
    file.seek(0)
    try:
        image = Image.open(file, formats=[pillow_format])
        _check_pixels(image.width, image.height, name, max_pixels)
        image.load()
        return ImageOps.exif_transpose(image)
    except InvalidRequestError:
        raise
    except Image.DecompressionBombError as fault:
        raise _too_large(name, "more pixels inside than its header says", "a picture that tells the truth") from fault
    except Exception as fault:  # hostile bytes make Pillow raise nearly anything
        raise _not_usable(name, f"it cannot be decoded ({type(fault).__name__}: {fault})") from fault


def eight_bit(image: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel: 16-bit values are divided by 256, floats stretched to the full range."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    values = np.asarray(image, dtype=np.float64)
    lowest, highest = (float(values.min()), float(values.max())) if image.mode == "F" else (0.0, 65536.0)
    scaled = (values - lowest) * (256 / max(highest - lowest, 1e-9))
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8), "L")


def png_bytes(image: Image.Image) -> bytes:
    """The picture as a PNG file, quickly made: a 4K picture takes a fifth of the time of the densest."""
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=3)
    return data.getvalue()


def jpeg_bytes(image: Image.Image, *, quality: int = 82) -> bytes:
    """The picture as a JPEG file, what is transparent on white: for thumbnails."""
    data = io.BytesIO()
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    image.convert("RGB").save(data, "JPEG", quality=quality)
    return data.getvalue()


def shrink(image: Image.Image, *, max_side_px: int) -> Image.Image:
    """The picture with its longer side at most `max_side_px`, shape kept; itself if it is small enough."""
    if max(image.size) <= max_side_px:
        return image
    smaller = eight_bit(image).convert("RGBA" if image.has_transparency_data else "RGB")
    smaller.thumbnail((max_side_px, max_side_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return smaller


def _measured(file: BinaryIO, name: str) -> Picture:
    try:
        return measure(file)
    except NotAPicture as fault:
        raise _not_usable(name, str(fault)) from fault


def _check_limits(picture: Picture, file: BinaryIO, name: str, max_pixels: int) -> None:
    _check_pixels(picture.size.width, picture.size.height, name, max_pixels)
    if picture.frames is not None and picture.frames > MAX_FRAMES:
        raise _too_large(name, f"an animation of {picture.frames} frames or more", f"up to {MAX_FRAMES}")
    size = file.seek(0, io.SEEK_END)
    if size > MAX_FILE_BYTES:
        raise _too_large(name, f"a file of {size / 1e6:.0f} MB", f"up to {MAX_FILE_BYTES / 1e6:.0f} MB")


def _check_pixels(width: int, height: int, name: str, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise _too_large(name, f"{width}x{height} pixels", f"up to {max_pixels / 1e6:.0f} million pixels")


def _not_usable(name: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{name} cannot be used: {why}.\nAccepted: a whole PNG, JPEG, WebP, GIF, AVIF, BMP or TIFF picture.",
        code="invalid.picture",
        hint="Try: open it in an image editor and save it as PNG or JPEG",
    )


def _too_large(name: str, what: str, accepted: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{name} is too large: {what}.\nAccepted: {accepted}.",
        code="invalid.picture_size",
        hint="Try: a smaller copy of it",
    )
