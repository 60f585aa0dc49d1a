"""Framing: from the bytes of a reply body to lifted documents, whatever shape the body has.

Read are server-sent events (any line ends, `data:` with or without a space, several data lines, comments, `[DONE]`,
no last blank line), bare JSON between them, pretty-printed JSON, JSON arrays, and bodies that are no JSON at all. A
spool holds each document as one record of RFC 7464: 0x1E, the skeleton, a line feed if the document is complete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from limner._json import JsonValue
from limner.core.sink import BlobSink
from limner.wire.lift import MAX_SKELETON_BYTES, PIECE_BYTES, Lifter, Truncated
from limner.wire.salvage import salvage_text

RECORD_SEPARATOR = b"\x1e"

_RECORD_END = b"\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EVENT_STREAM = "text/event-stream"
_LINE_END = re.compile(rb"\r\n?|\n")
_WHITE_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)

_LINE_HEAD_BYTES = 32
"""Enough of a line to know what it is; a shorter line is looked at when it ends."""

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")
_EVENT_BEGINS = re.compile(rb"[A-Za-z_-]{0,24}:|[{\[]")
_MAY_BE_NAME = re.compile(rb"[A-Za-z_-]{0,24}")
_BLANK = b" \t\r\n"


class BodyReader:
    """Reads one reply body: finds its documents and lifts each.

    `emit` gets the spool in order, as soon as it is known. `content_type` decides together with the first bytes,
    because relays get it wrong. `max_skeleton_bytes` bounds the whole spool.
    """

    def __init__(
        self,
        sink: BlobSink,
        emit: Callable[[bytes], None],
        *,
        content_type: str,
        max_skeleton_bytes: int = MAX_SKELETON_BYTES,
    ) -> None:
        self._records = _Records(sink, emit, max_skeleton_bytes)
        self._is_event_stream = content_type.partition(";")[0].strip().lower() == _EVENT_STREAM
        self._begin = b""
        self._body: _PlainBody | _EventBody | None = None

    def feed(self, data: bytes) -> None:
        """Read the next bytes. Raises `SkeletonTooLarge`, and what the sink and `emit` raise."""
        try:
            for start in range(0, len(data), PIECE_BYTES):
                self._read(data[start : start + PIECE_BYTES])
        except BaseException:
            self.abort()
            raise

    def close(self) -> None:
        """End the body. Raises `Truncated` if a document was left open; what came of it is in the spool."""
        if self._body is None:
            self._body = self._choose(ended=True) or _PlainBody(self._records)
            self._body.feed(self._begin)
        self._body.close()
        if self._records.broken:
            raise Truncated("the body ended, or went on with something else, inside a JSON document")

    @property
    def lifted_count(self) -> int:
        """How many references were emitted so far; each time it grows, the spool is worth syncing."""
        return self._records.lifted_count

    @property
    def document_count(self) -> int:
        """How many documents are complete so far."""
        return self._records.document_count

    def abort(self) -> None:
        """Give up: emit nothing more and remove what was being stored. Harmless after `close`."""
        self._records.abort()

    def _read(self, data: bytes) -> None:
        if self._body is not None:
            self._body.feed(data)
            return
        self._begin += data
        if _BYTE_ORDER_MARK.startswith(self._begin):
            return
        self._begin = self._begin.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANK)
        self._body = self._choose(ended=False)
        if self._body is not None:
            self._body.feed(self._begin)

    def _choose(self, *, ended: bool) -> _PlainBody | _EventBody | None:
        """How to read a body that begins with `_begin`; `None` while that is not clear."""
        begin = self._begin
        if self._is_event_stream:
            is_events = _EVENT_BEGINS.match(begin) is not None
            is_open = _MAY_BE_NAME.fullmatch(begin) is not None
        else:
            is_events = begin.startswith(_FIELDS)
            is_open = any(field.startswith(begin) for field in _FIELDS)
        if is_events:
            return _EventBody(self._records)
        return _PlainBody(self._records) if ended or not is_open else None


class _Records:
    """The spool: one record for each document, the last one perhaps open."""

    def __init__(self, sink: BlobSink, emit: Callable[[bytes], None], max_skeleton_bytes: int) -> None:
        self.broken = False
        self.document_count = 0
        self._sink = sink
        self._emit = emit
        self._room_bytes = max_skeleton_bytes
        self._lifted_before = 0
        self._lifter: Lifter | None = None

    @property
    def open(self) -> bool:
        """Whether a document is being read."""
        return self._lifter is not None

    @property
    def complete(self) -> bool:
        """Whether the document being read could end here."""
        return self._lifter is not None and self._lifter.complete

    @property
    def lifted_count(self) -> int:
        """How many references all documents have so far."""
        return self._lifted_before + (self._lifter.lifted_count if self._lifter is not None else 0)

    def feed(self, data: bytes) -> None:
        """Add to the open document; begin one if none is."""
        if self._lifter is None:
            self._put(RECORD_SEPARATOR)
            self._lifter = Lifter(self._sink, self._put, max_skeleton_bytes=self._room_bytes)
        self._lifter.feed(data)

    def end(self) -> None:
        """End the open document, if one is; remember if it was cut."""
        if self._lifter is None:
            return
        lifter, self._lifter = self._lifter, None
        self._lifted_before += lifter.lifted_count
        try:
            lifter.close()
        except Truncated:
            self.broken = True
        else:
            self._put(_RECORD_END)
            self.document_count += 1

    def abort(self) -> None:
        """Remove what the open document was storing."""
        if self._lifter is not None:
            self._lifter.abort()

    def _put(self, data: bytes) -> None:
        self._room_bytes -= len(data)
        self._emit(data)


class _PlainBody:
    """A body that is one record: JSON, or anything else."""

    def __init__(self, records: _Records) -> None:
        self._records = records

    def feed(self, data: bytes) -> None:
        if data:
            self._records.feed(data)

    def close(self) -> None:
        self._records.end()


class _EventBody:
    """Server-sent events, and bare JSON between them.

    A document ends where it is complete at the end of a line, so that events without a blank line between them are
    told apart. An event that is not complete goes on with the next `data:` line and with lines that are no field; a
    blank line ends it all the same. Bare JSON ends, complete or not, where a `data:` line begins.
    """

    def __init__(self, records: _Records) -> None:
        self._records = records
        self._line = b""
        self._is_document: bool | None = None
        self._in_event = False
        self._after_return = False

    def feed(self, data: bytes) -> None:
        start = 1 if self._after_return and data.startswith(b"\n") else 0
        if b"\n" in data or b"\r" in data:
            for match in _LINE_END.finditer(data, start):
                self._add(data[start : match.start()])
                self._end_line()
                start = match.end()
        self._add(data[start:])
        self._after_return = data.endswith(b"\r")

    def close(self) -> None:
        if self._line:
            self._end_line()
        self._records.end()

    def _add(self, piece: bytes) -> None:
        if self._is_document is None:
            self._line += piece
            if len(self._line) >= _LINE_HEAD_BYTES:
                self._begin_line()
        elif self._is_document and piece:
            self._records.feed(piece)

    def _begin_line(self) -> None:
        content = self._content(self._line)
        self._line = b""
        self._is_document = content is not None
        if content is not None:
            self._records.feed(content)

    def _end_line(self) -> None:
        if self._line:
            self._begin_line()
        elif self._is_document is None and self._in_event:
            self._records.end()
        if self._records.complete:
            self._records.end()
        self._is_document = None

    def _content(self, line: bytes) -> bytes | None:
        """What of the beginning of a line belongs to a document."""
        if line.startswith(b"data:"):
            content = line[len(b"data:") :]
            if len(line) < _LINE_HEAD_BYTES and content.strip() in (b"", b"[DONE]"):
                return None
            if not self._in_event:
                self._records.end()
            self._in_event = True
            return b"\n" + content if self._records.open else content
        if line.startswith(_FIELDS):
            return None
        if self._records.open:
            return b"\n" + line
        if line.lstrip(_BLANK).startswith((b"{", b"[")):
            self._in_event = False
            return line
        return None


def documents(spool: bytes) -> list[JsonValue]:
    """The documents of a complete spool, in order. Raises `ValueError` if one is cut, broken or no JSON."""
    values: list[JsonValue] = []
    for record in spool.split(RECORD_SEPARATOR):
        if not record.strip(_BLANK):
            continue
        if not record.endswith(_RECORD_END):
            raise ValueError("the last document of the reply is cut; `salvage` reads what came")
        values.extend(_values(record.decode("utf-8", "surrogatepass")))
    return values


def salvage(spool: bytes) -> list[JsonValue]:
    """The documents of a spool that was cut anywhere, each as far as it came. Never raises.

    A reference is in the result exactly if all of it was in the spool. Only objects and arrays are given; what is no
    JSON is left out.
    """
    values: list[JsonValue] = []
    for record in spool.split(RECORD_SEPARATOR):
        text = _text(record)
        if not text.startswith(("{", "[")):
            continue
        try:
            values.extend(_values(text))
        except ValueError:
            values.extend(salvage_text(text))
    return values


def _values(text: str) -> list[JsonValue]:
    values: list[JsonValue] = []
    text = text.removeprefix("\ufeff")
    position = _after_blank(text, 0)
    while position < len(text):
        try:
            value, position = _DECODER.raw_decode(text, position)
        except RecursionError:
            raise ValueError("the document has too many objects and arrays inside one another") from None
        values.append(value)
        position = _after_blank(text, position)
    return values


def _after_blank(text: str, position: int) -> int:
    match = _WHITE_SPACE.match(text, position)
    return match.end() if match else position


def _text(record: bytes) -> str:
    """A record as text; a character cut at the end is left out, other wrong bytes are replaced."""
    for cut in range(4):
        try:
            return record[: len(record) - cut].decode("utf-8", "surrogatepass").lstrip("\ufeff \t\r\n")
        except UnicodeDecodeError:
            continue
    return record.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
