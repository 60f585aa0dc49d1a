"""What an error body says, whoever wrote it: Google, an OpenAI-shaped relay, a gateway's web page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from limner._json import JsonObject, JsonValue
from limner.wire.gemini.fields import number, pick, pick_list, pick_text, pick_word, plain_text, whole

MAX_MESSAGE_CHARACTERS = 2000

_KEYS = re.compile(r"AIza[\w-]{20,}|AQ\.[\w.-]{10,}|\bsk-[\w*-]{6,}|(?<=api_key:)[\w.-]+")
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)\s*>|<[^>]{0,2000}>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_RETRY_IN = re.compile(r"(?:retry|try again) (?:in|after) ([0-9]{1,6}(?:\.[0-9]{1,12})?) ?s", re.IGNORECASE)
_HTTP_DATE = re.compile(r"\w{3}, ([0-9]{2}) (\w{3}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetails:
    """An error body in one shape.

    `code` is the number in the body, `status` Google's name (`RESOURCE_EXHAUSTED`), `words` every other name for the
    error: ErrorInfo reasons, OpenAI's `code` and `type`. `quota_spent` tells that a quota of a day or of 0 was hit,
    and `quota_zero` that it is 0. `is_document` is false for a web page or plain text.
    """

    message: str | None = None
    code: int | None = None
    status: str | None = None
    words: tuple[str, ...] = ()
    retry_after_s: float | None = None
    quota_spent: bool = False
    quota_zero: bool = False
    is_document: bool = True

    def says(self, pattern: re.Pattern[str]) -> bool:
        """True if the message or a name matches."""
        return any(pattern.search(text) for text in (self.message or "", self.status or "", *self.words))


def read_error(document: JsonValue, body_text: str | None) -> ErrorDetails:
    """The error in a lifted document, else in the body's text. Never raises."""
    found = _error_object(document)
    if found is None:
        text = body_text if body_text is not None else plain_text(document)
        return ErrorDetails(message=_page_text(text) if text else None, is_document=False)
    return _from_object(found, depth=0)


def _error_object(document: JsonValue) -> JsonObject | None:
    """The object that describes the error: inside `error`, inside a list, or the document itself."""
    if isinstance(document, list):
        return next((found for found in map(_error_object, document[:10]) if found is not None), None)
    if not isinstance(document, dict) or not document:
        return None
    error = pick(document, "error")
    if isinstance(error, dict):
        return error
    if isinstance(error, str):
        return {**document, "message": pick(document, "message") or error}
    if isinstance(error, list):
        return _error_object(error)
    errors = pick_list(document, "errors")
    return _error_object(list(errors)) if errors else document


def has_error(document: JsonValue) -> bool:
    """True for an answer that carries an error instead of candidates, as some relays send with HTTP 200."""
    if isinstance(document, list):
        return any(has_error(item) for item in document[:10])
    return bool(pick(document, "error") or pick_list(document, "errors"))


def _from_object(error: JsonObject, *, depth: int) -> ErrorDetails:
    message = _message(error)
    inner = _embedded(message) if depth == 0 else None
    if inner is not None:
        return _from_object(inner, depth=1)
    details = tuple(item for item in pick_list(error, "details") if isinstance(item, dict))
    quota_zero = any(_is_zero_quota(violation) for violation in _quota_violations(details))
    quota_zero = quota_zero or re.search(r"\blimit: ?0\b", message or "") is not None
    return ErrorDetails(
        message=_full_message(message, details),
        code=whole(pick(error, "code")),
        status=pick_word(error, "status"),
        words=tuple(_words(error, details)),
        retry_after_s=_retry_info_s(details, message),
        quota_spent=quota_zero or any(_is_daily_quota(violation) for violation in _quota_violations(details)),
        quota_zero=quota_zero,
    )


def _message(error: JsonObject) -> str | None:
    for name in ("message", "msg", "detail", "description", "errorMessage"):
        text = pick_text(error, name)
        if text:
            return text
    return None


def _embedded(message: str | None) -> JsonObject | None:
    """A whole error body that a relay put into its message as text."""
    text = (message or "").strip()
    if not text.startswith(("{", "[")) or len(text) > 1 << 16:
        return None
    try:
        return _error_object(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _full_message(message: str | None, details: tuple[JsonObject, ...]) -> str | None:
    said = message or ""
    extra = [text for text in _detail_texts(details) if text not in said]
    text = " ".join([said, *extra]).strip()
    return clean_message(text) if text else None


def _detail_texts(details: tuple[JsonObject, ...]) -> Iterator[str]:
    for detail in details:
        for violation in pick_list(detail, "fieldViolations"):
            text = pick_text(violation, "description")
            if text:
                yield text
        if _is_a(detail, "LocalizedMessage"):
            yield pick_text(detail, "message") or ""


def _words(error: JsonObject, details: tuple[JsonObject, ...]) -> Iterator[str]:
    for holder, name in ((error, "code"), (error, "type"), (error, "reason")):
        text = pick_text(holder, name)
        if text:
            yield text
    for detail in details:
        if pick_word(detail, "reason"):
            yield pick_word(detail, "reason") or ""


def _is_a(detail: JsonObject, name: str) -> bool:
    kind = detail.get("@type")
    return isinstance(kind, str) and kind.endswith(f".{name}")


def _quota_violations(details: tuple[JsonObject, ...]) -> Iterator[JsonValue]:
    for detail in details:
        if _is_a(detail, "QuotaFailure"):
            yield from pick_list(detail, "violations")


def _is_daily_quota(violation: JsonValue) -> bool:
    names = (pick_word(violation, "quotaId") or "", pick_word(violation, "quotaMetric") or "")
    return "PerDay" in names[0] or "per_day" in names[1]


def _is_zero_quota(violation: JsonValue) -> bool:
    return whole(pick(violation, "quotaValue")) == 0


def _retry_info_s(details: tuple[JsonObject, ...], message: str | None) -> float | None:
    waits = [duration_s(pick(detail, "retryDelay")) for detail in details]
    known = [wait for wait in waits if wait is not None]
    if known:
        return max(known)
    match = _RETRY_IN.search(message or "")
    return float(match[1]) if match else None


def duration_s(value: JsonValue) -> float | None:
    """Seconds from `"26s"`, `"1.5s"`, 26 or `{"seconds": 26, "nanos": 500000000}`; `None` for anything else."""
    if isinstance(value, dict):
        seconds, nanos = number(pick(value, "seconds")), number(pick(value, "nanos"))
        found = None if seconds is None and nanos is None else (seconds or 0.0) + (nanos or 0.0) / 1e9
    else:
        found = number(value.strip().removesuffix("s") if isinstance(value, str) else value)
    return found if found is not None and found >= 0 else None


def retry_after_s(headers: Mapping[str, str], now_ms: int | None) -> float | None:
    """The wait in seconds that `Retry-After` asks for, as a number or an HTTP date; `None` if it does not.

    A date counts from `now_ms` (milliseconds since 1970), without which it is not understood.
    """
    waits = {name.lower(): value.strip() for name, value in headers.items() if name.lower().startswith("retry-after")}
    milliseconds = number(waits.get("retry-after-ms"))
    if milliseconds is not None and milliseconds >= 0:
        return milliseconds / 1000
    asked = waits.get("retry-after", "")
    seconds = number(asked)
    if seconds is None:
        at_ms = _http_date_ms(asked)
        seconds = (at_ms - now_ms) / 1000 if at_ms is not None and now_ms is not None else None
    return None if seconds is None else max(0.0, seconds)


def _http_date_ms(text: str) -> int | None:
    match = _HTTP_DATE.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[index]) for index in (1, 3, 4, 5, 6))
    try:
        when = datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    return (when + timedelta(seconds=second) - _EPOCH) // timedelta(milliseconds=1)


def clean_message(text: str) -> str:
    """The provider's text without anything that looks like a key, at most `MAX_MESSAGE_CHARACTERS` long."""
    cleaned = _KEYS.sub("***", text[: MAX_MESSAGE_CHARACTERS * 2]).strip()
    if len(cleaned) > MAX_MESSAGE_CHARACTERS:
        cleaned = cleaned[: MAX_MESSAGE_CHARACTERS - 1] + "…"
    return cleaned


def _page_text(text: str) -> str:
    """What a web page or plain text says: its title, else its beginning."""
    start = text[: 1 << 14]
    if "<" not in start:
        return clean_message(" ".join(start.split())[:300])
    title = _TITLE.search(start)
    words = title[1] if title else _TAG.sub(" ", start)
    return clean_message("A web page: " + " ".join(words.split())[:300])
