"""One generation asked for, in Limner's words."""

from __future__ import annotations

from dataclasses import dataclass

from limner.core.parts import FilePart, ImagePart, Turn
from limner.core.size import AspectRatio, Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """A picture asked of `model`: text-to-image without `images`, an edit with them.

    `images` keep their order. `None` leaves a choice to the provider. `seed` is 0 to 2**31 - 1.
    `text` asks for words beside the picture. `include_thoughts` asks for drafts and thinking as well.
    """

    model: str
    prompt: str
    images: tuple[ImagePart | FilePart, ...] = ()
    history: tuple[Turn, ...] = ()
    aspect_ratio: AspectRatio | None = None
    resolution: Resolution | None = None
    seed: int | None = None
    text: bool = True
    include_thoughts: bool = False
    system_instruction: str | None = None
