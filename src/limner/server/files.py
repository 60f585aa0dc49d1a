"""The Files API, but for the uploading itself."""

from __future__ import annotations

import asyncio

from starlette.responses import FileResponse, Response

from limner import _clock
from limner._json import JsonObject
from limner.server.addresses import base_url
from limner.server.context import Exchange
from limner.server.outgoing import JsonResponse, empty
from limner.server.paging import Page, page_size
from limner.server.references import no_such_file
from limner.store.served_files import StoredFile
from limner.wire.gemini.files import file_to_wire, files_to_wire
from limner.wire.gemini.refusals import failed

DEFAULT_PAGE_SIZE = 10
MAX_PAGE_SIZE = 100
"""Both as Google's. Source: the published proto of ListFilesRequest."""


async def list_files(exchange: Exchange) -> Response:
    """One page of the caller's files, newest first."""
    size = page_size(exchange.request, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    found = await asyncio.to_thread(exchange.context.store.files.all, exchange.caller.owner, _clock.now_ms())
    page = Page.of(found, exchange.request, size)
    return JsonResponse(files_to_wire([file_document(exchange, file) for file in page.items], page.next_token))


async def get(exchange: Exchange) -> Response:
    """One file."""
    return JsonResponse(file_document(exchange, await _file(exchange)))


async def delete(exchange: Exchange) -> Response:
    """Forget a file; its bytes go within the hour."""
    file_id = exchange.parameters["file"]
    forget = exchange.context.store.files.delete
    if not await asyncio.to_thread(forget, exchange.caller.owner, file_id, _clock.now_ms()):
        raise no_such_file(file_id)
    return empty()


async def download(exchange: Exchange) -> Response:
    """The bytes of a file that this server made; what a client uploaded is not given back, as at Google."""
    file = await _file(exchange)
    if file.source != "GENERATED":
        raise failed(400, "Only generated files can be downloaded; this one was uploaded.", name="FAILED_PRECONDITION")
    headers = {"content-disposition": "attachment"}
    return FileResponse(exchange.context.store.blobs.path(file.blob), media_type=file.mime_type, headers=headers)


def file_document(exchange: Exchange, file: StoredFile) -> JsonObject:
    """The file as this client sees it."""
    return file_to_wire(
        file_id=file.id,
        display_name=file.display_name,
        mime_type=file.mime_type,
        blob=file.blob,
        created_at_ms=file.created_at_ms,
        expires_at_ms=file.expires_at_ms,
        source=file.source,
        base_url=base_url(exchange),
    )


async def _file(exchange: Exchange) -> StoredFile:
    file_id = exchange.parameters["file"]
    file = await asyncio.to_thread(exchange.context.store.files.get, exchange.caller.owner, file_id, _clock.now_ms())
    if file is None:
        raise no_such_file(file_id)
    return file
