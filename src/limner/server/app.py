"""The server as an ASGI application: who may ask, which handler answers, and what is noted of it.

The order is the same for every address: a place, the name asked for, the page that asks, the address, the key, the
cards, the handler. Nothing is read of a body before all of this.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner import _clock
from limner._json import JsonObject
from limner.errors import LimnerError, StorageError
from limner.providers.sandbox.protocol.cards import HEADER, CardRefusedError, read_header
from limner.providers.sandbox.protocol.refusals import REFUSAL_CARDS
from limner.redaction import redact
from limner.server import batch_work, interactions
from limner.server.auth import Caller
from limner.server.context import Context, Exchange, new_exchange_id
from limner.server.linger import Lingering
from limner.server.outgoing import refusal_response
from limner.server.refusals import translated
from limner.server.routes import ROUTES, Route
from limner.server.target import OWN, Target, target_of
from limner.wire.gemini.refusals import Refusal, RefusedError, failed, invalid, unknown_path

REQUEST_ID_HEADER = "x-limner-request-id"
SANDBOX_HEADERS = {"x-limner-sandbox": "sandbox-1", "x-content-type-options": "nosniff"}

OWN_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-store"}

TIDY_S = 600.0
"""How often what has expired is removed."""

_KEY_PARAMETERS = ("key", "access_token")
_NOBODY = Caller(owner="")


class ServerApp:
    """Answers every request; `context` has everything it needs."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._routes = ROUTES
        if context.flows is not None:
            from limner.server.flow_routes import FLOW_ROUTES  # costs start-up where no workflows are offered

            self._routes += FLOW_ROUTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._context.spawn(batch_work.work_for_ever(self._context))
                self._context.spawn(_tidy_for_ever(self._context))
                if self._context.flows is not None:
                    self._context.spawn(self._context.flows.end_with(self._context.stopping))
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._context.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        context, begun_s = self._context, _clock.monotonic_s()
        note = Note(new_exchange_id())
        context.under_way += 1
        context.metrics.under_way.set(context.under_way)
        lingering = Lingering(Headers(scope=scope), receive, context.limits)
        try:
            response = await self._response(scope, lingering.receive, note)
            headers = OWN_HEADERS if _is_own(scope) else SANDBOX_HEADERS
            for name, value in {**headers, REQUEST_ID_HEADER: note.id}.items():
                response.headers.setdefault(name, value)
            await response(scope, lingering.receive, note.counting(lingering.sending(send)))
        except ClientDisconnect:
            note.fields["left"] = True
        finally:
            if note.exchange is not None:
                note.exchange.close()
            context.under_way -= 1
            context.metrics.under_way.set(context.under_way)
            seconds = _clock.monotonic_s() - begun_s
            context.metrics.answered(note.operation, note.status, seconds, note.sent_bytes)
            context.log(note.line(scope["method"], seconds))

    async def _response(self, scope: Scope, receive: Receive, note: Note) -> Response:
        request = Request(scope, receive)
        try:
            greeting = self._admitted(request)
            response = greeting or await self._handled(request, note)
            response.headers.update(self._context.guard.permission(request))
            return response
        except RefusedError as error:
            return self._refused(request, error.refusal)
        except ClientDisconnect:
            raise
        except Exception as problem:
            note.fields["fault"] = redact("".join(traceback.format_exception(problem)))
            return self._refused(request, _fault(problem, note.id))

    def _admitted(self, request: Request) -> Response | None:
        """Check what can be checked without knowing the address; the answer to a CORS preflight, if it is one."""
        if self._context.under_way > self._context.limits.exchanges:
            raise RefusedError(Refusal(status=503, document=_busy(), headers=(("retry-after", "1"),)))
        if sum(len(name) + len(value) for name, value in request.headers.raw) > self._context.limits.header_bytes:
            raise failed(431, f"The headers have more than {self._context.limits.header_bytes} bytes.")
        self._context.guard.check(request)
        return self._context.guard.greeting(request)

    async def _handled(self, request: Request, note: Note) -> Response:
        target = _target(request.scope)
        if target is None:
            raise RefusedError(unknown_path(_raw_path(request.scope)))
        route, parameters = _route(self._routes, request, target)
        note.operation = route.operation
        caller = self._admit(route, request)
        _hide_key(request.scope)
        exchange = Exchange(
            id=note.id,
            request=Request(request.scope, request.receive),
            context=self._context,
            target=target,
            parameters=parameters,
            caller=caller,
            operation=route.operation,
            notes=note.fields,
        )
        note.exchange = exchange
        if "model" not in parameters and not target.is_own:
            _play(exchange)
        return await route.handler(exchange)

    def _admit(self, route: Route, request: Request) -> Caller:
        if route.keyless:
            return _NOBODY
        doorman = self._context.doorman
        return doorman.admit_owner(request) if route.is_own else doorman.admit(request)

    def _refused(self, request: Request, refusal: Refusal) -> Response:
        if _is_own(request.scope):
            refusal = translated(refusal)
        response = refusal_response(refusal)
        if refusal.status in (408, 413, 431):
            response.headers["connection"] = "close"  # what else may come is not wanted
        try:
            self._context.guard.check(request)
        except RefusedError:
            return response  # a stranger's page is not even told why
        response.headers.update(self._context.guard.permission(request))
        return response


async def _tidy_for_ever(context: Context) -> None:
    """Remove what has outlived its time and end what ended processes left, at the start and every few minutes."""
    while True:
        await asyncio.to_thread(interactions.end_abandoned, context)
        context.uploads.expire(_clock.monotonic_s())
        await asyncio.to_thread(context.store.expire, _clock.now_ms())
        await asyncio.sleep(TIDY_S)


class Note:
    """What is noted of one request, for the log and the figures."""

    def __init__(self, request_id: str) -> None:
        self.id = request_id
        self.operation = "unknown"
        self.status = 0
        self.sent_bytes = 0
        self.fields: dict[str, Any] = {}
        self.exchange: Exchange | None = None

    def counting(self, send: Send) -> Send:
        """`send`, with status and bytes noted, and header names spelled as Google spells them."""

        async def counted(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                message["headers"] = [(_spelled(name), value) for name, value in message["headers"]]
            else:
                self.sent_bytes += len(message.get("body", b""))
            await send(message)

        return counted

    def line(self, method: str, seconds: float) -> JsonObject:
        """The line of the log. The address is the route's, so that nothing of the query or a name gets there."""
        caller = self.exchange.caller.owner[:8] if self.exchange is not None else ""
        return {
            "event": "request",
            "id": self.id,
            "method": method,
            "operation": self.operation,
            "status": self.status,
            "ms": round(seconds * 1000, 1),
            "bytes": self.sent_bytes,
            **({"caller": caller} if caller else {}),
            **self.fields,
        }


def _spelled(name: bytes) -> bytes:
    """`Content-Type`, but `x-...`: some clients hand names on as they came, and programs look them up so."""
    return name if name.startswith(b"x-") else name.title()


def _raw_path(scope: Scope) -> str:
    path: bytes = scope.get("raw_path", b"")
    return path.decode("ascii", "replace")


def _target(scope: Scope) -> Target | None:
    return target_of(_raw_path(scope))


def _is_own(scope: Scope) -> bool:
    target = _target(scope)
    return OWN in _raw_path(scope) if target is None else target.is_own


def _route(routes: Iterable[Route], request: Request, target: Target) -> tuple[Route, dict[str, str]]:
    """The route of a request. 404 where nothing is there, and as at Google where it takes another method."""
    offered = []
    for route in routes:
        parameters = route.match(target)
        if parameters is None or (route.query is not None and route.query not in request.query_params):
            continue
        if route.method == request.method:
            return route, dict(parameters)
        offered.append(route.method)
    raise RefusedError(unknown_path(target.path, tuple(dict.fromkeys(offered))))


def _hide_key(scope: Scope) -> None:
    """Take keys out of the query, so that nothing behind this line can tell one."""
    query = scope.get("query_string", b"")
    if query:
        fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        kept = [(name, value) for name, value in fields if name not in _KEY_PARAMETERS]
        scope["query_string"] = urlencode(kept).encode()


def _play(exchange: Exchange) -> None:
    """Answer with the error of a test card where no model is asked that would play it."""
    try:
        cards = read_header(exchange.request.headers.get(HEADER, "") + "," + (exchange.caller.cards or ""))
    except CardRefusedError as problem:
        raise invalid(str(problem)) from problem
    for card in cards:
        if card.name in REFUSAL_CARDS:
            raise RefusedError(REFUSAL_CARDS[card.name](card, ""))


def _busy() -> JsonObject:
    refusal = failed(503, "The server has too many requests under way. Please try again later.").refusal
    assert refusal.document is not None
    return refusal.document


def _fault(problem: Exception, request_id: str) -> Refusal:
    """500, or 503 and 507 for what is the disk's fault."""
    if isinstance(problem, StorageError):
        return failed(507 if problem.code == "storage.full" else 503, problem.message, hint=problem.hint).refusal
    said = problem.message if isinstance(problem, LimnerError) else "An internal error has occurred."
    return failed(500, f"{said} The server's log tells more under {request_id}.").refusal
