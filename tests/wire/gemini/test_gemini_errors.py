from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.core.outcome import Outcome
from limner.wire.gemini.details import duration_s, retry_after_s
from limner.wire.gemini.errors import (
    WireError,
    bad_request,
    error_info,
    error_to_wire,
    help_link,
    localized_message,
    outcome_of_error,
    quota_failure,
    retry_info,
    wire_error_to_wire,
)
from limner.wire.gemini.violations import Violation

RPC = "type.googleapis.com/google.rpc."


def google(code: int, status: str, message: str, *details: JsonObject) -> JsonObject:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def openai(message: str, kind: str | None = None, code: JsonValue = None) -> JsonObject:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def outcome(status: int, document: JsonValue = None, *, text: str | None = None, **headers: str) -> Outcome:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return outcome_of_error(status, document, named, body_text=text)


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    status: int
    kind: str
    document: JsonValue = None
    text: str | None = None
    reason: str | None = field(default=None)
    billed: str = "no"
    resend: bool = False


BAD_KEY = google(
    400,
    "INVALID_ARGUMENT",
    "API key not valid. Please pass a valid API key.",
    {"@type": f"{RPC}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"},
    {
        "@type": f"{RPC}LocalizedMessage",
        "locale": "en-US",
        "message": "API key not valid. Please pass a valid API key.",
    },
)
PER_DAY = google(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details.",
    {
        "@type": f"{RPC}QuotaFailure",
        "violations": [
            {
                "quotaMetric": "generativelanguage.googleapis.com/generate_requests_per_model_per_day",
                "quotaId": "GenerateRequestsPerDayPerProjectPerModel",
                "quotaDimensions": {"location": "global", "model": "gemini-3-pro-image"},
                "quotaValue": "250",
            }
        ],
    },
    {"@type": f"{RPC}RetryInfo", "retryDelay": "26s"},
)
ZERO = google(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota.",
    {
        "@type": f"{RPC}QuotaFailure",
        "violations": [{"quotaId": "GenerateContentInputTokensPerModelPerMinute-FreeTier", "quotaValue": "0"}],
    },
)
NOT_FOUND = google(
    404,
    "NOT_FOUND",
    "models/gemini-9 is not found for API version v1beta, or is not supported for generateContent. "
    "Call ListModels to see the list of available models and their supported methods.",
)

CASES = [
    Case(
        name="an unknown field",
        status=400,
        document=google(400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "x": Cannot find field.'),
        kind="refused_request",
        reason="INVALID_ARGUMENT",
    ),
    Case(
        name="a missing signature",
        status=400,
        document=google(
            400,
            "INVALID_ARGUMENT",
            "Image part is missing a thought_signature in content position 2, part position 2.",
        ),
        kind="refused_request",
        reason="INVALID_ARGUMENT",
    ),
    Case(name="a bad key", status=400, document=BAD_KEY, kind="auth", reason="API_KEY_INVALID"),
    Case(
        name="an expired key",
        status=400,
        document=google(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."),
        kind="auth",
        reason="INVALID_ARGUMENT",
    ),
    Case(
        name="a country without service",
        status=400,
        document=google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        kind="region",
        reason="FAILED_PRECONDITION",
    ),
    Case(
        name="pictures not offered in the country",
        status=400,
        document=google(400, "FAILED_PRECONDITION", "Image generation is not available in your country"),
        kind="region",
        reason="FAILED_PRECONDITION",
    ),
    Case(
        name="no billing",
        status=400,
        document=google(400, "FAILED_PRECONDITION", "Please enable billing on your project in Google AI Studio."),
        kind="no_quota",
        reason="FAILED_PRECONDITION",
    ),
    Case(
        name="another precondition",
        status=400,
        document=google(400, "FAILED_PRECONDITION", "Precondition check failed."),
        kind="refused_request",
        reason="FAILED_PRECONDITION",
    ),
    Case(
        name="words against the policy",
        status=400,
        document=google(
            400, "INVALID_ARGUMENT", "This prompt contains words that violate Google's Responsible AI practices."
        ),
        kind="blocked",
        reason="INVALID_ARGUMENT",
    ),
    Case(
        name="an unusable auth key",
        status=401,
        document=google(
            401,
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials. Expected OAuth 2 access token.",
            {"@type": f"{RPC}ErrorInfo", "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED"},
        ),
        kind="auth",
        reason="ACCESS_TOKEN_TYPE_UNSUPPORTED",
    ),
    Case(
        name="no key",
        status=403,
        document=google(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers."),
        kind="auth",
        reason="PERMISSION_DENIED",
    ),
    Case(
        name="a leaked key",
        status=403,
        document=google(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
        kind="auth",
        reason="PERMISSION_DENIED",
    ),
    Case(
        name="somebody else's file",
        status=403,
        document=google(403, "PERMISSION_DENIED", "You do not have permission to access the File abc."),
        kind="refused_request",
        reason="PERMISSION_DENIED",
    ),
    Case(name="403 without a body", status=403, kind="auth", reason="HTTP 403"),
    Case(
        name="403 with a web page",
        status=403,
        text="<html><title>Attention Required!</title></html>",
        kind="protocol",
        reason="HTTP 403",
    ),
    Case(name="a dead model", status=404, document=NOT_FOUND, kind="model_gone", reason="NOT_FOUND"),
    Case(
        name="a dead model said with 400",
        status=400,
        document=google(400, "INVALID_ARGUMENT", "Model gemini-2.0-flash-exp has been shut down."),
        kind="model_gone",
        reason="INVALID_ARGUMENT",
    ),
    Case(name="404 without a body", status=404, kind="model_gone", reason="HTTP 404"),
    Case(name="404 of a wrong path", status=404, document={"detail": "Not Found"}, kind="protocol", reason="HTTP 404"),
    Case(name="404 page", status=404, text="404 page not found", kind="protocol", reason="HTTP 404"),
    Case(name="410", status=410, kind="model_gone", reason="HTTP 410"),
    Case(name="402", status=402, kind="no_quota", reason="HTTP 402"),
    Case(name="407", status=407, kind="network", reason="HTTP 407"),
    Case(name="408", status=408, kind="timeout", reason="HTTP 408", billed="unknown"),
    Case(name="413 page", status=413, text="<h1>413 Too Large</h1>", kind="refused_request", reason="HTTP 413"),
    Case(name="a strange 4xx", status=418, kind="refused_request", reason="HTTP 418"),
    Case(
        name="a rate limit",
        status=429,
        document=google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        kind="rate_limited",
        reason="RESOURCE_EXHAUSTED",
        resend=True,
    ),
    Case(
        name="a minute's quota",
        status=429,
        document=google(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details.",
            {
                "@type": f"{RPC}QuotaFailure",
                "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel", "quotaValue": "10"}],
            },
        ),
        kind="rate_limited",
        reason="RESOURCE_EXHAUSTED",
        resend=True,
    ),
    Case(name="a day's quota", status=429, document=PER_DAY, kind="no_quota", reason="RESOURCE_EXHAUSTED"),
    Case(name="a quota of 0", status=429, document=ZERO, kind="no_quota", reason="RESOURCE_EXHAUSTED"),
    Case(
        name="a spend cap",
        status=429,
        document=google(429, "RESOURCE_EXHAUSTED", "Your project has exceeded its monthly spending cap."),
        kind="no_quota",
        reason="RESOURCE_EXHAUSTED",
    ),
    Case(name="429 page", status=429, text="error code: 1015", kind="rate_limited", reason="HTTP 429", resend=True),
    Case(
        name="cancelled",
        status=499,
        document=google(499, "CANCELLED", "The operation was cancelled."),
        kind="cancelled",
        reason="CANCELLED",
        billed="unknown",
    ),
    Case(
        name="a fault",
        status=500,
        document=google(500, "INTERNAL", "An internal error has occurred."),
        kind="unavailable",
        reason="INTERNAL",
        resend=True,
    ),
    Case(
        name="a fault of a relay",
        status=500,
        document=openai("bad response status code 504", "bad_response_status_code"),
        kind="unavailable",
        reason="bad_response_status_code",
        billed="unknown",
    ),
    Case(
        name="unimplemented",
        status=501,
        document=google(501, "UNIMPLEMENTED", "Operation is not implemented."),
        kind="refused_request",
        reason="UNIMPLEMENTED",
    ),
    Case(
        name="502 page",
        status=502,
        text="<html><head><title>502 Bad Gateway</title></head></html>",
        kind="unavailable",
        reason="HTTP 502",
        billed="unknown",
    ),
    Case(
        name="overloaded",
        status=503,
        document=google(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        kind="unavailable",
        reason="UNAVAILABLE",
        resend=True,
    ),
    Case(
        name="503 page",
        status=503,
        text="upstream connect error",
        kind="unavailable",
        reason="HTTP 503",
        billed="unknown",
    ),
    Case(
        name="504",
        status=504,
        document=google(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
        kind="timeout",
        reason="DEADLINE_EXCEEDED",
        billed="unknown",
    ),
    Case(name="a CDN's timeout", status=524, kind="timeout", reason="HTTP 524", billed="unknown"),
    Case(name="an origin never reached", status=521, kind="unavailable", reason="HTTP 521", resend=True),
    Case(name="a strange 5xx", status=599, kind="unavailable", reason="HTTP 599", billed="unknown"),
    Case(name="a redirect", status=302, kind="protocol", reason="HTTP 302", billed="unknown"),
    Case(
        name="a relay's bad key",
        status=401,
        document=openai("Invalid token", "new_api_error", ""),
        kind="auth",
        reason="new_api_error",
    ),
    Case(
        name="OpenAI's bad key",
        status=401,
        document=openai("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
        kind="auth",
        reason="invalid_api_key",
    ),
    Case(
        name="a relay without balance",
        status=403,
        document=openai("user quota is not enough", "new_api_error", "insufficient_user_quota"),
        kind="no_quota",
        reason="insufficient_user_quota",
    ),
    Case(
        name="a relay without balance in Chinese",
        status=403,
        document=openai("用户额度不足", "new_api_error"),
        kind="no_quota",
        reason="new_api_error",
    ),
    Case(
        name="OpenAI's empty account",
        status=429,
        document=openai("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
        kind="no_quota",
        reason="insufficient_quota",
    ),
    Case(
        name="a relay without the model",
        status=503,
        document=openai(
            "No available channel for model gemini-9 under group default", "new_api_error", "model_not_found"
        ),
        kind="model_gone",
        reason="model_not_found",
    ),
    Case(
        name="OpenAI's policy",
        status=400,
        document=openai("Rejected by the safety system.", "image_generation_user_error", "moderation_blocked"),
        kind="blocked",
        reason="moderation_blocked",
    ),
    Case(name="an error in a list", status=400, document=[BAD_KEY], kind="auth", reason="API_KEY_INVALID"),
    Case(name="a list inside error", status=400, document={"error": [BAD_KEY]}, kind="auth", reason="API_KEY_INVALID"),
    Case(name="a list of errors", status=400, document={"errors": [BAD_KEY]}, kind="auth", reason="API_KEY_INVALID"),
    Case(
        name="a brace that begins no JSON",
        status=400,
        document=openai("{field} is wrong"),
        kind="refused_request",
        reason="HTTP 400",
    ),
    Case(name="an error as text", status=403, document={"error": "nope"}, kind="auth", reason="HTTP 403"),
    Case(
        name="an error without a wrapper",
        status=429,
        document={"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"},
        kind="rate_limited",
        reason="RESOURCE_EXHAUSTED",
        resend=True,
    ),
    Case(
        name="an unknown code",
        status=400,
        document=google(400, "BRAND_NEW", "Something new."),
        kind="refused_request",
        reason="BRAND_NEW",
    ),
    Case(
        name="Google's body inside a relay's message",
        status=500,
        document=openai(
            '{"error": {"code": 400, "message": "User location is not supported for the API use.", '
            '"status": "FAILED_PRECONDITION"}}'
        ),
        kind="region",
        reason="FAILED_PRECONDITION",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_error_has_its_outcome(case: Case) -> None:
    found = outcome(case.status, case.document, text=case.text)
    assert (found.kind.value, found.reason, found.billed, found.resend) == (
        case.kind,
        case.reason,
        case.billed,
        case.resend,
    )


INSIDE_SUCCESS = [
    Case(name="its number", status=200, document={"error": {"code": 401, "message": "No."}}, kind="auth"),
    Case(name="its name", status=200, document={"error": {"status": "NOT_FOUND", "message": "No."}}, kind="model_gone"),
    Case(
        name="OpenAI's type", status=200, document=openai("No.", "rate_limit_error"), kind="rate_limited", resend=True
    ),
    Case(name="OpenAI's number as text", status=200, document=openai("No.", None, "400"), kind="refused_request"),
    Case(name="an RPC number", status=200, document={"error": {"code": 3, "message": "No."}}, kind="refused_request"),
    Case(name="RPC overload", status=200, document={"error": {"code": 14}}, kind="unavailable", billed="unknown"),
    Case(name="text only", status=200, document={"error": "upstream failed"}, kind="unavailable", billed="unknown"),
]


@pytest.mark.parametrize("case", INSIDE_SUCCESS, ids=lambda case: case.name)
def test_an_error_inside_a_success_is_judged_by_its_own_code(case: Case) -> None:
    found = outcome(200, case.document)
    assert (found.kind.value, found.billed, found.resend) == (case.kind, case.billed, case.resend)


def test_a_quota_of_0_says_that_there_is_no_free_tier() -> None:
    assert outcome(429, ZERO).message == (
        "quota is 0: image models have no free tier. You exceeded your current quota."
    )
    said_in_words = google(
        429, "RESOURCE_EXHAUSTED", "* Quota exceeded for metric: free_tier_requests, limit: 0, model: m"
    )
    assert outcome(429, said_in_words).kind == "no_quota"


def test_a_spent_day_says_so_and_asks_for_no_short_wait() -> None:
    found = outcome(429, PER_DAY, retry_after="5")
    assert (found.message or "").startswith("the quota of the day is spent. You exceeded")
    assert found.retry_after_s is None


def limited(retry_delay: JsonValue) -> JsonObject:
    return google(429, "RESOURCE_EXHAUSTED", "Slow.", {"@type": f"{RPC}RetryInfo", "retryDelay": retry_delay})


@pytest.mark.parametrize(
    ("delay", "header", "expected"),
    [
        ("26s", "", 26.0),
        ("1.5s", "", 1.5),
        ({"seconds": "26", "nanos": 500000000}, "", 26.5),
        ("26s", "30", 30.0),
        ("26s", "5", 26.0),
        ("soon", "5", 5.0),
        ("soon", "soon", None),
        ("-3s", "", None),
    ],
)
def test_the_longer_of_both_waits_counts(delay: JsonValue, header: str, expected: float | None) -> None:
    assert outcome(429, limited(delay), Retry_After=header).retry_after_s == expected


def test_a_wait_said_in_words_is_understood() -> None:
    assert outcome(429, google(429, "RESOURCE_EXHAUSTED", "Please retry in 26.25s.")).retry_after_s == 26.25


def test_an_overloaded_server_may_ask_for_a_wait() -> None:
    assert outcome(503, google(503, "UNAVAILABLE", "Overloaded."), retry_after="12").retry_after_s == 12.0


def test_retry_after_may_be_a_date() -> None:
    headers = {"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}
    assert retry_after_s(headers, 784111770000) == 7.0
    assert retry_after_s(headers, 784111800000) == 0.0
    assert retry_after_s(headers, None) is None


@pytest.mark.parametrize("date", ["Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "tomorrow"])
def test_a_date_that_does_not_exist_asks_for_nothing(date: str) -> None:
    assert retry_after_s({"Retry-After": date}, 784111770000) is None


def test_milliseconds_are_understood() -> None:
    assert retry_after_s({"retry-after-ms": "1500"}, None) == 1.5


@pytest.mark.parametrize(("value", "expected"), [("0s", 0.0), (26, 26.0), ("inf", None), (None, None), ({}, None)])
def test_durations_are_numbers_or_nothing(value: JsonValue, expected: float | None) -> None:
    assert duration_s(value) == expected


def test_field_violations_are_part_of_the_message() -> None:
    body = google(
        400,
        "INVALID_ARGUMENT",
        "Request contains an invalid argument.",
        {"@type": f"{RPC}BadRequest", "fieldViolations": [{"field": "a", "description": "a is too long."}]},
    )
    assert outcome(400, body).message == "Request contains an invalid argument. a is too long."


def test_snake_case_details_are_read() -> None:
    body = google(429, "RESOURCE_EXHAUSTED", "Slow.", {"@type": f"{RPC}RetryInfo", "retry_delay": "3s"})
    assert outcome(429, body).retry_after_s == 3.0


def test_a_web_page_is_quoted_by_its_title_or_its_words() -> None:
    assert outcome(502, text="<html><head><title> 502 Bad\n Gateway</title>").message == "A web page: 502 Bad Gateway"
    assert outcome(502, text="<h1>Oops</h1><style>x{}</style><p>Later</p>").message == "A web page: Oops Later"


def test_a_key_in_the_providers_message_is_hidden() -> None:
    key = "AIza" + "S" * 35
    body = google(403, "PERMISSION_DENIED", f"Consumer 'api_key:{key}' has been suspended.")
    assert outcome(403, body).message == "Consumer 'api_key:***' has been suspended."
    relay = openai("Incorrect API key provided: sk-abcd1234efgh.", None, "invalid_api_key")
    assert outcome(401, relay).message == "Incorrect API key provided: ***."


def test_an_endless_message_is_cut() -> None:
    assert len(outcome(400, google(400, "INVALID_ARGUMENT", "x" * 100000)).message or "") == 2000


@pytest.mark.parametrize(
    "message",
    [
        "The page token is an invalid token.",
        "Aspect ratio 2:1 of this model is not supported for images.",
        "imageSize is not supported by this model.",
        "The field topK is deprecated.",
        "The filtered content policy field is unknown.",
    ],
)
def test_everyday_words_do_not_mislead(message: str) -> None:
    assert outcome(400, google(400, "INVALID_ARGUMENT", message)).kind == "refused_request"


def test_a_cut_error_reply_is_not_sent_again_by_itself() -> None:
    body = google(503, "UNAVAILABLE", "Overloaded.")
    found = outcome_of_error(503, body, {}, complete=False)
    assert (found.kind, found.billed, found.resend) == ("unavailable", "unknown", False)


def test_an_error_body_is_a_google_rpc_status() -> None:
    assert error_to_wire(429, "Slow.", details=[retry_info(1.5)]) == {
        "error": {
            "code": 429,
            "message": "Slow.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [{"@type": f"{RPC}RetryInfo", "retryDelay": "1.5s"}],
        }
    }
    assert error_to_wire(400, "Where?", status="FAILED_PRECONDITION") == {
        "error": {"code": 400, "message": "Where?", "status": "FAILED_PRECONDITION"}
    }


def test_whole_seconds_are_written_without_a_point() -> None:
    assert retry_info(20)["retryDelay"] == "20s"
    assert retry_info(0)["retryDelay"] == "0s"


def test_each_detail_has_its_type() -> None:
    details = [
        error_info("API_KEY_INVALID", metadata={"service": "generativelanguage.googleapis.com"}),
        bad_request([Violation(field="a", description="wrong")]),
        quota_failure(metric="requests", quota_id="PerDay", value=250, model="m"),
        help_link("Quotas", "https://example.com"),
        localized_message("No."),
    ]
    assert details == [
        {
            "@type": f"{RPC}ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "generativelanguage.googleapis.com"},
        },
        {"@type": f"{RPC}BadRequest", "fieldViolations": [{"field": "a", "description": "wrong"}]},
        {
            "@type": f"{RPC}QuotaFailure",
            "violations": [
                {
                    "quotaMetric": "requests",
                    "quotaId": "PerDay",
                    "quotaDimensions": {"location": "global", "model": "m"},
                    "quotaValue": "250",
                }
            ],
        },
        {"@type": f"{RPC}Help", "links": [{"description": "Quotas", "url": "https://example.com"}]},
        {"@type": f"{RPC}LocalizedMessage", "locale": "en-US", "message": "No."},
    ]


def test_our_own_errors_are_understood_by_our_own_client() -> None:
    spent = error_to_wire(429, "Spent.", details=[quota_failure(metric="r", quota_id="PerDay", value=2, model="m")])
    assert outcome(429, spent).kind == "no_quota"
    assert outcome(429, error_to_wire(429, "Slow.", details=[retry_info(20)])).retry_after_s == 20.0
    assert outcome(400, error_to_wire(400, "No.", details=[error_info("API_KEY_INVALID")])).kind == "auth"


def test_a_refused_request_is_answered_with_every_violation() -> None:
    error = WireError([Violation(field="a", description="first"), Violation(field="b", description="second")])
    assert wire_error_to_wire(error) == {
        "error": {
            "code": 400,
            "message": "first\nsecond",
            "status": "INVALID_ARGUMENT",
            "details": [
                {
                    "@type": f"{RPC}BadRequest",
                    "fieldViolations": [
                        {"field": "a", "description": "first"},
                        {"field": "b", "description": "second"},
                    ],
                }
            ],
        }
    }


def test_a_message_that_looks_like_a_reference_is_escaped() -> None:
    assert error_to_wire(400, "blob:x")["error"]["message"] == "blob:=blob:x"
    assert outcome(400, error_to_wire(400, "blob:x")).message == "blob:x"


NAMES = [
    "error",
    "errors",
    "code",
    "message",
    "status",
    "details",
    "@type",
    "reason",
    "retryDelay",
    "violations",
    "type",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(f"{RPC}QuotaFailure"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=16,
)


@given(st.integers(100, 999), JSON, st.none() | st.text(), st.dictionaries(st.just("Retry-After"), st.text()))
@settings(max_examples=300, deadline=None)
def test_any_error_has_some_outcome(
    status: int, document: JsonValue, text: str | None, headers: dict[str, str]
) -> None:
    found = outcome_of_error(status, document, headers, body_text=text, now_ms=0)
    assert not found.ok
    assert found.retry_after_s is None or found.retry_after_s >= 0
    assert not (found.resend and found.billed != "no")
