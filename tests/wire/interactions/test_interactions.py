from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.wire.gemini.errors import WireError
from limner.wire.interactions.events import events_after, events_to_wire
from limner.wire.interactions.reply import (
    cancelled_to_wire,
    ended_to_wire,
    failed_to_wire,
    model_turn,
    running_to_wire,
    shown_to_wire,
)
from limner.wire.interactions.request import interaction_from_wire, request_document

AT = 1_800_000_000_000
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "blob:data"}, "thoughtSignature": "c2lnMg=="}
WORDS = {"text": "A fox.", "thoughtSignature": "c2lnMQ=="}


def asked(**fields: Any) -> Any:
    return interaction_from_wire({"model": "m", "input": "a fox", **fields})


def reply(*parts: Any, reason: str = "STOP") -> Any:
    usage = {
        "promptTokenCount": 4,
        "candidatesTokenCount": 1130,
        "totalTokenCount": 1134,
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
    }
    candidate = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}
    return {"candidates": [candidate], "usageMetadata": usage}


def interaction(answer: Any) -> Any:
    return ended_to_wire(running_to_wire(asked(), "i-1", AT), answer, AT + 1500)


@pytest.mark.parametrize(
    ("given_input", "contents"),
    [
        ("a fox", [{"role": "user", "parts": [{"text": "a fox"}]}]),
        ({"type": "text", "text": "a fox"}, [{"role": "user", "parts": [{"text": "a fox"}]}]),
        (
            [{"type": "text", "text": "edit"}, {"type": "image", "mime_type": "image/png", "data": "blob:x"}],
            [
                {
                    "role": "user",
                    "parts": [{"text": "edit"}, {"inlineData": {"mimeType": "image/png", "data": "blob:x"}}],
                }
            ],
        ),
        (
            [{"type": "image", "mimeType": "image/png", "uri": "files/a", "resolution": "high"}],
            [
                {
                    "role": "user",
                    "parts": [
                        {
                            "fileData": {"mimeType": "image/png", "fileUri": "files/a"},
                            "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"},
                        }
                    ],
                }
            ],
        ),
        (
            {"type": "user_input", "content": [{"type": "text", "text": "a"}]},
            [{"role": "user", "parts": [{"text": "a"}]}],
        ),
        (
            [
                {"type": "user_input", "content": [{"type": "text", "text": "a"}]},
                {"type": "thought", "signature": "c2ln"},
                {"type": "model_output", "content": [{"type": "text", "text": "b"}]},
                {"type": "user_input", "content": "c"},
            ],
            [
                {"role": "user", "parts": [{"text": "a"}]},
                {"role": "model", "parts": [{"text": "b", "thoughtSignature": "c2ln"}]},
                {"role": "user", "parts": [{"text": "c"}]},
            ],
        ),
        (
            [{"role": "user", "content": "a"}, {"role": "model", "content": "b"}],
            [{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}],
        ),
    ],
)
def test_every_form_of_input_becomes_turns(given_input: Any, contents: Any) -> None:
    assert list(asked(input=given_input).contents) == contents


def test_the_shape_of_the_picture_and_the_kinds_of_output_come_from_the_format() -> None:
    found = asked(
        response_format=[
            {"type": "text"},
            {"type": "image", "aspect_ratio": "16:9", "image_size": "2K", "mime_type": "image/jpeg"},
        ],
        generation_config={"seed": 5, "thinking_level": "high", "thinking_summaries": "auto"},
    )
    assert found.settings["generationConfig"] == {
        "seed": 5,
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        "responseFormat": {"image": {"mimeType": "IMAGE_JPEG"}},
        "responseModalities": ["TEXT", "IMAGE"],
        "thinkingConfig": {"thinkingLevel": "high", "includeThoughts": True},
    }


def test_everything_else_is_passed_on_in_the_words_of_generate_content() -> None:
    found = asked(
        response_modalities=["text"],
        response_format={"type": "text", "mime_type": "application/json", "schema": {"type": "object"}},
        generation_config={"image_config": {"aspect_ratio": "1:1"}, "top_p": 0.5, "thinking_summaries": "none"},
        tools=[{"type": "google_search", "search_types": ["image_search"]}],
        safety_settings=[{"type": "hate_speech", "threshold": "block_none"}],
        service_tier="flex",
    )
    assert found.settings == {
        "generationConfig": {
            "imageConfig": {"aspectRatio": "1:1"},
            "topP": 0.5,
            "responseModalities": ["TEXT"],
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
        },
        "tools": [{"googleSearch": {"searchTypes": {"imageSearch": {}}}}],
        "safetySettings": [{"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_NONE"}],
        "serviceTier": "flex",
    }
    assert found.echoed == {"service_tier": "flex"}


@pytest.mark.parametrize("said", ["blob:=blob:forged", f"blob:{'0' * 64}?size=70000&as=text"])
def test_texts_stay_as_they_stand_in_the_lifted_body(said: str) -> None:
    document = request_document(asked(input=[{"type": "text", "text": said}], system_instruction=said), [])
    assert document == {
        "contents": [{"role": "user", "parts": [{"text": said}]}],
        "systemInstruction": {"parts": [{"text": said}]},
    }


def test_a_lenient_reading_passes_over_unknown_fields_and_names_them() -> None:
    body = {"model": "m", "input": [{"type": "text", "text": "a", "x": 1}], "y": 2, "generation_config": {"z": 3}}
    found = interaction_from_wire(body, strict=False)
    assert found.contents == ({"role": "user", "parts": [{"text": "a"}]},)
    assert [each.description for each in found.unknown] == [
        'Invalid JSON payload received. Unknown name "y": Cannot find field.'
    ]
    with pytest.raises(WireError):
        interaction_from_wire({**body, "input": 5}, strict=False)


def test_what_was_said_before_stands_before_what_is_new() -> None:
    history = [{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [WORDS]}]
    document = request_document(asked(system_instruction="be brief", tools=[{"type": "google_search"}]), history)
    assert document == {
        "contents": [*history, {"role": "user", "parts": [{"text": "a fox"}]}],
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "tools": [{"googleSearch": {}}],
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": None}, "model is not specified"),
        ({"input": []}, "input is not specified"),
        ({"input": 5}, "input is a text, a content, or a list of contents or steps."),
        ({"input": [{"type": "audio", "data": "x"}]}, "'audio' cannot be read here; accepted: text, image."),
        ({"input": [{"type": "image"}]}, "A picture has either data or a uri."),
        ({"input": [{"type": "image", "data": "x", "uri": "y"}]}, "A picture has either data or a uri."),
        ({"input": [{"type": "image", "data": "x"}]}, "mime_type is not specified; say what data is"),
        ({"input": [{"type": "image", "data": 5}]}, "Invalid value at 'input[0].data' (TYPE_STRING), 5"),
        ({"input": [{"type": "text"}]}, "text is not specified"),
        ({"input": [{"type": "text", "txt": "a"}]}, "Unknown name \"txt\" at 'input[0]': Cannot find field."),
        ({"input": [{"type": "text", "text": "a"}, {"type": "user_input", "content": "b"}]}, "not of both."),
        ({"input": [{"type": "thought"}]}, "input has thoughts only; say something."),
        ({"input": [{"type": "user_input"}]}, "content is not specified"),
        ({"input": [{"role": "system", "content": "a"}]}, "'system' is not known here; accepted: user, model."),
        ({"input": [{"type": "function_call"}]}, "'function_call' cannot be read here; accepted: text, image."),
        ({"model": 5}, "Invalid value at 'model' (TYPE_STRING), 5"),
        ({"store": "maybe"}, "Invalid value at 'store' (TYPE_BOOL), \"maybe\""),
        ({"previous_interaction_id": 5}, "Invalid value at 'previous_interaction_id' (TYPE_STRING), 5"),
        ({"system_instruction": {}}, "Invalid value at 'system_instruction' (TYPE_STRING), {...}"),
        ({"labels": "a"}, "Invalid value at 'labels' (Struct), \"a\""),
        ({"response_format": "image"}, "response_format is an object, or a list of objects."),
        ({"generation_config": {"image_config": {"ratio": 1}}}, 'Unknown name "ratio"'),
        ({"generation_config": {"thinking_summaries": "all"}}, "'all' is not known here; accepted: auto, none."),
        ({"generation_config": {"video_config": {}}}, "Only text and pictures are made here."),
        ({"tools": [{"type": "function"}]}, "'function' is no tool of these models; accepted: google_search."),
        ({"tools": [{"type": "google_search", "search_types": ["x"]}]}, "accepted: web_search, image_search."),
        ({"service_tier": "gold"}, "'gold' is not known here; accepted: standard, flex, priority, deferred."),
        ({"continuation_token": "t"}, "there is nothing to continue by a token."),
        ({"cached_content": "cachedContents/a"}, "Models that make pictures take no cached content."),
        ({"webhook_config": {}}, "There are no webhooks here; ask for the interaction by its id."),
        ({"agent": "deep-research"}, "There are no agents here; name a model."),
        ({"inptu": "x"}, 'Unknown name "inptu": Cannot find field.'),
        ({"generation_config": {"sed": 1}}, "Unknown name \"sed\" at 'generation_config': Cannot find field."),
        ({"response_format": {"type": "audio"}}, "'audio' is not made here; accepted: text, image."),
        ({"response_format": {"type": "image", "ratio": "1:1"}}, "Unknown name \"ratio\" at 'response_format'"),
        ({"response_format": {"type": "image", "delivery": "uri"}}, "Pictures are delivered inline only."),
        (
            {"response_format": {"type": "image", "mime_type": "image/gif"}},
            "'image/gif' is not known here; accepted: image/jpeg.",
        ),
        ({"response_modalities": ["audio"]}, "'audio' is not made here; accepted: text, image."),
        ({"background": True, "store": False}, "What runs in the background must be stored; leave store out."),
    ],
)
def test_what_is_wrong_is_said_in_words(fields: Any, message: str) -> None:
    with pytest.raises(WireError) as refused:
        asked(**fields)
    assert message in refused.value.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        *(
            "model",
            "input",
            "type",
            "content",
            "text",
            "data",
            "response_format",
            "generation_config",
            "store",
            "tools",
        ),
        *("role", "signature", "uri", "safety_settings", "response_modalities", "search_types", "image_config"),
    ]
)
WORDS_OF_THE_API = st.sampled_from(["text", "image", "user_input", "model_output", "thought", "google_search", "user"])
OBJECTS = st.dictionaries(FIELDS, WORDS_OF_THE_API | JSON, max_size=4)
BODIES = st.dictionaries(FIELDS, JSON | OBJECTS | st.lists(OBJECTS, max_size=3), max_size=6)


@given(BODIES | JSON, st.booleans())
def test_no_body_is_too_odd_to_be_read_or_refused(body: Any, strict: bool) -> None:
    if isinstance(body, dict):
        body = {"model": "m", "input": "a fox", **body}
    with contextlib.suppress(WireError):
        assert interaction_from_wire(body, strict=strict).contents


PARTS = st.sampled_from(["text", "inlineData", "fileData", "thought", "thoughtSignature", "data", "mime_type", "x"])
REPLIES = st.sampled_from(["candidates", "content", "parts", "finishReason", "promptFeedback", "usageMetadata"])


@given(
    st.lists(st.dictionaries(PARTS, JSON | st.dictionaries(PARTS, JSON, max_size=2), max_size=3), max_size=4),
    st.dictionaries(REPLIES, JSON, max_size=4),
)
def test_no_answer_is_too_odd_to_become_an_interaction_and_its_events(parts: Any, more: Any) -> None:
    for answer in (reply(*parts), more, {**reply(*parts), **more}):
        ended = interaction(answer)
        assert ended["status"] in ("completed", "incomplete", "failed")
        assert events_to_wire(ended)[-1]["event_type"] == "interaction.completed"


def test_a_signature_stands_on_a_thought_before_its_part() -> None:
    ended = interaction(reply(WORDS, PICTURE))
    assert ended["steps"] == [
        {"type": "thought", "signature": "c2lnMQ=="},
        {"type": "model_output", "content": [{"type": "text", "text": "A fox."}]},
        {"type": "thought", "signature": "c2lnMg=="},
        {"type": "model_output", "content": [{"type": "image", "mime_type": "image/png", "data": "blob:data"}]},
    ]
    again = asked(
        input=[{"type": "user_input", "content": "a"}, *ended["steps"], {"type": "user_input", "content": "b"}]
    )
    assert again.contents[1] == {"role": "model", "parts": [WORDS, PICTURE]}


def test_thinking_is_a_thought_with_a_summary_and_is_not_kept() -> None:
    answer = reply({"text": "Hm.", "thought": True}, {"text": "A fox."})
    assert interaction(answer)["steps"] == [
        {"type": "thought", "summary": [{"type": "text", "text": "Hm."}]},
        {"type": "model_output", "content": [{"type": "text", "text": "A fox."}]},
    ]
    assert model_turn(answer) == {"role": "model", "parts": [{"text": "A fox."}]}


def test_an_interaction_tells_its_times_and_tokens() -> None:
    ended = interaction(reply(PICTURE))
    assert (ended["created"], ended["updated"]) == ("2027-01-15T08:00:00.000000Z", "2027-01-15T08:00:01.500000Z")
    assert (ended["object"], ended["status"], ended["model"]) == ("interaction", "completed", "m")
    usage = ended["usage"]
    assert (usage["total_tokens"], usage["total_input_tokens"], usage["total_output_tokens"]) == (1134, 4, 1130)
    assert usage["output_tokens_by_modality"] == [{"modality": "image", "tokens": 1120}]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "failed", "SAFETY"),
        (reply(reason="IMAGE_SAFETY"), "failed", "IMAGE_SAFETY"),
        (reply({"text": "A"}, reason="MAX_TOKENS"), "incomplete", "MAX_TOKENS"),
        (reply({"text": "A"}, reason="NO_IMAGE"), "incomplete", "NO_IMAGE"),
        (reply({"functionCall": {}}), "failed", "STOP"),
        ({}, "failed", "NO_OUTPUT"),
        ({"candidates": []}, "failed", "NO_OUTPUT"),
    ],
)
def test_an_answer_without_a_picture_tells_why(answer: Any, status: str, code: str) -> None:
    ended = interaction(answer)
    assert (ended["status"], ended["errors"][0]["code"]) == (status, code)


def test_a_picture_may_be_named_instead_of_brought() -> None:
    ended = interaction(reply({"fileData": {"mimeType": "image/png", "fileUri": "gs://a/b.png"}}))
    content = {"type": "image", "mime_type": "image/png", "uri": "gs://a/b.png"}
    assert ended["steps"] == [{"type": "model_output", "content": [content]}]


def test_a_modality_of_an_answer_cannot_forge_a_reference() -> None:
    answer = {**reply(PICTURE), "usageMetadata": {"promptTokensDetails": [{"modality": "BLOB:x", "tokenCount": 1}]}}
    assert interaction(answer)["usage"]["input_tokens_by_modality"] == [{"modality": "blob:=blob:x", "tokens": 1}]


def test_the_input_is_shown_to_those_who_ask_for_it() -> None:
    ended = interaction(reply(PICTURE))
    assert "input" not in shown_to_wire(ended)
    assert shown_to_wire(ended, with_input=True)["input"] == "a fox"


def test_events_tell_the_interaction_step_by_step() -> None:
    events = events_to_wire(interaction(reply({"text": "A fox in the snow, " * 3}, PICTURE)))
    assert [event["event_type"] for event in events] == [
        "interaction.created",
        "interaction.status_update",
        *("step.start", "step.delta", "step.delta", "step.delta", "step.stop"),
        *("step.start", "step.delta", "step.stop"),
        *("step.start", "step.delta", "step.stop"),
        "interaction.completed",
    ]
    texts = [event["delta"]["text"] for event in events if event.get("delta", {}).get("type") == "text"]
    assert "".join(texts) == "A fox in the snow, " * 3
    assert events[0]["interaction"]["status"] == "in_progress"
    assert events[-1]["interaction"]["usage"]["total_tokens"] == 1134
    assert len({event["event_id"] for event in events}) == len(events)


def test_a_stream_goes_on_behind_the_event_that_came_last() -> None:
    events = events_to_wire(interaction(reply(PICTURE)))
    assert events_after(events, events[4]["event_id"]) == events[5:]
    assert events_after(events, None) == events_after(events, "another") == events


def test_a_failure_is_an_event_too() -> None:
    events = events_to_wire(interaction(reply(reason="IMAGE_SAFETY")))
    assert events[-2]["error"]["code"] == "IMAGE_SAFETY"
    assert events[-1]["interaction"]["status"] == "failed"


def test_one_in_progress_has_its_first_events_only_and_they_stay_the_same() -> None:
    running = running_to_wire(asked(), "i-1", AT)
    first = events_to_wire(running)
    assert [event["event_type"] for event in first] == ["interaction.created", "interaction.status_update"]
    for ended in (
        ended_to_wire(running, reply(PICTURE), AT + 1500),
        failed_to_wire(running, "UNAVAILABLE", "Later.", AT + 1500),
        cancelled_to_wire(running, AT + 1500),
    ):
        events = events_to_wire(ended)
        assert events[:2] == first
        assert events[-1]["interaction"]["status"] == ended["status"]
