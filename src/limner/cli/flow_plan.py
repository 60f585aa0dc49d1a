"""`limner plan`: what a run would do and cost, stage by stage, with every prompt. Nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner._json import JsonObject
from limner.cli.command import Command, Session
from limner.cli.flow_inputs import input_options, read_inputs
from limner.cli.flow_price import price_words, tell_problems
from limner.cli.flow_run import choice_options, loaded_workflow, read_choice, tell_notices
from limner.cli.flow_watch import counted
from limner.cli.options import json_option
from limner.cli.output import Cell, Output, Style, one_line
from limner.errors import InvalidRequestError

if TYPE_CHECKING:
    from limner.runner.workflows import Workflows
    from limner.workflow.model import Workflow

ACTION_WORDS = {
    "form": "fill in",
    "wait": "later",
    "pay": "pay",
    "free": "free",
    "keep": "keep",
    "reuse": "reuse",
}
"""What happens with a stage: a person fills in its form, it waits for one, requests are made (for money or not), what
there is is kept, or taken from another run."""

_STYLES: dict[str, Style] = {"form": "yellow", "wait": "yellow", "pay": "bold", "keep": "green", "reuse": "green"}


@click.command(
    cls=Command,
    examples=(
        "limner plan poster.workflow.json",
        'limner plan poster.workflow.json --input brief.slogan="Fresh bread" --json',
        "limner plan --run 1m8dykhv5944",
    ),
)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--run", "run_name", metavar="RUN", help="What is left to do in this run; with FILE, in this edited form."
)
@input_options
@choice_options
@click.option("--prompts/--no-prompts", default=True, help="Show the prompts, or only the table.")
@json_option
@click.pass_obj
def plan(
    session: Session,
    /,
    file: Path | None,
    run_name: str | None,
    inputs: tuple[str, ...],
    inputs_file: Path | None,
    connection: str | None,
    model: str | None,
    aspect: str | None,
    reuse: bool,
    unlisted: bool,
    strict: bool,
    prompts: bool,
    as_json: bool,
) -> int:
    """What a workflow would do and cost. Nothing is sent.

    Stages in the order they run, with the number of requests and their price, then every prompt as it would be sent.
    What only a model or a person can give stands in ‹ ›. Input that is missing is no error here.
    """
    from limner.app import App
    from limner.runner.planning import plan_run
    from limner.runner.workflows import Workflows

    output = session.output
    with App.open(session.environment) as app, Workflows(app) as flows:
        run_id = None if run_name is None else flows.find(run_name)
        tell_notices(app, output)
        workflow = _workflow(output, flows, file, run_id, strict=strict)
        choice = read_choice(app, connection=connection, model=model, aspect=aspect)
        typed = read_inputs(app, workflow, inputs, inputs_file)
        typed.check(workflow, fill=False)
        found = plan_run(app, workflow, typed.values, choice=choice, run_id=run_id, reuse=reuse, unlisted=unlisted)
    if as_json:
        output.json(found)
    else:
        _tell(output, found, prompts=prompts)
    return 0


def _workflow(output: Output, flows: Workflows, file: Path | None, run_id: str | None, *, strict: bool) -> Workflow:
    if file is not None:
        return loaded_workflow(output, flows, file, strict=strict)
    if run_id is None:
        raise InvalidRequestError(
            "Which workflow is not said.",
            code="workflow.file",
            hint="Try: limner plan FILE, or limner plan --run RUN.",
        )
    with flows.live.reading(run_id) as state:
        return state.workflow


def _tell(output: Output, plan: JsonObject, *, prompts: bool) -> None:
    output.result(f"{plan['workflow']['name']}", "bold")
    heads: list[Cell] = [(head, "bold") for head in ("STAGE", "WHAT", "REQUESTS", "PRICE", "MODEL", "WHY")]
    output.table([heads, *(_row(stage) for stage in plan["stages"])], flexible=(5, 0))
    if prompts:
        for stage in plan["stages"]:
            _tell_stage(output, stage)
    output.result()
    output.result(_total(plan), "bold")
    budget = _budget(plan["budget"])
    if budget:
        output.result(budget)
    tell_problems(output, plan)


def _row(stage: JsonObject) -> list[Cell]:
    action = stage["action"]
    requests = _requests(stage)
    price = _price(stage) if stage["requests"] else "-"
    what: Cell = (ACTION_WORDS[action], _STYLES[action]) if action in _STYLES else ACTION_WORDS[action]
    return [stage["id"], what, requests, price, stage["model"] or "-", stage["why"]]


def _requests(document: JsonObject) -> str:
    """`2`, `1 to 12`, or `-` for none."""
    least, most = document["requests"], document["requestsUpTo"]
    if not most:
        return "-"
    return str(least) if least == most else f"{least} to {most}"


def _price(document: JsonObject) -> str:
    return price_words(document["price"]["expected"], document["price"]["upper"])


def _tell_stage(output: Output, stage: JsonObject) -> None:
    """The prompt of a stage and all that goes with it, or what its form holds."""
    values = stage.get("values")
    if stage["prompt"] is None and not values and not stage["notes"]:
        return
    output.result()
    output.result(f"{stage['id']}: {one_line(stage['title'])}", "cyan")
    for name, value in (values or {}).items():
        shown = "missing" if name in stage.get("missing", ()) else _shown(value)
        output.result(f"  {name}: {shown}")
    for name in (name for name in stage.get("missing", ()) if name not in (values or {})):
        output.result(f"  {name}: missing")
    if stage["prompt"] is not None:
        for line in stage["prompt"].splitlines():
            output.result(f"  │ {line}" if output.result_speaks_unicode else f"  | {line}")
        facts = [f"system: {one_line(stage['system'])}"] if stage["system"] else []
        facts += [f"pictures: {', '.join(stage['images'])}"] if stage["images"] else []
        settings = [str(stage[name]) for name in ("aspectRatio", "size") if stage[name]]
        facts += [f"asks for: {', '.join(settings)}"] if settings else []
        facts += [f"on: {stage['connection']}"]
        for fact in facts:
            output.result(f"  {fact}", "dim")
    for note in stage["notes"]:
        output.result(f"  note: {note}", "dim")


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return str(value.get("name") or value.get("assetId"))
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value) or "-"
    return one_line(str(value)) if value not in (None, "") else "-"


def _total(plan: JsonObject) -> str:
    if not plan["requests"]:
        return "Nothing is to be sent."
    least, most = plan["requests"], plan["requestsUpTo"]
    requests = counted(least, "request") if least == most else f"{least} to {counted(most, 'request')}"
    return f"{requests}, {_price(plan)}. Nothing was sent."


def _budget(budget: JsonObject | None) -> str:
    if budget is None:
        return ""
    words = []
    if budget["maxImages"] is not None:
        up_to = f" to {budget['imagesUpTo']}" if budget["imagesUpTo"] != budget["images"] else ""
        words.append(f"{budget['images']}{up_to} of {counted(budget['maxImages'], 'picture')}")
    if budget["maxCost"] is not None:
        words.append(f"at most {budget['maxCost']:.2f} {budget['currency']} for the run")
    return f"Budget: {', '.join(words)}."
