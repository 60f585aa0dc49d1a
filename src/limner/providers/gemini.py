"""Calls on the Gemini wire: Google itself, every relay that speaks it, and the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from limner import _clock
from limner._json import JsonValue
from limner.config import Connection
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.request import GenerateRequest
from limner.core.result import Reply
from limner.core.secret import Secret
from limner.core.transport import WireCall
from limner.wire.gemini.reply import reply_from_wire
from limner.wire.gemini.request import WireRules, request_to_wire

TOTAL_TIMEOUT_S = 900.0
"""Upper bound of one call in seconds; 4K pictures are reported to take up to eight minutes."""


def generate_call(connection: Connection, key: Secret | None, request: GenerateRequest, rules: WireRules) -> WireCall:
    """The call that asks `connection` for the picture."""
    return WireCall(
        method="POST",
        url=model_url(connection, request.model, "generateContent"),
        headers=(("Content-Type", "application/json"), *_auth_headers(connection, key)),
        query_key=key if connection.auth == "query" else None,
        document=request_document(request, rules),
        timeout_s=connection.timeout_s,
        total_timeout_s=max(TOTAL_TIMEOUT_S, connection.timeout_s),
    )


def request_document(request: GenerateRequest, rules: WireRules) -> JsonValue:
    """The body of the call, pictures as references."""
    return request_to_wire(request, rules=rules)


def list_models_call(connection: Connection, key: Secret | None) -> WireCall:
    """A call that costs nothing and needs a working key: the list of models."""
    return WireCall(
        method="GET",
        url=f"{_versioned(connection)}/models?pageSize=1000",
        headers=_auth_headers(connection, key),
        query_key=key if connection.auth == "query" else None,
        timeout_s=30.0,
        total_timeout_s=60.0,
    )


def read_reply(documents: Sequence[JsonValue], status: int, headers: Mapping[str, str], complete: bool) -> Reply:
    """The reply in Limner's words, whatever the status."""
    if 300 <= status < 400:
        message = f"the server redirects to {headers.get('location', 'another address')}, which is not followed"
        return Reply(outcome=Outcome(kind=OutcomeKind.PROTOCOL, message=message, billed_override="no"))
    text = documents[0] if documents and isinstance(documents[0], str) else None
    return reply_from_wire(
        documents, status=status, complete=complete, headers=headers, body_text=text, now_ms=_clock.now_ms()
    )


def model_url(connection: Connection, model: str, verb: str) -> str:
    """The address of one method of one model. The identifier is sent as it is, dots, dashes and slashes included."""
    return f"{_versioned(connection)}/models/{quote(model.removeprefix('models/'), safe='/')}:{verb}"


def _versioned(connection: Connection) -> str:
    base = connection.base_url.rstrip("/")
    version = connection.api_version
    return base if not version or base.endswith(f"/{version}") else f"{base}/{version}"


def _auth_headers(connection: Connection, key: Secret | None) -> tuple[tuple[str, str | Secret], ...]:
    if key is None:
        return ()
    match connection.auth:
        case "x-goog-api-key":
            return (("x-goog-api-key", key),)
        case "bearer":
            return (("Authorization", Secret(f"Bearer {key.reveal()}")),)
        case "raw":
            return (("Authorization", key),)
        case _:
            return ()
