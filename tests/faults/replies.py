"""Canned replies of a Gemini provider, with pictures that are small, valid and each of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import struct
import zlib
from dataclasses import dataclass

OVERLOADED = json.dumps(
    {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
).encode()
"""What a provider says that did nothing and bills nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """A reply body, the picture in it, and how many bytes of the body there are up to its closing quote."""

    body: bytes
    picture: bytes
    picture_end: int

    @property
    def sha256(self) -> str:
        """The name of the picture in the blob store."""
        return hashlib.sha256(self.picture).hexdigest()


def canned(seed: int, *, side_px: int) -> Canned:
    """A reply with a grey noise picture of `side_px` squared, about as many bytes."""
    data = picture(seed, side_px=side_px)
    text = base64.b64encode(data).decode()
    parts = [{"text": "Here it is."}, {"inlineData": {"mimeType": "image/png", "data": text}}]
    document = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 1290, "totalTokenCount": 1297},
        "modelVersion": "gemini-2.5-flash-image",
    }
    body = json.dumps(document).encode()
    return Canned(body=body, picture=data, picture_end=body.index(text.encode()) + len(text) + 1)


def picture(seed: int, *, side_px: int) -> bytes:
    """A PNG of `side_px` squared, 8-bit grey noise that does not compress."""
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(side_px) for _ in range(side_px))
    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows, 1)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
