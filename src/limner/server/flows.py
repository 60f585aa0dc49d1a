"""The owner's workflows behind a server: one `Workflows` for the process, from its start to its end."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TypeVar

from limner import _clock
from limner.app import App
from limner.errors import LimnerError
from limner.runner.workflows import Workflows
from limner.server.flow_errors import refused
from limner.server.flow_quiet import QuietKeeper
from limner.server.refusals import own_error
from limner.server.run_feeds import Feeds

T = TypeVar("T")

COUNTED_RUNS = 1000
"""How many of the newest runs the figures count."""


class Flows:
    """Works on the runs of `app` between `open` and `close`; `fault` hears of what went wrong beside the requests.

    `drain_s` is how long requests to a provider may go on once it is told to end; then they are broken off.
    """

    def __init__(self, app: App, fault: Callable[[str], None], drain_s: float) -> None:
        self.app = app
        self.workflows = Workflows(app)
        self.feeds = Feeds(self.workflows.live, app.store.runs, fault)
        self._quiet = QuietKeeper(self.workflows, fault)
        self._drain_s = drain_s
        self._ending = threading.Event()
        self._ended: threading.Thread | None = None
        self._end_s = 0.0

    def open(self) -> None:
        """Begin to work, also on what ended processes left. Raises `ConfigError` where the jobs cannot be kept."""
        self.workflows.serve()
        self.feeds.open()
        self._quiet.open()

    async def end_with(self, stopping: asyncio.Event) -> None:
        """End the streams, and begin nothing new, as soon as the server is told to stop."""
        await stopping.wait()
        self._begin_end()
        self.feeds.end()

    def close(self) -> None:
        """Wait for the requests under way, for `drain_s` since the end began; then break them off."""
        self._begin_end()
        self.feeds.end()
        assert self._ended is not None
        try:
            self._ended.join(max(0.0, self._end_s - _clock.monotonic_s()))
        finally:  # also where a person does not want to wait
            if self._ended.is_alive():
                self.workflows.break_off()
        self._ended.join()
        self.feeds.close()
        self._quiet.close()

    async def do(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread. Raises `RefusedError` for our errors, and 503 once the end has begun."""
        if self._ending.is_set():
            raise own_error(503, "The server is stopping.", code="server.busy", hint="Try again in a moment.")
        try:
            return await asyncio.to_thread(work)
        except LimnerError as problem:
            raise refused(problem) from problem

    def changed(self, run_id: str) -> None:
        """Note that something was asked of a run, which may be one whose stages start again by themselves."""
        self._quiet.watch(run_id)

    def count_runs(self) -> Mapping[str, int]:
        """How many of the newest runs are in each status."""
        return Counter(record.status for record in self.app.store.runs.list_runs(limit=COUNTED_RUNS))

    def _begin_end(self) -> None:
        if self._ended is None:
            self._ending.set()
            self._end_s = _clock.monotonic_s() + self._drain_s
            self._ended = threading.Thread(target=self.workflows.close, name="limner-flows-end")
            self._ended.start()
