from __future__ import annotations

from dataclasses import dataclass

from limner.core.headers.source import CutShort, HeaderTooLong, Picture, Source, checked_size

_EXTENSION, _FRAME, _TRAILER = 0x21, 0x2C, 0x3B


@dataclass(slots=True)
class _Walk:
    complete: bool = False
    frames: int = 0


def read_gif(source: Source) -> Picture:
    """Read a GIF; complete if its blocks lead to the trailer."""
    head = source.at(0, 13)
    size = checked_size(int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"))
    walk = _Walk()
    try:
        _walk_blocks(source, 13 + _color_table_bytes(head[10]), walk)
    except CutShort:
        walk.complete = False
    except HeaderTooLong:
        walk.complete = source.ends_with(bytes([_TRAILER]))
    return Picture(mime_type="image/gif", size=size, complete=walk.complete, frames=walk.frames)


def _color_table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _walk_blocks(source: Source, offset: int, walk: _Walk) -> None:
    while True:
        kind = source.at(offset, 1)[0]
        if kind == _FRAME:
            walk.frames += 1
            offset += 10 + _color_table_bytes(source.at(offset + 9, 1)[0]) + 1
        elif kind == _EXTENSION:
            offset += 2
        else:
            walk.complete = kind == _TRAILER and walk.frames > 0
            return
        offset = _after_sub_blocks(source, offset)


def _after_sub_blocks(source: Source, offset: int) -> int:
    while length := source.at(offset, 1)[0]:
        offset += 1 + length
    return offset + 1
