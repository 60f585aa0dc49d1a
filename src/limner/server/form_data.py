"""`multipart/form-data` with one file in it, read as a stream: nothing of the file is held."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.requests import Request

from limner.server.refusals import own_error
from limner.wire.gemini.refusals import RefusedError

MAX_HEADERS = 8
MAX_HEADER_BYTES = 1 << 10
MAX_PARTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    """The file of a form: its name as the client gave it, and its bytes as they come."""

    name: str
    pieces: AsyncIterator[bytes]


async def form_file(request: Request, pieces: AsyncIterator[bytes]) -> FormFile:
    """Read up to the file; fields before and after it are passed over.

    Raises `RefusedError` (400) for a body that is no form, has no file or has several.
    """
    reader = _Form(_boundary(request))
    while not reader.in_file:
        try:
            reader.feed(await anext(pieces))
        except StopAsyncIteration:
            raise _malformed("it has no file") from None
    return FormFile(name=reader.name, pieces=_file(reader, pieces))


async def _file(reader: _Form, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield reader.taken()
    async for piece in pieces:
        reader.feed(piece)
        yield reader.taken()
    if not reader.ended:
        raise _malformed("it ends without its last boundary")


class _Form:
    """The parts of a form. Of the file only what was not taken yet is kept, of the others nothing."""

    def __init__(self, boundary: bytes) -> None:
        self.name = ""
        self.in_file = False
        self.ended = False
        self._takes = False
        self._parts = 0
        self._data = bytearray()
        self._headers = Message()
        self._header = self._value = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._add_header,
                "on_header_value": self._add_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._add_data,
                "on_end": self._end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )

    def feed(self, piece: bytes) -> None:
        """Read on."""
        try:
            self._parser.write(piece)
        except FormParserError as problem:
            raise _malformed(str(problem)) from problem

    def taken(self) -> bytes:
        """What came of the file since the last time."""
        taken = bytes(self._data)
        self._data.clear()
        return taken

    def _begin(self) -> None:
        self._takes = False
        self._headers = Message()
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _malformed(f"it has more than {MAX_PARTS} parts")

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header.decode("latin-1")] = self._value.decode("utf-8", "replace")
        self._header = self._value = b""

    def _end_headers(self) -> None:
        name = self._headers.get_filename()
        if name is None:
            return
        if self.in_file:
            raise _malformed("it has several files; send one at a time")
        self.name, self.in_file, self._takes = str(name), True, True

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._takes:
            self._data += data[start:end]

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
    message = f"The form cannot be read: {why}."
    return own_error(400, message, code="invalid.form_data", hint="Send multipart/form-data with one file in it.")
