from __future__ import annotations

import pytest

from limner.errors import InvalidRequestError
from limner.workflow import starters
from limner.workflow.format import format
from limner.workflow.load import load
from workflow.example_files import places


@pytest.mark.parametrize("connection", ["google", "vertex", "relay", "sandbox"])
@pytest.mark.parametrize("name", starters.names())
def test_a_starter_is_right_on_every_connection(name: str, connection: str) -> None:
    loaded = load(starters.text(name), places(connection), strict=True)
    assert loaded.diagnostics == ()
    assert loaded.workflow is not None
    assert loaded.workflow.id == name
    assert format(loaded.workflow.document) == starters.text(name)


def test_each_starter_says_in_one_line_what_it_makes() -> None:
    lines = starters.names()
    assert 6 <= len(lines) <= 12
    assert [name for name, line in lines.items() if "\n" in line or not 20 <= len(line) <= 100] == []


def test_an_unknown_starter_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidRequestError, match="Accepted: image") as caught:
        starters.text("lgo")
    assert caught.value.code == "workflow.starter"
    assert caught.value.hint == "Did you mean 'logo'?"


def test_a_name_is_never_a_path() -> None:
    with pytest.raises(InvalidRequestError):
        starters.text("../schema")
