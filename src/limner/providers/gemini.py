"""Calls on the Gemini wire: Google itself, every relay that speaks it, and the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from limner import _clock
from limner._json import JsonValue
from limner.config import Connection
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.request import GenerateRequest
from limner.core.result import Reply
from limner.core.secret import Secret
from limner.core.tokens import TokenCount
from limner.core.transport import WireCall
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.fields import pick, pick_list, pick_word, whole
from limner.wire.gemini.reply import reply_from_wire
from limner.wire.gemini.request import DEFAULT_RULES, WireRules, request_from_wire, request_to_wire
from limner.wire.imagen.outgoing import predict_to_wire
from limner.wire.imagen.request import predict_from_wire

TOTAL_TIMEOUT_S = 900.0
"""Upper bound of one call in seconds; 4K pictures are reported to take up to eight minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a model is spoken to: `predict` is Imagen's protocol; `vertex` the paths and fields of Vertex AI."""

    rules: WireRules = DEFAULT_RULES
    predict: bool = False
    vertex: bool = False


def generate_call(
    connection: Connection,
    key: Secret | None,
    request: GenerateRequest,
    dialect: Dialect,
    *,
    stream: bool = False,
    timeout_s: float | None = None,
) -> WireCall:
    """The call that asks `connection` for the answer, whole or as a stream of server-sent events.

    `timeout_s` bounds each silence in seconds, instead of what the connection says.
    """
    silence_s = connection.timeout_s if timeout_s is None else timeout_s
    return WireCall(
        method="POST",
        url=generate_url(connection, request.model, dialect, stream=stream),
        headers=(("Content-Type", "application/json"), *auth_headers(connection, key)),
        query_key=key if connection.auth == "query" else None,
        document=request_document(request, dialect),
        timeout_s=silence_s,
        total_timeout_s=max(TOTAL_TIMEOUT_S, silence_s),
    )


def request_document(request: GenerateRequest, dialect: Dialect) -> JsonValue:
    """The body of the call, pictures as references."""
    if dialect.predict:
        return predict_to_wire(request, vertex=dialect.vertex)
    return request_to_wire(request, rules=dialect.rules)


def refusals(request: GenerateRequest, dialect: Dialect) -> tuple[str, ...]:
    """What the strict reader of this wire format has against the body: fields and values that do not exist."""
    body = request_document(request, dialect)
    try:
        if dialect.predict:
            predict_from_wire(body, vertex=dialect.vertex)
        else:
            request_from_wire(body, model=request.model, vertex=dialect.vertex)
    except WireError as problem:
        return tuple(f"{each.description} {each.hint or ''}".strip() for each in problem.violations)
    return ()


def count_call(connection: Connection, key: Secret | None, request: GenerateRequest, dialect: Dialect) -> WireCall:
    """A call that counts the tokens of `request`, free of charge."""
    body = request_to_wire(request, rules=dialect.rules)
    return WireCall(
        method="POST",
        url=_method_url(connection, request.model, dialect, "countTokens"),
        headers=(("Content-Type", "application/json"), *auth_headers(connection, key)),
        query_key=key if connection.auth == "query" else None,
        document={"contents": body["contents"]},
        timeout_s=30.0,
        total_timeout_s=60.0,
    )


def read_count(documents: Sequence[JsonValue]) -> TokenCount | None:
    """The count in an answer to `count_call`; `None` if there is none."""
    document = documents[0] if documents else None
    total = whole(pick(document, "totalTokens"))
    if total is None:
        return None
    details = pick_list(document, "promptTokensDetails")
    counted = {pick_word(item, "modality") or "OTHER": whole(pick(item, "tokenCount")) or 0 for item in details}
    return TokenCount(tokens=total, by_modality=counted)


def list_models_call(connection: Connection, key: Secret | None) -> WireCall:
    """A call that costs nothing and needs a working key: the list of models."""
    return WireCall(
        method="GET",
        url=f"{versioned(connection)}/{'publishers/google/models' if connection.is_vertex else 'models'}?pageSize=1000",
        headers=auth_headers(connection, key),
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


def generate_url(connection: Connection, model: str, dialect: Dialect, *, stream: bool = False) -> str:
    """Where a picture is asked for."""
    verb = "predict" if dialect.predict else "streamGenerateContent?alt=sse" if stream else "generateContent"
    return _method_url(connection, model, dialect, verb)


def _method_url(connection: Connection, model: str, dialect: Dialect, verb: str) -> str:
    """The address of a model's method. The identifier is sent as it is, dots, dashes and slashes included."""
    collection = vertex_models(connection) if dialect.vertex else "models"
    return f"{versioned(connection)}/{collection}/{quote(model.removeprefix('models/'), safe='/')}:{verb}"


def vertex_models(connection: Connection) -> str:
    """Where Vertex AI's models are: in a project, or in none with an express key."""
    place = f"projects/{connection.project}/locations/{connection.location}/" if connection.project else ""
    return f"{place}publishers/google/models"


def versioned(connection: Connection) -> str:
    """The address of the API with its version."""
    base = connection.base_url.rstrip("/")
    version = connection.api_version
    return base if not version or base.endswith(f"/{version}") else f"{base}/{version}"


def auth_headers(connection: Connection, key: Secret | None) -> tuple[tuple[str, str | Secret], ...]:
    """The header that carries the key, if a header does."""
    if key is None:
        return ()
    match connection.auth:
        case "x-goog-api-key":
            return (("x-goog-api-key", key),)
        case "bearer" | "google":
            return (("Authorization", Secret(f"Bearer {key.reveal()}")),)
        case "raw":
            return (("Authorization", key),)
        case _:
            return ()
