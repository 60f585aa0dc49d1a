"""Reference pictures: from files, bytes or addresses into the blob store, checked before anything is sent."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import BinaryIO

from limner.app.result import Image
from limner.core.parts import FilePart, ImagePart
from limner.core.picture import NotAPicture, Picture, measure
from limner.errors import InvalidRequestError
from limner.store.blobs import BlobStore

MAX_INPUT_PIXELS = 100_000_000
"""Largest input picture, in pixels: beyond it a small file may unpack to gigabytes at the other end."""

ImageSource = str | Path | bytes | Image | ImagePart | FilePart
"""A file, an address (`https://`, `gs://`, Files API), the bytes of a picture, or a picture that is stored already."""

_REMOTE_FILE = re.compile(r"files/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""The name of a file at the provider, as `limner files` lists them."""
_ADDRESSES = ("https://", "gs://", "http://")


def load(source: ImageSource, blobs: BlobStore, number: int) -> tuple[ImagePart | FilePart, Picture | None, list[str]]:
    """The part to send, what the picture is (`None` for an address), and warnings.

    Raises `InvalidRequestError` for what is no picture, cut off or too large.
    """
    if isinstance(source, Image):
        return ImagePart(blob=source.blob, mime_type=source.mime_type), None, []
    if isinstance(source, ImagePart | FilePart):
        return source, None, []
    if isinstance(source, bytes):
        return _store(io.BytesIO(source), f"input picture {number}", None, blobs)
    text = str(source)
    path = Path(text).expanduser()
    if is_address(text):
        return FilePart(uri=text), None, []
    try:
        with path.open("rb") as file:
            return _store(file, repr(text), path.suffix, blobs)
    except FileNotFoundError:
        raise InvalidRequestError(
            f"There is no file {text!r}.", code="invalid.image", hint="Check the name and the folder."
        ) from None
    except OSError as problem:
        raise InvalidRequestError(
            f"{text!r} cannot be read: {problem.strerror}.", code="invalid.image", hint="Check the file's permissions."
        ) from problem


def is_address(text: str) -> bool:
    """Whether it names a picture elsewhere: an address, or a file at the provider where no local file is called so."""
    if text.startswith(_ADDRESSES):
        return True
    return _REMOTE_FILE.fullmatch(text) is not None and not Path(text).exists()


def _store(file: BinaryIO, name: str, suffix: str | None, blobs: BlobStore) -> tuple[ImagePart, Picture, list[str]]:
    try:
        picture = measure(file)
    except NotAPicture as problem:
        raise InvalidRequestError(
            f"{name} is not a picture: {problem}.",
            code="invalid.image",
            hint="Accepted: PNG, JPEG, WebP, GIF, HEIC, AVIF, BMP, TIFF.",
        ) from problem
    _check(picture, name)
    warnings = []
    if suffix and "." + picture.extension not in _same_extensions(suffix):
        warnings.append(f"{name} is really {picture.mime_type}; it is sent as that.")
    file.seek(0)
    return ImagePart(blob=blobs.put_file(file), mime_type=picture.mime_type), picture, warnings


def _check(picture: Picture, name: str) -> None:
    pixels = picture.size.width * picture.size.height
    if pixels > MAX_INPUT_PIXELS:
        raise InvalidRequestError(
            f"{name} has {picture.size} pixels ({pixels / 1e6:.0f} million).",
            code="invalid.image_too_large",
            hint=f"Accepted: up to {MAX_INPUT_PIXELS // 1_000_000} million pixels. Make it smaller first.",
        )
    if not picture.complete:
        raise InvalidRequestError(
            f"{name} is cut off: the file ends before the picture does.",
            code="invalid.image",
            hint="Get the whole file again.",
        )


def _same_extensions(suffix: str) -> set[str]:
    suffix = suffix.lower()
    groups = ({".jpg", ".jpeg", ".jpe", ".jfif"}, {".tif", ".tiff"}, {".heic", ".heif"})
    return next((group for group in groups if suffix in group), {suffix})
