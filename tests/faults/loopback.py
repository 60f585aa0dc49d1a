"""A server on a loopback socket, as raw as it takes to break off anywhere."""

from __future__ import annotations

import contextlib
import fcntl
import select
import socket
import struct
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SILENCE_S = 10.0
"""Longest wait for a peer that should speak, in seconds: a hang becomes a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A request whose last byte has arrived."""

    path: str
    body: bytes


@contextlib.contextmanager
def listening(
    handle: Callable[[socket.socket], None], *, one_at_a_time: bool = False, receive_bytes: int | None = None
) -> Iterator[int]:
    """The port of a server that runs `handle` for each connection, in a thread of its own, until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    if receive_bytes is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)

    def serve(connection: socket.socket) -> None:
        connection.settimeout(SILENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError):
            handle(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                if one_at_a_time:
                    serve(connection)
                else:
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()


def hear(connection: socket.socket) -> Heard | None:
    """The next request on a connection; `None` if the peer left before it was complete."""
    text = hear_head(connection)
    if text is None:
        return None
    head, _, body = text.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    missing = int(fields.get("content-length", "0")) - len(body)
    while missing > 0:
        piece = connection.recv(min(missing, 1 << 18))
        if not piece:
            return None
        body += piece
        missing -= len(piece)
    return Heard(path=lines[0].split(" ")[1], body=body)


def hear_head(connection: socket.socket) -> bytes | None:
    """What came up to the end of the next request's headers, or a little more; `None` if the peer left before."""
    text = b""
    while b"\r\n\r\n" not in text:
        piece = connection.recv(1 << 16)
        if not piece:
            return None
        text += piece
    return text


def wait_until_taken(connection: socket.socket) -> None:
    """Wait until the peer's system has all that was sent: a reset throws away the rest."""
    while int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder):
        select.select([], [], [], 0.0002)


def reset(connection: socket.socket) -> None:
    """Break the connection off with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
