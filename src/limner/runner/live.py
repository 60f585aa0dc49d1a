"""Runs held in memory: read once, kept in step with the store, changed by one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from limner import _clock
from limner._json import JsonObject
from limner.errors import InvalidRequestError
from limner.store.runs import Extension, Made, Runs
from limner.workflow.engine import advance
from limner.workflow.load import load
from limner.workflow.model import Workflow
from limner.workflow.places import Places
from limner.workflow.state import Attempt, RunState
from limner.workflow.status import run_status

Make = Callable[[RunState], Sequence[JsonObject]]
"""Events that something makes of a state; it may raise, and then nothing has happened."""


MOST_HELD = 200
"""Most runs kept in memory; another one is read again when it is asked for."""


@dataclass(slots=True)
class _Held:
    state: RunState
    lock: threading.RLock = field(default_factory=threading.RLock)


class LiveRuns:
    """The states of the runs that this process has to do with."""

    def __init__(self, runs: Runs, places: Callable[[], Places]) -> None:
        self._runs = runs
        self._places = places
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self.changed = threading.Condition()
        """Notified whenever this process appends events."""

    @contextmanager
    def reading(self, run_id: str) -> Iterator[RunState]:
        """The state as it is now, unchanged inside the block. Raises `InvalidRequestError` for no run."""
        held = self._hold(run_id)
        with held.lock:
            with self._kept(run_id, held):
                for event in self._runs.events(run_id, after=held.state.number):
                    held.state.apply(event)
            yield held.state

    def extend(self, run_id: str, make: Make, *, quiet: bool = False) -> list[JsonObject]:
        """Append what `make` gives and all that follows from it, in one transaction; gives the events appended."""
        held = self._hold(run_id)
        now_ms = _clock.now_ms()

        def made_of(unseen: list[JsonObject]) -> Extension:
            for event in unseen:
                held.state.apply(event)
            made = []
            for event in make(held.state):
                made.append({"at_ms": now_ms, **event})
                held.state.apply(made[-1])
            made += advance(held.state, self._places(), now_ms, quiet=quiet, recall=self._runs.recall)
            return _extension(held.state, made)

        with held.lock, self._kept(run_id, held):
            added = self._runs.extend(run_id, held.state.number, made_of)
        if added:
            with self.changed:
                self.changed.notify_all()
        return added

    @contextmanager
    def _kept(self, run_id: str, held: _Held) -> Iterator[None]:
        """Forget a state that may be ahead of what was kept, or half of what it should be; it is read again then."""
        try:
            yield
        except BaseException:
            held.state = RunState(run_id, read_snapshot)
            raise

    def _hold(self, run_id: str) -> _Held:
        with self._lock:
            if run_id not in self._held:
                if self._runs.find(run_id) is None:
                    raise InvalidRequestError(
                        f"There is no run {run_id[:40]!r}.",
                        code="workflow.unknown_run",
                        hint="`limner runs` lists them.",
                    )
                self._held[run_id] = _Held(RunState(run_id, read_snapshot))
            held = self._held[run_id] = self._held.pop(run_id)  # the last one in the order
            while len(self._held) > MOST_HELD:
                del self._held[next(iter(self._held))]
            return held


def _extension(state: RunState, made: list[JsonObject]) -> Extension:
    """What is kept of new events: they themselves, what the list shows after them, and what another run can take."""
    if not made:
        return Extension()
    for event in made[:-1]:
        event["more"] = True  # so that whoever reads the events later can tell which happened in one step
    ended = [event for event in made if event["type"] == "attempt.ended" and event["outcome"] == "succeeded"]
    return Extension(
        events=made,
        status="running" if state.open_attempts() else run_status(state),
        cost_usd=state.cost_usd,
        made=tuple(_made_of(state.attempts[event["attempt"]]) for event in ended if _is_plain(state, event["attempt"])),
    )


def _is_plain(state: RunState, attempt_id: str) -> bool:
    """Whether the same grounds would make the same again: no notes, nothing chosen for this time only."""
    attempt = state.attempts[attempt_id]
    return attempt.operation in ("run", "retry") and not attempt.overrides and bool(attempt.fingerprint)


def _made_of(attempt: Attempt) -> Made:
    return Made(fingerprint=attempt.fingerprint, attempt=attempt.id, output=attempt.output)


def read_snapshot(document: JsonObject) -> Workflow:
    """The workflow that a run was started with."""
    import json

    loaded = load(json.dumps(document))
    if loaded.workflow is None:
        first = next(each for each in loaded.diagnostics if each.level == "error")
        raise InvalidRequestError(
            f"The workflow of this run cannot be read any more: {first.message}",
            code="workflow.snapshot",
            hint="It was started by another version of Limner.",
        )
    return loaded.workflow
