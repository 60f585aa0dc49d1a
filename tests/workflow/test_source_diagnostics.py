from __future__ import annotations

import re
from pathlib import Path

import pytest

from limner.workflow import load as load_module
from workflow.diagnostic_cases import Case

CASES = [
    Case(
        code="E100",
        text='{"id": "w",\n "name": \'W\'}',
        line=2,
        column=10,
        at="'W'}",
        message='Not JSON: expected a value, found "\'".',
        hint='Text stands in straight double quotes: "so".',
    ),
    Case(
        code="E100",
        text='{"id": "w"\n "name": "W"}',
        line=2,
        column=2,
        at='"name": "W"}',
        message='Not JSON: expected "," or "}", found "\\"".',
        hint="A comma is missing before this.",
    ),
    Case(
        code="E100",
        text='{"id": NaN}',
        line=1,
        column=8,
        at="NaN}",
        message='Not JSON: expected a value, found "NaN".',
        hint="A number is written in decimal digits, such as 12, -3 or 0.5.",
    ),
    Case(
        code="E100",
        text='{"id": True}',
        line=1,
        column=8,
        at="True}",
        message='Not JSON: expected a value, found "True".',
        hint="Write true, false, null, a number, or text in double quotes.",
    ),
    Case(
        code="E100",
        text="{id: 1}",
        line=1,
        column=2,
        at="id: 1}",
        message='Not JSON: expected a key in double quotes or "}", found "i".',
        hint="Put keys in double quotes.",
    ),
    Case(
        code="E100",
        text='{"id" 1}',
        line=1,
        column=7,
        at="1}",
        message='Not JSON: expected ":" after the key, found "1".',
    ),
    Case(
        code="E100",
        text='{"id": "w"} {}',
        line=1,
        column=13,
        at="{}",
        message='Not JSON: expected the end of the file, found "{".',
        hint="A file holds one object and nothing after it.",
    ),
    Case(
        code="E100",
        text='{"id": "w" /* no end',
        line=1,
        column=12,
        at="/* no end",
        message="Not JSON: the comment that begins here has no end.",
        hint="End it with */.",
    ),
    Case(
        code="E100",
        text='{"id": "no end',
        line=1,
        column=8,
        at='"no end',
        message="Not JSON: the string that begins here has no end.",
        hint='End it with a double quote; write a double quote inside as \\".',
    ),
    Case(
        code="E100",
        text='{"id": "two\nlines"}',
        line=1,
        column=12,
        at="",
        message="Not JSON: a line break cannot stand inside a string.",
        hint="Write a line break as \\n and a tab as \\t, or end the string with a double quote.",
    ),
    Case(
        code="E100",
        text='{"id": "\\q"}',
        line=1,
        column=9,
        at='\\q"}',
        message="Not JSON: expected an escape after the backslash.",
        hint='After a backslash may stand one of " \\ / b f n r t, or u and four hexadecimal digits.',
    ),
    Case(
        code="E100",
        text='{"id": 1e999}',
        line=1,
        column=8,
        at="1e999}",
        message="Not JSON: this number is too large to be read.",
    ),
    Case(
        code="E100",
        text="",
        line=1,
        column=1,
        at="",
        message="Not JSON: there is nothing in the file.",
        hint="A workflow has at least an id, a name and stages.",
    ),
    Case(
        code="E101",
        text='{"id": "w",\n "id": "v"}',
        line=2,
        column=2,
        at='"id": "v"}',
        message='The key "id" stands twice in one object: first on line 1.',
        hint="Keep one of them.",
    ),
    Case(
        code="E102",
        text='{"a":' + "[" * 64,
        line=1,
        column=69,
        at="[",
        message="Objects and arrays stand more than 64 levels deep.",
        hint="Move the innermost part further out.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.message[:40]}")
def test_each_finding_has_its_words_and_its_place(case: Case) -> None:
    case.check()


def test_the_table_has_every_code_that_the_reader_can_give() -> None:
    text = (Path(load_module.__file__).parent / "source.py").read_text(encoding="utf-8")
    assert {case.code for case in CASES} == set(re.findall(r'"([EWI][0-9]{3})"', text))
