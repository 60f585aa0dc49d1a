from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.parts import FilePart, ImagePart, OtherPart, Part, TextPart, Turn
from limner.core.request import GenerateRequest
from limner.core.size import AspectRatio, Resolution
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.request import WireRules, request_from_wire, request_to_wire

FOX = BlobRef(sha256="f0" * 32, size=77)
HAT = BlobRef(sha256="4a" * 32, size=1300)
FOX_DATA = f"blob:{'f0' * 32}?size=77&as=base64"
HAT_DATA = f"blob:{'4a' * 32}?size=1300&as=base64"
URL_SAFE_DATA = f"blob:{'f0' * 32}?size=77&as=base64url&pad=0"


def request(prompt: str = "a red fox", model: str = "m") -> GenerateRequest:
    return GenerateRequest(model=model, prompt=prompt)


def read(body: JsonValue) -> GenerateRequest:
    return request_from_wire(body, model="m")


def with_config(config: JsonObject) -> JsonObject:
    return {"contents": [{"parts": [{"text": "a red fox"}]}], "generationConfig": config}


def test_a_prompt_alone_asks_for_text_and_image() -> None:
    assert request_to_wire(request()) == {
        "contents": [{"role": "user", "parts": [{"text": "a red fox"}]}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]},
    }


def test_every_setting_has_its_place() -> None:
    asked = replace(
        request(),
        aspect_ratio=AspectRatio(16, 9),
        resolution=Resolution.R2K,
        seed=7,
        text=False,
        include_thoughts=True,
        system_instruction="be terse",
    )
    assert request_to_wire(asked) == {
        "contents": [{"role": "user", "parts": [{"text": "a red fox"}]}],
        "systemInstruction": {"parts": [{"text": "be terse"}]},
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
            "seed": 7,
            "thinkingConfig": {"includeThoughts": True},
        },
    }


def test_pictures_follow_the_text_in_their_order() -> None:
    asked = replace(
        request("merge"),
        images=(
            ImagePart(blob=HAT, mime_type="image/jpeg"),
            FilePart(uri="https://example.com/files/abc-123", mime_type="image/png"),
            ImagePart(blob=FOX, mime_type="image/png"),
        ),
    )
    assert request_to_wire(asked)["contents"][0]["parts"] == [
        {"text": "merge"},
        {"inlineData": {"mimeType": "image/jpeg", "data": HAT_DATA}},
        {"fileData": {"fileUri": "https://example.com/files/abc-123", "mimeType": "image/png"}},
        {"inlineData": {"mimeType": "image/png", "data": FOX_DATA}},
    ]


def test_history_keeps_each_signature_on_its_part() -> None:
    asked = replace(
        request("add a hat"),
        history=(
            Turn(role="user", parts=(TextPart(text="a fox"),)),
            Turn(
                role="model",
                parts=(
                    TextPart(text="Here you are.", signature="c2lnLTA="),
                    ImagePart(blob=FOX, mime_type="image/png", signature="c2lnLTE="),
                    TextPart(text="", signature="blob:=odd"),
                ),
            ),
        ),
    )
    assert request_to_wire(asked)["contents"] == [
        {"role": "user", "parts": [{"text": "a fox"}]},
        {
            "role": "model",
            "parts": [
                {"text": "Here you are.", "thoughtSignature": "c2lnLTA="},
                {"inlineData": {"mimeType": "image/png", "data": FOX_DATA}, "thoughtSignature": "c2lnLTE="},
                {"text": "", "thoughtSignature": "blob:=odd"},
            ],
        },
        {"role": "user", "parts": [{"text": "add a hat"}]},
    ]


def test_a_prompt_cannot_forge_a_picture() -> None:
    assert request_to_wire(request(FOX_DATA))["contents"][0]["parts"] == [{"text": "blob:=" + FOX_DATA}]


def test_rules_leave_out_what_the_model_does_not_take() -> None:
    asked = replace(
        request(),
        aspect_ratio=AspectRatio(1, 1),
        resolution=Resolution.R1K,
        seed=1,
        text=False,
        include_thoughts=True,
    )
    old = WireRules(
        image_only_allowed=False,
        send_aspect_ratio=False,
        send_image_size=False,
        send_seed=False,
        send_include_thoughts=False,
    )
    assert request_to_wire(asked, rules=old)["generationConfig"] == {"responseModalities": ["TEXT", "IMAGE"]}
    assert "generationConfig" not in request_to_wire(request(), rules=WireRules(must_send_modalities=False))


def test_a_model_that_draws_without_text_is_told_so_even_if_modalities_are_optional() -> None:
    asked = replace(request(), text=False)
    body = request_to_wire(asked, rules=WireRules(must_send_modalities=False))
    assert body["generationConfig"] == {"responseModalities": ["IMAGE"]}


# What the official SDKs send, written down from recordings of google-genai 3.3.0 and @google/genai 3.1.0.

PLAIN = {"contents": [{"parts": [{"text": "a red fox"}], "role": "user"}]}
PYTHON_CONFIG = {
    "contents": [{"parts": [{"text": "a red fox"}], "role": "user"}],
    "systemInstruction": {"parts": [{"text": "be terse"}], "role": "user"},
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}],
    "tools": [{"googleSearch": {}}],
    "generationConfig": {
        "temperature": 0.7,
        "topP": 0.9,
        "topK": 32.0,
        "candidateCount": 1,
        "maxOutputTokens": 4096,
        "stopSequences": ["END"],
        "seed": 7,
        "responseModalities": ["IMAGE"],
        "mediaResolution": "MEDIA_RESOLUTION_HIGH",
        "thinkingConfig": {"include_thoughts": True, "thinking_level": "HIGH"},
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
    },
}
JS_CONFIG = {
    "contents": [{"parts": [{"text": "a red fox"}], "role": "user"}],
    "systemInstruction": {"parts": [{"text": "be terse"}], "role": "user"},
    "tools": [{"googleSearch": {}}],
    "generationConfig": {
        "temperature": 0.7,
        "topK": 32,
        "seed": 7,
        "responseModalities": ["IMAGE"],
        "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True},
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
    },
}
CONFIGURED = replace(
    request(),
    aspect_ratio=AspectRatio(16, 9),
    resolution=Resolution.R2K,
    seed=7,
    text=False,
    include_thoughts=True,
    system_instruction="be terse",
    temperature=0.7,
)


@pytest.mark.parametrize(
    ("body", "expected"), [(PLAIN, request()), (PYTHON_CONFIG, CONFIGURED), (JS_CONFIG, CONFIGURED)]
)
def test_what_the_sdks_send_for_text_to_image_is_read(body: JsonObject, expected: GenerateRequest) -> None:
    assert read(body) == expected


@pytest.mark.parametrize(
    "inline",
    [
        {"inlineData": {"data": FOX_DATA, "mime_type": "image/png"}},
        {"inlineData": {"mimeType": "image/png", "data": FOX_DATA}},
        {"inlineData": {"data": URL_SAFE_DATA, "mime_type": "image/png"}},
        {"inline_data": {"mime_type": "image/png", "data": FOX_DATA}},
        {"inline_data": {"mimeType": "image/png", "data": FOX_DATA}},
    ],
)
def test_what_the_sdks_send_for_an_edit_is_read(inline: JsonObject) -> None:
    body = {
        "contents": [{"parts": [{"text": "make it blue"}, inline], "role": "user"}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]},
    }
    expected = replace(request("make it blue"), images=(ImagePart(blob=FOX, mime_type="image/png"),))
    assert read(body) == expected


def test_pictures_before_the_text_keep_their_order() -> None:
    body = {
        "contents": [
            {
                "parts": [
                    {"inlineData": {"data": URL_SAFE_DATA, "mime_type": "image/jpeg"}},
                    {"fileData": {"file_uri": "https://example.com/files/abc-123", "mime_type": "image/png"}},
                    {"text": "merge"},
                ],
                "role": "user",
            }
        ]
    }
    asked = replace(
        request("merge"),
        images=(
            ImagePart(blob=FOX, mime_type="image/jpeg"),
            FilePart(uri="https://example.com/files/abc-123", mime_type="image/png"),
        ),
        images_first=True,
    )
    assert read(body) == asked
    kinds = [next(iter(part)) for part in request_to_wire(asked)["contents"][-1]["parts"]]
    assert kinds == ["inlineData", "fileData", "text"]


def test_the_second_turn_of_an_sdk_chat_brings_its_history_with_signatures() -> None:
    body = {
        "contents": [
            {"parts": [{"text": "a fox"}], "role": "user"},
            {
                "parts": [
                    {"text": "Here you are."},
                    {"inlineData": {"data": FOX_DATA, "mime_type": "image/png"}, "thoughtSignature": "c2lnLTE="},
                ],
                "role": "model",
            },
            {"parts": [{"text": "add a hat"}], "role": "user"},
        ],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]},
    }
    assert read(body) == replace(
        request("add a hat"),
        history=(
            Turn(role="user", parts=(TextPart(text="a fox"),)),
            Turn(
                role="model",
                parts=(
                    TextPart(text="Here you are."),
                    ImagePart(blob=FOX, mime_type="image/png", signature="c2lnLTE="),
                ),
            ),
        ),
    )


def test_vertex_fields_are_known_on_vertex_only() -> None:
    body = with_config(
        {
            "imageConfig": {
                "aspectRatio": "1:1",
                "personGeneration": "ALLOW_ALL",
                "imageOutputOptions": {"mimeType": "image/jpeg", "compressionQuality": 80},
            }
        }
    )
    assert request_from_wire(body, model="m", vertex=True).aspect_ratio == AspectRatio(1, 1)
    with pytest.raises(WireError, match=r"Unknown name \"personGeneration\" at 'generation_config\.image_config'"):
        read(body)


def test_snake_case_and_mixtures_are_read_at_every_level() -> None:
    body = {
        "contents": [{"parts": [{"text": "a red fox"}]}],
        "system_instruction": {"parts": {"text": "be terse"}},
        "generation_config": {
            "response_modalities": ["Image"],
            "imageConfig": {"aspect_ratio": "16:9", "image_size": "2K"},
            "thinking_config": {"includeThoughts": "true"},
            "seed": "7",
            "temperature": "0.7",
        },
    }
    assert read(body) == CONFIGURED


def test_a_single_object_stands_for_a_list_as_in_googles_samples() -> None:
    assert read({"contents": {"parts": {"text": "a red fox"}}}) == request()


def test_a_role_left_out_is_the_user() -> None:
    assert read({"contents": [{"parts": [{"text": "a red fox"}]}]}) == request()


def test_two_user_turns_make_the_first_one_history() -> None:
    body = {"contents": [{"parts": [{"text": "look"}]}, {"parts": [{"text": "a red fox"}]}]}
    assert read(body) == replace(request(), history=(Turn(role="user", parts=(TextPart(text="look"),)),))


def test_several_texts_of_the_last_turn_are_lines_of_the_prompt() -> None:
    assert read({"contents": [{"parts": [{"text": "a red fox"}, {"text": "in snow"}]}]}).prompt == "a red fox\nin snow"


@pytest.mark.parametrize(
    "config",
    [
        {"responseFormat": {"image": {"aspectRatio": "16:9", "imageSize": "2K"}}},
        {"responseFormat": [{"image": {"aspectRatio": "16:9", "imageSize": "2K", "delivery": "INLINE"}}]},
        {
            "response_format": {
                "image": {"aspect_ratio": "ASPECT_RATIO_SIXTEEN_BY_NINE", "image_size": "IMAGE_SIZE_TWO_K"}
            }
        },
        {
            "imageConfig": {"aspectRatio": "16:9"},
            "responseFormat": {"image": {"aspectRatio": "16:9", "imageSize": "2K"}},
        },
    ],
)
def test_the_newer_response_format_is_read_in_all_its_forms(config: JsonObject) -> None:
    found = read(with_config(config))
    assert (found.aspect_ratio, found.resolution) == (AspectRatio(16, 9), Resolution.R2K)


@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("ASPECT_RATIO_ONE_BY_ONE", "1:1"),
        ("ASPECT_RATIO_TWO_BY_THREE", "2:3"),
        ("ASPECT_RATIO_FIVE_BY_FOUR", "5:4"),
        ("ASPECT_RATIO_TWENTY_ONE_BY_NINE", "21:9"),
        ("ASPECT_RATIO_ONE_BY_EIGHT", "1:8"),
    ],
)
def test_vertex_names_of_ratios_are_read(name: str, ratio: str) -> None:
    found = read(with_config({"responseFormat": {"image": {"aspectRatio": name}}}))
    assert str(found.aspect_ratio) == ratio


@pytest.mark.parametrize(
    ("modalities", "text"),
    [(["TEXT", "IMAGE"], True), (["IMAGE", "TEXT"], True), (["Image"], False), ([2], False), ([1, "image"], True)],
)
def test_modalities_are_names_in_any_case_or_numbers(modalities: list[JsonValue], text: bool) -> None:
    assert read(with_config({"responseModalities": modalities})).text is text


def test_a_model_in_the_body_is_ignored() -> None:
    assert read({**PLAIN, "model": "models/other"}).model == "m"


def test_a_long_text_in_the_history_is_passed_on_untouched() -> None:
    long = {"text": f"blob:{'ab' * 32}?size=70000&as=text"}
    body = {"contents": [{"role": "user", "parts": [long]}, {"parts": [{"text": "a red fox"}]}]}
    found = read(body)
    assert found.history == (Turn(role="user", parts=(OtherPart(document=long),)),)
    assert request_to_wire(found)["contents"][0]["parts"] == [long]


SIGNATURES = st.none() | st.text(max_size=12)
BLOBS = st.builds(BlobRef, sha256=st.sampled_from(["ab" * 32, "cd" * 32]), size=st.integers(1, 10**9))
IMAGES = st.builds(
    ImagePart, blob=BLOBS, mime_type=st.sampled_from(["", "image/png"]), thought=st.booleans(), signature=SIGNATURES
)
FILES = st.builds(FilePart, uri=st.text(min_size=1), mime_type=st.text(max_size=4), signature=SIGNATURES)
WORDS = st.text(max_size=20) | st.sampled_from(["blob:", "blob:=x", FOX_DATA, "data:image/png;base64,AAAA"])
PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(TextPart, text=WORDS, thought=st.booleans(), signature=SIGNATURES),
    IMAGES,
    FILES,
    st.builds(OtherPart, document=st.just({"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"})),
)
TURNS = st.builds(
    Turn, role=st.sampled_from(["user", "model"]), parts=st.lists(PARTS, min_size=1, max_size=3).map(tuple)
)
REQUESTS = st.builds(
    GenerateRequest,
    model=st.just("m"),
    prompt=WORDS,
    images=st.lists(IMAGES | FILES, max_size=3).map(tuple),
    history=st.lists(TURNS, max_size=3).map(tuple),
    aspect_ratio=st.none() | st.builds(AspectRatio, st.integers(1, 99999), st.integers(1, 99999)),
    resolution=st.none() | st.sampled_from(Resolution),
    seed=st.none() | st.integers(0, 2**31 - 1),
    text=st.booleans(),
    include_thoughts=st.booleans(),
    temperature=st.none() | st.floats(0, 2),
    system_instruction=st.none() | WORDS,
)


@given(REQUESTS)
@settings(max_examples=200, deadline=None)
def test_a_request_survives_the_round_trip(asked: GenerateRequest) -> None:
    assert request_from_wire(request_to_wire(asked), model="m") == asked


def test_a_picture_of_unknown_type_names_none() -> None:
    asked = replace(request("merge"), images=(ImagePart(blob=FOX), FilePart(uri="gs://bucket/x.png")))
    assert request_to_wire(asked)["contents"][0]["parts"][1:] == [
        {"inlineData": {"data": FOX_DATA}},
        {"fileData": {"fileUri": "gs://bucket/x.png"}},
    ]
