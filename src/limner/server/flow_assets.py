"""Pictures for forms and redos, and those that runs made: uploaded once, named by their content, served inert."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import PurePosixPath, PureWindowsPath

from starlette.responses import FileResponse, Response

from limner._json import JsonObject
from limner.core.blob import BlobRef
from limner.core.picture import EXTENSIONS
from limner.runner.assets import asset_of
from limner.server.context import Exchange
from limner.server.flow_body import find_asset, too_large_picture
from limner.server.flow_runs import flows_of
from limner.server.form_data import form_file
from limner.server.intake import body_of
from limner.server.outgoing import JsonResponse
from limner.server.refusals import own_error

MAX_NAME_CHARACTERS = 200

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_INERT = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


async def upload(exchange: Exchange) -> Response:
    """Store a picture: the body, or the one file of a form. 201 with its asset."""
    request, limits, flows = exchange.request, exchange.context.limits, flows_of(exchange)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    pieces: AsyncIterator[bytes] = body_of(request, limits, limits.picture_bytes + (1 << 16))
    name = request.query_params.get("name", "")
    if kind == "multipart/form-data":
        form = await form_file(request, pieces)
        name, pieces = name or form.name, form.pieces
    elif not kind.startswith("image/") and kind != "application/octet-stream":
        raise own_error(
            415,
            f"{kind[:60]!r} is no picture.",
            code="invalid.content_type",
            hint="Send the picture itself with its type, such as image/png, or a form (multipart/form-data) with it.",
        )
    writer, size = exchange.shelf.writer(), 0
    try:
        async for piece in pieces:
            size += len(piece)
            if size > limits.picture_bytes:
                raise too_large_picture(limits)
            writer.write(piece)
        blob = writer.commit()
    except BaseException:
        writer.abort()
        raise
    asset = await flows.do(lambda: asset_of(flows.app, exchange.shelf.read(blob)))
    document = {**asset, "name": _file_name(name)}
    return JsonResponse(document, status=201, headers={"location": f"/limner/v1/assets/{asset['assetId']}"})


async def download(exchange: Exchange) -> Response:
    """The bytes of a picture, or a range of them."""
    flows, asset_id = flows_of(exchange), exchange.parameters["asset"]
    asset = await flows.do(lambda: find_asset(flows.app, asset_id))
    if asset is None:
        raise own_error(
            404,
            f"There is no picture {asset_id[:40]!r}.",
            code="invalid.asset",
            hint="The output of a run names its pictures; POST /limner/v1/assets stores one.",
        )
    tag = f'"{asset["sha256"]}"'
    headers = {**_INERT, "etag": tag}
    if _is_known(exchange.request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    _check_range(exchange, asset)
    blob = BlobRef(sha256=asset["sha256"], size=asset["bytes"])
    return FileResponse(
        flows.app.store.blobs.path(blob),
        media_type=asset["mimeType"],
        headers=headers,
        filename=f"{asset_id}.{EXTENSIONS[asset['mimeType']]}",
        content_disposition_type="inline",
    )


def _is_known(tags: str, tag: str) -> bool:
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in tags.split(","))


def _check_range(exchange: Exchange, asset: JsonObject) -> None:
    """Refuse a range that begins behind the end; forget one that is not understood, as HTTP wants it."""
    scope = exchange.request.scope
    found = _RANGE.fullmatch(exchange.request.headers.get("range", "").strip())
    first, last = (found[1], found[2]) if found is not None else ("", "")
    if not (first or last) or (first and last and int(last) < int(first)):
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"range"]
    elif (first and int(first) >= asset["bytes"]) or (not first and int(last) == 0):
        raise own_error(
            416,
            f"The picture has {asset['bytes']} bytes.",
            code="invalid.range",
            hint=f"Accepted: 0 to {asset['bytes'] - 1}.",
            headers=(("content-range", f"bytes */{asset['bytes']}"),),
        )


def _file_name(text: str) -> str:
    """The last part of a path as any system writes it, printable and not too long."""
    last = PurePosixPath(PureWindowsPath(text).name).name
    return "".join(character for character in last if character.isprintable())[:MAX_NAME_CHARACTERS]
