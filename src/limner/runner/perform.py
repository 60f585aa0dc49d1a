"""One request of a workflow, from the engine's words to a call of the app, and what came of it back in its words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.app import App, Ask
from limner.app.result import CallResult, Image, usage_to_json
from limner.core.blob import BlobRef
from limner.core.outcome import OutcomeKind
from limner.core.parts import ImagePart, TextPart
from limner.errors import BlobCorruptError, CallError, ConfigError, LimnerError, StorageError, UsageError
from limner.store.journal import CallRecord
from limner.workflow.answers import NotTheJson, read_json
from limner.workflow.build import Request
from limner.workflow.engine import MAX_TRIES
from limner.workflow.failure import failure
from limner.workflow.model import Workflow
from limner.workflow.output import image_id
from limner.workflow.state import Attempt

_CHANCE_BITS = 35

_CODES: dict[OutcomeKind, str] = {
    OutcomeKind.TEXT_ONLY: "no_image",
    OutcomeKind.EMPTY: "no_image",
    OutcomeKind.DRAFT_ONLY: "no_image",
    OutcomeKind.TRUNCATED: "no_image",
    OutcomeKind.REFUSED_REQUEST: "unsupported_parameter",
    OutcomeKind.AUTH: "auth",
    OutcomeKind.NO_QUOTA: "quota",
    OutcomeKind.RATE_LIMITED: "rate_limited",
    OutcomeKind.REGION: "permission",
    OutcomeKind.MODEL_GONE: "unsupported_parameter",
    OutcomeKind.UNAVAILABLE: "provider_error",
    OutcomeKind.TIMEOUT: "timeout",
    OutcomeKind.NETWORK: "network",
    OutcomeKind.PROTOCOL: "provider_error",
    OutcomeKind.BUDGET: "budget_exceeded",
    OutcomeKind.CANCELLED: "cancelled",
    OutcomeKind.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a request ended: with a `result` or an `error`, as the events of a run hold them."""

    result: JsonObject | None = None
    error: JsonObject | None = None

    def to_event(self) -> JsonObject:
        """The part of the event `call.ended` that says it."""
        return {"result": self.result} if self.error is None else {"error": self.error}


def call_id_of(run_id: str, attempt: Attempt, number: int, try_number: int) -> str:
    """The identifier of a request in the journal: the same whenever it is asked, so that it is paid once at most.

    In the history the requests of an attempt stand in their order, a second try behind the first.
    """
    chance = int.from_bytes(hashlib.sha256(f"{run_id}/{attempt.id}".encode()).digest()[:5], "big")
    place = number * MAX_TRIES + try_number - 1
    return _clock.id_at(attempt.queued_at_ms, (chance + place) % 2**_CHANCE_BITS)


def ask_of(request: Request, workflow: Workflow, *, unlisted: bool) -> Ask:
    """What the app is asked for. A JSON stage without a schema asks for JSON of any shape."""
    return Ask(
        prompt=request.prompt,
        images=tuple(_part(image) for image in request.images),
        images_first=True,
        image=request.kind == "image",
        text=request.words,
        model=request.model,
        connection=request.connection,
        aspect_ratio=request.aspect_ratio,
        resolution=request.image_size,
        count=request.samples,
        system=request.system,
        schema={} if request.kind == "json" and request.schema is None else request.schema,
        temperature=request.temperature,
        timeout_s=request.timeout_s,
        parameters=request.parameters,
        budget_usd=workflow.budget.max_cost,
        unlisted=unlisted,
    )


def perform(
    app: App, request: Request, workflow: Workflow, run_id: str, call_id: str, *, unlisted: bool
) -> Ended | None:
    """Make a request, unless the journal has it: then what is recorded is the answer, and nothing is sent.

    `None` where another process is at it right now. A request whose fate is in doubt ends as `interrupted`. No two
    threads of this process may be at one request.
    """
    record = app.store.journal.find(call_id)
    if record is not None:
        return _recorded(app, request, record)
    gone = [image for image in request.images if _part(image).blob not in app.store.blobs]
    if gone:
        name = gone[0].get("name") or gone[0].get("id") or gone[0]["sha256"][:12]
        return Ended(error=failure("asset_missing", f"The picture {name} is no longer in the data folder.", cost="0"))
    try:
        plan = app.plan(ask_of(request, workflow, unlisted=unlisted))
        call = app.run(plan, call_ids=(call_id,), group_id=run_id).calls[0]
    except LimnerError as problem:
        record = app.store.journal.find(call_id)
        if record is None:
            return Ended(error=refused(problem))
        # The journal takes a call once: where another process was faster by a hair, this one has sent nothing.
        return Ended(error=_in_doubt(problem.message, call_id)) if record.owner == app.store.token else None
    assert isinstance(call, CallResult)
    return _ended(request, call, plan.requests[0].seed)


def _recorded(app: App, request: Request, record: CallRecord) -> Ended | None:
    """What is known of a request that was sent before."""
    if record.state == "sent":
        if record.owner == app.store.token:
            return Ended(error=_in_doubt("Its answer could not be recorded.", record.call_id))
        if app.store.is_alive(record.owner):
            return None
        app.recover()
    call = app.recorded(record.call_id)
    return None if call is None else _ended(request, call, record.asked.get("seed"))


def _part(image: JsonObject) -> ImagePart:
    return ImagePart(blob=BlobRef(sha256=image["sha256"], size=image["bytes"]), mime_type=image["mimeType"])


def _ended(request: Request, call: CallResult, seed: int | None) -> Ended:
    if request.kind == "image":
        return Ended(result=_result(request, call, seed)) if call.outcome.ok else Ended(error=_failed(request, call))
    if call.outcome.kind not in (OutcomeKind.TEXT_ONLY, OutcomeKind.IMAGE):
        return Ended(error=_failed(request, call))
    text = call.text.strip()
    if request.kind == "text":
        return Ended(result={**_result(request, call, seed), "value": text})
    try:
        value = read_json(text, request.schema)
    except NotTheJson as problem:
        error = failure(
            "invalid_json",
            f"The answer is not the JSON that was asked for: {problem} It begins: {text[:200]!r}",
            model_text=text[:2000],
            complaint=str(problem),
            **_price(call),
        )
        return Ended(error=error)
    return Ended(result={**_result(request, call, seed), "value": value})


def _result(request: Request, call: CallResult, seed: int | None) -> JsonObject:
    images: list[JsonObject] = []
    blocks: list[JsonObject] = []
    for part in call.parts:
        if isinstance(part, TextPart) and not part.thought:
            blocks.append({"type": "text", "text": part.text})
        elif isinstance(part, Image) and not part.draft:
            blocks.append({"type": "image", "index": len(images)})
            images.append(_image(part, seed))
    return {
        "images": images,
        "blocks": blocks,
        "provider": "imagen" if request.served.model.protocol == "imagen" else "gemini",
        "modelRequested": request.model,
        "model": request.served.id,
        "connection": request.connection,
        "usage": _usage(call),
        "promptUsed": request.prompt,
        "warnings": [*([request.served.notice] if request.served.notice else []), *call.warnings],
        **_price(call),
    }


def _image(image: Image, seed: int | None) -> JsonObject:
    return {
        "id": image_id(image.sha256),
        "sha256": image.sha256,
        "bytes": image.size_bytes,
        "mimeType": image.mime_type,
        "width": image.width,
        "height": image.height,
        "seed": None if seed is None else str(seed),
    }


def _usage(call: CallResult) -> JsonObject | None:
    if call.usage is None:
        return None
    counted = usage_to_json(call.usage)
    return {
        "promptTokens": counted["inputTokens"],
        "outputTokens": counted["outputTokens"],
        "thoughtTokens": counted["thoughtTokens"],
    }


def _price(call: CallResult) -> dict[str, JsonValue]:
    return {"cost": None if call.cost is None else str(call.cost), "billed": call.billed, "callId": call.call_id}


def _failed(request: Request, call: CallResult) -> JsonObject:
    outcome = call.outcome
    code = _CODES.get(outcome.kind, "provider_error")
    if outcome.kind is OutcomeKind.BLOCKED:
        code = "blocked_image" if _has_candidates(call) else "blocked_prompt"
    if request.kind != "image" and code == "no_image":
        code = "provider_error"
    provider: JsonObject = {
        "outcome": outcome.kind.value,
        "reason": outcome.reason,
        "retryAfterS": outcome.retry_after_s,
    }
    return failure(
        code,
        outcome.sentence(),
        provider=provider,
        model_text=call.text[:2000] or None,
        at_ms=_clock.now_ms(),
        **_price(call),
    )


def _has_candidates(call: CallResult) -> bool:
    return any(isinstance(document, dict) and document.get("candidates") for document in call.reply or ())


def _in_doubt(message: str, call_id: str) -> JsonObject:
    """Why the answer to something that was sent could not be kept; what of it is on disk, `recover` finishes."""
    told = f"{message} What arrived is kept; `limner recover` finishes it."
    return failure("interrupted", told, at_ms=_clock.now_ms(), billed="unknown", callId=call_id)


def fault_of_ours(app: App, call_id: str, problem: Exception) -> JsonObject:
    """The error of a request that ended by a defect in Limner."""
    was_sent = app.store.journal.find(call_id) is not None
    message = f"A defect in Limner ended this request: {type(problem).__name__}: {problem}"
    return failure(
        "interrupted" if was_sent else "provider_error",
        message[:500],
        at_ms=_clock.now_ms(),
        billed="unknown" if was_sent else "no",
        callId=call_id,
    )


def refused(problem: LimnerError) -> JsonObject:
    """Why nothing was sent."""
    if isinstance(problem, CallError):
        code = "budget_exceeded" if problem.outcome == "budget" else "provider_error"
    elif problem.code == "unsupported.aspect_ratio":
        code = "unsupported_aspect_ratio"
    elif isinstance(problem, ConfigError):
        code = "auth"
    elif isinstance(problem, BlobCorruptError) or problem.code == "invalid.image":
        code = "asset_missing"
    elif isinstance(problem, StorageError):
        code = "storage"
    else:
        assert isinstance(problem, UsageError) or problem.billed != "yes"
        code = "unsupported_parameter"
    return failure(code, problem.message, hint=problem.hint, at_ms=_clock.now_ms(), cost="0", billed=problem.billed)
