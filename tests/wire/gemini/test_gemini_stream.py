from hypothesis import given, settings
from hypothesis import strategies as st

from limner.core.blob import BlobRef
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import ImagePart, TextPart
from limner.core.result import Reply, Usage
from limner.wire.gemini.reply import reply_from_wire
from limner.wire.gemini.stream import reply_to_events

FOX = ImagePart(blob=BlobRef(sha256="f0" * 32, size=77), mime_type="image/png", signature="c2ln")
FOX_BODY = {
    "inlineData": {"mimeType": "image/png", "data": f"blob:{'f0' * 32}?size=77&as=base64"},
    "thoughtSignature": "c2ln",
}


def picture(*parts: TextPart | ImagePart) -> Reply:
    return Reply(
        outcome=Outcome(kind=OutcomeKind.IMAGE),
        parts=parts,
        finish_reason="STOP",
        usage=Usage(input_tokens=4, total_tokens=4),
        response_id="r",
    )


def test_the_picture_is_one_event_and_the_end_another() -> None:
    assert reply_to_events(picture(TextPart(text="Here"), FOX)) == (
        {"candidates": [{"content": {"parts": [{"text": "Here"}], "role": "model"}, "index": 0}], "responseId": "r"},
        {"candidates": [{"content": {"parts": [FOX_BODY], "role": "model"}, "index": 0}], "responseId": "r"},
        {
            "candidates": [{"content": {"parts": [{"text": ""}], "role": "model"}, "index": 0, "finishReason": "STOP"}],
            "usageMetadata": {
                "promptTokenCount": 4,
                "totalTokenCount": 4,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}],
            },
            "responseId": "r",
        },
    )


def test_a_long_text_comes_in_pieces_of_24_characters() -> None:
    events = reply_to_events(picture(TextPart(text="x" * 60), FOX))
    texts = [event["candidates"][0]["content"].get("parts", [{}])[0].get("text", "") for event in events]
    assert [len(text) for text in texts] == [24, 24, 12, 0, 0]


def test_words_alone_end_with_the_last_of_them() -> None:
    events = reply_to_events(picture(TextPart(text="x" * 30)))
    candidates = [event["candidates"][0] for event in events]
    assert [len(candidate["content"]["parts"][0]["text"]) for candidate in candidates] == [24, 6]
    assert [candidate.get("finishReason") for candidate in candidates] == [None, "STOP"]


def test_a_signed_text_stays_whole() -> None:
    events = reply_to_events(picture(TextPart(text="x" * 200, signature="c2ln"), FOX))
    assert len(events) == 3


def test_a_blocked_prompt_is_a_single_event() -> None:
    outcome = Outcome(kind=OutcomeKind.BLOCKED, reason="SAFETY", billed_override="no")
    assert reply_to_events(Reply(outcome=outcome)) == ({"promptFeedback": {"blockReason": "SAFETY"}},)


def test_a_blocked_picture_is_a_single_event_with_its_message() -> None:
    outcome = Outcome(kind=OutcomeKind.BLOCKED, reason="IMAGE_SAFETY", message="Unsafe.")
    assert reply_to_events(Reply(outcome=outcome, finish_reason="IMAGE_SAFETY")) == (
        {
            "candidates": [
                {
                    "content": {"role": "model"},
                    "index": 0,
                    "finishReason": "IMAGE_SAFETY",
                    "finishMessage": "Unsafe.",
                }
            ]
        },
    )


@given(st.text(min_size=1, max_size=400), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_streamed_answer_is_read_as_it_was(text: str, thought: bool) -> None:
    reply = picture(TextPart(text=text, thought=thought), FOX, TextPart(text="", signature="c2lnLTI="))
    assert reply_from_wire(reply_to_events(reply), status=200) == reply
