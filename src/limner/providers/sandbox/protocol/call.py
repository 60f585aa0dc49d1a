"""One request as read and checked, and what follows from it for the picture: its size, seed, type and framing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from limner._json import JsonObject, JsonValue
from limner.catalog.model import Model
from limner.core.blob import BlobRef
from limner.core.picture import Picture
from limner.core.request import GenerateRequest
from limner.core.size import AspectRatio, Size
from limner.providers.sandbox.prompt import shape
from limner.providers.sandbox.protocol.cards import Card
from limner.providers.sandbox.protocol.conversation import Inputs
from limner.providers.sandbox.protocol.reply import Framing
from limner.wire.gemini.fields import pick, pick_list, pick_text, whole

Method = Literal["generateContent", "streamGenerateContent", "countTokens", "predict"]

MODEL = "sandbox-1"
QUICK_MODEL = "sandbox-1-fast"

_PLAIN_SIZE = Size(1024, 1024)
"""For models whose sizes no source gives, such as gemini-2.0-flash-preview-image-generation."""

_FRAMINGS: dict[str, Framing] = {"array": "array", "sse": "sse", "sse-relay": "sse-relay"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to `model`, its test cards taken out of the prompt; `config` is its `generationConfig`.

    `sse` says how a stream is framed: as events, or as an array.
    """

    model: Model
    method: Method
    request: GenerateRequest
    config: JsonObject
    cards: tuple[Card, ...]
    sse: bool
    demands_signatures: bool = False
    warnings: tuple[str, ...] = ()
    """What Google would have refused and a lenient reading let pass."""

    def card(self, *names: str) -> Card | None:
        """The first card played that has one of these names."""
        return next((card for card in self.cards if card.name in names), None)

    @property
    def is_quick(self) -> bool:
        """Whether the model that draws fast was asked."""
        return self.model.id == QUICK_MODEL

    @property
    def framing(self) -> Framing:
        """How the answer is wrapped; a test card overrules the method."""
        played = [_FRAMINGS[card.name] for card in self.cards if card.name in _FRAMINGS]
        if played:
            return played[-1]
        if self.method != "streamGenerateContent":
            return "json"
        return "sse" if self.sse else "array"

    @property
    def seed(self) -> int:
        """The seed asked for, else one that follows from the prompt, so that nothing is ever left to chance."""
        if self.request.seed is not None:
            return self.request.seed
        digest = hashlib.blake2b(self.request.prompt.encode("utf-8", "replace"), digest_size=4).digest()
        return int.from_bytes(digest) & 0x7FFFFFFF

    @property
    def mime_type(self) -> str:
        """PNG of the sandbox and of Gemini 2.x, JPEG of Gemini 3.x; JPEG where the request asks for it."""
        output = pick_text(self._output_options(), "mimeType")
        if output in ("image/png", "image/jpeg"):
            return output
        if self.card("wrong-mime") or self._asks_for_jpeg():
            return "image/jpeg"
        name = self.model.id
        return "image/jpeg" if name.startswith("gemini") and not name.startswith("gemini-2") else "image/png"

    @property
    def declared_type(self) -> str:
        """What the picture is called, truly or not."""
        if self.card("wrong-mime"):
            return "image/png"
        return "" if self.card("no-mime") else self.mime_type

    @property
    def jpeg_quality(self) -> int | None:
        """The quality asked for, 0 to 100; on Vertex AI only."""
        quality = whole(pick(self._output_options(), "compressionQuality"))
        return quality if quality is not None and 0 <= quality <= 100 else None

    def _output_options(self) -> JsonValue:
        return pick(pick(self.config, "imageConfig"), "imageOutputOptions")

    def _asks_for_jpeg(self) -> bool:
        formats = pick_list(self.config, "responseFormat")
        asked = (pick_text(pick(each, "image"), "mimeType") for each in formats)
        return any(each in ("IMAGE_JPEG", "image/jpeg") for each in asked)

    def size(self, inputs: Inputs, measured: Mapping[BlobRef, Picture]) -> Size:
        """The model's documented size for the shape asked for, or for the one that pictures or words suggest."""
        size = self.model.capabilities.expected_size(self._ratio(inputs, measured), self.request.resolution)
        size = size or _PLAIN_SIZE
        if self.card("wrong-size"):
            size = Size(max(8, size.width // 2), max(8, size.height // 2))
        if self.card("wrong-ratio"):
            square = size.width == size.height
            size = Size(size.width, size.height * 3 // 4) if square else Size(size.height, size.width)
        return size

    def _ratio(self, inputs: Inputs, measured: Mapping[BlobRef, Picture]) -> AspectRatio:
        if self.request.aspect_ratio is not None:
            return self.request.aspect_ratio
        allowed, prompt = self.model.capabilities.ratios or (), self.request.prompt
        if inputs.base is None:
            return shape.shape_of_prompt(prompt, allowed) or shape.SQUARE
        followed = inputs.base.blob if inputs.continues else inputs.blobs[-1]
        own = shape.shape_of_picture(measured[followed].shown_size, allowed)
        return shape.shape_of_instruction(prompt, allowed) or own
