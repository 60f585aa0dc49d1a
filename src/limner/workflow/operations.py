"""What a person does to a run: fill in a form, start, redo, choose, cancel, begin again. Each gives events, or refuses.

A refusal is an `InvalidRequestError` whose code begins with `workflow.`; nothing has happened then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from limner._json import JsonObject, JsonValue
from limner.errors import InvalidRequestError
from limner.workflow import forms
from limner.workflow.build import CannotBuild
from limner.workflow.engine import MAX_WAITING, Event, build_failure, next_attempt_id, start_event
from limner.workflow.failure import failure
from limner.workflow.grounds import grounds_of
from limner.workflow.model import PromptMode, Stage
from limner.workflow.output import failed_items
from limner.workflow.places import Choice, Places
from limner.workflow.state import Attempt, Operation, RunState
from limner.workflow.status import standing
from limner.workflow.template import ImageNotAllowed, TemplateError, Unresolved

MAX_NOTES = 4000
"""Longest notes of a redo, in code points."""

_BASIS_KEYS = ("id", "sha256", "mimeType", "bytes", "width", "height")


class FormError(InvalidRequestError):
    """A form was filled in wrongly; `errors` are all that is wrong with it."""

    def __init__(self, stage: str, errors: tuple[forms.FieldError, ...]) -> None:
        told = "\n".join(f"{stage}.{error.field}: {error.message}" for error in errors)
        super().__init__(told, code="workflow.form", hint=f"Give it with --input {stage}.{errors[0].field}=…")
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class RedoWish:
    """What is asked of a redo. `basis` is the picture to change, the displayed one where it is `None`.

    `new` leaves it out, `keep` changes the picture although only a style is given. `item` (from 0) is the one of a
    `forEach` stage that is meant. `recorded` repeats the prompt of the attempt that is shown.
    """

    notes: str | None = None
    style: str | None = None
    basis: JsonObject | None = None
    new: bool = False
    keep: bool = False
    prompt_mode: PromptMode | None = None
    item: int | None = None
    every_item: bool = False
    recorded: bool = False
    overrides: Mapping[str, JsonValue] | None = None


def give(state: RunState, stage_id: str, values: Mapping[str, JsonValue], *, fill: bool = False) -> list[Event]:
    """Fill in the form of a stage. `fill` takes the defaults for fields that are left out. Raises `FormError`."""
    stage = find_stage(state, stage_id)
    if not stage.fields:
        raise _refusal("workflow.no_form", f"Stage {stage_id!r} has no form.", "`limner plan` shows which have one.")
    found, errors = forms.validate(stage.fields, values, fill=fill)
    if errors:
        raise FormError(stage_id, errors)
    if state.stages[stage_id].user_input == found and (stage.asks_model or state.active(stage_id) is not None):
        return []
    event: Event = {"type": "input.given", "stage": stage_id, "values": found}
    if not stage.asks_model:
        event |= {"attempt": next_attempt_id(state), "output": found["text"] if stage.is_text_input else found}
    return [event]


def run(state: RunState, stage_id: str, places: Places, *, force: bool = False) -> list[Event]:
    """Start an AI stage: for the first time, after an error, or anew. Items that are finished are not paid again.

    Where what it depends on is out of date it is refused, unless `force` is set.
    """
    stage = _ai_stage(state, stage_id)
    where = standing(state, stage_id)
    if where.missing:
        raise _idle(stage_id, where.missing)
    if stage.fields and state.stages[stage_id].user_input is None:
        raise _refusal(
            "workflow.missing_input", f"The form of stage {stage_id!r} is not filled in.", "Fill it in first."
        )
    old = [each for each in stage.dependencies if standing(state, each).status == "stale"]
    if old and not force:
        raise _refusal(
            "workflow.stale_input",
            f"Stage {stage_id!r} depends on {', '.join(old)}, which is out of date.",
            "Update from there, or force it.",
        )
    return [_queued(state, stage, places, "run", **_carried(state, stage))]


def update(state: RunState, stage_id: str) -> list[Event]:
    """Bring a stage up to date: every stale stage before it and itself, in order."""
    stage = _ai_stage(state, stage_id)
    wanted, todo = {stage.id}, list(stage.dependencies)
    while todo:
        each = todo.pop()
        if each not in wanted:
            wanted.add(each)
            todo += state.stage(each).dependencies
    stale = [each for each in state.workflow.order if each in wanted and standing(state, each).status == "stale"]
    return [{"type": "update.asked", "stages": stale}] if stale else []


def redo(state: RunState, stage_id: str, places: Places, wish: RedoWish) -> list[Event]:
    """Make a stage's result again: change the picture, or make a new one; see the table of the format."""
    stage = _ai_stage(state, stage_id)
    active = state.active(stage_id)
    if not stage.redo_enabled:
        raise _refusal(
            "workflow.redo_not_enabled", f"Stage {stage_id!r} does not allow it.", "Set aiRedoEnabled in the file."
        )
    if active is None:
        raise _refusal("workflow.nothing_to_redo", f"Stage {stage_id!r} has no output yet.", "Run it first.")
    notes, style = _notes(wish.notes), (wish.style or "").strip() or None
    more: JsonObject = {"notes": notes, "style": style, "overrides": dict(wish.overrides or {})}
    basis = _basis(state, stage, active, wish, places) if notes or (style and wish.keep) else None
    if basis is not None:
        more["basis"] = basis
        more["promptMode"] = wish.prompt_mode or stage.redo.prompt_mode
        if "count" not in more["overrides"] and stage.for_each is None:
            more["samples"] = [1]  # several edits of one picture, each paid, are rarely wanted unasked
    if wish.recorded:
        more |= {"sources": active.sources, "revision": active.revision, "grounds": active.grounds}
    if stage.for_each is not None:
        more["carried"] = _other_items(stage_id, active, wish)
        more["parent"] = active.id
    operation: Operation = "edit" if basis is not None else "refine" if notes else "restyle" if style else "retry"
    return [_queued(state, stage, places, operation, **more)]


def select(state: RunState, stage_id: str, index: int, attempt_id: str | None = None) -> list[Event]:
    """Let a picture (from 0) of the attempt shown, or of another one, be the output of its stage."""
    find_stage(state, stage_id)
    attempt = state.active(stage_id) if attempt_id is None else state.attempts.get(attempt_id)
    if attempt is None or attempt.stage != stage_id or attempt.outcome != "succeeded":
        raise _refusal("workflow.attempt", f"Stage {stage_id!r} has no such result.", "`limner runs show` lists them.")
    pictures = len(attempt.output.get("images", ())) if isinstance(attempt.output, dict) else 0
    if not 0 <= index < max(pictures, 1):
        raise _refusal("workflow.image", f"There is no picture {index + 1}.", f"Accepted: 1 to {pictures}.")
    return [{"type": "selected", "stage": stage_id, "attempt": attempt.id, "index": index}]


def take_output(state: RunState, stage_id: str, output: JsonObject) -> list[Event]:
    """Let an output that was made elsewhere be the result of an image stage, as if it had been made now."""
    stage = _ai_stage(state, stage_id)
    if stage.kind != "image":
        raise _refusal("workflow.image", f"Stage {stage_id!r} makes no pictures.", "Import into an image stage.")
    event: Event = {
        "type": "attempt.reused",
        "attempt": next_attempt_id(state),
        "stage": stage_id,
        "operation": "import",
        "output": output,
        "grounds": grounds_of(state, stage),
        "selected": output["selectedIndex"],
    }
    return [event]


def cancel(state: RunState, stage_id: str | None = None) -> list[Event]:
    """Stop what is queued or under way. A request that was sent is still received and kept."""
    if stage_id is not None:
        find_stage(state, stage_id)
    attempts = [each for each in state.open_attempts() if stage_id in (None, each.stage)]
    error = failure("cancelled", "It was cancelled.")
    return [
        {"type": "attempt.ended", "attempt": attempt.id, "outcome": "cancelled", "error": error}
        for attempt in reversed(attempts)
    ]


def reset(state: RunState, stage_id: str) -> list[Event]:
    """Forget the output of a stage; its attempts stay in the history."""
    find_stage(state, stage_id)
    if state.open_attempt(stage_id) is not None:
        raise _refusal("workflow.running", f"Stage {stage_id!r} is running.", "Cancel it first.")
    return [{"type": "stage.reset", "stage": stage_id}]


def check_seen(state: RunState, stage_id: str, seen: str | None) -> None:
    """Raise where a stage was started since a person saw it; `seen` is the last attempt then, empty for none."""
    attempts = state.stages[find_stage(state, stage_id).id].attempts
    if seen is not None and (attempts[-1] if attempts else "") != seen:
        raise _refusal("workflow.running", f"Stage {stage_id!r} was started already.", "Look at what came of it.")


def find_stage(state: RunState, stage_id: str) -> Stage:
    """The stage of this id. Raises `InvalidRequestError` naming those there are."""
    if not state.workflow.has(stage_id):
        ids = ", ".join(stage.id for stage in state.workflow.stages)
        raise _refusal("workflow.unknown_stage", f"There is no stage {stage_id[:60]!r}.", f"Accepted: {ids}.")
    return state.stage(stage_id)


def displayed(active: Attempt) -> JsonObject | None:
    """The picture that is shown of an attempt."""
    images = active.output.get("images") if isinstance(active.output, dict) else None
    return images[min(active.selected, len(images) - 1)] if images else None


def _ai_stage(state: RunState, stage_id: str) -> Stage:
    stage = find_stage(state, stage_id)
    if not stage.asks_model:
        raise _refusal("workflow.input_stage", f"Stage {stage_id!r} asks a person.", "Give it with --input.")
    if len(state.stages[stage_id].waiting) > MAX_WAITING:
        raise _refusal(
            "workflow.too_many", f"{MAX_WAITING} attempts of {stage_id!r} wait already.", "Wait for one to end."
        )
    return stage


def _queued(state: RunState, stage: Stage, places: Places, operation: Operation, **more: JsonValue) -> Event:
    try:
        return start_event(state, stage, places, operation=operation, **more)
    except (CannotBuild, Unresolved, ImageNotAllowed, TemplateError) as problem:
        error = build_failure(problem)
        raise _refusal(f"workflow.{error['code']}", error["message"], error["hint"]) from problem


def _carried(state: RunState, stage: Stage) -> JsonObject:
    """What the last attempt finished, where it was asked for the same and some items failed."""
    own = state.stages[stage.id]
    last = None if own.last is None else state.attempts[own.last]
    if last is None or not last.is_for_each or not failed_items(last):
        return {}
    if last.grounds.get("fingerprint") != grounds_of(state, stage)["fingerprint"]:
        return {}
    return {"parent": last.id, "carried": [number for number, call in sorted(last.calls.items()) if call.succeeded]}


def _other_items(stage_id: str, active: Attempt, wish: RedoWish) -> list[int]:
    if wish.every_item:
        return []
    if wish.item is None or not 0 <= wish.item < active.items:
        raise _refusal(
            "workflow.item",
            f"Stage {stage_id!r} has {active.items} items; say which one is meant.",
            f"Accepted: --item 1 to {active.items}, or --all-items.",
        )
    return [number for number, call in active.calls.items() if active.item_of(number) != wish.item and call.succeeded]


def _basis(state: RunState, stage: Stage, active: Attempt, wish: RedoWish, places: Places) -> JsonObject | None:
    """The picture that an edit begins with; `None` where a new one is made instead."""
    if stage.kind != "image" or wish.new or wish.every_item:
        return None
    overrides = wish.overrides or {}
    choice = Choice(
        model=overrides.get("model") or state.choice.model,
        connection=overrides.get("connection") or state.choice.connection,
    )
    model = places.served(stage, choice).model
    if model.protocol == "imagen" or model.capabilities.max_reference_images == 0:
        return None
    found = wish.basis or _item_picture(active, wish.item) or displayed(active)
    return None if found is None else {name: found[name] for name in _BASIS_KEYS if name in found}


def _item_picture(active: Attempt, item: int | None) -> JsonObject | None:
    if item is None or not isinstance(active.output, dict):
        return None
    return next((image for image in active.output.get("images", ()) if image["itemIndex"] == item), None)


def _notes(text: str | None) -> str | None:
    notes = (text or "").strip()
    if len(notes) > MAX_NOTES:
        raise _refusal("workflow.notes", f"The notes have {len(notes)} characters.", f"Accepted: up to {MAX_NOTES}.")
    return notes or None


def _idle(stage_id: str, missing: tuple[str, ...]) -> InvalidRequestError:
    return _refusal(
        "workflow.missing_input", f"Stage {stage_id!r} waits for {', '.join(missing)}.", "Complete that first."
    )


def _refusal(code: str, message: str, hint: str) -> InvalidRequestError:
    return InvalidRequestError(message, code=code, hint=hint)
