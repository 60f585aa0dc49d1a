from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.core.size import AspectRatio
from limner.prompts.finding import LEVELS, Family, PromptContext
from limner.prompts.lint import RULES, lint
from prompts.vectors import VECTORS, Case

QUOTED_BY_GOOGLE = (
    "A photo of a modern building with water in the background",
    "close-up photo of coffee beans on a wooden table",
    "zoomed out photo of a small bag of coffee beans in a messy kitchen",
    "aerial photo of urban city with skyscrapers",
    "studio photo of a modern arm chair, natural lighting, in a loft",
    "photo of a city with skyscrapers from the inside of a car with motion blur",
    "soft focus photograph of a bridge in an urban city at night",
    "photo of a leaf on a table, macro lens",
    "street photography in new york city, fisheye lens",
    "black and white photo portrait of a man on a bench",
    "polaroid portrait of a dog wearing sunglasses on a beach",
    "A technical pencil drawing of an angular sporty electric sedan with skyscrapers in the background",
    "a painting of a city in the style of an impressionist painting at dusk",
    'A poster with the text "Summerland" in bold font, underneath this text is the slogan "Summer never felt so good"',
    "A photo of a corn stalk taken by a professional photographer in a field",
    'A minimalist logo for a health care company on a solid color background. Include the text "Journey".',
)
TEMPLATES = (
    "A photorealistic close-up portrait of an elderly Japanese ceramicist in his rustic workshop, in soft light.",
    "A kawaii-style sticker of a happy red panda wearing a tiny bamboo hat on a white background.",
    'Create a modern, minimalist logo for a coffee shop called "The Daily Grind" in a clean, bold, sans-serif font.',
    "A high-resolution, studio-lit product photograph of a ceramic mug on a concrete surface.",
    "A minimalist composition with a single red maple leaf in the bottom-right of the frame on an off-white canvas.",
    "A single comic book panel in a gritty noir art style with a detective under a street lamp.",
)


def rules(case: Case) -> set[str]:
    text, context = case
    return {finding.rule for finding in lint(text, context)}


@pytest.mark.parametrize(("rule", "fires", "quiet"), VECTORS, ids=[rule for rule, _, _ in VECTORS])
def test_each_rule_fires_where_it_must_and_nowhere_else(rule: str, fires: Case, quiet: Case) -> None:
    assert rule in rules(fires)
    assert rule not in rules(quiet)


def test_every_rule_has_its_prompts() -> None:
    assert [rule.id for rule in RULES] == [rule for rule, _, _ in VECTORS] == [f"PL{n:03}" for n in range(1, 46)]


@pytest.mark.parametrize("prompt", QUOTED_BY_GOOGLE)
def test_what_googles_guide_shows_is_not_warned_of(prompt: str) -> None:
    found = lint(prompt, PromptContext(family="imagen"))
    assert [finding for finding in found if finding.level != "info"] == []


@pytest.mark.parametrize("prompt", TEMPLATES)
def test_good_prompts_for_gemini_are_not_warned_of(prompt: str) -> None:
    assert [finding for finding in lint(prompt) if finding.level != "info"] == []


def test_english_words_are_not_looked_for_in_chinese() -> None:
    assert lint("生成一张简洁的 Api.Go 产品海报", PromptContext(language="zh")) == ()
    assert lint("生成一张简洁的 Api.Go 产品海报") == ()


def test_a_rule_can_be_switched_off_but_not_those_that_guard() -> None:
    off = frozenset(rule.id for rule in RULES)
    assert lint("a photo of a street with no cars", PromptContext(off=off)) == ()
    assert [finding.rule for finding in lint(" ", PromptContext(off=off))] == ["PL001"]
    assert "PL039" in {finding.rule for finding in lint("sk-abcdefghijklmnopqrst", PromptContext(off=off))}


def test_errors_come_before_warnings_and_infos() -> None:
    found = lint("a {thing} with no cars and no people, 4K")
    assert [finding.level for finding in found] == sorted((finding.level for finding in found), key=LEVELS.index)


@pytest.mark.parametrize(("rule", "fires", "_quiet"), VECTORS, ids=[rule for rule, _, _ in VECTORS])
def test_a_fix_of_the_text_removes_what_it_fixes(rule: str, fires: Case, _quiet: Case) -> None:
    text, context = fires
    finding = next(finding for finding in lint(text, context) if finding.rule == rule)
    if finding.fix is None or finding.fix.edit is None or finding.fix.edit.setting is not None:
        return
    after = finding.fix.edit.applied(text)
    assert len([each for each in lint(after, context) if each.rule == rule]) < len(
        [each for each in lint(text, context) if each.rule == rule]
    )


CONTEXTS = st.builds(
    PromptContext,
    family=st.sampled_from(["imagen", "gemini-2.0", "gemini-2.5", "gemini-3", "gemini-3.1"]),
    operation=st.sampled_from(["generate", "edit", "refine", "restyle"]),
    images=st.integers(0, 16),
    ratio=st.sampled_from([None, *map(AspectRatio.parse, ("1:1", "16:9", "9:16", "8:1"))]),
    negative=st.sampled_from(["", "blurry", "text, cars"]),
    person=st.sampled_from([None, "dont_allow", "allow_adult", "allow_all"]),
    language=st.sampled_from(["en", "de", "zh-CN"]),
)
FRAGMENTS = st.lists(
    st.sampled_from(
        ['"', "“", "”", "「", "'", "{a}", "[b]", "photo", "macro", "no ", "16:9", "image 3", ",", " ", "猫", "\n"]
    )
    | st.text(max_size=8),
    max_size=60,
).map("".join)


@given(FRAGMENTS, CONTEXTS)
@settings(max_examples=300, deadline=None)
def test_any_text_is_judged_with_places_inside_it_and_the_same_way_twice(text: str, context: PromptContext) -> None:
    found = lint(text, context)
    assert found == lint(text, context)
    for finding in found:
        assert 0 <= finding.start <= finding.end <= len(text)
        assert finding.message


@pytest.mark.parametrize("family", ["imagen", "gemini-2.5", "gemini-3"])
def test_a_very_long_text_is_judged(family: Family) -> None:
    text = 'A photo of a "cat" on a mat, soft light; no cars at 16:9. ' * 140
    assert lint(text, PromptContext(family=family))
