"""Watching runs: one thread looks for what is new in all of them, and any number of clients wait for it in the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from limner.errors import LimnerError
from limner.runner.live import LiveRuns
from limner.server.run_feed import Cursor, RunFeed
from limner.store.runs import Runs

CHANGE_S = 0.25
"""Longest time until a change that another process made is seen, in seconds."""

FIRST = b"retry: 1000\n: the events of a run\n\n"
HEARTBEAT = b": still here\n\n"

_AT_ONCE = 200
"""Messages sent in one piece at most."""


@dataclass(slots=True)
class _Watched:
    """A run with `readers`. `news` is set, and replaced, when there are more messages than `told`."""

    feed: RunFeed
    readers: int = 0
    told: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        old, self.news = self.news, asyncio.Event()
        old.set()


class Feeds:
    """The feeds of the runs that somebody reads. `open` and `close` are for the main thread, the rest for the loop."""

    def __init__(self, live: LiveRuns, runs: Runs, fault: Callable[[str], None]) -> None:
        self._live = live
        self._runs = runs
        self._fault = fault
        self._watched: dict[str, _Watched] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="limner-feeds", daemon=True)

    def open(self) -> None:
        """Begin to look for news."""
        self._thread.start()

    def end(self) -> None:
        """Let every reader come to its end; called again from another thread it changes nothing."""
        if not self._ended.is_set():
            self._ended.set()
            for watched in list(self._watched.values()):
                watched.wake()

    def close(self) -> None:
        """Look no more."""
        self._ended.set()
        with self._live.changed:
            self._live.changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    async def follow(self, run_id: str, after: Cursor, heartbeat_s: float) -> AsyncIterator[bytes]:
        """The messages of a run after a cursor, as they come, for as long as somebody reads them."""
        self._loop = asyncio.get_running_loop()
        watched = self._join(run_id)
        try:
            yield FIRST
            await asyncio.to_thread(watched.feed.extend)
            place = watched.feed.place(after)
            while True:
                news, ended = watched.news, self._ended.is_set()
                pieces = watched.feed.messages[place : place + _AT_ONCE]
                place += len(pieces)
                if pieces:
                    yield b"".join(pieces)
                elif ended:
                    return
                elif not await _set_within(news, heartbeat_s):
                    yield HEARTBEAT
        finally:
            self._leave(run_id, watched)

    def _join(self, run_id: str) -> _Watched:
        with self._lock:
            watched = self._watched.setdefault(run_id, _Watched(RunFeed(run_id, self._runs)))
            watched.readers += 1
        return watched

    def _leave(self, run_id: str, watched: _Watched) -> None:
        with self._lock:
            watched.readers -= 1
            if watched.readers == 0:
                del self._watched[run_id]

    def _watch(self) -> None:
        while not self._ended.is_set():
            with self._live.changed:
                self._live.changed.wait(CHANGE_S)
            with self._lock:
                watched = list(self._watched.items())
            for run_id, each in watched:
                try:
                    each.feed.extend()
                except LimnerError as problem:
                    self._fault(f"{run_id}: {problem.message}")
                count = len(each.feed.messages)  # a reader that came may have extended it, too
                if count > each.told and not self._ended.is_set() and self._loop is not None:
                    each.told = count
                    self._loop.call_soon_threadsafe(each.wake)


async def _set_within(news: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return False
    return True
