"""What one document of an answer brings, before the documents are merged."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonValue
from limner.core.parts import Part
from limner.core.result import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What one document says of one candidate. `empty_images` counts pictures that came without data."""

    index: int
    parts: tuple[Part, ...] = ()
    empty_images: int = 0
    finish_reason: str | None = None
    finish_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What one document says. `error` is the document where it carries an error; `faults` what cannot be read."""

    candidates: tuple[Candidate, ...] = ()
    block_reason: str | None = None
    block_message: str | None = None
    usage: Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: JsonValue = None
    faults: tuple[str, ...] = ()
