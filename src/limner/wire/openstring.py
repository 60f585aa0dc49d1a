"""One string of a body while it is being read: kept while short, streamed to the store once it is long."""

from __future__ import annotations

import re
from typing import Literal

from limner.core.sink import BlobSink
from limner.wire.escapes import unescape, unescape_head
from limner.wire.longstring import LongString, PictureString, TextString, lift_short, split_data_url
from limner.wire.reference import Reference

PROBE_BYTES = 16 << 10
"""Longest string, in bytes as sent, that is looked at as a whole before anything is decided."""

TEXT_BYTES = 64 << 10
"""Longest string, in bytes as sent, that stays in the skeleton."""

Claim = Literal["picture", "url", "none"]
"""What a key says about its value: picture bytes, an address that may be a data URL, nothing."""

_CLAIMS: dict[bytes, Claim] = {
    b"data": "picture",
    b"bytesBase64Encoded": "picture",
    b"bytes_base64_encoded": "picture",
    b"b64_json": "picture",
    b"imageBytes": "picture",
    b"image_bytes": "picture",
    b"url": "url",
}
_LONGEST_KEY_BYTES = 6 * max(map(len, _CLAIMS))

_HEAD_BYTES = 4 << 10
"""Enough of a string, as sent, to see the head of a data URL and 64 characters, even if all of it is escaped."""

_SURE_CHARS = 64
"""Below this a value is taken for base64 only if it is regular: ordinary words are base64 of some spelling, too."""

_BASE64_HEAD = re.compile(rb"[A-Za-z0-9+/_-]{64}")
_LOOSE_BASE64_HEAD = re.compile(rb"[A-Za-z0-9+/_=\s-]{64}")
_IMAGE_URL = re.compile(r"(?i)data:image/")
_SCHEME = b"blob:"
_SCHEME_BYTES = 6 * len(_SCHEME)


def claim_of_key(raw: bytes) -> Claim:
    """What a key, as sent, says about its value."""
    if len(raw) > _LONGEST_KEY_BYTES:
        return "none"
    return _CLAIMS.get(unescape(raw), "none")


def begins_like_reference(raw: bytes) -> bool:
    """Whether a string, as sent, would be taken for a reference if it stayed as it is."""
    return raw[:1] in (b"b", b"\\") and unescape_head(raw[:_SCHEME_BYTES]).startswith(_SCHEME)


class OpenString:
    """A string of which the opening quote has been read. `raw` is what stays in the skeleton, as sent."""

    __slots__ = ("_claim", "_long", "_probed", "_sink", "raw")

    def __init__(self, sink: BlobSink, claim: Claim) -> None:
        self.raw = bytearray()
        self._sink = sink
        self._claim: Claim = claim
        self._long: LongString | None = None
        self._probed = False

    @property
    def is_long(self) -> bool:
        """Whether the string is on its way to the store."""
        return self._long is not None

    def write(self, data: bytes, start: int, stop: int) -> None:
        """Add `data[start:stop]`, as sent."""
        if self._long is not None:
            self._long.write(data, start, stop)
            return
        self.raw += data[start:stop]
        if len(self.raw) > PROBE_BYTES:
            self._consider()

    def finish(self) -> Reference | None:
        """End the string; `None` if it stays as it is."""
        if self._long is not None:
            return self._long.finish()
        if self._probed or (self._claim == "none" and not self.raw.startswith((b"d", b"D", b"\\"))):
            return None
        prefix, payload = split_data_url(unescape(bytes(self.raw)))
        if not self._is_claimed(prefix):
            return None
        return lift_short(self._sink, prefix, payload, lenient=bool(prefix) or len(payload) >= _SURE_CHARS)

    def abort(self) -> None:
        """Remove what was stored."""
        if self._long is not None:
            self._long.abort()

    def words(self) -> bytes | None:
        """What has come of a string that is cut, as sent; `None` if it may be bytes, which are worthless in part."""
        if self._long is not None or self._claim != "none":
            return None
        head = unescape_head(bytes(self.raw[:_HEAD_BYTES]))
        if head[:5].lower() == b"data:" or _BASE64_HEAD.match(head):
            return None
        return bytes(self.raw)

    def _consider(self) -> None:
        if not self._probed:
            self._probed = True
            prefix, payload = split_data_url(unescape_head(bytes(self.raw[:_HEAD_BYTES])))
            head = _LOOSE_BASE64_HEAD if self._is_claimed(prefix) else _BASE64_HEAD
            if head.match(payload):
                self._stream(PictureString(self._sink, prefix), skip_bytes=len(prefix))
                return
        if len(self.raw) > TEXT_BYTES:
            self._stream(TextString(self._sink), skip_bytes=0)

    def _stream(self, target: PictureString | TextString, *, skip_bytes: int) -> None:
        self._long = LongString(target)
        raw = bytes(self.raw)
        self.raw.clear()
        self._long.write(raw, 0, len(raw), skip_bytes=skip_bytes)

    def _is_claimed(self, prefix: str) -> bool:
        if self._claim == "none":
            return _IMAGE_URL.match(prefix) is not None
        return self._claim == "picture" or bool(prefix)
