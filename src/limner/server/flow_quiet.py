"""Stages with `autoRun: "always"`: they start again once nothing has happened for a while, and somebody must wait."""

from __future__ import annotations

import threading
from collections.abc import Callable

from limner import _clock
from limner.errors import LimnerError
from limner.runner.workflows import QUIET_S, Workflows
from limner.workflow.status import run_status

LOOK_S = 0.25
"""How often the watched runs are looked at, in seconds; not at all where there are none."""


class QuietKeeper:
    """Waits for the quiet of any number of runs, in one thread."""

    def __init__(self, workflows: Workflows, fault: Callable[[str], None]) -> None:
        self._workflows = workflows
        self._fault = fault
        self._changed = threading.Condition()
        self._watched: dict[str, tuple[int, float]] = {}
        """Of each run: the number of its last event, and when that was seen."""
        self._ended = False
        self._thread = threading.Thread(target=self._keep, name="limner-quiet", daemon=True)

    def open(self) -> None:
        """Begin, with the runs that are under way."""
        for record in self._workflows.app.store.runs.list_runs(limit=1000):
            if record.status == "running":
                self.watch(record.run_id)
        self._thread.start()

    def close(self) -> None:
        """End."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def watch(self, run_id: str) -> None:
        """Wait for the quiet of a run, until it needs no more waiting for."""
        with self._changed:
            self._watched[run_id] = (-1, 0.0)
            self._changed.notify_all()

    def _keep(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._watched or self._ended)
                if not self._ended:
                    self._changed.wait(LOOK_S)
                if self._ended:
                    return
                watched = list(self._watched.items())
            for run_id, seen in watched:
                try:
                    news = self._look(run_id, *seen)
                except LimnerError as problem:
                    self._fault(f"{run_id}: {problem.message}")
                    news = None
                self._note(run_id, seen, news)

    def _note(self, run_id: str, seen: tuple[int, float], news: tuple[int, float] | None) -> None:
        with self._changed:
            if self._watched.get(run_id) != seen:
                return  # it was asked for anew meanwhile
            if news is None:
                del self._watched[run_id]
            else:
                self._watched[run_id] = news

    def _look(self, run_id: str, number: int, since_s: float) -> tuple[int, float] | None:
        """What is to be remembered of a run; `None` where it needs no more waiting for."""
        now_s = _clock.monotonic_s()
        with self._workflows.live.reading(run_id) as state:
            if not any(stage.auto_run == "always" for stage in state.workflow.stages):
                return None
            if run_status(state) == "running" or state.number != number:
                return state.number, now_s
        if now_s - since_s < QUIET_S:
            return number, since_s
        return (number, now_s) if self._workflows.quieten(run_id) else None
