"""Replies that stop after any byte, in each framing that providers use."""

from __future__ import annotations

import contextlib
import gzip
import socket
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from faults.loopback import hear, listening, reset, wait_until_taken
from faults.replies import Canned

Framing = Literal["length", "chunked", "events", "gzip"]
End = Literal["FIN", "RST"]
FRAMINGS: tuple[Framing, ...] = ("length", "chunked", "events", "gzip")
ENDS: tuple[End, ...] = ("FIN", "RST")

_CHUNK_BYTES = 100
_LARGE_CHUNK_BYTES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A reply as it travels: all bytes, how many come before the reply, how many bring its picture's last quote."""

    data: bytes
    before_reply: int
    picture_end: int


class Cutter:
    """A server that sends the first `length` bytes of `wire` and ends the connection by `end`."""

    def __init__(self) -> None:
        self.port = 0
        self.wire = Wire(data=b"", before_reply=0, picture_end=0)
        self.length = 0
        self.end: End = "FIN"
        self.requests = 0

    def serve(self, connection: socket.socket) -> None:
        """Answer one request."""
        if hear(connection) is None:
            return
        self.requests += 1
        connection.sendall(self.wire.data[: self.length])
        if self.end == "RST":
            wait_until_taken(connection)
            reset(connection)


@contextlib.contextmanager
def cutting() -> Iterator[Cutter]:
    """A server that cuts, until the block ends."""
    cutter = Cutter()
    with listening(cutter.serve, one_at_a_time=True) as cutter.port:
        yield cutter


def wire(reply: Canned, framing: Framing) -> Wire:
    """`reply` as it travels in `framing`."""
    match framing:
        case "length":
            head = _head("application/json", f"Content-Length: {len(reply.body)}")
            body, picture_end = reply.body, reply.picture_end
        case "chunked":
            head = _head("application/json", "Transfer-Encoding: chunked")
            body, picture_end = _chunked(reply)
        case "events":
            head = _head("text/event-stream")
            head += b"data: "
            body, picture_end = reply.body + b"\r\n\r\n", reply.picture_end
        case "gzip":
            body = gzip.compress(reply.body, mtime=0)
            head = _head("application/json", "Content-Encoding: gzip", f"Content-Length: {len(body)}")
            picture_end = _inflated_at(body, reply.picture_end)
    return Wire(data=head + body, before_reply=len(head), picture_end=len(head) + picture_end)


def _head(content_type: str, *framing: str) -> bytes:
    """Headers that announce the end of the connection, so that no call races with it on a connection kept alive."""
    lines = ("HTTP/1.1 200 OK", f"Content-Type: {content_type}", "Connection: close", *framing)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _chunked(reply: Canned) -> tuple[bytes, int]:
    size = _CHUNK_BYTES if len(reply.body) < 100 * _CHUNK_BYTES else _LARGE_CHUNK_BYTES
    text, picture_end = b"", 0
    for start in range(0, len(reply.body), size):
        piece = reply.body[start : start + size]
        text += b"%x\r\n" % len(piece)
        if start < reply.picture_end <= start + len(piece):
            picture_end = len(text) + reply.picture_end - start
        text += piece + b"\r\n"
    return text + b"0\r\n\r\n", picture_end


def _inflated_at(body: bytes, length: int) -> int:
    """How many bytes of the compressed `body` give the first `length` of it."""
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
    count = position = 0
    for step in (1 << 14, 1):
        while count < length:
            before = inflate.copy()
            piece = len(inflate.decompress(body[position : position + step]))
            if step > 1 and count + piece >= length:
                inflate = before
                break
            count, position = count + piece, position + step
    return position
