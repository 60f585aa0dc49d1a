from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from limner._json import JsonObject, JsonValue
from limner.workflow.forms import to_json_schema, validate
from limner.workflow.model import FieldType, FormField, Option, Validation

MIXED = (
    Option(value="calm", label="Calm"),
    Option(value=1, label="One"),
    Option(value=2.5, label="More"),
    Option(value=True, label="Yes"),
    Option(value="", label="Nothing"),
    Option(value="7", label="Seven"),
)
ASSET: JsonObject = {"assetId": "i", "mimeType": "image/png", "width": 1, "height": 1, "bytes": 9, "sha256": "a"}

TEXTS = st.text(alphabet="ab1 \t\n\r\u2003é😀-", max_size=6)
NUMBERS = st.integers(-20, 20) | st.sampled_from([0.5, 0.1, 0.3, 0.7, 2.0, 1e300, -1e300, 2.5]) | st.floats(-9, 9)
CHOICES: st.SearchStrategy[JsonValue] = st.sampled_from(
    ["calm", 1, "1", 1.0, 2.5, "2.5", True, "true", False, 0, "", "7", 7, None, [], "x"]
)
VALUES = st.one_of(
    TEXTS, NUMBERS, CHOICES, st.lists(CHOICES, max_size=4), st.sampled_from(["#00ff00", " #00FF00 ", "#00ff0", {}])
)

RULES = st.fixed_dictionaries(
    {},
    optional={
        "required": st.booleans(),
        "min_length": st.integers(0, 4),
        "max_length": st.integers(0, 4),
        "pattern": st.sampled_from(["[a-z]+", "a|ab", "^a.*$", "a ", ".*", r"\s*a", r"(a)\1", "^$", "a{2,}b?"]),
        "min": st.sampled_from([-3, 0, 1, 2, 0.5]),
        "max": st.sampled_from([2, 5, 7.5]),
        "min_items": st.integers(0, 3),
        "max_items": st.integers(1, 3),
    },
)
KINDS: tuple[FieldType, ...] = ("text", "textarea", "number", "boolean", "select", "radio", "multiselect", "color")


def field(kind: FieldType, **rules: Any) -> FormField:
    return FormField(name="it", label="It", type=kind, options=MIXED, validation=Validation(**rules))


def same_verdict(one: FormField, values: JsonObject) -> bool:
    """Whether form and schema agree, and on what."""
    schema = to_json_schema([one])
    accepted = bool(Draft202012Validator(schema).is_valid(values))
    assert accepted == (validate([one], values, fill=False)[1] == ()), (schema, values)
    return accepted


@given(st.sampled_from(KINDS), RULES, VALUES)
@settings(max_examples=700, deadline=None)
def test_form_and_schema_accept_the_same_values(kind: FieldType, rules: dict[str, Any], value: JsonValue) -> None:
    same_verdict(field(kind, **rules), {"it": value})


@given(RULES, TEXTS)
@settings(max_examples=500, deadline=None)
def test_form_and_schema_accept_the_same_texts(rules: dict[str, Any], value: str) -> None:
    same_verdict(field("text", **rules), {"it": value})
    same_verdict(field("textarea", **rules), {"it": value})


@given(st.sampled_from([1, 2, 5]), st.sampled_from([None, 0, 10, -10]), NUMBERS)
@settings(max_examples=200, deadline=None)
def test_form_and_schema_agree_on_whole_steps(step: float, least: float | None, value: float) -> None:
    same_verdict(field("number", step=step, min=least), {"it": value})


@given(st.sampled_from([0.1, 0.25, 2, 3]), st.sampled_from([0, 0.5, 1]), NUMBERS)
@settings(max_examples=200, deadline=None)
def test_form_and_schema_agree_on_any_steps_between_bounds(step: float, least: float, value: float) -> None:
    same_verdict(field("number", step=step, min=least, max=8), {"it": value})


@pytest.mark.parametrize("kind", [*KINDS, "hidden"])
@pytest.mark.parametrize("required", [True, False])
def test_form_and_schema_agree_on_what_is_not_there(kind: FieldType, required: bool) -> None:
    one = field(kind, required=required)
    assert same_verdict(one, {}) is (not required or kind == "hidden")
    same_verdict(one, {"it": None})
    assert not same_verdict(one, {"it": None, "other": 1})


def test_pictures_are_assets_in_the_schema_too() -> None:
    assert same_verdict(field("image", max_bytes=9), {"it": ASSET})
    assert not same_verdict(field("image", max_bytes=8), {"it": ASSET})
    assert not same_verdict(field("image", accept=("image/jpeg",)), {"it": ASSET})
    assert same_verdict(field("images", max_items=2), {"it": [ASSET, ASSET]})
    assert not same_verdict(field("images", max_items=1), {"it": [ASSET, ASSET]})
    assert not same_verdict(field("images"), {"it": [{}]})
    assert not same_verdict(field("image", required=True), {"it": None})


def test_the_schema_has_the_words_and_the_order_of_the_form() -> None:
    fields = [
        FormField(name="b", label="Bees", type="number", help="How many?", default=3),
        FormField(name="a", label="Ants", type="text", validation=Validation(required=True, max_length=9)),
    ]
    schema = to_json_schema(fields)
    Draft202012Validator.check_schema(schema)
    assert schema["x-limner-order"] == ["b", "a"]
    assert schema["required"] == ["a"]
    assert schema["properties"]["b"] == {
        "title": "Bees",
        "description": "How many?",
        "default": 3,
        "anyOf": [{"type": "number"}, {"enum": [None, ""]}],
    }


@pytest.mark.parametrize("pattern", ["(", "(?i)a", "a{99999999999999999999}"])
def test_a_pattern_that_the_schema_cannot_have_is_named_beside_it(pattern: str) -> None:
    schema = to_json_schema([field("text", required=True, pattern=pattern)])
    assert schema["properties"]["it"]["x-limner-pattern"] == pattern


def test_steps_that_no_schema_can_say_are_named_beside_it() -> None:
    schema = to_json_schema([field("number", required=True, step=0.1)])
    assert schema["properties"]["it"] == {"title": "It", "type": "number", "x-limner-step": 0.1}


@pytest.mark.parametrize("kind", [*KINDS, "hidden", "image", "images"])
def test_every_schema_is_a_schema(kind: FieldType) -> None:
    Draft202012Validator.check_schema(to_json_schema([field(kind, min_length=10**12, max_length=10**12)]))
