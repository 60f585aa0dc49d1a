"""One document of an answer in one shape, whoever wrote it, and the merging of an answer's documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from limner._json import JsonObject, JsonValue
from limner.core.parts import ImagePart, OtherPart, Part, TextPart
from limner.core.result import Usage
from limner.wire.gemini.details import has_error
from limner.wire.gemini.dialects import is_foreign, read_foreign
from limner.wire.gemini.fields import pick, pick_count, pick_list, pick_object, pick_text, pick_word, plain_text, whole
from limner.wire.gemini.parts import part_from_wire
from limner.wire.gemini.pieces import Candidate, Chunk

_Value = TypeVar("_Value")

_KNOWN_FIELDS = ("candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId", "modelStatus")
_WRAPPERS = ("response", "data", "result")
_FINISH_NUMBERS = ("FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER")
_UNSET = "FINISH_REASON_UNSPECIFIED"
_QUOTED_CHARACTERS = 200


def chunks_from_wire(document: JsonValue) -> tuple[Chunk, ...]:
    """What a lifted document says: one chunk, or several if it is an array of answers. Never raises."""
    if isinstance(document, list):
        return tuple(_chunk(item) for item in document) or (Chunk(),)
    return (_chunk(document),)


def _chunk(document: JsonValue) -> Chunk:
    if isinstance(document, str):
        text = " ".join((plain_text(document) or "").split())[:_QUOTED_CHARACTERS]
        return Chunk(faults=(f"the answer is text, not JSON: {text!r}",))
    if not isinstance(document, dict):
        return Chunk(faults=(f"the answer is a JSON {type(document).__name__}, not an object",))
    inner = unwrapped(document)
    if _is_gemini(inner):
        return replace(_gemini_chunk(inner), error=document if has_error(document) else None)
    if has_error(document):
        return Chunk(error=document)
    if is_foreign(document):
        return read_foreign(document)
    if document:
        names = ", ".join(repr(name[:40]) for name in list(document)[:8])
        return Chunk(faults=(f"the answer has none of the fields Limner knows, but {names}",))
    return Chunk()


def _is_gemini(document: JsonObject) -> bool:
    return any(pick(document, name) is not None for name in _KNOWN_FIELDS) or "candidates" in document


def unwrapped(document: JsonObject) -> JsonObject:
    """The answer itself: inside `response` (batch results) or a relay's envelope, if it is in one."""
    if _is_gemini(document):
        return document
    inside = (pick_object(document, name) for name in _WRAPPERS)
    return next((found for found in inside if _is_gemini(found)), document)


def _gemini_chunk(document: JsonObject) -> Chunk:
    feedback = pick(document, "promptFeedback")
    candidates = pick(document, "candidates")
    readable = candidates is None or isinstance(candidates, list | dict)
    read = [_candidate(item, place) for place, item in enumerate(pick_list(document, "candidates"))]
    return Chunk(
        candidates=tuple(candidate for candidate, _ in read),
        block_reason=pick_word(feedback, "blockReason"),
        block_message=pick_text(feedback, "blockReasonMessage"),
        usage=usage_from_wire(pick(document, "usageMetadata")),
        model_version=pick_text(document, "modelVersion"),
        response_id=pick_text(document, "responseId"),
        faults=tuple(fault for _, faults in read for fault in faults)
        + (() if readable else ("candidates is no list",)),
    )


def _candidate(value: JsonValue, place: int) -> tuple[Candidate, tuple[str, ...]]:
    index = whole(pick(value, "index"))
    read = [part_from_wire(item) for item in part_documents(value)]
    parts = tuple(part for part in read if not isinstance(part, str))
    faults = [] if isinstance(value, dict) else ["a candidate is no object"]
    faults += ["a part is no object"] * read.count("unreadable")
    faults += ["inlineData.data is no base64" for part in parts if _is_unreadable_picture(part)]
    candidate = Candidate(
        index=place if index is None else index,
        parts=parts,
        empty_images=read.count("empty_image"),
        finish_reason=_finish_reason(value),
        finish_message=pick_text(value, "finishMessage"),
    )
    return candidate, tuple(faults)


def part_documents(candidate: JsonValue) -> tuple[JsonValue, ...]:
    """The parts of a candidate; relays also send a bare list or text for `content`, or leave `content` out."""
    content = pick(candidate, "content")
    holder = candidate if content is None else content
    inside = pick(holder, "parts") if isinstance(holder, dict) else content
    if isinstance(inside, list):
        return tuple(item for item in inside if item != {})
    return (inside,) if inside else ()


def _is_unreadable_picture(part: Part) -> bool:
    return isinstance(part, OtherPart) and isinstance(pick(part.document, "inlineData"), dict)


def _finish_reason(value: JsonValue) -> str | None:
    word = pick_word(value, "finishReason")
    if word is not None and word.isascii() and word.isdigit() and len(word) == 1 and int(word) < len(_FINISH_NUMBERS):
        return _FINISH_NUMBERS[int(word)]
    return word


def usage_from_wire(value: JsonValue) -> Usage | None:
    """`usageMetadata`; `None` where there is none."""
    if not isinstance(value, dict):
        return None
    return Usage(
        input_tokens=pick_count(value, "promptTokenCount"),
        input_image_tokens=_image_tokens(value, "promptTokensDetails"),
        output_tokens=pick_count(value, "candidatesTokenCount"),
        output_image_tokens=_image_tokens(value, "candidatesTokensDetails"),
        thought_tokens=pick_count(value, "thoughtsTokenCount"),
        tool_tokens=pick_count(value, "toolUsePromptTokenCount"),
        total_tokens=pick_count(value, "totalTokenCount"),
        service_tier=pick_word(value, "serviceTier") or pick_word(value, "trafficType"),
    )


def _image_tokens(value: JsonObject, name: str) -> int:
    details = pick_list(value, name)
    return sum(
        pick_count(item, "tokenCount") for item in details if (pick_word(item, "modality") or "").upper() == "IMAGE"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A whole answer before it is judged: candidate 0, followed by the pictures of any further candidates."""

    parts: tuple[Part, ...] = ()
    empty_images: int = 0
    finish_reason: str | None = None
    finish_message: str | None = None
    block_reason: str | None = None
    block_message: str | None = None
    usage: Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: JsonValue = None
    faults: tuple[str, ...] = ()


def gather(documents: Sequence[JsonValue]) -> Gathered:
    """One answer from its 1..n lifted documents. Usage and names are the last ones given, since they accumulate.

    Plain text that goes on in the next document is joined; a text with a signature of its own stays a part of its own.
    """
    chunks = [chunk for document in documents for chunk in chunks_from_wire(document)]
    candidates = _merged_candidates(chunks)
    first = candidates[0] if candidates else Candidate(index=0)
    pictures = [part for other in candidates[1:] for part in other.parts if isinstance(part, ImagePart)]
    return Gathered(
        parts=(*first.parts, *pictures),
        empty_images=sum(candidate.empty_images for candidate in candidates),
        finish_reason=first.finish_reason,
        finish_message=first.finish_message,
        block_reason=_last([chunk.block_reason for chunk in chunks]),
        block_message=_last([chunk.block_message for chunk in chunks]),
        usage=_last([chunk.usage for chunk in chunks]),
        model_version=_last([chunk.model_version for chunk in chunks]),
        response_id=_last([chunk.response_id for chunk in chunks]),
        error=_last([chunk.error for chunk in chunks]),
        faults=tuple(fault for chunk in chunks for fault in chunk.faults),
    )


def _last(values: list[_Value | None]) -> _Value | None:
    return next((value for value in reversed(values) if value is not None), None)


def _merged_candidates(chunks: Sequence[Chunk]) -> list[Candidate]:
    merged: dict[int, Candidate] = {}
    for chunk in chunks:
        for candidate in chunk.candidates:
            earlier = merged.get(candidate.index)
            merged[candidate.index] = candidate if earlier is None else _joined(earlier, candidate)
    return [merged[index] for index in sorted(merged)]


def _joined(earlier: Candidate, later: Candidate) -> Candidate:
    finished = later.finish_reason if later.finish_reason not in (None, _UNSET) else None
    return Candidate(
        index=earlier.index,
        parts=_joined_parts(earlier.parts, later.parts),
        empty_images=earlier.empty_images + later.empty_images,
        finish_reason=finished or earlier.finish_reason or later.finish_reason,
        finish_message=later.finish_message or earlier.finish_message,
    )


def _joined_parts(earlier: tuple[Part, ...], later: tuple[Part, ...]) -> tuple[Part, ...]:
    if not earlier or not later:
        return earlier or later
    last, following = earlier[-1], later[0]
    if not isinstance(following, TextPart) or following.signature is not None:
        return earlier + later
    if isinstance(last, TextPart) and last.signature is None and last.thought == following.thought:
        return (*earlier[:-1], replace(last, text=last.text + following.text), *later[1:])
    return earlier + (later if following.text else later[1:])
