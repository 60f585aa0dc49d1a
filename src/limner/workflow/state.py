"""A run as its events tell it. Attempts are only ever added; what is shown of them is decided elsewhere.

The events are the truth: the same events in the same order give the same state, on any machine, in any version.

Where `more` is set, further events were appended in the same step: what is shown in between is not final.

    run.started        workflow, choice, unattended, select, reuse, unlisted
    run.replaced       workflow
    input.given        stage, values, attempt (a form), or values alone (the own form of an AI stage)
    attempt.queued     attempt, stage, operation, and everything that decides its requests
    call.queued        attempt, number, try
    call.started       attempt, number, try
    call.ended         attempt, number, try, result or error
    attempt.ended      attempt, outcome, error, selected
    attempt.reused     attempt, stage, output, grounds, from, operation (of another run, or imported)
    selected           stage, attempt, index
    stage.reset        stage
    update.asked       stages
    stored             attempt, sha256, url or error
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from limner._json import JsonObject, JsonValue
from limner.workflow.model import Stage, Workflow
from limner.workflow.output import assemble
from limner.workflow.places import Choice

Operation = Literal["input", "run", "retry", "edit", "refine", "restyle", "import"]
Outcome = Literal["succeeded", "failed", "cancelled", "interrupted"]
CallStatus = Literal["queued", "running", "ended"]

Reader = Callable[[JsonObject], Workflow]
"""Loads a snapshot of a workflow that was loaded without errors before."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One request of an attempt. `result` is what came (see `output.py`), `error` why nothing did."""

    number: int
    tries: int = 1
    status: CallStatus = "queued"
    result: JsonObject | None = None
    error: JsonObject | None = None
    complaint: str | None = None
    """What was wrong with the answer of the try before."""
    carried: bool = False
    """True for one that an earlier attempt made and paid."""

    @property
    def succeeded(self) -> bool:
        """Whether it brought what was asked for."""
        return self.result is not None


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One execution of a stage: what decides its requests, and what came of them.

    `sources` are the attempts (and the picture selected in each) of the stages it depends on, as they were when it was
    queued: so its requests can be made again, the same, at any later time. `samples` are the pictures that each request
    for one item brings; there are `items` times as many requests. `grounds` is what the fingerprint is made of.
    """

    id: str
    stage: str
    operation: Operation
    revision: int
    queued_at_ms: int
    sources: dict[str, tuple[str, int]] = field(default_factory=dict)
    user_input: JsonObject | None = None
    parent: str | None = None
    notes: str | None = None
    style: str | None = None
    prompt_mode: str = "full"
    basis: JsonObject | None = None
    overrides: JsonObject = field(default_factory=dict)
    grounds: JsonObject = field(default_factory=dict)
    items: int = 1
    is_for_each: bool = False
    samples: tuple[int, ...] = (1,)
    calls: dict[int, Call] = field(default_factory=dict)
    next_number: int = 0
    open_calls: int = 0
    open_samples: int = 0
    failures: int = 0
    started_at_ms: int | None = None
    ended_at_ms: int | None = None
    outcome: Outcome | None = None
    output: JsonValue = None
    error: JsonObject | None = None
    selected: int = 0
    chosen: bool = False
    """Whether a person (or the policy of an unattended run) chose a picture."""

    @property
    def total(self) -> int:
        """How many requests it makes, those carried over included."""
        return self.items * len(self.samples)

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return self.outcome is None

    @property
    def fingerprint(self) -> str:
        """The digest of its grounds."""
        return str(self.grounds.get("fingerprint", ""))

    def samples_at(self, number: int) -> int:
        """How many pictures request `number` is to bring."""
        return self.samples[number % len(self.samples)]

    def item_of(self, number: int) -> int:
        """The item (from 0) that request `number` is for."""
        return number // len(self.samples)


@dataclass(slots=True, kw_only=True)
class StageState:
    """One stage of a run. `active` is the attempt whose output is the stage's; `open` the one under way."""

    stage: str
    user_input: JsonObject | None = None
    active: str | None = None
    attempts: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """Attempts that have not ended, the one under way first."""
    last: str | None = None
    """The attempt that ended last."""
    began: bool = False
    """Whether it was started in this run since the last reset: `autoRun` starts it once."""


class RunState:
    """All that is known of a run after its first `number` events."""

    def __init__(self, run_id: str, read: Reader) -> None:
        self.run_id = run_id
        self.number = 0
        self.created_at_ms = 0
        self.choice = Choice()
        self.unattended = False
        self.select: str | None = None
        self.reuse = False
        self.unlisted = False
        self.revisions: list[Workflow] = []
        self.stages: dict[str, StageState] = {}
        self.attempts: dict[str, Attempt] = {}
        self.images_made = 0
        self.cost_usd = Decimal(0)
        """What all requests cost, as far as it is known."""
        self.unknown_costs = 0
        """How many requests have a cost that nobody knows."""
        self.updating: set[str] = set()
        """Stages that a person asked to be brought up to date, as soon as what they depend on is."""
        self.touched: set[str] = set()
        """Stages that something happened to since `take_touched` was called last."""
        self._read = read
        self._status_notes: dict[str, object] = {}
        self._downstream: dict[str, tuple[str, ...]] = {}

    @property
    def workflow(self) -> Workflow:
        """The workflow as it is now."""
        return self.revisions[-1]

    def stage(self, stage_id: str) -> Stage:
        """The stage as the workflow has it now. Raises `KeyError`."""
        return self.workflow.stage(stage_id)

    def active(self, stage_id: str) -> Attempt | None:
        """The attempt whose output is the stage's."""
        attempt_id = self.stages[stage_id].active
        return None if attempt_id is None else self.attempts[attempt_id]

    def open_attempt(self, stage_id: str) -> Attempt | None:
        """The attempt that is under way."""
        waiting = self.stages[stage_id].waiting
        return self.attempts[waiting[0]] if waiting else None

    def open_attempts(self) -> list[Attempt]:
        """All attempts under way or queued behind one."""
        return [self.attempts[each] for state in self.stages.values() for each in state.waiting]

    def remembered(self, stage_id: str, make: Callable[[], object]) -> object:
        """A note about a stage, made once until something happens to it or to what it depends on."""
        if stage_id not in self._status_notes:
            self._status_notes[stage_id] = make()
        return self._status_notes[stage_id]

    def remembers(self, stage_id: str) -> bool:
        """Whether there is such a note."""
        return stage_id in self._status_notes

    def take_touched(self) -> set[str]:
        """The stages to look at: those something happened to, and their direct dependents."""
        touched, self.touched = self.touched, set()
        return touched | {each for stage in touched for each in self._dependents(stage)}

    def apply(self, event: Mapping[str, JsonValue]) -> None:
        """Take in the next event. An event of a kind that is not known changes nothing."""
        self.number += 1
        handler = _HANDLERS.get(str(event["type"]))
        if handler is not None:
            handler(self, event)

    def touch(self, stage_id: str) -> None:
        """Note that something happened to a stage."""
        self.touched.add(stage_id)
        for each in (stage_id, *self._all_downstream(stage_id)):
            self._status_notes.pop(each, None)

    def set_workflow(self, document: JsonObject) -> None:
        """Go on with another revision; stages that are gone keep their attempts."""
        self.revisions.append(self._read(document))
        for stage in self.workflow.stages:
            self.stages.setdefault(stage.id, StageState(stage=stage.id))
        self._downstream.clear()
        self._direct = None
        self._status_notes.clear()
        self.touched.update(stage.id for stage in self.workflow.stages)

    _direct: dict[str, tuple[str, ...]] | None = None

    def _dependents(self, stage_id: str) -> tuple[str, ...]:
        if self._direct is None:
            found: dict[str, list[str]] = {}
            for stage in self.workflow.stages:
                for dependency in stage.dependencies:
                    found.setdefault(dependency, []).append(stage.id)
            self._direct = {name: tuple(ids) for name, ids in found.items()}
        return self._direct.get(stage_id, ())

    def _all_downstream(self, stage_id: str) -> tuple[str, ...]:
        if stage_id not in self._downstream:
            seen: dict[str, None] = {}
            todo = list(self._dependents(stage_id))
            while todo:
                each = todo.pop()
                if each not in seen:
                    seen[each] = None
                    todo.extend(self._dependents(each))
            self._downstream[stage_id] = tuple(seen)
        return self._downstream[stage_id]


def replay(run_id: str, events: Iterable[Mapping[str, JsonValue]], read: Reader) -> RunState:
    """The state after all of `events`."""
    state = RunState(run_id, read)
    for event in events:
        state.apply(event)
    return state


def _started(state: RunState, event: Mapping[str, JsonValue]) -> None:
    choice = event.get("choice") or {}
    state.created_at_ms = event["at_ms"]
    state.choice = Choice(
        model=choice.get("model"), connection=choice.get("connection"), aspect_ratio=choice.get("aspectRatio")
    )
    state.unattended = bool(event.get("unattended"))
    state.select = event.get("select")
    state.reuse = bool(event.get("reuse"))
    state.unlisted = bool(event.get("unlisted"))
    state.set_workflow(event["workflow"])


def _replaced(state: RunState, event: Mapping[str, JsonValue]) -> None:
    state.set_workflow(event["workflow"])


def _input(state: RunState, event: Mapping[str, JsonValue]) -> None:
    own = state.stages[event["stage"]]
    own.user_input = event["values"]
    if event.get("attempt"):
        attempt = Attempt(
            id=event["attempt"],
            stage=own.stage,
            operation="input",
            revision=len(state.revisions) - 1,
            queued_at_ms=event["at_ms"],
            user_input=event["values"],
            parent=own.active,
            outcome="succeeded",
            output=event["output"],
            ended_at_ms=event["at_ms"],
        )
        state.attempts[attempt.id] = attempt
        own.attempts.append(attempt.id)
        own.active = own.last = attempt.id
    state.touch(own.stage)


def _queued(state: RunState, event: Mapping[str, JsonValue]) -> None:
    attempt = Attempt(
        id=event["attempt"],
        stage=event["stage"],
        operation=event["operation"],
        revision=event.get("revision", len(state.revisions) - 1),
        queued_at_ms=event["at_ms"],
        sources={stage: (str(found[0]), int(found[1])) for stage, found in event.get("sources", {}).items()},
        user_input=event.get("userInput"),
        parent=event.get("parent"),
        notes=event.get("notes"),
        style=event.get("style"),
        prompt_mode=event.get("promptMode", "full"),
        basis=event.get("basis"),
        overrides=event.get("overrides") or {},
        grounds=event.get("grounds") or {},
        items=event.get("items", 1),
        is_for_each=bool(event.get("forEach")),
        samples=tuple(event.get("samples", (1,))),
    )
    for number in event.get("carried", ()):
        earlier = state.attempts[str(attempt.parent)].calls[number]
        attempt.calls[number] = Call(number=number, status="ended", result=earlier.result, carried=True)
    own = state.stages[attempt.stage]
    state.attempts[attempt.id] = attempt
    own.attempts.append(attempt.id)
    own.waiting.append(attempt.id)
    own.began = True
    state.updating.discard(attempt.stage)
    state.touch(attempt.stage)


def _call_queued(state: RunState, event: Mapping[str, JsonValue]) -> None:
    attempt = state.attempts[event["attempt"]]
    number = event["number"]
    before = attempt.calls.get(number)
    complaint = None
    if before is not None and before.error is not None:
        attempt.failures -= 1
        complaint = before.error.get("complaint")
    attempt.calls[number] = Call(number=number, tries=event.get("try", 1), complaint=complaint)
    attempt.next_number = max(attempt.next_number, number + 1)
    attempt.open_calls += 1
    attempt.open_samples += attempt.samples_at(number)


def _call_started(state: RunState, event: Mapping[str, JsonValue]) -> None:
    attempt = state.attempts[event["attempt"]]
    call = attempt.calls[event["number"]]
    if call.status == "queued" and call.tries == event.get("try", 1):
        call.status = "running"
    if attempt.started_at_ms is None:
        attempt.started_at_ms = event["at_ms"]
        state.touch(attempt.stage)


def _call_ended(state: RunState, event: Mapping[str, JsonValue]) -> None:
    attempt = state.attempts[event["attempt"]]
    number = event["number"]
    call = attempt.calls.get(number)
    if call is None:
        call = attempt.calls[number] = Call(number=number)
    elif call.status == "ended" or call.tries != event.get("try", 1):
        return
    else:
        attempt.open_calls -= 1
        attempt.open_samples -= attempt.samples_at(number)
    call.status, call.result, call.error = "ended", event.get("result"), event.get("error")
    attempt.next_number = max(attempt.next_number, number + 1)
    attempt.failures += call.error is not None
    _count_cost(state, call)
    state.images_made += len((call.result or {}).get("images", ()))
    state.touch(attempt.stage)


def _count_cost(state: RunState, call: Call) -> None:
    cost = (call.result or call.error or {}).get("cost")
    if cost is None:
        state.unknown_costs += 1
    else:
        state.cost_usd += Decimal(cost)


def _ended(state: RunState, event: Mapping[str, JsonValue]) -> None:
    attempt = state.attempts[event["attempt"]]
    own = state.stages[attempt.stage]
    if not attempt.is_open:
        return
    attempt.outcome, attempt.error, attempt.ended_at_ms = event["outcome"], event.get("error"), event["at_ms"]
    own.waiting = [each for each in own.waiting if each != attempt.id]
    own.last = attempt.id
    if attempt.outcome == "succeeded":
        attempt.output = assemble(state.revisions[attempt.revision].stage(attempt.stage), attempt)
        own.active = attempt.id
        if event.get("selected") is not None:
            attempt.selected, attempt.chosen = event["selected"], True
    state.touch(attempt.stage)


def _reused(state: RunState, event: Mapping[str, JsonValue]) -> None:
    own = state.stages[event["stage"]]
    attempt = Attempt(
        id=event["attempt"],
        stage=own.stage,
        operation=event.get("operation", "run"),
        revision=len(state.revisions) - 1,
        queued_at_ms=event["at_ms"],
        grounds=event["grounds"],
        items=0,
        outcome="succeeded",
        output=event["output"],
        ended_at_ms=event["at_ms"],
    )
    state.attempts[attempt.id] = attempt
    own.attempts.append(attempt.id)
    own.active = own.last = attempt.id
    own.began = True
    if event.get("selected") is not None:
        attempt.selected, attempt.chosen = event["selected"], True
    state.touch(own.stage)


def _selected(state: RunState, event: Mapping[str, JsonValue]) -> None:
    attempt = state.attempts[event["attempt"]]
    attempt.selected, attempt.chosen = event.get("index", 0), True
    state.stages[attempt.stage].active = attempt.id
    state.touch(attempt.stage)


def _reset(state: RunState, event: Mapping[str, JsonValue]) -> None:
    own = state.stages[event["stage"]]
    own.active = own.last = own.user_input = None
    own.began = False
    state.touch(own.stage)


def _update(state: RunState, event: Mapping[str, JsonValue]) -> None:
    state.updating.update(event["stages"])
    for stage_id in event["stages"]:
        state.touch(stage_id)


def _stored(state: RunState, event: Mapping[str, JsonValue]) -> None:
    attempt = state.attempts[event["attempt"]]
    for image in (attempt.output or {}).get("images", ()):
        if image["sha256"] == event["sha256"] and event.get("url"):
            image["storageUrl"] = event["url"]
    if event.get("error") and isinstance(attempt.output, dict):
        warning = f"not stored at the target: {event['error']}"
        attempt.output["warnings"] = list(dict.fromkeys([*attempt.output.get("warnings", ()), warning]))
    state.touch(attempt.stage)


_HANDLERS: dict[str, Callable[[RunState, Mapping[str, JsonValue]], None]] = {
    "run.started": _started,
    "run.replaced": _replaced,
    "input.given": _input,
    "attempt.queued": _queued,
    "call.queued": _call_queued,
    "call.started": _call_started,
    "call.ended": _call_ended,
    "attempt.ended": _ended,
    "attempt.reused": _reused,
    "selected": _selected,
    "stage.reset": _reset,
    "update.asked": _update,
    "stored": _stored,
}
