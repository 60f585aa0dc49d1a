"""AVIF and HEIC: boxes in boxes. The main picture's size is a property that is tied to it by number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from limner.core.headers.source import CutShort, HeaderTooLong, NotAPicture, Picture, Source, checked_size
from limner.core.size import Size

_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"))
_AVIF = frozenset((b"avif", b"avis"))
_HEIF = frozenset((b"mif1", b"mif2", b"msf1"))
_MOST_BRANDS_BYTES = 1024
_MOST_TIES_BYTES = 1 << 18

_TURNS = {0: 1, 1: 8, 2: 3, 3: 6}
"""From quarter turns against the clock (`irot`) to the EXIF orientation."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    """Where its content begins."""
    end: int


def read_heif(source: Source) -> Picture:
    """Read an AVIF, HEIC or HEIF; complete if its outer boxes fill the file."""
    mime_type = _mime_type(source)
    meta = _find(source, 0, source.size, b"meta")
    if meta is None:
        raise NotAPicture("a HEIF or AVIF without its meta box")
    size, orientation = _of_main_picture(source, meta)
    return Picture(mime_type=mime_type, size=size, complete=_is_complete(source), orientation=orientation)


def _mime_type(source: Source) -> str:
    box_bytes = source.number(0, 4)
    length = min(max(box_bytes - 8, 4), _MOST_BRANDS_BYTES)
    content = source.at(8, length)
    brands = [content[:4], *(content[at : at + 4] for at in range(8, length - 3, 4))]
    if brands[0] not in _AVIF | _HEIC | _HEIF:
        raise NotAPicture(f"a media file of kind {brands[0]!r}, not a picture")
    for family, mime_type in ((_AVIF, "image/avif"), (_HEIC, "image/heic")):
        if brands[0] in family:
            return mime_type
    for family, mime_type in ((_AVIF, "image/avif"), (_HEIC, "image/heic")):
        if family & set(brands):
            return mime_type
    return "image/heif"


def _boxes(source: Source, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        header = source.at(start, 8)
        length, content = int.from_bytes(header[:4], "big"), start + 8
        if length == 1:
            length, content = source.number(start + 8, 8), start + 16
        elif length == 0:
            length = end - start
        if start + length < content:
            raise NotAPicture("a HEIF or AVIF with a box of impossible length")
        yield _Box(header[4:], content, start + length)
        start += length


def _find(source: Source, start: int, end: int, kind: bytes) -> _Box | None:
    return next((box for box in _boxes(source, start, end) if box.kind == kind), None)


def _need(source: Source, start: int, end: int, kind: bytes) -> _Box:
    box = _find(source, start, end, kind)
    if box is None:
        raise NotAPicture(f"a HEIF or AVIF without its {kind.decode()} box")
    return box


def _of_main_picture(source: Source, meta: _Box) -> tuple[Size, int]:
    inner = meta.start + 4
    main = _need(source, inner, meta.end, b"pitm")
    item = source.number(main.start + 4, 2 if source.number(main.start, 1) == 0 else 4)
    properties = _need(source, inner, meta.end, b"iprp")
    container = _need(source, properties.start, properties.end, b"ipco")
    ties = _need(source, properties.start, properties.end, b"ipma")
    wanted = _tied_to(source, ties, item)
    size, orientation = None, 1
    for number, box in enumerate(_boxes(source, container.start, container.end), start=1):
        if number in wanted and box.kind == b"ispe":
            size = checked_size(source.number(box.start + 4, 4), source.number(box.start + 8, 4))
        elif number in wanted and box.kind == b"irot":
            orientation = _TURNS[source.number(box.start, 1) & 3]
    if size is None:
        raise NotAPicture("a HEIF or AVIF that does not state its size")
    return size, orientation


def _tied_to(source: Source, ties: _Box, item: int) -> frozenset[int]:
    """Numbers of the properties that belong to the item."""
    content = source.at(ties.start, min(ties.end - ties.start, _MOST_TIES_BYTES))
    if len(content) < 8:
        return frozenset()
    id_bytes = 2 if content[0] == 0 else 4
    tie_bytes = 2 if content[3] & 1 else 1
    mask = 0x7FFF if tie_bytes == 2 else 0x7F
    at = 8
    while at + id_bytes < len(content):
        found = int.from_bytes(content[at : at + id_bytes], "big")
        count = content[at + id_bytes]
        at += id_bytes + 1
        numbers = (
            int.from_bytes(content[at + tie_bytes * n : at + tie_bytes * (n + 1)], "big") & mask for n in range(count)
        )
        if found == item:
            return frozenset(numbers)
        at += tie_bytes * count
    return frozenset()


def _is_complete(source: Source) -> bool:
    last, has_pixels = 0, False
    try:
        for box in _boxes(source, 0, source.size):
            last = box.end
            has_pixels = has_pixels or box.kind == b"mdat"
    except (CutShort, HeaderTooLong, NotAPicture):
        return False
    return has_pixels and last == source.size
