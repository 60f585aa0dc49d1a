"""Base64 in pieces: strictly, so that it can be written again exactly, and leniently, to save what can be saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pybase64

_URL_SAFE = b"-_"
_TO_STANDARD = bytes.maketrans(_URL_SAFE, b"+/")
WHITE_SPACE = b" \t\r\n\v\f"

_READ_BYTES = 3 << 16
"""Bytes encoded at once: a multiple of 3, so that the pieces of base64 join without padding."""


class NotBase64Error(ValueError):
    """The text is not base64, or not the regular kind."""


class RegularDecoder:
    """Decodes base64 that has one spelling only: one alphabet, no white space, zero bits and `=` where they belong.

    After `finish`, `url_safe` and `padded` say which spelling it was. A piece that is refused changes nothing, so
    everything decoded before, then `held`, then that piece, is still the text.
    """

    def __init__(self) -> None:
        self.held = b""
        self.padded = True
        self._url_safe: bool | None = None
        self._ended = False

    @property
    def url_safe(self) -> bool:
        """Whether `-` and `_` stand for 62 and 63; false also where neither came."""
        return self._url_safe is True

    def feed(self, text: bytes | memoryview) -> bytes:
        """The bytes of `held` and `text` up to the last complete group of four; `NotBase64Error` if there are none."""
        if self._ended and len(text):
            raise NotBase64Error("text after the padding")
        whole = memoryview(self.held + text if self.held else text)
        cut = len(whole) & ~3
        decoded = self._decode(whole[:cut])
        self.held = bytes(whole[cut:])
        return decoded

    def finish(self) -> bytes:
        """The bytes of an incomplete last group; `NotBase64Error` if it is none."""
        if not self.held:
            return b""
        if self._ended or len(self.held) == 1 or b"=" in self.held:
            raise NotBase64Error("an incomplete last group")
        decoded = self._decode(memoryview(self.held.ljust(4, b"=")))
        self.padded = False
        self.held = b""
        return decoded

    def _decode(self, groups: memoryview) -> bytes:
        if self._url_safe is None:
            self._url_safe = _alphabet(bytes(groups))
        last = bytes(groups[-4:])
        decoded = _decode_url_safe(bytes(groups)) if self._url_safe else _decode_standard(groups)
        if b"=" in last:
            self._check_last(last)
            self._ended = True
        return decoded

    def _check_last(self, group: bytes) -> None:
        standard = group.translate(_TO_STANDARD)
        if pybase64.b64encode(_decode_standard(standard)) != standard:
            raise NotBase64Error("a last group that has another regular spelling")


class LenientDecoder:
    """Decodes base64 of any spelling: white space anywhere, both alphabets at once, padding or none or too much."""

    def __init__(self) -> None:
        self._held = b""
        self._ended = False

    def feed(self, text: bytes) -> bytes:
        """The bytes that are complete now; `NotBase64Error` if `text` holds anything else."""
        digits, padding, after = text.translate(_TO_STANDARD, WHITE_SPACE).partition(b"=")
        if after.strip(b"=") or (self._ended and digits):
            raise NotBase64Error("text after the padding")
        self._ended = self._ended or bool(padding)
        whole = self._held + digits
        cut = len(whole) & ~3
        decoded = _decode_standard(whole[:cut])
        self._held = whole[cut:]
        return decoded

    def finish(self) -> bytes:
        """The bytes of an incomplete last group; `NotBase64Error` if it holds a single digit."""
        if len(self._held) == 1:
            raise NotBase64Error("a single digit in the last group")
        return _decode_standard(self._held + b"=" * (-len(self._held) % 4))


def encoded_length(size: int, *, padded: bool) -> int:
    """How many characters of base64 `size` bytes make."""
    return (size + 2) // 3 * 4 if padded else (size * 4 + 2) // 3


def encoded(source: BinaryIO, *, url_safe: bool, padded: bool) -> Iterator[bytes]:
    """What is left in `source` as base64, in pieces of at most 256 KiB."""
    while data := _read_fully(source, _READ_BYTES):
        text = pybase64.b64encode(data, altchars=_URL_SAFE if url_safe else None)
        yield text if padded else text.rstrip(b"=")


def _read_fully(source: BinaryIO, size_bytes: int) -> bytes:
    data = source.read(size_bytes)
    while len(data) < size_bytes:
        more = source.read(size_bytes - len(data))
        if not more:
            break
        data += more
    return data


def _alphabet(groups: bytes) -> bool | None:
    """True for URL-safe, false for standard, `None` if no digit tells."""
    if b"-" in groups or b"_" in groups:
        return True
    return False if b"+" in groups or b"/" in groups else None


def _decode_standard(groups: bytes | memoryview) -> bytes:
    try:
        return pybase64.b64decode(groups, validate=True)
    except ValueError as problem:
        raise NotBase64Error("not base64 digits") from problem


def _decode_url_safe(groups: bytes) -> bytes:
    if b"+" in groups or b"/" in groups:
        raise NotBase64Error("both alphabets in one text")
    try:
        return pybase64.b64decode(groups, altchars=_URL_SAFE, validate=True)
    except ValueError as problem:
        raise NotBase64Error("not base64 digits") from problem
