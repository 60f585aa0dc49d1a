"""Where a stage stands, and why: worked out from its attempts and from what it depends on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, cast

from limner.workflow.context import has_output, needs_choice
from limner.workflow.grounds import differences, grounds_of
from limner.workflow.state import Attempt, RunState

StageStatus = Literal["idle", "ready", "queued", "running", "review", "completed", "stale", "error"]
RunStatus = Literal["running", "waiting", "failed", "completed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The status of a stage; `reasons` say why it is stale, `missing` which dependencies have no output."""

    status: StageStatus
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def standing(state: RunState, stage_id: str) -> Standing:
    """Where a stage stands now; remembered until something happens to it or before it."""
    for each in _upstream_first(state, stage_id):
        state.remembered(each, partial(_standing, state, each))
    return cast(Standing, state.remembered(stage_id, partial(_standing, state, stage_id)))


def run_status(state: RunState) -> RunStatus:
    """Where a run stands: `waiting` is for a person, `failed` cannot go on, `completed` has all that it was for."""
    standings = [standing(state, stage.id).status for stage in state.workflow.stages]
    if any(each in ("queued", "running") for each in standings):
        return "running"
    if any(each == "error" for each in standings):
        return "failed"
    return "completed" if all(each in ("completed", "stale") for each in standings) else "waiting"


def last_failure(state: RunState, stage_id: str) -> Attempt | None:
    """The attempt that ended last, if it failed and something older is still shown."""
    own = state.stages[stage_id]
    if own.last is None or own.last == own.active:
        return None
    last = state.attempts[own.last]
    return last if last.error is not None and last.outcome != "succeeded" else None


def _upstream_first(state: RunState, stage_id: str) -> list[str]:
    """What it depends on that was not looked at yet, so that long chains need no deep recursion."""
    found: list[str] = []
    todo = [each for each in state.stage(stage_id).dependencies if not state.remembers(each)]
    while todo:
        each = todo.pop()
        found.append(each)
        todo += [name for name in state.stage(each).dependencies if not state.remembers(name)]
    return list(dict.fromkeys(reversed(found)))


def _standing(state: RunState, stage_id: str) -> Standing:
    stage = state.stage(stage_id)
    own = state.stages[stage_id]
    under_way = state.open_attempt(stage_id)
    missing = tuple(each for each in stage.dependencies if not has_output(state, each))
    if under_way is not None:
        return Standing(status="queued" if under_way.started_at_ms is None else "running", missing=missing)
    active = state.active(stage_id)
    if active is None:
        return Standing(status=_without_output(state, own.last, missing), missing=missing)
    if needs_choice(stage, active):
        return Standing(status="review", missing=missing)
    reasons = _stale_reasons(state, stage_id, active, missing) if stage.asks_model else ()
    return Standing(status="stale" if reasons else "completed", reasons=reasons, missing=missing)


def _without_output(state: RunState, last: str | None, missing: tuple[str, ...]) -> StageStatus:
    if missing:
        return "idle"
    failed = last is not None and state.attempts[last].outcome in ("failed", "interrupted")
    return "error" if failed else "ready"


def _stale_reasons(state: RunState, stage_id: str, active: Attempt, missing: tuple[str, ...]) -> tuple[str, ...]:
    stage = state.stage(stage_id)
    told = [f"`{each}` has no output now" for each in missing]
    told += [f"`{each}` is out of date" for each in stage.dependencies if standing(state, each).status == "stale"]
    told += differences(state, active.grounds, grounds_of(state, stage))
    return tuple(told)
