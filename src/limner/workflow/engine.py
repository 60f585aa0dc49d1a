"""What happens next in a run: events in, events out. No I/O, no clock; who carries them out is another matter.

The engine never looks at what it did before, only at the state. So a run that is cut anywhere goes on where it was:
what has to be done follows from the events that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from limner._json import JsonObject, JsonValue
from limner.workflow.build import CannotBuild, items_of
from limner.workflow.context import current_sources, scope_of
from limner.workflow.failure import failure
from limner.workflow.grounds import grounds_of
from limner.workflow.model import Stage
from limner.workflow.output import failed_items
from limner.workflow.places import Choice, Places, Served
from limner.workflow.state import Attempt, Operation, RunState
from limner.workflow.status import standing
from limner.workflow.template import ImageNotAllowed, TemplateError, Unresolved

Event = JsonObject
Emit = Callable[[Event], None]

Recall = Callable[[str], JsonObject | None]


def _nothing(_fingerprint: str) -> None:
    """Another run made nothing of it."""


MAX_TRIES = 2
"""How often a JSON stage is asked: once more if what came is no JSON."""
MAX_WAITING = 8
"""Most attempts of one stage that wait behind the one under way."""


def advance(
    state: RunState, places: Places, now_ms: int, *, quiet: bool = False, recall: Recall = _nothing
) -> list[Event]:
    """Everything that follows from the state, applied to it already.

    `quiet` lets `autoRun: "always"` start again. `recall` gives what another run made of the same grounds, for runs
    that take it.
    """
    made: list[Event] = []

    def emit(event: Event) -> None:
        event = {"at_ms": now_ms, **event}
        state.apply(event)
        made.append(event)

    if quiet:
        _restart_stale(state, places, emit)
    while touched := state.take_touched():
        for stage_id in sorted(touched & set(state.stages), key=_file_order(state)):
            _advance_stage(state, stage_id, places, emit, recall)
    return made


def start_event(
    state: RunState, stage: Stage, places: Places, *, operation: Operation = "run", **more: JsonValue
) -> Event:
    """The event that queues an attempt of an AI stage, with everything that decides its requests.

    `more` may hold `parent`, `notes`, `style`, `promptMode`, `basis`, `overrides`, `carried`, and `sources` and
    `revision` of an earlier attempt. Raises `CannotBuild` and the errors of `template`.
    """
    overrides = more.get("overrides") or {}
    sources = more.pop("sources", None) or current_sources(state, stage)
    own_input = state.stages[stage.id].user_input if stage.fields else None
    choice = Choice(
        model=overrides.get("model") or state.choice.model,
        connection=overrides.get("connection") or state.choice.connection,
        aspect_ratio=overrides.get("aspectRatio") or state.choice.aspect_ratio,
    )
    items = items_of(stage, scope_of(state, stage, sources=sources, own_input=own_input))
    return {
        "type": "attempt.queued",
        "attempt": next_attempt_id(state),
        "stage": stage.id,
        "operation": operation,
        "revision": len(state.revisions) - 1,
        "sources": {name: list(source) for name, source in sources.items()},
        "userInput": own_input,
        "parent": state.stages[stage.id].active,
        "grounds": grounds_of(state, stage),
        "items": 1 if items is None else len(items),
        "forEach": items is not None,
        "samples": samples_of(stage, places.served(stage, choice), overrides.get("count")),
        **more,
    }


def samples_of(stage: Stage, served: Served, count: int | None) -> list[int]:
    """How many pictures each request for one item brings: Gemini makes one at a time, Imagen several."""
    wanted = (count or stage.image.count) if stage.kind == "image" else 1
    at_once = served.model.capabilities.images_per_call if served.model.protocol == "imagen" else 1
    return [min(at_once, wanted - done) for done in range(0, wanted, at_once)]


def next_attempt_id(state: RunState) -> str:
    """The id of the next attempt; the same events always give the same."""
    return f"att_{len(state.attempts) + 1}"


def _file_order(state: RunState) -> Callable[[str], int]:
    places: Mapping[str, int] = {stage.id: number for number, stage in enumerate(state.workflow.stages)}
    return lambda stage_id: places.get(stage_id, len(places))


def _advance_stage(state: RunState, stage_id: str, places: Places, emit: Emit, recall: Recall) -> None:
    attempt = state.open_attempt(stage_id)
    if attempt is not None:
        for event in _advance_attempt(state, attempt):
            emit(event)
        return
    if not state.workflow.has(stage_id):
        return
    stage = state.stage(stage_id)
    if not stage.asks_model:
        return
    if not _may_start(state, stage):
        return
    known = recall(grounds_of(state, stage)["fingerprint"]) if state.reuse else None
    if known is None:
        _start(state, stage, places, emit)
    else:
        emit(_taken_over(state, stage, known))


def _may_start(state: RunState, stage: Stage) -> bool:
    """A stage starts by itself once, when it becomes ready; never again by itself, because each start costs money."""
    status = standing(state, stage.id).status
    if stage.id in state.updating and status == "stale":
        return all(standing(state, each).status == "completed" for each in stage.dependencies)
    if state.stages[stage.id].began or not (state.unattended or stage.auto_run):
        return False
    return status == "ready" and not _form_is_missing(state, stage)


def _form_is_missing(state: RunState, stage: Stage) -> bool:
    return bool(stage.fields) and state.stages[stage.id].user_input is None


def _start(state: RunState, stage: Stage, places: Places, emit: Emit) -> None:
    try:
        event = start_event(state, stage, places)
    except (CannotBuild, Unresolved, ImageNotAllowed, TemplateError) as problem:
        attempt_id = next_attempt_id(state)
        emit({"type": "attempt.queued", "attempt": attempt_id, "stage": stage.id, "operation": "run", "items": 0})
        emit({"type": "attempt.ended", "attempt": attempt_id, "outcome": "failed", "error": build_failure(problem)})
        return
    emit(event)


def _taken_over(state: RunState, stage: Stage, known: JsonObject) -> Event:
    output = known["output"]
    event: Event = {
        "type": "attempt.reused",
        "attempt": next_attempt_id(state),
        "stage": stage.id,
        "output": output,
        "grounds": grounds_of(state, stage),
        "from": {"run": known["run"], "attempt": known["attempt"]},
    }
    chosen = _policy(state, stage, len(output["images"]) if stage.kind == "image" else 0)
    return event if chosen is None else {**event, "selected": chosen}


def build_failure(problem: Exception) -> JsonObject:
    """Why a request could not be made, as an error document."""
    if isinstance(problem, CannotBuild):
        return failure(problem.code, problem.message)
    return failure("template_unresolved", str(problem))


def _restart_stale(state: RunState, places: Places, emit: Emit) -> None:
    for stage_id in state.workflow.order:
        stage = state.stage(stage_id)
        if stage.auto_run != "always" or state.open_attempt(stage_id) is not None:
            continue
        settled = all(standing(state, each).status == "completed" for each in stage.dependencies)
        if standing(state, stage_id).status == "stale" and settled:
            _start(state, stage, places, emit)


def _advance_attempt(state: RunState, attempt: Attempt) -> Iterator[Event]:
    stage = state.revisions[attempt.revision].stage(attempt.stage)
    again = _asked_again(stage, attempt)
    if again is not None:
        yield again
        return
    budget = state.workflow.budget.max_images
    number = attempt.next_number
    free = _free_places(stage, attempt)
    under_way = sum(each.open_samples for each in state.open_attempts()) if budget is not None else 0
    while number < attempt.total and free > 0 and not _stopped(stage, attempt):
        if number not in attempt.calls:
            samples = attempt.samples_at(number) if stage.kind == "image" else 0
            if samples and budget is not None and state.images_made + under_way + samples > budget:
                yield _over_budget(attempt, number, budget)
            else:
                under_way += samples
                free -= 1
                yield {"type": "call.queued", "attempt": attempt.id, "number": number, "try": 1}
        number += 1
    if attempt.open_calls == 0 and (_stopped(stage, attempt) or _all_ended(attempt)):
        yield _ending(state, stage, attempt)


def _asked_again(stage: Stage, attempt: Attempt) -> Event | None:
    """The second try of a request whose answer was no JSON."""
    if stage.kind != "json" or not attempt.failures:
        return None
    for call in attempt.calls.values():
        if call.error is not None and call.error["code"] == "invalid_json" and call.tries < MAX_TRIES:
            return {"type": "call.queued", "attempt": attempt.id, "number": call.number, "try": call.tries + 1}
    return None


def _free_places(stage: Stage, attempt: Attempt) -> int:
    if stage.for_each is None:
        return attempt.total
    return stage.for_each.concurrency * len(attempt.samples) - attempt.open_calls


def _stopped(stage: Stage, attempt: Attempt) -> bool:
    return bool(stage.for_each is not None and stage.for_each.on_error == "stop" and attempt.failures)


def _all_ended(attempt: Attempt) -> bool:
    return attempt.next_number >= attempt.total or len(attempt.calls) == attempt.total


def _over_budget(attempt: Attempt, number: int, budget: int) -> Event:
    error = failure("budget_exceeded", f"The workflow's budget of {budget} pictures is used up.", cost="0")
    return {"type": "call.ended", "attempt": attempt.id, "number": number, "try": 1, "error": error}


def _ending(state: RunState, stage: Stage, attempt: Attempt) -> Event:
    errors = [call.error for call in attempt.calls.values() if call.error is not None]
    succeeded = any(call.succeeded for call in attempt.calls.values()) or attempt.total == 0
    if attempt.is_for_each and _stopped(stage, attempt):
        failed = ", ".join(str(item + 1) for item in failed_items(attempt))
        error = failure("item_failed", f"Item {failed} failed or was not made: {errors[0]['message']}")
        return {"type": "attempt.ended", "attempt": attempt.id, "outcome": "failed", "error": error}
    if succeeded:
        ended: Event = {"type": "attempt.ended", "attempt": attempt.id, "outcome": "succeeded"}
        made = sum(len((call.result or {}).get("images", ())) for call in attempt.calls.values())
        chosen = _policy(state, stage, made)
        return ended if chosen is None else {**ended, "selected": chosen}
    outcome = "interrupted" if errors[0]["code"] == "interrupted" else "failed"
    return {"type": "attempt.ended", "attempt": attempt.id, "outcome": outcome, "error": errors[0]}


def _policy(state: RunState, stage: Stage, made: int) -> int | None:
    """The picture that an unattended run chooses: `first`, `all` or a number from 1."""
    if stage.kind != "image" or stage.selection != "manual" or state.select is None or not made:
        return None
    return 0 if state.select in ("first", "all") else min(int(state.select), made) - 1
