from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.catalog.catalog import load, unknown_model
from limner.catalog.model import Model
from limner.catalog.prices import cost, quote, usd_text
from limner.core.blob import BlobRef
from limner.core.parts import ImagePart, TextPart, Turn
from limner.core.request import GenerateRequest
from limner.core.result import Usage
from limner.core.size import Resolution

FOX = GenerateRequest(model="m", prompt="a red fox in the snow, please!!!")  # 32 characters: 8 tokens
PICTURE = ImagePart(blob=BlobRef(sha256="0" * 64, size=1000), mime_type="image/png")


def named(model_id: str) -> Model:
    return load().get(model_id)


def picture_usd(model_id: str, resolution: Resolution) -> str | None:
    lines = quote(named(model_id), replace(FOX, resolution=resolution)).lines
    return usd_text(next(line.usd for line in lines if line.item == "pictures"))


@pytest.mark.parametrize(
    ("model", "resolution", "usd"),
    [
        ("gemini-2.5-flash-image", Resolution.R1K, "0.038700"),
        ("gemini-3-pro-image", Resolution.R1K, "0.134400"),
        ("gemini-3-pro-image", Resolution.R2K, "0.134400"),
        ("gemini-3-pro-image", Resolution.R4K, "0.240000"),
        ("gemini-3.1-flash-image", Resolution.R512, "0.044820"),
        ("gemini-3.1-flash-image", Resolution.R1K, "0.067200"),
        ("gemini-3.1-flash-image", Resolution.R2K, "0.100800"),
        ("gemini-3.1-flash-image", Resolution.R4K, "0.151200"),
        ("gemini-3.1-flash-lite-image", Resolution.R1K, "0.033600"),
        ("gemini-nano-banana-2.1", Resolution.R1K, "0.033600"),
        ("gemini-nano-banana-2.1", Resolution.R2K, "0.050400"),
        ("gemini-nano-banana-2.1", Resolution.R4K, "0.075600"),
        ("gemini-2.0-flash-preview-image-generation", Resolution.R1K, "0.039000"),
        ("imagen-4.0-fast-generate-001", Resolution.R1K, "0.020000"),
        ("imagen-4.0-generate-001", Resolution.R2K, "0.040000"),
        ("imagen-4.0-ultra-generate-001", Resolution.R1K, "0.060000"),
        ("imagen-3.0-generate-002", Resolution.R1K, "0.040000"),
        ("sandbox-1", Resolution.R4K, "0.000000"),
    ],
)
def test_a_picture_costs_what_its_tokens_cost(model: str, resolution: Resolution, usd: str) -> None:
    assert picture_usd(model, resolution) == usd


def test_the_expected_price_is_the_picture_and_the_prompt() -> None:
    priced = quote(named("gemini-3.1-flash-image"), FOX)
    assert priced.expected_usd == Decimal("0.0672") + Decimal("0.000004")


def test_input_pictures_count_as_tokens() -> None:
    priced = quote(named("gemini-3-pro-image"), replace(FOX, images=(PICTURE, PICTURE)))
    assert priced.lines[1].count == 8 + 2 * 560
    assert priced.lines[1].usd == Decimal("0.002256")


def test_earlier_turns_count_as_tokens() -> None:
    turns = (Turn(role="user", parts=(TextPart(text="a fox in a hat!!"),)), Turn(role="model", parts=(PICTURE,)))
    priced = quote(named("gemini-3.1-flash-image"), replace(FOX, history=turns))
    assert priced.lines[1].count == 12 + 1120


def test_several_pictures_cost_as_many_times_as_much() -> None:
    one, four = (quote(named("gemini-nano-banana-2.1"), FOX, count).expected_usd for count in (1, 4))
    assert one is not None
    assert four == 4 * one


def test_a_batch_costs_half() -> None:
    priced = quote(named("gemini-3.1-flash-image"), FOX, batch=True)
    assert priced.expected_usd == (Decimal("0.0672") + Decimal("0.000004")) / 2


def test_the_upper_estimate_holds_4096_tokens_of_thinking_and_four_times_the_input() -> None:
    priced = quote(named("gemini-nano-banana-2.1"), FOX)
    assert priced.upper_usd == Decimal("0.0336") + Decimal("0.00003072") * 1000 + Decimal("0.000048")


def test_the_upper_estimate_never_exceeds_the_output_limit() -> None:
    priced = quote(named("gemini-3.1-flash-lite-image"), FOX)
    assert priced.upper_usd == Decimal("0.0336") + (4096 - 1120) * Decimal("0.0000015") + 32 * Decimal("0.00000025")


@given(st.text(max_size=300), st.integers(1, 100), st.sampled_from(load().models()))
def test_the_upper_estimate_is_never_below_the_expected_price(prompt: str, count: int, model: Model) -> None:
    priced = quote(model, replace(FOX, prompt=prompt), count)
    assert (priced.expected_usd is None) == (priced.upper_usd is None)
    assert priced.expected_usd is None or priced.upper_usd is None or priced.expected_usd <= priced.upper_usd


def test_the_sandbox_costs_exactly_nothing() -> None:
    priced = quote(named("sandbox-1"), replace(FOX, images=(PICTURE,)), 10)
    assert priced.expected_usd == Decimal(0)
    assert priced.upper_usd == Decimal(0)


def test_the_price_of_an_unknown_model_is_unknown_and_not_zero() -> None:
    priced = quote(unknown_model("relay-model"), FOX)
    assert priced.expected_usd is None
    assert priced.upper_usd is None
    assert priced.why_unknown == "no price is known for model 'relay-model'"


def test_the_price_at_a_resolution_nobody_priced_is_unknown() -> None:
    assert quote(named("gemini-nano-banana-2.1"), replace(FOX, resolution=Resolution.R512)).expected_usd is None


WORDS = replace(FOX, image=False)


def test_words_of_a_model_that_writes_are_a_thousand_tokens_and_never_more_than_8192() -> None:
    priced = quote(named("gemini-3.5-flash"), WORDS, 2)
    assert [(line.item, line.count) for line in priced.lines] == [("text tokens", 2000), ("input tokens", 16)]
    assert priced.expected_usd == 2 * (Decimal("0.009") + Decimal("0.000012"))
    assert priced.upper_usd == 2 * (8192 * Decimal("0.000009") + Decimal("0.000048"))


def test_words_of_a_model_that_draws_are_few_and_json_is_more() -> None:
    model = named("gemini-nano-banana-2.1")
    assert [quote(model, each).lines[0].count for each in (WORDS, replace(WORDS, schema={}))] == [200, 1000]


def test_a_limit_that_is_asked_for_bounds_the_estimate() -> None:
    priced = quote(named("gemini-3.5-flash"), replace(WORDS, parameters=(("maxOutputTokens", 300),)))
    assert priced.lines[0].count == 300
    assert priced.upper_usd == 300 * Decimal("0.000009") + Decimal("0.000048")


def test_a_picture_of_a_model_that_only_writes_has_no_price() -> None:
    assert quote(named("gemini-3.5-flash"), FOX).expected_usd is None


def test_words_that_nobody_priced_are_unknown() -> None:
    priced = quote(named("gemini-2.0-flash-preview-image-generation"), WORDS)
    assert priced.why_unknown is not None
    assert priced.why_unknown.endswith("in words")


def test_words_cost_what_was_counted() -> None:
    usage = Usage(input_tokens=1000, output_tokens=500, thought_tokens=100, total_tokens=1600)
    assert cost(named("gemini-3.5-flash"), usage, images=0).usd == Decimal("0.0015") + 600 * Decimal("0.000009")
    assert cost(named("gemini-3.5-flash"), usage, images=0, batch=True).usd == Decimal("0.00345")


def test_a_batch_that_nobody_priced_is_unknown() -> None:
    assert quote(named("imagen-4.0-generate-001"), FOX, batch=True).expected_usd is None


def test_a_quote_as_json_has_dollars_with_six_decimals() -> None:
    assert quote(named("gemini-3.1-flash-image"), FOX, 2).to_json() == {
        "count": 2,
        "expectedUsd": "0.134408",
        "upperUsd": "0.159008",
        "lines": [
            {"item": "pictures", "count": 2, "usd": "0.134400"},
            {"item": "input tokens", "count": 16, "usd": "0.000008"},
        ],
        "whyUnknown": None,
    }


def test_an_unknown_price_is_null_in_json() -> None:
    assert quote(unknown_model("x"), FOX).to_json()["expectedUsd"] is None


COUNTED = Usage(input_tokens=1000, output_tokens=1690, output_image_tokens=1680, thought_tokens=490, total_tokens=3180)


def test_the_cost_is_counted_by_kind_of_token() -> None:
    billed = cost(named("gemini-nano-banana-2.1"), COUNTED, images=1)
    assert billed.basis == "tokens"
    assert [(line.item, line.count, usd_text(line.usd)) for line in billed.lines] == [
        ("picture tokens", 1680, "0.050400"),
        ("text and thinking tokens", 500, "0.003750"),
        ("input tokens", 1000, "0.001500"),
    ]
    assert billed.usd == Decimal("0.05565")


def test_tokens_of_tools_count_as_input() -> None:
    billed = cost(named("gemini-nano-banana-2.1"), Usage(output_tokens=1, input_tokens=10, tool_tokens=90), images=0)
    assert billed.lines[-1].count == 100


def test_the_flex_tier_costs_half() -> None:
    billed = cost(named("gemini-nano-banana-2.1"), replace(COUNTED, service_tier="FLEX"), images=1)
    assert billed.usd == Decimal("0.027825")


def test_the_cost_of_the_priority_tier_is_unknown() -> None:
    billed = cost(named("gemini-nano-banana-2.1"), replace(COUNTED, service_tier="ON_DEMAND_PRIORITY"), images=1)
    assert billed.usd is None
    assert billed.basis == "unknown"


@pytest.mark.parametrize("tier", ["standard", "ON_DEMAND", None])
def test_the_ordinary_tiers_cost_the_full_price(tier: str | None) -> None:
    billed = cost(named("gemini-nano-banana-2.1"), replace(COUNTED, service_tier=tier), images=1)
    assert billed.usd == Decimal("0.05565")


def test_output_that_was_not_split_is_split_by_the_documented_tokens() -> None:
    usage = Usage(input_tokens=0, output_tokens=1700)
    billed = cost(named("gemini-nano-banana-2.1"), usage, images=1, resolution=Resolution.R2K)
    assert [(line.item, line.count) for line in billed.lines] == [
        ("picture tokens", 1680),
        ("text and thinking tokens", 20),
    ]


def test_output_without_a_picture_is_text() -> None:
    billed = cost(named("gemini-nano-banana-2.1"), Usage(input_tokens=4, output_tokens=100), images=0)
    assert billed.usd == Decimal("0.00075") + Decimal("0.000006")


def test_pictures_that_nobody_counted_cost_the_documented_price() -> None:
    billed = cost(named("gemini-3.1-flash-image"), None, images=2, resolution=Resolution.R2K)
    assert billed.basis == "images"
    assert billed.usd == Decimal("0.2016")


def test_imagen_is_billed_by_picture() -> None:
    assert cost(named("imagen-4.0-ultra-generate-001"), None, images=3).usd == Decimal("0.18")
    assert cost(named("imagen-4.0-ultra-generate-001"), None, images=0).usd == Decimal(0)


def test_a_call_that_counted_nothing_and_brought_nothing_has_an_unknown_cost() -> None:
    assert cost(named("gemini-nano-banana-2.1"), None, images=0).usd is None
    assert cost(named("gemini-nano-banana-2.1"), Usage(), images=0).usd is None


def test_a_blocked_prompt_costs_its_input_at_most() -> None:
    assert cost(named("gemini-nano-banana-2.1"), Usage(input_tokens=100), images=0).usd == Decimal("0.00015")


def test_the_cost_of_an_unknown_model_is_unknown_and_not_zero() -> None:
    billed = cost(unknown_model("relay-model"), COUNTED, images=1)
    assert billed.usd is None
    assert billed.to_json() == {
        "usd": None,
        "basis": "unknown",
        "lines": [],
        "whyUnknown": "no price is known for model 'relay-model'",
    }


def test_the_sandbox_bills_exactly_nothing() -> None:
    assert cost(named("sandbox-1"), COUNTED, images=1).usd == Decimal(0)


def test_half_a_millionth_is_rounded_up() -> None:
    assert usd_text(Decimal("0.0000005")) == "0.000001"


def test_an_unknown_sum_stays_unknown() -> None:
    assert usd_text(None) is None
