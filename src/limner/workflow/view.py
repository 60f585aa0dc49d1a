"""A run as it is shown: one JSON document, the same for the command, the library, the server and the studio."""

from __future__ import annotations

from datetime import UTC, datetime

from limner._json import JsonObject, JsonValue
from limner.workflow.model import Stage
from limner.workflow.state import Attempt, RunState
from limner.workflow.status import last_failure, run_status, standing


def run_document(state: RunState) -> JsonObject:
    """The whole run: `run`, `status`, `stages` with `status`, `output`, `error` and `attempts`, `result`, `cost`."""
    workflow = state.workflow
    result = state.active(workflow.result)
    return {
        "run": state.run_id,
        "workflow": {"id": workflow.id, "name": workflow.name, "sha256": workflow.sha256},
        "createdAt": iso(state.created_at_ms),
        "status": run_status(state),
        "stages": {stage.id: stage_document(state, stage) for stage in workflow.stages},
        "result": None if result is None else shown_output(result),
        "resultStage": workflow.result,
        "cost": {
            "amount": float(state.cost_usd),
            "currency": "USD",
            "estimated": True,
            "unknown": state.unknown_costs,
        },
        "events": state.number,
    }


def stage_document(state: RunState, stage: Stage) -> JsonObject:
    """One stage of a run."""
    own = state.stages[stage.id]
    where = standing(state, stage.id)
    active = state.active(stage.id)
    last = None if own.last is None else state.attempts[own.last]
    failed = last_failure(state, stage.id)
    return {
        "title": stage.title,
        "kind": stage.kind,
        "status": where.status,
        "staleReasons": list(where.reasons),
        "waitsFor": list(where.missing),
        "userInput": own.user_input,
        "output": None if active is None else shown_output(active),
        "error": last.error if active is None and last is not None and where.status == "error" else None,
        "lastAttempt": None if failed is None or active is None else {"id": failed.id, "error": failed.error},
        "activeAttemptId": own.active,
        "progress": _progress(state.open_attempt(stage.id)),
        "attempts": [attempt_document(state.attempts[each]) for each in own.attempts],
    }


def attempt_document(attempt: Attempt) -> JsonObject:
    """One attempt, without its output."""
    first = next((call.result for call in attempt.calls.values() if call.result is not None), None)
    return {
        "id": attempt.id,
        "stageId": attempt.stage,
        "parentAttemptId": attempt.parent,
        "operation": attempt.operation,
        "outcome": attempt.outcome,
        "notes": attempt.notes,
        "style": attempt.style,
        "promptMode": attempt.prompt_mode,
        "promptUsed": None if first is None else first.get("promptUsed"),
        "parentImageId": None if attempt.basis is None else attempt.basis.get("id"),
        "fingerprint": attempt.fingerprint or None,
        "requests": attempt.total if attempt.operation != "input" else 0,
        "queuedAt": iso(attempt.queued_at_ms),
        "startedAt": iso(attempt.started_at_ms),
        "endedAt": iso(attempt.ended_at_ms),
        "error": attempt.error,
    }


def shown_output(attempt: Attempt) -> JsonValue:
    """The output of an attempt with the picture that is selected in it."""
    output = attempt.output
    return {**output, "selectedIndex": attempt.selected} if isinstance(output, dict) and "images" in output else output


def iso(time_ms: int | None) -> str | None:
    """Milliseconds since 1970 UTC as ISO 8601."""
    if time_ms is None:
        return None
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _progress(attempt: Attempt | None) -> JsonObject | None:
    if attempt is None:
        return None
    ended = sum(call.status == "ended" for call in attempt.calls.values())
    return {"done": ended, "total": attempt.total, "underWay": attempt.open_calls}
