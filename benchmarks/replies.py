"""Pictures that are all different and can still be checked, and the Gemini replies that carry them.

A picture is a PNG with a right header, a number in a text chunk, and random bytes where pixels would be: nothing of
it can be compressed, cached by content or guessed.
"""

from __future__ import annotations

import base64
import hashlib
import random
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"n\x0000"
_DIGITS = 20
_NUMBERED = slice(45, 45 + _DIGITS + 4)
"""The digits of the number and the checksum of their chunk: begins and ends on whole groups of base64."""

CHUNK_BYTES = 32 << 10
"""Size of a piece where the reply is chunked. What Google uses is not documented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A reply in three parts, so that the number in the middle is the only thing made for each request."""

    head: bytes
    before: bytes
    after: bytes
    chunked: bool

    def numbered(self, number: int) -> tuple[bytes, bytes, bytes]:
        """The reply with the picture of this number."""
        digits = base64.b64encode(_numbered_bytes(number))
        return self.head + self.before, _chunk(digits) if self.chunked else digits, self.after


@cache
def picture(size_bytes: int) -> bytes:
    """The picture with the number 0, of exactly `size_bytes`."""
    head = _SIGNATURE + _png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1024, 1024, 8, 2, 0, 0, 0))
    text = _png_chunk(b"tEXt", _KEYWORD + b"0" * _DIGITS)
    end = _png_chunk(b"IEND", b"")
    pixels = random.Random(size_bytes).randbytes(size_bytes - len(head + text + end) - 12)
    return head + text + _png_chunk(b"IDAT", pixels) + end


def body(size_bytes: int, *, chunked: bool) -> Body:
    """The whole HTTP reply with a picture of this size, laid out as Google does it."""
    encoded = base64.b64encode(picture(size_bytes))
    start, stop = _NUMBERED.start // 3 * 4, _NUMBERED.stop // 3 * 4
    before, after = _DOCUMENT_BEGINS + encoded[:start], encoded[stop:] + _DOCUMENT_ENDS
    length = len(before) + stop - start + len(after)
    how = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % length
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nServer: bench\r\n%b\r\n\r\n" % how
    if chunked:
        before = _chunk(before)
        after = b"".join(_chunk(after[at : at + CHUNK_BYTES]) for at in range(0, len(after), CHUNK_BYTES))
        after += b"0\r\n\r\n"
    return Body(head=head, before=before, after=after, chunked=chunked)


def check(paths: list[Path], size_bytes: int) -> None:
    """Raise `ValueError` unless these are different pictures of this size, right to the last byte."""
    expected = hashlib.sha256(picture(size_bytes)).digest()
    numbers = set()
    for path in paths:
        data = bytearray(path.read_bytes())
        numbers.add(bytes(data[_NUMBERED]))
        data[_NUMBERED] = _numbered_bytes(0)
        if hashlib.sha256(data).digest() != expected:
            raise ValueError(f"{path} is not the picture that was sent")
    if len(numbers) != len(paths):
        raise ValueError(f"{len(paths)} files hold only {len(numbers)} different pictures")


def _numbered_bytes(number: int) -> bytes:
    digits = b"%0*d" % (_DIGITS, number)
    return digits + struct.pack(">I", zlib.crc32(b"tEXt" + _KEYWORD + digits))


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


_DOCUMENT_BEGINS = b"""{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "Here it is."
          },
          {
            "inlineData": {
              "mimeType": "image/png",
              "data": \""""

_DOCUMENT_ENDS = b"""\"
            }
          }
        ],
        "role": "model"
      },
      "finishReason": "STOP",
      "index": 0
    }
  ],
  "usageMetadata": {
    "promptTokenCount": 8,
    "candidatesTokenCount": 1120,
    "totalTokenCount": 1128,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}],
    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}]
  },
  "modelVersion": "gemini-3.1-flash-image",
  "responseId": "bench"
}
"""
