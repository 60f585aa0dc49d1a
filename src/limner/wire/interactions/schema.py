"""Which fields a request to make an interaction may have, and of which type.

Source: google-genai 3.6.1, its types of interactions. A `word` is a text short enough to stand in a lifted document;
what is `opaque` is looked at by who reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from limner._json import JsonValue
from limner.wire.gemini.fields import pick, plain_text, snake
from limner.wire.gemini.violations import Violation, invalid_value, unknown_names

Kind = Literal["word", "text", "flag", "list", "object", "opaque"]
Fields = Mapping[str, Kind]

ROOT: Fields = {
    "model": "word",
    "input": "opaque",
    "systemInstruction": "text",
    "responseFormat": "opaque",
    "responseModalities": "list",
    "responseMimeType": "word",
    "generationConfig": "object",
    "tools": "list",
    "safetySettings": "list",
    "serviceTier": "word",
    "labels": "object",
    "previousInteractionId": "word",
    "store": "flag",
    "background": "flag",
    "stream": "flag",
    "agent": "opaque",
    "agentConfig": "opaque",
    "cachedContent": "opaque",
    "continuationToken": "opaque",
    "environment": "opaque",
    "webhookConfig": "opaque",
}

NOT_HERE: Mapping[str, str] = {
    "agent": "There are no agents here; name a model.",
    "agentConfig": "There are no agents here; name a model.",
    "cachedContent": "Models that make pictures take no cached content.",
    "continuationToken": "Every interaction here ends in one go; there is nothing to continue by a token.",
    "environment": "There are no environments here.",
    "webhookConfig": "There are no webhooks here; ask for the interaction by its id.",
}
"""Fields that Google knows and that nothing here could honor."""

GENERATION_CONFIG: Fields = {
    "imageConfig": "object",
    "maxOutputTokens": "opaque",
    "seed": "opaque",
    "stopSequences": "opaque",
    "temperature": "opaque",
    "topP": "opaque",
    "thinkingLevel": "word",
    "thinkingSummaries": "word",
    "toolChoice": "opaque",
    "speechConfig": "opaque",
    "transcriptionConfig": "opaque",
    "videoConfig": "opaque",
}
IMAGE_CONFIG: Fields = {"aspectRatio": "word", "imageSize": "word"}
IMAGE_FORMAT: Fields = {**IMAGE_CONFIG, "type": "word", "mimeType": "word", "delivery": "word"}
TEXT_FORMAT: Fields = {"type": "word", "mimeType": "word", "schema": "object"}
GOOGLE_SEARCH: Fields = {"type": "word", "searchTypes": "list"}
SAFETY_SETTING: Fields = {"type": "word", "threshold": "word", "method": "word"}

TEXT_CONTENT: Fields = {"type": "word", "text": "text", "annotations": "list"}
IMAGE_CONTENT: Fields = {"type": "word", "data": "text", "uri": "word", "mimeType": "word", "resolution": "word"}
STEPS: Mapping[str, Fields] = {
    "user_input": {"type": "word", "role": "word", "content": "opaque"},
    "model_output": {"type": "word", "role": "word", "content": "opaque", "error": "object"},
    "thought": {"type": "word", "signature": "text", "summary": "list"},
}

MODALITIES = ("text", "image")
SEARCH_TYPES = ("web_search", "image_search")
SERVICE_TIERS = ("standard", "flex", "priority", "deferred")
THINKING_SUMMARIES = ("auto", "none")
RESOLUTIONS = ("low", "medium", "high", "ultra_high")
PICTURE_TYPES = ("image/jpeg",)

_TYPE_NAMES = {"word": "TYPE_STRING", "text": "TYPE_STRING", "flag": "TYPE_BOOL", "list": "List", "object": "Struct"}


def object_refusals(
    value: JsonValue, fields: Fields, message: str, path: str, *, strict: bool = True
) -> Iterator[Violation]:
    """What breaks the schema in an object at `path`; without `strict` its unknown fields do not."""
    if strict or not isinstance(value, dict):
        yield from unknown_names(value, tuple(fields), message, path)
    for name, kind in fields.items():
        found = pick(value, name)
        if found is not None and not _fits(found, kind):
            place = f"{path}.{snake(name)}" if path else snake(name)
            yield invalid_value(place, _TYPE_NAMES[kind], found)


def choice_refusals(value: JsonValue, name: str, choices: tuple[str, ...], path: str) -> Iterator[Violation]:
    """What is wrong with a field that takes one of a few words, if it is there."""
    word = plain_text(pick(value, name))
    if word is not None and word not in choices:
        place = f"{path}.{snake(name)}" if path else snake(name)
        yield Violation(field=place, description=f"{word[:40]!r} is not known here; accepted: {', '.join(choices)}.")


def _fits(value: JsonValue, kind: Kind) -> bool:
    match kind:
        case "word":
            return plain_text(value) is not None
        case "text":
            return isinstance(value, str)
        case "flag":
            return isinstance(value, bool) or value in ("true", "false")
        case "list":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
    return True
