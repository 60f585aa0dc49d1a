"""Whether a catalog agrees with itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import get_args

from limner.catalog.catalog import Catalog
from limner.catalog.model import Certainty, Life, Model, Price, Protocol

_SHAPE_TOLERANCE = 0.07
"""In log of width / height: Imagen's documented 4:3 is 1280x896, 6.9 % off; the others are within 3 %."""


def problems(catalog: Catalog) -> tuple[str, ...]:
    """What is wrong with the catalog, one sentence each; empty if nothing is."""
    found = [*_names(catalog), *_defaults(catalog)]
    for model in catalog.models():
        found += [f"{model.id}: {text}" for text in _of_model(catalog, model)]
    return tuple(found)


def _names(catalog: Catalog) -> Iterator[str]:
    counts = Counter(name for model in catalog.models() for name in (model.id, *model.aliases))
    yield from (f"{name}: named {count} times" for name, count in counts.items() if count > 1)


def _defaults(catalog: Catalog) -> Iterator[str]:
    for protocol in get_args(Protocol):
        if catalog.default_for(protocol).protocol != protocol:
            yield f"the default for {protocol} speaks another protocol"


def _of_model(catalog: Catalog, model: Model) -> Iterator[str]:
    if model.protocol not in get_args(Protocol):
        yield f"unknown protocol {model.protocol!r}"
    for life in (model.life, model.vertex):
        if life is not None:
            yield from _of_life(catalog, life)
    yield from _of_sizes(model)
    if model.price is not None:
        yield from _of_price(model, model.price)


def _of_life(catalog: Catalog, life: Life) -> Iterator[str]:
    if not life.source:
        yield "its life has no source"
    if life.certainty not in get_args(Certainty):
        yield f"unknown certainty {life.certainty!r}"
    if life.certainty == "conflicting" and life.latest_shutdown is None:
        yield "its dates conflict, but only one is given"
    if life.released is not None and not _is_day_or_month(life.released):
        yield f"released on {life.released!r}, which is neither a day nor a month"
    if life.replacement is not None:
        yield from _of_replacement(catalog, life.replacement)


def _of_replacement(catalog: Catalog, name: str) -> Iterator[str]:
    heir = catalog.find(name)
    if heir is None:
        yield f"its replacement {name!r} is not in the catalog"
    elif not heir.usable or heir.life.state(catalog.as_of) not in ("stable", "preview"):
        yield f"its replacement {name!r} is no living model"


def _is_day_or_month(text: str) -> bool:
    try:
        date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        return False
    return True


def _of_sizes(model: Model) -> Iterator[str]:
    capabilities = model.capabilities
    resolutions = capabilities.resolutions or ()
    if capabilities.default_resolution is not None and capabilities.default_resolution not in resolutions:
        yield "its default resolution is not among its resolutions"
    for ratio in capabilities.ratios or ():
        for resolution in resolutions:
            size = capabilities.expected_size(ratio, resolution)
            if size is None:
                yield f"no size for {ratio} at {resolution}"
            elif size.ratio.distance(ratio) > _SHAPE_TOLERANCE:
                yield f"{size} is not {ratio}"


def _of_price(model: Model, price: Price) -> Iterator[str]:
    if not price.source:
        yield "its price has no source"
    for resolution in model.capabilities.resolutions or ():
        if price.usd_for(resolution) is None:
            yield f"no price at {resolution}"
    for resolution, tokens in price.image_tokens:
        printed, rate = price.usd_for(resolution), price.image_output_per_million
        if printed is not None and rate is not None and abs(tokens * rate / 1_000_000 - printed) > Decimal("0.0005"):
            yield f"{tokens} tokens at {resolution} do not make {printed} USD"
