"""A picture that stands in for one that is not at hand: of its type, its size in pixels and its length in bytes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageDraw

from limner.core.blob import BlobRef
from limner.core.sink import BlobSink
from limner.core.size import Size

_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_CHUNK_BYTES = 12
"""Length, name and checksum of a PNG chunk."""
_FILLER = b"liMn"
"""Ancillary, private, safe to copy: every reader of PNG passes it over."""
_SEGMENT_BYTES = 65_533
"""Most that a comment of a JPEG file can hold."""
_PIECE = bytes(1 << 16)
_INK = (110, 110, 110)
_TEXT = "REPLAY"


def stand_in(sink: BlobSink, original: BlobRef, mime_type: str, size: Size) -> BlobRef:
    """A gray picture for `original`, JPEG for a JPEG and PNG for anything else; the same one every time.

    It is as many bytes long as the original wherever its own are fewer by a little (20 bytes at most).
    """
    picture = _drawn(original, size)
    buffer = io.BytesIO()
    is_jpeg = mime_type == "image/jpeg"
    picture.save(buffer, "JPEG" if is_jpeg else "PNG", quality=60)
    file = buffer.getvalue()
    writer = sink.writer()
    try:
        for piece in (_longer_jpeg if is_jpeg else _longer_png)(file, original.size):
            writer.write(piece)
        return writer.commit()
    except BaseException:
        writer.abort()
        raise


def _drawn(original: BlobRef, size: Size) -> Image.Image:
    """Gray, with a tint of its own so that two stand-ins can be told apart, and marked for what it is."""
    tint = bytes.fromhex(original.sha256[:6])
    picture = Image.new("RGB", (size.width, size.height), (200 + tint[0] % 40, 200 + tint[1] % 40, 200 + tint[2] % 40))
    pen = ImageDraw.Draw(picture)
    pen.text((size.width / 2, size.height / 2), _TEXT, fill=_INK, anchor="mm", font_size=max(8, size.width // 8))
    return picture


def _longer_png(file: bytes, length: int) -> Iterator[bytes]:
    missing = length - len(file) - _CHUNK_BYTES
    if missing < 0:
        yield file
        return
    yield file.removesuffix(_PNG_END)
    yield struct.pack(">I", missing) + _FILLER
    checksum = zlib.crc32(_FILLER)
    for piece in _zeros(missing):
        checksum = zlib.crc32(piece, checksum)
        yield piece
    yield struct.pack(">I", checksum) + _PNG_END


def _longer_jpeg(file: bytes, length: int) -> Iterator[bytes]:
    missing = length - len(file)
    yield file[:2]
    while missing >= 4:
        taken = min(missing, _SEGMENT_BYTES + 4)
        taken -= 4 if 0 < missing - taken < 4 else 0
        yield b"\xff\xfe" + struct.pack(">H", taken - 2) + bytes(taken - 4)
        missing -= taken
    yield file[2:]


def _zeros(count: int) -> Iterator[bytes]:
    while count:
        piece = _PIECE[:count]
        count -= len(piece)
        yield piece
