"""Escapes inside JSON strings, undone and made piece by piece, on bytes."""

from __future__ import annotations

import json
import re

_DECODER = json.JSONDecoder(strict=False)

_PART_BYTES = 4 << 10
"""Bytes unescaped at once: a part that is nothing but escapes takes a hundred times its size for a moment."""

_OPEN_TAIL = re.compile(
    rb"\\(?:u[0-9a-fA-F]{0,3}|u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?)?\Z",
)
_OPEN_TAIL_BYTES = 11
"""Longest beginning of an escape that needs to see more: a high surrogate and most of a low one."""

_ESCAPE = re.compile(
    rb"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([\"\\/bfnrt]))"
)
_SHORT = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}

_NEEDS_ESCAPE = re.compile(rb"[\"\\\x00-\x1f]|\xed[\xa0-\xbf][\x80-\xbf]")
_OPEN_SURROGATE = re.compile(rb"\xed[\xa0-\xbf]?\Z")


class Unescaper:
    """Undoes the escapes of one JSON string that comes in pieces.

    Gives UTF-8; a lone surrogate becomes its three bytes, as `surrogatepass` writes it. What is no valid escape or
    no valid UTF-8 stays as it is.
    """

    def __init__(self) -> None:
        self._open = b""

    def feed(self, data: bytes, start: int, stop: int) -> bytes | memoryview:
        """The text of `data[start:stop]` as far as it is clear; a view, not a copy, where nothing is escaped."""
        if not self._open and data.find(b"\\", start, stop) < 0:
            return memoryview(data)[start:stop]
        piece = self._open + data[start:stop]
        clear = _clear_length(piece)
        self._open = piece[clear:]
        return unescape(piece[:clear])

    def finish(self) -> bytes:
        """What was left open."""
        rest, self._open = self._open, b""
        return unescape(rest)


def unescape(raw: bytes) -> bytes:
    """The text between the quotes of a JSON string, as UTF-8."""
    backslashes = raw.count(b"\\")
    if not backslashes:
        return raw
    if backslashes == raw.count(b"\\/"):
        return raw.replace(b"\\/", b"/")
    text = bytearray()
    position = 0
    while position < len(raw):
        part = raw[position : position + _PART_BYTES]
        if position + len(part) < len(raw):
            part = part[: _clear_length(part)]
        text += _unescape_part(part)
        position += len(part)
    return bytes(text)


def unescape_head(raw: bytes) -> bytes:
    """The same for the beginning of a string, which may be cut inside an escape; that escape is left out."""
    return unescape(raw[: _clear_length(raw)])


class Escaper:
    """Escapes one JSON string that comes in pieces of UTF-8: quotes, backslashes, controls and lone surrogates."""

    def __init__(self) -> None:
        self._open = b""

    def feed(self, piece: bytes) -> bytes:
        """The escaped `piece`, at most six times as long."""
        piece = self._open + piece
        match = _OPEN_SURROGATE.search(piece, max(0, len(piece) - 2))
        clear = match.start() if match else len(piece)
        self._open = piece[clear:]
        return _NEEDS_ESCAPE.sub(_escaped, piece[:clear])

    def finish(self) -> bytes:
        """What was left open."""
        rest, self._open = self._open, b""
        return rest


def _unescape_part(raw: bytes) -> bytes:
    try:
        text = _DECODER.decode('"' + raw.decode("utf-8", "surrogatepass") + '"')
    except ValueError:
        return _ESCAPE.sub(_unescaped, raw)
    assert isinstance(text, str)
    return text.encode("utf-8", "surrogatepass")


def _clear_length(piece: bytes) -> int:
    """How many bytes of `piece`, which begins outside an escape, mean the same whatever follows."""
    start = max(0, len(piece) - _OPEN_TAIL_BYTES)
    while match := _OPEN_TAIL.search(piece, start):
        if not _is_escaped(piece, match.start()):
            return match.start()
        start = match.start() + 1
    return len(piece)


def _is_escaped(piece: bytes, position: int) -> bool:
    if position == 0 or piece[position - 1 : position] != b"\\":
        return False
    before = piece[:position]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


def _unescaped(match: re.Match[bytes]) -> bytes:
    high, low, unit, short = match.groups()
    if short:
        return _SHORT.get(short, short)
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00).encode()
    return chr(int(unit, 16)).encode("utf-8", "surrogatepass")


def _escaped(match: re.Match[bytes]) -> bytes:
    text = match[0].decode("utf-8", "surrogatepass")
    return json.dumps(text)[1:-1].encode("ascii")
