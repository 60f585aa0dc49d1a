"""Laying test cards for requests to come, so that a program under test needs no words in its prompts."""

from __future__ import annotations

from starlette.responses import Response

from limner._json import JsonObject
from limner.providers.sandbox.protocol.cards import CardRefusedError
from limner.server.context import Exchange
from limner.server.deck import MAX_LAID, Laid
from limner.server.outgoing import JsonResponse, empty
from limner.wire.gemini.fields import pick, pick_text, whole
from limner.wire.gemini.refusals import invalid


async def lay(exchange: Exchange) -> Response:
    """`{"cards": "429:26, snake", "times": 2, "model": "gemini-3-pro-image"}`; the last two may be left out."""
    document = await exchange.document()
    cards, times = pick_text(document, "cards"), pick(document, "times")
    count = 1 if times is None else whole(times)
    if not cards:
        raise invalid("Say which cards, such as 429:26.", field="cards")
    if count is None or not 1 <= count <= MAX_LAID:
        raise invalid(f"times must be 1 to {MAX_LAID}.", field="times")
    try:
        exchange.context.deck.lay(Laid(cards=cards, times=count, model=pick_text(document, "model")))
    except CardRefusedError as problem:
        raise invalid(str(problem), field="cards") from problem
    return _deck(exchange)


async def lying(exchange: Exchange) -> Response:
    """The cards that lie."""
    return _deck(exchange)


async def clear(exchange: Exchange) -> Response:
    """Take all cards away."""
    exchange.context.deck.clear()
    return empty()


def _deck(exchange: Exchange) -> Response:
    cards: list[JsonObject] = [
        {"cards": laid.cards, "times": laid.times, **({"model": laid.model} if laid.model else {})}
        for laid in exchange.context.deck.lying()
    ]
    return JsonResponse({"cards": cards})
