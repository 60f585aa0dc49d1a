"""`multipart/related`: a description and a file in one body, the file in a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import Message

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.requests import Request

from limner._json import JsonObject
from limner.server.intake import parsed
from limner.web.limits import Limits
from limner.wire.gemini.refusals import RefusedError, failed, invalid

MAX_DESCRIPTION_BYTES = 64 << 10
MAX_HEADERS = 8
MAX_HEADER_BYTES = 1 << 10


async def described_body(
    request: Request, pieces: AsyncIterator[bytes], limits: Limits
) -> tuple[JsonObject, str | None, AsyncIterator[bytes]]:
    """The description, the file's type, and the file's bytes, which are read as they are asked for.

    Raises `RefusedError` for a body that has not these two parts in this order.
    """
    reader = _Parts(_boundary(request))
    while not reader.in_file:
        try:
            reader.feed(await anext(pieces))
        except StopAsyncIteration:
            raise _malformed("it ends before the file begins") from None
        if len(reader.description) > MAX_DESCRIPTION_BYTES:
            raise failed(413, f"The description has more than {MAX_DESCRIPTION_BYTES} bytes.")
    return parsed(bytes(reader.description), limits), reader.file_type, _file(reader, pieces)


async def _file(reader: _Parts, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield reader.taken()
    async for piece in pieces:
        reader.feed(piece)
        yield reader.taken()
    if not reader.ended:
        raise _malformed("it ends without its last boundary")


class _Parts:
    """The two parts of a body: the first is kept whole, of the second only what was not taken yet."""

    def __init__(self, boundary: bytes) -> None:
        self.description = bytearray()
        self.file_type: str | None = None
        self.ended = False
        self._file = bytearray()
        self._number = 0
        self._headers = Message()
        self._name = self._value = b""
        self._in_data = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_name,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._add_data,
                "on_end": self._end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )

    @property
    def in_file(self) -> bool:
        """Whether the file's bytes have begun."""
        return self._number == 2 and self._in_data

    def feed(self, piece: bytes) -> None:
        """Read on."""
        try:
            self._parser.write(piece)
        except FormParserError as problem:
            raise _malformed(str(problem)) from problem

    def taken(self) -> bytes:
        """What came of the file since the last time."""
        taken = bytes(self._file)
        self._file.clear()
        return taken

    def _begin(self) -> None:
        self._number += 1
        self._in_data = False
        self._headers = Message()
        if self._number > 2:
            raise _malformed("it has more than two parts")

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._name.decode("latin-1")] = self._value.decode("latin-1")
        self._name = self._value = b""

    def _end_headers(self) -> None:
        self._in_data = True
        if self._number == 2 and self._headers["content-type"]:
            self.file_type = self._headers.get_content_type()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        target = self.description if self._number == 1 else self._file
        target += data[start:end]

    def _end(self) -> None:
        self.ended = True


def _boundary(request: Request) -> bytes:
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    boundary = header.get_boundary()
    if not boundary or len(boundary) > 70:
        raise _malformed("its content type names no boundary")
    return boundary.encode("latin-1", "replace")


def _malformed(why: str) -> RefusedError:
    return invalid(f"The multipart body cannot be read: {why}.")
