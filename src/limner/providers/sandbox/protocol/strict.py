"""What Google refuses in a well-formed request because of the model: ratios, sizes, input pictures, lengths."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from limner._json import JsonObject
from limner.catalog.model import Model
from limner.core.blob import BlobRef
from limner.core.parts import FilePart, ImagePart
from limner.core.picture import NotAPicture, Picture, measure
from limner.core.request import GenerateRequest
from limner.providers.sandbox.protocol.usage import input_tokens
from limner.wire.gemini.fields import pick, pick_flag, pick_text
from limner.wire.gemini.refusals import RefusedError, invalid
from limner.wire.gemini.settings import modalities

ReadBlob = Callable[[BlobRef], bytes]

_IMAGE_CONFIG = "generation_config.image_config"


def check(request: GenerateRequest, config: JsonObject, model: Model) -> None:
    """Raise `RefusedError` (400) for what the model does not take. `config` is the body's `generationConfig`."""
    for examine in _CHECKS:
        examine(request, config, model)


def adapted(request: GenerateRequest, config: JsonObject, model: Model) -> tuple[GenerateRequest, tuple[str, ...]]:
    """The request as the model can take it, and what `check` would have refused.

    A ratio it lacks gives way to the nearest, a size to its own. A picture that cannot be had is still refused.
    """
    warnings: list[str] = []
    for examine in _CHECKS:
        try:
            examine(request, config, model)
        except RefusedError as error:
            warnings.append(error.refusal.message)
    capabilities, ratio = model.capabilities, request.aspect_ratio
    if ratio is not None and capabilities.ratios is not None and ratio not in capabilities.ratios:
        request = replace(request, aspect_ratio=ratio.nearest(capabilities.ratios) if capabilities.ratios else None)
    if request.resolution not in (capabilities.resolutions or (request.resolution,)):
        request = replace(request, resolution=None)
    for path, part in input_pictures(request):
        if isinstance(part, FilePart):
            raise _unreachable(path, part)
    return request, tuple(warnings)


def _check_ratio(request: GenerateRequest, _config: JsonObject, model: Model) -> None:
    asked, allowed = request.aspect_ratio, model.capabilities.ratios
    if asked is None or allowed is None or asked in allowed:
        return
    field = f"{_IMAGE_CONFIG}.aspect_ratio"
    if not allowed:
        raise invalid(f"Aspect ratio is not enabled for models/{model.id}.", field=field)
    raise invalid(
        f"Invalid aspect ratio {str(asked)!r} for models/{model.id}. Supported: {', '.join(map(str, allowed))}.",
        field=field,
        hint=f"Nearest: {asked.nearest(allowed)}.",
    )


def _check_resolution(request: GenerateRequest, _config: JsonObject, model: Model) -> None:
    asked, allowed = request.resolution, model.capabilities.resolutions
    if not model.capabilities.send_image_size:
        allowed = ()
    if asked is None or allowed is None or asked in allowed:
        return
    supported = f"Supported: {', '.join(allowed)}." if allowed else "It makes one size only."
    raise invalid(
        f"Invalid image size {asked.value!r} for models/{model.id}. {supported}",
        field=f"{_IMAGE_CONFIG}.image_size",
    )


def _check_modalities(_request: GenerateRequest, config: JsonObject, model: Model) -> None:
    asked = modalities(config)
    if not model.capabilities.makes_images:
        if "IMAGE" in asked:
            raise _modalities_refused(model, "TEXT")
        return
    takes_this = "TEXT" in asked or model.capabilities.image_only_allowed
    if takes_this and (asked or not model.capabilities.must_send_modalities):
        return
    raise _modalities_refused(model, "IMAGE, TEXT")


def _modalities_refused(model: Model, accepted: str) -> RefusedError:
    return invalid(
        "The requested combination of response modalities is not supported by the model. "
        f"models/{model.id} accepts the following combination of response modalities:\n* {accepted}\n",
        field="generation_config.response_modalities",
    )


def _check_form(request: GenerateRequest, _config: JsonObject, model: Model) -> None:
    """JSON is for words alone, and not every model writes it."""
    if request.schema is None:
        return
    if not model.capabilities.structured_output:
        raise invalid(f"JSON mode is not enabled for models/{model.id}", field="generation_config.response_mime_type")
    if request.image:
        raise invalid(
            "JSON mode is not enabled for the requested response modalities: an answer in JSON holds no IMAGE.",
            field="generation_config.response_mime_type",
            hint='Send responseModalities ["TEXT"], or ask a model that answers with words alone.',
        )


def _check_thinking(_request: GenerateRequest, config: JsonObject, model: Model) -> None:
    level = pick_text(pick(config, "thinkingConfig"), "thinkingLevel")
    levels = model.capabilities.thinking_levels
    if level and levels and level.lower() not in levels:
        raise invalid(
            f"Thinking level {level[:40]!r} is not supported for this model. Supported: {', '.join(levels)}.",
            field="generation_config.thinking_config.thinking_level",
        )


def _check_logprobs(_request: GenerateRequest, config: JsonObject, model: Model) -> None:
    if pick_flag(config, "responseLogprobs"):
        raise invalid(f"Logprobs is not enabled for models/{model.id}", field="generation_config.response_logprobs")


def _check_pictures(request: GenerateRequest, _config: JsonObject, model: Model) -> None:
    most = model.capabilities.max_reference_images
    if most is not None and len(request.images) > most:
        raise invalid(f"Too many input images: {len(request.images)}. models/{model.id} takes up to {most}.")
    allowed = model.capabilities.input_mime_types
    for path, part in input_pictures(request):
        if isinstance(part, FilePart):
            raise _unreachable(path, part)
        if allowed is not None and part.mime_type.lower() not in allowed:
            raise invalid(
                f"Unsupported MIME type: {part.mime_type[:100]}",
                field=f"{path}.inline_data.mime_type",
                hint=f"Supported: {', '.join(allowed)}.",
            )


def _check_length(request: GenerateRequest, _config: JsonObject, model: Model) -> None:
    limit = model.capabilities.input_token_limit
    count, _ = input_tokens(request, model)
    if limit is not None and count > limit:
        raise invalid(f"The input token count ({count}) exceeds the maximum number of tokens allowed ({limit}).")


_CHECKS = (
    *(_check_ratio, _check_resolution, _check_modalities, _check_form, _check_thinking, _check_logprobs),
    *(_check_pictures, _check_length),
)


def _unreachable(path: str, part: FilePart) -> RefusedError:
    return invalid(
        f"Cannot fetch content from the provided URI {part.uri[:100]!r}: the sandbox stores no files and "
        "opens no addresses. Send the picture as inlineData.",
        field=f"{path}.file_data.file_uri",
    )


def input_pictures(request: GenerateRequest) -> Iterator[tuple[str, ImagePart | FilePart]]:
    """Every picture of the user's turns, oldest first, with its turn's path in the request."""
    for index, turn in enumerate(request.history):
        if turn.role == "user":
            yield from ((f"contents[{index}]", part) for part in turn.parts if isinstance(part, ImagePart | FilePart))
    yield from ((f"contents[{len(request.history)}]", part) for part in request.images)


def measured(request: GenerateRequest, read_blob: ReadBlob) -> Mapping[BlobRef, Picture]:
    """The headers of every picture in the request, the model's own included. 400 for one that is no whole picture."""
    turns = (part for turn in request.history for part in turn.parts)
    found: dict[BlobRef, Picture] = {}
    for part in (*turns, *request.images):
        if isinstance(part, ImagePart) and part.blob not in found:
            found[part.blob] = _measured(read_blob(part.blob))
    return found


def _measured(data: bytes) -> Picture:
    try:
        picture = measure(io.BytesIO(data))
    except NotAPicture as problem:
        raise unusable_picture(str(problem)) from problem
    if not picture.complete:
        raise unusable_picture("the file is cut short")
    return picture


def unusable_picture(why: str) -> Exception:
    """400 for an input picture that cannot be read; the first sentence is Google's."""
    return invalid(f"Unable to process input image. Please retry or send another picture: {why}.")
