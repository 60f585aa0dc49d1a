from __future__ import annotations

from limner.core.headers.source import NotAPicture, Picture, Source, checked_size


def read_bmp(source: Source) -> Picture:
    """Read a Windows or OS/2 bitmap; complete if it is as long as its header says."""
    declared_bytes = source.number(2, 4, "little")
    header_bytes = source.number(14, 4, "little")
    if header_bytes == 12:
        size = checked_size(source.number(18, 2, "little"), source.number(20, 2, "little"))
    elif 40 <= header_bytes <= 256:
        size = checked_size(_signed(source, 18), abs(_signed(source, 22)))
    else:
        raise NotAPicture("a file that begins like a BMP, but has no BMP header")
    first_pixel = source.number(10, 4, "little")
    return Picture(
        mime_type="image/bmp", size=size, complete=source.size >= max(declared_bytes, first_pixel + 1), frames=1
    )


def _signed(source: Source, offset: int) -> int:
    return int.from_bytes(source.at(offset, 4), "little", signed=True)
