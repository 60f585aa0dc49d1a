"""What is made here, read by the types of Google's own library."""

from __future__ import annotations

from typing import Any

import pytest
from google.genai._gaos.types import interactions as google
from pydantic import TypeAdapter

from limner.wire.interactions.events import events_to_wire
from limner.wire.interactions.reply import ended_to_wire, running_to_wire, shown_to_wire
from limner.wire.interactions.request import interaction_from_wire

AT = 1_800_000_000_000
EVENT: TypeAdapter[Any] = TypeAdapter(google.InteractionSSEEvent)
PARTS = (
    {"text": "Hm.", "thought": True},
    {"text": "A fox.", "thoughtSignature": "c2lnMQ=="},
    {"inlineData": {"mimeType": "image/png", "data": "aGFsbG8="}, "thoughtSignature": "c2lnMg=="},
)


def ended(*parts: Any, reason: str = "STOP") -> Any:
    request = interaction_from_wire({"model": "m", "input": "a fox", "labels": {"a": "b"}})
    usage = {"totalTokenCount": 9, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}]}
    reply = {
        "candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}],
        "usageMetadata": usage,
    }
    return ended_to_wire(running_to_wire(request, "i-1", AT), reply, AT)


def test_an_interaction_is_one_of_googles_field_by_field() -> None:
    document = shown_to_wire(ended(*PARTS), with_input=True)
    read = google.Interaction.model_validate(document)
    picture = document["steps"][-1]["content"][0]
    assert read.model_dump(mode="json", exclude_none=True, by_alias=True) == {
        **document,
        "output_text": "A fox.",
        "output_image": picture,
    }
    assert read.steps is not None
    assert [type(step).__name__ for step in read.steps] == [
        *("ThoughtStep", "ThoughtStep", "ModelOutputStep", "ThoughtStep", "ModelOutputStep"),
    ]


def test_a_failed_interaction_tells_its_error() -> None:
    read = google.Interaction.model_validate(shown_to_wire(ended(reason="IMAGE_SAFETY")))
    assert (read.status, read.errors and read.errors[0].code) == ("failed", "IMAGE_SAFETY")


@pytest.mark.parametrize("document", [ended(*PARTS), ended(reason="IMAGE_SAFETY")])
def test_every_event_is_one_of_googles_field_by_field(document: Any) -> None:
    for event in events_to_wire(document):
        read = EVENT.validate_python(event)
        assert not hasattr(read, "is_unknown")
        assert not hasattr(getattr(read, "delta", None), "is_unknown")
        assert read.model_dump(mode="json", exclude_none=True, by_alias=True) == event


def test_what_googles_library_writes_is_read() -> None:
    said: Any = [
        google.UserInputStep(content=[google.TextContent(text="a"), google.ImageContent(uri="files/a")]),
        google.ThoughtStep(signature="c2ln"),
        google.ModelOutputStep(content=[google.TextContent(text="b")]),
        google.UserInputStep(content=[google.ImageContent(data="aGFsbG8=", mime_type="image/png")]),
    ]
    request = google.CreateModelInteraction(
        model="gemini-nano-banana-2.1",
        input=said,
        generation_config=google.GenerationConfig(seed=1, thinking_level="high", temperature=0.5),
        response_format=google.ImageResponseFormat(aspect_ratio="16:9", image_size="2K"),
        safety_settings=[google.SafetySetting(type="harassment", threshold="off")],
        tools=[google.GoogleSearch(search_types=["web_search"])],
    )
    found = interaction_from_wire(request.model_dump(mode="json", exclude_none=True, by_alias=True))
    assert found.contents == (
        {"role": "user", "parts": [{"text": "a"}, {"fileData": {"mimeType": "", "fileUri": "files/a"}}]},
        {"role": "model", "parts": [{"text": "b", "thoughtSignature": "c2ln"}]},
        {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "aGFsbG8="}}]},
    )
    assert found.settings["generationConfig"] == {
        "seed": 1,
        "temperature": 0.5,
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        "responseModalities": ["IMAGE"],
        "thinkingConfig": {"thinkingLevel": "high"},
    }
