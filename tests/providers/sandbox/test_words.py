"""What the sandbox writes: sentences from a brief, and JSON that fits a schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.core.request import GenerateRequest
from limner.providers.sandbox.words.answer import written
from limner.providers.sandbox.words.brief import Brief, read_brief
from limner.providers.sandbox.words.fields import fitted
from limner.providers.sandbox.words.fill import TooComplexError, filled
from limner.providers.sandbox.words.sentences import Writer

STORYBOOK: JsonObject = {
    "type": "object",
    "required": ["title", "pages"],
    "properties": {
        "title": {"type": "string"},
        "pages": {
            "type": "array",
            "minItems": 2,
            "maxItems": 12,
            "items": {
                "type": "object",
                "required": ["text", "scene"],
                "properties": {"text": {"type": "string"}, "scene": {"type": "string"}},
            },
        },
    },
}
PROMPT = (
    "Write a picture book of exactly 6 pages for children of four to six.\n"
    "Hero: Tilda the hedgehog with a red wool scarf and round glasses\n"
    "Plot: She loses her scarf in the wind. She looks for it by the lake. A heron finds it, and then they have tea.\n"
    "For each page give the text to print (at most 40 words) and a scene description for the illustrator."
)


def valid(value: JsonValue, schema: JsonObject) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


def document(schema: JsonObject, prompt: str = PROMPT, seed: int = 5) -> Any:
    value = json.loads(written(GenerateRequest(model="m", prompt=prompt, schema=schema, image=False), seed=seed))
    assert valid(value, schema), value
    return value


def fill(schema: JsonObject, prompt: str = "a fox", seed: int = 1) -> Any:
    return filled(schema, Writer(brief=read_brief(prompt), seed=seed))


def test_a_storybook_has_the_pages_that_were_asked_for_about_its_hero() -> None:
    book = document(STORYBOOK)
    assert book["title"] == "The story of Tilda the hedgehog"
    assert len(book["pages"]) == 6
    assert [page["text"] for page in book["pages"]][:3] == [
        "Tilda the hedgehog loses her scarf in the wind.",
        "Still, Tilda the hedgehog loses her scarf in the wind.",
        "Tilda the hedgehog looks for it by the lake.",
    ]
    assert all("Tilda the hedgehog" in page["scene"] for page in book["pages"])
    assert book["pages"][1]["scene"].startswith("Page 2: Tilda the hedgehog loses her scarf in the wind, ")
    assert len({page["scene"] for page in book["pages"]}) == 6
    assert all(len(page["text"].split()) <= 40 for page in book["pages"])


@pytest.mark.parametrize(
    ("asked", "pages"),
    [
        ("exactly 6 pages", 6),
        ("12 pages", 12),
        ("three short pages", 3),
        ("exactly 40 pages", 12),
        ("exactly one page", 2),
        ("exactly 5 spreads", 5),
        ("at most 40 words", 3),
    ],
)
def test_the_number_in_the_prompt_is_kept_within_the_schema(asked: str, pages: int) -> None:
    assert len(document(STORYBOOK, f"Write a book of {asked} about a fox.")["pages"]) == pages


def test_the_same_prompt_and_seed_write_the_same_and_another_seed_another() -> None:
    assert document(STORYBOOK, seed=1) == document(STORYBOOK, seed=1)
    assert document(STORYBOOK, seed=1) != document(STORYBOOK, seed=2)


@pytest.mark.parametrize(
    ("prompt", "hero", "beats", "topic"),
    [
        ("Hero: A small hedgehog with glasses", "the small hedgehog", (), "Hero: A small hedgehog with glasses"),
        ("Main character: Tilda, a hedgehog. Shy.", "Tilda", (), "Main character: Tilda, a hedgehog"),
        ("Plot: It rains; then it stops!", None, ("It rains", "it stops"), "Plot: It rains; then it stops"),
        ("Write two taglines for a coffee shop.", None, (), "a coffee shop"),
        ("Describe a red fox in snow", None, (), "a red fox in snow"),
        ("Topic: the sea\nWrite about it.", None, (), "the sea"),
        ("", None, (), "the picture"),
    ],
)
def test_a_prompt_is_read_into_a_brief(prompt: str, hero: str | None, beats: tuple[str, ...], topic: str) -> None:
    found = read_brief(prompt)
    assert (found.hero, found.beats, found.topic) == (hero, beats, topic)


@pytest.mark.parametrize(
    ("clause", "told"),
    [
        ("She sleeps", "Tilda sleeps"),
        ("looks for her scarf", "Tilda looks for her scarf"),
        ("the forest is dark", "The forest is dark"),
        ("Tilda sleeps", "Tilda sleeps"),
    ],
)
def test_what_happens_is_told_about_the_hero(clause: str, told: str) -> None:
    brief = Brief(hero="Tilda", beats=(clause,), topic="", counts={}, exact=None)
    assert Writer(brief=brief, seed=1).event(1, 1) == told


def test_a_scene_without_the_hero_puts_the_hero_in() -> None:
    brief = Brief(hero="Tilda", beats=("The forest is dark",), topic="", counts={}, exact=None)
    assert "with Tilda in the picture" in Writer(brief=brief, seed=1).scene(1, 1)


@pytest.mark.parametrize("prompt", [PROMPT, "a red fox in snow", "", "你好，写一首诗", "x" * 9_000, "Hero: \nPlot: "])
@pytest.mark.parametrize("pictures", [0, 1, 2])
def test_a_plain_text_has_two_to_four_sentences(prompt: str, pictures: int) -> None:
    text = Writer(brief=read_brief(prompt), seed=3).prose(pictures)
    assert 2 <= text.count(". ") + 1 <= 5
    assert text.endswith(".")


def test_fields_are_written_as_their_names_ask() -> None:
    names = ("color", "language", "mood", "url", "email", "id", "tags", "light", "camera", "place")
    item = {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": list(names)}
    schema = {"type": "object", "properties": {"scenes": {"type": "array", "items": item}}, "required": ["scenes"]}
    first = document(schema)["scenes"][0]
    assert (first["language"], first["url"], first["id"]) == ("en", "https://example.com/", "scene-1")
    assert first["tags"] in PROMPT.lower()


def test_a_number_beside_its_name_is_taken() -> None:
    schema: JsonObject = {"type": "object", "properties": {"size": {"type": "integer"}}, "required": ["size"]}
    assert document(schema, "A box of size 10.") == {"size": 10}


def test_numbers_count_what_the_prompt_counts_and_where_an_item_stands() -> None:
    item = {"type": "object", "properties": {"index": {"type": "integer"}}, "required": ["index"]}
    schema: JsonObject = {
        "type": "object",
        "properties": {"pageCount": {"type": "integer"}, "pages": {"type": "array", "items": item}},
        "required": ["pageCount", "pages"],
    }
    found = document(schema)
    assert found == {"pageCount": 6, "pages": [{"index": number} for number in range(1, 7)]}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 5},
        {"type": "integer", "maximum": -7},
        {"type": "integer", "exclusiveMinimum": 10, "multipleOf": 7},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
        {"type": "number", "minimum": 0.25, "maximum": 0.75},
        {"type": "string", "minLength": 300, "maxLength": 300},
        {"type": "string", "maxLength": 0},
        {"type": "string", "format": "date"},
        {"enum": [None, 3, "x"]},
        {"const": {"a": [1]}},
        {"type": ["null", "string"]},
        {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 900}]},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"allOf": [{"type": "object", "properties": {"a": {"const": 1}}}, {"required": ["a"]}]},
        {"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": False, "minItems": 2},
        {"type": "object", "required": ["other"], "additionalProperties": {"type": "boolean"}},
        {"properties": {"a": {}, "b": True}, "required": ["a", "b"]},
        {"items": {"type": "integer"}, "minItems": 1},
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "integer"}}},
        {"$ref": "#here", "$defs": {"a": {"$anchor": "here", "type": "boolean"}}},
    ],
)
def test_each_keyword_is_kept(schema: JsonObject) -> None:
    value = fill(schema)
    assert valid(value, schema), value


def test_a_schema_that_leads_back_to_itself_ends() -> None:
    node: JsonObject = {
        "type": "object",
        "required": ["name", "children", "next"],
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
            "left": {"$ref": "#/$defs/Node"},
        },
    }
    schema = {"$ref": "#/$defs/Node", "$defs": {"Node": node}}
    assert document(schema) == {"name": "The story of Tilda the hedgehog", "children": [], "next": None}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 10_000, "items": {"type": "integer"}},
        {"type": "string", "minLength": 10**9},
        {"$ref": "#/$defs/A", "$defs": {"A": {"required": ["a"], "properties": {"a": {"$ref": "#/$defs/A"}}}}},
        {"type": "array", "minItems": 400, "items": {"type": "array", "minItems": 400, "items": {}}},
        {"type": "array", "minItems": 400, "items": {"type": "string", "minLength": 1000}},
    ],
)
def test_what_no_sensible_document_fits_is_refused(schema: JsonObject) -> None:
    with pytest.raises(TooComplexError):
        document(schema)


@given(st.text(max_size=40), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_a_text_is_fitted_to_its_limits(text: str, lowest: int, highest: int | None) -> None:
    if highest is not None and highest < lowest:
        highest = lowest
    found = fitted(text, lowest, highest)
    assert lowest <= len(found)
    assert highest is None or len(found) <= highest


def _bounded(draw: st.DrawFn, low: str, high: str, most: int) -> JsonObject:
    """Two limits, either of which may be absent."""
    lowest, more = draw(st.integers(0, most)), draw(st.integers(0, most))
    limits = ((low, lowest, draw(st.booleans())), (high, lowest + more, draw(st.booleans())))
    return {name: value for name, value, is_set in limits if is_set}


@st.composite
def strings(draw: st.DrawFn) -> JsonObject:
    return {"type": "string", **_bounded(draw, "minLength", "maxLength", 30)}


@st.composite
def numbers(draw: st.DrawFn) -> JsonObject:
    kind = draw(st.sampled_from(["integer", "number"]))
    lowest, more = draw(st.integers(-50, 50)), draw(st.integers(2, 20))
    low = draw(st.sampled_from([{}, {"minimum": lowest}, {"exclusiveMinimum": lowest}]))
    high = draw(st.sampled_from([{}, {"maximum": lowest + more}, {"exclusiveMaximum": lowest + more}]))
    return {"type": kind, **low, **high}


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[JsonObject]) -> JsonObject:
    return {"type": "array", "items": draw(inner), **_bounded(draw, "minItems", "maxItems", 4)}


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[JsonObject]) -> JsonObject:
    names = st.sampled_from(["title", "pages", "scene", "color", "count", "x_y", "ref"])
    properties = draw(st.dictionaries(names, inner, max_size=4))
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True)) if properties else []
    closed = draw(st.sampled_from([{}, {"additionalProperties": False}]))
    return {"type": "object", "properties": properties, "required": required, **closed}


LEAVES: st.SearchStrategy[JsonObject] = st.one_of(
    strings(),
    numbers(),
    st.sampled_from(["boolean", "null"]).map(lambda kind: {"type": kind}),
    st.lists(st.integers() | st.text(max_size=5) | st.none(), min_size=1, max_size=3).map(lambda each: {"enum": each}),
    st.one_of(st.integers(), st.text(max_size=5), st.booleans()).map(lambda each: {"const": each}),
    st.just({"$ref": "#/$defs/Shared"}),
)
SCHEMAS: st.SearchStrategy[JsonObject] = st.recursive(
    LEAVES,
    lambda inner: (
        arrays(inner) | objects(inner) | st.lists(inner, min_size=1, max_size=3).map(lambda some: {"anyOf": some})
    ),
    max_leaves=10,
)


@given(SCHEMAS, objects(LEAVES), st.text(max_size=60) | st.just(PROMPT), st.integers(0, 2**31 - 1))
@settings(max_examples=300, deadline=None)
def test_what_is_written_fits_the_schema(schema: JsonObject, shared: JsonObject, prompt: str, seed: int) -> None:
    whole = {**schema, "$defs": {"Shared": shared}}
    try:
        value = fill(whole, prompt, seed)
    except TooComplexError:
        return
    assert valid(value, whole), value
