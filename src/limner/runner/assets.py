"""Pictures that a person gives to a form or a redo: into the blob store, and what the format says of them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from limner._json import JsonObject, JsonValue
from limner.app import App
from limner.app.inputs import ImageSource, is_address, load
from limner.app.result import Image
from limner.core.blob import BlobRef
from limner.core.parts import FilePart
from limner.core.picture import EXTENSIONS, measure
from limner.errors import InvalidRequestError
from limner.workflow.legacy import import_output
from limner.workflow.model import FormField
from limner.workflow.output import image_id

_DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,")


def asset_of(app: App, source: ImageSource) -> JsonObject:
    """The asset for a file, bytes or a picture that is stored already. Raises `InvalidRequestError`."""
    if isinstance(source, str) and _DATA_URL.match(source):
        source = _decoded(source)
    if isinstance(source, str) and is_address(source):
        raise InvalidRequestError(
            f"{source[:60]!r} is an address; a workflow takes files.",
            code="invalid.image",
            hint="Save the picture first and give its path.",
        )
    part, _, _ = load(source, app.store.blobs, 1)
    assert not isinstance(part, FilePart)
    with app.store.blobs.open(part.blob) as file:
        picture = measure(file)
    size = picture.shown_size
    return {
        "assetId": image_id(part.blob.sha256),
        "mimeType": picture.mime_type,
        "width": size.width,
        "height": size.height,
        "bytes": part.blob.size,
        "sha256": part.blob.sha256,
        "name": Path(source).name if isinstance(source, str | Path) else "",
    }


def with_assets(app: App, fields: Sequence[FormField], values: Mapping[str, JsonValue]) -> JsonObject:
    """The values of a form with every picture in it stored; what is an asset already stays."""
    kinds = {field.name: field.type for field in fields}
    found: JsonObject = {}
    for name, value in values.items():
        if kinds.get(name) == "image" and value not in (None, ""):
            found[name] = _one(app, value)
        elif kinds.get(name) == "images":
            many = value if isinstance(value, list | tuple) else [value] if value else []
            found[name] = [_one(app, each) for each in many]
        else:
            found[name] = value
    return found


def output_of(app: App, document: JsonValue) -> JsonObject:
    """An output of an image stage that was made elsewhere, in any shape it ever had, with its pictures stored here.

    Raises `InvalidRequestError` where a picture is only an address: it cannot be kept safe then.
    """
    output = import_output(document)
    for number, image in enumerate(output["images"], start=1):
        source = image["dataUrl"]
        if source is None:
            raise InvalidRequestError(
                f"Picture {number} of the output has no `dataUrl`.",
                code="invalid.output",
                hint="Put the picture itself into the file, as a data URL.",
            )
        asset = asset_of(app, source)
        image.update(
            {name: asset[name] for name in ("mimeType", "width", "height", "bytes", "sha256")},
            id=asset["assetId"],
            url=f"/assets/{asset['assetId']}",
            dataUrl=None,
            alt=image["promptUsed"][:200],
            parentImageId=image.get("parentImageId"),
            itemIndex=image.get("itemIndex"),
            callId=None,
        )
    return {
        "modelRequested": None,
        "model": None,
        "connection": None,
        "usage": None,
        "cost": None,
        "warnings": [],
        **output,
    }


def stored_image(app: App, image: JsonObject) -> Image:
    """A picture of an output, as the library gives pictures."""
    blob = BlobRef(sha256=image["sha256"], size=image["bytes"])
    place = app.store.blobs.path(blob)
    return Image(
        blob=blob,
        stored=place,
        path=place,
        mime_type=image["mimeType"],
        extension="." + EXTENSIONS[image["mimeType"]],
        width=image["width"],
        height=image["height"],
        call_id=image.get("callId") or "",
    )


def _one(app: App, value: JsonValue) -> JsonValue:
    if isinstance(value, dict) and "sha256" in value:
        if BlobRef(sha256=value["sha256"], size=value["bytes"]) not in app.store.blobs:
            raise InvalidRequestError(
                "That picture is not in this data folder.", code="invalid.image", hint="Give it as a file."
            )
        return value
    if isinstance(value, str | Path | bytes | Image):
        return asset_of(app, value)
    return value


def _decoded(url: str) -> bytes:
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error:
        raise InvalidRequestError(
            "That data URL is not valid base64.", code="invalid.image", hint="Give the picture as a file."
        ) from None
