"""Token counts as Google would give them: plausible, deterministic, and free."""

from __future__ import annotations

from collections.abc import Iterable

from limner._json import dumps
from limner.catalog.model import Model
from limner.core.parts import FilePart, ImagePart, Part, TextPart
from limner.core.request import GenerateRequest
from limner.core.result import Usage
from limner.core.size import Resolution

BYTES_PER_TOKEN = 4
"""Rule of thumb of the Gemini API's page on tokens: a token is about four characters."""

_INPUT_IMAGE_TOKENS = 258
"""For one tile of an input picture. Source: the page on image understanding; used where the catalog has no number."""

_OUTPUT_IMAGE_TOKENS = 1290
"""For one picture of 1024 x 1024. Source: the price list of gemini-2.5-flash-image."""

_THOUGHT_TOKENS = 96


def text_tokens(text: str) -> int:
    """About how many tokens a text makes."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def input_tokens(request: GenerateRequest, model: Model) -> tuple[int, int]:
    """Tokens of everything sent, and how many of them are pictures'."""
    parts = [*request.images, *(part for turn in request.history for part in turn.parts)]
    words = [request.prompt, request.system_instruction or "", *_texts(parts)]
    words += [] if request.schema is None else [dumps(request.schema)]
    pictures = sum(isinstance(part, ImagePart | FilePart) for part in parts)
    per_picture = model.price.input_image_tokens if model.price is not None else None
    image_tokens = pictures * (per_picture or _INPUT_IMAGE_TOKENS)
    return sum(map(text_tokens, words)) + image_tokens, image_tokens


def usage(request: GenerateRequest, model: Model, parts: tuple[Part, ...], resolution: Resolution | None) -> Usage:
    """What a call with this answer used."""
    prompt, prompt_images = input_tokens(request, model)
    pictures = sum(isinstance(part, ImagePart) and not part.thought for part in parts)
    image_tokens = pictures * _tokens_per_picture(model, resolution)
    output = image_tokens + sum(map(text_tokens, _texts(parts)))
    thoughts = _THOUGHT_TOKENS if model.capabilities.thinks and parts else 0
    return Usage(
        input_tokens=prompt,
        input_image_tokens=prompt_images,
        output_tokens=output,
        output_image_tokens=image_tokens,
        thought_tokens=thoughts,
        total_tokens=prompt + output + thoughts,
    )


def _tokens_per_picture(model: Model, resolution: Resolution | None) -> int:
    wanted = resolution or model.capabilities.default_resolution or Resolution.R1K
    known = model.price.tokens_for(wanted) if model.price is not None else None
    return known or _OUTPUT_IMAGE_TOKENS


def _texts(parts: Iterable[Part]) -> Iterable[str]:
    return (part.text for part in parts if isinstance(part, TextPart) and not part.thought)
