"""The points at which a call can be broken off, and a server that stops at each of them."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from faults.cuts import End
from faults.loopback import hear_head, listening, reset, wait_until_taken
from faults.replies import Canned

Point = Literal[
    "connected", "headers sent", "body half sent", "all sent", "status line", "reply half", "picture there", "all there"
]
POINTS: tuple[Point, ...] = (
    "connected",
    "headers sent",
    "body half sent",
    "all sent",
    "status line",
    "reply half",
    "picture there",
    "all there",
)

_SMALL_BUFFER_BYTES = 4096
_HALF_BYTES = 100_000
_GONE_S = 10.0


@dataclass(slots=True)
class Stopping:
    """A server that goes up to `point`, then breaks off by `end` or, where that is `None`, waits for the peer to go.

    `reached` is set once it is there; `connections` counts who came, `requests` who said anything.
    """

    reply: Canned
    point: Point
    end: End | None
    reached: threading.Event
    port: int = 0
    connections: int = 0
    requests: int = 0

    def serve(self, connection: socket.socket) -> None:
        """Answer one request, as far as `point`."""
        self.connections += 1
        self._advance(connection)
        if self.end == "RST":
            wait_until_taken(connection)
            reset(connection)
        elif self.end is None:
            self.reached.set()
            self._wait_until_gone(connection)

    def _advance(self, connection: socket.socket) -> None:
        if self.point == "connected":
            return
        head = hear_head(connection)
        self.requests += head is not None
        if head is None or self.point == "headers sent":
            return
        text, _, body = head.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in text.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        wanted = _HALF_BYTES if self.point == "body half sent" else length
        have = len(body)
        while have < wanted:
            have += len(connection.recv(min(1 << 16, wanted - have)))
        connection.sendall(self._answer())

    def _answer(self) -> bytes:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.reply.body)}\r\n\r\n".encode()
        match self.point:
            case "status line":
                return head[:17]
            case "reply half":
                return head + self.reply.body[: self.reply.picture_end // 2]
            case "picture there":
                return head + self.reply.body[: self.reply.picture_end]
            case "all there":
                return head + self.reply.body
        return b""

    def _wait_until_gone(self, connection: socket.socket) -> None:
        """Until the peer closes; what it still sends is not read."""
        poll = select.poll()
        poll.register(connection, select.POLLRDHUP)
        poll.poll(_GONE_S * 1000)


@contextlib.contextmanager
def stopping(reply: Canned, point: Point, end: End | None) -> Iterator[Stopping]:
    """Such a server, until the block ends. Its receive buffer is small, so that a body cannot hide in it."""
    server = Stopping(reply=reply, point=point, end=end, reached=threading.Event())
    with listening(server.serve, receive_bytes=_SMALL_BUFFER_BYTES) as server.port:
        yield server
