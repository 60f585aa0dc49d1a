"""One generation asked for, in Limner's words."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonObject, JsonValue
from limner.core.parts import FilePart, ImagePart, Turn
from limner.core.size import AspectRatio, Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateRequest:
    """A picture asked of `model`: text-to-image without `images`, an edit with them.

    `images` keep their order. `None` leaves a choice to the provider. `seed` is 0 to 2**31 - 1.
    `text` asks for words beside the picture; without `image` for words alone. `include_thoughts` asks for drafts and
    thinking as well. `samples` is how many pictures one call is to bring, `upscale` by how much each side is to grow
    (2 to 4), `mask` where to change a picture: white in a picture of the same size, or `foreground`, `background`.
    `parameters` are settings that only the wire has a word for, each with its dotted path. `schema` asks for one JSON
    document that fits this JSON Schema instead of words; an empty one for JSON of any shape. `temperature` is 0 to 2.
    With `images_first` the pictures stand before the words of the turn.
    """

    model: str
    prompt: str
    images: tuple[ImagePart | FilePart, ...] = ()
    history: tuple[Turn, ...] = ()
    aspect_ratio: AspectRatio | None = None
    resolution: Resolution | None = None
    seed: int | None = None
    text: bool = True
    image: bool = True
    include_thoughts: bool = False
    system_instruction: str | None = None
    samples: int = 1
    upscale: int | None = None
    mask: ImagePart | str | None = None
    parameters: tuple[tuple[str, JsonValue], ...] = ()
    schema: JsonObject | None = None
    temperature: float | None = None
    images_first: bool = False

    @property
    def has_pictures(self) -> bool:
        """True if there is a picture to change, in this turn or an earlier one."""
        earlier = (part for turn in self.history for part in turn.parts)
        return bool(self.images) or any(isinstance(part, ImagePart | FilePart) for part in earlier)
