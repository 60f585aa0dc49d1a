"""The form asked of an answer, on the wire: JSON Schema out, both kinds of schema in, and what Google refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.core.request import GenerateRequest
from limner.wire.gemini.answer_schema import schema_to_wire
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.request import WireRules, request_from_wire, request_to_wire

STORY: JsonObject = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": {"type": "string", "description": "blob: a title"}, "pages": {"type": "integer"}},
}


def words(**changes: JsonValue) -> GenerateRequest:
    return GenerateRequest(model="m", prompt="a story", image=False, **changes)


def config_of(request: GenerateRequest, rules: WireRules | None = None) -> JsonObject:
    body = request_to_wire(request) if rules is None else request_to_wire(request, rules=rules)
    return dict(body["generationConfig"])


def read(config: JsonObject) -> GenerateRequest:
    return request_from_wire({"contents": [{"parts": [{"text": "a"}]}], "generationConfig": config}, model="m")


def refused(config: JsonObject) -> list[tuple[str, str]]:
    with pytest.raises(WireError) as caught:
        read(config)
    return [(each.field, each.description) for each in caught.value.violations]


def test_nothing_is_sent_of_what_was_not_asked() -> None:
    assert config_of(words()) == {"responseModalities": ["TEXT"]}


def test_a_schema_and_a_temperature_stand_where_google_reads_them() -> None:
    assert config_of(words(schema=STORY, temperature=0.7)) == {
        "responseModalities": ["TEXT"],
        "temperature": 0.7,
        "responseMimeType": "application/json",
        "responseJsonSchema": {
            **STORY,
            "properties": {**STORY["properties"], "title": {"type": "string", "description": "blob:=blob: a title"}},
        },
    }


def test_an_empty_schema_asks_for_json_alone() -> None:
    config = config_of(words(schema={}))
    assert config == {"responseModalities": ["TEXT"], "responseMimeType": "application/json"}
    assert read(config).schema == {}


def test_rules_leave_out_what_the_model_refuses() -> None:
    rules = WireRules(send_temperature=False, send_schema=False)
    assert config_of(words(schema=STORY, temperature=0.7), rules) == {"responseModalities": ["TEXT"]}


@pytest.mark.parametrize(
    ("given_schema", "sent"),
    [
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string"}, {"type": "string"}),
        ({"type": "string", "minLength": 3, "maxLength": 9, "pattern": "^a"}, {"type": "string"}),
        ({"type": "integer", "exclusiveMinimum": 0, "multipleOf": 2, "maximum": 9}, {"type": "integer", "maximum": 9}),
        ({"const": "fox"}, {"enum": ["fox"]}),
        ({"const": True, "type": "boolean"}, {"type": "boolean"}),
        (
            {"type": "array", "items": {"uniqueItems": True}, "maxItems": 2},
            {"type": "array", "items": {}, "maxItems": 2},
        ),
        ({"allOf": [{"type": "string"}], "title": "T"}, {"title": "T"}),
        (
            {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 1}]},
            {"anyOf": [{"type": "null"}, {"type": "string"}]},
        ),
        ({"properties": {"pattern": {"pattern": "x"}}}, {"properties": {"pattern": {}}}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        (
            {"$ref": "#/definitions/Page", "description": "x", "definitions": {"Page": {"type": "object"}}},
            {"$ref": "#/$defs/Page", "$defs": {"Page": {"type": "object"}}},
        ),
        ({"propertyOrdering": ["b", "a"], "format": "date"}, {"propertyOrdering": ["b", "a"], "format": "date"}),
    ],
)
def test_only_what_google_supports_of_a_schema_is_sent(given_schema: JsonObject, sent: JsonObject) -> None:
    assert schema_to_wire(given_schema) == sent


def test_a_schema_without_end_is_sent_to_a_bounded_depth() -> None:
    deep: JsonObject = {"type": "string"}
    for _ in range(500):
        deep = {"type": "array", "items": deep}
    assert str(schema_to_wire(deep)).count("items") < 40


def test_json_schema_comes_back_as_it_went() -> None:
    asked = words(schema=STORY, temperature=1.5)
    assert request_from_wire(request_to_wire(asked), model="m") == asked


def test_googles_own_schema_is_read_as_json_schema() -> None:
    own = {
        "type": "OBJECT",
        "propertyOrdering": ["pages", "title"],
        "required": ["pages"],
        "properties": {
            "title": {"type": "STRING", "nullable": True},
            "pages": {"type": "ARRAY", "min_items": "2", "maxItems": 4, "items": {"type": "STRING", "enum": ["a"]}},
            "size": {"anyOf": [{"type": "INTEGER", "minimum": 1}, {"type": "NUMBER"}]},
        },
    }
    assert read({"responseMimeType": "application/json", "responseSchema": own}).schema == {
        "type": "object",
        "propertyOrdering": ["pages", "title"],
        "required": ["pages"],
        "properties": {
            "title": {"type": ["string", "null"]},
            "pages": {"type": "array", "minItems": 2, "maxItems": 4, "items": {"type": "string", "enum": ["a"]}},
            "size": {"anyOf": [{"type": "integer", "minimum": 1.0}, {"type": "number"}]},
        },
    }


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"responseMimeType": "application/pdf"}, "generation_config.response_mime_type"),
        ({"responseJsonSchema": STORY}, "generation_config.response_mime_type"),
        (
            {"responseMimeType": "text/plain", "responseSchema": {"type": "STRING"}},
            "generation_config.response_mime_type",
        ),
        (
            {"responseMimeType": "application/json", "responseSchema": {}, "responseJsonSchema": {}},
            "generation_config.response_json_schema",
        ),
        ({"responseMimeType": "application/json", "responseJsonSchema": "x"}, "generation_config.response_json_schema"),
        ({"temperature": 2.5}, "generation_config.temperature"),
        ({"responseMimeType": "text/x.enum", "responseSchema": {"type": "ARRAY"}}, "generation_config.response_schema"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(config: JsonObject, field: str) -> None:
    assert [name for name, _ in refused(config)] == [field]


def test_googles_own_schema_has_no_other_fields() -> None:
    own = {"$schema": "x", "properties": {"a": {"const": 1}}, "items": {"anyOf": [{"exclusiveMinimum": 0}]}}
    found = refused({"responseMimeType": "application/json", "responseSchema": own})
    path = "generation_config.response_schema"
    assert [(name, text.split('"')[1]) for name, text in found] == [
        (path, "$schema"),
        (f"{path}.properties[0].value", "const"),
        (f"{path}.items.any_of[0]", "exclusiveMinimum"),
    ]


ANYTHING: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["blob:x", "OBJECT"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "items", "anyOf", "$ref", "$defs", "enum"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(ANYTHING, st.sampled_from(["responseSchema", "responseJsonSchema"]))
@settings(max_examples=200, deadline=None)
def test_no_schema_breaks_the_reader(schema: JsonValue, name: str) -> None:
    try:
        found = read({"responseMimeType": "application/json", name: schema})
    except WireError:
        return
    assert isinstance(found.schema, dict)
    assert isinstance(schema_to_wire(found.schema), dict)
