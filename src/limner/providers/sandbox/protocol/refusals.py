"""What the test cards of the stage `error` answer: Google's refusals, and what passes for one at relays."""

from __future__ import annotations

from collections.abc import Callable

from limner._json import JsonObject
from limner.providers.sandbox.protocol.cards import Card
from limner.wire import reference
from limner.wire.gemini.errors import error_to_wire, help_link, quota_failure, retry_info
from limner.wire.gemini.refusals import Refusal, bad_key, missing_key, unknown_model

QUOTA_LINK = "https://ai.google.dev/gemini-api/docs/rate-limits"

_REQUESTS = "generativelanguage.googleapis.com/generate_requests_per_model"
_QUOTA_WORDS = (
    "You exceeded your current quota, please check your plan and billing details. "
    f"For more information on this error, head to: {QUOTA_LINK}."
)
_INTERNAL_WORDS = (
    "An internal error has occurred. Please retry or report in "
    "https://developers.generativeai.google/guide/troubleshooting"
)


def _leaked_key(_card: Card, _model: str) -> Refusal:
    message = "Your API key was reported as leaked. Please use another API key."
    return Refusal(status=403, document=error_to_wire(403, message))


def _region(_card: Card, _model: str) -> Refusal:
    message = "User location is not supported for the API use."
    return Refusal(status=400, document=error_to_wire(400, message, status="FAILED_PRECONDITION"))


def _bad_argument(_card: Card, _model: str) -> Refusal:
    return Refusal(status=400, document=error_to_wire(400, "Request contains an invalid argument."))


def _gone(_card: Card, model: str) -> Refusal:
    return unknown_model(model, "generateContent")


def _too_large(_card: Card, _model: str) -> Refusal:
    return _page(413, "Error 413 (Request Entity Too Large)", "Your client issued a request that was too large.")


def _rate_limited(card: Card, model: str) -> Refusal:
    message = f"{_QUOTA_WORDS} Please retry in {card.number:g}s."
    per_minute = quota_failure(
        metric=f"{_REQUESTS}_per_minute",
        quota_id="GenerateRequestsPerMinutePerProjectPerModel",
        value=10,
        model=model,
    )
    details = [per_minute, _quota_help(), retry_info(card.number)]
    return Refusal(status=429, document=error_to_wire(429, message, details=details))


def _rate_limited_by_header(card: Card, _model: str) -> Refusal:
    document = error_to_wire(429, "Resource has been exhausted (e.g. check quota).")
    return Refusal(status=429, document=document, headers=(("retry-after", f"{card.number:g}"),))


def _quota_day(_card: Card, model: str) -> Refusal:
    return _quota(model, value=250)


def _quota_zero(_card: Card, model: str) -> Refusal:
    return _quota(model, value=0)


def _quota(model: str, *, value: int) -> Refusal:
    message = f"{_QUOTA_WORDS}\n* Quota exceeded for metric: {_REQUESTS}_per_day, limit: {value}, model: {model}"
    per_day = quota_failure(
        metric=f"{_REQUESTS}_per_day", quota_id="GenerateRequestsPerDayPerProjectPerModel", value=value, model=model
    )
    details = [per_day, _quota_help(), retry_info(40.0)]
    return Refusal(status=429, document=error_to_wire(429, message, details=details))


def _quota_help() -> JsonObject:
    return help_link("Learn more about Gemini API quotas", QUOTA_LINK)


def _internal(_card: Card, _model: str) -> Refusal:
    return Refusal(status=500, document=error_to_wire(500, _INTERNAL_WORDS))


def _bad_gateway(_card: Card, _model: str) -> Refusal:
    return _page(502, "502 Bad Gateway", "nginx")


def _overloaded(_card: Card, _model: str) -> Refusal:
    return Refusal(status=503, document=error_to_wire(503, "The model is overloaded. Please try again later."))


def _deadline(_card: Card, _model: str) -> Refusal:
    return Refusal(status=504, document=error_to_wire(504, "The request timed out. Please try again."))


def _error_in_success(_card: Card, _model: str) -> Refusal:
    return Refusal(status=200, document=error_to_wire(503, "The model is overloaded. Please try again later."))


def _web_page(_card: Card, _model: str) -> Refusal:
    return _page(200, "Welcome", "Please sign in to continue.")


def _openai_error(card: Card, _model: str) -> Refusal:
    status = int(card.number)
    kinds = {
        401: ("invalid_api_key", "Incorrect API key provided."),
        429: ("rate_limit_exceeded", "Too many requests."),
    }
    code, message = kinds.get(status, ("upstream_error", "The upstream answered with an error."))
    error = {"message": reference.escape(message), "type": "new_api_error", "param": "", "code": code}
    return Refusal(status=status, document={"error": error})


def _page(status: int, title: str, sentence: str) -> Refusal:
    head, body = f"<head><title>{title}</title></head>", f"<body><h1>{title}</h1><p>{sentence}</p></body>"
    return Refusal(status=status, page=f"<!DOCTYPE html>\n<html>{head}\n{body}</html>\n")


REFUSAL_CARDS: dict[str, Callable[[Card, str], Refusal]] = {
    "400": _bad_argument,
    "bad-key": lambda _card, _model: bad_key(),
    "no-key": lambda _card, _model: missing_key(),
    "403": _leaked_key,
    "region": _region,
    "gone": _gone,
    "413": _too_large,
    "429": _rate_limited,
    "429-header": _rate_limited_by_header,
    "quota-day": _quota_day,
    "quota-zero": _quota_zero,
    "500": _internal,
    "502": _bad_gateway,
    "503": _overloaded,
    "504": _deadline,
    "200-error": _error_in_success,
    "html": _web_page,
    "openai-error": _openai_error,
}
"""What each card of the stage `error` answers, given the model asked for."""
