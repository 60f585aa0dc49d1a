"""What a turn is made of, in the order it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from limner._json import JsonObject
from limner.core.blob import BlobRef

Role = Literal["user", "model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A piece of text. `thought` marks the model's thinking, which is no answer.

    `signature` is the provider's thought signature exactly as it stands in the lifted document.
    """

    text: str
    thought: bool = False
    signature: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """A picture in the blob store. `mime_type` is what the sender declared (may be "" or wrong).

    `thought` marks a draft. `signature` as in `TextPart`.
    """

    blob: BlobRef
    mime_type: str = ""
    thought: bool = False
    signature: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A picture by address: a Files API URI, `gs://` or https URL that the provider itself fetches."""

    uri: str
    mime_type: str = ""
    signature: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPart:
    """A part Limner has no word for, kept as its lifted JSON and passed on untouched."""

    document: JsonObject


Part = TextPart | ImagePart | FilePart | OtherPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One side's contribution to a conversation."""

    role: Role
    parts: tuple[Part, ...]
