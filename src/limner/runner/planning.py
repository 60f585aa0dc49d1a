"""What a run would do and cost, before it does anything: every stage, its prompt, its requests and their price.

Nothing is sent and no run is changed. The stages are gone through in order on a state of their own, with the same code
that makes the requests; what only a model or a person can give is written as `‹logo.output.image›`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from limner import _clock
from limner._json import JsonObject
from limner.app import App
from limner.errors import InvalidRequestError, LimnerError
from limner.runner.assets import with_assets
from limner.runner.live import read_snapshot
from limner.runner.perform import ask_of, refused
from limner.runner.places import places_of
from limner.runner.standins import output_of, values_of, without_position
from limner.runner.workflows import Inputs
from limner.workflow import forms, operations
from limner.workflow.build import CannotBuild, Request, build
from limner.workflow.context import needs_choice
from limner.workflow.engine import build_failure, next_attempt_id
from limner.workflow.grounds import grounds_of
from limner.workflow.model import Stage, Workflow
from limner.workflow.places import Choice
from limner.workflow.state import Attempt, RunState, replay
from limner.workflow.status import Standing, standing
from limner.workflow.template import ImageNotAllowed, TemplateError, Unresolved, parse

_FREE = Decimal(0)


@dataclass(slots=True, kw_only=True)
class _Sum:
    """Requests, pictures and dollars: at least, and at most where that differs. Dollars are `None` if unknown."""

    requests: int = 0
    requests_up_to: int = 0
    pictures: int = 0
    pictures_up_to: int = 0
    expected_usd: Decimal | None = _FREE
    upper_usd: Decimal | None = _FREE

    def add(self, other: _Sum) -> None:
        self.requests += other.requests
        self.requests_up_to += other.requests_up_to
        self.pictures += other.pictures
        self.pictures_up_to += other.pictures_up_to
        self.expected_usd = _plus(self.expected_usd, other.expected_usd)
        self.upper_usd = _plus(self.upper_usd, other.upper_usd)

    def to_json(self) -> JsonObject:
        return {
            "requests": self.requests,
            "requestsUpTo": self.requests_up_to,
            "price": {"expected": _number(self.expected_usd), "upper": _number(self.upper_usd)},
        }


@dataclass(slots=True, kw_only=True)
class _Made:
    """What is to be made of a stage: its first request, how many there are, and what to tell of them."""

    first: Request | None = None
    sum: _Sum = field(default_factory=_Sum)
    notes: list[str] = field(default_factory=list)


def plan_run(
    app: App,
    workflow: Workflow,
    inputs: Inputs,
    *,
    choice: Choice,
    run_id: str | None = None,
    reuse: bool = False,
    unlisted: bool = False,
) -> JsonObject:
    """What a run of `workflow` would do with `inputs`, or what is left to do in the run `run_id` with this file.

    Gives `stages` in the order they run, each with an `action`: `form` (a person fills it in), `wait` (comes after a
    form or a choice), `pay` and `free` (requests are made), `keep` and `reuse` (nothing is). What would go wrong is in
    `problems`. Dollars are numbers, `null` where a price is not known.

    Raises `InvalidRequestError` for a stage, a field or a value that cannot be; a required field that is missing is
    no error here.
    """
    if run_id is None:
        state = _new_state(workflow, choice, unlisted=unlisted)
    else:
        state = _state_of(app, run_id, workflow, choice)
    planner = _Planner(app, state, reuse=reuse)
    planner.fill_in(inputs)
    return planner.document(run_id)


class _Planner:
    """Goes through the stages of one state, and gives each that has no output one to stand in for it."""

    def __init__(self, app: App, state: RunState, *, reuse: bool) -> None:
        self._app = app
        self._state = state
        self._reuse = reuse
        self._places = places_of(app)
        self._missing: dict[str, tuple[str, ...]] = {}
        self._unknown: set[str] = set()
        self._waits: set[str] = set()
        self._problems: list[JsonObject] = []
        self._sum = _Sum()

    def fill_in(self, inputs: Inputs) -> None:
        """Fill in every form that is not filled in yet, or anew where it is among `inputs`."""
        state = self._state
        given = {
            name: with_assets(self._app, operations.find_stage(state, name).fields, values)
            for name, values in inputs.items()
        }
        for stage in state.workflow.stages:
            if stage.id in given and not stage.fields:
                operations.give(state, stage.id, given[stage.id])  # refuses it
            if stage.fields and (stage.id in given or state.stages[stage.id].user_input is None):
                self._fill_in(stage, given.get(stage.id, {}))

    def document(self, run_id: str | None) -> JsonObject:
        """The whole plan."""
        workflow = self._state.workflow
        standings = {stage.id: standing(self._state, stage.id) for stage in workflow.stages}
        ids = workflow.order
        stages = [self._stage(workflow.stage(each), standings[each]) for each in ids]
        budget = self._budget()
        return {
            "workflow": {"id": workflow.id, "name": workflow.name, "sha256": workflow.sha256},
            "run": run_id,
            "stages": stages,
            **self._sum.to_json(),
            "budget": budget,
            "problems": self._problems,
        }

    def _fill_in(self, stage: Stage, given: JsonObject) -> None:
        values, errors = forms.validate(stage.fields, given, fill=True)
        wrong = tuple(error for error in errors if error.code != "required")
        if wrong:
            raise operations.FormError(stage.id, wrong)
        missing = tuple(error.field for error in errors)
        if missing:
            self._missing[stage.id] = missing
            self._waits.add(stage.id)
            self._unknown.add(stage.id)
            values = values_of(stage, values, missing)
        event: JsonObject = {"type": "input.given", "stage": stage.id, "values": values}
        if not stage.asks_model:
            output = values["text"] if stage.is_text_input else values
            event |= {"attempt": next_attempt_id(self._state), "output": output}
        self._apply(event)

    def _stage(self, stage: Stage, where: Standing) -> JsonObject:
        if not stage.asks_model:
            return self._form(stage)
        if any(each in self._waits for each in stage.dependencies):
            self._waits.add(stage.id)
        if where.status == "completed":
            return _document(stage, "keep", "it is up to date")
        if where.status in ("queued", "running"):
            self._stand_in(stage, 1)
            return _document(stage, "keep", "it is under way")
        if where.status == "review":
            active = self._state.active(stage.id)
            many = len(active.output["images"]) if active is not None else 1
            self._stand_in(stage, many)
            return _document(stage, "wait", f"a person chooses one of {many} pictures")
        known = self._app.store.runs.recall(grounds_of(self._state, stage)["fingerprint"])
        if known is not None and self._reuse:
            self._take_over(stage, known)
            return _document(stage, "reuse", f"{known['run']} made the same")
        made = self._made(stage)
        if known is not None:
            made.notes.append(f"{known['run']} made the same; --reuse takes it instead.")
        return self._to_make(stage, where, made)

    def _form(self, stage: Stage) -> JsonObject:
        missing = self._missing.get(stage.id)
        values = self._state.stages[stage.id].user_input
        if missing is None:
            return {**_document(stage, "keep", "it is filled in"), "values": values, "missing": []}
        why = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        return {**_document(stage, "form", why), "values": values, "missing": list(missing)}

    def _to_make(self, stage: Stage, where: Standing, made: _Made) -> JsonObject:
        self._sum.add(made.sum)
        self._stand_in(stage, made.sum.pictures)
        if stage.selection == "manual" and made.sum.pictures_up_to > 1:
            made.notes.append("A person chooses one of the pictures before it goes on.")
        own = self._missing.get(stage.id)
        if own is not None:
            return {**_document(stage, "form", f"{', '.join(own)} missing", made), "missing": list(own)}
        if stage.id in self._waits:
            return _document(stage, "wait", f"it comes after {' and '.join(self._waited_for(stage))}", made)
        reasons = {"stale": "; ".join(where.reasons), "error": "the last attempt failed"}
        why = reasons.get(where.status, "it has no output yet")
        return _document(stage, "free" if self._is_sandbox(stage) else "pay", why, made)

    def _waited_for(self, stage: Stage) -> list[str]:
        return [f"`{each}`" for each in stage.dependencies if each in self._waits]

    def _is_sandbox(self, stage: Stage) -> bool:
        return self._places.place(stage, self._state.choice).is_sandbox

    def _made(self, stage: Stage) -> _Made:
        made = _Made()
        if self._items_are_unknown(stage):
            self._state.revisions.append(without_position(self._state.workflow, stage.id))
        try:
            (event,) = operations.run(self._state, stage.id, self._places, force=True)
            self._apply(event)
            attempt = self._state.attempts[event["attempt"]]
            self._requests(stage, attempt, made)
        except (CannotBuild, Unresolved, ImageNotAllowed, TemplateError) as problem:
            self._problem(stage, build_failure(problem))
        except InvalidRequestError as problem:
            found = {"code": problem.code.removeprefix("workflow."), "message": problem.message, "hint": problem.hint}
            self._problem(stage, found)
        return made

    def _requests(self, stage: Stage, attempt: Attempt, made: _Made) -> None:
        """Every request of an attempt that is not paid yet, with its price."""
        by_item: dict[int, list[int]] = {}
        for number in range(attempt.total):
            if number not in attempt.calls:
                by_item.setdefault(attempt.item_of(number), []).append(number)
        for numbers in by_item.values():
            request = build(self._state, attempt, numbers[0], self._places)
            made.first = made.first or request
            samples = sum(attempt.samples_at(number) for number in numbers)
            made.sum.add(self._priced(stage, replace(request, samples=samples), len(numbers), made))
        if attempt.calls:
            made.notes.append(f"{len(attempt.calls)} of {attempt.total} requests are made and paid already.")
        if self._items_are_unknown(stage) and stage.for_each is not None:
            most = stage.for_each.max_items
            made.sum.requests_up_to *= most
            made.sum.pictures_up_to *= most
            made.sum.upper_usd = None if made.sum.upper_usd is None else made.sum.upper_usd * most
            made.notes.append(f"Once for each of {stage.for_each.items}: how many there are is not known yet.")
        elif attempt.items > 1:
            made.notes.append(f"This is the first of {attempt.items} prompts.")

    def _priced(self, stage: Stage, request: Request, requests: int, made: _Made) -> _Sum:
        pictures = request.samples if stage.kind == "image" else 0
        found = _Sum(
            requests=requests,
            requests_up_to=requests,
            pictures=pictures,
            pictures_up_to=pictures,
            expected_usd=None,
            upper_usd=None,
        )
        try:
            plan = self._app.plan(ask_of(request, self._state.workflow, unlisted=self._state.unlisted))
        except LimnerError as problem:
            self._problem(stage, refused(problem))
            return found
        found.expected_usd, found.upper_usd = plan.quote.expected_usd, plan.quote.upper_usd
        for note in (request.served.notice, *plan.warnings):
            if note is not None and note not in made.notes:
                made.notes.append(note)
        # Asking whether there is a token for Google's cloud would fetch one.
        if plan.connection.auth != "google" and not self._app.can_call(plan.connection):
            hint = f"Try: limner connections set-key {plan.connection.name}"
            message = f"There is no key for connection {plan.connection.name!r}."
            self._problem(stage, {"code": "auth", "message": message, "hint": hint})
        return found

    def _items_are_unknown(self, stage: Stage) -> bool:
        if stage.for_each is None or not isinstance(stage.for_each.items, str):
            return False
        single = parse(stage.for_each.items).single
        if single is None or single.path[0] not in self._unknown:
            return False
        missing = self._missing.get(single.path[0])
        return missing is None or not missing or single.path[2:3] == () or single.path[2] in missing

    def _stand_in(self, stage: Stage, pictures: int) -> None:
        self._unknown.add(stage.id)
        self._reused(stage, output_of(self._state.workflow, stage, pictures))

    def _take_over(self, stage: Stage, known: JsonObject) -> None:
        self._reused(stage, known["output"], selected=None)
        active = self._state.active(stage.id)
        assert active is not None
        if needs_choice(stage, active):
            self._stand_in(stage, len(known["output"]["images"]))

    def _reused(self, stage: Stage, output: object, selected: int | None = 0) -> None:
        event: JsonObject = {"type": "attempt.reused", "attempt": next_attempt_id(self._state), "stage": stage.id}
        grounds = grounds_of(self._state, stage)
        self._apply({**event, "output": output, "grounds": grounds, "selected": selected})

    def _apply(self, event: JsonObject) -> None:
        self._state.apply({"at_ms": _clock.now_ms(), **event})

    def _problem(self, stage: Stage | None, error: JsonObject) -> None:
        found = {name: error.get(name) for name in ("code", "message", "hint")}
        document = {"stage": None if stage is None else stage.id, **found}
        if document not in self._problems:
            self._problems.append(document)

    def _budget(self) -> JsonObject | None:
        """The workflow's budget and how much of it would be used; a problem where it is not enough."""
        budget, state, planned = self._state.workflow.budget, self._state, self._sum
        if budget.max_images is None and budget.max_cost is None:
            return None
        images = state.images_made + planned.pictures
        if budget.max_images is not None and images > budget.max_images:
            message = f"The run would make {images} pictures, and the workflow's budget is {budget.max_images}."
            self._problem(None, {"code": "budget_exceeded", "message": message, "hint": "Raise budget.maxImages."})
        cost = None if planned.expected_usd is None else state.cost_usd + planned.expected_usd
        if budget.max_cost is not None and cost is not None and cost > budget.max_cost:
            message = f"The run would cost about {cost:.2f} dollars, and the workflow's budget is {budget.max_cost}."
            self._problem(None, {"code": "budget_exceeded", "message": message, "hint": "Raise budget.maxCost."})
        return {
            "maxImages": budget.max_images,
            "images": images,
            "imagesUpTo": state.images_made + planned.pictures_up_to,
            "maxCost": _number(budget.max_cost),
            "currency": budget.currency,
            "spent": _number(state.cost_usd),
        }


def _new_state(workflow: Workflow, choice: Choice, *, unlisted: bool) -> RunState:
    state = RunState("‹run.id›", lambda _: workflow)
    event: JsonObject = {
        "type": "run.started",
        "at_ms": _clock.now_ms(),
        "workflow": workflow.document,
        "unattended": True,
        "unlisted": unlisted,
    }
    state.apply(event)
    state.choice = choice
    return state


def _state_of(app: App, run_id: str, workflow: Workflow, choice: Choice) -> RunState:
    """The run as it is, going on with this file; what is chosen now goes before what was chosen then."""
    state = replay(run_id, app.store.runs.events(run_id), read_snapshot)
    if not state.revisions:
        raise InvalidRequestError(
            f"There is no run {run_id[:40]!r}.", code="workflow.unknown_run", hint="`limner runs` lists them."
        )
    if workflow.sha256 != state.workflow.sha256:
        state.apply({"type": "run.replaced", "at_ms": _clock.now_ms(), "workflow": workflow.document})
    state.choice = Choice(
        model=choice.model or state.choice.model,
        connection=choice.connection or state.choice.connection,
        aspect_ratio=choice.aspect_ratio or state.choice.aspect_ratio,
    )
    return state


def _document(stage: Stage, action: str, why: str, made: _Made | None = None) -> JsonObject:
    request = None if made is None else made.first
    return {
        "id": stage.id,
        "title": stage.title,
        "kind": stage.kind,
        "action": action,
        "why": why,
        "prompt": None if request is None else request.prompt,
        "system": None if request is None else request.system,
        "images": [] if request is None else [_image_words(image) for image in request.images],
        "model": None if request is None else request.served.id,
        "modelRequested": None if request is None else request.served.requested,
        "connection": None if request is None else request.connection,
        "aspectRatio": None if request is None else request.aspect_ratio,
        "size": None if request is None else request.image_size,
        **(_Sum() if made is None else made.sum).to_json(),
        "notes": [] if made is None else made.notes,
    }


def _image_words(image: JsonObject) -> str:
    """A picture to send, in words: its mark, the name of its file, or its id."""
    return str(image.get("name") or image.get("id") or image.get("assetId"))


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
