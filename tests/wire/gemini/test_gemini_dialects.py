import pytest

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.parts import FilePart, ImagePart, TextPart
from limner.core.result import Reply, Usage
from limner.wire.gemini.reply import reply_from_wire

FOX = BlobRef(sha256="f0" * 32, size=77)
BARE = f"blob:{'f0' * 32}?size=77&as=base64"
DATA_URL = f"{BARE}&prefix=data%3Aimage%2Fpng%3Bbase64%2C"
PNG = ImagePart(blob=FOX, mime_type="image/png")


def read(*documents: JsonValue) -> Reply:
    return reply_from_wire(documents, status=200)


def chat(message: JsonObject, **choice: JsonValue) -> JsonObject:
    return {"id": "gen-1", "model": "google/gemini-3-pro-image", "choices": [{"message": message, **choice}]}


def test_a_chat_answer_with_images_is_read() -> None:
    body = chat(
        {
            "role": "assistant",
            "content": "Here.",
            "images": [{"type": "image_url", "image_url": {"url": DATA_URL}}],
            "reasoning": "Let me see.",
        },
        finish_reason="stop",
        native_finish_reason="STOP",
    )
    body["usage"] = {
        "prompt_tokens": 4,
        "completion_tokens": 1500,
        "total_tokens": 1504,
        "completion_tokens_details": {"reasoning_tokens": 200, "image_tokens": 1290},
    }
    found = read(body)
    assert found.outcome.kind == "image"
    assert found.parts == (TextPart(text="Let me see.", thought=True), TextPart(text="Here."), PNG)
    assert found.usage == Usage(
        input_tokens=4, output_tokens=1300, output_image_tokens=1290, thought_tokens=200, total_tokens=1504
    )
    assert (found.model_version, found.response_id) == ("google/gemini-3-pro-image", "gen-1")


@pytest.mark.parametrize(
    "item",
    [
        {"image_url": {"url": DATA_URL}},
        {"type": "image_url", "imageUrl": {"url": DATA_URL}},
        {"image_url": DATA_URL},
        {"url": DATA_URL},
        {"b64_json": BARE, "mime_type": "image/png"},
        {"inline_data": {"mime_type": "image/png", "data": BARE}},
        DATA_URL,
    ],
)
def test_the_picture_of_a_chat_answer_has_many_forms(item: JsonValue) -> None:
    images = item if isinstance(item, list) else [item]
    assert read(chat({"content": None, "images": images})).images == (PNG,)


def test_content_in_pieces_keeps_its_order() -> None:
    content = [{"type": "text", "text": "Here"}, {"type": "image_url", "image_url": {"url": DATA_URL}}]
    assert read(chat({"content": content})).parts == (TextPart(text="Here"), PNG)


def test_content_that_is_all_data_url_is_a_picture() -> None:
    assert read(chat({"content": DATA_URL})).images == (PNG,)


def test_a_picture_by_address_is_kept_with_its_address() -> None:
    found = read(chat({"images": [{"image_url": {"url": "https://example.com/fox.png"}}]}))
    assert found.parts == (FilePart(uri="https://example.com/fox.png"),)
    assert found.outcome.kind == "empty"


def test_streamed_deltas_are_one_answer() -> None:
    found = read(
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"index": 0, "delta": {"content": "He"}}]},
        {"choices": [{"index": 0, "delta": {"content": "re"}}]},
        {"choices": [{"index": 0, "delta": {"images": [{"image_url": {"url": DATA_URL}}]}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 4}},
    )
    assert found.parts == (TextPart(text="Here"), PNG)
    assert (found.outcome.kind, found.outcome.reason, found.finish_reason) == ("image", None, "stop")
    assert found.usage == Usage(input_tokens=4)


@pytest.mark.parametrize(
    ("choice", "kind", "reason"),
    [
        ({"finish_reason": "stop"}, "text_only", None),
        ({"finish_reason": "length"}, "truncated", "length"),
        ({"finish_reason": "content_filter"}, "blocked", "content_filter"),
        ({"finish_reason": "stop", "native_finish_reason": "IMAGE_SAFETY"}, "blocked", "IMAGE_SAFETY"),
    ],
)
def test_a_chat_answer_without_a_picture_is_judged_by_its_finish_reason(
    choice: JsonObject, kind: str, reason: str | None
) -> None:
    outcome = read(chat({"content": "I cannot."}, **choice)).outcome
    assert (outcome.kind, outcome.reason) == (kind, reason)


def test_a_refusal_is_text() -> None:
    assert read(chat({"content": None, "refusal": "I will not."})).text == "I will not."


def test_openai_images_are_read() -> None:
    body = {
        "created": 1,
        "data": [{"b64_json": BARE}, {"url": "https://example.com/fox.png"}, {"b64_json": ""}],
        "output_format": "png",
        "usage": {"input_tokens": 4, "output_tokens": 1056, "total_tokens": 1060},
    }
    found = read(body)
    assert found.parts == (PNG, FilePart(uri="https://example.com/fox.png"))
    assert found.empty_images == 1
    assert found.usage == Usage(input_tokens=4, output_tokens=1056, total_tokens=1060)


def test_openai_images_without_any_are_empty() -> None:
    assert read({"created": 1, "data": []}).outcome.kind == "empty"


def test_a_list_of_something_else_is_a_protocol_fault() -> None:
    outcome = read({"object": "list", "data": [{"id": "gemini-3-pro-image"}]}).outcome
    assert (outcome.kind, outcome.message) == ("protocol", "a picture is in no form Limner knows")


def test_imagen_predictions_are_read() -> None:
    body = {
        "predictions": [
            {"mimeType": "image/png", "bytesBase64Encoded": BARE, "prompt": "a red fox in snow"},
            {"contentType": "Positive Prompt", "safetyAttributes": {"categories": ["Violence"], "scores": [0.1]}},
        ]
    }
    found = read(body)
    assert (found.outcome.kind, found.parts) == ("image", (PNG,))


def test_an_imagen_answer_that_was_filtered_is_blocked_with_its_reason() -> None:
    body = {"predictions": [{"raiFilteredReason": "Unable to show generated images. Support codes: 29310472"}]}
    outcome = read(body).outcome
    assert (outcome.kind, outcome.reason, outcome.message) == (
        "blocked",
        "RAI_FILTERED",
        "Unable to show generated images. Support codes: 29310472",
    )


def test_an_imagen_answer_with_fewer_pictures_says_why() -> None:
    body = {"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": BARE}, {"raiFilteredReason": "Filtered."}]}
    outcome = read(body).outcome
    assert outcome.kind == "image"
    assert outcome.message == "The picture arrived, but the provider ended with RAI_FILTERED: Filtered."


def test_an_imagen_picture_in_cloud_storage_is_kept_with_its_address() -> None:
    found = read({"predictions": [{"gcsUri": "gs://bucket/x.png", "mimeType": "image/png"}]})
    assert found.parts == (FilePart(uri="gs://bucket/x.png", mime_type="image/png"),)


def test_an_imagen_answer_without_pictures_is_empty() -> None:
    assert read({"predictions": []}).outcome.kind == "empty"
