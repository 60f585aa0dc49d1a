"""Asking a model: generateContent, streamGenerateContent, countTokens and predict, all alike."""

from __future__ import annotations

from starlette.responses import Response

from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.server.context import Exchange
from limner.server.outgoing import NoReply, StreamedReply, suffer
from limner.server.references import Finder
from limner.web.protocol import TRANSPORT


async def ask_model(exchange: Exchange) -> Response:
    """The answer of the model that the path names."""
    model = exchange.parameters["model"]
    document = await Finder.of(exchange).resolved(await exchange.document())
    exchange.notes["model"] = model[:100]
    reply = await answered(exchange, exchange.asked(model, exchange.operation, document))
    return NoReply() if reply is None else StreamedReply(reply)


async def answered(exchange: Exchange, asked: Asked) -> SandboxReply | None:
    """What the model says when its turn has come; `None` where a test card keeps it from saying anything."""
    context = exchange.context
    prepared = context.answerer.prepare(asked)
    if not await suffer(prepared.faults, exchange.request.scope.get(TRANSPORT)):
        return None
    return await context.queue.run(exchange.caller.owner, prepared.answer)
