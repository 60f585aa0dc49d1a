"""The stored events of a run as a client is told them: what changed for each stage, for the cost, for the run.

Events that were stored in one step are told together: between them a run may seem to wait for a person, and does not.
A step becomes any number of messages. Each has a cursor, and cursors grow: the last message of a step has the number of
its last event, such as `7`, those before it `6.1`, `6.2` and so on: so much was told after event 6. So a client that
was cut off anywhere goes on with the cursor of the last message it has, and misses nothing and hears nothing twice.
"""

from __future__ import annotations

import bisect
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from limner._json import JsonObject, JsonValue, dumps
from limner.runner.live import read_snapshot
from limner.store.runs import Runs
from limner.workflow.model import Stage
from limner.workflow.state import RunState
from limner.workflow.status import run_status
from limner.workflow.view import shown_output, stage_document

_CURSOR = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))?")
_TOLD = ("status", "staleReasons", "waitsFor", "progress", "error", "lastAttempt")


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the messages of a run: event `number` was told, and `part` messages of the step after it."""

    number: int = 0
    part: int = 0

    def __str__(self) -> str:
        return f"{self.number}.{self.part}" if self.part else str(self.number)

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """Read what `str()` writes; `None` for any other text."""
        match = _CURSOR.fullmatch(text.strip())
        return None if match is None else cls(int(match[1]), int(match[2] or 0))


class RunFeed:
    """The messages of one run so far, framed as server-sent events. `extend` is for any thread, the rest for all."""

    def __init__(self, run_id: str, runs: Runs) -> None:
        self.messages: list[bytes] = []
        """Only ever appended to."""
        self._cursors: list[Cursor] = []
        self._run_id = run_id
        self._runs = runs
        self._state = RunState(run_id, read_snapshot)
        self._changed: set[str] = set()
        self._copied: dict[str, int] = {}
        self._stages: dict[str, JsonObject] = {}
        self._outputs: dict[str, object] = {}
        self._cost: JsonObject = {}
        self._status = ""
        self._lock = threading.Lock()

    def extend(self) -> None:
        """Take in what was stored since."""
        with self._lock:
            for event in self._runs.events(self._run_id, after=self._state.number):
                self._state.apply(event)
                self._note(event)
                if not event.get("more"):
                    self._tell(list(self._news()))

    def place(self, cursor: Cursor) -> int:
        """The index of the first message after a cursor."""
        return bisect.bisect_right(self._cursors, cursor)

    def _tell(self, news: list[tuple[str, JsonObject]]) -> None:
        number = self._state.number
        for part, (name, data) in enumerate(news, start=1):
            cursor = Cursor(number) if part == len(news) else Cursor(number - 1, part)
            self._cursors.append(cursor)
            self.messages.append(f"id: {cursor}\nevent: {name}\ndata: {dumps(data)}\n\n".encode())

    def _note(self, event: JsonObject) -> None:
        """Remember what a step has to do with: the stages of its attempts, and where a picture was copied."""
        attempt = self._state.attempts.get(event.get("attempt", ""))
        if attempt is not None:
            self._changed.add(attempt.stage)
            if event["type"] == "stored":
                self._copied[attempt.stage] = self._state.number

    def _news(self) -> Iterator[tuple[str, JsonObject]]:
        for stage in self._looked_at():
            document = stage_document(self._state, stage)
            told: JsonObject = {"stage": stage.id, **{name: document[name] for name in _TOLD}}
            if self._stages.get(stage.id) != told:
                self._stages[stage.id] = told
                yield "stage.status", told
            output, mark = self._output(stage)
            if self._outputs.get(stage.id) != mark:
                self._outputs[stage.id] = mark
                yield "stage.output", {"stage": stage.id, "output": output}
        cost = self._cost_now()
        if cost != self._cost:
            self._cost = cost
            yield "run.cost", {"cost": cost}
        status = run_status(self._state)
        if status != self._status:
            self._status = status
            yield "run.status", {"status": status}
        self._changed.clear()

    def _looked_at(self) -> list[Stage]:
        """The stages that a step may have changed: those of its attempts, and those whose standing was forgotten."""
        return [
            stage
            for stage in self._state.workflow.stages
            if stage.id in self._changed or stage.id not in self._stages or not self._state.remembers(stage.id)
        ]

    def _output(self, stage: Stage) -> tuple[JsonValue, object]:
        """The output that is shown, and what tells it from another one: a copy that was made changes it, too."""
        active = self._state.active(stage.id)
        if active is None:
            return None, None
        return shown_output(active), (active.id, active.selected, self._copied.get(stage.id))

    def _cost_now(self) -> JsonObject:
        state = self._state
        return {
            "amount": float(state.cost_usd),
            "currency": "USD",
            "estimated": True,
            "unknown": state.unknown_costs,
        }
