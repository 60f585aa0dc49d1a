"""Answers in other shapes that relays give on Gemini's address: OpenAI chat, OpenAI images, Imagen predictions."""

from __future__ import annotations

from limner._json import JsonObject, JsonValue
from limner.core.parts import FilePart, ImagePart, OtherPart, Part, TextPart
from limner.core.result import Usage
from limner.wire.gemini.fields import pick, pick_count, pick_list, pick_object, pick_text, pick_word, plain_text, whole
from limner.wire.gemini.parts import PartFault, part_from_wire, picture_of
from limner.wire.gemini.pieces import Candidate, Chunk

RAI_FILTERED = "RAI_FILTERED"
"""Our name for the finish reason of an Imagen answer with `raiFilteredReason`, which names none itself."""


def is_foreign(document: JsonObject) -> bool:
    """True for an answer in one of these shapes."""
    return any(isinstance(pick(document, name), list) for name in ("choices", "predictions", "data"))


def read_foreign(document: JsonObject) -> Chunk:
    """The answer as a chunk; `document` satisfies `is_foreign`. Never raises."""
    if isinstance(pick(document, "choices"), list):
        return _chat_chunk(document)
    if isinstance(pick(document, "predictions"), list):
        return _imagen_chunk(document)
    return _images_chunk(document)


def _chat_chunk(document: JsonObject) -> Chunk:
    """`{"choices": [{"message": {"content": ..., "images": [...]}, "finish_reason": ...}]}`, or `delta` in a stream."""
    candidates = tuple(_choice(item, place) for place, item in enumerate(pick_list(document, "choices")))
    return Chunk(
        candidates=candidates,
        faults=_faults(candidates),
        usage=_openai_usage(pick(document, "usage")),
        model_version=pick_text(document, "model"),
        response_id=pick_text(document, "id"),
    )


def _faults(candidates: tuple[Candidate, ...]) -> tuple[str, ...]:
    parts = [part for candidate in candidates for part in candidate.parts]
    return tuple("a picture is in no form Limner knows" for part in parts if isinstance(part, OtherPart))


def _choice(choice: JsonValue, place: int) -> Candidate:
    message = pick_object(choice, "message") or pick_object(choice, "delta")
    thinking = pick_text(message, "reasoningContent") or pick_text(message, "reasoning")
    read: list[Part | PartFault] = [TextPart(text=thinking, thought=True)] if thinking else []
    read += _content_parts(pick(message, "content"))
    refusal = pick_text(message, "refusal")
    read += [TextPart(text=refusal)] if refusal else []
    read += [_picture(item) for item in pick_list(message, "images")]
    index = whole(pick(choice, "index"))
    return Candidate(
        index=place if index is None else index,
        parts=tuple(part for part in read if not isinstance(part, str)),
        empty_images=read.count("empty_image"),
        finish_reason=pick_word(choice, "nativeFinishReason") or pick_word(choice, "finishReason"),
    )


def _content_parts(content: JsonValue) -> list[Part | PartFault]:
    if isinstance(content, str):
        return [part_from_wire(content)] if content else []
    items = content if isinstance(content, list) else []
    return [
        _picture(item)
        if pick(item, "imageUrl") is not None or pick(item, "b64Json") is not None
        else part_from_wire(item)
        for item in items
    ]


def _picture(item: JsonValue) -> Part | PartFault:
    """A picture as `{"image_url": {"url"}}`, `{"url"}`, `{"b64_json"}`, Gemini's own `inlineData` or a bare address."""
    if isinstance(item, dict) and pick(item, "inlineData") is not None:
        return part_from_wire(item)
    mime_type = pick_text(item, "mimeType") or ""
    value = item
    for name in ("imageUrl", "b64Json", "url", "bytesBase64Encoded", "gcsUri"):
        found = pick(item, name)
        if found is not None:
            value = pick(found, "url") if isinstance(found, dict) else found
            break
    if value is None or value == "":
        return "empty_image"
    picture = picture_of(value, mime_type=mime_type)
    if picture is not None:
        return picture if picture.blob.size else "empty_image"
    address = plain_text(value)
    if address and address.startswith(("https://", "gs://")):
        return FilePart(uri=address, mime_type=mime_type)
    return OtherPart(document=item) if isinstance(item, dict) else "unreadable"


def _openai_usage(value: JsonValue) -> Usage | None:
    if not isinstance(value, dict):
        return None
    given, made = pick(value, "promptTokensDetails"), pick(value, "completionTokensDetails")
    thought_tokens = pick_count(made, "reasoningTokens")
    all_output = pick_count(value, "completionTokens") or pick_count(value, "outputTokens")
    return Usage(
        input_tokens=pick_count(value, "promptTokens") or pick_count(value, "inputTokens"),
        input_image_tokens=pick_count(given or pick(value, "inputTokensDetails"), "imageTokens"),
        output_tokens=max(0, all_output - thought_tokens),
        output_image_tokens=pick_count(made or pick(value, "outputTokensDetails"), "imageTokens"),
        thought_tokens=thought_tokens,
        total_tokens=pick_count(value, "totalTokens"),
        service_tier=pick_word(value, "serviceTier"),
    )


def _images_chunk(document: JsonObject) -> Chunk:
    """`{"created": ..., "data": [{"b64_json": ...}], "output_format": "png"}`."""
    kind = pick_text(document, "outputFormat")
    read = [_picture(item) for item in pick_list(document, "data")]
    candidate = Candidate(
        index=0,
        parts=tuple(_typed(part, f"image/{kind}" if kind else "") for part in read if not isinstance(part, str)),
        empty_images=read.count("empty_image"),
    )
    return Chunk(candidates=(candidate,), faults=_faults((candidate,)), usage=_openai_usage(pick(document, "usage")))


def _typed(part: Part, mime_type: str) -> Part:
    if isinstance(part, ImagePart) and not part.mime_type:
        return ImagePart(blob=part.blob, mime_type=mime_type)
    return part


def _imagen_chunk(document: JsonObject) -> Chunk:
    """`{"predictions": [{"mimeType", "bytesBase64Encoded"} | {"raiFilteredReason"} | {"contentType", ...}]}`."""
    predictions = pick_list(document, "predictions")
    holders = [item for item in predictions if _may_hold_picture(item)]
    read = [_picture(item) for item in holders]
    filtered = [text for text in (pick_text(item, "raiFilteredReason") for item in predictions) if text]
    candidate = Candidate(
        index=0,
        parts=tuple(part for part in read if not isinstance(part, str)),
        empty_images=read.count("empty_image"),
        finish_reason=RAI_FILTERED if filtered else None,
        finish_message=" ".join(filtered) or None,
    )
    return Chunk(
        candidates=(candidate,),
        faults=_faults((candidate,)),
        model_version=pick_text(document, "modelDisplayName"),
    )


def _may_hold_picture(item: JsonValue) -> bool:
    """False for a filter's notice and for the prompt's own safety scores."""
    return any(pick(item, name) is not None for name in ("bytesBase64Encoded", "gcsUri", "url", "b64Json"))
