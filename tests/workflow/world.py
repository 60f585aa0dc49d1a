"""A run in memory: what a person does and what models answer, as events, with nothing outside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from limner._json import JsonObject, JsonValue
from limner.catalog import catalog
from limner.workflow.engine import advance
from limner.workflow.failure import failure
from limner.workflow.load import load
from limner.workflow.model import Workflow
from limner.workflow.output import image_id
from limner.workflow.places import Place, Places
from limner.workflow.state import RunState
from limner.workflow.status import standing

PLACES = Places(
    {"google": Place(name="google"), "vertex": Place(name="vertex", has_imagen=True, is_vertex=True)},
    "google",
    catalog.load(),
    date(2026, 11, 20),
)


def read(document: JsonObject) -> Workflow:
    """The workflow in a document that has no errors."""
    loaded = load(json.dumps(document))
    assert loaded.workflow is not None, [f"{each.code} {each.message}" for each in loaded.diagnostics]
    return loaded.workflow


def workflow_of(*stages: JsonObject, **more: Any) -> JsonObject:
    """A workflow document."""
    return {"id": "w", "name": "W", "stages": list(stages), **more}


def form(stage_id: str = "brief", **fields: Any) -> JsonObject:
    """An input stage with a text field for each keyword, its default value given."""
    return {
        "id": stage_id,
        "title": stage_id,
        "inputType": "form",
        "outputType": "json",
        "formFields": [{"name": name, "type": "text", "defaultValue": value} for name, value in fields.items()],
    }


def picture(stage_id: str, prompt: str = "a fox", **more: Any) -> JsonObject:
    """An image stage."""
    return {
        "id": stage_id,
        "title": stage_id,
        "outputType": "image_output",
        "promptTemplate": prompt,
        "aiRedoEnabled": True,
        **more,
    }


def words(stage_id: str, prompt: str = "say it", output_type: str = "text", **more: Any) -> JsonObject:
    """A text or JSON stage."""
    return {
        "id": stage_id,
        "title": stage_id,
        "outputType": output_type,
        "promptTemplate": prompt,
        "aiRedoEnabled": True,
        **more,
    }


def image_of(name: str) -> JsonObject:
    """A picture called `name`: the same name is the same picture."""
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    return {
        "id": image_id(sha256),
        "sha256": sha256,
        "bytes": 1000,
        "mimeType": "image/png",
        "width": 64,
        "height": 64,
        "seed": None,
    }


def result(*names: str, value: JsonValue = None, text: str = "", cost: str = "0.04") -> JsonObject:
    """What a request brought: pictures of these names, or words."""
    blocks: list[JsonObject] = [{"type": "text", "text": text}] if text else []
    return {
        "images": [image_of(name) for name in names],
        "blocks": [*blocks, *({"type": "image", "index": index} for index in range(len(names)))],
        "provider": "gemini",
        "modelRequested": "m",
        "model": "m",
        "connection": "google",
        "usage": {"promptTokens": 1, "outputTokens": 2, "thoughtTokens": 0},
        "cost": cost,
        "billed": "yes",
        "callId": "c",
        "promptUsed": "p",
        "warnings": [],
        "value": value,
    }


Call = tuple[str, int, int]
"""A request: attempt, number, try."""


class World:
    """One run. `open_calls` are the requests that the engine wants made and nobody answered yet."""

    def __init__(self, document: JsonObject | None = None, *, events: Sequence[JsonObject] = (), **start: Any) -> None:
        self.events: list[JsonObject] = []
        self.state = RunState("run_1", read)
        self.now_ms = 0
        for event in events:
            self.state.apply(event)
            self.events.append(event)
        if document is not None:
            self.do([{"type": "run.started", "workflow": document, **start}])
        elif events:
            self.do([])

    def do(self, events: Sequence[JsonObject], *, quiet: bool = False) -> None:
        """Let something happen, and everything that follows from it."""
        self.now_ms += 1
        for event in events:
            stamped = {"at_ms": self.now_ms, **event}
            self.state.apply(stamped)
            self.events.append(stamped)
        self.events += advance(self.state, PLACES, self.now_ms, quiet=quiet)

    def perform(self, make: Callable[..., list[JsonObject]], *arguments: Any, **keywords: Any) -> None:
        """Let a person do something."""
        self.do(make(self.state, *arguments, **keywords))

    @property
    def open_calls(self) -> list[Call]:
        """What is queued or under way."""
        return [
            (attempt.id, call.number, call.tries)
            for attempt in self.state.open_attempts()
            for call in attempt.calls.values()
            if call.status != "ended"
        ]

    def answer(self, call: Call, ended: JsonObject) -> None:
        """Let a request end: `ended` has a `result` or an `error`."""
        attempt, number, tries = call
        about = {"attempt": attempt, "number": number, "try": tries}
        self.do([{"type": "call.started", **about}])
        self.do([{"type": "call.ended", **about, **ended}])

    def answer_all(self, make: Callable[[Call], JsonObject] | None = None) -> None:
        """Answer everything that is asked, until nothing is."""
        while calls := self.open_calls:
            self.answer(calls[0], {"result": self._usual(calls[0])} if make is None else make(calls[0]))

    def fail(self, call: Call, code: str = "no_image") -> None:
        """Let a request bring nothing."""
        self.answer(call, {"error": failure(code, "nothing came", cost="0.01")})

    def status(self, stage: str) -> str:
        """Where a stage stands."""
        return standing(self.state, stage).status

    def reasons(self, stage: str) -> tuple[str, ...]:
        """Why it is stale."""
        return standing(self.state, stage).reasons

    def asked(self) -> list[Call]:
        """Every request that was ever wanted, in order."""
        return [
            (event["attempt"], event["number"], event["try"]) for event in self.events if event["type"] == "call.queued"
        ]

    def output(self, stage: str) -> Any:
        """The output that is shown of a stage."""
        active = self.state.active(stage)
        return None if active is None else active.output

    def _usual(self, call: Call) -> JsonObject:
        attempt = self.state.attempts[call[0]]
        kind = self.state.stage(attempt.stage).kind
        name = f"{call[0]}/{call[1]}"
        samples = attempt.samples_at(call[1])
        if kind == "image":
            return result(*(f"{name}/{sample}" for sample in range(samples)))
        return result(value=f"words of {attempt.stage}" if kind == "text" else {"of": attempt.stage})
