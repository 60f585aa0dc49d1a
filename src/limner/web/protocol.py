"""HTTP/1.1 with deadlines: uvicorn's own protocol waits for ever for headers, and for a client that takes nothing."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from limner import _clock
from limner._json import dumps
from limner.web.limits import DEFAULT_LIMITS, Limits
from limner.wire.gemini.errors import error_to_wire

TRANSPORT = "limner.transport"
"""Where in the scope of a request its connection stands, for answers that end with a reset."""

_PHRASES = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large", 503: "Busy"}


class DeadlineProtocol(H11Protocol):
    """One connection. Errors of HTTP itself are answered in Google's shape; `reap` ends what takes too long."""

    limits: Limits = DEFAULT_LIMITS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        self._head_since: float | None = _clock.monotonic_s()
        self._unsent_bytes = 0
        self._unsent_since = 0.0
        answer = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope[TRANSPORT] = transport
            await answer(scope, receive, send)

        self.app = with_transport
        if len(self.connections) > self.limits.connections:
            self._refuse(503, "Too many connections are open.")

    def data_received(self, data: bytes) -> None:
        """Read on, and note since when a head has been waited for."""
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """Go on with what the client sent meanwhile."""
        super().on_response_complete()
        self._watch_head()

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._head_since = None
        elif self._head_since is None and self.conn.trailing_data[0]:
            self._head_since = _clock.monotonic_s()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or has too long a head."""
        pending = len(self.conn.trailing_data[0])
        if pending >= self.limits.header_bytes:
            self._refuse(431, f"The headers have more than {self.limits.header_bytes} bytes.")
        else:
            self._refuse(400, msg)

    def expire(self, now_s: float) -> None:
        """End the connection if its head, or the taking of its answer, is overdue."""
        if self._head_since is not None and now_s - self._head_since > self.limits.header_s:
            self._head_since = None
            self._refuse(408, f"The headers did not come within {self.limits.header_s:g} s.")
            return
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent_bytes:
            self._unsent_bytes, self._unsent_since = unsent, now_s
        elif unsent and now_s - self._unsent_since > self.limits.write_s:
            reset(self.transport)  # an ordinary close would leave what was not taken with the kernel

    def _refuse(self, status: int, message: str) -> None:
        """Answer outside the order of requests, unless an answer is under way, and close."""
        if self.conn.our_state is not h11.SEND_BODY and not self.transport.is_closing():
            body = dumps(error_to_wire(status, message)).encode()
            head = (
                f"HTTP/1.1 {status} {_PHRASES[status]}\r\nContent-Type: application/json; charset=UTF-8\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()


def reap(connections: Iterable[Any]) -> None:
    """End every connection that is overdue; to be called about once a second."""
    now_s = _clock.monotonic_s()
    for connection in list(connections):
        if isinstance(connection, DeadlineProtocol):
            connection.expire(now_s)


def reset(transport: asyncio.Transport) -> None:
    """Break the connection off so that the client sees a reset, not an end."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
