"""What the screens of one studio share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from limner.app import App
from limner.app.making import Making
from limner.runner.workflows import Workflows
from limner.studio.live import Changes
from limner.studio.session import Sessions
from limner.studio.settings import StudioSettings
from limner.studio.thumbs import Thumbs
from limner.web.guard import Guard
from limner.web.limits import Limits
from limner.web.listening import Log

_UNFINISHED = frozenset({"running"})
_NEWEST_RUNS = 200


class Context:
    """One studio over `app`'s data folder. `open` and `close` are for the main thread."""

    def __init__(self, app: App, settings: StudioSettings, port: int, log: Log) -> None:
        self.app = app
        self.settings = settings
        self.log = log
        self.guard = Guard(settings.host, port, hosts=settings.hosts)
        self.sessions = Sessions(app.signing_key())
        self.workflows = Workflows(app)
        self.changes = Changes(app.store.home / "limner.db")
        self.thumbs = Thumbs(app.store)
        self.making = Making(app, parallel=settings.parallel, changed=self.changes.poke, made=self.thumbs.prepare)
        self.stopping = asyncio.Event()
        self._lock = threading.Lock()
        self._works = False
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def limits(self) -> Limits:
        """What a client may take."""
        return self.settings.limits

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work` beside the requests; it is cancelled when the studio stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def working(self) -> Workflows:
        """The runs of workflows, worked on from now on: looking for jobs takes a part of a processor all the time.

        Raises `ConfigError` where the jobs cannot be kept.
        """
        with self._lock:
            if not self._works:
                self.workflows.serve()
                self._works = True
        return self.workflows

    def open(self) -> None:
        """Begin to make what waits, and to work on runs that are not at their end."""
        self.changes.open()
        self.making.open()
        if any(run.status in _UNFINISHED for run in self.app.store.runs.list_runs(limit=_NEWEST_RUNS)):
            self.working()

    def close(self) -> None:
        """Wait for the requests under way, for as long as the limits give; then break them off."""
        breaking = threading.Timer(self.limits.drain_s, self._break_off)
        breaking.start()
        try:
            self.making.close()
            self.workflows.close()
        finally:
            breaking.cancel()
            self.changes.close()

    async def stop(self) -> None:
        """End what runs beside the requests."""
        self.stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _break_off(self) -> None:
        self.app.break_off()
        self.workflows.break_off()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            self.log({"event": "fault", "error": f"{type(problem).__name__}: {problem}"})
