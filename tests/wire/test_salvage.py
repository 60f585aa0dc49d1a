from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.wire.salvage import salvage_text

VALUES = st.recursive(
    st.one_of(st.text(max_size=5), st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)
REFERENCE = f"blob:{'ab' * 32}?size=123&as=base64"


@given(st.lists(VALUES.filter(lambda value: isinstance(value, (dict, list))), max_size=3), st.sampled_from([None, 1]))
def test_a_whole_text_is_read_as_the_json_module_reads_it(values: list[Any], indent: int | None) -> None:
    assert salvage_text("\n".join(json.dumps(value, indent=indent) for value in values)) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("{", [{}]),
        ('{"a', [{}]),
        ('{"a"', [{}]),
        ('{"a":', [{}]),
        ('{"a": 1', [{}]),
        ('{"a": 1,', [{"a": 1}]),
        ('{"a": tru', [{}]),
        ('{"a": true ', [{"a": True}]),
        ('{"a": "The pict', [{"a": "The pict"}]),
        ('{"a": "é\\', [{"a": "é"}]),
        ('{"a": "x\\u00', [{"a": "x"}]),
        ('{"a": "x\\\\', [{"a": "x\\"}]),
        ('{"a": "x\\q', [{"a": "x"}]),
        ('{"a": "', [{"a": ""}]),
        ('[{"a": [1, {"b": "c"', [[{"a": [1, {"b": "c"}]}]]),
        ('{"a": 1}{"b": [2,', [{"a": 1}, {"b": [2]}]),
    ],
)
def test_a_cut_text_is_closed_where_it_ends(text: str, values: list[Any]) -> None:
    assert salvage_text(text) == values


def test_a_reference_is_read_exactly_if_all_of_it_is_there() -> None:
    whole = f'{{"data": "{REFERENCE}"'
    assert salvage_text(whole) == [{"data": REFERENCE}]
    for cut in range(len('{"data": "') + 1, len(whole)):
        assert salvage_text(whole[:cut]) == [{}]


def test_escaped_text_is_kept_although_it_is_cut() -> None:
    assert salvage_text('{"text": "blob:=blob:x') == [{"text": "blob:=blob:x"}]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"a": 1,, "b": 2}', [{"a": 1, "b": 2}]),
        ('{"a": , "b": 2}', [{"b": 2}]),
        ('{"a": nonsense, "b": 2}', [{"b": 2}]),
        ('{"a": [1}, 2], "b": 3}', [{"a": [1, 2], "b": 3}]),
        ('{1: 2, "b": 3}', [{"b": 3}]),
        ('junk "x" 5 {"a": 1} ]', [{"a": 1}]),
        (f"[{'9' * 5000}, 1]", [[1]]),
    ],
)
def test_what_does_not_fit_is_left_out(text: str, values: list[Any]) -> None:
    assert salvage_text(text) == values


def test_what_is_nested_absurdly_deep_is_left_out() -> None:
    text = '{"a": ' + "[" * 100_000 + "1" + "]" * 100_000 + ', "b": 2}'
    (value,) = salvage_text(text)
    assert value["b"] == 2
    assert json.dumps(value).count("[") == 199


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from([*'{}[],:"\\ u1e-\n', "\\u00", '"a"', "tru", "é", "\ud800"])).map("".join))
def test_any_text_is_read_without_an_error(text: str) -> None:
    json.dumps(salvage_text(text))
