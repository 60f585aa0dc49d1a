"""What is wrong with a request about workflows, as an answer: each of our errors has its HTTP status."""

from __future__ import annotations

from limner._json import JsonObject
from limner.errors import BlobCorruptError, CallError, LimnerError, StorageError
from limner.runner.workflows import WorkflowError
from limner.server.refusals import own_error
from limner.wire.gemini.refusals import RefusedError
from limner.workflow.forms import FieldError
from limner.workflow.operations import FormError

_CONFLICTS = frozenset(
    f"workflow.{name}"
    for name in (
        *("redo_not_enabled", "nothing_to_redo", "stale_input", "running", "missing_input", "too_many"),
        *("attempt", "image", "selection_needed", "snapshot"),
    )
)
_UNKNOWN = frozenset({"workflow.unknown_run", "workflow.unknown_stage"})
_UNPAID = frozenset({"workflow.budget_exceeded", "outcome.budget"})


def wrong_field(name: str, accepted: str) -> RefusedError:
    """400: a field of the body is not what it must be."""
    return own_error(400, f"{name!r} must be {accepted}.", code="invalid.field", hint=f"Accepted: {accepted}.")


def wrong_inputs(errors: list[tuple[str, FieldError]]) -> RefusedError:
    """422, with every field that was filled in wrongly and its stage."""
    told = "\n".join(f"{stage}.{error.field}: {error.message}" for stage, error in errors)
    fields = [{"stage": stage, **error.to_json()} for stage, error in errors]
    hint = "Correct the fields and send the whole form again."
    return own_error(422, told, code="workflow.form", hint=hint, fields=fields)


def refused(problem: LimnerError) -> RefusedError:
    """The answer that one of our errors is."""
    if isinstance(problem, FormError):
        stage = problem.message.partition(".")[0]
        return wrong_inputs([(stage, error) for error in problem.errors])
    more: JsonObject = {}
    if isinstance(problem, WorkflowError):
        more["diagnostics"] = [each.to_json() for each in problem.loaded.diagnostics]
    return own_error(
        _status(problem),
        problem.message,
        code=problem.code,
        hint=problem.hint,
        billed=problem.billed,
        **more,
    )


def _status(problem: LimnerError) -> int:
    if problem.code in _UNKNOWN:
        return 404
    if problem.code in _CONFLICTS:
        return 409
    if problem.code in _UNPAID:
        return 402
    if problem.code == "workflow.form_value":
        return 422
    if isinstance(problem, StorageError):
        return 507 if problem.code == "storage.full" else 500 if isinstance(problem, BlobCorruptError) else 503
    return 502 if isinstance(problem, CallError) else 400
