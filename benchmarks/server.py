"""The loopback provider: answers every POST with a Gemini reply from memory, as fast as the client reads.

The first part of the path says which picture: `/1500000/…` has a Content-Length, `/1500000-chunked/…` is chunked. One
thread, no copy of a body, keep-alive. Run as a process: `python -m benchmarks.server PROCESSOR`; it prints its port.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

from benchmarks import replies

_CONTENT_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SEND_BYTES = 1 << 20
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Exchange:
    """One connection: what came of a request, and what is still to be sent."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._request = bytearray()
        self._unsent: list[memoryview] = []

    def received(self, data: bytes, number: int) -> bool:
        """Take in a piece of the request; True when it is complete and its reply is ready to be sent."""
        self._request += data
        head, end, rest = bytes(self._request).partition(b"\r\n\r\n")
        length = _CONTENT_LENGTH.search(head)
        if not end or len(rest) < (int(length[1]) if length else 0):
            return False
        self._request.clear()
        self._unsent = [memoryview(part) for part in _reply(head, number)]
        return True

    def send(self) -> bool:
        """Send what the client takes now; True when all is sent."""
        while self._unsent:
            try:
                sent = self.connection.send(self._unsent[0][:_SEND_BYTES])
            except BlockingIOError:
                return False
            self._unsent[0] = self._unsent[0][sent:]
            if not self._unsent[0]:
                del self._unsent[0]
        return True


def serve(listener: socket.socket) -> None:
    """Answer until killed."""
    listener.setblocking(False)
    exchanges: dict[int, Exchange] = {}
    number = 0
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    while True:
        for descriptor, events in poll.poll():
            if descriptor == listener.fileno():
                connection, _ = listener.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                exchanges[connection.fileno()] = Exchange(connection)
                poll.register(connection, select.EPOLLIN)
                continue
            exchange = exchanges[descriptor]
            try:
                data = exchange.connection.recv(1 << 16) if events & select.EPOLLIN else b"?"
                if not data:
                    raise ConnectionError
                if events & select.EPOLLIN:
                    number += 1
                    ready = exchange.received(data, number)
                else:
                    ready = True
                over = not ready or exchange.send()
            except ConnectionError:
                poll.unregister(descriptor)
                exchanges.pop(descriptor).connection.close()
                continue
            poll.modify(descriptor, select.EPOLLIN if over else select.EPOLLOUT)


@contextlib.contextmanager
def running(processor: int | None) -> Iterator[str]:
    """A server in a process of its own; gives its address."""
    command = [sys.executable, "-m", "benchmarks.server", "" if processor is None else str(processor)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


@cache
def _body(name: bytes) -> replies.Body:
    size, _, framing = name.partition(b"-")
    return replies.body(int(size), chunked=framing == b"chunked")


def _reply(head: bytes, number: int) -> tuple[bytes, ...]:
    name = head.split(b" ", 2)[1].split(b"/")[1]
    return _body(name).numbered(number) if name[:1].isdigit() else (_NOT_FOUND,)


def main() -> None:
    if sys.argv[1]:
        os.sched_setaffinity(0, {int(sys.argv[1])})
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)
    serve(listener)


if __name__ == "__main__":
    main()
