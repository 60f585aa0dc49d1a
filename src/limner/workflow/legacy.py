"""Outputs of image stages as older files hold them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from limner._json import JsonObject, JsonValue
from limner.errors import InvalidRequestError
from limner.workflow.problem import shown

_MEDIA_TYPE = re.compile(r"[a-z]+/[a-zA-Z0-9.+-]+")
_DATA_URL = re.compile(r"data:([a-z]+/[a-zA-Z0-9.+-]+)[;,]")
_IMAGE_KEYS = ("dataUrl", "storageUrl", "promptUsed", "seed", "mimeType")


def import_output(document: JsonValue) -> JsonObject:
    """An `ImageOutputData` from any shape it ever had; keys that are not known are kept.

    Accepted: the object itself; one image `{type, dataUrl, source, promptUsed}`; an array of either. Raises
    `InvalidRequestError` (`invalid.output`) for anything else, and where there is no image at all.
    """
    outputs = [_one(each) for each in (document if isinstance(document, list) else [document])]
    images = [image for output in outputs for image in output["images"]]
    if not images:
        raise InvalidRequestError(
            "The output holds no image.\nAccepted: an object with at least one entry in `images`.",
            code="invalid.output",
            hint="Try: run the stage again",
        )
    result = outputs[0] | {"images": images}
    texts = [output["accompanyingText"] for output in outputs if output["accompanyingText"]]
    result["accompanyingText"] = "\n".join(texts)
    if "blocks" not in outputs[0] or len(outputs) > 1:
        result["blocks"] = list(_blocks(outputs))
    chosen = result.get("selectedIndex")
    result["selectedIndex"] = chosen if _is_index(chosen, len(images)) else 0
    return result


def _is_index(value: JsonValue, length: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < length


def _one(document: JsonValue) -> JsonObject:
    if isinstance(document, dict) and isinstance(document.get("images"), list):
        images = [_image(each) for each in document["images"]]
        text = _text(document.get("accompanyingText")) or ""
        return document | {
            "provider": _text(document.get("provider")) or "gemini",
            "images": images,
            "accompanyingText": text,
        }
    if isinstance(document, dict) and ("dataUrl" in document or "storageUrl" in document):
        provider = _text(document.get("source")) or _text(document.get("provider")) or "gemini"
        return {"provider": provider, "images": [_image(document)], "accompanyingText": ""}
    raise InvalidRequestError(
        f"This is no output of an image stage: {shown(document)}.\n"
        "Accepted: an object with `images`, one image with `dataUrl` or `storageUrl`, or a list of these.",
        code="invalid.output",
        hint="Try: copy the whole output of the stage, from its first brace to its last",
    )


def _image(document: JsonValue) -> JsonObject:
    if not isinstance(document, dict):
        raise InvalidRequestError(
            f"An image of the output must be an object, is {shown(document)}.",
            code="invalid.output",
            hint="Try: an object with `dataUrl` or `storageUrl`",
        )
    data_url = _text(document.get("dataUrl"))
    kept = {key: value for key, value in document.items() if key not in (*_IMAGE_KEYS, "type", "source")}
    seed = document.get("seed")
    return {
        "dataUrl": data_url,
        "storageUrl": _text(document.get("storageUrl")),
        "promptUsed": _text(document.get("promptUsed")) or "",
        "seed": None if seed is None else str(seed),
        "mimeType": _media_type(document, data_url),
        **kept,
    }


def _media_type(document: JsonObject, data_url: str | None) -> str | None:
    """As the picture says, under its present or its older name, else as its data URL says."""
    for said in (document.get("mimeType"), document.get("type")):
        if isinstance(said, str) and _MEDIA_TYPE.fullmatch(said):
            return said
    match = _DATA_URL.match(data_url or "")
    return match[1] if match is not None else None


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _blocks(outputs: list[JsonObject]) -> Iterator[JsonObject]:
    index = 0
    for output in outputs:
        if output["accompanyingText"]:
            yield {"type": "text", "text": output["accompanyingText"]}
        for _ in output["images"]:
            yield {"type": "image", "index": index}
            index += 1
