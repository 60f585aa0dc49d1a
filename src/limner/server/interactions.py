"""The Interactions API: turns that the server remembers, answered at once, in a stream, or in the background."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.responses import Response, StreamingResponse

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.providers.sandbox.protocol.wrap import WARNING_HEADER, warning_headers
from limner.server.context import Context, Exchange
from limner.server.event_reply import LAST_EVENT, EventReply, event_to_sse
from limner.server.generate import answered
from limner.server.keeping import keep
from limner.server.outgoing import NoReply, StreamedReply, empty, suffer
from limner.server.references import Finder
from limner.store.served_interactions import Interaction
from limner.wire.gemini.details import read_error
from limner.wire.gemini.errors import STATUS_NAMES, WireError, error_to_wire
from limner.wire.gemini.fields import pick
from limner.wire.gemini.refusals import RefusedError, broken, failed
from limner.wire.interactions.events import events_after, events_to_wire
from limner.wire.interactions.reply import (
    cancelled_to_wire,
    ended_to_wire,
    failed_to_wire,
    model_turn,
    running_to_wire,
    shown_to_wire,
)
from limner.wire.interactions.request import InteractionRequest, interaction_from_wire, request_document

MAX_IN_BACKGROUND = 100
"""Interactions of one key that run in the background at once."""

LOOK_S = 0.2
"""How often a stream looks for what has happened to an interaction in the background."""

_UNCACHED = {"cache-control": "no-store"}
_STOPPED = "The server stopped while it was working on this."


async def create(exchange: Exchange) -> Response:
    """Make an interaction and answer with it, with its events, or at once if it runs in the background."""
    try:
        request = interaction_from_wire(await exchange.document(), strict=not exchange.context.settings.lenient)
    except WireError as problem:
        raise broken(problem) from problem
    exchange.notes["model"] = request.model[:100]
    history = await _history(exchange, request)
    document = await Finder.of(exchange).resolved(request_document(request, history))
    interaction = Interaction(
        id=_clock.new_id(),
        owner=exchange.caller.owner,
        status="in_progress",
        contents=document["contents"],
        resource={},
        created_at_ms=_clock.now_ms(),
    )
    running = running_to_wire(request, interaction.id, interaction.created_at_ms)
    interaction = replace(interaction, resource=running)
    asked = exchange.asked(request.model, "generateContent", document)
    if request.background:
        await _begin(exchange, interaction, asked)
        return _followed(exchange, interaction) if request.stream else _resource(exchange, interaction.resource)
    reply = await answered(exchange, asked)
    if reply is None:
        return NoReply()
    if not _is_answer(reply):
        return StreamedReply(reply)
    ended = _ended(interaction, reply.documents[-1])
    if request.store:
        await asyncio.to_thread(_keep, exchange, ended)
    reply = _warned(reply, request)
    return _events(reply, ended.resource) if request.stream else _whole(reply, ended.resource)


async def get(exchange: Exchange) -> Response:
    """An interaction, or with `stream=true` its events, from behind `last_event_id` on, until it has ended."""
    found = await _found(exchange, exchange.parameters["interaction"])
    if _is_set(exchange, "stream"):
        return _followed(exchange, found, after=exchange.request.query_params.get("last_event_id"))
    return _resource(exchange, found.resource, with_input=_is_set(exchange, "include_input"))


async def delete(exchange: Exchange) -> Response:
    """Forget an interaction; what continues it stays."""
    forget = exchange.context.store.interactions.delete
    if not await asyncio.to_thread(forget, exchange.caller.owner, exchange.parameters["interaction"]):
        raise _no_such_interaction()
    return empty()


async def cancel(exchange: Exchange) -> Response:
    """Stop one that runs in the background; its answer, should it still come, is not kept."""
    found = await _found(exchange, exchange.parameters["interaction"])
    cancelled = replace(found, status="cancelled", resource=cancelled_to_wire(found.resource, _clock.now_ms()))
    if not await asyncio.to_thread(exchange.context.store.interactions.end, cancelled):
        raise failed(400, f"The interaction is {found.status}; only one in progress can be cancelled.")
    return _resource(exchange, cancelled.resource)


def end_abandoned(context: Context) -> None:
    """Say of every interaction whose process has ended that it failed."""
    interactions = context.store.interactions
    for left in interactions.abandoned():
        interactions.end(_failed(left, "UNAVAILABLE", _STOPPED))


async def _history(exchange: Exchange, request: InteractionRequest) -> list[JsonValue]:
    """The turns that the request continues."""
    if request.previous_id is None:
        return []
    previous = await _found(exchange, request.previous_id)
    if previous.status == "in_progress":
        raise failed(400, "The previous interaction is still in progress.", name="FAILED_PRECONDITION")
    return previous.contents


async def _begin(exchange: Exchange, interaction: Interaction, asked: Asked) -> None:
    """Store the interaction and work on it beside the requests."""
    context, store = exchange.context, exchange.context.store
    running = sum(each.owner == interaction.owner for each in await asyncio.to_thread(store.interactions.running))
    if running >= MAX_IN_BACKGROUND:
        raise failed(429, f"{running} interactions of this key run already.", hint="Wait for some, or cancel them.")
    await asyncio.to_thread(keep, asked.document, exchange.shelf, store.blobs)
    await asyncio.to_thread(_keep, exchange, interaction)
    context.spawn(_work(context, interaction, replace(asked, shelf=store.blobs)))


async def _work(context: Context, interaction: Interaction, asked: Asked) -> None:
    """Answer an interaction that runs in the background. It ends in any case, but where a card never lets it."""
    prepared = context.answerer.prepare(asked)
    if not await suffer(prepared.faults, None):
        return  # it stays in progress, as where a model never answers
    now = await _stored(context, interaction.owner, interaction.id)
    if now is None or now.status != "in_progress":
        return
    try:
        ended = _ended_by(interaction, await context.queue.run(interaction.owner, prepared.answer))
    except RefusedError as refused:
        ended = _failed(interaction, "RESOURCE_EXHAUSTED", refused.refusal.message)
    except Exception:
        ended = _failed(interaction, "INTERNAL", "An internal error has occurred.")
        await asyncio.to_thread(context.store.interactions.end, ended)
        raise
    await asyncio.to_thread(context.store.interactions.end, ended)


def _ended_by(interaction: Interaction, reply: SandboxReply) -> Interaction:
    if _is_answer(reply):
        return _ended(interaction, reply.documents[-1])
    document = reply.documents[-1] if reply.documents else error_to_wire(502, "The model gave no JSON.")
    error = read_error(document, None)
    name = error.status or STATUS_NAMES.get(error.code or reply.status, "UNKNOWN")
    return _failed(interaction, name, error.message or "The model gave an error.")


def _failed(interaction: Interaction, code: str, message: str) -> Interaction:
    resource = failed_to_wire(interaction.resource, code, message, _clock.now_ms())
    return replace(interaction, status="failed", resource=resource)


def _is_answer(reply: SandboxReply) -> bool:
    """Whether a reply is one of a model: neither an error, also one that is called a success, nor a page."""
    return reply.status == 200 and bool(reply.documents) and pick(reply.documents[-1], "error") is None


def _ended(interaction: Interaction, reply: JsonValue) -> Interaction:
    resource = ended_to_wire(interaction.resource, reply, _clock.now_ms())
    turn = model_turn(reply)
    contents = [*interaction.contents, *([] if turn is None else [turn])]
    return replace(interaction, status=resource["status"], contents=contents, resource=resource)


def _keep(exchange: Exchange, interaction: Interaction) -> None:
    keep([interaction.contents, interaction.resource], exchange.shelf, exchange.context.store.blobs)
    exchange.context.store.interactions.add(interaction)


async def _found(exchange: Exchange, interaction_id: str) -> Interaction:
    """The caller's interaction of that name. Raises `RefusedError` (404) where there is none."""
    found = await _stored(exchange.context, exchange.caller.owner, interaction_id)
    if found is None:
        raise _no_such_interaction()
    return found


async def _stored(context: Context, owner: str, interaction_id: str) -> Interaction | None:
    """An interaction as it is by now; `None` where it was deleted or never was."""
    return await asyncio.to_thread(context.store.interactions.get, owner, interaction_id, _clock.now_ms())


def _warned(reply: SandboxReply, request: InteractionRequest) -> SandboxReply:
    """The reply that tells as well which fields of the interaction a lenient reading passed over."""
    if not request.unknown:
        return reply
    headers = dict(reply.extra_headers)
    said = headers.pop(WARNING_HEADER, None)
    told = [*([said] if said else []), *(each.description for each in request.unknown)]
    return replace(reply, extra_headers=(*headers.items(), *warning_headers(told)))


def _is_set(exchange: Exchange, name: str) -> bool:
    return exchange.request.query_params.get(name, "").lower() == "true"


def _resource(exchange: Exchange, resource: JsonObject, *, with_input: bool = False) -> Response:
    return _whole(SandboxReply(pictures=exchange.shelf), resource, with_input=with_input)


def _whole(reply: SandboxReply, resource: JsonObject, *, with_input: bool = False) -> Response:
    """The interaction as JSON, with the headers and the faults of the model's reply."""
    return StreamedReply(replace(reply, documents=(shown_to_wire(resource, with_input=with_input),), framing="json"))


def _events(reply: SandboxReply, resource: JsonObject) -> Response:
    """The events of an interaction that has ended, with the headers and the faults of the model's reply."""
    return StreamedReply(
        EventReply(
            documents=events_to_wire(resource),
            pictures=reply.pictures,
            framing="sse",
            extra_headers=(*reply.extra_headers, *_UNCACHED.items()),
            faults=reply.faults,
            first_picture=reply.first_picture,
        )
    )


def _followed(exchange: Exchange, interaction: Interaction, *, after: str | None = None) -> Response:
    """The events behind `after`; while the interaction is in progress, those to come as well."""

    async def framed() -> AsyncIterator[bytes]:
        last, found = after, interaction
        while True:
            for event in events_after(events_to_wire(found.resource), last):
                last = event["event_id"]
                for piece in event_to_sse(event, exchange.shelf):
                    yield piece
            if found.status != "in_progress" or not await _waited(exchange.context):
                break
            now = await _stored(exchange.context, found.owner, found.id)
            if now is None:
                break
            found = now
        yield LAST_EVENT

    return StreamingResponse(framed(), media_type="text/event-stream", headers=_UNCACHED)


async def _waited(context: Context) -> bool:
    """Let a moment pass; False where the server stops in it."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(context.stopping.wait(), LOOK_S)
    return not context.stopping.is_set()


def _no_such_interaction() -> RefusedError:
    return failed(404, "Requested entity was not found.")
