"""An Imagen request as it goes out: text to pictures, an edit of a picture, or more pixels for one."""

from __future__ import annotations

from limner._json import JsonObject
from limner.core.parts import FilePart, ImagePart
from limner.core.request import GenerateRequest
from limner.wire.gemini.parts import picture_reference
from limner.wire.parameters import put
from limner.wire.reference import escape


def predict_to_wire(request: GenerateRequest, *, vertex: bool) -> JsonObject:
    """The lifted body for `request`. Its `parameters` win over what Limner sets; reasons of filters are asked for.

    Without `vertex` a seed is left out: the Gemini API refuses it.
    """
    parameters: JsonObject = {"sampleCount": request.samples}
    if request.upscale is not None:
        parameters = {"mode": "upscale", "upscaleConfig": {"upscaleFactor": f"x{request.upscale}"}, **parameters}
    if request.aspect_ratio is not None:
        parameters["aspectRatio"] = str(request.aspect_ratio)
    if request.resolution is not None:
        parameters["sampleImageSize"] = request.resolution.value
    if request.upscale is None:
        parameters["includeRaiReason"] = True
    if request.seed is not None and vertex:
        parameters |= {"seed": request.seed, "addWatermark": False}
    body: JsonObject = {"instances": [_instance(request)], "parameters": parameters}
    for path, value in request.parameters:
        put(body if path.startswith("labels.") else parameters, path, value)
    return body


def _instance(request: GenerateRequest) -> JsonObject:
    prompt = {"prompt": escape(request.prompt)} if request.prompt or request.upscale is None else {}
    if request.upscale is not None:
        return {**prompt, "image": _image(request.images[0])}
    if not request.images:
        return prompt
    references = [
        {"referenceType": f"REFERENCE_TYPE_{'RAW' if number == 1 else 'SUBJECT'}", "referenceId": number}
        | {"referenceImage": _image(picture)}
        for number, picture in enumerate(request.images, start=1)
    ]
    if request.mask is not None:
        references.append(_mask(request.mask, len(references) + 1))
    return {**prompt, "referenceImages": references}


def _mask(mask: ImagePart | str, number: int) -> JsonObject:
    document: JsonObject = {"referenceType": "REFERENCE_TYPE_MASK", "referenceId": number}
    if isinstance(mask, str):
        return {**document, "maskImageConfig": {"maskMode": f"MASK_MODE_{mask.upper()}"}}
    return {
        **document,
        "referenceImage": _image(mask),
        "maskImageConfig": {"maskMode": "MASK_MODE_USER_PROVIDED"},
    }


def _image(picture: ImagePart | FilePart) -> JsonObject:
    if isinstance(picture, FilePart):
        return {"gcsUri": escape(picture.uri)}
    document: JsonObject = {"bytesBase64Encoded": picture_reference(picture.blob)}
    if picture.mime_type:
        document["mimeType"] = escape(picture.mime_type)
    return document
