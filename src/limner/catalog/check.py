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
        writer = catalog.default_for_text(protocol)
        if writer is not None and (writer.protocol != protocol or not writer.capabilities.makes_text):
            yield f"the default for words for {protocol} speaks another protocol, or writes none"


def _of_model(catalog: Catalog, model: Model) -> Iterator[str]:
    if model.protocol not in get_args(Protocol):
        yield f"unknown protocol {model.protocol!r}"
    for life in (model.life, model.vertex):
        if life is not None:
            yield from _of_life(catalog, model, life)
    yield from _of_output(model)
    yield from _of_sizes(model)
    if model.price is not None:
        yield from _of_price(model, model.price)


def _of_life(catalog: Catalog, model: Model, life: Life) -> Iterator[str]:
    if not life.source:
        yield "its life has no source"
    if life.certainty not in get_args(Certainty):
        yield f"unknown certainty {life.certainty!r}"
    if life.certainty == "conflicting" and life.latest_shutdown is None:
        yield "its dates conflict, but only one is given"
    if life.released is not None and not _is_day_or_month(life.released):
        yield f"released on {life.released!r}, which is neither a day nor a month"
    if life.replacement is not None:
        yield from _of_replacement(catalog, model, life.replacement)


def _of_replacement(catalog: Catalog, model: Model, name: str) -> Iterator[str]:
    heir = catalog.find(name)
    if heir is None:
        yield f"its replacement {name!r} is not in the catalog"
    elif not heir.usable or heir.life.state(catalog.as_of) not in ("stable", "preview"):
        yield f"its replacement {name!r} is no living model"
    elif heir.capabilities.makes_images is not model.capabilities.makes_images:
        yield f"its replacement {name!r} makes something else"


def _is_day_or_month(text: str) -> bool:
    try:
        date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        return False
    return True


def _of_output(model: Model) -> Iterator[str]:
    takes = model.capabilities
    if not takes.makes_images and not takes.makes_text:
        yield "it makes neither pictures nor words"
    if not takes.makes_images and (takes.resolutions != () or takes.ratios != () or takes.pixels):
        yield "it makes no pictures, but lists ratios or sizes, or leaves them open"
    price = model.price
    if not takes.makes_images and price is not None and price.text_output_per_million is None:
        yield "it makes words, and they have no price"


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
