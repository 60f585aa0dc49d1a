"""The models: listed in pages, and one by one."""

from __future__ import annotations

from starlette.responses import Response

from limner._json import JsonObject
from limner.server.context import Exchange
from limner.server.outgoing import JsonResponse, StreamedReply
from limner.server.paging import Page, page_size

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 1_000
"""Both as Google's; a larger one is cut. Source: the published proto of ListModelsRequest."""


async def list_models(exchange: Exchange) -> Response:
    """One page of the models that answer."""
    service = exchange.target.service
    found = exchange.context.answerer.models(service)
    size = page_size(exchange.request, default=DEFAULT_PAGE_SIZE, most=MAX_PAGE_SIZE)
    page = Page.of(found, exchange.request, size)
    document: JsonObject = {"publisherModels" if service == "vertex" else "models": list(page.items)}
    if page.next_token:
        document["nextPageToken"] = page.next_token
    return JsonResponse(document)


async def get_model(exchange: Exchange) -> Response:
    """One model."""
    return StreamedReply(exchange.context.answerer.get_model(exchange.parameters["model"], exchange.target.service))
