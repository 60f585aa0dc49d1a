"""The Batch API: taking batches in, telling how they stand, and giving their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count

from starlette.responses import Response

from limner import _clock
from limner._json import JsonObject
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.server.context import Exchange
from limner.server.jsonl import staged_lines
from limner.server.keeping import keep
from limner.server.outgoing import JsonResponse, StreamedReply, empty
from limner.server.paging import Page, page_size
from limner.server.references import no_such_file
from limner.store.served_batches import Batch, Item
from limner.wire.gemini.batches import (
    BatchProgress,
    BatchRequest,
    InlineRequest,
    batch_from_wire,
    inline_answer,
    operation_to_wire,
    operations_to_wire,
)
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.refusals import RefusedError, broken, failed, unknown_model

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 100

MAX_OPEN = 100
"""Batches of one key that are not done. Source: the Batch API's page on limits."""


async def create(exchange: Exchange) -> Response:
    """Take a batch in; it is worked off beside the requests that wait for their answers."""
    context, owner = exchange.context, exchange.caller.owner
    model = exchange.parameters["model"]
    exchange.notes["model"] = model[:100]
    if context.answerer.get_model(model).status != 200:
        raise RefusedError(unknown_model(model, "batchGenerateContent"))
    document = await exchange.document()
    try:
        asked = batch_from_wire(document)
    except WireError as problem:
        raise broken(problem) from problem
    known = await asyncio.to_thread(context.store.batches.all, owner)
    if sum(not batch.ended for batch in known) >= MAX_OPEN:
        raise failed(429, f"{MAX_OPEN} batches of this key are open already.", hint="Wait, or cancel some.")
    batch = Batch(
        id=_clock.new_id(),
        owner=owner,
        model=model,
        display_name=asked.display_name,
        priority=asked.priority,
        from_file=asked.file_id is not None,
        created_at_ms=_clock.now_ms(),
    )
    await asyncio.to_thread(_add, exchange, batch, asked)
    context.batch_added.set()
    return JsonResponse(await asyncio.to_thread(_operation, exchange, batch.id))


async def get(exchange: Exchange) -> Response:
    """How a batch stands, with its answers where they are not in a file."""
    operation = await asyncio.to_thread(_operation, exchange, exchange.parameters["batch"])
    return StreamedReply(SandboxReply(documents=(operation,), pictures=exchange.context.store.blobs))


async def list_batches(exchange: Exchange) -> Response:
    """One page of the caller's batches, newest first, without their answers."""
    size = page_size(exchange.request, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    found = await asyncio.to_thread(exchange.context.store.batches.all, exchange.caller.owner)
    page = Page.of(found, exchange.request, size)
    operations = [operation_to_wire(_progress(batch), None) for batch in page.items]
    return JsonResponse(operations_to_wire(operations, page.next_token))


async def cancel(exchange: Exchange) -> Response:
    """Stop a batch: what has been answered stays, nothing more is asked."""
    batch = await asyncio.to_thread(_batch, exchange)
    await asyncio.to_thread(exchange.context.store.batches.end, batch.id, "CANCELLED", now_ms=_clock.now_ms())
    return empty()


async def delete(exchange: Exchange) -> Response:
    """Forget a batch."""
    batches = exchange.context.store.batches
    if not await asyncio.to_thread(batches.delete, exchange.caller.owner, exchange.parameters["batch"]):
        raise _no_such_batch()
    return empty()


def _add(exchange: Exchange, batch: Batch, asked: BatchRequest) -> None:
    """Store a batch with all its requests. Raises `RefusedError` for a file that cannot be read, and its lines."""
    store = exchange.context.store
    if asked.file_id is None:
        for inline in asked.requests:
            keep(inline.request, exchange.shelf, store.blobs)
        store.batches.add(batch, _items(iter(asked.requests)))
        return
    file = store.files.get(batch.owner, asked.file_id, _clock.now_ms())
    if file is None:
        raise no_such_file(asked.file_id)
    with store.blobs.open(file.blob) as source:
        scratch = store.scratch / f"{exchange.id}.jsonl"
        try:
            store.batches.add(batch, _items(staged_lines(source, scratch, store.blobs, exchange.context.limits)))
        finally:
            scratch.unlink(missing_ok=True)


def _items(requests: Iterator[InlineRequest]) -> Iterator[Item]:
    numbers = count()
    return (Item(position=next(numbers), request=each.request, metadata=each.metadata) for each in requests)


def _batch(exchange: Exchange, batch_id: str | None = None) -> Batch:
    wanted = batch_id or exchange.parameters["batch"]
    batch = exchange.context.store.batches.get(exchange.caller.owner, wanted)
    if batch is None:
        raise _no_such_batch()
    return batch


def _operation(exchange: Exchange, batch_id: str) -> JsonObject:
    batch = _batch(exchange, batch_id)
    inline = None
    if batch.ended and not batch.from_file:
        answered = (item for item in exchange.context.store.batches.items(batch.id) if item.failed is not None)
        inline = [inline_answer(item.metadata, item.answer, failed=bool(item.failed)) for item in answered]
    return operation_to_wire(_progress(batch), inline)


def _progress(batch: Batch) -> BatchProgress:
    return BatchProgress(
        id=batch.id,
        model=batch.model,
        display_name=batch.display_name,
        state=batch.state,
        priority=batch.priority,
        total=batch.total,
        succeeded=batch.succeeded,
        failed=batch.failed,
        created_at_ms=batch.created_at_ms,
        updated_at_ms=batch.updated_at_ms,
        ended_at_ms=batch.ended_at_ms,
        output_file=batch.output_file,
        error=batch.error,
    )


def _no_such_batch() -> RefusedError:
    return failed(404, "Requested entity was not found.")
