"""An Imagen request as it comes in: text to pictures, an edit of a picture, or more pixels for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.size import AspectRatio, Resolution
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.fields import number, pick, pick_flag, pick_list, pick_object, pick_text, whole
from limner.wire.gemini.parts import picture_of
from limner.wire.gemini.violations import MAX_VIOLATIONS, Violation, invalid_value, unknown_names
from limner.wire.imagen import schema

Kind = Literal["generate", "edit", "upscale"]

MAX_PROMPT_TOKENS = 480
"""Source: the Imagen page of the Gemini API. A token is about four characters."""
MAX_SAMPLES = 4
_BYTES_PER_TOKEN = 4
_MAX_SEED = 2**32 - 1
"""Vertex AI's seed is an unsigned 32-bit number. Source: its reference of Imagen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One picture to work from. `kind` is such as `RAW` or `MASK`; `mask_mode` and `dilation` are a mask's."""

    kind: str
    blob: BlobRef | None = None
    mask_mode: str = "DEFAULT"
    dilation: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictRequest:
    """What is asked. `references` are an edit's, the `image` an upscale's; `upscale` is its factor.

    `mime_type` and `quality` (0 to 100, a JPEG's) are those of the files; `None` leaves them to the model.
    """

    kind: Kind
    prompt: str
    count: int = MAX_SAMPLES
    aspect_ratio: AspectRatio | None = None
    resolution: Resolution | None = None
    seed: int | None = None
    negative_prompt: str = ""
    mime_type: str | None = None
    quality: int | None = None
    person_generation: str = "allow_adult"
    enhance: bool = False
    rai_reasons: bool = False
    safety_attributes: bool = False
    edit_mode: str = "DEFAULT"
    references: tuple[Reference, ...] = ()
    image: BlobRef | None = None
    upscale: int = 2


def predict_from_wire(body: JsonValue, *, vertex: bool) -> PredictRequest:
    """Read a lifted body, in either casing. Raises `WireError` with everything that is wrong.

    Without `vertex`, what only Vertex AI takes is refused.
    """
    kind = _kind(body)
    found = tuple(islice(_refusals(body, kind, vertex), MAX_VIOLATIONS))
    if found:
        raise WireError(found)
    (instance,) = pick_list(body, "instances")
    parameters = pick_object(body, "parameters")
    options = pick_object(parameters, "outputOptions")
    ratio, size = pick_text(parameters, "aspectRatio"), pick_text(parameters, "sampleImageSize")
    image = _picture(pick(instance, "image"))
    return PredictRequest(
        kind=kind,
        prompt=pick_text(instance, "prompt") or "",
        count=whole(pick(parameters, "sampleCount")) or (1 if kind == "upscale" else MAX_SAMPLES),
        aspect_ratio=AspectRatio.parse(ratio) if ratio else None,
        resolution=Resolution(size.upper()) if size else None,
        seed=whole(pick(parameters, "seed")),
        negative_prompt=pick_text(parameters, "negativePrompt") or "",
        mime_type=pick_text(options, "mimeType"),
        quality=whole(pick(options, "compressionQuality")),
        person_generation=(pick_text(parameters, "personGeneration") or "allow_adult").lower(),
        enhance=pick_flag(parameters, "enhancePrompt"),
        rai_reasons=pick_flag(parameters, "includeRaiReason"),
        safety_attributes=pick_flag(parameters, "includeSafetyAttributes"),
        edit_mode=(pick_text(parameters, "editMode") or "").upper().removeprefix("EDIT_MODE_") or "DEFAULT",
        references=tuple(map(_reference, pick_list(instance, "referenceImages"))),
        image=image,
        upscale=int((pick_text(pick(parameters, "upscaleConfig"), "upscaleFactor") or "x2")[1:]),
    )


def _kind(body: JsonValue) -> Kind:
    instance = next(iter(pick_list(body, "instances")), None)
    if pick(instance, "referenceImages") is not None:
        return "edit"
    is_upscale = pick_text(pick(body, "parameters"), "mode") == "upscale" or pick(instance, "image") is not None
    return "upscale" if is_upscale else "generate"


def _refusals(body: JsonValue, kind: Kind, vertex: bool) -> Iterator[Violation]:
    yield from unknown_names(body, schema.ROOT, "PredictRequest", "")
    if not vertex and pick(body, "labels") is not None:
        yield _vertex_only("labels", "")
    instances = pick_list(body, "instances")
    if len(instances) != 1:
        yield _refused("instances", f"There must be exactly one instance, not {len(instances)}.")
    for instance in instances[:1]:
        yield from unknown_names(instance, schema.INSTANCES[kind], "Instance", "instances[0]")
        yield from _prompt_refusals(instance, kind)
        if kind == "edit":
            yield from _reference_refusals(pick_list(instance, "referenceImages"))
        if kind == "upscale":
            yield from _image_refusals(pick(instance, "image"), "instances[0].image")
    parameters = pick(body, "parameters")
    yield from _parameter_refusals({} if parameters is None else parameters, kind, vertex)


def _prompt_refusals(instance: JsonValue, kind: Kind) -> Iterator[Violation]:
    prompt = pick(instance, "prompt")
    if kind != "upscale" and (not isinstance(prompt, str) or not prompt.strip()):
        yield _refused("instances[0].prompt", "The prompt is empty; say what the picture shows.")
        return
    text = pick_text(instance, "prompt")
    tokens = -(-len((text or "").encode("utf-8", "replace")) // _BYTES_PER_TOKEN)
    if tokens > MAX_PROMPT_TOKENS or (prompt and text is None):
        yield _refused("instances[0].prompt", f"The prompt has more than {MAX_PROMPT_TOKENS} tokens.")


def _parameter_refusals(parameters: JsonValue, kind: Kind, vertex: bool) -> Iterator[Violation]:
    own = {"generate": (), "edit": schema.EDIT_PARAMETERS, "upscale": schema.UPSCALE_PARAMETERS}[kind]
    names = (*schema.PARAMETERS, *schema.VERTEX_PARAMETERS, *own)
    yield from unknown_names(parameters, names, "Parameters", "parameters")
    if not vertex:
        for name in (*schema.VERTEX_PARAMETERS, *own):
            if pick(parameters, name) is not None:
                yield _vertex_only(name, "parameters")
    yield from _in_range(parameters, "sampleCount", 1, MAX_SAMPLES)
    yield from _in_range(parameters, "seed", 0, _MAX_SEED)
    yield from _one_of(parameters, "aspectRatio", schema.RATIOS)
    yield from _one_of(parameters, "sampleImageSize", schema.SIZES)
    yield from _one_of(parameters, "personGeneration", schema.PERSON_GENERATION, any_case=True)
    yield from _one_of(parameters, "safetySetting", schema.SAFETY_SETTINGS, any_case=True)
    yield from _one_of(parameters, "language", schema.LANGUAGES, any_case=True)
    scale = pick(parameters, "guidanceScale")
    if scale is not None and number(scale) is None:
        yield invalid_value("parameters.guidance_scale", "TYPE_FLOAT", scale)
    yield from _output_refusals(pick(parameters, "outputOptions"))
    watermark = pick(parameters, "addWatermark")
    if pick(parameters, "seed") is not None and (watermark is None or pick_flag(parameters, "addWatermark")):
        yield _refused("parameters.seed", "Seed is not supported when watermark is enabled; send addWatermark: false.")
    if pick(parameters, "storageUri") is not None and vertex:
        yield _refused("parameters.storage_uri", "There is no Cloud Storage here; leave storageUri out.")
    if kind == "edit":
        mode = (pick_text(parameters, "editMode") or "").upper().removeprefix("EDIT_MODE_")
        if mode and mode not in schema.EDIT_MODES:
            yield _not_one_of("parameters.edit_mode", mode, schema.EDIT_MODES)
    if kind == "upscale":
        config = pick(parameters, "upscaleConfig")
        yield from unknown_names({} if config is None else config, schema.UPSCALE_FIELDS, "UpscaleConfig", _UPSCALE)
        yield from _one_of(config, "upscaleFactor", schema.UPSCALE_FACTORS, path=_UPSCALE)


_UPSCALE = "parameters.upscale_config"
_OUTPUT = "parameters.output_options"


def _output_refusals(options: JsonValue) -> Iterator[Violation]:
    if options is None:
        return
    yield from unknown_names(options, schema.OUTPUT_FIELDS, "OutputOptions", _OUTPUT)
    yield from _one_of(options, "mimeType", schema.OUTPUT_TYPES, path=_OUTPUT)
    yield from _in_range(options, "compressionQuality", 0, 100, path=_OUTPUT)


def _reference_refusals(references: Sequence[JsonValue]) -> Iterator[Violation]:
    for index, reference in enumerate(references):
        path = f"instances[0].reference_images[{index}]"
        yield from unknown_names(reference, schema.REFERENCE_FIELDS, "ReferenceImage", path)
        kind = _reference_kind(reference)
        if kind not in schema.REFERENCE_TYPES:
            yield _not_one_of(f"{path}.reference_type", kind, schema.REFERENCE_TYPES)
        mask = pick(reference, "maskImageConfig")
        if mask is not None:
            yield from unknown_names(mask, schema.MASK_FIELDS, "MaskImageConfig", f"{path}.mask_image_config")
        mode = _mask_mode(reference)
        if mode not in schema.MASK_MODES:
            yield _not_one_of(f"{path}.mask_image_config.mask_mode", mode, schema.MASK_MODES)
        dilation = pick(mask, "dilation")
        if dilation is not None and not 0 <= (-1 if (found := number(dilation)) is None else found) <= 1:
            yield _refused(f"{path}.mask_image_config.dilation", "dilation is a share of the width, 0 to 1.")
        if pick(reference, "referenceImage") is not None:
            yield from _image_refusals(pick(reference, "referenceImage"), f"{path}.reference_image")
        elif kind != "MASK" or mode in ("DEFAULT", "USER_PROVIDED"):
            yield _refused(f"{path}.reference_image", f"A reference of type {kind} needs a picture.")
    if references and not any(_reference_kind(each) == "RAW" for each in references):
        yield _refused("instances[0].reference_images", "One reference must be REFERENCE_TYPE_RAW: what is edited.")


def _image_refusals(image: JsonValue, path: str) -> Iterator[Violation]:
    yield from unknown_names({} if image is None else image, schema.IMAGE_FIELDS, "Image", path)
    if pick(image, "gcsUri") is not None:
        yield _refused(f"{path}.gcs_uri", "There is no Cloud Storage here; send bytesBase64Encoded.")
    elif _picture(image) is None:
        given = pick(image, "bytesBase64Encoded")
        if given:
            yield invalid_value(f"{path}.bytes_base64_encoded", "TYPE_BYTES", given)
        else:
            yield _refused(f"{path}.bytes_base64_encoded", f"{path} has no picture.")


def _reference(reference: JsonObject) -> Reference:
    return Reference(
        kind=_reference_kind(reference),
        blob=_picture(pick(reference, "referenceImage")),
        mask_mode=_mask_mode(reference),
        dilation=number(pick(pick(reference, "maskImageConfig"), "dilation")) or 0.0,
    )


def _reference_kind(reference: JsonValue) -> str:
    return (pick_text(reference, "referenceType") or "").upper().removeprefix("REFERENCE_TYPE_")


def _mask_mode(reference: JsonValue) -> str:
    mode = pick_text(pick(reference, "maskImageConfig"), "maskMode") or "DEFAULT"
    return mode.upper().removeprefix("MASK_MODE_")


def _picture(image: JsonValue) -> BlobRef | None:
    found = picture_of(pick(image, "bytesBase64Encoded"))
    return None if found is None or not found.blob.size else found.blob


def _in_range(
    owner: JsonValue, name: str, lowest: int, highest: int, *, path: str = "parameters"
) -> Iterator[Violation]:
    given = pick(owner, name)
    found = whole(given)
    if given is not None and (found is None or not lowest <= found <= highest):
        yield _refused(f"{path}.{name}", f"{name} must be {lowest} to {highest}, not {str(given)[:40]}.")


def _one_of(
    owner: JsonValue, name: str, accepted: Sequence[str], *, path: str = "parameters", any_case: bool = False
) -> Iterator[Violation]:
    given = pick(owner, name)
    if given is None:
        return
    text = str(given).lower() if any_case else str(given)
    if text not in accepted:
        yield _not_one_of(f"{path}.{name}", str(given), accepted)


def _not_one_of(path: str, given: str, accepted: Sequence[str]) -> Violation:
    return _refused(path, f"{path} cannot be {given[:40]!r}; accepted: {', '.join(accepted)}.")


def _vertex_only(name: str, path: str) -> Violation:
    place = f" at '{path}'" if path else ""
    return Violation(
        field=path,
        description=f'Invalid JSON payload received. Unknown name "{name}"{place}: Cannot find field.',
        hint=f"{name!r} exists on Vertex AI only.",
    )


def _refused(field: str, description: str) -> Violation:
    return Violation(field=field, description=description)
