from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner._json import JsonValue
from limner.workflow.filters import ARGUMENTS, FilterError
from limner.workflow.template import TemplateError, Unresolved, parse, render
from workflow.template_samples import Attached, Tree, filled


@pytest.mark.parametrize(
    ("filters", "value", "expected"),
    [
        ('default:"x"', None, "x"),
        ('default:"x"', "", "x"),
        ('default:"x"', "y", "y"),
        ('default:"x"', [], ""),
        ('default:"x"', 0, "0"),
        ('default:"x"', False, "false"),
        ('default:""', None, ""),
        ('default:"x" | upper', None, "X"),
        ('upper | default:"x"', None, "x"),
        ('trim | default:"x"', "  ", "x"),
        ("optional", 0, "0"),
        ("optional", False, "false"),
        ("optional", "y", "y"),
        ('join:"; "', ["a", 2, True], "a; 2; true"),
        ('join:""', ["a", "b"], "ab"),
        ('join:"; "', "a", "a"),
        ('join:"; "', [{"a": 1}], '[{"a":1}]'),
        ("json", "a\"b", '"a\\"b"'),
        ("json", {"a": [1, None]}, '{"a":[1,null]}'),
        ("json", [], "[]"),
        ("json | upper", {"a": 1}, '{"A":1}'),
        ("trim", " \n a b\t", "a b"),
        ("lower", "ÄB", "äb"),
        ("upper", "äb", "ÄB"),
        ("upper", ["a", "b"], "A, B"),
        ("truncate:3", "abc", "abc"),
        ("truncate:3", "abcd", "ab…"),
        ("truncate:1", "abcd", "…"),
        ("truncate:0", "abcd", ""),
        ("truncate:2", "😀😀😀", "😀…"),
        ("truncate:2", 12345, "1…"),
        ("quote", 'He said "no"', "\"He said 'no'\""),
        ("quote", "", '""'),
    ],
)  # fmt: skip
def test_each_filter_does_what_it_is_named_for(filters: str, value: JsonValue, expected: str) -> None:
    assert filled(f"{{{{v | {filters}}}}}", value) == expected


@pytest.mark.parametrize("value", [None, "", [], "auto", "model_default"])
def test_optional_removes_the_line_of_what_is_empty(value: JsonValue) -> None:
    assert filled("a\nb {{v | optional}}\nc", value, sentinel=True) == "a\nc"


@pytest.mark.parametrize("value", ["auto", "model_default"])
def test_a_sentinel_counts_as_empty_only_where_it_is_one(value: str) -> None:
    assert filled('{{v | default:"x"}}', value, sentinel=True) == "x"
    assert filled('{{v | default:"x"}}', value) == value
    assert filled("{{v | optional}}", value) == value


def test_a_default_that_looks_like_a_sentinel_is_text() -> None:
    assert filled('{{v | default:"auto"}}', None, sentinel=True) == "auto"


@pytest.mark.parametrize("filters", ["json", "trim", "lower", "upper", "quote", "truncate:3", 'join:"x"'])
def test_only_default_and_optional_survive_a_missing_value(filters: str) -> None:
    template = parse(f"{{{{v | {filters}}}}}")
    for tree in ({}, {"v": None}):
        with pytest.raises(Unresolved):
            render(template, Tree(tree), Attached())
    assert render(parse(f'{{{{v | {filters} | default:"x"}}}}'), Tree({}), Attached()) == "x"
    assert render(parse(f"{{{{v | {filters} | optional}}}}"), Tree({}), Attached()) == ""


@pytest.mark.parametrize(
    ("written", "message", "near"),
    [
        ("uper", "there is no filter 'uper'. Did you mean upper?", ("upper",)),
        ("exec", "there is no filter 'exec'.", ()),
        ("Trim", "there is no filter 'Trim'. Did you mean trim?", ("trim",)),
        ("trim:1", "the filter 'trim' takes no argument.", ()),
        ("truncate", "the filter 'truncate' takes a whole number, as in truncate:200.", ()),
        ('truncate:"2"', "the filter 'truncate' takes a whole number, as in truncate:200.", ()),
        ("default", "the filter 'default' takes a text in double quotes, as in default:\"…\".", ()),
        ("join:2", "the filter 'join' takes a text in double quotes, as in join:\"…\".", ()),
    ],
)  # fmt: skip
def test_an_unknown_filter_or_a_wrong_argument_is_told_when_read(
    written: str, message: str, near: tuple[str, ...]
) -> None:
    with pytest.raises(FilterError) as caught:
        parse(f"{{{{v| {written}}}}}")
    said, dot, guess = message.partition(".")
    assert caught.value.message == f"In the template {said} (line 1, column 6 of the template){dot}{guess}"
    assert caught.value.near == near
    assert isinstance(caught.value, TemplateError)


def test_the_set_of_filters_is_closed() -> None:
    assert sorted(ARGUMENTS) == [
        "default",
        "join",
        "json",
        "lower",
        "optional",
        "quote",
        "trim",
        "truncate",
        "upper",
    ]


@given(st.text(), st.integers(min_value=0, max_value=20))
def test_truncate_never_gives_more_than_asked_and_keeps_the_beginning(text: str, most: int) -> None:
    cut = filled(f"{{{{v | truncate:{most}}}}}", text)
    assert len(cut) <= most
    assert text.startswith(cut.removesuffix("…")) or cut == text


@given(st.text())
def test_quoted_text_has_quotes_only_at_its_ends(text: str) -> None:
    assert '"' not in filled("{{v | quote}}", text)[1:-1]
