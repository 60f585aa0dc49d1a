"""What Google has and this server does not: said in words, not with a bare 404."""

from __future__ import annotations

from starlette.responses import Response

from limner.server.context import Exchange
from limner.server.outgoing import empty
from limner.wire.gemini.refusals import failed


async def not_offered(exchange: Exchange) -> Response:
    """501."""
    raise failed(501, f"This server does not offer {exchange.target.path[:100]!r}: it makes and edits pictures.")


async def none_there(exchange: Exchange) -> Response:
    """A list of things that nobody can have made here: empty."""
    del exchange
    return empty()
