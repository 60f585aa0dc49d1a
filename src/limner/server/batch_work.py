"""Working off batches, one request after another, through the same queue as requests that wait."""

from __future__ import annotations

import asyncio
import contextlib

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.errors import LimnerError
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.server.context import Context
from limner.server.outgoing import suffer
from limner.server.references import Finder
from limner.store.served_batches import Batch, Item
from limner.store.served_files import StoredFile
from limner.wire.gemini.batches import answer_line
from limner.wire.gemini.refusals import RefusedError
from limner.wire.lower import lower

LOOK_S = 5.0
"""How often it is looked for batches that another process left."""

OUTPUT_TYPE = "application/jsonl"

_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 413: 3, 429: 8, 499: 1, 500: 13, 501: 12, 503: 14, 504: 4}
"""google.rpc.Code by HTTP status. Source: google/rpc/code.proto."""
_UNKNOWN, _UNAVAILABLE = 2, 14


async def work_for_ever(context: Context) -> None:
    """Take up one batch after another, also those of processes that have ended."""
    store = context.store
    while True:
        context.batch_added.clear()
        batch = await asyncio.to_thread(store.batches.claim)
        if batch is not None:
            await _work_off(context, batch)
            continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await context.batch_added.wait()


async def _work_off(context: Context, batch: Batch) -> None:
    batches = context.store.batches
    while (item := await asyncio.to_thread(batches.next_item, batch.id)) is not None:
        answer, failed = await _answer(context, batch, item)
        await asyncio.to_thread(batches.answer, batch.id, item.position, answer, failed=failed, now_ms=_clock.now_ms())
    await asyncio.to_thread(_finish, context, batch)


async def _answer(context: Context, batch: Batch, item: Item) -> tuple[JsonValue, bool]:
    """The answer to one request, and whether it is an error."""
    finder = Finder(context=context, owner=batch.owner, shelf=context.store.blobs)
    try:
        asked = Asked(
            model=batch.model,
            method="generateContent",
            document=await finder.resolved(item.request),
            lenient=context.settings.lenient,
            shelf=context.store.blobs,
        )
        prepared = context.answerer.prepare(asked)
        if not await suffer(prepared.faults, None):
            return _status(_UNAVAILABLE, "The model closed the connection without an answer."), True
        return _read(await context.queue.run(batch.owner, prepared.answer))
    except RefusedError as error:
        refusal = error.refusal
        return _status(_RPC_CODES.get(refusal.status, _UNKNOWN), refusal.message), True
    except LimnerError as problem:
        return _status(_RPC_CODES[500], problem.message), True


def _read(reply: SandboxReply) -> tuple[JsonValue, bool]:
    if not reply.documents:
        return _status(_UNKNOWN, "The model answered with something that is no JSON."), True
    document = reply.documents[-1]
    if reply.status == 200:
        return document, False
    error = document["error"]
    details = {"details": error["details"]} if error.get("details") else {}
    return {**_status(_RPC_CODES.get(reply.status, _UNKNOWN), error["message"]), **details}, True


def _status(code: int, message: str) -> JsonObject:
    return {"code": code, "message": message}


def _finish(context: Context, batch: Batch) -> None:
    """End a batch whose requests all have answers; one that was cancelled meanwhile stays so."""
    now_ms, store = _clock.now_ms(), context.store
    now = store.batches.get(batch.owner, batch.id)
    if now is None or now.ended or now.pending:
        return
    try:
        output = _output(context, batch, now_ms) if batch.from_file else None
    except LimnerError as problem:
        store.batches.end(batch.id, "FAILED", now_ms=now_ms, error=problem.message)
        return
    store.batches.end(batch.id, "SUCCEEDED", now_ms=now_ms, output_file=output)


def _output(context: Context, batch: Batch, now_ms: int) -> str:
    """Write the answers into a file of the owner's, and give its id."""
    store = context.store
    writer = store.blobs.writer()
    try:
        for item in store.batches.items(batch.id):
            line = answer_line(item.metadata, item.answer, failed=bool(item.failed))
            for piece in lower(line, store.blobs):
                writer.write(piece)
            writer.write(b"\n")
        blob = writer.commit()
    except BaseException:
        writer.abort()
        raise
    file = StoredFile(
        id=f"batch-{batch.id}",
        owner=batch.owner,
        display_name=f"Answers of batches/{batch.id}",
        mime_type=OUTPUT_TYPE,
        blob=blob,
        created_at_ms=now_ms,
        source="GENERATED",
    )
    store.files.add(file)
    return file.id
