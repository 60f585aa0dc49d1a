from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from limner.catalog.catalog import Catalog, unknown_model
from limner.catalog.check import problems
from limner.catalog.model import Life, Model, Price
from limner.catalog.read import CatalogData
from limner.core.capabilities import Capabilities
from limner.core.size import AspectRatio, Resolution, Size

GOOD = replace(unknown_model("good"), life=Life(certainty="announced", source="s"))
SQUARE = AspectRatio(1, 1)
SIZED = Capabilities(
    ratios=(SQUARE,), resolutions=(Resolution.R1K,), pixels=((SQUARE, Resolution.R1K, Size(1024, 1024)),)
)


def found(*models: Model) -> tuple[str, ...]:
    imagen, sandbox = replace(GOOD, id="i", protocol="imagen"), replace(GOOD, id="s", protocol="sandbox")
    data = CatalogData(
        as_of=date(2026, 11, 20),
        defaults={"gemini": models[0].id, "imagen": "i", "sandbox": "s"},
        models=(*models, imagen, sandbox),
    )
    return problems(Catalog(data))


def living(**changes: object) -> Model:
    return replace(GOOD, life=replace(GOOD.life, **changes))  # type: ignore[arg-type] # the fields of Life


def test_nothing_is_wrong_with_a_good_model() -> None:
    assert found(GOOD) == ()


def test_one_name_for_two_models_is_found() -> None:
    assert found(GOOD, replace(GOOD, id="other", aliases=("good",))) == ("good: named 2 times",)


def test_a_default_of_another_protocol_is_found() -> None:
    assert found(replace(GOOD, protocol="imagen")) == ("the default for gemini speaks another protocol",)


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        (living(source=""), "good: its life has no source"),
        (living(certainty="rumour"), "good: unknown certainty 'rumour'"),
        (living(certainty="conflicting"), "good: its dates conflict, but only one is given"),
        (living(released="spring"), "good: released on 'spring', which is neither a day nor a month"),
        (
            replace(GOOD, capabilities=Capabilities(makes_images=False)),
            "good: it makes no pictures, but lists ratios or sizes, or leaves them open",
        ),
        (
            replace(
                GOOD,
                capabilities=replace(Capabilities(makes_images=False), ratios=(), resolutions=()),
                price=Price(source="s"),
            ),
            "good: it makes words, and they have no price",
        ),
        (
            replace(GOOD, capabilities=Capabilities(makes_images=False, makes_text=False, ratios=(), resolutions=())),
            "good: it makes neither pictures nor words",
        ),
        (living(replacement="nobody"), "good: its replacement 'nobody' is not in the catalog"),
        (
            replace(GOOD, capabilities=replace(SIZED, default_resolution=Resolution.R4K)),
            "good: its default resolution is not among its resolutions",
        ),
        (replace(GOOD, capabilities=replace(SIZED, pixels=())), "good: no size for 1:1 at 1K"),
        (
            replace(GOOD, capabilities=replace(SIZED, pixels=((SQUARE, Resolution.R1K, Size(9, 10)),))),
            "good: 9x10 is not 1:1",
        ),
        (replace(GOOD, capabilities=SIZED, price=Price(source="s")), "good: no price at 1K"),
    ],
)
def test_each_kind_of_mistake_is_found(model: Model, problem: str) -> None:
    assert found(model) == (problem,)


def test_a_replacement_that_is_itself_gone_is_found() -> None:
    gone = replace(GOOD, id="gone", life=replace(GOOD.life, shutdown=date(2026, 1, 1)))
    assert found(living(replacement="gone"), gone) == ("good: its replacement 'gone' is no living model",)


def test_tokens_that_do_not_make_the_printed_price_are_found() -> None:
    price = Price(
        source="s",
        image_output_per_million=Decimal(60),
        image_tokens=((Resolution.R1K, 1120),),
        image_usd=((Resolution.R1K, Decimal("0.134")),),
    )
    assert found(replace(GOOD, price=price)) == ("good: 1120 tokens at 1K do not make 0.134 USD",)


def test_a_day_and_a_month_are_both_dates_of_release() -> None:
    assert found(living(released="2025-08")) == ()
    assert found(living(released="2025-08-14")) == ()
