"""What a model accepts, and whether one request fits: asked once, before anything is sent or billed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from limner._json import dumps
from limner.core.parts import FilePart, ImagePart, Part, TextPart
from limner.core.request import GenerateRequest
from limner.core.size import AspectRatio, Resolution, Size
from limner.errors import InvalidRequestError, UnsupportedError

MAX_REQUEST_BYTES = 100_000_000
"""Largest JSON body, in bytes, with pictures inside. Source: Gemini API changelog, 2026-01-08 (20 MB before)."""

MAX_SEED = 2**31 - 1
"""Largest seed; the wire field is a signed 32-bit integer."""

MAX_TEMPERATURE = 2.0
"""Highest temperature. Source: the reference of `generationConfig`, 2026."""

Seeding = Literal["exact", "best_effort", "none", "unknown"]
"""What a seed does: the same picture again, perhaps a similar one, nothing, or nobody knows."""

PixelTable = tuple[tuple[AspectRatio, Resolution, Size], ...]
"""The documented output size of each ratio and resolution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a model takes and gives.

    `None` for a list or a bound means that nobody knows and everything is let through; an empty tuple means
    that the model takes none. Token limits are per request, `max_request_bytes` is for the whole JSON body.
    """

    ratios: tuple[AspectRatio, ...] | None = None
    resolutions: tuple[Resolution, ...] | None = None
    default_resolution: Resolution | None = None
    pixels: PixelTable = ()
    send_image_size: bool = True
    """False where the model makes one size only and answers an error when `imageSize` is sent."""
    image_only_allowed: bool = True
    """False where the model always answers with words as well."""
    must_send_modalities: bool = False
    """True where `responseModalities` must name both TEXT and IMAGE."""
    makes_images: bool = True
    """False where the model answers with words alone."""
    makes_text: bool = True
    """False where the model answers with pictures alone."""
    structured_output: bool = True
    """False where the model answers an error when a JSON Schema is sent."""
    temperature: bool = True
    """False where the model ignores a temperature, or refuses it."""
    images_per_call: int = 1
    input_mime_types: tuple[str, ...] | None = None
    max_reference_images: int | None = None
    advised_reference_images: int | None = None
    conversation: bool = True
    """True if a request may carry earlier turns."""
    system_instruction: bool = True
    seed: Seeding = "unknown"
    thinks: bool | None = None
    """True if the model thinks before it draws, and can show drafts."""
    thinking_levels: tuple[str, ...] = ()
    default_thinking_level: str | None = None
    needs_signatures: bool = False
    """True if turns of this model must be sent back with their thought signatures."""
    input_token_limit: int | None = None
    output_token_limit: int | None = None
    max_request_bytes: int = MAX_REQUEST_BYTES

    def expected_size(self, ratio: AspectRatio | None, resolution: Resolution | None = None) -> Size | None:
        """The documented size in pixels, `None` where no source gives one (always so without a ratio)."""
        wanted = resolution or self.default_resolution
        for listed_ratio, listed_resolution, size in self.pixels:
            if listed_ratio == ratio and listed_resolution == wanted:
                return size
        return None


def check(
    request: GenerateRequest, capabilities: Capabilities, *, model_name: str, instead: str | None = None
) -> tuple[str, ...]:
    """Warnings about what will be dropped or is advised against; empty if nothing is.

    `instead` is a model to name where this one makes no picture, or no words.

    Raises `InvalidRequestError` (`invalid.prompt`, `invalid.seed`, `invalid.temperature`, `invalid.schema`) for a
    request that no model takes, and `UnsupportedError` (`unsupported.output`, `.aspect_ratio`, `.resolution`,
    `.reference_count`, `.mime_type`, `.conversation`, `.system_instruction`, `.request_size`) for one that this model
    does not.
    """
    _check_prompt(request)
    _check_seed(request)
    _check_temperature(request)
    _check_output(request, capabilities, model_name, instead)
    _check_ratio(request, capabilities, model_name)
    _check_resolution(request, capabilities, model_name)
    _check_references(request, capabilities, model_name)
    _check_mime_types(request, capabilities, model_name)
    _check_turns(request, capabilities, model_name)
    _check_request_size(request, capabilities, model_name)
    return tuple(_warnings(request, capabilities, model_name))


def request_bytes(request: GenerateRequest) -> int:
    """About how many bytes of JSON the request makes: pictures as base64, text as UTF-8, 64 for each part.

    Pictures sent by address count as their address.
    """
    total = len(request.prompt.encode("utf-8", "replace"))
    total += len((request.system_instruction or "").encode("utf-8", "replace"))
    total += 0 if request.schema is None else len(dumps(request.schema).encode("utf-8", "replace"))
    return total + sum(64 + _part_bytes(part) for part in _parts(request))


def _parts(request: GenerateRequest) -> Iterator[Part]:
    yield from request.images
    for turn in request.history:
        yield from turn.parts


def _part_bytes(part: Part) -> int:
    if isinstance(part, ImagePart):
        return (part.blob.size + 2) // 3 * 4 + len(part.signature or "")
    if isinstance(part, TextPart):
        return len(part.text.encode("utf-8", "replace")) + len(part.signature or "")
    if isinstance(part, FilePart):
        return len(part.uri) + len(part.signature or "")
    return len(str(part.document))


def _check_prompt(request: GenerateRequest) -> None:
    if not request.prompt.strip() and request.upscale is None:
        raise InvalidRequestError(
            "The prompt is empty.\nAccepted: any text that says what the picture shows.",
            code="invalid.prompt",
            hint='Try: limner generate "a red fox in snow"',
        )


def _check_seed(request: GenerateRequest) -> None:
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        raise InvalidRequestError(
            f"Seed {request.seed} is out of range.\nAccepted: 0 to {MAX_SEED}.",
            code="invalid.seed",
            hint=f"Try: --seed {abs(request.seed) % (MAX_SEED + 1)}",
        )


def _check_temperature(request: GenerateRequest) -> None:
    asked = request.temperature
    if asked is not None and not (math.isfinite(asked) and 0 <= asked <= MAX_TEMPERATURE):
        raise InvalidRequestError(
            f"Temperature {asked} is out of range.\nAccepted: 0 to {MAX_TEMPERATURE:g}.",
            code="invalid.temperature",
            hint="Try: 1, or leave it out",
        )


def _check_output(request: GenerateRequest, capabilities: Capabilities, model_name: str, instead: str | None) -> None:
    hint = "`limner models` says what each model makes" if instead is None else f"Try: --model {instead}"
    if request.image and not capabilities.makes_images:
        raise UnsupportedError(
            f"Model {model_name!r} answers with words alone; it makes no pictures."
            + ("" if instead is None else f"\nNearest model that makes them: {instead}."),
            code="unsupported.output",
            hint=hint,
        )
    if not request.image and not capabilities.makes_text:
        raise UnsupportedError(
            f"Model {model_name!r} answers with pictures alone; it writes no words."
            + ("" if instead is None else f"\nA model that writes them: {instead}."),
            code="unsupported.output",
            hint=hint,
        )
    if request.schema is not None and request.image:
        raise InvalidRequestError(
            "A JSON Schema asks for JSON alone, and a picture is asked for as well.",
            code="invalid.schema",
            hint="Ask for words without a picture, or leave the schema out.",
        )


def _check_ratio(request: GenerateRequest, capabilities: Capabilities, model_name: str) -> None:
    asked, allowed = request.aspect_ratio, capabilities.ratios
    if asked is None or allowed is None or asked in allowed:
        return
    if not allowed:
        raise UnsupportedError(
            f"Model {model_name!r} does not accept an aspect ratio, so not {str(asked)!r} either.",
            code="unsupported.aspect_ratio",
            hint="Try: leave --aspect out and describe the shape in the prompt",
        )
    nearest = asked.nearest(allowed)
    raise UnsupportedError(
        f"Model {model_name!r} does not accept aspect ratio {str(asked)!r}.\n"
        f"Accepted: {', '.join(map(str, allowed))}. Nearest: {nearest}.",
        code="unsupported.aspect_ratio",
        hint=f"Try: --aspect {nearest}",
    )


def _check_resolution(request: GenerateRequest, capabilities: Capabilities, model_name: str) -> None:
    asked, allowed = request.resolution, capabilities.resolutions
    if asked is None or allowed is None or asked in allowed:
        return
    if not allowed:
        raise UnsupportedError(
            f"Model {model_name!r} does not accept a resolution, so not {asked.value!r} either.",
            code="unsupported.resolution",
            hint="Try: leave --size out",
        )
    order = list(Resolution)
    nearest = min(allowed, key=lambda each: (abs(order.index(each) - order.index(asked)), order.index(each)))
    raise UnsupportedError(
        f"Model {model_name!r} does not accept resolution {asked.value!r}.\n"
        f"Accepted: {', '.join(allowed)}. Nearest: {nearest}.",
        code="unsupported.resolution",
        hint=f"Try: --size {nearest}",
    )


def _check_references(request: GenerateRequest, capabilities: Capabilities, model_name: str) -> None:
    count, most = len(request.images), capabilities.max_reference_images
    if most is None or count <= most:
        return
    if most == 0:
        raise UnsupportedError(
            f"Model {model_name!r} does not accept input pictures, and {count} were given.",
            code="unsupported.reference_count",
            hint="Try: another --model; `limner models` lists those that edit",
        )
    raise UnsupportedError(
        f"Model {model_name!r} does not accept {count} input pictures.\nAccepted: up to {most}.",
        code="unsupported.reference_count",
        hint=f"Try: leave out {count - most}, or put several into one picture side by side",
    )


def _check_mime_types(request: GenerateRequest, capabilities: Capabilities, model_name: str) -> None:
    allowed = capabilities.input_mime_types
    if allowed is None:
        return
    for number, picture in enumerate(request.images, start=1):
        if picture.mime_type and picture.mime_type.lower() not in allowed:
            raise UnsupportedError(
                f"Model {model_name!r} does not accept {picture.mime_type!r} (input picture {number}).\n"
                f"Accepted: {', '.join(allowed)}.",
                code="unsupported.mime_type",
                hint="Try: save the picture as PNG or JPEG first",
            )


def _check_turns(request: GenerateRequest, capabilities: Capabilities, model_name: str) -> None:
    if request.history and not capabilities.conversation:
        raise UnsupportedError(
            f"Model {model_name!r} does not continue a conversation; this one has {len(request.history)} turns.",
            code="unsupported.conversation",
            hint="Try: limner generate with the whole wish in one prompt, or another --model",
        )
    if request.system_instruction and not capabilities.system_instruction:
        raise UnsupportedError(
            f"Model {model_name!r} does not accept a system instruction.",
            code="unsupported.system_instruction",
            hint="Try: put the instruction into the prompt",
        )


def _check_request_size(request: GenerateRequest, capabilities: Capabilities, model_name: str) -> None:
    size, most = request_bytes(request), capabilities.max_request_bytes
    if size > most:
        raise UnsupportedError(
            f"The request is too large for model {model_name!r}: about {size / 1e6:.1f} MB of JSON, "
            f"pictures counted as base64.\nAccepted: up to {most / 1e6:.0f} MB.",
            code="unsupported.request_size",
            hint="Try: smaller or fewer input pictures",
        )


def _warnings(request: GenerateRequest, capabilities: Capabilities, model_name: str) -> Iterator[str]:
    advised = capabilities.advised_reference_images
    if advised is not None and len(request.images) > advised:
        yield f"Model {model_name!r} is advised for up to {advised} input pictures; {len(request.images)} are sent."
    if request.seed is not None and capabilities.seed == "best_effort":
        yield f"Model {model_name!r} treats a seed as a wish: the same seed may give another picture."
    if request.seed is not None and capabilities.seed == "none":
        yield f"Model {model_name!r} takes no seed: {request.seed} is not sent."
    if request.temperature is not None and not capabilities.temperature:
        yield f"Model {model_name!r} takes no temperature: {request.temperature:g} is not sent."
    if request.schema is not None and not capabilities.structured_output:
        yield f"Model {model_name!r} takes no JSON Schema: it is not sent, and only the prompt asks for JSON."
    if request.include_thoughts and capabilities.thinks is False:
        yield f"Model {model_name!r} does not think: there will be no drafts."
    if not request.text and not capabilities.image_only_allowed:
        yield f"Model {model_name!r} always answers with words as well as a picture."
