"""Uploading files: in pieces that can be taken up again, in one piece, or with its description in one body.

The order of a resumable upload: `start` gives an address; bytes go there with `upload`, the last of them with
`upload, finalize`. How much has come is answered to `query`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from starlette.responses import Response

from limner import _clock
from limner.errors import UsageError
from limner.server.addresses import upload_url
from limner.server.context import Exchange
from limner.server.files import file_document
from limner.server.intake import body_of, read_document
from limner.server.multipart import described_body
from limner.server.open_uploads import Upload
from limner.server.outgoing import JsonResponse, empty
from limner.store.blobs import BlobFile
from limner.store.served_files import FileExistsAlreadyError, StoredFile
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.files import FileDescription, description_from_wire, is_mime_type
from limner.wire.gemini.refusals import RefusedError, broken, failed, invalid

GRANULARITY_BYTES = 262_144
"""A piece that is not the last has a multiple of this. Google's own number is not documented."""

DEFAULT_TYPE = "application/octet-stream"


async def begin(exchange: Exchange) -> Response:
    """Begin a resumable upload, or take a file in one body."""
    request = exchange.request
    protocol = request.headers.get("x-goog-upload-protocol") or request.query_params.get("uploadType", "")
    if request.headers.get("content-type", "").lower().startswith("multipart/related"):
        protocol = "multipart"
    match protocol.lower():
        case "multipart":
            return await _described(exchange)
        case "raw" | "media":
            return await _raw(exchange)
        case "resumable":
            return await _start(exchange)
    raise invalid("Say how the file comes: X-Goog-Upload-Protocol is resumable, raw or multipart.")


async def proceed(exchange: Exchange) -> Response:
    """Go on with a resumable upload, at its own address."""
    uploads, upload_id = exchange.context.uploads, exchange.request.query_params["upload_id"]
    upload = uploads.get(upload_id)
    commands = {word.strip().lower() for word in exchange.request.headers.get("x-goog-upload-command", "").split(",")}
    if upload.busy:
        raise _standing(failed(409, "Another request is sending to this upload."), upload)
    if commands == {"query"}:
        return empty(_status("active", upload))
    if commands == {"cancel"}:
        uploads.forget(upload_id)
        return empty(_status("cancelled"))
    if not commands or commands - {"upload", "finalize"}:
        raise _standing(invalid("X-Goog-Upload-Command is upload, finalize, query or cancel."), upload)
    upload.busy = True
    try:
        if "upload" in commands:
            await _take(exchange, upload, last="finalize" in commands)
        if "finalize" not in commands:
            return empty(_status("active", upload))
        _check_complete(upload)
    finally:
        upload.busy = False
    try:
        return await _kept(exchange, upload.owner, upload.description, upload.mime_type, upload.writer)
    finally:
        uploads.forget(upload_id)


async def _start(exchange: Exchange) -> Response:
    request, context = exchange.request, exchange.context
    if request.headers.get("x-goog-upload-command", "start").lower() != "start":
        raise invalid("A resumable upload begins with X-Goog-Upload-Command: start.")
    description = _described_by(await read_document(request, exchange.shelf, context.limits))
    announced = request.headers.get("x-goog-upload-header-content-length", "")
    size = int(announced) if announced.isdigit() and len(announced) < 19 else description.size_bytes
    await _check_room(exchange, size or 0)
    mime_type = _type_of(request.headers.get("x-goog-upload-header-content-type") or description.mime_type)
    upload = Upload(
        owner=exchange.caller.owner,
        description=FileDescription(
            id=description.id,
            display_name=description.display_name,
            mime_type=mime_type,
            size_bytes=size,
        ),
        mime_type=mime_type,
        writer=context.store.blobs.writer(),
        used_s=_clock.monotonic_s(),
    )
    upload_id = context.uploads.begin(upload, context.limits.open_uploads)
    headers = {
        **_status("active", upload),
        "x-goog-upload-url": upload_url(exchange, upload_id),
        "x-goog-upload-control-url": upload_url(exchange, upload_id),
        "x-goog-upload-chunk-granularity": str(GRANULARITY_BYTES),
    }
    return empty(headers)


async def _take(exchange: Exchange, upload: Upload, *, last: bool) -> None:
    """Take a piece. What has come stays, also where the client goes away in the middle."""
    request = exchange.request
    offset = request.headers.get("x-goog-upload-offset", "")
    if not offset.isdigit() or int(offset) != upload.received:
        raise _standing(
            invalid(f"X-Goog-Upload-Offset is {offset[:20]!r}, but {upload.received} bytes were received."), upload
        )
    length = request.headers.get("content-length", "")
    if not last and length.isdigit() and int(length) % GRANULARITY_BYTES:
        raise _standing(
            invalid(f"A piece that is not the last has a multiple of {GRANULARITY_BYTES} bytes, not {length}."), upload
        )
    room = exchange.context.limits.upload_bytes - upload.received
    try:
        async for piece in body_of(request, exchange.context.limits, room):
            upload.writer.write(piece)
            upload.received += len(piece)
    except RefusedError as problem:
        raise _standing(problem, upload) from problem


def _check_complete(upload: Upload) -> None:
    size = upload.description.size_bytes
    if size is not None and size != upload.received:
        raise _standing(invalid(f"{size} bytes were announced, and {upload.received} were received."), upload)


async def _raw(exchange: Exchange) -> Response:
    """The body is the file."""
    headers = exchange.request.headers
    mime_type = _type_of(headers.get("x-goog-upload-header-content-type") or headers.get("content-type"))
    description = FileDescription(display_name=headers.get("x-goog-upload-file-name", "")[:512])
    limits = exchange.context.limits
    pieces = body_of(exchange.request, limits, limits.upload_bytes)
    return await _whole(exchange, pieces, description, mime_type)


async def _described(exchange: Exchange) -> Response:
    """The body is a description and the file, as `multipart/related`."""
    limits = exchange.context.limits
    pieces = body_of(exchange.request, limits, limits.upload_bytes)
    document, mime_type, file = await described_body(exchange.request, pieces, limits)
    description = _described_by(document)
    return await _whole(exchange, file, description, _type_of(mime_type or description.mime_type))


async def _whole(
    exchange: Exchange, pieces: AsyncIterator[bytes], description: FileDescription, mime_type: str
) -> Response:
    await _check_room(exchange, 0)
    writer = exchange.context.store.blobs.writer()
    try:
        async for piece in pieces:
            writer.write(piece)
        owner = exchange.caller.owner
        return await _kept(exchange, owner, description, mime_type, writer)
    except BaseException:
        writer.abort()
        raise


async def _kept(
    exchange: Exchange, owner: str, description: FileDescription, mime_type: str, writer: BlobFile
) -> Response:
    """Store the file durably, then say so."""
    blob = await asyncio.to_thread(writer.commit)
    file = StoredFile(
        id=description.id or new_file_id(),
        owner=owner,
        display_name=description.display_name,
        mime_type=mime_type,
        blob=blob,
        created_at_ms=_clock.now_ms(),
    )
    try:
        await asyncio.to_thread(exchange.context.store.files.add, file)
    except FileExistsAlreadyError as problem:
        raise failed(409, f"{problem.message}", name="ALREADY_EXISTS") from problem
    except UsageError as problem:
        raise failed(429, problem.message, hint=problem.hint) from problem
    return JsonResponse({"file": file_document(exchange, file)}, headers=_status("final"))


async def _check_room(exchange: Exchange, size: int) -> None:
    """Refuse what cannot fit before any of it is sent."""
    most = exchange.context.limits.upload_bytes
    if size > most:
        raise invalid(f"A file has up to {most} bytes, not {size}.")
    files = exchange.context.store.files
    used = await asyncio.to_thread(files.used_bytes, exchange.caller.owner, _clock.now_ms())
    if used + size > files.max_owner_bytes:
        raise failed(
            429,
            f"Files of {used} bytes are kept for this key already; {files.max_owner_bytes} bytes are the most.",
            hint="Delete files, or wait until they expire.",
        )


def _type_of(given: str | None) -> str:
    if given and not is_mime_type(given):
        raise invalid(f"Unsupported MIME type: {given[:40]}")
    return given or DEFAULT_TYPE


def new_file_id() -> str:
    """A name as Google gives them: twelve letters and digits."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(12))


def _described_by(document: object) -> FileDescription:
    try:
        return description_from_wire(document)
    except WireError as problem:
        raise broken(problem) from problem


def _status(status: str, upload: Upload | None = None) -> Mapping[str, str]:
    received = {} if upload is None else {"x-goog-upload-size-received": str(upload.received)}
    return {"x-goog-upload-status": status, **received}


def _standing(error: RefusedError, upload: Upload) -> RefusedError:
    """The refusal with how the upload stands: clients take a missing status for a lost answer and send again."""
    headers = (*error.refusal.headers, *_status("active", upload).items())
    return RefusedError(replace(error.refusal, headers=headers))
