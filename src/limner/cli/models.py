"""`limner models`: which models there are, what they take, what they cost and how long they live."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner import _clock
from limner._json import JsonObject
from limner.cli.command import Group, Session
from limner.cli.generate import dollars
from limner.cli.options import json_option
from limner.cli.output import Cell, Output, Style

if TYPE_CHECKING:
    from limner.app.model_doctor import ModelUse
    from limner.catalog.model import Life, Model
    from limner.core.capabilities import Capabilities
    from limner.core.size import Resolution

_STATE_STYLES: dict[str, Style] = {"preview": "cyan", "deprecated": "yellow", "ending": "yellow", "gone": "red"}


@click.group(
    cls=Group,
    default="list",
    examples=("limner models", "limner models show gemini-nano-banana-2.1", "limner models doctor"),
)
def models() -> None:
    """Which models there are, what they take and cost.

    Without a command: the list. A model that is not in it can be sent with `--unlisted`.
    """


@models.command("list", examples=("limner models", "limner models --all", "limner models --json"))
@click.option("--all", "show_all", is_flag=True, help="Also those that are gone or that Limner does not send.")
@json_option
@click.pass_obj
def list_models(session: Session, /, show_all: bool, as_json: bool) -> int:
    """The models, living ones first.

    PRICE is for one picture at 1K, in US dollars; for a model that only writes, with "text" for its sizes, it is for a
    million tokens of its answers (/M). `limner models show MODEL` tells everything about one.
    """
    from limner.catalog import catalog as catalogs

    catalog = catalogs.load()
    today = _clock.today()
    chosen = [model for model in catalog.models() if show_all or (is_sent(model) and model.life.state(today) != "gone")]
    if as_json:
        session.output.json({"asOf": str(catalog.as_of), "models": [_to_json(model) for model in chosen]})
        return 0
    heads: list[Cell] = [(head, "bold") for head in ("MODEL", "NICKNAME", "STATE", "SIZES", "PRICE")]
    session.output.table([heads, *(_row(model) for model in chosen)], flexible=(1,))
    session.output.note(f"As of {catalog.as_of}. Also: limner models --all, limner models show MODEL", "dim")
    return 0


@models.command("show", examples=("limner models show gemini-nano-banana-2.1",))
@click.argument("model", metavar="MODEL")
@json_option
@click.pass_obj
def show_model(session: Session, /, model: str, as_json: bool) -> int:
    """Everything about one model.

    Its shapes and sizes in pixels, what it takes, what it costs, and how long it lives, with the source of each date.
    """
    from limner.catalog import catalog as catalogs

    found = catalogs.load().get(model)
    if as_json:
        session.output.json(_to_json(found))
        return 0
    output = session.output
    output.facts([[(head, "bold"), text] for head, text in _facts(found)])
    pixels = _pixel_rows(found.capabilities)
    if pixels:
        output.result()
        output.table(pixels)
    return 0


def _row(model: Model) -> list[Cell]:
    life = model.life
    state = life.state(_clock.today())
    day = f" {life.shutdown}" if life.shutdown is not None else ""
    doubt = "?" if day and life.certainty in ("conflicting", "unconfirmed") else ""
    text = f"{state}{day}{doubt}"
    style = _STATE_STYLES.get(state)
    return [
        model.id,
        model.nickname,
        text if style is None else (text, style),
        _range(model.capabilities.resolutions or ()) if model.capabilities.makes_images else "text",
        dollars(price_1k(model)) if model.capabilities.makes_images else price_of_words(model),
    ]


def price_of_words(model: Model) -> str:
    """US dollars for a million tokens of answers, as text: `$9/M`; `?` where unknown."""
    rate = None if model.price is None else model.price.text_output_per_million
    return dollars(None) if rate is None else f"{dollars(rate)}/M"


def _range(resolutions: Sequence[str]) -> str:
    """`1K-4K`: models make every size between their smallest and largest."""
    if not resolutions:
        return "-"
    return resolutions[0] if len(resolutions) == 1 else f"{resolutions[0]}-{resolutions[-1]}"


@models.command("doctor", examples=("limner models doctor", "limner models doctor workflow.json --json"))
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False, path_type=Path), metavar="[WORKFLOW...]")
@click.option("--all", "show_all", is_flag=True, help="Also the models that are well.")
@json_option
@click.pass_obj
def doctor(session: Session, /, files: tuple[Path, ...], show_all: bool, as_json: bool) -> int:
    """Which models of yours are ending or gone.

    Looks into the settings, the conversations, the history and the workflow files named. Each date comes with its
    source and how sure it is. Exit code 1 if a model is gone.
    """
    from limner.app import App
    from limner.app.model_doctor import model_uses

    with App.open(session.environment) as app:
        uses = model_uses(app.settings, app.store, app.catalog, files)
    worrying = [use for use in uses if use.worrying or (use.state is None and not use.relayed)]
    if as_json:
        session.output.json({"uses": [use.to_json() for use in (uses if show_all else worrying)]})
    else:
        for use in uses if show_all else worrying:
            _tell_use(session.output, use)
        if not worrying:
            session.output.note("No model of yours is ending or gone.", "green")
    return 1 if any(use.state == "gone" and not use.relayed for use in uses) else 0


def _tell_use(output: Output, use: ModelUse) -> None:
    style = _STATE_STYLES.get(use.state or "deprecated")
    output.result(f"{use.name}: {use.state or 'not in the catalog'}", style or "green")
    output.result(f"    {use.where}")
    if use.life is not None and use.worrying:
        day = "" if use.life.shutdown is None else f"shut down on {use.life.shutdown}"
        if use.life.latest_shutdown is not None:
            day += f" to {use.life.latest_shutdown}"
        output.result(f"    {day or 'no day is known'} ({use.life.certainty}: {use.life.source})")
    if use.relayed and use.worrying:
        output.result("    This is a relay, which may serve it for longer.")
    if use.life is not None and use.life.replacement is not None and use.worrying:
        output.result(f"    Use {use.life.replacement} instead.")
    elif use.state is None and use.near:
        output.result(f"    Nearest: {', '.join(use.near)}.")


def is_sent(model: Model) -> bool:
    """Whether this Limner can send requests to it."""
    return model.usable and model.protocol != "imagen"


def outputs(model: Model) -> tuple[str, ...]:
    """What the model answers with: `image`, `text` or both."""
    takes = model.capabilities
    made = (("image", takes.makes_images), ("text", takes.makes_text))
    return tuple(name for name, is_made in made if is_made)


def price_1k(model: Model) -> Decimal | None:
    """US dollars for the picture alone at 1K, or at the only size there is; `None` where unknown."""
    from limner.core.size import Resolution

    resolutions = model.capabilities.resolutions or ()
    return price_at(model, Resolution.R1K if Resolution.R1K in resolutions else model.capabilities.default_resolution)


def price_at(model: Model, resolution: Resolution | None) -> Decimal | None:
    """US dollars for one picture at `resolution`, without the text around it."""
    price = model.price
    if price is None:
        return None
    tokens = price.tokens_for(resolution)
    if tokens is not None and price.image_output_per_million is not None:
        return tokens * price.image_output_per_million / 1_000_000
    return price.usd_for(resolution)


def _facts(model: Model) -> list[tuple[str, str]]:
    takes = model.capabilities
    facts = [
        ("model", model.id),
        ("nickname", model.nickname),
        ("other names", ", ".join(model.aliases)),
        ("protocol", model.protocol + ("" if is_sent(model) else " (Limner does not send this yet)")),
        *_life_facts("", model.life),
        *(_life_facts(" on Vertex", model.vertex) if model.vertex is not None else []),
        ("makes", ", ".join(outputs(model))),
        ("shapes", _listed(takes.ratios)),
        ("sizes", _listed(takes.resolutions) + _default(takes.default_resolution)),
        ("input pictures", _input_text(takes)),
        ("input types", _listed(takes.input_mime_types)),
        ("seed", takes.seed.replace("_", " ")),
        ("thinks", {None: "unknown", True: "yes", False: "no"}[takes.thinks]),
        ("tokens", _token_limits(takes)),
        *_price_facts(model),
    ]
    return [(head, text) for head, text in facts if text] + [("note", note) for note in model.notes]


def _life_facts(where: str, life: Life) -> list[tuple[str, str]]:
    days = [
        f"released {life.released}" if life.released else "",
        f"deprecated {life.deprecated}" if life.deprecated else "",
    ]
    if life.shutdown is not None:
        until = f" to {life.latest_shutdown}" if life.latest_shutdown is not None else ""
        days.append(f"shutdown {life.shutdown}{until}")
    heir = f"limner models show {life.replacement}" if life.replacement else ""
    return [
        (f"state{where}", ", ".join([life.state(_clock.today()), *filter(None, days)])),
        (f"dates{where}", f"{life.certainty}: {life.source}"),
        (f"replaced by{where}", f"{life.replacement} ({heir})" if heir else ""),
    ]


def _price_facts(model: Model) -> list[tuple[str, str]]:
    price = model.price
    if price is None:
        return [("price", "unknown")]
    if price_1k(model) == 0:
        return [("price", "free")]
    resolutions = model.capabilities.resolutions or (model.capabilities.default_resolution,)
    each = [(size, price_at(model, size)) for size in resolutions]
    rates = (
        ("input", price.input_per_million),
        ("text and thinking", price.text_output_per_million),
        ("pictures", price.image_output_per_million),
    )
    per_million = ", ".join(f"{name} {dollars(rate)}" for name, rate in rates if rate is not None)
    return [
        (
            "price a picture",
            ""
            if not model.capabilities.makes_images
            else ", ".join(f"{size or 'any size'} {dollars(usd)}" for size, usd in each if usd is not None),
        ),
        ("per million tokens", per_million),
        ("in a batch", "" if price.batch_factor is None else f"{price.batch_factor:.0%} of the price"),
        ("price source", price.source),
    ]


def _listed(values: tuple[object, ...] | None) -> str:
    if values is None:
        return "unknown, everything is sent"
    return ", ".join(str(value) for value in values) or "none"


def _default(resolution: Resolution | None) -> str:
    return f" ({resolution} unless asked otherwise)" if resolution is not None else ""


def _input_text(takes: Capabilities) -> str:
    if takes.max_reference_images is None:
        return "unknown, everything is sent"
    advised = f", {takes.advised_reference_images} advised" if takes.advised_reference_images is not None else ""
    return f"up to {takes.max_reference_images}{advised}" if takes.max_reference_images else "none"


def _token_limits(takes: Capabilities) -> str:
    limits = (("in", takes.input_token_limit), ("out", takes.output_token_limit))
    return ", ".join(f"{number:,} {way}" for way, number in limits if number is not None)


def _pixel_rows(takes: Capabilities) -> list[list[Cell]]:
    columns = list(dict.fromkeys(resolution for _, resolution, _ in takes.pixels))
    sizes = {(ratio, resolution): str(size) for ratio, resolution, size in takes.pixels}
    ratios = dict.fromkeys(ratio for ratio, _, _ in takes.pixels)
    heads: list[Cell] = [("PIXELS", "bold"), *((str(column), "bold") for column in columns)]
    rows: list[list[Cell]] = [
        [str(ratio), *(sizes.get((ratio, column), "-") for column in columns)] for ratio in ratios
    ]
    return [heads, *rows] if rows else []


def _to_json(model: Model) -> JsonObject:
    takes, life = model.capabilities, model.life
    usd = price_1k(model)
    rate = None if model.price is None else model.price.text_output_per_million
    return {
        "id": model.id,
        "nickname": model.nickname,
        "aliases": list(model.aliases),
        "protocol": model.protocol,
        "sent": is_sent(model),
        "state": life.state(_clock.today()),
        "released": life.released,
        "deprecated": None if life.deprecated is None else str(life.deprecated),
        "shutdown": None if life.shutdown is None else str(life.shutdown),
        "latestShutdown": None if life.latest_shutdown is None else str(life.latest_shutdown),
        "certainty": life.certainty,
        "source": life.source,
        "replacement": life.replacement,
        "output": list(outputs(model)),
        "aspectRatios": None if takes.ratios is None else [str(ratio) for ratio in takes.ratios],
        "sizes": None if takes.resolutions is None else [str(size) for size in takes.resolutions],
        "pixels": [
            {"aspectRatio": str(ratio), "size": str(resolution), "width": size.width, "height": size.height}
            for ratio, resolution, size in takes.pixels
        ],
        "maxInputImages": takes.max_reference_images,
        "price1K": None if usd is None else float(usd),
        "priceTextPerMillion": None if rate is None else float(rate),
        "notes": list(model.notes),
    }
