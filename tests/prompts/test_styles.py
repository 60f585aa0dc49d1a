from __future__ import annotations

import re

import pytest

from limner.errors import InvalidRequestError
from limner.prompts.finding import PromptContext
from limner.prompts.lint import lint
from limner.prompts.styles import find_style, find_styles, groups, styled, styles


def test_every_look_can_be_put_in_both_ways() -> None:
    for style in styles():
        for text in (style.fragment, style.sentence):
            assert text.count("{subject}") == 1, style.id
            assert not re.search(r"\{(?!subject\})", text), style.id
        assert style.sentence.endswith("."), style.id
        assert (style.when, style.source) != ("", ""), style.id
    assert len({style.id for style in styles()}) == len(styles()) >= 50
    assert groups() == ("camera", "light", "lens", "film", "genre", "art", "movement", "material", "use", "quality")


@pytest.mark.parametrize(
    ("prompt", "names", "family", "text"),
    [
        ("A red fox in snow.", "charcoal", "gemini-3.1", "A charcoal drawing of a red fox in snow."),
        (
            "a red fox in snow",
            "golden-hour",
            "gemini-3.1",
            "a red fox in snow. The scene is lit by soft golden hour light.",
        ),
        ("a red fox in snow", "golden-hour,35mm", "imagen", "a red fox in snow, golden hour, 35mm"),
        ("Paris", "aerial", "gemini-3.1", "An aerial photo of Paris."),
        ("A fox. It sleeps.", "watercolor", "gemini-3.1", "A watercolor painting of A fox. It sleeps."),
    ],
)
def test_a_look_is_added_as_the_family_likes_it(prompt: str, names: str, family: str, text: str) -> None:
    assert styled(prompt, find_styles(names), family) == text  # type: ignore[arg-type]


def test_a_group_stands_for_all_of_its_own() -> None:
    assert {style.group for style in find_styles("movement")} == {"movement"}
    assert len(find_styles("movement, charcoal , charcoal")) == 5


def test_a_wrong_name_is_answered_with_near_ones() -> None:
    with pytest.raises(InvalidRequestError, match="Nearest: watercolor") as caught:
        find_style("watercolr")
    assert caught.value.code == "invalid.style"
    assert find_style("Golden Hour").id == "golden-hour"


def test_no_look_trips_the_lint_by_itself() -> None:
    plain = {finding.rule for finding in lint("Generate an image of a red fox in snow.", PromptContext())}
    for style in styles():
        text = styled("Generate an image of a red fox in snow.", (style,), "gemini-3.1")
        found = {finding.rule for finding in lint(text, PromptContext()) if finding.level != "info"}
        assert found <= plain, (style.id, found)
