"""What keeps open pages true: one stream for each page, on which its live parts come again when they have changed.

A message says “this part is now so”, never what changed. So nothing has to be numbered, stored or replayed: who was cut
off gets every part again, and morphing leaves alone what is the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

LOOK_S = 0.1
"""Longest time until a change that another process made is seen, while somebody watches."""
IDLE_S = 30.0
HEARTBEAT_S = 15.0

FIRST = b"retry: 1000\n: the parts of this page\n\n"
HEARTBEAT = b": still here\n\n"

Render = Callable[[str], str]
"""Draws the part of a topic, in any thread."""


class Changes:
    """Tells when something was written to the database at `path`, by whichever process, or when it is poked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._condition = threading.Condition()
        self._count = 0
        self._watchers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._ended = False
        self._thread = threading.Thread(target=self._watch, name="limner-changes", daemon=True)

    def open(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more, and let every stream come to its end."""
        self.end()
        if self._thread.ident is not None:
            self._thread.join()

    def poke(self) -> None:
        """Say that something changed that is not in the database."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    @property
    def ended(self) -> bool:
        """Whether the studio is coming to its end."""
        return self._ended

    def end(self) -> None:
        """Let every stream come to its end."""
        with self._condition:
            self._ended = True
            self._count += 1
            self._condition.notify_all()
        self._tell()

    @contextlib.contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """An event of this loop that is set after each change."""
        event = asyncio.Event()
        with self._condition:
            self._watchers[event] = asyncio.get_running_loop()
            self._condition.notify_all()
        try:
            yield event
        finally:
            with self._condition:
                del self._watchers[event]

    def _watch(self) -> None:
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, check_same_thread=False)
        try:
            seen: tuple[int, int] | None = None
            while not self._ended:
                now = (self._version(connection), self._count)
                if now != seen:
                    seen = now
                    self._tell()
                with self._condition:
                    if self._count == now[1]:
                        self._condition.wait(LOOK_S if self._watchers else IDLE_S)
        finally:
            connection.close()

    def _version(self, connection: sqlite3.Connection) -> int:
        """A number that changes whenever another connection has written."""
        try:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return -1  # busy for a moment; the next look will tell

    def _tell(self) -> None:
        with self._condition:
            watchers = list(self._watchers.items())
        for event, loop in watchers:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(event.set)


async def stream(changes: Changes, topics: list[str], render: Render) -> AsyncIterator[bytes]:
    """The parts of `topics`, now and whenever one has changed, until the studio ends or nobody listens."""
    shown: dict[str, bytes] = {}
    yield FIRST
    with changes.watched() as changed:
        while not changes.ended:
            changed.clear()
            message = []
            for topic in topics:
                html = await asyncio.to_thread(render, topic)
                mark = hashlib.sha256(html.encode()).digest()
                if shown.get(topic) != mark:
                    shown[topic] = mark
                    message.append(_partial(topic, html))
            if message:
                yield _framed("".join(message))
            while not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
                except TimeoutError:
                    yield HEARTBEAT


def part_id(topic: str) -> str:
    """The id of the element that shows a part."""
    return "part-" + topic.replace(":", "-")


def _partial(topic: str, html: str) -> str:
    return f'<hx-partial hx-target="#{part_id(topic)}" hx-swap="innerMorph">{html}</hx-partial>'


def _framed(html: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"{lines}\n".encode()
