from __future__ import annotations

from limner.core.headers.source import (
    ByteOrder,
    CutShort,
    HeaderTooLong,
    NotAPicture,
    Picture,
    Source,
    checked_size,
)

_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 279, 324, 325
_BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_WHOLE_NUMBERS = frozenset((1, 3, 4))
_MOST_ENTRIES = 4096
_MOST_STRIPS = 20_000

Entry = tuple[int, int, int]
"""Field type, number of values, and the position of the first value in the file."""


def read_tiff(source: Source) -> Picture:
    """Read the first page of a TIFF; complete if its strips or tiles and its fields lie inside the file."""
    order = byte_order(source.at(0, 2))
    entries = directory(source, 0, source.number(4, 4, order), order)
    width, height = first_value(source, entries, _WIDTH, order), first_value(source, entries, _HEIGHT, order)
    if width is None or height is None:
        raise NotAPicture("a TIFF that does not state its size")
    return Picture(
        mime_type="image/tiff",
        size=checked_size(width, height),
        complete=_is_complete(source, entries, order),
        orientation=orientation(source, entries, order),
    )


def byte_order(mark: bytes) -> ByteOrder:
    """The order of bytes that the mark `II` or `MM` stands for. Raises `NotAPicture`."""
    if mark not in (b"II", b"MM"):
        raise NotAPicture("a TIFF directory without its byte order")
    return "little" if mark == b"II" else "big"


def directory(source: Source, base: int, offset: int, order: ByteOrder) -> dict[int, Entry]:
    """The fields of the directory at `offset` from `base`, by tag. Raises `CutShort` or `NotAPicture`."""
    count = source.number(base + offset, 2, order)
    if count > _MOST_ENTRIES:
        raise NotAPicture(f"a TIFF directory of {count} fields")
    table = source.at(base + offset + 2, 12 * count)
    entries = {}
    for number in range(count):
        tag, kind = (int.from_bytes(table[12 * number + at : 12 * number + at + 2], order) for at in (0, 2))
        values = int.from_bytes(table[12 * number + 4 : 12 * number + 8], order)
        place = base + offset + 2 + 12 * number + 8
        if _BYTES_OF_TYPE.get(kind, 1) * values > 4:
            place = base + int.from_bytes(table[12 * number + 8 : 12 * number + 12], order)
        entries[tag] = (kind, values, place)
    return entries


def first_value(source: Source, entries: dict[int, Entry], tag: int, order: ByteOrder) -> int | None:
    """The first whole number of a field, `None` where there is no such field."""
    if tag not in entries or entries[tag][0] not in _WHOLE_NUMBERS:
        return None
    kind, _, place = entries[tag]
    return source.number(place, _BYTES_OF_TYPE[kind], order)


def orientation(source: Source, entries: dict[int, Entry], order: ByteOrder) -> int:
    """The EXIF orientation, 1 where none is given or it is nonsense."""
    value = first_value(source, entries, _ORIENTATION, order)
    return value if value is not None and 1 <= value <= 8 else 1


def _is_complete(source: Source, entries: dict[int, Entry], order: ByteOrder) -> bool:
    ends = (place + _BYTES_OF_TYPE.get(kind, 1) * count for kind, count, place in entries.values())
    if any(end > source.size for end in ends):
        return False
    try:
        starts = _values(source, entries, _STRIPS, order) or _values(source, entries, _TILES, order)
        lengths = _values(source, entries, _STRIP_BYTES, order) or _values(source, entries, _TILE_BYTES, order)
    except (CutShort, HeaderTooLong):
        return False
    if not starts or len(starts) != len(lengths):
        return False
    return all(start + length <= source.size for start, length in zip(starts, lengths, strict=True))


def _values(source: Source, entries: dict[int, Entry], tag: int, order: ByteOrder) -> list[int]:
    if tag not in entries or entries[tag][0] not in _WHOLE_NUMBERS:
        return []
    kind, count, place = entries[tag]
    if count > _MOST_STRIPS:
        raise HeaderTooLong(f"a TIFF of {count} strips")
    width = _BYTES_OF_TYPE[kind]
    raw = source.at(place, width * count)
    return [int.from_bytes(raw[at : at + width], order) for at in range(0, len(raw), width)]
