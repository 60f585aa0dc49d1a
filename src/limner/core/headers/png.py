from __future__ import annotations

from dataclasses import dataclass

from limner.core.headers.source import CutShort, HeaderTooLong, NotAPicture, Picture, Source, checked_size

_END = b"\0\0\0\0IEND\xaeB\x60\x82"


@dataclass(slots=True)
class _Walk:
    complete: bool = False
    frames: int = 1


def read_png(source: Source) -> Picture:
    """Read a PNG or APNG; complete if its chunks lead from IHDR over IDAT to IEND."""
    head = source.at(8, 16)
    if head[:8] != b"\0\0\0\rIHDR":
        raise NotAPicture("a PNG without its IHDR header")
    size = checked_size(int.from_bytes(head[8:12], "big"), int.from_bytes(head[12:16], "big"))
    walk = _Walk()
    try:
        _walk_chunks(source, walk)
    except CutShort:
        walk.complete = False
    except HeaderTooLong:
        walk.complete = source.ends_with(_END)
    return Picture(mime_type="image/png", size=size, complete=walk.complete, frames=walk.frames)


def _walk_chunks(source: Source, walk: _Walk) -> None:
    offset, has_pixels = 33, False
    while True:
        header = source.at(offset, 8)
        length, kind = int.from_bytes(header[:4], "big"), header[4:]
        if not kind.isalpha():
            return
        if kind == b"acTL" and not has_pixels:
            walk.frames = source.number(offset + 8, 4)
        has_pixels = has_pixels or kind == b"IDAT"
        offset += 12 + length
        if kind == b"IEND":
            walk.complete = has_pixels and offset <= source.size
            return
