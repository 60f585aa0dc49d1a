from __future__ import annotations

from limner.core.headers import tiff
from limner.core.headers.source import CutShort, HeaderTooLong, NotAPicture, Picture, Source, checked_size

_END_OF_IMAGE = b"\xff\xd9"
_EXIF = 0xE1
_SCAN = 0xDA
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers; the three left out are tables."""

_TAIL_BYTES = 1 << 16
"""How far before the end of the file the end mark is searched: cameras append previews and padding."""


def read_jpeg(source: Source) -> Picture:
    """Read a JPEG; complete if the end mark follows the pixels. Segments before them are skipped by seeking."""
    size = None
    orientation = 1
    offset = 2
    while True:
        try:
            offset, marker = _next_marker(source, offset)
            length = source.number(offset, 2)
            if length < 2:
                raise NotAPicture("a JPEG with a segment of impossible length")
            if marker in _FRAMES and size is None:
                size = checked_size(source.number(offset + 5, 2), source.number(offset + 3, 2))
            elif marker == _EXIF and source.peek(offset + 2, 6) == b"Exif\0\0":
                orientation = _orientation(source, offset + 8)
        except (CutShort, HeaderTooLong):
            if size is None:
                raise
            return Picture(mime_type="image/jpeg", size=size, complete=False, frames=1, orientation=orientation)
        offset += length
        if marker == _SCAN:
            break
    if size is None:
        raise NotAPicture("a JPEG without a frame header")
    complete = _ends_after(source, offset)
    return Picture(mime_type="image/jpeg", size=size, complete=complete, frames=1, orientation=orientation)


def _next_marker(source: Source, offset: int) -> tuple[int, int]:
    while True:
        piece = source.at(offset, 2)
        if piece[0] != 0xFF or piece[1] in (0x00, 0xD8, 0xD9):
            raise NotAPicture("a JPEG whose segments do not follow each other")
        if piece[1] == 0xFF:
            offset += 1
        elif piece[1] in _WITHOUT_LENGTH:
            offset += 2
        else:
            return offset + 2, piece[1]


def _orientation(source: Source, base: int) -> int:
    try:
        order = tiff.byte_order(source.at(base, 2))
        entries = tiff.directory(source, base, source.number(base + 4, 4, order), order)
        return tiff.orientation(source, entries, order)
    except HeaderTooLong:
        raise
    except NotAPicture:
        return 1


def _ends_after(source: Source, offset: int) -> bool:
    start = max(offset, source.size - _TAIL_BYTES)
    try:
        return _END_OF_IMAGE in source.peek(start, _TAIL_BYTES)
    except HeaderTooLong:
        return source.ends_with(_END_OF_IMAGE)
