"""The answer to an interaction, made of a generateContent reply."""

from __future__ import annotations

from collections.abc import Iterator

from limner._json import JsonObject, JsonValue
from limner.wire.gemini.fields import pick, pick_count, pick_list, pick_object, pick_text
from limner.wire.gemini.files import timestamp
from limner.wire.interactions.request import InteractionRequest
from limner.wire.reference import escape

_CUT = ("MAX_TOKENS", "CONTINUATION")
_WELL = ("", "STOP", "FINISH_REASON_UNSPECIFIED")


def running_to_wire(request: InteractionRequest, interaction_id: str, created_at_ms: int) -> JsonObject:
    """The interaction before there is an answer, its input with it."""
    created = timestamp(created_at_ms)
    return {
        "id": interaction_id,
        "object": "interaction",
        "model": escape(request.model),
        "status": "in_progress",
        "created": created,
        "updated": created,
        **request.echoed,
        "input": request.given,
        "steps": [],
    }


def shown_to_wire(interaction: JsonObject, *, with_input: bool = False) -> JsonObject:
    """The interaction as clients see it: its input stands in it for those only who ask for that."""
    return {name: value for name, value in interaction.items() if with_input or name != "input"}


def ended_to_wire(running: JsonObject, reply: JsonValue, ended_at_ms: int) -> JsonObject:
    """The interaction with its answer: `reply` is the lifted document of generateContent.

    A blocked prompt or picture makes it `failed`, with the provider's reason; one that was cut, or has words instead
    of the picture, `incomplete`.
    """
    candidate = next(iter(pick_list(reply, "candidates")), None)
    steps = list(_steps(pick_list(pick(candidate, "content"), "parts")))
    status, errors = _ending(reply, candidate, steps)
    return {
        **running,
        "status": status,
        "updated": timestamp(ended_at_ms),
        "steps": steps,
        "usage": _usage(pick_object(reply, "usageMetadata")),
        **({"errors": errors} if errors else {}),
    }


def failed_to_wire(running: JsonObject, code: str, message: str, ended_at_ms: int) -> JsonObject:
    """The interaction where there was no answer at all; `code` is a google.rpc name such as `UNAVAILABLE`."""
    error = {"code": escape(code), "message": escape(message)}
    return {**running, "status": "failed", "updated": timestamp(ended_at_ms), "errors": [error]}


def cancelled_to_wire(running: JsonObject, ended_at_ms: int) -> JsonObject:
    """The interaction after it was cancelled."""
    return {**running, "status": "cancelled", "updated": timestamp(ended_at_ms)}


def model_turn(reply: JsonValue) -> JsonObject | None:
    """The model's turn as it is kept for the next interaction, signatures on their parts; `None` if it said nothing."""
    content = pick(next(iter(pick_list(reply, "candidates")), None), "content")
    parts = [part for part in pick_list(content, "parts") if not pick(part, "thought")]
    return {"role": "model", "parts": parts} if parts else None


def _steps(parts: tuple[JsonValue, ...]) -> Iterator[JsonObject]:
    """Thoughts and outputs in order. A signature stands on a thought of its own before the part it belongs to."""
    output: list[JsonObject] = []
    for part in parts:
        signature, is_thought = pick(part, "thoughtSignature"), bool(pick(part, "thought"))
        if output and (signature is not None or is_thought):
            yield {"type": "model_output", "content": output}
            output = []
        content = _content(part)
        if is_thought:
            yield {"type": "thought", "summary": [content] if content else []}
            continue
        if signature is not None:
            yield {"type": "thought", "signature": signature}
        output = [*output, content] if content else output
    if output:
        yield {"type": "model_output", "content": output}


def _content(part: JsonValue) -> JsonObject | None:
    """A text or a picture; `None` for what this API has no content for."""
    if pick(part, "text") is not None:
        return {"type": "text", "text": pick(part, "text")}
    for data, source, name in (("inlineData", "data", "data"), ("fileData", "fileUri", "uri")):
        found = pick(part, data)
        if pick(found, source) is not None:
            mime_type = pick(found, "mimeType")
            return {"type": "image", **({"mime_type": mime_type} if mime_type else {}), name: pick(found, source)}
    return None


def _ending(reply: JsonValue, candidate: JsonValue, steps: list[JsonObject]) -> tuple[str, list[JsonObject]]:
    blocked = pick_text(pick(reply, "promptFeedback"), "blockReason")
    reason = pick_text(candidate, "finishReason") or ""
    if blocked:
        return "failed", [_error(blocked, pick_text(pick(reply, "promptFeedback"), "blockReasonMessage"))]
    if reason in _CUT:
        return "incomplete", [_error(reason, "The answer was cut.")]
    said = [content["type"] for step in steps for content in step.get("content", ())]
    if "image" in said or (said and reason in _WELL):
        return "completed", []
    error = _error(reason or "NO_OUTPUT", pick_text(candidate, "finishMessage"))
    return ("incomplete" if said else "failed"), [error]


def _error(code: str, message: str | None) -> JsonObject:
    return {"code": escape(code), "message": escape(message or f"The model gave no answer: {code}.")}


def _usage(usage: JsonObject) -> JsonObject:
    counts = {
        "total_tokens": pick_count(usage, "totalTokenCount"),
        "total_input_tokens": pick_count(usage, "promptTokenCount"),
        "total_output_tokens": pick_count(usage, "candidatesTokenCount"),
        "total_thought_tokens": pick_count(usage, "thoughtsTokenCount"),
        "total_cached_tokens": pick_count(usage, "cachedContentTokenCount"),
        "total_tool_use_tokens": pick_count(usage, "toolUsePromptTokenCount"),
    }
    return {
        **counts,
        "input_tokens_by_modality": _by_modality(usage, "promptTokensDetails"),
        "output_tokens_by_modality": _by_modality(usage, "candidatesTokensDetails"),
    }


def _by_modality(usage: JsonObject, name: str) -> list[JsonObject]:
    return [
        {"modality": escape((pick_text(each, "modality") or "").lower()), "tokens": pick_count(each, "tokenCount")}
        for each in pick_list(usage, name)
    ]
