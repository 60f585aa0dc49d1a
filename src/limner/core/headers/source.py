"""A file read in small pieces, and what is learnt from it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import BinaryIO, Literal

from limner.core.size import Size

BUDGET_BYTES = 1 << 20
"""The most that is read of one file to learn its header; pixels are skipped by seeking."""

_LEAST_CHARGE = 8
"""What a read costs at least, so that a file of many tiny pieces ends the walk as well."""

ByteOrder = Literal["big", "little"]

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
    "image/heic": "heic",
    "image/heif": "heif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
}


class NotAPicture(ValueError):
    """The bytes are no raster picture of a known format, or end before its size."""


class CutShort(NotAPicture):
    """The file ends before what was to be read."""


class HeaderTooLong(NotAPicture):
    """More than `BUDGET_BYTES` would have to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the bytes of a picture file say about it.

    `mime_type` is the real one. `size` is as stored; `orientation` is the EXIF value 1 to 8 that says how to
    turn it. `complete` is false if the file ends early. `frames` is how many pictures an animation holds, as far
    as they were counted, and `None` where the format was not asked.
    """

    mime_type: str
    size: Size
    complete: bool
    frames: int | None = None
    orientation: int = 1

    @property
    def extension(self) -> str:
        """What a file of this type is called, without the dot: `jpg`."""
        return EXTENSIONS[self.mime_type]

    @property
    def shown_size(self) -> Size:
        """The size after turning, as a person sees it."""
        return Size(self.size.height, self.size.width) if self.orientation >= 5 else self.size


class Source:
    """A seekable file, read by position and within `BUDGET_BYTES`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = BUDGET_BYTES
        self.size = file.seek(0, os.SEEK_END)

    def peek(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes at `offset`; fewer at the end of the file. Raises `HeaderTooLong`."""
        if offset >= self.size:
            return b""
        self._left -= max(length, _LEAST_CHARGE)
        if self._left < 0:
            raise HeaderTooLong(f"the header is longer than {BUDGET_BYTES} bytes")
        self._file.seek(offset)
        return self._file.read(length)

    def at(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes at `offset`. Raises `CutShort` or `HeaderTooLong`."""
        piece = self.peek(offset, length)
        if len(piece) < length:
            raise CutShort(f"the file ends at byte {self.size}, in the middle of its header")
        return piece

    def number(self, offset: int, length: int, byte_order: ByteOrder = "big") -> int:
        """The unsigned whole number of `length` bytes at `offset`."""
        return int.from_bytes(self.at(offset, length), byte_order)

    def ends_with(self, tail: bytes) -> bool:
        """Whether the last bytes of the file are these. Costs nothing of the budget."""
        if self.size < len(tail):
            return False
        self._file.seek(self.size - len(tail))
        return self._file.read(len(tail)) == tail


def checked_size(width: int, height: int) -> Size:
    """A size from a header; raises `NotAPicture` if a side is 0 or needs more than 31 bits."""
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        raise NotAPicture(f"its header states the impossible size {width}x{height}")
    return Size(width, height)
