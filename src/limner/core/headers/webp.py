from __future__ import annotations

from limner.core.headers.source import CutShort, HeaderTooLong, NotAPicture, Picture, Source, checked_size
from limner.core.size import Size

_ANIMATED = 0x02


def read_webp(source: Source) -> Picture:
    """Read a WebP; complete if the file is as long as its container and its first chunk say."""
    if source.at(8, 4) != b"WEBP":
        raise NotAPicture("a RIFF file that is no WebP, perhaps sound or video")
    end = 8 + source.number(4, 4, "little")
    kind = source.at(12, 4)
    first_chunk_end = 20 + source.number(16, 4, "little")
    animated = kind == b"VP8X" and bool(source.at(20, 1)[0] & _ANIMATED)
    return Picture(
        mime_type="image/webp",
        size=_size(source, kind),
        complete=first_chunk_end <= end <= source.size,
        frames=_count_frames(source, min(end, source.size)) if animated else 1,
    )


def _size(source: Source, kind: bytes) -> Size:
    if kind == b"VP8 ":
        return _lossy_size(source)
    if kind == b"VP8L":
        return _lossless_size(source)
    if kind == b"VP8X":
        return checked_size(source.number(24, 3, "little") + 1, source.number(27, 3, "little") + 1)
    raise NotAPicture(f"a WebP that begins with the unknown chunk {kind!r}")


def _lossy_size(source: Source) -> Size:
    head = source.at(20, 10)
    if head[0] & 1 or head[3:6] != b"\x9d\x01\x2a":
        raise NotAPicture("a WebP whose VP8 data does not begin with a key frame")
    width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    return checked_size(width & 0x3FFF, height & 0x3FFF)


def _lossless_size(source: Source) -> Size:
    head = source.at(20, 5)
    if head[0] != 0x2F:
        raise NotAPicture("a WebP whose VP8L data lacks its signature")
    bits = int.from_bytes(head[1:5], "little")
    return checked_size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)


def _count_frames(source: Source, end: int) -> int:
    frames, offset = 0, 12
    try:
        while offset + 8 <= end:
            header = source.at(offset, 8)
            frames += header[:4] == b"ANMF"
            length = int.from_bytes(header[4:], "little")
            offset += 8 + length + (length & 1)
    except (CutShort, HeaderTooLong):
        return frames
    return frames
