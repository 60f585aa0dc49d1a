"""How the addresses below `/limner/v1` say no: in Limner's own shape, with a code that is stable and what to try."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonObject, JsonValue
from limner.errors import Billed
from limner.wire.gemini.refusals import Refusal, RefusedError
from limner.wire.reference import unescape


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What a status means that the server itself answers, before any workflow is looked at."""

    code: str
    hint: str


_KINDS = {
    400: _Kind(code="server.request", hint="Send one JSON object, such as {}."),
    403: _Kind(code="server.stranger", hint="Ask from this machine, or allow the name or the origin."),
    404: _Kind(code="server.address", hint="`limner serve --workflows` offers the addresses of docs/workflow-api.md."),
    408: _Kind(code="server.slow", hint="Send it faster, or in smaller pieces."),
    413: _Kind(code="server.too_large", hint="Send pictures with POST /limner/v1/assets, one at a time."),
    429: _Kind(code="server.too_many", hint="Wait a minute."),
    431: _Kind(code="server.headers", hint="Send fewer headers."),
    503: _Kind(code="server.busy", hint="Try again in a moment."),
    507: _Kind(code="server.disk_full", hint="Free some space, or move the data with LIMNER_HOME."),
}
_FAULT = _Kind(code="server.fault", hint="Please report it, with the server's log of this request.")


def own_error(
    status: int,
    message: str,
    *,
    code: str,
    hint: str | None = None,
    billed: Billed = "no",
    headers: tuple[tuple[str, str], ...] = (),
    **more: JsonValue,
) -> RefusedError:
    """An error answer; `more` are facts beside it."""
    error: JsonObject = {"code": code, "message": message, "hint": hint, "billed": billed, **more}
    return RefusedError(Refusal(status=status, document={"error": error}, headers=headers))


def translated(refusal: Refusal) -> Refusal:
    """A refusal in Google's words as one in ours; one that is ours already stays."""
    if refusal.document is not None and "billed" in refusal.document["error"]:
        return refusal
    kind = _KINDS.get(refusal.status, _FAULT)
    message = unescape(refusal.message)
    error = own_error(refusal.status, message, code=kind.code, hint=_hint(refusal) or kind.hint)
    return Refusal(status=refusal.status, document=error.refusal.document, headers=refusal.headers)


def _hint(refusal: Refusal) -> str | None:
    details = refusal.document["error"].get("details", ()) if refusal.document is not None else ()
    return next((unescape(each["message"]) for each in details if each["@type"].endswith("LocalizedMessage")), None)
