"""Which fields a generateContent request may have, on the Gemini API and on Vertex AI.

Source: google-genai 3.3.0 `types.py`, the published protos of google-ai-generativelanguage 0.12.1 and the Vertex
discovery document of 2026-11-06. `Field.kind` `opaque` is passed on without a look inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "bytes", "bool", "int32", "float", "enum", "message", "opaque"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a message. `message` names the message it holds; `values` an enum's names by number."""

    kind: Kind
    message: str = ""
    values: tuple[str, ...] = ()
    repeated: bool = False
    vertex_only: bool = False


Message = dict[str, Field]

_STRING = Field(kind="string")
_BOOL = Field(kind="bool")
_INT = Field(kind="int32")
_FLOAT = Field(kind="float")
_OPAQUE = Field(kind="opaque")
_VERTEX = Field(kind="opaque", vertex_only=True)


def _message(name: str, *, repeated: bool = False) -> Field:
    return Field(kind="message", message=name, repeated=repeated)


def _enum(*values: str, repeated: bool = False, vertex_only: bool = False) -> Field:
    return Field(kind="enum", values=values, repeated=repeated, vertex_only=vertex_only)


def _prefixed(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in names.split())


MODALITIES = _enum("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO", repeated=True)
MEDIA_RESOLUTIONS = _prefixed("MEDIA_RESOLUTION_", "UNSPECIFIED LOW MEDIUM HIGH ULTRA_HIGH")
HARM_CATEGORIES = _prefixed(
    "HARM_CATEGORY_",
    "UNSPECIFIED DEROGATORY TOXICITY VIOLENCE SEXUAL MEDICAL DANGEROUS HARASSMENT HATE_SPEECH SEXUALLY_EXPLICIT "
    "DANGEROUS_CONTENT CIVIC_INTEGRITY JAILBREAK IMAGE_HATE IMAGE_DANGEROUS_CONTENT IMAGE_HARASSMENT "
    "IMAGE_SEXUALLY_EXPLICIT",
)
HARM_THRESHOLDS = (
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
)

PART_DATA = (
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
    "audioTranscription",
)
"""The fields of which a part has exactly one."""

ROOT = "GenerateContentRequest"

MESSAGES: dict[str, Message] = {
    ROOT: {
        "contents": _message("Content", repeated=True),
        "systemInstruction": _message("Content"),
        "generationConfig": _message("GenerationConfig"),
        "safetySettings": _message("SafetySetting", repeated=True),
        "tools": _OPAQUE,
        "toolConfig": _OPAQUE,
        "cachedContent": _STRING,
        "labels": _OPAQUE,
        "serviceTier": _STRING,
        "store": _BOOL,
        "continuationToken": _STRING,
        "model": _STRING,
        "modelArmorConfig": _VERTEX,
        "outputConfig": _VERTEX,
    },
    "Content": {"role": _STRING, "parts": _message("Part", repeated=True)},
    "Part": {
        "text": _STRING,
        "inlineData": _message("Blob"),
        "fileData": _message("FileData"),
        "thought": _BOOL,
        "thoughtSignature": _STRING,
        "mediaResolution": _OPAQUE,
        "videoMetadata": _OPAQUE,
        "partMetadata": _OPAQUE,
        "mediaProcessing": _OPAQUE,
        "speechMetadata": _OPAQUE,
        **{name: _OPAQUE for name in PART_DATA[3:]},
    },
    "Blob": {
        "mimeType": _STRING,
        "data": Field(kind="bytes"),
        "displayName": Field(kind="string", vertex_only=True),
    },
    "FileData": {
        "fileUri": _STRING,
        "mimeType": _STRING,
        "displayName": Field(kind="string", vertex_only=True),
    },
    "GenerationConfig": {
        "responseModalities": MODALITIES,
        "imageConfig": _message("ImageConfig"),
        "responseFormat": _message("ResponseFormat", repeated=True),
        "candidateCount": _INT,
        "temperature": _FLOAT,
        "topP": _FLOAT,
        "topK": _FLOAT,
        "seed": _INT,
        "maxOutputTokens": _INT,
        "stopSequences": Field(kind="string", repeated=True),
        "presencePenalty": _FLOAT,
        "frequencyPenalty": _FLOAT,
        "thinkingConfig": _message("ThinkingConfig"),
        "mediaResolution": _enum(*MEDIA_RESOLUTIONS),
        "responseMimeType": _STRING,
        "responseSchema": _OPAQUE,
        "responseJsonSchema": _OPAQUE,
        "responseLogprobs": _BOOL,
        "logprobs": _INT,
        "speechConfig": _OPAQUE,
        "enableEnhancedCivicAnswers": _BOOL,
        "audioTranscriptionConfig": _OPAQUE,
    },
    "ImageConfig": {
        "aspectRatio": _STRING,
        "imageSize": _STRING,
        "personGeneration": _enum(
            "PERSON_GENERATION_UNSPECIFIED", "ALLOW_ALL", "ALLOW_ADULT", "ALLOW_NONE", vertex_only=True
        ),
        "prominentPeople": _enum(
            "PROMINENT_PEOPLE_UNSPECIFIED", "ALLOW_PROMINENT_PEOPLE", "BLOCK_PROMINENT_PEOPLE", vertex_only=True
        ),
        "imageOutputOptions": _VERTEX,
    },
    "ResponseFormat": {
        "image": _message("ImageResponseFormat"),
        "text": _OPAQUE,
        "audio": _OPAQUE,
        "video": _OPAQUE,
    },
    "ImageResponseFormat": {
        "aspectRatio": _STRING,
        "imageSize": _STRING,
        "mimeType": _STRING,
        "delivery": _enum("DELIVERY_UNSPECIFIED", "INLINE", "URI"),
    },
    "ThinkingConfig": {
        "thinkingLevel": _enum("THINKING_LEVEL_UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "MINIMAL", "XHIGH"),
        "thinkingBudget": _INT,
        "includeThoughts": _BOOL,
    },
    "SafetySetting": {
        "category": _enum(*HARM_CATEGORIES),
        "threshold": _enum(*HARM_THRESHOLDS),
        "method": _enum("HARM_BLOCK_METHOD_UNSPECIFIED", "SEVERITY", "PROBABILITY", vertex_only=True),
    },
}
"""Fields by message, in camelCase. A server of this format refuses any other, as Google's does."""

_RATIO_WORDS = {
    "ONE": 1,
    "TWO": 2,
    "THREE": 3,
    "FOUR": 4,
    "FIVE": 5,
    "EIGHT": 8,
    "NINE": 9,
    "SIXTEEN": 16,
    "TWENTY_ONE": 21,
}

IMAGE_SIZE_NAMES = {
    "IMAGE_SIZE_FIVE_TWELVE": "512",
    "IMAGE_SIZE_ONE_K": "1K",
    "IMAGE_SIZE_TWO_K": "2K",
    "IMAGE_SIZE_FOUR_K": "4K",
}
"""Vertex's names for `responseFormat.image.imageSize`."""


def ratio_of_name(name: str) -> str | None:
    """`16:9` for Vertex's `ASPECT_RATIO_SIXTEEN_BY_NINE`; `None` if it is no such name."""
    width, by, height = name.removeprefix("ASPECT_RATIO_").partition("_BY_")
    if not by or not name.startswith("ASPECT_RATIO_") or width not in _RATIO_WORDS or height not in _RATIO_WORDS:
        return None
    return f"{_RATIO_WORDS[width]}:{_RATIO_WORDS[height]}"
