"""Lifting: a JSON body is read as it streams by, and its long strings go to the blob store instead of into memory.

What remains, the skeleton, is the same document with a short reference (see `limner.wire.reference`) in place of each
of them; `limner.wire.lower` writes the document again. Lifted are

1. under a key that names picture bytes, such as `data` or `b64_json`: base64 of at least one byte, however short;
2. under any key: a data URL of an image;
3. any string of more than 16 KiB that begins with 64 characters of base64;
4. any other string of more than 64 KiB, keys included, as text.

Base64 that cannot be written again exactly from its bytes (white space, both alphabets, odd padding) is kept as text
and decoded besides. The sizes are those of the string as sent, escapes included.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from limner.core.sink import BlobSink
from limner.wire.openstring import Claim, OpenString, begins_like_reference, claim_of_key
from limner.wire.reference import Reference

MAX_SKELETON_BYTES = 8 << 20
"""Largest skeleton; a real one has a few kilobytes."""

PIECE_BYTES = 256 << 10
"""Bytes worked on at once; more is cut, so that memory stays flat whatever is fed."""

_BLANK = b" \t\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_JSON_BEGINS = b'{["-0123456789tfnNI'
_ESCAPES = re.compile(rb"(?:\\.[^\"\\]*+)*+", re.DOTALL)
_SEPARATOR = b"\x1e"


class SkeletonTooLarge(ValueError):
    """What remains of a body after lifting is too large to be a reply."""


class Truncated(ValueError):
    """A body ended before its document did."""


class Lifter:
    """Lifts one JSON document, or several in a row, fed in pieces of any size.

    `emit` gets the skeleton in order, as soon as it is known; a reference only after its blob is durable. A body that
    does not begin like JSON passes through; the record separator 0x1E never does. About a megabyte at most is held,
    besides `lifted`. Whatever is raised, no blob writer stays open; after that, `close` or `abort` nothing more may
    be fed.
    """

    def __init__(
        self, sink: BlobSink, emit: Callable[[bytes], None], *, max_skeleton_bytes: int = MAX_SKELETON_BYTES
    ) -> None:
        self._sink = sink
        self._emit = emit
        self._max_skeleton_bytes = max_skeleton_bytes
        self._emitted_bytes = 0
        self._skeleton = bytearray()
        self._lifted: list[Reference] = []
        self._is_json: bool | None = None
        self._depth = 0
        self._string: OpenString | None = None
        self._in_escape = False
        self._last_string = b""
        self._claim: Claim = "none"
        self._ended = False

    @property
    def lifted(self) -> tuple[Reference, ...]:
        """The references made so far, in order; at most one for each 100 bytes of skeleton."""
        return tuple(self._lifted)

    @property
    def lifted_count(self) -> int:
        """How many references were made so far."""
        return len(self._lifted)

    @property
    def complete(self) -> bool:
        """Whether something came and no string, object or array is open; what is no JSON is always complete."""
        if not self._is_json:
            return self._is_json is False
        return self._string is None and self._depth <= 0

    def feed(self, data: bytes) -> None:
        """Read the next bytes. Raises `SkeletonTooLarge`, and what the sink and `emit` raise."""
        if self._ended:
            raise RuntimeError("this lifter has ended; make a new one for the next document")
        try:
            for start in range(0, len(data), PIECE_BYTES):
                self._read(data[start : start + PIECE_BYTES])
                self._flush()
        except BaseException:
            self.abort()
            raise

    def close(self) -> None:
        """End the document. Raises `Truncated` if it is open; of a cut string, words are emitted as far as they came.

        This is for a body that ends, however it ends; nothing may follow what was emitted.
        """
        if self._ended:
            return
        truncated = self._is_json is True and not self.complete
        words = self._string.words() if self._string is not None else None
        if words is not None:
            self._put_string(words, closed=False)
        try:
            self._flush()
        finally:
            self.abort()
        if truncated:
            raise Truncated("the body ended inside its JSON document")

    def abort(self) -> None:
        """Give up: emit nothing more and remove what was being stored. Harmless after `close`."""
        self._ended = True
        self._skeleton.clear()
        if self._string is not None:
            self._string.abort()

    def _read(self, data: bytes) -> None:
        if self._is_json is None:
            begin = data.lstrip(_BLANK + _BYTE_ORDER_MARK)[:1]
            self._is_json = begin in _JSON_BEGINS if begin else None
        if not self._is_json:
            self._skeleton += data
            return
        position = 0
        while position < len(data):
            if self._string is None:
                position = self._read_between(data, position)
            else:
                position = self._read_string(self._string, data, position)

    def _read_between(self, data: bytes, start: int) -> int:
        """Read up to and with the next opening quote; the position after it."""
        quote = data.find(b'"', start)
        between = data[start : len(data) if quote < 0 else quote]
        self._skeleton += between
        mark = between.strip(_BLANK)
        if mark == b":":
            self._claim = claim_of_key(self._last_string)
        elif mark:
            self._claim = "none"
            self._depth += mark.count(b"{") + mark.count(b"[") - mark.count(b"}") - mark.count(b"]")
        if quote < 0:
            return len(data)
        self._string = OpenString(self._sink, self._claim)
        return quote + 1

    def _read_string(self, string: OpenString, data: bytes, start: int) -> int:
        """Read up to and with the closing quote; the position after it."""
        quote = self._closing_quote(data, start)
        if quote < 0:
            string.write(data, start, len(data))
            return len(data)
        string.write(data, start, quote)
        self._end_string(string)
        return quote + 1

    def _closing_quote(self, data: bytes, start: int) -> int:
        """Where the open string ends, -1 if not in `data`."""
        if self._in_escape:
            self._in_escape = False
            start += 1
        quote = data.find(b'"', start)
        in_escape = _ends_in_escape(data, start, len(data) if quote < 0 else quote)
        if quote < 0:
            self._in_escape = in_escape
            return -1
        if not in_escape:
            return quote
        match = _ESCAPES.match(data, quote - 1)
        end = match.end() if match else quote
        self._in_escape = data.startswith(b"\\", end)
        return end if data.startswith(b'"', end) else -1

    def _end_string(self, string: OpenString) -> None:
        if string.is_long:
            self._flush()
        reference = string.finish()
        self._string = None
        if reference is None:
            self._last_string = bytes(string.raw)
            self._put_string(self._last_string, closed=True)
            return
        self._last_string = b""
        self._lifted.append(reference)
        self._skeleton += b'"%b"' % str(reference).encode()
        self._flush()

    def _put_string(self, raw: bytes, *, closed: bool) -> None:
        self._skeleton += b'"blob:=' if begins_like_reference(raw) else b'"'
        self._skeleton += raw
        if closed:
            self._skeleton += b'"'

    def _flush(self) -> None:
        if not self._skeleton:
            return
        skeleton = bytes(self._skeleton)
        self._skeleton.clear()
        if _SEPARATOR in skeleton:
            skeleton = skeleton.replace(_SEPARATOR, b"\\u001e")
        self._emitted_bytes += len(skeleton)
        if self._emitted_bytes > self._max_skeleton_bytes:
            raise SkeletonTooLarge(
                f"the body has more than {self._max_skeleton_bytes} bytes besides its pictures and long texts"
            )
        self._emit(skeleton)


def _ends_in_escape(data: bytes, start: int, stop: int) -> bool:
    """Whether the last byte of `data[start:stop]`, a part of a string, is a backslash that escapes what follows."""
    if not data.endswith(b"\\", start, stop):
        return False
    part = data[start:stop]
    return (len(part) - len(part.rstrip(b"\\"))) % 2 == 1
