"""A generateContent answer, both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from limner._json import JsonObject, JsonValue
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.result import Reply, Usage
from limner.wire.gemini.chunks import Gathered, gather
from limner.wire.gemini.errors import outcome_of_error
from limner.wire.gemini.outcomes import has_picture, judge, picture_outcome
from limner.wire.gemini.parts import PartBody, part_to_wire
from limner.wire.reference import escape

_NO_HEADERS: Mapping[str, str] = {}

_ANSWERS = frozenset(
    {
        OutcomeKind.IMAGE,
        OutcomeKind.TEXT_ONLY,
        OutcomeKind.BLOCKED,
        OutcomeKind.EMPTY,
        OutcomeKind.DRAFT_ONLY,
        OutcomeKind.TRUNCATED,
    }
)


def reply_from_wire(
    documents: Sequence[JsonValue],
    *,
    status: int,
    complete: bool = True,
    headers: Mapping[str, str] = _NO_HEADERS,
    body_text: str | None = None,
    now_ms: int | None = None,
) -> Reply:
    """The reply in the 1..n lifted documents of one answer: a body, a stream's events, or an array of them.

    `status` is the HTTP status, `complete` is false where the body was cut; `headers`, `body_text` (a body that is no
    JSON) and `now_ms` (milliseconds since 1970, for a `Retry-After` date) matter to an error only. Never raises.
    """
    found = gather(documents)
    if 200 <= status < 300:
        outcome = _success(found, documents, body_text, complete=complete)
    elif has_picture(found.parts):
        outcome = picture_outcome(found, complete=complete)
        outcome = replace(outcome, message=f"It came with HTTP {status}. {outcome.message or ''}".strip())
    else:
        outcome = _failure(documents, status, complete=complete, headers=headers, body_text=body_text, now_ms=now_ms)
    return _reply(found, outcome)


def _success(found: Gathered, documents: Sequence[JsonValue], body_text: str | None, *, complete: bool) -> Outcome:
    if not documents and body_text and body_text.strip():
        return judge(gather([body_text]), complete=complete)
    return judge(found, complete=complete)


def _failure(
    documents: Sequence[JsonValue],
    status: int,
    *,
    complete: bool,
    headers: Mapping[str, str],
    body_text: str | None,
    now_ms: int | None,
) -> Outcome:
    document = next((each for each in documents if isinstance(each, dict | list)), None)
    text = body_text if body_text is not None else next((each for each in documents if isinstance(each, str)), None)
    return outcome_of_error(status, document, headers, body_text=text, now_ms=now_ms, complete=complete)


def _reply(found: Gathered, outcome: Outcome) -> Reply:
    return Reply(
        outcome=outcome,
        parts=found.parts,
        finish_reason=found.finish_reason,
        usage=found.usage,
        model_version=found.model_version,
        response_id=found.response_id,
        empty_images=found.empty_images,
    )


def reply_to_wire(reply: Reply) -> JsonObject:
    """The lifted body that a server answers with HTTP 200: camelCase, pictures as standard padded base64.

    `ValueError` if the reply is an error (`auth`, `unavailable` ...), which goes out as an error body instead.
    """
    if reply.outcome.kind not in _ANSWERS and reply.finish_reason is None:
        raise ValueError(f"{reply.outcome.kind.value!r} has no generateContent answer; use error_to_wire")
    return {**_answer(reply), **_about(reply)}


def _answer(reply: Reply) -> JsonObject:
    if is_blocked_prompt(reply):
        feedback = {"blockReason": reply.outcome.reason, "blockReasonMessage": reply.outcome.message}
        return {"promptFeedback": {name: escape(text) for name, text in feedback.items() if text}}
    if not reply.parts and not reply.empty_images and reply.finish_reason is None:
        return {}
    return {"candidates": [candidate_to_wire(reply, [part_to_wire(part) for part in reply.parts])]}


def is_blocked_prompt(reply: Reply) -> bool:
    """True if the prompt was refused before anything was generated."""
    blocked = reply.outcome.kind is OutcomeKind.BLOCKED and reply.outcome.reason is not None
    return blocked and reply.finish_reason is None and not reply.parts


def candidate_to_wire(reply: Reply, parts: list[PartBody]) -> JsonObject:
    """The one candidate of an answer, with `parts` for its content."""
    hollow = PartBody(inlineData={"mimeType": "image/png", "data": ""})
    parts = [*parts, *[hollow] * reply.empty_images]
    content: JsonObject = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    candidate: JsonObject = {"content": content, "index": 0}
    if reply.finish_reason is not None:
        candidate["finishReason"] = escape(reply.finish_reason)
        message = reply.outcome.message if not reply.outcome.ok else None
        if message and reply.finish_reason != "STOP":
            candidate["finishMessage"] = escape(message)
    return candidate


def _about(reply: Reply) -> JsonObject:
    about = {
        "usageMetadata": usage_to_wire(reply.usage) if reply.usage is not None else None,
        "modelVersion": escape(reply.model_version) if reply.model_version is not None else None,
        "responseId": escape(reply.response_id) if reply.response_id is not None else None,
    }
    return {name: value for name, value in about.items() if value is not None}


def usage_to_wire(usage: Usage) -> JsonObject:
    """`usageMetadata`: what is 0 is left out."""
    counts = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens,
        "thoughtsTokenCount": usage.thought_tokens,
        "toolUsePromptTokenCount": usage.tool_tokens,
        "totalTokenCount": usage.total_tokens,
        "promptTokensDetails": _modality_counts(usage.input_tokens, usage.input_image_tokens),
        "candidatesTokensDetails": _modality_counts(usage.output_tokens, usage.output_image_tokens),
        "serviceTier": usage.service_tier,
    }
    return {name: value for name, value in counts.items() if value}


def _modality_counts(all_tokens: int, image_tokens: int) -> list[JsonObject]:
    counts = {"TEXT": max(0, all_tokens - image_tokens), "IMAGE": image_tokens}
    return [{"modality": modality, "tokenCount": count} for modality, count in counts.items() if count]
