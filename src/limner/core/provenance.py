"""What a picture file says of where it comes from: content credentials (C2PA), found and never touched.

Finding a manifest says that one is there, not that it is true: nothing is verified here. Sources: C2PA 2.1, appendix A
(where a manifest is embedded in JPEG, PNG and WebP); JPEG APP11 as in ISO/IEC 19566-5.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's word for a picture made by a trained model."""
COMPOSITE_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's word for a picture of which a trained model changed a part."""

_MAX_CHUNKS = 4096
_C2PA_UUID = b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Content credentials in a file: how many bytes of it they take."""

    size_bytes: int


def find_credentials(file: BinaryIO) -> Credentials | None:
    """The C2PA manifest in a JPEG, PNG or WebP file, if there is one. Damaged files have none and raise nothing."""
    file.seek(0)
    head = file.read(12)
    if head.startswith(b"\xff\xd8"):
        size = _in_jpeg(file)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        size = _in_png(file)
    elif head[:4] == b"RIFF" and head[8:] == b"WEBP":
        size = _in_webp(file)
    else:
        size = 0
    return Credentials(size_bytes=size) if size else None


def _in_jpeg(file: BinaryIO) -> int:
    file.seek(2)
    total, is_c2pa = 0, False
    for _ in range(_MAX_CHUNKS):
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0xD9, 0xDA):
            break
        length = struct.unpack(">H", head[2:])[0] - 2
        if length < 0:
            break
        if head[1] != 0xEB:  # APP11
            file.seek(length, 1)
            continue
        segment = file.read(length)
        if segment[:2] == b"JP":
            is_c2pa = is_c2pa or _C2PA_UUID in segment
            total += len(segment) + 4
    return total if is_c2pa else 0


def _in_png(file: BinaryIO) -> int:
    file.seek(8)
    for _ in range(_MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return 0
        length, kind = struct.unpack(">I4s", head)
        if kind == b"caBX":
            return int(length) + 12
        if kind == b"IEND":
            return 0
        file.seek(length + 4, 1)
    return 0


def _in_webp(file: BinaryIO) -> int:
    file.seek(12)
    for _ in range(_MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return 0
        kind, length = struct.unpack("<4sI", head)
        if kind == b"C2PA":
            return int(length) + 8
        file.seek(length + length % 2, 1)
    return 0
