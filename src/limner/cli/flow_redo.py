"""`limner redo` and `limner select`: another result for a stage, or another picture of the one there is."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner._json import JsonObject, JsonValue
from limner.cli.command import Command, Session
from limner.cli.flow_end import EXIT_FAILED, short
from limner.cli.flow_run import out_option, quiet_option, tell_notices, yes_option
from limner.cli.options import aspect_option, json_option, model_option, size_option
from limner.errors import InvalidRequestError

if TYPE_CHECKING:
    from limner.cli.flow_price import Estimate
    from limner.runner.workflows import Workflows
    from limner.workflow.operations import RedoWish
    from limner.workflow.state import RunState

OPERATIONS = {
    "edit": "edit: the picture is changed",
    "refine": "refine: a new result, from the prompt with the notes",
    "restyle": "restyle: a new picture in that style",
    "retry": "retry: a new result from the same prompt",
}
"""What each operation of a redo does, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What `redo` was told, as typed."""

    notes: str | None
    style: str | None
    image: str | None
    new: bool
    keep: bool
    notes_only: bool
    item: int | None
    every_item: bool
    recorded: bool
    model: str | None
    aspect: str | None
    resolution: str | None
    count: int | None
    out: Path | None
    yes: bool
    as_json: bool
    quiet: bool


@click.command(
    cls=Command,
    examples=(
        'limner redo 1m8dykhv5944 logo --notes "rounder letters"',
        "limner redo 1m8dykhv5944 logo --style Sketch",
        'limner redo 1m8dykhv5944 pages --item 3 --notes "it rains"',
        "limner redo 1m8dykhv5944 logo",
    ),
)
@click.argument("run_name", metavar="RUN")
@click.argument("stage", metavar="STAGE")
@click.option("--notes", metavar="TEXT", help="What to change.")
@click.option("--style", metavar="STYLE", help="Another style; a new picture, unless --keep.")
@click.option("--image", metavar="FILE|N", help="The picture to change: a file, or one of the stage by its number.")
@click.option("--new", is_flag=True, help="A new picture; the one there is does not go along.")
@click.option("--keep", is_flag=True, help="With --style alone: change this picture instead of making a new one.")
@click.option("--notes-only", is_flag=True, help="Send the notes without the prompt of the stage.")
@click.option("--item", type=click.IntRange(1), metavar="N", help="The item of a forEach stage that is meant.")
@click.option("--all-items", "every_item", is_flag=True, help="All items of a forEach stage.")
@click.option("--recorded", is_flag=True, help="Repeat the prompt of the result that is shown.")
@model_option
@aspect_option
@size_option
@click.option("--count", "-n", type=click.IntRange(1, 8), metavar="N", help="How many pictures.")
@out_option
@yes_option
@json_option
@quiet_option
@click.pass_obj
def redo(session: Session, /, run_name: str, stage: str, **asked: Any) -> int:
    """Make the result of a stage again, with a change.

    With --notes the picture that is shown is changed; with --style a new one is made in that style; with nothing the
    same prompt is tried again. What there was is kept: `limner select` goes back to it. Stages that depend on it
    become out of date, and are not made again by themselves.
    """
    from limner.app import App
    from limner.cli import flow_price
    from limner.cli.flow_ask import Asker, can_ask
    from limner.cli.flow_work import Manner, Work
    from limner.runner.workflows import Workflows

    told = Asked(**asked)
    output = session.output
    output.quiet = told.quiet
    with App.open(session.environment) as app, Workflows(app) as flows:
        run_id = flows.find(run_name)
        tell_notices(app, output)
        wish, image = _wish(flows, run_id, stage, told)
        operation, found = _foreseen(flows, run_id, stage, wish, image)
        output.note(f"{OPERATIONS[operation]}.", "cyan")
        flow_price.announce(output, found, chosen=True)
        asker = Asker(session, app) if can_ask(session, yes=told.yes, as_json=told.as_json) else None
        flow_price.agreed(output, found, asker)
        after = len(app.store.runs.events(run_id))
        flows.redo(run_id, stage, wish, image=image)
        with flows.live.reading(run_id) as state:
            attempt_id = state.stages[stage].attempts[-1]
        manner = Manner(yes=told.yes, as_json=told.as_json, out=told.out)
        code = Work(session, flows, run_id, manner, after=after, stage=stage).go()
        with flows.live.reading(run_id) as state:
            outcome = state.attempts[attempt_id].outcome
    return code or (EXIT_FAILED if outcome in ("failed", "interrupted") else 0)


@click.command(
    cls=Command, examples=("limner select 1m8dykhv5944 logo 2", "limner select 1m8dykhv5944 logo 1 --attempt att_3")
)
@click.argument("run_name", metavar="RUN")
@click.argument("stage", metavar="STAGE")
@click.argument("number", metavar="N", type=int)
@click.option(
    "--attempt", metavar="ATTEMPT", help="Another attempt than the one that is shown: see `limner runs show`."
)
@json_option
@click.pass_obj
def select(session: Session, /, run_name: str, stage: str, number: int, attempt: str | None, as_json: bool) -> int:
    """Choose the picture of a stage.

    N counts from 1. It becomes the output of the stage, and nothing is sent: `limner resume` makes what follows.
    """
    from limner.app import App
    from limner.cli.flow_end import result_paths
    from limner.cli.generate import display_path
    from limner.runner.workflows import Workflows

    output = session.output
    with App.open(session.environment) as app, Workflows(app) as flows:
        run_id = flows.find(run_name)
        tell_notices(app, output)
        flows.select(run_id, stage, number - 1, attempt=attempt)
        document = flows.document(run_id)
        with flows.live.reading(run_id) as state:
            found = state.stage(stage)
        own = document["stages"][stage]["output"]
        if as_json:
            output.json(document)
        elif isinstance(own, dict) and "images" in own:
            output.path(display_path(result_paths(flows, found, own, [])[0]))
    output.note(f"{found.title}: picture {number}.", "green")
    for command in _after_choice(document, run_id):
        output.note(f"Next: {command}", "dim")
    return 0


def _after_choice(document: JsonObject, run_id: str) -> list[str]:
    run = short(run_id)
    stages = document["stages"]
    stale = [name for name, each in stages.items() if each["status"] == "stale"]
    if stale:
        return [f"limner runs update {run} {stale[-1]}"]
    if document["status"] != "completed":
        return [f"limner resume {run}"]
    return [f"limner runs show {run}"]


def _wish(flows: Workflows, run_id: str, stage: str, told: Asked) -> tuple[RedoWish, Path | None]:
    """What is asked of the redo, and the file of the picture to change, if it is one."""
    from limner.app.plan import typed_ratio, typed_resolution
    from limner.workflow.operations import RedoWish

    ratio, size = typed_ratio(told.aspect), typed_resolution(told.resolution)
    overrides: dict[str, JsonValue] = {
        "model": told.model,
        "aspectRatio": None if ratio is None else str(ratio),
        "imageSize": None if size is None else size.value,
        "count": told.count,
    }
    basis, file = _basis(flows, run_id, stage, told.image)
    if file is not None or basis is not None:
        _check_basis(told)
    wish = RedoWish(
        notes=told.notes,
        style=told.style,
        basis=basis,
        new=told.new,
        keep=told.keep,
        prompt_mode="notes" if told.notes_only else None,
        item=None if told.item is None else told.item - 1,
        every_item=told.every_item,
        recorded=told.recorded,
        overrides={name: value for name, value in overrides.items() if value is not None},
    )
    return wish, file


def _check_basis(told: Asked) -> None:
    if told.new:
        raise InvalidRequestError(
            "--image names a picture to change, and --new makes one without it.",
            code="workflow.redo",
            hint="Leave one of them out.",
        )
    if not told.notes and not (told.style and told.keep):
        raise InvalidRequestError(
            "What to change in the picture is not said.",
            code="workflow.redo",
            hint='Add --notes "…", or --style NAME --keep.',
        )


def _basis(flows: Workflows, run_id: str, stage: str, image: str | None) -> tuple[JsonObject | None, Path | None]:
    """The picture that `--image` means: one of the stage by its number from 1, or a file."""
    from limner.workflow.operations import find_stage

    if image is None:
        return None, None
    if not (image.isascii() and image.isdigit()) or Path(image).is_file():
        return None, Path(image)
    with flows.live.reading(run_id) as state:
        find_stage(state, stage)
        active = state.active(stage)
        output = None if active is None else active.output
    images = output.get("images", []) if isinstance(output, dict) else []
    if not 1 <= int(image) <= len(images):
        raise InvalidRequestError(
            f"Stage {stage!r} has no picture {image}.",
            code="workflow.image",
            hint=f"Accepted: 1 to {len(images)}, or a file." if images else "Accepted: a file.",
        )
    return dict(images[int(image) - 1]), None


def _foreseen(flows: Workflows, run_id: str, stage: str, wish: RedoWish, image: Path | None) -> tuple[str, Estimate]:
    """Which operation it is and what it costs, tried on a copy of the run. Raises what `redo` would raise."""
    from dataclasses import replace as changed

    from limner.runner.assets import asset_of
    from limner.runner.live import read_snapshot
    from limner.runner.places import places_of
    from limner.workflow import operations
    from limner.workflow.state import replay

    app = flows.app
    if image is not None:
        asset = asset_of(app, image)
        wish = changed(wish, basis={**asset, "id": asset["assetId"]})
    events = app.store.runs.events(run_id)
    state = replay(run_id, events, read_snapshot)
    (event,) = operations.redo(state, stage, places_of(app), wish)
    state.apply({"at_ms": events[-1]["at_ms"], **event})
    return str(event["operation"]), _estimate(flows, state, str(event["attempt"]))


def _estimate(flows: Workflows, state: RunState, attempt_id: str) -> Estimate:
    """The price of the requests of an attempt; unknown where one cannot be made, which the run will tell.

    Raises `UsageError` for what the model cannot do.
    """
    from limner.cli.flow_price import Estimate
    from limner.runner.perform import ask_of
    from limner.runner.places import places_of
    from limner.workflow.build import CannotBuild, build
    from limner.workflow.template import ImageNotAllowed, TemplateError, Unresolved

    attempt = state.attempts[attempt_id]
    workflow = state.revisions[attempt.revision]
    places = places_of(flows.app)
    numbers = [number for number in range(attempt.total) if number not in attempt.calls]
    expected: Decimal | None = Decimal(0)
    upper: Decimal | None = Decimal(0)
    connection = ""
    try:
        for number in numbers:
            request = build(state, attempt, number, places)
            plan = flows.app.plan(ask_of(request, workflow, unlisted=state.unlisted))
            connection = plan.connection.protocol
            expected = _plus(expected, plan.quote.expected_usd)
            upper = _plus(upper, plan.quote.upper_usd)
    except (CannotBuild, ImageNotAllowed, TemplateError, Unresolved):
        expected = upper = None
    return Estimate(
        requests=len(numbers),
        requests_up_to=len(numbers),
        expected_usd=expected,
        upper_usd=upper,
        only_sandbox=connection == "sandbox",
    )


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
