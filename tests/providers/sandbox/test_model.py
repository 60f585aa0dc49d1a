"""The sandbox as a model: documents in, documents out, as strict as Google and always the same picture."""

from __future__ import annotations

import itertools
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from limner._json import JsonValue
from limner.catalog import catalog
from limner.core.size import AspectRatio, Resolution, Size
from providers.sandbox.asking import PLAIN, PNG, Desk, ask, blob_in, conversation, opened, parts_of, photograph

SANDBOX = catalog.load().get("sandbox-1").capabilities
QUICK = "sandbox-1-fast"
ON_WHITE = "a minimalist logo of a star on a white background"
"""Draws fast at any size."""


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_answer_is_the_document_google_sends(desk: Desk) -> None:
    document = desk.document("a red skateboard", size="512")
    text, picture = parts_of(document)
    assert document == {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": text["text"], "thoughtSignature": text["thoughtSignature"]},
                        {
                            "inlineData": {"mimeType": "image/png", "data": picture["inlineData"]["data"]},
                            "thoughtSignature": picture["thoughtSignature"],
                        },
                    ],
                    "role": "model",
                },
                "index": 0,
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": document["usageMetadata"],
        "modelVersion": "sandbox-1",
        "responseId": document["responseId"],
    }


def test_the_text_is_a_report_of_what_was_understood(desk: Desk) -> None:
    text, _ = parts_of(desk.document("a red skateboard on a beach", size="512"))
    assert "skateboard" in text["text"]
    assert "beach" in text["text"]


def test_without_text_the_picture_comes_alone_and_is_signed(desk: Desk) -> None:
    (part,) = parts_of(desk.document(PLAIN, size="512", responseModalities=["IMAGE"]))
    assert list(part) == ["inlineData", "thoughtSignature"]


def test_two_answers_to_one_request_have_the_same_picture_and_different_names(desk: Desk) -> None:
    first, second = desk.document("a red fox", size="512"), Desk().document("a red fox", size="512")
    assert parts_of(first) == parts_of(second)
    assert first["responseId"] != second["responseId"]


def test_another_seed_gives_another_picture(desk: Desk) -> None:
    pictures = [parts_of(desk.document("a red fox", size="512", seed=seed))[1] for seed in (1, 2)]
    assert blob_in(pictures[0]["inlineData"]["data"]) != blob_in(pictures[1]["inlineData"]["data"])


def test_the_picture_does_not_depend_on_pythons_hash_seed() -> None:
    program = (
        "from providers.sandbox.asking import Desk\n"
        "print(Desk().document('a red fox', size='512')['candidates'][0]['content']['parts'])\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "tests"},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert "inlineData" in printed.pop()


def test_usage_counts_text_and_pictures_of_both_sides(desk: Desk) -> None:
    body = conversation(("user", [{"text": "make it night"}, desk.picture(photograph())]))
    usage = desk.answer(body).usage
    assert usage is not None
    assert (usage.input_tokens, usage.input_image_tokens) == (4 + 1120, 1120)
    assert usage.output_image_tokens == 747
    assert usage.thought_tokens == 96
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens + usage.thought_tokens


@pytest.mark.parametrize("wrapped", [False, True])
def test_tokens_are_counted_without_drawing(desk: Desk, wrapped: bool) -> None:
    contents = ask("a red fox in the snow")["contents"]
    body = {"generateContentRequest": {"model": "models/sandbox-1", "contents": contents}}
    reply = desk.respond(body if wrapped else {"contents": contents}, method="countTokens")
    assert reply.documents == ({"totalTokens": 6, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 6}]},)


def test_settings_are_no_field_of_a_count_of_tokens_but_on_vertex(desk: Desk) -> None:
    body = {**ask("a fox"), "systemInstruction": {"parts": [{"text": "Draw."}]}}
    (document,) = desk.respond(body, method="countTokens").documents
    assert 'Unknown name "systemInstruction": Cannot find field.' in document["error"]["message"]
    assert desk.respond(body, method="countTokens", service="vertex").status == 200


def test_a_language_model_that_nobody_lists_answers_with_words_unless_a_picture_is_asked_for() -> None:
    desk = Desk(revived=("gemini-9-flash",))
    assert desk.read(desk.reply(ON_WHITE, model="gemini-9-flash")).images == ()
    asked = desk.reply(ON_WHITE, model="gemini-9-flash", responseModalities=["TEXT", "IMAGE"])
    assert len(desk.read(asked).images) == 1


def test_nothing_is_cached_that_a_request_could_name(desk: Desk) -> None:
    reply = desk.respond({**ask("a fox"), "cachedContent": "cachedContents/1"})
    assert reply.status == 403
    assert desk.respond({**ask("a fox"), "cachedContent": "files/1"}).status == 400


def test_logprobs_are_refused_by_name(desk: Desk) -> None:
    body = {**ask("a fox"), "generationConfig": {"responseLogprobs": True}}
    (document,) = desk.respond(body).documents
    assert document["error"]["message"] == "Logprobs is not enabled for models/sandbox-1"


def test_a_stream_sends_words_then_the_picture_then_the_end(desk: Desk) -> None:
    reply = desk.respond(ask(PLAIN, size="512"), model=QUICK, method="streamGenerateContent")
    kinds = [list(part) for event in reply.documents for part in event["candidates"][0]["content"].get("parts", [{}])]
    assert [kind for kind, _ in itertools.groupby(kinds)] == [["text"], ["inlineData"], ["text"]]
    reasons = [event["candidates"][0].get("finishReason") for event in reply.documents]
    assert reasons == [*[None] * (len(reasons) - 1), "STOP"]
    assert reply.framing == "sse"


def test_an_error_before_a_stream_is_bare_json_under_the_streams_type(desk: Desk) -> None:
    reply = desk.respond({}, method="streamGenerateContent")
    assert (reply.status, reply.headers["content-type"]) == (400, "text/event-stream")
    assert b"".join(reply.body()).startswith(b'{"error":')


def test_thoughts_come_only_when_asked_for(desk: Desk) -> None:
    asked = parts_of(desk.document(PLAIN, size="512", thinkingConfig={"includeThoughts": True}))
    assert [part.get("thought", False) for part in asked] == [True, True, False, False]
    assert not any("thoughtSignature" in part for part in asked[:2])


def test_no_header_and_no_document_pretends_to_be_a_real_model(desk: Desk) -> None:
    mapped = Desk(stands_in_for=("gemini-2.5-flash-image",))
    reply = mapped.reply(PLAIN, model="gemini-2.5-flash-image")
    assert reply.documents[0]["modelVersion"] == "sandbox-1"
    assert reply.headers["x-limner-sandbox"] == "sandbox-1"


@pytest.mark.parametrize("ratio", [str(ratio) for ratio in SANDBOX.ratios or ()])
@pytest.mark.parametrize("size", ["512", "1K"])
def test_every_ratio_has_exactly_its_documented_size(desk: Desk, ratio: str, size: str) -> None:
    (picture,) = desk.read(desk.reply(ON_WHITE, ratio=ratio, size=size)).images
    expected = SANDBOX.expected_size(AspectRatio.parse(ratio), Resolution(size))
    assert desk.measured(picture).size == expected
    assert desk.measured(picture).complete


@pytest.mark.parametrize(
    ("ratio", "size", "expected"),
    [
        ("1:1", "512", Size(512, 512)),
        ("16:9", "1K", Size(1376, 768)),
        ("1:8", "512", Size(192, 1536)),
        ("21:9", "2K", Size(3168, 1344)),
        ("3:2", "4K", Size(5056, 3392)),
    ],
)
def test_some_sizes_written_out(desk: Desk, ratio: str, size: str, expected: Size) -> None:
    (picture,) = desk.read(desk.reply(ON_WHITE, ratio=ratio, size=size)).images
    assert desk.measured(picture).size == expected


def test_the_quick_model_draws_small_and_enlarges(desk: Desk) -> None:
    (picture,) = desk.read(desk.reply("a forest", model=QUICK)).images
    image = opened(desk.bytes_of(picture)).crop((0, 0, 800, 900))
    again = image.resize((400, 450), Image.Resampling.LANCZOS).resize((800, 900), Image.Resampling.LANCZOS)
    gaps = [abs(a - b) for a, b in zip(image.convert("L").tobytes(), again.convert("L").tobytes(), strict=True)]
    assert sum(gaps) / len(gaps) < 1.0


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red fox", Size(512, 512)),
        ('a poster with the text "Summerland"', Size(448, 600)),
        ("一张中国风的海报", Size(448, 600)),
        ("a widescreen shot of a desert", Size(688, 384)),
        ("a panorama of the alps", Size(792, 336)),
        ("a castle, 3:2", Size(632, 424)),
        ("a clock that shows 10:30", Size(512, 512)),
        ("Times Square at night, phone wallpaper", Size(384, 688)),
        ("a cat in portrait orientation", Size(448, 600)),
    ],
)
def test_without_a_ratio_the_prompt_suggests_the_shape(desk: Desk, prompt: str, expected: Size) -> None:
    (picture,) = desk.read(desk.reply(prompt, model=QUICK, size="512")).images
    assert desk.measured(picture).size == expected


def test_without_a_ratio_an_edit_follows_the_last_input_picture(desk: Desk) -> None:
    body = conversation(
        ("user", [{"text": "make it night"}, desk.picture(photograph(100, 100)), desk.picture(photograph(320, 180))])
    )
    (picture,) = desk.answer(body).images
    assert desk.measured(picture).size == Size(688, 384)


def test_an_instruction_can_name_another_shape(desk: Desk) -> None:
    body = conversation(("user", [{"text": "extend it to 16:9"}, desk.picture(photograph(100, 100))]))
    (picture,) = desk.answer(body).images
    assert desk.measured(picture).size == Size(688, 384)


@pytest.mark.parametrize(
    ("model", "mime_type", "size", "signed"),
    [
        ("gemini-2.5-flash-image", "image/png", Size(1344, 768), False),
        ("gemini-3-pro-image", "image/jpeg", Size(1376, 768), True),
        ("gemini-nano-banana-2.1", "image/jpeg", Size(1376, 768), True),
        ("a-model-of-a-relay", "image/png", Size(1376, 768), False),
    ],
)
def test_a_mapped_model_keeps_its_own_rules(model: str, mime_type: str, size: Size, signed: bool) -> None:
    desk = Desk(stands_in_for=(model,))
    (picture,) = desk.read(desk.reply(ON_WHITE, model=model, ratio="16:9")).images
    measured = desk.measured(picture)
    assert (picture.mime_type, measured.mime_type, measured.size) == (mime_type, mime_type, size)
    assert (picture.signature is not None) is signed


def test_words_alone_come_where_only_words_are_asked_for(desk: Desk) -> None:
    document = desk.document("a red fox in snow", responseModalities=["TEXT"])
    (part,) = document["candidates"][0]["content"]["parts"]
    assert part["text"].startswith("This is about a red fox in snow. Picture it ")


def test_on_vertex_the_type_and_quality_of_the_file_can_be_chosen(desk: Desk) -> None:
    options = [{"mimeType": "image/jpeg", "compressionQuality": quality} for quality in (95, 20)]
    sizes = []
    for option in options:
        body = ask("a lake at sunset", size="512")
        body["generationConfig"]["imageConfig"]["imageOutputOptions"] = option
        (picture,) = desk.read(desk.respond(body, service="vertex")).images
        assert desk.measured(picture).mime_type == "image/jpeg"
        sizes.append(picture.blob.size)
    assert sizes[0] > 3 * sizes[1]


def test_a_name_is_revived_whatever_became_of_its_model() -> None:
    desk = Desk(revived=("gemini-2.5-flash-image-preview", "models/an-app-hard-codes-this"))
    for name in ("gemini-2.5-flash-image-preview", "an-app-hard-codes-this"):
        assert desk.reply("a fox [[text-only]]", model=name).documents[0]["modelVersion"] == "sandbox-1"


def test_a_jpeg_comes_where_the_request_asks_for_it(desk: Desk) -> None:
    reply = desk.reply(ON_WHITE, responseFormat={"image": {"mimeType": "IMAGE_JPEG", "imageSize": "512"}})
    (picture,) = desk.read(reply).images
    assert desk.measured(picture).mime_type == "image/jpeg"


@pytest.mark.parametrize("mime_type", ["IMAGE_PNG", "IMAGE_JPEG"])
def test_the_file_says_that_the_sandbox_made_it(desk: Desk, mime_type: str) -> None:
    reply = desk.reply(ON_WHITE, responseFormat=[{"image": {"mimeType": mime_type, "imageSize": "512"}}])
    (picture,) = desk.read(reply).images
    image = opened(desk.bytes_of(picture))
    software = image.info["Software"] if mime_type == "IMAGE_PNG" else image.getexif()[0x0131]
    assert software == "limner sandbox-1"


def test_the_mark_stays_opaque_where_the_background_was_removed(desk: Desk) -> None:
    body = conversation(("user", [{"text": "remove the background"}, desk.picture(photograph())]))
    (picture,) = desk.answer(body).images
    image = opened(desk.bytes_of(picture))
    assert image.mode == "RGBA"
    alpha = image.getchannel("A")
    corner = alpha.crop((image.width - 60, image.height - 14, image.width, image.height))
    assert alpha.getextrema()[0] == 0
    assert max(corner.tobytes()) == 255


NAMES = st.sampled_from(
    (
        *("contents", "parts", "text", "inlineData", "inline_data", "data", "mimeType", "role", "thought", "fileData"),
        *(
            "generationConfig",
            "imageConfig",
            "aspectRatio",
            "imageSize",
            "seed",
            "responseModalities",
            "candidateCount",
        ),
        *("thinkingConfig", "includeThoughts", "systemInstruction", "thoughtSignature", "tools", "safetySettings"),
    )
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(("user", "model", "1:1", "512", "IMAGE", "blob:=x", PNG, "[[503]]", "[[x]]"))
)
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=8), inner, max_size=5),
    max_leaves=25,
)


def assert_well_formed(desk: Desk, body: JsonValue, model: str = QUICK) -> None:
    reply = desk.respond(body, model=model)
    assert b"".join(reply.body())
    if reply.status == 200:
        return
    error = reply.documents[0]["error"]
    assert error["code"] == reply.status
    assert error["status"] in ("INVALID_ARGUMENT", "NOT_FOUND", "UNAVAILABLE")
    assert error["message"]


@given(
    body=BODIES | st.fixed_dictionaries({"contents": st.lists(st.fixed_dictionaries({"parts": BODIES}), max_size=3)})
)
@settings(max_examples=150, deadline=None)
def test_any_json_is_answered_or_refused_in_good_form(body: JsonValue) -> None:
    assert_well_formed(Desk(), body)


@given(
    prompt=st.text(max_size=60),
    picture=st.sampled_from((None, photograph(40, 30), photograph()[:200], b"GIF89a")),
    ratio=st.sampled_from((None, "1:1", "8:1", "0:1", "16:9")),
    seed=st.integers(-5, 2**31) | st.just("7"),
    turns=st.integers(0, 2),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_request_is_answered_or_refused_in_good_form(
    prompt: str, picture: bytes | None, ratio: str | None, seed: JsonValue, turns: int
) -> None:
    desk = Desk()
    parts: list[JsonValue] = [{"text": prompt}] + ([desk.picture(picture)] if picture is not None else [])
    earlier = [("user", parts), ("model", [{"text": prompt}])] * turns
    body = conversation(*earlier, ("user", parts))
    config = body["generationConfig"]
    config["seed"] = seed
    if ratio is not None:
        config["imageConfig"]["aspectRatio"] = ratio
    assert_well_formed(desk, body)
