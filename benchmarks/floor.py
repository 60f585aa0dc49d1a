"""The floor: about the least work in Python that turns replies into files. Not durable, not safe, not a client.

One thread, raw sockets, one reused buffer; the base64 between two quotes is decoded as it is read. It takes only what
`benchmarks.server` sends with a Content-Length.
"""

from __future__ import annotations

import hashlib
import re
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pybase64

_READ_BYTES = 64 << 10
"""Measured best: what is decoded of more is given back to the system each time, and costs page faults."""

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_REQUEST = b'{"contents":[{"role":"user","parts":[{"text":"a red fox in snow"}]}]}'


class FloorClient:
    """Makes `count` pictures, `concurrency` at once; `hashed` computes the SHA-256 of each, as a store needs it."""

    def __init__(self, url: str, folder: Path, *, hashed: bool = False) -> None:
        self._hashed = hashed
        self._url = urlsplit(url)
        self._folder = folder
        self._made = 0

    def make(self, count: int, concurrency: int) -> list[Path]:
        """The files, once all are written."""
        paths = iter([self._folder / f"floor-{self._made + number}.png" for number in range(count)])
        self._made += count
        buffer = memoryview(bytearray(_READ_BYTES))
        poll = select.epoll()
        downloads: dict[int, _Download] = {}
        for _ in range(min(count, concurrency)):
            connection = socket.create_connection((self._url.hostname or "", self._url.port or 80))
            downloads[connection.fileno()] = _Download(connection, self._url.path, paths, hashed=self._hashed)
            poll.register(connection, select.EPOLLIN)
        finished: list[Path] = []
        while downloads:
            for descriptor, _ in poll.poll():
                download = downloads[descriptor]
                finished += download.read(buffer)
                if download.idle:
                    poll.unregister(descriptor)
                    downloads.pop(descriptor).connection.close()
        return finished

    def close(self) -> None:
        """Nothing is kept open."""


class _Download:
    def __init__(self, connection: socket.socket, path: str, targets: Iterator[Path], *, hashed: bool) -> None:
        self.connection = connection
        self.idle = False
        self._path = path
        self._targets = targets
        self._hashed = hashed
        self._begin()

    def read(self, buffer: memoryview) -> list[Path]:
        """Read once; gives the file if that was its end."""
        piece = buffer[: self.connection.recv_into(buffer)]
        if not piece:
            raise ConnectionError("the server closed the connection")
        if self._left is None:
            piece = self._after_head(piece)
        assert self._left is not None
        self._left -= len(piece)
        self._decode(piece)
        if self._left:
            return []
        self._file.close()
        target = self._target
        self._begin()
        return [target]

    def _begin(self) -> None:
        target = next(self._targets, None)
        if target is None:
            self.idle = True
            return
        self._target = target
        self._left: int | None = None
        self._head = b""
        self._hash = hashlib.sha256()
        self._held = b""
        self._ended = False
        head = b"POST %b HTTP/1.1\r\nHost: bench\r\nContent-Length: %d\r\n\r\n" % (self._path.encode(), len(_REQUEST))
        self.connection.sendall(head + _REQUEST)

    def _after_head(self, piece: memoryview) -> memoryview:
        """What is after the opening quote of the picture; all before it arrives in one piece here."""
        self._head += bytes(piece[:2048])
        start = self._head.index(b'"data": "') + 9
        length = _LENGTH.search(self._head)
        assert length is not None
        self._left = int(length[1]) - (start - self._head.index(b"\r\n\r\n") - 4)
        self._file = self._target.open("wb", buffering=0)
        return piece[start:]

    def _decode(self, piece: memoryview) -> None:
        if self._ended:
            return
        text: bytes | memoryview = self._held + piece if self._held else piece
        if self._left is not None and self._left < 4096:
            text = bytes(text)
            quote = text.find(b'"')
            if quote >= 0:
                text, self._ended = text[:quote], True
        cut = len(text) & ~3
        decoded = pybase64.b64decode(text[:cut], validate=True)
        if self._hashed:
            self._hash.update(decoded)
        self._file.write(decoded)
        self._held = bytes(text[cut:])
