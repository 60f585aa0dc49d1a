"""Asking the sandbox for words and JSON over the wire: modalities, refusals, cards, streams and usage."""

from __future__ import annotations

import json

import pytest

from limner._json import JsonObject, JsonValue
from limner.core.outcome import OutcomeKind
from providers.sandbox.asking import Desk, ask, message_of

WRITER = "gemini-3.5-flash"
SCHEMA: JsonObject = {
    "type": "object",
    "required": ["title", "pages"],
    "properties": {
        "title": {"type": "string"},
        "pages": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 12},
    },
}
JSON: dict[str, JsonValue] = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
WORDS: dict[str, JsonValue] = {"responseModalities": ["TEXT"]}
STORY = "A book of exactly 4 pages.\nHero: Tilda the hedgehog"


@pytest.fixture
def desk() -> Desk:
    return Desk(stands_in_for=(WRITER, "gemini-2.5-flash-image"))


def test_a_schema_is_answered_with_one_document_that_fits(desk: Desk) -> None:
    reply = desk.answer(ask(STORY, **WORDS, **JSON))
    assert reply.outcome.kind is OutcomeKind.TEXT_ONLY
    book = json.loads(reply.text)
    assert book["title"] == "The story of Tilda the hedgehog"
    assert len(book["pages"]) == 4


def test_a_model_that_only_writes_needs_no_modalities(desk: Desk) -> None:
    assert len(json.loads(desk.answer(ask(STORY, **JSON), model=WRITER).text)["pages"]) == 4


def test_googles_own_schema_is_answered_too(desk: Desk) -> None:
    own = {"type": "OBJECT", "properties": {"pages": {"type": "ARRAY", "items": {"type": "STRING"}}}}
    config: dict[str, JsonValue] = {"responseMimeType": "application/json", "responseSchema": own}
    assert len(json.loads(desk.answer(ask(STORY, **config), model=WRITER).text)["pages"]) == 4


def test_an_enum_is_answered_as_a_bare_word(desk: Desk) -> None:
    own = {"type": "STRING", "enum": ["calm", "wild"]}
    config: dict[str, JsonValue] = {"responseMimeType": "text/x.enum", "responseSchema": own}
    assert desk.answer(ask("a", **config), model=WRITER).text in ("calm", "wild")


def test_json_of_any_shape_is_a_small_object(desk: Desk) -> None:
    found = json.loads(desk.answer(ask(STORY, responseMimeType="application/json"), model=WRITER).text)
    assert set(found) == {"title", "text", "keywords"}


def test_a_stream_brings_the_same_document_in_pieces(desk: Desk) -> None:
    reply = desk.respond(ask(STORY, **WORDS, **JSON, seed=4), method="streamGenerateContent")
    assert len(reply.documents) > 3
    assert desk.read(reply).text == desk.answer(ask(STORY, **WORDS, **JSON, seed=4)).text


def test_words_are_counted_as_words(desk: Desk) -> None:
    plain, formed = (desk.answer(ask(STORY, **WORDS, **more)).usage for more in ({}, JSON))
    assert plain is not None
    assert formed is not None
    assert formed.input_tokens > plain.input_tokens
    assert formed.output_tokens > 20
    assert formed.output_image_tokens == 0


@pytest.mark.parametrize(
    ("model", "config", "message"),
    [
        ("sandbox-1", {**JSON, "responseModalities": ["TEXT", "IMAGE"]}, "JSON mode is not enabled for the requested"),
        ("sandbox-1", JSON, "JSON mode is not enabled for the requested response modalities"),
        ("gemini-2.5-flash-image", {**WORDS, **JSON}, "JSON mode is not enabled for models/gemini-2.5-flash-image"),
        (WRITER, {"responseModalities": ["TEXT", "IMAGE"]}, "response modalities:\n* TEXT\n"),
        (WRITER, {"responseMimeType": "image/png"}, "allowed mimetypes are `text/plain`"),
        (
            WRITER,
            {**JSON, "responseJsonSchema": {"type": "array", "minItems": 10**6}},
            "The specified schema produces a constraint that has too many states for serving.",
        ),
    ],
)
def test_what_google_refuses_is_refused(desk: Desk, model: str, config: dict[str, JsonValue], message: str) -> None:
    assert message in message_of(desk, ask(STORY, **config), model=model)


def test_a_picture_that_comes_along_is_not_looked_at_and_that_is_said(desk: Desk) -> None:
    body = ask("Describe this.", **WORDS)
    body["contents"][0]["parts"].append(desk.picture(b"?"))
    assert desk.answer(body).text.startswith("A picture came with the request, but the sandbox looks at none.")


def test_the_card_puts_the_document_in_a_fence(desk: Desk) -> None:
    text = desk.answer(ask(f"{STORY} [[json-fence]]", **WORDS, **JSON)).text
    assert text.startswith("```json\n{")
    assert text.endswith("}\n```")


def test_the_card_cuts_the_document_every_time_or_as_often_as_it_says(desk: Desk) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            json.loads(desk.answer(ask(f"{STORY} [[json-broken]]", **WORDS, **JSON)).text)
    once = f"{STORY} [[json-broken:1]]"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(desk.answer(ask(once, **WORDS, **JSON)).text)
    again = f"{once}\n\nYour answer was not JSON: it ended too early."
    assert json.loads(desk.answer(ask(again, **WORDS, **JSON)).text)["title"] == "The story of Tilda the hedgehog"


def test_the_list_of_models_says_which_only_write(desk: Desk) -> None:
    documents = {document["name"]: document["description"] for document in desk.model.models()}
    assert documents[f"models/{WRITER}"].endswith("writes short texts and JSON offline.")
