import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import FilePart, ImagePart, OtherPart, Part, TextPart
from limner.core.result import Reply, Usage
from limner.wire.gemini.reply import reply_from_wire, reply_to_wire

FOX = BlobRef(sha256="f0" * 32, size=77)
HAT = BlobRef(sha256="4a" * 32, size=1300)
FOX_DATA = f"blob:{'f0' * 32}?size=77&as=base64"
HAT_DATA = f"blob:{'4a' * 32}?size=1300&as=base64"
FOX_PART = {"inlineData": {"mimeType": "image/png", "data": FOX_DATA}}
HAT_PART = {"inlineData": {"mimeType": "image/jpeg", "data": HAT_DATA}}
FOX_IMAGE = ImagePart(blob=FOX, mime_type="image/png")
HAT_IMAGE = ImagePart(blob=HAT, mime_type="image/jpeg")


def read(*documents: JsonValue, complete: bool = True, status: int = 200) -> Reply:
    return reply_from_wire(documents, status=status, complete=complete)


def answer(*parts: JsonValue, finish: JsonValue = "STOP", **candidate: JsonValue) -> JsonObject:
    content = {"role": "model", "parts": list(parts)} if parts else {"role": "model"}
    return {"candidates": [{"content": content, "finishReason": finish, "index": 0, **candidate}]}


def judged(*documents: JsonValue, complete: bool = True) -> tuple[str, str | None, str | None]:
    outcome = read(*documents, complete=complete).outcome
    return outcome.kind.value, outcome.reason, outcome.message


def test_the_ordinary_answer_is_read_whole() -> None:
    body = {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [{"text": "Here it is."}, {**FOX_PART, "thoughtSignature": "CswB"}],
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 4,
            "candidatesTokenCount": 1690,
            "thoughtsTokenCount": 120,
            "totalTokenCount": 1814,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1680}],
            "serviceTier": "flex",
        },
        "modelVersion": "gemini-nano-banana-2.1",
        "responseId": "abc",
    }
    assert read(body) == Reply(
        outcome=Outcome(kind=OutcomeKind.IMAGE),
        parts=(
            TextPart(text="Here it is."),
            ImagePart(blob=FOX, mime_type="image/png", signature="CswB"),
        ),
        finish_reason="STOP",
        usage=Usage(
            input_tokens=4,
            output_tokens=1690,
            output_image_tokens=1680,
            thought_tokens=120,
            total_tokens=1814,
            service_tier="flex",
        ),
        model_version="gemini-nano-banana-2.1",
        response_id="abc",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"candidates": [{"content": {"parts": [{"inline_data": {"mime_type": "image/png", "data": FOX_DATA}}]}}]},
        {"candidates": [{"content": {"parts": [{"inlineData": {"mime_type": "image/png", "data": FOX_DATA}}]}}]},
        {"candidates": [{"content": {"parts": [{"inline_data": {"mimeType": "image/png", "data": FOX_DATA}}]}}]},
        {"candidates": {"content": {"parts": FOX_PART}}},
        {"candidates": [{"content": [FOX_PART]}]},
        {"candidates": [{"parts": [FOX_PART]}]},
        {"response": {"candidates": [{"content": {"parts": [FOX_PART]}}]}},
        {"code": 200, "data": {"candidates": [{"content": {"parts": [FOX_PART]}}]}},
    ],
)
def test_a_picture_is_found_in_every_casing_and_wrapping(body: JsonObject) -> None:
    found = read(body)
    assert found.parts == (FOX_IMAGE,)
    assert found.outcome.kind == "image"


def test_snake_case_outside_the_parts_is_read() -> None:
    found = read(
        {
            "candidates": [{"finish_reason": "NO_IMAGE", "finish_message": "sorry"}],
            "usage_metadata": {
                "prompt_token_count": "4",
                "prompt_tokens_details": [{"modality": "IMAGE", "token_count": "3"}],
            },
            "model_version": "m-1",
            "response_id": "r-1",
        }
    )
    assert found == Reply(
        outcome=Outcome(kind=OutcomeKind.EMPTY, reason="NO_IMAGE", message="sorry"),
        finish_reason="NO_IMAGE",
        usage=Usage(input_tokens=4, input_image_tokens=3),
        model_version="m-1",
        response_id="r-1",
    )


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (f"blob:{'f0' * 32}?size=77&as=base64url&pad=0", ""),
        (f"blob:{'f0' * 32}?size=77&as=base64&prefix=data%3Aimage%2Fpng%3Bbase64%2C", "image/png"),
        (f"blob:{'e1' * 32}?size=99&as=text&decoded={'f0' * 32}:77", ""),
    ],
)
def test_irregular_base64_and_data_urls_are_still_the_picture(data: str, mime_type: str) -> None:
    assert read(answer({"inlineData": {"data": data}})).images == (ImagePart(blob=FOX, mime_type=mime_type),)


def test_a_text_that_is_a_data_url_is_a_picture() -> None:
    text = f"blob:{'f0' * 32}?size=77&as=base64&prefix=data%3Aimage%2Fwebp%3Bbase64%2C"
    assert read(answer({"text": text})).images == (ImagePart(blob=FOX, mime_type="image/webp"),)


BLOCKED = [
    "SAFETY",
    "IMAGE_SAFETY",
    "PROHIBITED_CONTENT",
    "IMAGE_PROHIBITED_CONTENT",
    "RECITATION",
    "IMAGE_RECITATION",
    "BLOCKLIST",
    "SPII",
    "LANGUAGE",
    "MODEL_ARMOR",
    "ESCALATION",
    "PUP_LIMITED_DISABLED",
    "content_filter",
]
EMPTY = [
    "NO_IMAGE",
    "IMAGE_OTHER",
    "OTHER",
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE",
    "CONTINUATION",
    "SOMETHING_NEW",
]


@pytest.mark.parametrize(
    ("finish", "kind"),
    [
        *((finish, "blocked") for finish in BLOCKED),
        *((finish, "empty") for finish in EMPTY),
        ("MAX_TOKENS", "truncated"),
        ("MISSING_THOUGHT_SIGNATURE", "refused_request"),
    ],
)
def test_each_finish_reason_without_a_picture_has_its_outcome(finish: str, kind: str) -> None:
    body = answer(finish=finish, finishMessage="Unable to show the generated image. (17301594)")
    assert judged(body) == (kind, finish, "Unable to show the generated image. (17301594)")
    assert read(body).finish_reason == finish


@pytest.mark.parametrize("finish", ["STOP", "FINISH_REASON_UNSPECIFIED", None, 1])
def test_a_normal_end_without_content_is_empty_and_gives_no_reason(finish: JsonValue) -> None:
    assert judged(answer(finish=finish)) == ("empty", None, None)


def test_finish_reasons_as_numbers_have_their_names() -> None:
    assert judged(answer(finish=3)) == ("blocked", "SAFETY", None)
    assert judged(answer(finish=16)) == ("empty", "16", None)


@pytest.mark.parametrize(
    "reason",
    ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK", "NEW_REASON"],
)
@pytest.mark.parametrize("names", [("promptFeedback", "blockReason"), ("prompt_feedback", "block_reason")])
def test_a_blocked_prompt_is_blocked_and_not_billed(reason: str, names: tuple[str, str]) -> None:
    body = {names[0]: {names[1]: reason}, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}}
    found = read(body)
    assert found.outcome == Outcome(kind=OutcomeKind.BLOCKED, reason=reason, billed_override="no")
    assert found.usage == Usage(input_tokens=4, total_tokens=4)


def test_a_block_after_generation_may_have_been_billed() -> None:
    assert read(answer(finish="IMAGE_SAFETY")).outcome.billed == "unknown"
    late = {"promptFeedback": {"blockReason": "SAFETY"}, **answer({"text": "Well"}, finish=None)}
    assert (read(late).outcome.kind, read(late).outcome.billed) == ("blocked", "unknown")


def test_vertex_block_message_is_kept() -> None:
    body = {"promptFeedback": {"blockReason": "MODEL_ARMOR", "blockReasonMessage": "Filtered by Model Armor."}}
    assert judged(body) == ("blocked", "MODEL_ARMOR", "Filtered by Model Armor.")


def test_a_block_reason_that_is_unspecified_blocks_only_an_answer_without_content() -> None:
    feedback = {"promptFeedback": {"blockReason": "BLOCKED_REASON_UNSPECIFIED"}}
    assert judged(feedback) == ("blocked", "BLOCKED_REASON_UNSPECIFIED", None)
    assert judged({**feedback, **answer(FOX_PART)}) == ("image", None, None)


def test_safety_ratings_alone_do_not_block() -> None:
    body = {"promptFeedback": {"safetyRatings": []}, **answer({"text": "No."})}
    assert judged(body) == ("text_only", None, None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"candidates": []},
        {"candidates": None},
        {"candidates": [{}]},
        {"usageMetadata": {}},
        {"modelVersion": "m"},
    ],
)
def test_an_answer_without_anything_is_empty(body: JsonValue) -> None:
    assert judged(body) == ("empty", None, None)


def test_no_document_at_all_is_empty() -> None:
    assert judged() == ("empty", None, None)


def test_words_instead_of_a_picture_are_text_only() -> None:
    assert judged(answer({"text": "I can describe a fox."})) == ("text_only", None, None)
    assert judged(answer({"text": "I cannot."}, finish="NO_IMAGE")) == ("text_only", "NO_IMAGE", None)
    assert judged(answer({"text": " \n"})) == ("empty", None, None)


def test_a_text_too_long_for_the_document_is_text() -> None:
    long = {"text": f"blob:{'ab' * 32}?size=70000&as=text"}
    assert judged(answer(long)) == ("text_only", None, None)
    assert read(answer(long)).parts == (OtherPart(document=long),)


def test_thinking_is_no_answer() -> None:
    assert judged(answer({"text": "Let me see", "thought": True})) == ("empty", None, None)


def test_only_drafts_are_no_result() -> None:
    found = read(answer({"text": "A draft", "thought": True}, {**FOX_PART, "thought": True}))
    assert found.outcome.kind == "draft_only"
    assert found.images == ()
    assert found.drafts == (ImagePart(blob=FOX, mime_type="image/png", thought=True),)


def test_drafts_cut_by_the_token_limit_stay_drafts_and_say_why() -> None:
    assert judged(answer({**FOX_PART, "thought": True}, finish="MAX_TOKENS")) == ("draft_only", "MAX_TOKENS", None)


def test_a_draft_followed_by_the_picture_is_the_picture() -> None:
    found = read(answer({**FOX_PART, "thought": True}, HAT_PART))
    assert (found.outcome.kind, found.images) == ("image", (HAT_IMAGE,))


@pytest.mark.parametrize("inline", [{"mimeType": "image/png", "data": ""}, {"mimeType": "image/png"}, {"data": None}])
def test_inline_data_without_data_is_counted_and_no_picture(inline: JsonObject) -> None:
    found = read(answer({"inlineData": inline}))
    assert found.empty_images == 1
    assert judged(answer({"inlineData": inline})) == ("empty", None, "An image part came without data.")


def test_data_that_is_no_base64_is_a_protocol_fault_and_kept() -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": "@@@"}}
    assert judged(answer(part)) == ("protocol", None, "inlineData.data is no base64")
    assert read(answer(part)).parts == (OtherPart(document=part),)


def test_a_picture_by_address_is_kept_with_its_address() -> None:
    body = answer({"fileData": {"fileUri": "https://example.com/fox.png", "mimeType": "image/png"}})
    assert read(body).parts == (FilePart(uri="https://example.com/fox.png", mime_type="image/png"),)
    assert judged(body) == ("empty", None, "The picture came as an address only: https://example.com/fox.png")
    assert read(answer({"inlineData": {"data": "https://example.com/fox.png"}})).parts == (
        FilePart(uri="https://example.com/fox.png"),
    )


def test_a_picture_is_a_picture_whatever_the_finish_reason() -> None:
    body = answer(FOX_PART, finish="IMAGE_SAFETY", finishMessage="Unsafe.")
    assert judged(body) == (
        "image",
        "IMAGE_SAFETY",
        "The picture arrived, but the provider ended with IMAGE_SAFETY: Unsafe.",
    )


def test_interleaved_text_and_pictures_keep_their_order() -> None:
    found = read(answer({"text": "First"}, FOX_PART, {"text": "then"}, HAT_PART))
    assert found.parts == (TextPart(text="First"), FOX_IMAGE, TextPart(text="then"), HAT_IMAGE)


def test_pictures_of_further_candidates_are_appended() -> None:
    body = {
        "candidates": [
            {"index": 1, "content": {"parts": [{"text": "other words"}, HAT_PART]}, "finishReason": "MAX_TOKENS"},
            {"index": 0, "content": {"parts": [{"text": "words"}, FOX_PART]}, "finishReason": "STOP"},
        ]
    }
    found = read(body)
    assert found.parts == (TextPart(text="words"), FOX_IMAGE, HAT_IMAGE)
    assert found.finish_reason == "STOP"


def test_a_part_limner_has_no_word_for_is_kept_untouched() -> None:
    part = {"executableCode": {"language": "PYTHON", "code": "draw()"}}
    assert read(answer(part, FOX_PART)).parts == (OtherPart(document=part), FOX_IMAGE)


def test_text_that_looks_like_a_reference_is_text() -> None:
    assert read(answer({"text": "blob:=" + FOX_DATA})).parts == (TextPart(text=FOX_DATA),)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html>Bad gateway</html>", "text, not JSON: '<html>Bad gateway</html>'"),
        (7, "a JSON int, not an object"),
        ({"foo": 1}, "none of the fields Limner knows, but 'foo'"),
        ({"candidates": "none"}, "candidates is no list"),
        ({"candidates": [7]}, "a candidate is no object"),
        ({"candidates": [{"content": {"parts": [7]}}]}, "a part is no object"),
    ],
)
def test_what_is_in_no_known_shape_is_a_protocol_fault(body: JsonValue, words: str) -> None:
    outcome = read(body).outcome
    assert outcome.kind == "protocol"
    assert words in (outcome.message or "")


def test_an_error_inside_a_success_is_that_error() -> None:
    body = {"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}}
    assert judged(body) == ("rate_limited", "RESOURCE_EXHAUSTED", "Slow down.")
    assert judged([body]) == ("rate_limited", "RESOURCE_EXHAUSTED", "Slow down.")


def test_a_server_fault_inside_a_success_may_have_been_billed() -> None:
    outcome = read({"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}).outcome
    assert (outcome.kind, outcome.billed, outcome.resend) == ("unavailable", "unknown", False)


# Streams


def event(*parts: JsonValue, **more: JsonValue) -> JsonObject:
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"}, "index": 0}], **more}


END = {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP", "index": 0}]}


def test_a_streams_events_are_one_answer() -> None:
    found = read(
        event({"text": "Here"}, usageMetadata={"promptTokenCount": 4}, responseId="r"),
        event({"text": " you are."}, usageMetadata={"promptTokenCount": 4, "candidatesTokenCount": 5}),
        event(FOX_PART),
        {**END, "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 1290}, "modelVersion": "m-1"},
    )
    assert found == Reply(
        outcome=Outcome(kind=OutcomeKind.IMAGE),
        parts=(TextPart(text="Here you are."), FOX_IMAGE),
        finish_reason="STOP",
        usage=Usage(input_tokens=4, output_tokens=1290),
        model_version="m-1",
        response_id="r",
    )


def test_an_array_of_events_is_one_answer() -> None:
    found = read([event({"text": "Here"}), event(FOX_PART), END])
    assert found.parts == (TextPart(text="Here"), FOX_IMAGE)


def test_a_signature_on_an_empty_text_of_the_last_event_is_a_part_of_its_own() -> None:
    found = read(event({"text": "Here"}), event({"text": "", "thoughtSignature": "c2lnLTI="}), END)
    assert found.parts == (TextPart(text="Here"), TextPart(text="", signature="c2lnLTI="))


def test_signed_text_is_never_joined_with_its_neighbours() -> None:
    found = read(event({"text": "a", "thoughtSignature": "c2ln"}), event({"text": "b"}), event({"text": "c"}))
    assert found.parts == (TextPart(text="a", signature="c2ln"), TextPart(text="bc"))


def test_thinking_and_answer_are_not_joined() -> None:
    found = read(event({"text": "hm", "thought": True}), event({"text": "m", "thought": True}), event({"text": "Ah"}))
    assert found.parts == (TextPart(text="hmm", thought=True), TextPart(text="Ah"))


def test_two_texts_in_one_document_stay_two_parts() -> None:
    assert read(answer({"text": "a"}, {"text": "b"})).parts == (TextPart(text="a"), TextPart(text="b"))


def test_the_empty_text_that_ends_a_vertex_stream_leaves_no_part() -> None:
    assert read(event(FOX_PART), event({"text": ""})).parts == (FOX_IMAGE,)


def test_an_unspecified_finish_reason_on_the_way_does_not_hide_the_real_one() -> None:
    running = {"candidates": [{"finishReason": "FINISH_REASON_UNSPECIFIED"}]}
    assert read(running, answer(finish="NO_IMAGE"), running).finish_reason == "NO_IMAGE"


def test_an_error_in_the_middle_of_a_stream_may_have_been_billed() -> None:
    error = {"error": {"code": 429, "message": "x", "status": "RESOURCE_EXHAUSTED"}}
    outcome = read(event({"text": "Here"}), error).outcome
    assert (outcome.kind, outcome.billed, outcome.resend) == ("rate_limited", "unknown", False)


def test_an_error_after_the_picture_does_not_take_the_picture_away() -> None:
    error = {"error": {"code": 503, "message": "Overloaded.", "status": "UNAVAILABLE"}}
    assert judged(event(FOX_PART), error) == ("image", None, "An error followed the picture: Overloaded.")


# Cut bodies


def test_a_cut_after_the_picture_keeps_the_picture() -> None:
    found = judged(event({"text": "Here"}, FOX_PART), complete=False)
    assert found == ("image", None, "The answer was cut off after the picture had arrived.")


def test_a_cut_after_drafts_says_that_the_last_picture_may_be_one() -> None:
    kind, _, message = judged(event({**FOX_PART, "thought": True}, HAT_PART), complete=False)
    assert kind == "image"
    assert message == (
        "The answer was cut off after the picture had arrived. Drafts came with it, so the last picture may be one too."
    )


@pytest.mark.parametrize(
    "documents",
    [
        [],
        [{}],
        [event({"text": "Here"})],
        [event({**FOX_PART, "thought": True})],
        [answer({"text": "a"}, finish="STOP")],
    ],
)
def test_a_cut_before_the_picture_is_truncated(documents: list[JsonValue]) -> None:
    assert read(*documents, complete=False).outcome.kind == "truncated"


def test_a_block_that_arrived_before_the_cut_is_a_block() -> None:
    assert judged(answer(finish="IMAGE_SAFETY"), complete=False) == ("blocked", "IMAGE_SAFETY", None)


# Other statuses


def test_an_error_status_is_judged_by_its_body_and_headers() -> None:
    body = {"error": {"code": 429, "message": "Slow.", "status": "RESOURCE_EXHAUSTED"}}
    outcome = reply_from_wire([body], status=429, headers={"retry-after": "7"}).outcome
    assert outcome == Outcome(
        kind=OutcomeKind.RATE_LIMITED, reason="RESOURCE_EXHAUSTED", message="Slow.", retry_after_s=7.0, resend=True
    )


def test_a_web_page_with_an_error_status_is_read_as_text() -> None:
    page = "<html><title>502 Bad Gateway</title></html>"
    for outcome in (
        reply_from_wire([page], status=502).outcome,
        reply_from_wire([], status=502, body_text=page).outcome,
    ):
        assert (outcome.kind, outcome.message) == ("unavailable", "A web page: 502 Bad Gateway")


def test_a_success_that_is_no_json_is_a_protocol_fault() -> None:
    outcome = reply_from_wire([], status=200, body_text="<html>Log in</html>").outcome
    assert (outcome.kind, outcome.message) == ("protocol", "the answer is text, not JSON: '<html>Log in</html>'")


def test_a_picture_with_an_error_status_is_still_a_picture() -> None:
    found = read(answer(FOX_PART), status=500)
    assert (found.outcome.kind, found.outcome.message) == ("image", "It came with HTTP 500.")


def test_another_success_status_is_a_success() -> None:
    assert read(answer(FOX_PART), status=201).outcome.kind == "image"


# The server's side


def test_a_reply_goes_out_in_camel_case() -> None:
    reply = Reply(
        outcome=Outcome(kind=OutcomeKind.IMAGE),
        parts=(TextPart(text="Here.", thought=True), ImagePart(blob=FOX, mime_type="image/png", signature="c2ln")),
        finish_reason="STOP",
        usage=Usage(
            input_tokens=10, input_image_tokens=6, output_tokens=1120, output_image_tokens=1120, total_tokens=1130
        ),
        model_version="sandbox-1",
        response_id="r",
    )
    assert reply_to_wire(reply) == {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "Here.", "thought": True},
                        {"inlineData": {"mimeType": "image/png", "data": FOX_DATA}, "thoughtSignature": "c2ln"},
                    ],
                    "role": "model",
                },
                "index": 0,
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 10,
            "candidatesTokenCount": 1120,
            "totalTokenCount": 1130,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}, {"modality": "IMAGE", "tokenCount": 6}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
        },
        "modelVersion": "sandbox-1",
        "responseId": "r",
    }


def test_a_blocked_prompt_goes_out_as_prompt_feedback() -> None:
    outcome = Outcome(kind=OutcomeKind.BLOCKED, reason="PROHIBITED_CONTENT", billed_override="no")
    assert reply_to_wire(Reply(outcome=outcome, model_version="m")) == {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "modelVersion": "m",
    }


def test_our_own_words_about_a_picture_do_not_go_out_as_the_providers() -> None:
    found = read(answer(FOX_PART, finish="IMAGE_SAFETY"))
    assert reply_to_wire(found)["candidates"][0] == {
        "content": {"parts": [FOX_PART], "role": "model"},
        "index": 0,
        "finishReason": "IMAGE_SAFETY",
    }


def test_an_error_has_no_answer_body() -> None:
    with pytest.raises(ValueError, match="'auth' has no generateContent answer"):
        reply_to_wire(Reply(outcome=Outcome(kind=OutcomeKind.AUTH)))


SIGNATURES = st.none() | st.text(max_size=8)
BLOBS = st.builds(BlobRef, sha256=st.sampled_from(["ab" * 32, "cd" * 32]), size=st.integers(1, 10**9))
TEXTS = st.text(max_size=20) | st.sampled_from(["blob:", FOX_DATA])
PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(TextPart, text=TEXTS, thought=st.booleans(), signature=SIGNATURES),
    st.builds(ImagePart, blob=BLOBS, mime_type=st.just("image/png"), thought=st.booleans(), signature=SIGNATURES),
    st.builds(FilePart, uri=st.text(min_size=1), mime_type=st.text(max_size=4), signature=SIGNATURES),
    st.just(OtherPart(document={"functionCall": {"name": "f"}})),
)
COUNTS = st.integers(0, 10**6)
USAGES = st.builds(
    Usage,
    input_tokens=COUNTS,
    input_image_tokens=COUNTS,
    output_tokens=COUNTS,
    output_image_tokens=COUNTS,
    thought_tokens=COUNTS,
    tool_tokens=COUNTS,
    total_tokens=COUNTS,
    service_tier=st.sampled_from([None, "flex", "ON_DEMAND"]),
)
ABOUT = {
    "usage": st.none() | USAGES,
    "model_version": st.none() | TEXTS,
    "response_id": st.none() | TEXTS,
    "empty_images": st.integers(0, 2),
}
PICTURE = st.just(FOX_IMAGE)
WITH_PICTURE = st.tuples(PICTURE, st.lists(PARTS, max_size=3)).map(lambda pair: (*pair[1], pair[0]))
MESSAGES = st.none() | st.text(min_size=1, max_size=20)
REPLIES = st.one_of(
    st.builds(
        Reply,
        outcome=st.just(Outcome(kind=OutcomeKind.IMAGE)),
        parts=WITH_PICTURE,
        finish_reason=st.sampled_from([None, "STOP"]),
        **ABOUT,
    ),
    st.builds(
        Reply,
        outcome=st.builds(Outcome, kind=st.just(OutcomeKind.BLOCKED), reason=st.just("IMAGE_SAFETY"), message=MESSAGES),
        parts=st.lists(st.builds(TextPart, text=TEXTS), max_size=2).map(tuple),
        finish_reason=st.just("IMAGE_SAFETY"),
        **ABOUT,
    ),
    st.builds(
        Reply,
        outcome=st.builds(
            Outcome,
            kind=st.just(OutcomeKind.BLOCKED),
            reason=st.just("SAFETY"),
            message=MESSAGES,
            billed_override=st.just("no"),
        ),
        usage=st.none() | USAGES,
    ),
    st.builds(
        Reply,
        outcome=st.just(Outcome(kind=OutcomeKind.TEXT_ONLY)),
        parts=st.just((TextPart(text="I cannot draw that."),)),
        finish_reason=st.just("STOP"),
        **{**ABOUT, "empty_images": st.just(0)},
    ),
    st.just(Reply(outcome=Outcome(kind=OutcomeKind.EMPTY))),
)


@given(REPLIES)
@settings(max_examples=200, deadline=None)
def test_a_reply_survives_the_round_trip(reply: Reply) -> None:
    assert reply_from_wire([reply_to_wire(reply)], status=200) == reply


NAMES = [
    "candidates", "content", "parts", "text", "inlineData", "inline_data", "data", "mimeType", "thought",
    "thoughtSignature", "fileData", "fileUri", "finishReason", "finish_reason", "index", "promptFeedback",
    "blockReason", "usageMetadata", "promptTokensDetails", "tokenCount", "error", "code", "message", "status",
    "details", "@type", "retryDelay", "violations", "quotaValue", "choices", "delta", "images", "image_url", "url",
    "b64_json", "predictions", "bytesBase64Encoded", "raiFilteredReason", "usage", "response", "errors", "x",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from([FOX_DATA, "STOP"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=24,
)


@given(st.lists(JSON, max_size=3), st.sampled_from([200, 301, 400, 404, 429, 500, 503]), st.booleans())
@settings(max_examples=500, deadline=None)
def test_any_json_gives_some_reply(documents: list[JsonValue], status: int, complete: bool) -> None:
    reply = reply_from_wire(documents, status=status, complete=complete)
    assert reply.outcome.ok == bool(reply.images)
    assert reply.outcome.sentence()
