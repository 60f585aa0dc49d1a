"""A server in a thread of this process, for programs that test themselves against it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from limner._json import JsonObject
from limner.app import App
from limner.errors import LimnerError
from limner.server.deck import Laid
from limner.server.serve import Server
from limner.server.settings import ServeSettings

START_S = 30.0
"""Longest that a start may take; it takes a fraction of a second."""


class BackgroundServer:
    """Answers on loopback while it is entered, with its data in `home`; always on a free port.

    `url` is its address, `key` one that it takes (any is taken).
    """

    key = "any-key-is-good"

    def __init__(self, home: Path, settings: ServeSettings | None = None) -> None:
        self._app = App({"LIMNER_HOME": str(home)})
        self._events: list[JsonObject] = []
        self._happened = threading.Condition()
        self._server = Server(self._app, replace(settings or ServeSettings(), port=0), self._note)
        self._ready = threading.Event()
        self._problem: LimnerError | None = None
        self._thread = threading.Thread(target=self._run, name="limner-server", daemon=True)
        self.url = self._server.url

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that lead Google's SDKs here."""
        return {"GOOGLE_GEMINI_BASE_URL": self.url, "GOOGLE_VERTEX_BASE_URL": self.url, "GEMINI_API_KEY": self.key}

    @property
    def requests(self) -> tuple[JsonObject, ...]:
        """What was asked so far, oldest first: operation, model, status, and how long it took."""
        return tuple(event for event in self._events if event["event"] == "request")

    def wait_for_requests(self, count: int, *, within_s: float = 30.0) -> tuple[JsonObject, ...]:
        """The requests so far, once there are `count`: an answer arrives a moment before it is noted.

        Raises `TimeoutError` where they do not come in time.
        """
        with self._happened:
            if not self._happened.wait_for(lambda: len(self.requests) >= count, within_s):
                raise TimeoutError(f"{len(self.requests)} requests came within {within_s:g} s, not {count}")
            return self.requests

    def play(self, cards: str, *, times: int = 1, model: str | None = None) -> None:
        """Lay test cards, such as `429:26` or `slow:1, snake`, for the next requests; of one `model` if named.

        Raises `CardRefusedError` for a card that does not exist.
        """
        self._server.context.deck.lay(Laid(cards=cards, times=times, model=model))

    def clear(self) -> None:
        """Take all cards away that were laid and not played."""
        self._server.context.deck.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(START_S):
            raise RuntimeError(f"the server did not start within {START_S:g} s")
        if self._problem is not None:
            self._app.close()
            raise self._problem
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()
        self._app.close()

    def _note(self, event: JsonObject) -> None:
        with self._happened:
            self._events.append(event)
            self._happened.notify_all()

    def _run(self) -> None:
        try:
            self._server.run(self._ready.set)
        except LimnerError as problem:
            self._problem = problem
            self._ready.set()
