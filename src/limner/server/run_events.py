"""The events of a run: told as they happen, or as they are stored."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from limner.server.context import Exchange
from limner.server.flow_runs import flows_of, run_of, whole_parameter
from limner.server.outgoing import JsonResponse
from limner.server.refusals import own_error
from limner.server.run_feed import Cursor

DEFAULT_EVENTS, MAX_EVENTS = 1_000, 10_000

_STREAM = "text/event-stream"
_HEADERS = {"content-type": f"{_STREAM}; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no"}


async def follow(exchange: Exchange) -> Response:
    """Server-sent events from the start, or after `Last-Event-ID` or `?after`; the stored events where JSON is wanted.

    The header goes before the query, since a browser that connects again sends both.
    """
    flows, run_id = flows_of(exchange), run_of(exchange)
    after = _cursor(exchange)
    await flows.do(lambda: _check(exchange, run_id))
    accepted = exchange.request.headers.get("accept", "")
    if "application/json" in accepted and _STREAM not in accepted:
        limit = whole_parameter(exchange, "limit", DEFAULT_EVENTS, least=1, most=MAX_EVENTS)
        found = await flows.do(lambda: flows.app.store.runs.events(run_id, after=after.number, limit=limit))
        return JsonResponse(found)
    messages = flows.feeds.follow(run_id, after, exchange.context.limits.heartbeat_s)
    return StreamingResponse(messages, headers=_HEADERS)


def _check(exchange: Exchange, run_id: str) -> None:
    """Raise now what reading the run would raise later, in the middle of the stream."""
    with flows_of(exchange).workflows.live.reading(run_id):
        pass


def _cursor(exchange: Exchange) -> Cursor:
    request = exchange.request
    text = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    found = Cursor.parse(text)
    if found is None:
        raise own_error(
            400,
            f"{text[:40]!r} is not the id of an event.",
            code="invalid.event_id",
            hint="Accepted: the id of the last event that came, such as 7 or 6.1.",
        )
    return found
