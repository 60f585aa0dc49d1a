"""From the text of `models.toml` to models."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from limner.catalog.model import Life, Model, Price, Protocol
from limner.core.capabilities import Capabilities, PixelTable
from limner.core.size import AspectRatio, Resolution, Size

Table = Mapping[str, Any]

_RATES = ("input_per_million", "text_output_per_million", "image_output_per_million", "batch_factor")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogData:
    """The whole file: the day it was checked, the default models of each protocol, the models in its order.

    `text_defaults` are those that write, for the protocols that have one.
    """

    as_of: date
    defaults: Mapping[Protocol, str]
    models: tuple[Model, ...]
    text_defaults: Mapping[Protocol, str] = field(default_factory=dict)


def parse(text: str) -> CatalogData:
    """Read a catalog. `KeyError`, `TypeError` or `ValueError` where the file is not one."""
    document = tomllib.loads(text)
    shared = _Shared(document)
    return CatalogData(
        as_of=document["as_of"],
        defaults=document["defaults"],
        text_defaults=document.get("text_defaults", {}),
        models=tuple(_model(table, shared) for table in document["models"]),
    )


class _Shared:
    """The lists that several models name instead of repeating them."""

    def __init__(self, document: Table) -> None:
        self.profiles: Table = document["profiles"]
        self.ratios = {name: tuple(map(AspectRatio.parse, texts)) for name, texts in document["ratios"].items()}
        self.pixels = {name: _pixel_table(table) for name, table in document["pixels"].items()}
        self.mime_types = {name: tuple(types) for name, types in document["mime_types"].items()}


def _pixel_table(table: Table) -> PixelTable:
    columns = [Resolution.parse(text) for text in table["columns"]]
    rows = [(AspectRatio.parse(key), row) for key, row in table.items() if key != "columns"]
    return tuple((ratio, column, _size(text)) for ratio, row in rows for column, text in zip(columns, row, strict=True))


def _size(text: str) -> Size:
    width, _, height = text.partition("x")
    return Size(int(width), int(height))


def _model(table: Table, shared: _Shared) -> Model:
    preview = table.get("preview", False)
    return Model(
        id=table["id"],
        nickname=table["nickname"],
        protocol=table["protocol"],
        capabilities=_capabilities(shared.profiles[table["profile"]] | table.get("capabilities", {}), shared),
        life=Life(preview=preview, **table["life"]),
        vertex=Life(preview=preview, **table["vertex"]) if "vertex" in table else None,
        price=_price(table["price"]) if "price" in table else None,
        aliases=tuple(table.get("aliases", ())),
        notes=tuple(table.get("notes", ())),
        usable=table.get("usable", True),
        vertex_only=table.get("vertex_only", False),
    )


def _capabilities(table: Table, shared: _Shared) -> Capabilities:
    values = dict(table)
    ratios = shared.ratios[values.pop("ratios")] if "ratios" in values else None
    resolutions = tuple(map(Resolution.parse, values.pop("resolutions"))) if "resolutions" in values else None
    default = values.pop("default_resolution", None)
    pixels = shared.pixels[values.pop("pixels")] if "pixels" in values else ()
    mime_types = values.pop("mime_types", None)
    return Capabilities(
        ratios=ratios,
        resolutions=resolutions,
        default_resolution=Resolution.parse(default) if default else None,
        pixels=tuple(entry for entry in pixels if entry[0] in (ratios or ()) and entry[1] in (resolutions or ())),
        input_mime_types=shared.mime_types[mime_types] if mime_types else None,
        thinking_levels=tuple(values.pop("thinking_levels", ())),
        **values,
    )


def _price(table: Table) -> Price:
    rates = {name: Decimal(table[name]) for name in _RATES if name in table}
    return Price(
        source=table["source"],
        image_tokens=tuple((Resolution.parse(key), tokens) for key, tokens in table.get("image_tokens", {}).items()),
        image_usd=tuple((Resolution.parse(key), Decimal(usd)) for key, usd in table.get("image_usd", {}).items()),
        input_image_tokens=table.get("input_image_tokens"),
        **rates,
    )
