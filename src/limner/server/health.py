"""Whether the server lives, whether it is ready, and its figures."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from limner.server.context import Exchange
from limner.server.outgoing import JsonResponse
from limner.store import disk


async def alive(_exchange: Exchange) -> Response:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "alive"})


async def ready(exchange: Exchange) -> Response:
    """200 if new work can be taken; 503 while stopping, or where the disk is nearly full."""
    context = exchange.context
    if context.stopping.is_set():
        return JsonResponse({"status": "stopping"}, status=503)
    if await asyncio.to_thread(disk.free_bytes, context.store.home) < disk.MIN_FREE_BYTES:
        return JsonResponse({"status": "disk nearly full"}, status=503)
    return JsonResponse({"status": "ready"})


async def metrics(exchange: Exchange) -> Response:
    """The figures in Prometheus' text format."""
    found, flows = exchange.context.metrics, exchange.context.flows
    if flows is not None:
        found.count_runs(await asyncio.to_thread(flows.count_runs))
    return Response(found.page(), media_type=found.content_type)
