"""The studio as an ASGI application: who is let in, which screen answers, and how its answer travels."""

from __future__ import annotations

import asyncio
import json
import shutil
import traceback
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlencode

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from limner import _clock
from limner.errors import LimnerError, StorageError, UsageError
from limner.redaction import redact
from limner.studio import live, session
from limner.studio.context import Context
from limner.studio.render import page_html, part_html, topic_html
from limner.studio.screens import PARTS, ROUTES
from limner.studio.static import contents
from limner.studio.visit import Answer, Bytes, Go, Missing, Page, Part, Preferences, Route, Visit
from limner.wire.gemini.refusals import RefusedError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
SAFE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
YEAR = "private, max-age=31536000, immutable"
PREFERENCES = "limner_preferences"
NOTICE = "limner_notice"

MAX_FORM_BYTES = 300 << 20
MAX_TOPICS = 12
MAX_FILES, MAX_FIELDS, MAX_FIELD_BYTES = 40, 2_000, 4 << 20

SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"})
"""Types that a browser may show in a page of ours; everything else is only ever saved."""


class Front:
    """Answers every request of a browser; `context` has everything that the screens need."""

    def __init__(self, context: Context) -> None:
        self._context = context

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
                self._context.spawn(self._end_streams())
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._context.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _end_streams(self) -> None:
        await self._context.stopping.wait()
        self._context.changes.end()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun_s = _clock.monotonic_s()
        request = Request(scope, _bounded(receive))
        try:
            response = await self._response(request)
            for name, value in SAFE.items():
                response.headers.setdefault(name, value)
            await response(scope, receive, send)
            status = response.status_code
        except ClientDisconnect:
            status = 0
        self._context.log(
            {
                "event": "request",
                "method": scope["method"],
                "path": scope["path"][:200],
                "status": status,
                "ms": round((_clock.monotonic_s() - begun_s) * 1000, 1),
            }
        )

    async def _response(self, request: Request) -> Response:
        try:
            self._context.guard.check(request)
        except RefusedError as error:
            return Response(error.refusal.message, 403, media_type="text/plain")
        path = request.url.path
        if path.startswith("/static/"):
            return _static(path.removeprefix("/static/"))
        if path == "/health":
            return Response("ok\n", media_type="text/plain")
        entering = self._entering(request)
        if entering is not None:
            return entering
        found = self._context.sessions.find(request)
        if found is None:
            return self._stranger(request)
        visit = Visit(
            context=self._context,
            query=request.query_params,
            word=self._context.sessions.word(found),
            address=path,
            preferences=_preferences(request),
            is_part="hx-request" in request.headers,
            notices=_notices(request),
        )
        if path == "/events":
            return self._events(visit)
        try:
            return await self._answered(request, visit)
        except ClientDisconnect:
            raise
        except Exception as problem:
            return await self._failed(problem, visit)

    def _entering(self, request: Request) -> Response | None:
        """The printed address was opened: from now on a cookie stands for its token."""
        token = request.query_params.get("token")
        if token is None or not self._context.sessions.is_token(token):
            return None
        rest = [(name, value) for name, value in request.query_params.multi_items() if name != "token"]
        response = RedirectResponse(request.url.path + (f"?{urlencode(rest)}" if rest else ""), 303)
        _set_cookie(response, session.COOKIE, self._context.sessions.begin(), lasts_s=session.LASTS_S)
        return response

    def _stranger(self, request: Request) -> Response:
        visit = Visit(context=self._context, preferences=_preferences(request))
        page = Page(template="stranger.html", title="Open the studio", status=401)
        return Response(page_html(page, visit, PARTS), page.status, media_type="text/html")

    async def _answered(self, request: Request, visit: Visit) -> Response:
        route, visit.path = _route(request)
        if route.method == "POST":
            visit.form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
            word = request.headers.get(session.HEADER) or visit.form.get(session.FIELD)
            if word != visit.word:
                raise HTTPException(403, "This form is older than your session. Load the page again.")
        try:
            answer = await asyncio.to_thread(route.handler, visit)
            return await asyncio.to_thread(self._travelling, answer, visit, request)
        finally:
            await visit.form.close()

    def _travelling(self, answer: Answer, visit: Visit, request: Request) -> Response:
        if isinstance(answer, Page):
            response = Response(page_html(answer, visit, PARTS), answer.status, media_type="text/html")
            response.headers["cache-control"] = "no-store"
            _set_cookies(response, answer.cookies)
            if NOTICE in request.cookies:
                response.delete_cookie(NOTICE)
            return response
        if isinstance(answer, Part):
            response = Response(part_html(answer, visit, PARTS), answer.status, media_type="text/html")
            response.headers["cache-control"] = "no-store"
            return response
        if isinstance(answer, Go):
            return _gone(answer, visit)
        return _bytes(answer, visit.context)

    async def _failed(self, problem: Exception, visit: Visit) -> Response:
        page = _error_page(problem, visit, self._context)
        html = await asyncio.to_thread(page_html, page, visit, PARTS)
        return Response(html, page.status, media_type="text/html", headers={"cache-control": "no-store"})

    def _events(self, visit: Visit) -> Response:
        names = [name for name in visit.query.get("topics", "").split(",") if name.partition(":")[0] in PARTS]
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}

        def draw(topic: str) -> str:
            try:
                return topic_html(topic, visit, PARTS)
            except Missing as missing:
                return f"<p>{missing}</p>"

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in live.stream(self._context.changes, names[:MAX_TOPICS], draw):
                yield piece

        return StreamingResponse(pieces(), media_type="text/event-stream", headers=headers)


def _route(request: Request) -> tuple[Route, dict[str, str]]:
    """The route of a request. Raises `HTTPException` 404 or 405."""
    parts = [unquote(part) for part in request.scope["raw_path"].decode("ascii", "replace").split("/")]
    method = "GET" if request.method == "HEAD" else request.method
    other = False
    for route in ROUTES:
        parameters = _match(route.address.split("/"), parts)
        if parameters is None:
            continue
        if route.method == method:
            return route, parameters
        other = True
    raise HTTPException(405 if other else 404)


def _match(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    found = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            found[wanted.strip("{}")] = part
        elif wanted != part:
            return None
    return found


def _error_page(problem: Exception, visit: Visit, context: Context) -> Page:
    """What went wrong, in words; a fault of ours has a number to quote."""
    if isinstance(problem, Missing):
        return _problem(404, "Not here", str(problem), "")
    if isinstance(problem, HTTPException):
        words = {404: "There is no page at this address.", 405: "This address is not asked in this way."}
        return _problem(problem.status_code, "Not here", words.get(problem.status_code, problem.detail), "")
    if isinstance(problem, LimnerError):
        status = 400 if isinstance(problem, UsageError) else 507 if isinstance(problem, StorageError) else 502
        return _problem(status, "That did not work", redact(problem.message), redact(problem.hint or ""), problem.code)
    number = _clock.new_id()
    context.log({"event": "fault", "id": number, "error": redact("".join(traceback.format_exception(problem)))})
    return _problem(
        500, "A fault in Limner", "Something went wrong here that should not.", f"The log tells more under {number}."
    )


def _problem(status: int, title: str, message: str, hint: str, code: str = "") -> Page:
    values = {"message": message, "hint": hint, "code": code}
    return Page(template="error.html", title=title, status=status, values=values)


def _gone(answer: Go, visit: Visit) -> Response:
    """See elsewhere; a script is told where, because a redirect would be followed without the address changing."""
    to = answer.to if answer.to.startswith("/") and not answer.to.startswith(("//", "/\\")) else "/"
    elsewhere: Response = RedirectResponse(to, 303)
    response = Response("", 204, headers={"hx-redirect": to}) if visit.is_part else elsewhere
    if answer.notice:
        notice = json.dumps({"words": answer.notice, "undo": answer.undo})
        response.set_cookie(NOTICE, quote(notice), max_age=60, samesite="strict", path="/", httponly=True)
    _set_cookies(response, answer.cookies)
    return response


def _bytes(answer: Bytes, context: Context) -> Response:
    blob = answer.blob
    path = context.app.store.blobs.path(blob) if blob is not None else answer.path
    shown = answer.mime_type in SHOWN_TYPES or answer.mime_type.startswith("text/plain")
    headers = {"cache-control": YEAR if answer.lasts else "no-store"}
    if answer.name is not None or not shown:
        name = quote(answer.name or "file", safe="")
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{name}"
    if path is not None:
        if not Path(path).is_file():
            raise Missing("This picture is no longer in the data folder.")
        gone = BackgroundTask(shutil.rmtree, Path(path).parent, ignore_errors=True) if answer.made else None
        return FileResponse(path, media_type=answer.mime_type, headers=headers, background=gone)
    return Response(answer.data or b"", media_type=answer.mime_type, headers=headers)


def _static(address: str) -> Response:
    found = contents().get(address)
    if found is None:
        return Response("There is no such file.\n", 404, media_type="text/plain")
    return Response(found[1], media_type=found[0], headers={"cache-control": YEAR})


def _preferences(request: Request) -> Preferences:
    try:
        found = json.loads(unquote(request.cookies.get(PREFERENCES, "{}")))
    except ValueError:
        return Preferences()
    if not isinstance(found, dict):
        return Preferences()
    theme, density, motion = (str(found.get(name, "")) for name in ("theme", "density", "motion"))
    return Preferences(
        theme=theme if theme in ("light", "dark") else "system",
        density=density if density in ("s", "l") else "m",
        single_keys=found.get("singleKeys") is not False,
        motion="reduced" if motion == "reduced" else "system",
    )


def _set_cookies(response: Response, cookies: object) -> None:
    if isinstance(cookies, dict):
        for name, value in cookies.items():
            _set_cookie(response, name, quote(value), lasts_s=365 * 24 * 3600)


def _set_cookie(response: Response, name: str, value: str, *, lasts_s: int) -> None:
    response.set_cookie(name, value, max_age=lasts_s, httponly=True, samesite="strict", path="/")


def _bounded(receive: Receive) -> Receive:
    """`receive`, which gives up on a body that is too large."""
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_FORM_BYTES:
            raise HTTPException(413, f"More than {MAX_FORM_BYTES >> 20} MB were sent at once.")
        return message

    return counted


def _notices(request: Request) -> list[Mapping[str, str]]:
    """What a redirect left to be said on the next page."""
    try:
        found = json.loads(unquote(request.cookies.get(NOTICE, "null")))
    except ValueError:
        return []
    if not isinstance(found, dict):
        return []
    return [{"words": str(found.get("words", "")), "undo": str(found.get("undo", ""))}]
