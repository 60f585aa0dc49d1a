import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.core.request import GenerateRequest
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.request import request_from_wire
from limner.wire.gemini.schema import MESSAGES

FOX = f"blob:{'f0' * 32}?size=77&as=base64"
TEXT = {"parts": [{"text": "a red fox"}]}


def refusal(body: JsonValue, **options: bool) -> WireError:
    with pytest.raises(WireError) as caught:
        request_from_wire(body, model="m", **options)
    return caught.value


def config(**fields: JsonValue) -> JsonObject:
    return {"contents": [TEXT], "generationConfig": fields}


def parts(*given: JsonValue) -> JsonObject:
    return {"contents": [{"role": "user", "parts": list(given)}]}


def paths(error: WireError) -> list[str]:
    return [violation.field for violation in error.violations]


def test_an_unknown_field_is_refused_in_googles_words() -> None:
    error = refusal({"contents": [TEXT], "generationConfig": {"x": 1}})
    assert error.message == (
        "Invalid JSON payload received. Unknown name \"x\" at 'generation_config': Cannot find field."
    )
    assert error.code == "invalid.wire"
    assert paths(error) == ["generation_config"]


def test_an_unknown_field_at_the_top_names_no_place() -> None:
    error = refusal({"contents": [TEXT], "x_extra": 1})
    assert error.message == 'Invalid JSON payload received. Unknown name "x_extra": Cannot find field.'


def test_an_unknown_field_names_the_nearest_known_ones() -> None:
    assert refusal(config(imageConfig={"aspectRatoi": "1:1"})).hint == "Did you mean 'aspectRatio'?"


def test_a_setting_in_the_wrong_place_is_told_where_it_belongs() -> None:
    assert refusal(config(aspectRatio="1:1")).hint == "'aspectRatio' belongs in 'generationConfig.imageConfig'."
    beside = {"contents": [TEXT], "thinkingConfig": {"includeThoughts": True}}
    assert refusal(beside).hint == "'thinkingConfig' belongs in 'generationConfig'."


def test_a_vertex_field_is_named_as_such() -> None:
    error = refusal(config(imageConfig={"imageOutputOptions": {"mimeType": "image/png"}}))
    assert error.hint == "'imageOutputOptions' exists on Vertex AI only."


def test_unknown_fields_are_ignored_when_not_strict() -> None:
    found = request_from_wire({"contents": [TEXT], "x_extra": 1}, model="m", strict=False)
    assert found == GenerateRequest(model="m", prompt="a red fox")


def test_all_violations_are_collected() -> None:
    error = refusal({"contents": [TEXT], "a": 1, "generationConfig": {"b": 1, "temperature": "hot"}})
    assert paths(error) == ["", "generation_config", "generation_config.temperature"]


def test_a_flood_of_violations_is_cut() -> None:
    assert len(refusal({f"x{number}": 1 for number in range(1000)}).violations) == 20


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (5, "", "Root element must be a message"),
        ([], "", "Root element must be a message"),
        ({}, "contents", "contents is not specified"),
        ({"contents": []}, "contents", "contents is not specified"),
        ({"contents": "a fox"}, "contents", "'contents' (type.googleapis.com/"),
        ({"contents": ["a fox"]}, "contents[0]", 'v1beta.Content), "a fox"'),
        ({"contents": [{"role": "user"}]}, "contents[0].parts", "must not be empty"),
        ({"contents": [{"role": "bot", **TEXT}]}, "contents[0].role", "valid role: user, model"),
        ({"contents": [{"role": "model", **TEXT}]}, "contents[0]", "end with a user turn"),
        (parts({}), "contents[0].parts[0].data", "required oneof field 'data'"),
        (parts({"thought": True}), "contents[0].parts[0].data", "required oneof field 'data'"),
        (parts({"text": 5}), "contents[0].parts[0].text", "(TYPE_STRING), 5"),
        (
            parts({"text": "a", "inlineData": {"data": FOX}}),
            "contents[0].parts[0]",
            "oneof field 'data' is already set",
        ),
        (parts({"functionResponse": {"name": "f"}}), "contents[0].parts[0]", "an image model takes nothing else"),
        (parts({"text": f"blob:{'a' * 64}?size=70000&as=text"}), "contents[0].parts[0]", "text of up to 64 KiB"),
        (parts({"inlineData": "AAAA"}), "contents[0].parts[0].inline_data", 'v1beta.Blob), "AAAA"'),
        (parts({"inlineData": {"data": ""}}), "contents[0].parts[0].inline_data.data", "must not be empty"),
        (parts({"inlineData": {"mimeType": "a/b"}}), "contents[0].parts[0].inline_data.data", "must not be empty"),
        (parts({"inline_data": {"data": 5}}), "contents[0].parts[0].inline_data.data", "(TYPE_BYTES), 5"),
        (config(seed="abc"), "generation_config.seed", '(TYPE_INT32), "abc"'),
        (config(seed=1.5), "generation_config.seed", "(TYPE_INT32), 1.5"),
        (config(seed=2**31), "generation_config.seed", "(TYPE_INT32)"),
        (config(seed=-1), "generation_config.seed", "seed must be 0 to 2147483647, not -1"),
        (config(seed=True), "generation_config.seed", "(TYPE_INT32), true"),
        (config(temperature=[1]), "generation_config", "Unknown name \"temperature\" at 'generation_config': Proto"),
        (config(stopSequences=["a", 5]), "generation_config.stop_sequences[1]", "(TYPE_STRING), 5"),
        (config(stopSequences=list("abcdef")), "generation_config.stop_sequences", "At most 5 stop sequences, not 6"),
        (config(candidateCount=2), "generation_config.candidate_count", "Multiple candidates is not enabled"),
        (config(candidateCount=0), "generation_config.candidate_count", "candidate_count must be positive, not 0"),
        (config(maxOutputTokens=0), "generation_config.max_output_tokens", "max_output_tokens must be positive"),
        (config(logprobs=0), "generation_config.logprobs", "must be set only if response_logprobs is true"),
        ({**config(), "cachedContent": "batches/1"}, "cached_content", "Invalid CachedContent name: 'batches/1'."),
        (config(imageConfig="1:1"), "generation_config.image_config", "v1beta.ImageConfig"),
        (config(imageConfig={"aspectRatio": "wide"}), "generation_config.image_config.aspect_ratio", "such as 16:9"),
        (config(imageConfig={"aspectRatio": "16x9"}), "generation_config.image_config.aspect_ratio", "such as 16:9"),
        (config(imageConfig={"aspectRatio": "0:9"}), "generation_config.image_config.aspect_ratio", "such as 16:9"),
        (config(imageConfig={"imageSize": "1k"}), "generation_config.image_config.image_size", "512, 1K, 2K, 4K"),
        (config(imageConfig={"imageSize": 512}), "generation_config.image_config.image_size", "(TYPE_STRING), 512"),
        (config(responseModalities=["PAINT"]), "generation_config.response_modalities[0]", '), "PAINT"'),
        (config(responseModalities=["AUDIO"]), "generation_config.response_modalities", "modalities (AUDIO)"),
        (config(responseModalities=["IMAGE", "AUDIO"]), "generation_config.response_modalities", "(IMAGE, AUDIO)"),
        (
            config(thinkingConfig={"thinkingBudget": 1, "thinkingLevel": "HIGH"}),
            "generation_config.thinking_config",
            "thinking budget and thinking level",
        ),
        (config(thinkingConfig={"thinkingLevel": "VAST"}), "generation_config.thinking_config.thinking_level", "VAST"),
        (
            {"contents": [TEXT], "systemInstruction": "be terse"},
            "system_instruction",
            'v1beta.Content), "be terse"',
        ),
        (
            {"contents": [TEXT], "systemInstruction": {"parts": [{"inlineData": {"data": FOX}}]}},
            "system_instruction.parts[0]",
            "takes text",
        ),
        (
            {"contents": [TEXT], "safetySettings": [{"category": "HARM_CATEGORY_RUDE"}]},
            "safety_settings[0].category",
            "HARM_CATEGORY_RUDE",
        ),
    ],
)
def test_a_wrong_request_is_refused_with_its_path(body: JsonValue, field: str, words: str) -> None:
    error = refusal(body)
    assert paths(error) == [field]
    assert words in error.message


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (f"blob:{'a' * 64}?size=9&as=base64&prefix=data%3Aimage%2Fpng%3Bbase64%2C", '"data:image/png;base64,"'),
        ("data:image/png;base64,@", '"data:image/png;base64,@"'),
    ],
)
def test_a_data_url_for_base64_is_refused_with_advice(data: str, shown: str) -> None:
    error = refusal(parts({"inlineData": {"mimeType": "image/png", "data": data}}))
    assert error.message.endswith(f"(TYPE_BYTES), Base64 decoding failed for {shown}")
    assert error.hint == "Send the base64 alone, without the 'data:' prefix."


def test_what_is_no_base64_is_shown_shortened() -> None:
    error = refusal(parts({"inlineData": {"data": "@" * 500}}))
    assert error.message.endswith(f'Base64 decoding failed for "{"@" * 80}..."')


def test_two_places_that_contradict_each_other_are_refused() -> None:
    error = refusal(config(imageConfig={"aspectRatio": "1:1"}, responseFormat={"image": {"aspectRatio": "16:9"}}))
    assert error.message == (
        "generation_config.response_format.image.aspect_ratio is '16:9', "
        "but generation_config.image_config.aspect_ratio is '1:1'; send one of them."
    )


def test_null_counts_as_left_out() -> None:
    body = {
        "contents": [{"role": None, "parts": [{"text": "a red fox", "inlineData": None}]}],
        "generationConfig": None,
    }
    assert request_from_wire(body, model="m") == GenerateRequest(model="m", prompt="a red fox")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just(FOX),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*(name for message in MESSAGES.values() for name in message), "inline_data", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_json_is_a_request_or_a_wire_error(body: JsonValue, strict: bool) -> None:
    try:
        model = request_from_wire(body, model="m", strict=strict).model
    except WireError as error:
        model = "m" if error.violations else "refused without a violation"
    assert model == "m"
