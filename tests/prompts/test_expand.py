from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.errors import InvalidRequestError
from limner.prompts.expand import expand


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a fox", ["a fox"]),
        (
            "a {red|blue} fox in {snow|rain}",
            ["a red fox in snow", "a red fox in rain", "a blue fox in snow", "a blue fox in rain"],
        ),
        ("a {very |}small fox", ["a verysmall fox", "a small fox"]),
        ("a {|big} fox", ["a fox", "a big fox"]),
        ("{subject} in {a|b}", ["{subject} in a", "{subject} in b"]),
        ("a {red|red} fox", ["a red fox"]),
        ("a | b", ["a | b"]),
        ("{{a|b}}", ["{a}", "{b}"]),
    ],
)
def test_each_way_to_choose_is_a_prompt(prompt: str, found: list[str]) -> None:
    assert expand(prompt) == found


def test_too_many_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="That makes 1,024 prompts"):
        expand("{a|b}" * 10)


@given(st.text(max_size=60))
def test_any_text_expands(prompt: str) -> None:
    try:
        assert expand(prompt)
    except InvalidRequestError:
        assert prompt.count("|") >= 5
