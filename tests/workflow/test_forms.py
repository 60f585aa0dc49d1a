from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.workflow.forms import FieldError, FormValueError, convert, defaults, validate
from limner.workflow.model import FieldType, FormField, Option, Validation

KINDS: tuple[FieldType, ...] = (
    *("text", "textarea", "number", "boolean", "select", "radio", "multiselect", "color", "hidden", "image", "images"),
)
SIZES = (Option(value=1, label="One"), Option(value=2.5, label="Two and a half"), Option(value="2", label="Two"))
MOODS = (Option(value="calm", label="Quiet"), Option(value="wild", label="Loud, and fast"))
ASSET: JsonObject = {
    "assetId": "img_1",
    "mimeType": "image/png",
    "width": 10,
    "height": 20,
    "bytes": 300,
    "sha256": "ab",
    "name": "cat.png",
}


def field(kind: FieldType, *, options: tuple[Option, ...] = (), default: JsonValue = None, **rules: Any) -> FormField:
    return FormField(name="it", label="It", type=kind, options=options, default=default, validation=Validation(**rules))


def checked(one: FormField, value: JsonValue) -> tuple[JsonValue, list[str]]:
    """The clean value and the codes of what is wrong with it."""
    clean, errors = validate([one], {"it": value}, fill=False)
    return clean["it"], [error.code for error in errors]


@pytest.mark.parametrize(
    ("kind", "empty"),
    [
        ("text", ""),
        ("textarea", ""),
        ("number", None),
        ("boolean", False),
        ("select", ""),
        ("radio", ""),
        ("multiselect", []),
        ("color", None),
        ("hidden", ""),
        ("image", None),
        ("images", []),
    ],
)
def test_an_empty_field_has_its_own_empty_value_and_is_always_there(kind: FieldType, empty: JsonValue) -> None:
    one = field(kind, options=MOODS, min_length=3, pattern="x", min=1, min_items=2)
    assert validate([one], {}, fill=False) == ({"it": empty}, ())
    assert validate([one], {}, fill=True) == ({"it": empty}, ())
    assert validate([one], {"it": None}, fill=True) == ({"it": empty}, ())
    assert defaults([one]) == {"it": empty}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "hidden"])
def test_a_required_field_must_be_filled_in(kind: FieldType) -> None:
    one = field(kind, options=MOODS, required=True, min_length=3, min_items=2)
    assert [error.code for error in validate([one], {}, fill=True)[1]] == ["required"]
    for value in [None, ""] if kind != "boolean" else [None, False]:
        assert checked(one, value)[1] == ["required"]


def test_a_field_that_nobody_gave_takes_its_default_only_where_nobody_is_asked() -> None:
    fields = [
        FormField(name="mood", label="Mood", type="select", options=MOODS, default="calm"),
        FormField(name="pages", label="Pages", type="number", default=6.0),
        FormField(name="tags", label="Tags", type="multiselect", options=MOODS, default=["wild"]),
    ]
    full = {"mood": "calm", "pages": 6, "tags": ["wild"]}
    assert validate(fields, {}, fill=True) == (full, ())
    assert validate(fields, {}, fill=False) == ({"mood": "", "pages": None, "tags": []}, ())
    assert validate(fields, {"mood": ""}, fill=True) == ({**full, "mood": ""}, ())
    assert defaults(fields) == full


def test_what_a_form_shows_can_be_changed_without_changing_the_form() -> None:
    fields = [FormField(name="tags", label="Tags", type="multiselect", options=MOODS, default=["wild"])]
    defaults(fields)["tags"].append("calm")
    assert defaults(fields) == {"tags": ["wild"]}


def test_a_default_is_checked_like_any_value() -> None:
    assert [error.code for error in validate([field("number", default=99, max=5)], {}, fill=True)[1]] == ["too_large"]


def test_a_hidden_field_always_has_its_default() -> None:
    one = field("hidden", default="house style", required=True)
    for fill in (True, False):
        assert validate([one], {"it": "something else"}, fill=fill) == ({"it": "house style"}, ())


@pytest.mark.parametrize(
    ("kind", "value", "clean"),
    [
        ("text", "  a b \n", "a b"),
        ("textarea", "  a b \n\n", "  a b"),
        ("textarea", " \n ", ""),
        ("color", " #1e90FF ", "#1e90FF"),
        ("color", "  ", None),
        ("number", 6.0, 6),
        ("number", 2.5, 2.5),
        ("number", -1e300, -1e300),
        ("boolean", True, True),
    ],
)
def test_values_are_cleaned(kind: FieldType, value: JsonValue, clean: JsonValue) -> None:
    result, codes = checked(field(kind), value)
    assert codes == []
    assert (result, type(result)) == (clean, type(clean))


@pytest.mark.parametrize(
    ("rules", "value", "codes"),
    [
        ({"min_length": 3}, "  ab  ", ["too_short"]),
        ({"min_length": 3}, "a b", []),
        ({"min_length": 2}, "😀😀", []),
        ({"max_length": 2}, "😀😀", []),
        ({"max_length": 2}, " abc ", ["too_long"]),
        ({"max_length": 2}, " ab ", []),
        ({"pattern": "[a-z]+"}, "abc", []),
        ({"pattern": "[a-z]+"}, "abc1", ["pattern"]),
        ({"pattern": "a|ab"}, "ab", []),
        ({"pattern": "[a-z]+", "min_length": 9}, "A", ["too_short", "pattern"]),
        ({"pattern": "("}, "A", ["pattern"]),
        ({"pattern": "a{99999999999999999999}"}, "A", ["pattern"]),
        ({}, "a\nb", ["wrong_type"]),
        ({}, 5, ["wrong_type"]),
        ({}, ["a"], ["wrong_type"]),
        ({}, True, ["wrong_type"]),
    ],
)
def test_rules_of_a_text(rules: dict[str, Any], value: JsonValue, codes: list[str]) -> None:
    assert checked(field("text", **rules), value)[1] == codes


def test_a_text_area_may_have_lines_and_counts_what_comes_first() -> None:
    assert checked(field("textarea", min_length=4, max_length=4), "  \na \n") == ("  \na", [])


def test_a_pattern_sees_the_first_ten_thousand_characters() -> None:
    one = field("textarea", pattern="a+")
    assert checked(one, "a" * 10_000 + "b")[1] == []
    assert checked(one, "a" * 9_999 + "b")[1] == ["pattern"]


@pytest.mark.parametrize(
    ("rules", "value", "codes"),
    [
        ({"min": 2}, 2, []),
        ({"min": 2}, 1.5, ["too_small"]),
        ({"max": 2}, 2, []),
        ({"max": 2}, 2.5, ["too_large"]),
        ({"step": 0.1}, 0.3, []),
        ({"step": 0.1}, 0.35, ["step"]),
        ({"step": 2, "min": 1}, 3, []),
        ({"step": 2, "min": 1}, 4, ["step"]),
        ({"step": 2}, 10**300, []),
        ({"step": 3, "max": 3}, 4, ["too_large", "step"]),
        ({}, "6", ["not_a_number"]),
        ({}, True, ["not_a_number"]),
        ({}, float("nan"), ["not_a_number"]),
        ({}, float("inf"), ["not_a_number"]),
        ({}, [], ["not_a_number"]),
    ],
)
def test_rules_of_a_number(rules: dict[str, Any], value: JsonValue, codes: list[str]) -> None:
    assert checked(field("number", **rules), value)[1] == codes


@pytest.mark.parametrize(
    ("value", "clean", "codes"),
    [
        (1, 1, []),
        ("1", 1, []),
        (1.0, 1, []),
        ("2.5", 2.5, []),
        ("2", "2", []),
        (2, "", ["not_an_option"]),
        ("3", "", ["not_an_option"]),
        ("One", "", ["not_an_option"]),
        (True, "", ["not_an_option"]),
        ([1], "", ["wrong_type"]),
        ({}, "", ["wrong_type"]),
    ],
)
def test_an_option_keeps_its_own_kind_of_value(value: JsonValue, clean: JsonValue, codes: list[str]) -> None:
    result = checked(field("select", options=SIZES), value)
    assert result == (clean, codes)
    assert type(result[0]) is type(clean)
    assert checked(field("radio", options=SIZES), value) == (clean, codes)


def test_an_option_may_be_true_or_false() -> None:
    options = (Option(value=True, label="Yes"), Option(value=False, label="No"))
    assert checked(field("select", options=options), "true") == (True, [])
    assert checked(field("select", options=options), False) == (False, [])
    assert checked(field("select", options=options), 1)[1] == ["not_an_option"]


@pytest.mark.parametrize(
    ("rules", "value", "codes"),
    [
        ({}, ["calm", "wild"], []),
        ({}, ["calm", "mild"], ["not_an_option"]),
        ({"min_items": 2}, ["calm"], ["too_few"]),
        ({"max_items": 1}, ["calm", "wild"], ["too_many"]),
        ({"max_items": 1}, ["a", "b"], ["too_many", "not_an_option", "not_an_option"]),
        ({"min_items": 2}, [], []),
        ({}, "calm", ["wrong_type"]),
        ({}, [["calm"]], ["wrong_type"]),
    ],
)
def test_rules_of_several_options(rules: dict[str, Any], value: JsonValue, codes: list[str]) -> None:
    assert checked(field("multiselect", options=MOODS, **rules), value)[1] == codes


@pytest.mark.parametrize("value", ["red", "#fff", "#1234567", "1E90FF", "#GGGGGG", 5, ["#000000"], "#000000\n#000000"])
def test_a_color_has_six_digits(value: JsonValue) -> None:
    assert checked(field("color"), value) == (None, ["not_a_color"])


@pytest.mark.parametrize("value", [0, 1, "true", "", []])
def test_a_boolean_is_true_or_false_and_nothing_like_it(value: JsonValue) -> None:
    assert checked(field("boolean"), value) == (False, ["wrong_type"])


def test_a_picture_is_an_asset_and_keeps_only_what_an_asset_has() -> None:
    assert checked(field("image"), {**ASSET, "dataUrl": "data:", "path": "/etc"}) == (ASSET, [])
    without_name = {key: value for key, value in ASSET.items() if key != "name"}
    assert checked(field("image"), without_name) == ({**ASSET, "name": None}, [])
    assert checked(field("images", min_items=1, max_items=2), [ASSET, ASSET]) == ([ASSET, ASSET], [])


@pytest.mark.parametrize(
    ("rules", "change", "codes"),
    [
        ({"accept": ("image/jpeg",)}, {}, ["not_accepted"]),
        ({}, {"mimeType": "image/gif"}, ["not_accepted"]),
        ({"max_bytes": 299}, {}, ["too_big"]),
        ({"max_bytes": 300}, {}, []),
        ({"max_bytes": 1, "accept": ("image/jpeg",)}, {}, ["not_accepted", "too_big"]),
        ({}, {"sha256": None}, ["wrong_type"]),
        ({}, {"width": "10"}, ["wrong_type"]),
        ({}, {"bytes": True}, ["wrong_type"]),
    ],
)
def test_rules_of_a_picture(rules: dict[str, Any], change: JsonObject, codes: list[str]) -> None:
    assert checked(field("image", **rules), {**ASSET, **change})[1] == codes
    assert checked(field("images", **rules), [{**ASSET, **change}])[1] == codes


def test_too_many_pictures_and_no_picture_at_all() -> None:
    assert checked(field("images", max_items=1), [ASSET, ASSET])[1] == ["too_many"]
    assert checked(field("image"), "cat.png")[1] == ["wrong_type"]
    assert checked(field("images"), ASSET)[1] == ["wrong_type"]


def test_every_error_is_told_at_once_in_the_words_of_the_form() -> None:
    fields = [
        FormField(name="prompt", label="Prompt", type="textarea", validation=Validation(required=True)),
        FormField(name="pages", label="Pages", type="number", validation=Validation(min=2, max=12, step=1)),
        FormField(name="mood", label="Mood", type="select", options=MOODS),
        FormField(
            name="name",
            label="Name",
            type="text",
            validation=Validation(min_length=4, pattern="[A-Z].*", pattern_message="Begin with a capital letter."),
        ),
        FormField(name="code", label="Code", type="text", validation=Validation(pattern="(")),
    ]
    values = {"pages": 1.5, "mood": "calmer", "name": "ab", "code": "x", "promt": "A cat"}
    _, errors = validate(fields, values, fill=False)
    assert [(error.field, error.code, error.message) for error in errors] == [
        ("promt", "unknown_field", "There is no field 'promt' in this form. Did you mean prompt?"),
        ("prompt", "required", "Prompt: must be filled in."),
        ("pages", "too_small", "Pages: must be at least 2, is 1.5."),
        ("pages", "step", "Pages: must be in steps of 1 from 2 on, is 1.5."),
        ("mood", "not_an_option", "Mood: has no option 'calmer'. Did you mean 'calm'?"),
        ("name", "too_short", "Name: needs at least 4 characters, has 2."),
        ("name", "pattern", "Begin with a capital letter."),
        (
            "code",
            "pattern",
            "Code: cannot be checked: the workflow's pattern '(' is broken"
            " (missing ), unterminated subpattern at position 0).",
        ),
    ]
    assert errors[0].to_json() == {
        "field": "promt",
        "code": "unknown_field",
        "message": "There is no field 'promt' in this form. Did you mean prompt?",
    }


def test_an_unknown_name_far_from_all_is_told_with_the_names_there_are() -> None:
    (error,) = validate([field("text")], {"zzz": 1}, fill=False)[1]
    assert error.message == "There is no field 'zzz' in this form. Fields: it."


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", " as typed ", " as typed "),
        ("textarea", "a\nb", "a\nb"),
        ("number", "6", 6),
        ("number", " -2.50 ", -2.5),
        ("number", "6.0", 6),
        ("number", "1e3", 1000),
        ("number", "", None),
        ("boolean", "yes", True),
        ("boolean", "TRUE", True),
        ("boolean", "on", True),
        ("boolean", "1", True),
        ("boolean", "no", False),
        ("boolean", "false", False),
        ("boolean", "off", False),
        ("boolean", "0", False),
        ("boolean", "", None),
        ("select", "calm", "calm"),
        ("select", "quiet", "calm"),
        ("select", "2", "wild"),
        ("radio", "loud, and fast", "wild"),
        ("select", "", ""),
        ("multiselect", "calm, wild", ["calm", "wild"]),
        ("multiselect", "1,2", ["calm", "wild"]),
        ("multiselect", "Loud, and fast", ["wild"]),
        ("multiselect", "", []),
        ("color", " #000000 ", "#000000"),
        ("color", "", None),
    ],
)
def test_a_text_from_a_terminal_becomes_a_value(kind: FieldType, typed: str, value: JsonValue) -> None:
    one = field(kind, options=MOODS)
    converted = convert(one, typed)
    assert (converted, type(converted)) == (value, type(value))
    assert checked(one, converted)[1] == []


def test_an_option_is_its_value_before_it_is_a_number() -> None:
    one = field("select", options=SIZES)
    assert convert(one, "2") == "2"
    assert convert(one, "1") == 1
    assert convert(one, "3") == "2"
    assert convert(one, "2.5") == 2.5


@pytest.mark.parametrize(
    ("kind", "typed", "code", "message"),
    [
        ("number", "six", "not_a_number", "It: must be a number such as 3 or 2.5, is 'six'."),
        ("number", "2,5", "not_a_number", "It: must be a number such as 3 or 2.5, is '2,5'."),
        ("number", "1_000", "not_a_number", "It: must be a number such as 3 or 2.5, is '1_000'."),
        ("number", "nan", "not_a_number", "It: must be a number such as 3 or 2.5, is 'nan'."),
        ("number", "1e999", "not_a_number", "It: must be a number such as 3 or 2.5, is '1e999'."),
        ("boolean", "maybe", "wrong_type", "It: must be yes or no, is 'maybe'."),
        ("select", "clam", "not_an_option", "It: has no option 'clam'. Did you mean 'calm'?"),
        ("select", "3", "not_an_option", "It: has no option '3'. Options: calm, wild."),
        ("select", "0", "not_an_option", "It: has no option '0'. Options: calm, wild."),
        ("multiselect", "calm,x", "not_an_option", "It: has no option 'x'. Options: calm, wild."),
        ("image", "a.png", "wrong_type", "It: takes a picture, not a text: name a file."),
        ("images", "a.png", "wrong_type", "It: takes a picture, not a text: name a file."),
        ("hidden", "x", "wrong_type", "It: is filled in by the workflow itself: leave it out."),
    ],
)
def test_a_text_that_is_no_value_is_refused(kind: FieldType, typed: str, code: str, message: str) -> None:
    with pytest.raises(FormValueError) as caught:
        convert(field(kind, options=MOODS), typed)
    assert caught.value.error == FieldError(field="it", code=caught.value.error.code, message=message)
    assert caught.value.error.code == code
    assert caught.value.message == message


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "required": st.booleans(),
        "min_length": st.integers(0, 5),
        "max_length": st.integers(0, 5),
        "pattern": st.text(alphabet="ab(|)*+[]$^\\", max_size=6),
        "min": st.floats(allow_nan=False, allow_infinity=False),
        "step": st.floats(min_value=0.001, max_value=100),
        "min_items": st.integers(0, 3),
    },
)


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")  # random patterns look like ones to come
@given(st.sampled_from(KINDS), RULES, ANYTHING, ANYTHING, st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_value_is_accepted_or_told_about(
    kind: FieldType, rules: dict[str, Any], value: JsonValue, default: JsonValue, fill: bool
) -> None:
    one = field(kind, options=SIZES, default=default, **rules)
    clean, errors = validate([one], {"it": value}, fill=fill)
    assert set(clean) == {"it"}
    assert all(error.message for error in errors)
    if not errors:
        # What was cleaned once stays as it is.
        assert validate([one], clean, fill=fill) == (clean, ())
