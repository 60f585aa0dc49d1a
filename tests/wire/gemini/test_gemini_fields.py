import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner._json import JsonValue
from limner.wire.gemini import fields

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("key", ["inlineData", "inline_data", "inline_Data", "InlineData", "inlinedata"])
def test_a_field_is_found_in_every_spelling(key: str) -> None:
    assert fields.pick({key: 7}, "inlineData") == 7


def test_camel_case_wins_over_snake_case_and_null_counts_as_absent() -> None:
    assert fields.pick({"inline_data": 1, "inlineData": 2}, "inlineData") == 2
    assert fields.pick({"inline_data": 1, "inlineData": None}, "inlineData") == 1
    assert fields.pick({"inlineData": None}, "inlineData") is None


def test_what_is_no_object_has_no_fields() -> None:
    assert fields.pick([{"text": 1}], "text") is None
    assert fields.pick("text", "text") is None


def test_a_single_object_counts_as_a_list_of_one() -> None:
    assert fields.pick_list({"parts": {"text": "a"}}, "parts") == ({"text": "a"},)
    assert fields.pick_list({"parts": "a"}, "parts") == ()


def test_text_is_unescaped_and_a_blob_reference_is_no_text() -> None:
    assert fields.pick_text({"text": "blob:=blob:x"}, "text") == "blob:x"
    assert fields.pick_text({"text": f"blob:{'a' * 64}?size=70000&as=text"}, "text") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        (7.0, 7),
        ("7", 7),
        ("7.0", 7),
        ("-3", -3),
        (7.5, None),
        ("seven", None),
        (True, None),
        (float("inf"), None),
        (float("nan"), None),
        ("1e400", None),
        (10**400, None),
        ([7], None),
    ],
)
def test_whole_numbers_come_as_numbers_or_texts(value: JsonValue, expected: int | None) -> None:
    assert fields.whole(value) == expected


def test_a_count_is_never_negative() -> None:
    assert fields.pick_count({"tokenCount": -5}, "tokenCount") == 0


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("true", True), (1, True), ("no", False), ([], False)])
def test_a_flag_is_true_only_when_it_says_so(value: JsonValue, expected: bool) -> None:
    assert fields.pick_flag({"thought": value}, "thought") is expected


def test_a_finish_reason_may_be_a_number() -> None:
    assert fields.pick_word({"finishReason": 16}, "finishReason") == "16"
    assert fields.pick_word({"finishReason": " STOP "}, "finishReason") == "STOP"
    assert fields.pick_word({"finishReason": ""}, "finishReason") is None


@given(JSON)
def test_reading_never_raises(value: JsonValue) -> None:
    holder = {"field": value}
    for read in (fields.pick_list, fields.pick_object, fields.pick_text, fields.pick_word, fields.pick_count):
        read(holder, "field")
        read(value, "field")
    fields.pick_flag(holder, "field")
    fields.number(value)
