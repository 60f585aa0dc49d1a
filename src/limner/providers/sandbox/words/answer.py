"""An answer in words alone: a short text, JSON of the form that was asked for, or one word of a list."""

from __future__ import annotations

from limner._json import JsonObject, JsonValue, dumps
from limner.core.request import GenerateRequest
from limner.providers.sandbox.prompt import enhance
from limner.providers.sandbox.words.brief import read_brief
from limner.providers.sandbox.words.fill import TooComplexError, filled
from limner.providers.sandbox.words.sentences import Writer

MAX_DOCUMENT_BYTES = 60_000
"""Longest JSON document that is written."""


def written(request: GenerateRequest, *, seed: int, as_enum: bool = False) -> str:
    """What is said where only words are asked for. With `as_enum` a single text of the schema's `enum`, not as JSON.

    Raises `TooComplexError` for a schema whose smallest document would be too deep or too large.
    """
    wanted = enhance.prompt_in(request.prompt)
    if wanted is not None and request.schema is None:
        return enhance.enhanced(wanted, seed=seed)
    writer = Writer(brief=read_brief(request.prompt), seed=seed)
    if request.schema is None:
        return writer.prose(len(request.images))
    value = filled(request.schema or _any_document(), writer)
    if as_enum and isinstance(value, str):
        return value
    text = dumps(value)
    if len(text.encode("utf-8", "replace")) > MAX_DOCUMENT_BYTES:
        raise TooComplexError(f"the document would have more than {MAX_DOCUMENT_BYTES} bytes")
    return text


def fenced(text: str) -> str:
    """JSON as a chatty model writes it: in a code fence of Markdown."""
    return f"```json\n{text}\n```"


def broken(text: str) -> str:
    """The first half of a text."""
    return text[: max(1, len(text) // 2)]


def _any_document() -> JsonObject:
    """The form of the document that comes where JSON of any shape was asked for."""
    text: JsonValue = {"type": "string"}
    names = ("title", "text", "keywords")
    fields = {"title": text, "text": text, "keywords": {"type": "array", "items": text}}
    return {"type": "object", "properties": fields, "required": list(names)}
