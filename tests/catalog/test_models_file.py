from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from limner.catalog.catalog import load
from limner.catalog.model import Model
from limner.core.size import AspectRatio, Resolution, Size

R512, R1K, R2K, R4K = Resolution


@pytest.mark.parametrize(
    ("model", "ratio", "resolution", "expected"),
    [
        ("gemini-nano-banana-2.1", "16:9", R1K, Size(1376, 768)),
        ("gemini-nano-banana-2.1", "8:1", R4K, Size(12288, 1536)),
        ("gemini-nano-banana-2.1", "1:1", R512, None),
        ("gemini-3-pro-image", "16:9", R2K, Size(2752, 1536)),
        ("gemini-3-pro-image", "2:3", R4K, Size(3392, 5056)),
        ("gemini-3-pro-image", "1:8", R1K, None),
        ("gemini-3.1-flash-image", "1:1", R512, Size(512, 512)),
        ("gemini-3.1-flash-image", "4:5", R512, Size(464, 576)),
        ("gemini-3.1-flash-image", "21:9", R2K, Size(3168, 1344)),
        ("gemini-3.1-flash-image", "1:8", R1K, Size(384, 3072)),
        ("gemini-3.1-flash-lite-image", "9:16", R1K, Size(768, 1376)),
        ("gemini-3.1-flash-lite-image", "9:16", R2K, None),
        ("gemini-2.5-flash-image", "16:9", R1K, Size(1344, 768)),
        ("gemini-2.5-flash-image", "3:4", R1K, Size(864, 1184)),
        ("gemini-2.5-flash-image", "1:4", R1K, None),
        ("imagen-4.0-generate-001", "4:3", R1K, Size(1280, 896)),
        ("imagen-4.0-generate-001", "16:9", R2K, Size(2816, 1536)),
        ("imagen-4.0-fast-generate-001", "16:9", R2K, None),
        ("sandbox-1", "1:1", R512, Size(512, 512)),
        ("sandbox-1", "8:1", R1K, Size(3072, 384)),
    ],
)
def test_the_documented_sizes_are_in_the_catalog(
    model: str, ratio: str, resolution: Resolution, expected: Size | None
) -> None:
    assert load().get(model).capabilities.expected_size(AspectRatio.parse(ratio), resolution) == expected


@pytest.mark.parametrize(
    ("model", "resolution", "tokens", "usd"),
    [
        ("gemini-nano-banana-2.1", R1K, 1120, "0.0336"),
        ("gemini-nano-banana-2.1", R2K, 1680, "0.0504"),
        ("gemini-nano-banana-2.1", R4K, 2520, "0.0756"),
        ("gemini-nano-banana-2.1", R512, None, None),
        ("gemini-3-pro-image", R1K, 1120, "0.134"),
        ("gemini-3-pro-image", R4K, 2000, "0.24"),
        ("gemini-3.1-flash-image", R512, 747, "0.045"),
        ("gemini-3.1-flash-image", R4K, 2520, "0.151"),
        ("gemini-3.1-flash-lite-image", R1K, 1120, "0.0336"),
        ("gemini-2.5-flash-image", R1K, 1290, "0.039"),
        ("imagen-4.0-fast-generate-001", R1K, None, "0.02"),
        ("imagen-4.0-generate-001", R2K, None, "0.04"),
        ("imagen-4.0-ultra-generate-001", R1K, None, "0.06"),
        ("sandbox-1", R4K, 2520, "0"),
    ],
)
def test_the_documented_prices_are_in_the_catalog(
    model: str, resolution: Resolution, tokens: int | None, usd: str | None
) -> None:
    price = load().get(model).price
    assert price is not None
    assert price.tokens_for(resolution) == tokens
    assert price.usd_for(resolution) == (None if usd is None else Decimal(usd))


@pytest.mark.parametrize(
    ("model", "rates"),
    [
        ("gemini-nano-banana-2.1", ("1.50", "7.50", "30")),
        ("gemini-3-pro-image", ("2.00", "12.00", "120")),
        ("gemini-3.1-flash-image", ("0.50", "3.00", "60")),
        ("gemini-3.1-flash-lite-image", ("0.25", "1.50", "30")),
        ("gemini-2.5-flash-image", ("0.30", "2.50", "30")),
        ("sandbox-1", ("0", "0", "0")),
    ],
)
def test_the_documented_token_prices_are_in_the_catalog(model: str, rates: tuple[str, str, str]) -> None:
    price = load().get(model).price
    assert price is not None
    found = (price.input_per_million, price.text_output_per_million, price.image_output_per_million)
    assert found == tuple(map(Decimal, rates))


@pytest.mark.parametrize(
    ("model", "shutdown"),
    [
        ("gemini-2.0-flash-exp-image-generation", date(2025, 11, 14)),
        ("gemini-2.0-flash-preview-image-generation", date(2025, 11, 14)),
        ("gemini-2.5-flash-image-preview", date(2026, 1, 15)),
        ("gemini-2.5-flash-image", date(2026, 10, 2)),
        ("gemini-3-pro-image-preview", date(2026, 6, 25)),
        ("gemini-3-pro-image", None),
        ("gemini-3.1-flash-image-preview", date(2026, 6, 25)),
        ("gemini-3.1-flash-image", date(2026, 10, 29)),
        ("gemini-3.1-flash-lite-image", None),
        ("gemini-nano-banana-2.1", None),
        ("imagen-3.0-generate-002", date(2025, 11, 10)),
        ("imagen-4.0-generate-preview-06-06", date(2026, 2, 17)),
        ("imagen-4.0-generate-001", date(2026, 8, 17)),
        ("imagen-4.0-ultra-generate-001", date(2026, 8, 17)),
        ("imagen-4.0-fast-generate-001", date(2026, 8, 17)),
    ],
)
def test_the_documented_shutdown_days_are_in_the_catalog(model: str, shutdown: date | None) -> None:
    assert load().get(model).life.shutdown == shutdown


def test_only_models_before_2_5_must_be_asked_for_words_as_well() -> None:
    must = {model.id for model in load().models() if model.capabilities.must_send_modalities}
    assert must == {"gemini-2.0-flash-exp-image-generation", "gemini-2.0-flash-preview-image-generation"}


def test_the_models_that_break_on_image_size_are_not_sent_one() -> None:
    spared = {model.id for model in load().models() if not model.capabilities.send_image_size}
    assert spared >= {"gemini-2.5-flash-image", "gemini-2.5-flash-image-preview", "imagen-3.0-generate-002"}
    assert not spared & {"gemini-nano-banana-2.1", "gemini-3-pro-image", "gemini-3.1-flash-image", "sandbox-1"}


def test_signatures_are_needed_by_gemini_3_and_not_before() -> None:
    needs = load().get
    assert needs("gemini-3-pro-image").capabilities.needs_signatures
    assert needs("gemini-nano-banana-2.1").capabilities.needs_signatures
    assert not needs("gemini-2.5-flash-image").capabilities.needs_signatures


def test_the_sandbox_takes_all_fourteen_shapes_up_to_4k_and_fourteen_pictures() -> None:
    sandbox = load().get("sandbox-1").capabilities
    assert sandbox.ratios is not None
    assert len(sandbox.ratios) == 14
    assert sandbox.resolutions == (R512, R1K, R2K, R4K)
    assert sandbox.max_reference_images == 14


@pytest.mark.parametrize("model", load().models(), ids=lambda model: model.id)
def test_every_model_says_how_sure_its_life_is_and_who_says_so(model: Model) -> None:
    assert model.life.source
    assert model.life.certainty in ("announced", "reported", "conflicting", "unconfirmed")
    assert model.price is None or model.price.source


def test_doubtful_dates_carry_a_note() -> None:
    doubtful = [model for model in load().models() if model.life.certainty in ("conflicting", "unconfirmed")]
    assert len(doubtful) >= 8
    assert [model.id for model in doubtful if not model.notes] == []


@pytest.mark.parametrize(
    ("model", "rates", "temperature"),
    [
        ("gemini-3.5-flash", ("1.50", "9.00"), True),
        ("gemini-3.6-flash", ("1.50", "7.50"), False),
        ("gemini-3.8-flash", ("1.50", "7.50"), False),
        ("gemini-3.5-flash-lite", ("0.30", "2.50"), False),
        ("gemini-3.1-flash-lite", ("0.25", "1.50"), True),
        ("gemini-3.1-pro-preview", ("2.00", "12.00"), True),
        ("gemini-4-argon", ("4.00", "20.00"), False),
        ("gemini-4-hydrogen", ("1.50", "7.50"), False),
    ],
)
def test_models_that_only_write_have_the_prices_of_words(model: str, rates: tuple[str, str], temperature: bool) -> None:
    found = load().get(model)
    assert found.price is not None
    assert (found.price.input_per_million, found.price.text_output_per_million) == tuple(map(Decimal, rates))
    assert found.price.image_output_per_million is None
    assert not found.capabilities.makes_images
    assert found.capabilities.temperature is temperature


def test_a_model_that_draws_stands_in_for_one_that_writes_and_the_other_way_round() -> None:
    catalog, today = load(), date(2026, 11, 20)
    drawn = {model.id: catalog.instead_of(model, today) for model in catalog.models()}
    assert all(
        found is not None and found.capabilities.makes_images and found.life.state(today) == "stable"
        for name, found in drawn.items()
        if not catalog.get(name).capabilities.makes_images
    )
    assert drawn["gemini-3-pro-image"] is None
    assert drawn["imagen-4.0-generate-001"] == catalog.default_for_text("gemini")
    assert catalog.default_for_text("imagen") is None


def test_only_the_models_that_are_known_to_refuse_a_schema_are_not_sent_one() -> None:
    spared = {model.id for model in load().models() if not model.capabilities.structured_output}
    assert spared == {"gemini-2.5-flash-image", "gemini-2.5-flash-image-preview"}
