"""Error bodies, both ways: what an error answer means, and how a server of this format says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypedDict

from limner._json import JsonObject, JsonValue
from limner.core.outcome import Outcome, OutcomeKind
from limner.errors import InvalidRequestError
from limner.wire.gemini import phrases
from limner.wire.gemini.details import ErrorDetails, read_error, retry_after_s
from limner.wire.gemini.violations import Violation
from limner.wire.reference import escape

STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""google.rpc's name for each HTTP status."""

_CODES_BY_NAME = {
    **{name: code for code, name in STATUS_NAMES.items() if code != 413},
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "INVALID_REQUEST_ERROR": 400,
    "AUTHENTICATION_ERROR": 401,
    "PERMISSION_ERROR": 403,
    "NOT_FOUND_ERROR": 404,
    "RATE_LIMIT_ERROR": 429,
    "RATE_LIMIT_EXCEEDED": 429,
    "TOO_MANY_REQUESTS": 429,
    "OVERLOADED_ERROR": 503,
    "SERVER_ERROR": 500,
    "INTERNAL_ERROR": 500,
}

_CODES_BY_RPC_NUMBER = {
    **dict(zip(range(1, 9), (499, 500, 400, 504, 404, 409, 403, 429), strict=True)),
    **dict(zip(range(9, 17), (400, 409, 400, 501, 500, 503, 500, 401), strict=True)),
}
"""HTTP status by google.rpc.Code, which stands where an error travels inside a batch. Source: google/rpc/code.proto."""

_NO_FREE_TIER = "quota is 0: image models have no free tier."
_DAILY = "the quota of the day is spent."

_GATEWAY_TIMEOUTS = frozenset({504, 524})
_NEVER_REACHED = frozenset({521, 522, 523, 525, 526, 530})
"""A CDN's own statuses for an origin it could not connect to. Source: Cloudflare's list of 5xx errors."""
_OVERLOADED = frozenset({503, 529})


class WireError(InvalidRequestError):
    """A request that a server of this format refuses. `violations` are all that were found, at least one."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        hints = dict.fromkeys(violation.hint for violation in violations if violation.hint)
        super().__init__(
            "\n".join(dict.fromkeys(violation.description for violation in violations)),
            code="invalid.wire",
            hint=" ".join(hints) or None,
        )
        self.violations = tuple(violations)


def outcome_of_error(
    status: int,
    document: JsonValue | None,
    headers: Mapping[str, str],
    *,
    body_text: str | None = None,
    now_ms: int | None = None,
    complete: bool = True,
) -> Outcome:
    """What an answer with an error means. `document` is its lifted JSON, `body_text` what it says if that is no JSON.

    `status` is the HTTP status; with 2xx the error stands in the body of a success and its own code counts. `now_ms`
    is needed for a `Retry-After` date only. Google documents that it does not bill a failed call, so `resend` is true
    for a complete 429, 500 or 503; a gateway's page and a cut body leave open what happened behind it. Never raises.
    """
    details = read_error(document, body_text)
    code = status if not 200 <= status < 300 else _own_code(details)
    outcome = _by_words(code, details) or _by_code(code, details)
    waits = [wait for wait in (retry_after_s(headers, now_ms), details.retry_after_s) if wait is not None]
    outcome = replace(
        outcome,
        reason=outcome.reason or _reason(status, details),
        message=outcome.message or details.message,
        retry_after_s=max(waits) if waits and outcome.meaning.later else None,
    )
    if complete and code == status:
        return outcome
    return _in_doubt(outcome, rate_limited_ok=complete)


def _in_doubt(outcome: Outcome, *, rate_limited_ok: bool) -> Outcome:
    """The same outcome where the error came inside a success, or cut: only a plain refusal surely cost nothing."""
    if outcome.kind is OutcomeKind.RATE_LIMITED and rate_limited_ok:
        return outcome
    if outcome.kind in (OutcomeKind.UNAVAILABLE, OutcomeKind.RATE_LIMITED, OutcomeKind.TIMEOUT, OutcomeKind.BLOCKED):
        return replace(outcome, billed_override="unknown", resend=False)
    return outcome


def _own_code(details: ErrorDetails) -> int:
    """The HTTP status that an error body itself names; 0 if none."""
    if details.code is not None and 400 <= details.code < 600:
        return details.code
    for word in (details.status, *details.words):
        if word and word.upper() in _CODES_BY_NAME:
            return _CODES_BY_NAME[word.upper()]
    return _CODES_BY_RPC_NUMBER.get(details.code or 0, 0)


def _reason(status: int, details: ErrorDetails) -> str | None:
    """The provider's own word: the most exact one it gave."""
    named = [word for word in (*details.words, details.status) if word and not word.isdigit()]
    numbers = [word for word in details.words if word.isdigit()]
    return next(iter([*named, *numbers]), None) or (f"HTTP {status}" if not 200 <= status < 300 else None)


def _by_words(code: int, details: ErrorDetails) -> Outcome | None:
    """What the text says surely, whatever the status: relays send a status of their own."""
    if not details.is_document:
        return None
    if details.says(phrases.REGION):
        return Outcome(kind=OutcomeKind.REGION)
    if details.says(phrases.BAD_KEY):
        return Outcome(kind=OutcomeKind.AUTH)
    if details.says(phrases.NO_MONEY):
        return Outcome(kind=OutcomeKind.NO_QUOTA)
    if details.says(phrases.BLOCKED) and code != 429:
        return Outcome(kind=OutcomeKind.BLOCKED, billed_override="no" if 400 <= code < 500 else None)
    if details.says(phrases.NO_MODEL) and code in (0, 400, 403, 404, 410, 501, 503):
        return Outcome(kind=OutcomeKind.MODEL_GONE)
    if details.quota_spent:
        said = _NO_FREE_TIER if details.quota_zero else _DAILY
        return Outcome(kind=OutcomeKind.NO_QUOTA, message=f"{said} {details.message or ''}".strip())
    return None


def _by_code(code: int, details: ErrorDetails) -> Outcome:
    if code == 404:
        return _not_found(details)
    if code == 403:
        return _forbidden(details)
    if code in _KINDS:
        return Outcome(kind=_KINDS[code], resend=code == 429)
    if 400 <= code < 500:
        return Outcome(kind=OutcomeKind.REFUSED_REQUEST)
    if 500 <= code < 600:
        return _server_fault(code, details)
    if code == 0 and details.is_document:
        return Outcome(kind=OutcomeKind.UNAVAILABLE, billed_override="unknown")
    return Outcome(kind=OutcomeKind.PROTOCOL, message=_not_an_answer(code, details))


_KINDS = {
    401: OutcomeKind.AUTH,
    402: OutcomeKind.NO_QUOTA,
    407: OutcomeKind.NETWORK,
    408: OutcomeKind.TIMEOUT,
    410: OutcomeKind.MODEL_GONE,
    429: OutcomeKind.RATE_LIMITED,
    499: OutcomeKind.CANCELLED,
    501: OutcomeKind.REFUSED_REQUEST,
}


def _not_found(details: ErrorDetails) -> Outcome:
    """A dead model, or nobody at that address: only an error document about a model is the former."""
    said_nothing = details.message is None and not details.words
    about_model = details.is_document and (details.status == "NOT_FOUND" or details.says(phrases.ANY_MODEL))
    if about_model or said_nothing:
        return Outcome(kind=OutcomeKind.MODEL_GONE)
    return Outcome(kind=OutcomeKind.PROTOCOL, message=_not_an_answer(404, details), billed_override="no")


def _forbidden(details: ErrorDetails) -> Outcome:
    if not details.is_document and details.message is not None:
        return Outcome(kind=OutcomeKind.PROTOCOL, message=_not_an_answer(403, details), billed_override="no")
    if details.says(phrases.FOREIGN_FILE):
        return Outcome(kind=OutcomeKind.REFUSED_REQUEST)
    return Outcome(kind=OutcomeKind.AUTH)


def _server_fault(code: int, details: ErrorDetails) -> Outcome:
    if code in _GATEWAY_TIMEOUTS or details.status == "DEADLINE_EXCEEDED":
        return Outcome(kind=OutcomeKind.TIMEOUT)
    if code in _NEVER_REACHED:
        return Outcome(kind=OutcomeKind.UNAVAILABLE, resend=True)
    from_google = details.status in _CODES_BY_NAME
    if details.is_document and (code in _OVERLOADED or (code == 500 and from_google)):
        return Outcome(kind=OutcomeKind.UNAVAILABLE, resend=True)
    return Outcome(kind=OutcomeKind.UNAVAILABLE, billed_override="unknown")


def _not_an_answer(code: int, details: ErrorDetails) -> str:
    return f"HTTP {code}: {details.message or 'no error description'}"


class ErrorBody(TypedDict):
    """The inside of an error body."""

    code: int
    message: str
    status: str
    details: list[JsonObject]


def error_to_wire(
    code: int, message: str, *, status: str | None = None, details: Sequence[JsonObject] = ()
) -> JsonObject:
    """A google.rpc.Status error body for HTTP status `code`; `status` is its name where it is not the usual one."""
    name = status or STATUS_NAMES.get(code, "UNKNOWN")
    error = ErrorBody(code=code, message=escape(message), status=name, details=list(details))
    return {"error": {key: value for key, value in error.items() if key != "details" or value}}


def wire_error_to_wire(error: WireError) -> JsonObject:
    """The 400 that Google would answer, with every violation."""
    return error_to_wire(400, error.message, details=[bad_request(error.violations)])


def error_info(reason: str, *, domain: str = "googleapis.com", metadata: Mapping[str, str] | None = None) -> JsonObject:
    """google.rpc.ErrorInfo, such as reason `API_KEY_INVALID`."""
    return _detail("ErrorInfo", reason=reason, domain=domain, metadata=dict(metadata or {}))


def bad_request(violations: Sequence[Violation]) -> JsonObject:
    """google.rpc.BadRequest."""
    found = [{"field": escape(each.field), "description": escape(each.description)} for each in violations]
    return _detail("BadRequest", fieldViolations=found)


def retry_info(delay_s: float) -> JsonObject:
    """google.rpc.RetryInfo: a wait in seconds, written `26s` or `1.5s`."""
    return _detail("RetryInfo", retryDelay=f"{delay_s:.9f}".rstrip("0").rstrip(".") + "s")


def quota_failure(*, metric: str, quota_id: str, value: int, model: str) -> JsonObject:
    """google.rpc.QuotaFailure with one violation; `value` is the limit that was hit."""
    violation = {
        "quotaMetric": metric,
        "quotaId": quota_id,
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": str(value),
    }
    return _detail("QuotaFailure", violations=[violation])


def help_link(description: str, url: str) -> JsonObject:
    """google.rpc.Help with one link."""
    return _detail("Help", links=[{"description": description, "url": url}])


def localized_message(message: str, *, locale: str = "en-US") -> JsonObject:
    """google.rpc.LocalizedMessage."""
    return _detail("LocalizedMessage", locale=locale, message=escape(message))


def _detail(kind: str, **fields: JsonValue) -> JsonObject:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}
