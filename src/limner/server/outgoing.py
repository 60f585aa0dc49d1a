"""An answer on its way out: streamed from its blobs, and disturbed as its test cards say."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from limner._json import JsonObject, JsonValue, dumps
from limner.providers.sandbox.protocol.faults import Faults, cut_at
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.web.protocol import TRANSPORT, reset
from limner.wire.gemini.refusals import Refusal
from limner.wire.lower import lowered_length

JSON_TYPE = "application/json; charset=UTF-8"
DRIPS = 20
"""In how many pieces a dripping body goes out."""

_MIN_ZIPPED_BYTES = 1_000
"""A smaller answer fits one packet as it is."""


class JsonResponse(Response):
    """A small document; zipped where the client asks for it."""

    def __init__(self, document: JsonValue, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(dumps(document).encode(), status_code=status, headers=headers, media_type=None)
        self.headers.setdefault("content-type", JSON_TYPE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if len(self.body) >= _MIN_ZIPPED_BYTES and _takes_gzip(scope):
            self.body = await asyncio.to_thread(gzip.compress, bytes(self.body), 5, mtime=0)
            self.headers["content-encoding"] = "gzip"
            self.headers["content-length"] = str(len(self.body))
        self.headers.add_vary_header("Accept-Encoding")
        await super().__call__(scope, receive, send)


def refusal_response(refusal: Refusal) -> Response:
    """The answer that a refusal is."""
    headers = dict(refusal.headers)
    if refusal.document is None:
        return Response(refusal.page, status_code=refusal.status, headers=headers, media_type="text/html")
    return JsonResponse(refusal.document, status=refusal.status, headers=headers)


class NoReply(Response):
    """No answer: a test card closed the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait until the connection is gone."""
        await _gone(receive)


class StreamedReply(Response):
    """A reply of the model, sent from the blobs that its documents refer to."""

    def __init__(self, reply: SandboxReply) -> None:
        super().__init__(status_code=reply.status)
        self._reply = reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, with everything that is to go wrong on the way."""
        transport: asyncio.Transport | None = scope.get(TRANSPORT)
        cut = self._reply.faults.cut
        headers = {**self._reply.headers, **dict(self.headers)}
        headers.pop("content-length", None)
        if cut is None and self._reply.framing == "json":
            headers["content-length"] = str(lowered_length(self._reply.documents[0], self._reply.pictures))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self._reply.status, "headers": raw})
        async for piece in self._pieces():
            if transport is not None and transport.is_closing():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if cut is not None and cut.ending == "reset" and transport is not None:
            await _sent(transport)
            reset(transport)
            await _gone(receive)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncIterator[bytes]:
        faults = self._reply.faults
        if faults.cut is None and not faults.drip_s:
            for piece in self._reply.body():
                yield piece
            return
        body = b"".join(self._reply.body())
        arriving = len(body) if faults.cut is None else cut_at(body, faults.cut, self._first_picture())
        size = max(1, -(-len(body) // DRIPS)) if faults.drip_s else len(body)
        for start in range(0, arriving, size):
            if faults.drip_s:
                await asyncio.sleep(faults.drip_s / DRIPS)
            yield body[start : min(arriving, start + size)]

    def _first_picture(self) -> bytes | None:
        picture = self._reply.first_picture
        return None if picture is None else self._reply.pictures.read(picture)


async def suffer(faults: Faults, transport: asyncio.Transport | None) -> bool:
    """What happens between the request and the first byte of its answer; False where no answer comes any more."""
    silent_s = faults.silent_s
    wait_s = faults.delay_s if silent_s is None else silent_s or _FOR_EVER_S
    if not await _waited(wait_s, transport):
        return False
    if not (faults.refused or faults.disconnected or silent_s is not None):
        return True
    if transport is not None and faults.refused:
        reset(transport)
    elif transport is not None:
        transport.close()
    return False


_FOR_EVER_S = 3_600.0
"""Longer than any client waits."""

_LOOK_S = 0.5
"""How often a wait looks whether its client is still there."""


async def _waited(seconds: float, transport: asyncio.Transport | None) -> bool:
    """Let time pass; False as soon as the client has gone."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        await asyncio.sleep(min(left, _LOOK_S))
        if transport is not None and transport.is_closing():
            return False
    return True


async def _sent(transport: asyncio.Transport) -> None:
    """Wait until what was written has left this process, so that a reset does not overtake it."""
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(0.005)


async def _gone(receive: Receive) -> None:
    """Wait until the connection is closed; an answer that stops before that would be called a fault."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _takes_gzip(scope: Scope) -> bool:
    accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
    return any(
        part.partition(b";")[0].strip() == b"gzip" and b"q=0" not in part.replace(b" ", b"").split(b";")[1:]
        for part in accepted.lower().split(b",")
    )


def empty(headers: Mapping[str, str] | None = None) -> Response:
    """`{}`, with `headers`."""
    document: JsonObject = {}
    return JsonResponse(document, headers=headers)
