"""The page `docs/models.md`, made from the catalog. It says what the catalog says, whatever day it is made on."""

from __future__ import annotations

from collections.abc import Iterator

from limner.catalog import catalog as catalogs
from limner.catalog.catalog import Catalog
from limner.catalog.model import Life, Model
from limner.cli.generate import dollars
from limner.cli.models import is_sent, price_at
from limner.core.capabilities import Capabilities
from limner.core.size import Resolution

Place = tuple[str, str]
"""A ratio and a resolution."""

_INTRODUCTION = """\
# Models

What the catalog knows, checked on {as_of}. `limner models` shows the state on the day you ask, `limner models show`
everything about one model. A model that is not here can be sent with `--unlisted`; on a relay every name is sent as it
is. This page is made from `catalog/models.toml` by `make gen`.

Where none is named, Google is asked for `{default}` and the sandbox for `{sandbox}`.

How sure a date is: *announced* by the provider; *reported* by others who agree; *conflicting*, sources disagree and the
earliest and latest day are given; *unconfirmed*, a single doubtful word. A model is replaced by its successor, with a
notice, only when it is surely gone, and only at Google itself.
"""

_PRICES = """\
## What they take and cost

Prices are US dollars for one picture, without the words around it. `?` is unknown, never free. Sizes and ratios that a
model does not list are refused before anything is sent.
"""

_WRITERS = """\
## Models that only write

They answer with words, or with JSON that fits a schema, and are refused where a picture is asked for. Workflows name
them for their steps of text. Prices are US dollars for a million tokens. Pictures may be sent along.
"""

_OTHERS = """\
## Models that Limner does not send

They are in the catalog so that their names are understood. Limner does not speak their request yet.
"""

_PIXELS = """\
## Pixels

The documented size of each ratio, for the ratios and sizes that a model takes. What really came is measured, and a
difference is told.
"""


def markdown() -> str:
    """The whole page."""
    catalog = catalogs.load()
    sent = [model for model in catalog.models() if is_sent(model) and model.capabilities.makes_images]
    writers = [model for model in catalog.models() if is_sent(model) and not model.capabilities.makes_images]
    others = [model for model in catalog.models() if not is_sent(model)]
    blocks = [
        _introduction(catalog),
        "## How long they live",
        "\n".join(_lives(sent)),
        _PRICES.rstrip("\n"),
        "\n".join(_abilities(sent)),
        _WRITERS.rstrip("\n"),
        "\n".join(_lives(writers)),
        "\n".join(_word_prices(writers)),
        "## Notes",
        "\n".join(_notes([*sent, *writers])),
        _OTHERS.rstrip("\n"),
        "\n".join(_lives(others)),
        _PIXELS.rstrip("\n"),
        *_pixel_blocks(sent),
        "## Sources",
        "\n".join(_sources(catalog.models())),
    ]
    return "\n\n".join(blocks) + "\n"


def _introduction(catalog: Catalog) -> str:
    return _INTRODUCTION.format(
        as_of=catalog.as_of, default=catalog.default_for("gemini").id, sandbox=catalog.default_for("sandbox").id
    ).rstrip("\n")


def _lives(models: list[Model]) -> Iterator[str]:
    yield "| model | nickname | released | deprecated | shutdown | certainty | replaced by |"
    yield "|---|---|---|---|---|---|---|"
    for model in models:
        life = model.life
        heir = f"`{life.replacement}`" if life.replacement else ""
        preview = " (preview)" if life.preview and not model.nickname.endswith(")") else ""
        yield _row(
            f"`{model.id}`",
            model.nickname + preview,
            life.released or "?",
            "" if life.deprecated is None else str(life.deprecated),
            _shutdown(life),
            life.certainty,
            heir,
        )


def _shutdown(life: Life) -> str:
    if life.shutdown is None:
        return ""
    return str(life.shutdown) if life.latest_shutdown is None else f"{life.shutdown} to {life.latest_shutdown}"


def _abilities(models: list[Model]) -> Iterator[str]:
    yield "| model | ratios | sizes | input pictures | price of one picture |"
    yield "|---|---|---|---|---|"
    for model in models:
        takes = model.capabilities
        yield _row(f"`{model.id}`", _ratios(takes), _sizes(takes), _inputs(takes), _prices(model))


def _ratios(takes: Capabilities) -> str:
    return "?" if takes.ratios is None else " ".join(map(str, takes.ratios)) or "none"


def _sizes(takes: Capabilities) -> str:
    return "?" if takes.resolutions is None else " ".join(takes.resolutions) or "its own"


def _inputs(takes: Capabilities) -> str:
    if takes.max_reference_images is not None:
        return f"up to {takes.max_reference_images}"
    return "?" if takes.advised_reference_images is None else f"{takes.advised_reference_images} advised"


def _prices(model: Model) -> str:
    resolutions = model.capabilities.resolutions or (model.capabilities.default_resolution,)
    priced = [(size, price_at(model, size)) for size in resolutions]
    if all(usd is None for _, usd in priced):
        return "?"
    if all(usd == 0 for _, usd in priced):
        return "free"
    return ", ".join(f"{size} {dollars(usd)}" for size, usd in priced)


def _word_prices(models: list[Model]) -> Iterator[str]:
    yield "| model | input | answers, thinking included | temperature | input limit | output limit |"
    yield "|---|---|---|---|---|---|"
    for model in models:
        takes, price = model.capabilities, model.price
        yield _row(
            f"`{model.id}`",
            dollars(None if price is None else price.input_per_million),
            dollars(None if price is None else price.text_output_per_million),
            "yes" if takes.temperature else "ignored, not sent",
            "?" if takes.input_token_limit is None else f"{takes.input_token_limit:,}",
            "?" if takes.output_token_limit is None else f"{takes.output_token_limit:,}",
        )


def _notes(models: list[Model]) -> Iterator[str]:
    for model in models:
        if model.notes:
            yield f"- `{model.id}`: {' '.join(model.notes)}"


def _pixel_blocks(models: list[Model]) -> Iterator[str]:
    """One table for all models that agree on every size they share, under their names."""
    groups: list[tuple[list[str], dict[Place, str]]] = []
    for model in models:
        sizes = {(str(ratio), str(resolution)): str(size) for ratio, resolution, size in model.capabilities.pixels}
        agreeing = (
            group for group in groups if all(group[1].get(place, size) == size for place, size in sizes.items())
        )
        group = next(agreeing, None)
        if sizes and group is None:
            groups.append(([f"`{model.id}`"], sizes))
        elif sizes and group is not None:
            group[0].append(f"`{model.id}`")
            group[1].update(sizes)
    for names, sizes in groups:
        yield ", ".join(names) + ":"
        yield "\n".join(_pixel_rows(sizes))


def _pixel_rows(sizes: dict[Place, str]) -> Iterator[str]:
    columns = [resolution.value for resolution in Resolution if any(place[1] == resolution for place in sizes)]
    yield _row("ratio", *columns)
    yield "|---" * (len(columns) + 1) + "|"
    for ratio in dict.fromkeys(ratio for ratio, _ in sizes):
        yield _row(ratio, *(sizes.get((ratio, column), "") for column in columns))


def _sources(models: tuple[Model, ...]) -> Iterator[str]:
    for model in models:
        price = f" Price: {model.price.source}." if model.price is not None else ""
        yield f"- `{model.id}`: {model.life.source.rstrip('.')}.{price}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
