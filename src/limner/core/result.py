"""What a provider answered, in Limner's words."""

from __future__ import annotations

from dataclasses import dataclass

from limner.core.outcome import Outcome
from limner.core.parts import ImagePart, Part, TextPart


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the provider counted them; image and text shares only where it gave them."""

    input_tokens: int = 0
    input_image_tokens: int = 0
    output_tokens: int = 0
    output_image_tokens: int = 0
    thought_tokens: int = 0
    tool_tokens: int = 0
    total_tokens: int = 0
    service_tier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One complete answer: its parts in order, how it ended, and what it used.

    `outcome` is decided from everything else. `empty_images` counts `inlineData` that came without data.
    """

    outcome: Outcome
    parts: tuple[Part, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    empty_images: int = 0

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The finished pictures, in order; drafts left out."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart) and not part.thought)

    @property
    def drafts(self) -> tuple[ImagePart, ...]:
        """The pictures marked as thinking, in order."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart) and part.thought)

    @property
    def text(self) -> str:
        """All text that is an answer, joined; thinking left out."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart) and not part.thought)
