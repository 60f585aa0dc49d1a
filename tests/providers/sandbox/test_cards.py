"""Every test card: what it answers, written out, and what the client makes of it."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.core.outcome import MEANINGS, OutcomeKind
from limner.core.parts import OtherPart
from limner.core.size import Size
from limner.providers.sandbox.protocol.answers import ANSWER_CARDS
from limner.providers.sandbox.protocol.card_page import markdown
from limner.providers.sandbox.protocol.cards import (
    CARDS,
    MAX_CARDS,
    Card,
    CardRefusedError,
    read_cards,
    read_header,
)
from limner.providers.sandbox.protocol.refusals import REFUSAL_CARDS
from limner.providers.sandbox.protocol.reshape import RESHAPES
from limner.providers.sandbox.protocol.signature import Signer
from limner.wire.gemini.markdown import picture_links
from limner.wire.gemini.parts import long_text
from providers.sandbox.asking import KEY, PLAIN, Desk, ask

EXAMPLES = [
    (f"[[{spec.name}]]" if argument is None else f"[[{spec.name}:{argument}]]", spec.name, outcome)
    for spec in CARDS.values()
    for argument, outcome in spec.examples
]
LOCAL = {OutcomeKind.BUDGET, OutcomeKind.CANCELLED, OutcomeKind.INTERRUPTED}
"""Outcomes that no provider can cause."""


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nothing waits; what would have been waited for, in seconds."""
    waited: list[float] = []
    monkeypatch.setattr(_clock, "sleep", lambda seconds, cancelled=None: waited.append(seconds))
    return waited


@pytest.mark.parametrize(
    ("card", "outcome"), [(card, outcome) for card, name, outcome in EXAMPLES if name != "markdown"]
)
def test_the_client_reports_the_outcome_that_the_table_names(desk: Desk, card: str, outcome: OutcomeKind) -> None:
    is_of_words = CARDS[read_cards(card)[1][0].name].stage == "words"
    config: dict[str, JsonValue] = {"responseModalities": ["TEXT"]} if is_of_words else {}
    assert desk.outcome(f"{PLAIN} {card}", model="sandbox-1-fast", **config).kind is outcome


@pytest.mark.parametrize(
    "card",
    sorted(
        name for name, spec in CARDS.items() if spec.stage in ("answer", "error", "transport") and name != "timeout"
    ),
)
def test_a_stream_ends_in_the_same_outcome_as_a_single_answer(card: str) -> None:
    whole = Desk().outcome(f"{PLAIN} [[{card}]]", model="sandbox-1-fast")
    streamed = Desk().outcome(f"{PLAIN} [[{card}]]", method="streamGenerateContent?alt=sse", model="sandbox-1-fast")
    assert streamed.kind is whole.kind


def test_there_is_a_card_for_every_outcome_that_a_provider_can_cause() -> None:
    assert {outcome for _, _, outcome in EXAMPLES} == set(OutcomeKind) - LOCAL


def test_every_card_of_a_stage_has_something_to_do_in_it() -> None:
    stages = {stage: {name for name, spec in CARDS.items() if spec.stage == stage} for stage in ("error", "answer")}
    assert set(REFUSAL_CARDS) == stages["error"]
    assert set(ANSWER_CARDS) == stages["answer"]
    assert set(RESHAPES) == {name for name, spec in CARDS.items() if spec.stage == "document"}


def test_the_page_in_the_documentation_is_the_one_made_from_the_table() -> None:
    page = Path(__file__).parents[3] / "docs" / "test-cards.md"
    assert page.read_text(encoding="utf-8") == markdown()


def test_the_page_gives_the_exit_code_of_each_outcome() -> None:
    assert MEANINGS[OutcomeKind.RATE_LIMITED].exit_code == 23
    assert (
        "| `[[429:26]]` | 429 RESOURCE_EXHAUSTED with a RetryInfo of that many seconds | rate_limited | 23 |"
        in markdown()
    )


ABOUT = {"modelVersion": "sandbox-1", "responseId": "-"}
NOTHING_DRAWN = {
    "promptTokenCount": 6,
    "totalTokenCount": 6,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 6}],
}
PROMPT = "a red fox in the snow"
UNSHOWN = (
    "Unable to show the generated image. The image could violate the usage guidelines. "
    "You will not be charged for blocked images. Try rephrasing the prompt."
)
NO_IMAGE = "Unable to generate an image for this prompt. Try rephrasing it."


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (
            "[[blocked:PROHIBITED_CONTENT]]",
            {
                "promptFeedback": {
                    "blockReason": "PROHIBITED_CONTENT",
                    "blockReasonMessage": "The prompt could not be submitted. "
                    "It contains words that go against the usage guidelines.",
                }
            },
        ),
        (
            "[[finish:IMAGE_SAFETY]]",
            {
                "candidates": [
                    {
                        "content": {"role": "model"},
                        "index": 0,
                        "finishReason": "IMAGE_SAFETY",
                        "finishMessage": UNSHOWN,
                    }
                ]
            },
        ),
        (
            "[[finish:A_REASON_OF_TOMORROW]]",
            {"candidates": [{"content": {"role": "model"}, "index": 0, "finishReason": "A_REASON_OF_TOMORROW"}]},
        ),
        ("[[empty-candidates]]", {"candidates": []}),
        ("[[no-parts]]", {"candidates": [{"content": {"role": "model"}, "index": 0, "finishReason": "STOP"}]}),
        (
            "[[no-image]]",
            {
                "candidates": [
                    {
                        "content": {"role": "model"},
                        "index": 0,
                        "finishReason": "NO_IMAGE",
                        "finishMessage": NO_IMAGE,
                    }
                ]
            },
        ),
        (
            "[[empty-data]]",
            {
                "candidates": [
                    {
                        "content": {
                            "parts": [{"inlineData": {"mimeType": "image/png", "data": ""}}],
                            "role": "model",
                        },
                        "index": 0,
                        "finishReason": "STOP",
                    }
                ]
            },
        ),
    ],
)
def test_a_hollow_answer_is_the_document_google_sends(desk: Desk, card: str, expected: JsonObject) -> None:
    document = desk.document(f"{PROMPT} {card}")
    assert document == {**expected, "usageMetadata": NOTHING_DRAWN, **ABOUT, "responseId": document["responseId"]}


def test_the_empty_card_answers_an_empty_object(desk: Desk) -> None:
    assert desk.document("a fox [[empty]]") == {}


QUOTA = (
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, "
    "head to: https://ai.google.dev/gemini-api/docs/rate-limits."
)


def quota_error(message: str, metric: str, quota_id: str, value: str, delay: str) -> JsonValue:
    return {
        "error": {
            "code": 429,
            "message": message,
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [
                        {
                            "quotaMetric": f"generativelanguage.googleapis.com/{metric}",
                            "quotaId": quota_id,
                            "quotaDimensions": {"location": "global", "model": "sandbox-1"},
                            "quotaValue": value,
                        }
                    ],
                },
                {
                    "@type": "type.googleapis.com/google.rpc.Help",
                    "links": [
                        {
                            "description": "Learn more about Gemini API quotas",
                            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
                        }
                    ],
                },
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
            ],
        }
    }


def simple_error(code: int, status: str, message: str) -> JsonValue:
    return {"error": {"code": code, "message": message, "status": status}}


@pytest.mark.parametrize(
    ("card", "status", "expected"),
    [
        (
            "[[429:1.5]]",
            429,
            quota_error(
                f"{QUOTA} Please retry in 1.5s.",
                "generate_requests_per_model_per_minute",
                "GenerateRequestsPerMinutePerProjectPerModel",
                "10",
                "1.5s",
            ),
        ),
        (
            "[[quota-zero]]",
            429,
            quota_error(
                f"{QUOTA}\n* Quota exceeded for metric: generativelanguage.googleapis.com/"
                "generate_requests_per_model_per_day, limit: 0, model: sandbox-1",
                "generate_requests_per_model_per_day",
                "GenerateRequestsPerDayPerProjectPerModel",
                "0",
                "40s",
            ),
        ),
        (
            "[[429-header]]",
            429,
            simple_error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        ),
        ("[[400]]", 400, simple_error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")),
        (
            "[[bad-key]]",
            400,
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                    "details": [
                        {
                            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                            "reason": "API_KEY_INVALID",
                            "domain": "googleapis.com",
                            "metadata": {"service": "generativelanguage.googleapis.com"},
                        },
                        {
                            "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
                            "locale": "en-US",
                            "message": "API key not valid. Please pass a valid API key.",
                        },
                    ],
                }
            },
        ),
        (
            "[[no-key]]",
            403,
            simple_error(
                403,
                "PERMISSION_DENIED",
                "Method doesn't allow unregistered callers (callers without established identity). "
                "Please use API Key or other form of API consumer identity to call this API.",
            ),
        ),
        (
            "[[403]]",
            403,
            simple_error(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
        ),
        (
            "[[region]]",
            400,
            simple_error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        ),
        (
            "[[gone]]",
            404,
            simple_error(
                404,
                "NOT_FOUND",
                "models/sandbox-1 is not found for API version v1beta, or is not supported for generateContent. "
                "Call ListModels to see the list of available models and their supported methods.",
            ),
        ),
        (
            "[[500]]",
            500,
            simple_error(
                500,
                "INTERNAL",
                "An internal error has occurred. Please retry or report in "
                "https://developers.generativeai.google/guide/troubleshooting",
            ),
        ),
        ("[[503]]", 503, simple_error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")),
        ("[[504]]", 504, simple_error(504, "DEADLINE_EXCEEDED", "The request timed out. Please try again.")),
        ("[[200-error]]", 200, simple_error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")),
        (
            "[[openai-error:429]]",
            429,
            {
                "error": {
                    "message": "Too many requests.",
                    "type": "new_api_error",
                    "param": "",
                    "code": "rate_limit_exceeded",
                }
            },
        ),
    ],
)
def test_an_error_card_is_the_document_the_wire_sends(desk: Desk, card: str, status: int, expected: JsonValue) -> None:
    reply = desk.reply(f"a fox {card}")
    assert (reply.status, reply.documents) == (status, (expected,))


@pytest.mark.parametrize(
    ("card", "status", "title"),
    [
        ("[[413]]", 413, "Error 413 (Request Entity Too Large)"),
        ("[[502]]", 502, "502 Bad Gateway"),
        ("[[html]]", 200, "Welcome"),
    ],
)
def test_a_web_page_is_sent_as_one(desk: Desk, card: str, status: int, title: str) -> None:
    reply = desk.reply(f"a fox {card}")
    assert reply.status == status
    assert reply.headers["content-type"] == "text/html; charset=UTF-8"
    assert b"".join(reply.body()).startswith(f"<!DOCTYPE html>\n<html><head><title>{title}</title>".encode())


def test_the_wait_of_429_header_stands_in_the_header_only(desk: Desk) -> None:
    reply = desk.reply("a fox [[429-header:7]]")
    assert reply.headers["retry-after"] == "7"
    assert desk.outcome("a fox [[429-header:7]]").retry_after_s == 7.0


def test_503_with_a_number_fails_so_often_for_this_prompt_and_then_draws(desk: Desk) -> None:
    asked = [desk.reply(f"{PLAIN} [[503:2]]", model="sandbox-1-fast", size="512").status for _ in range(4)]
    other = desk.reply("a green background [[503:2]]", model="sandbox-1-fast", size="512").status
    assert (asked, other) == ([503, 503, 200, 200], 503)


def test_the_card_is_taken_out_of_the_prompt_before_drawing(desk: Desk) -> None:
    plain = desk.read(desk.reply(PLAIN, size="512", seed=1)).images[0]
    carded = desk.read(desk.reply(f"{PLAIN} [[snake]] [[base64url]]", size="512", seed=1)).images[0]
    assert carded.blob == plain.blob


def test_a_card_in_the_header_counts_like_one_in_the_prompt(desk: Desk) -> None:
    reply = desk.respond(ask("a fox"), card="[[503]], slow:2")
    assert reply.status == 503
    assert reply.faults.delay_s == 2.0


def test_an_unknown_card_is_refused_with_the_nearest_names(desk: Desk) -> None:
    reply = desk.reply("a fox [[truncat:0.5]]")
    assert reply.status == 400
    assert reply.documents[0]["error"]["message"] == (
        "Unknown test card [[truncat]]. Nearest: [[truncate]]. The list is in docs/test-cards.md."
    )


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("[[429:soon]]", "Test card [[429]] takes seconds from 0 to 600, not 'soon'; such as [[429:26]]."),
        ("[[429:-1]]", "Test card [[429]] takes seconds from 0 to 600, not '-1'; such as [[429:26]]."),
        ("[[slow:nan]]", "Test card [[slow]] takes seconds from 0 to 600, not 'nan'; such as [[slow:5]]."),
        ("[[reset:1.5]]", "Test card [[reset]] takes fraction from 0 to 1, not '1.5'; such as [[reset:0.5]]."),
        (
            "[[finish:because]]",
            "Test card [[finish]] takes a reason in capitals, not 'because'; such as [[finish:IMAGE_SAFETY]].",
        ),
        ("[[snake:1]]", "Test card [[snake]] takes no argument, so not '1'."),
        ("[[snake]]" * (MAX_CARDS + 1), "9 test cards are too many at once; accepted: up to 8."),
    ],
)
def test_a_card_with_a_wrong_argument_says_what_it_takes(prompt: str, message: str) -> None:
    with pytest.raises(CardRefusedError) as refused:
        read_cards(prompt)
    assert str(refused.value) == message


def test_cards_are_read_in_order_with_their_defaults() -> None:
    assert read_cards("a [[Slow]] red [[ finish : NO_IMAGE ]] fox") == (
        "a red fox",
        (Card(name="slow", argument="5"), Card(name="finish", argument="NO_IMAGE")),
    )


def test_double_brackets_that_hold_no_name_are_left_in_the_prompt() -> None:
    assert read_cards("a sign that says [[keep out!]] and  [x]") == ("a sign that says [[keep out!]] and  [x]", ())


def test_the_header_takes_brackets_or_none() -> None:
    assert read_header(" slow:1 , [[snake]],") == (Card(name="slow", argument="1"), Card(name="snake"))


def test_an_error_card_loads_neither_pillow_nor_numpy() -> None:
    program = (
        "import sys\n"
        "from limner.core.sink import NoBlobs\n"
        "from limner.providers.sandbox.protocol.asked import Asked\n"
        "from limner.providers.sandbox.protocol.model import SandboxModel\n"
        f"model = SandboxModel(NoBlobs(), {KEY!r})\n"
        "body = {'contents': [{'parts': [{'text': 'a fox [[503]]'}]}]}\n"
        "asked = Asked(model='sandbox-1', method='generateContent', document=body)\n"
        "assert model.prepare(asked).answer().status == 503\n"
        "sys.exit('PIL' in sys.modules or 'numpy' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def first_picture(document: JsonObject) -> JsonObject:
    parts = document["candidates"][0]["content"]["parts"]
    found = next(part for part in parts if "inlineData" in part)
    assert isinstance(found, dict)
    return found


def quick(desk: Desk, card: str) -> JsonObject:
    return desk.document(f"{PLAIN} {card}", model="sandbox-1-fast", size="512")


def test_drafts_come_before_the_picture_and_are_marked_as_thoughts(desk: Desk) -> None:
    parts = quick(desk, "[[drafts]]")["candidates"][0]["content"]["parts"]
    assert [("inlineData" in part, part.get("thought", False)) for part in parts] == [
        (True, True),
        (True, True),
        (False, False),
        (True, False),
    ]


def test_a_story_alternates_words_and_pictures(desk: Desk) -> None:
    parts = quick(desk, "[[story]]")["candidates"][0]["content"]["parts"]
    assert ["picture" if "inlineData" in part else "text" for part in parts] == [
        "text",
        "picture",
        "text",
        "picture",
        "text",
    ]


def test_two_pictures_are_two_different_ones(desk: Desk) -> None:
    reply = desk.read(desk.reply("a beach at sunset [[two-pictures]]", model="sandbox-1-fast", size="512"))
    assert len({part.blob for part in reply.images}) == 2


def test_wrong_mime_is_a_jpeg_called_png(desk: Desk) -> None:
    (picture,) = desk.read(desk.reply(f"{PLAIN} [[wrong-mime]]", size="512")).images
    assert (picture.mime_type, desk.measured(picture).mime_type) == ("image/png", "image/jpeg")


def test_no_mime_leaves_the_type_out(desk: Desk) -> None:
    assert list(first_picture(quick(desk, "[[no-mime]]"))["inlineData"]) == ["data"]


def test_wrong_size_halves_both_sides(desk: Desk) -> None:
    (picture,) = desk.read(desk.reply(f"{PLAIN} [[wrong-size]]", ratio="16:9", size="512")).images
    assert desk.measured(picture).size == Size(344, 192)


def test_wrong_ratio_lays_the_picture_on_its_side(desk: Desk) -> None:
    (picture,) = desk.read(desk.reply(f"{PLAIN} [[wrong-ratio]]", ratio="16:9", size="512")).images
    assert desk.measured(picture).size == Size(384, 688)


def test_a_big_signature_is_as_big_as_asked_and_still_a_true_one(desk: Desk) -> None:
    reply = desk.reply(f"{PLAIN} [[big-signature:100]]", size="512")
    signature = first_picture(reply.documents[0])["thoughtSignature"]
    assert len(signature) > 100 * 1024 * 4 / 3
    assert Signer(KEY).read(signature).scene is not None


def test_snake_writes_every_field_in_snake_case(desk: Desk) -> None:
    body = b"".join(desk.reply(f"{PLAIN} [[snake]]", size="512").body())
    for name in (b'"inline_data"', b'"mime_type"', b'"finish_reason"', b'"usage_metadata"', b'"thought_signature"'):
        assert name in body
    for name in (b'"inlineData"', b'"finishReason"', b'"usageMetadata"', b'"modelVersion"', b'"responseId"'):
        assert name not in body


def test_mixed_case_mixes_them(desk: Desk) -> None:
    document = quick(desk, "[[mixed-case]]")
    assert list(first_picture(document)["inlineData"]) == ["mime_type", "data"]
    assert "finish_reason" in document["candidates"][0]
    assert {"usage_metadata", "modelVersion"} <= set(document)


def data_text(desk: Desk, card: str) -> str:
    """The base64 of the picture as it stands in the body."""
    body = b"".join(desk.reply(f"{PLAIN} {card}", model="sandbox-1-fast", size="512").body())
    return body.split(b'"data":"')[1].split(b'"')[0].decode()


def test_base64url_uses_the_other_alphabet(desk: Desk) -> None:
    text = data_text(desk, "[[base64url]]")
    assert set("-_") & set(text)
    assert not set("+/") & set(text)


def test_unpadded_base64_lacks_its_equals_signs(desk: Desk) -> None:
    text = data_text(desk, "[[unpadded]]")
    assert len(text) % 4 in (2, 3)
    assert not text.endswith("=")


def test_whitespace_breaks_the_base64_into_lines(desk: Desk) -> None:
    lines = data_text(desk, "[[whitespace]]").split("\\n")
    assert {len(line) for line in lines[:-1]} == {76}


def test_bad_base64_has_a_hole_in_the_middle(desk: Desk) -> None:
    assert "****" in data_text(desk, "[[bad-base64]]")


def test_markdown_puts_the_picture_into_a_text_where_the_client_finds_it(desk: Desk) -> None:
    plain = desk.read(desk.reply(PLAIN, model="sandbox-1-fast", size="512")).images[0]
    reply = desk.read(desk.reply(f"{PLAIN} [[markdown]]", model="sandbox-1-fast", size="512"))
    (long,) = (blob for part in reply.parts if isinstance(part, OtherPart) and (blob := long_text(part)) is not None)
    (link,) = picture_links(desk.blobs.read(long).decode())
    assert base64.b64decode(link.url.partition(",")[2]) == desk.bytes_of(plain)


def framed(desk: Desk, card: str) -> bytes:
    return b"".join(desk.reply(f"{PLAIN} {card}", model="sandbox-1-fast", size="512").body())


def test_sse_is_framed_exactly_as_google_frames_it(desk: Desk) -> None:
    body = framed(desk, "[[sse]]")
    events = body.split(b"\r\n\r\n")
    assert events.pop() == b""
    assert all(event.startswith(b"data: {") and b"\n" not in event for event in events)


def test_sse_relay_has_comments_no_space_and_a_done_line(desk: Desk) -> None:
    body = framed(desk, "[[sse-relay]]")
    assert body.startswith(b": ping\n\ndata:{")
    assert body.endswith(b"}\n\ndata: [DONE]\n\n")


def test_array_is_one_json_array(desk: Desk) -> None:
    body = framed(desk, "[[array]]")
    assert (body[:2], body[-2:]) == (b"[{", b"}]")
