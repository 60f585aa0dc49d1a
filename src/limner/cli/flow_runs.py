"""`limner runs`: what was run, how each run stands, and what can be done with it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner import _clock
from limner._json import JsonObject
from limner.cli.command import Group, Session
from limner.cli.flow_end import STATUS_WORDS, placed, short, tell_places
from limner.cli.flow_run import (
    agree_to_go_on,
    loaded_workflow,
    out_option,
    quiet_option,
    select_option,
    tell_notices,
    yes_option,
)
from limner.cli.flow_watch import counted
from limner.cli.generate import display_path, dollars
from limner.cli.history import when
from limner.cli.options import json_option
from limner.cli.output import Cell, Style

if TYPE_CHECKING:
    from limner.runner.workflows import Workflows
    from limner.store.runs import RunRecord

MAX_LIMIT = 10_000
FOLLOW_S = 0.25
"""Seconds between two looks for new events."""

RUN_WORDS = {
    "running": "under way",
    "waiting": "waits for a person",
    "failed": "failed",
    "completed": "done",
}
_STYLES: dict[str, Style] = {"completed": "green", "failed": "red", "waiting": "yellow", "running": "cyan"}


@click.group(
    cls=Group,
    default="list",
    examples=("limner runs", "limner runs show 1m8dykhv5944", "limner runs export 1m8dykhv5944 poster/"),
)
def runs() -> None:
    """Runs of workflows, and what can be done with them.

    RUN is the beginning of an id. A run keeps everything: each attempt, each picture, and the workflow it began with.
    """


@runs.command("list", examples=("limner runs", "limner runs list --workflow logo-generator --json"))
@click.option("--workflow", metavar="ID", help="Only runs of this workflow.")
@click.option("--limit", "-n", type=click.IntRange(1, MAX_LIMIT), default=20, metavar="N", help="How many; 20.")
@json_option
@click.pass_obj
def list_runs(session: Session, /, workflow: str | None, limit: int, as_json: bool) -> int:
    """The newest runs."""
    from limner.app import App

    output = session.output
    with App.open(session.environment) as app:
        found = app.store.runs.list_runs(limit=limit, workflow_id=workflow)
        tell_notices(app, output)
    if as_json:
        output.json([_record_to_json(record) for record in found])
    elif not found:
        output.note("No runs yet. Try: limner new" if workflow is None else "Nothing matches.")
    else:
        heads: list[Cell] = [(head, "bold") for head in ("ID", "WHEN", "STATUS", "COST", "WORKFLOW")]
        output.table([heads, *(_row(record) for record in found)])
        if any(record.status == "running" for record in found):
            output.note("Where the process of a run has ended, this takes it over: limner resume ID", "dim")
    return 0


@runs.command("show", examples=("limner runs show 1m8dykhv5944", "limner runs show 1m8dykhv5944 --json"))
@click.argument("run_name", metavar="RUN")
@json_option
@click.pass_obj
def show_run(session: Session, /, run_name: str, as_json: bool) -> int:
    """How a run stands: its stages, their attempts, and what comes next."""
    with _opened(session, run_name) as (flows, run_id):
        document = flows.document(run_id)
        if as_json:
            session.output.json(document)
        else:
            _tell(session, flows, document)
    return 0


@runs.command("cancel", examples=("limner runs cancel 1m8dykhv5944", "limner runs cancel 1m8dykhv5944 logo"))
@click.argument("run_name", metavar="RUN")
@click.argument("stage", metavar="[STAGE]", required=False)
@click.pass_obj
def cancel(session: Session, /, run_name: str, stage: str | None) -> int:
    """Stop what is queued or under way.

    What was sent already is still received and kept; it may be billed.
    """
    from limner.workflow.operations import find_stage

    with _opened(session, run_name) as (flows, run_id):
        with flows.live.reading(run_id) as state:
            if stage is not None:
                find_stage(state, stage)
            many = len([each for each in state.open_attempts() if stage in (None, each.stage)])
        flows.cancel(run_id, stage)
    told = f"Cancelled: {counted(many, 'attempt')}." if many else "Nothing was under way."
    session.output.note(told, "green" if many else None)
    return 0


@runs.command("reset", examples=("limner runs reset 1m8dykhv5944 logo",))
@click.argument("run_name", metavar="RUN")
@click.argument("stage", metavar="STAGE")
@click.pass_obj
def reset(session: Session, /, run_name: str, stage: str) -> int:
    """Forget the output of a stage.

    Its attempts stay: `limner select` brings one back.
    """
    with _opened(session, run_name) as (flows, run_id):
        flows.reset(run_id, stage)
    session.output.note(f"{stage} has no output now.", "green")
    session.output.note(f"Next: limner resume {short(run_id)}", "dim")
    return 0


@runs.command("update", examples=("limner runs update 1m8dykhv5944 card",))
@click.argument("run_name", metavar="RUN")
@click.argument("stage", metavar="STAGE")
@select_option
@out_option
@yes_option
@json_option
@quiet_option
@click.pass_obj
def update(
    session: Session,
    /,
    run_name: str,
    stage: str,
    select: str | None,
    out: Path | None,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Bring a stage up to date, and every stale stage before it.

    Says the price first. Results that are up to date are kept.
    """
    from limner.cli.flow_ask import can_ask
    from limner.cli.flow_work import Manner, Work, checked_select

    session.output.quiet = quiet
    manner = Manner(yes=yes, as_json=as_json, select=checked_select(select), out=out)
    with _opened(session, run_name) as (flows, run_id):
        stale = _stale_before(flows, run_id, stage)
        if not stale:
            session.output.note(f"{stage} is not out of date; nothing is made again.")
        asks = can_ask(session, yes=yes, as_json=as_json)
        agree_to_go_on(session, flows, run_id, only=stale, asks=asks)
        after = len(flows.app.store.runs.events(run_id))
        flows.update(run_id, stage)
        return Work(session, flows, run_id, manner, after=after).go()


@runs.command("use", examples=("limner runs use 1m8dykhv5944 poster.workflow.json",))
@click.argument("run_name", metavar="RUN")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def use(session: Session, /, run_name: str, file: Path) -> int:
    """Go on with an edited workflow file.

    Stages whose requests would differ become out of date; nothing is made again by itself.
    """
    with _opened(session, run_name) as (flows, run_id):
        workflow = loaded_workflow(session.output, flows, file, strict=False)
        flows.use_file(run_id, workflow.document)
        document = flows.document(run_id)
    stale = [name for name, each in document["stages"].items() if each["status"] == "stale"]
    session.output.note(f"The run goes on with {file}.", "green")
    for name in stale:
        session.output.note(f"  {name} is out of date: {'; '.join(document['stages'][name]['staleReasons'])}")
    following = f"limner runs update {short(run_id)} {stale[-1]}" if stale else f"limner resume {short(run_id)}"
    session.output.note(f"Next: {following}", "dim")
    return 0


@runs.command("export", examples=("limner runs export 1m8dykhv5944 poster/",))
@click.argument("run_name", metavar="RUN")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export(session: Session, /, run_name: str, folder: Path) -> int:
    """Put pictures, words, the workflow and the run itself into a folder.

    Files that are there already are never replaced. Prints the path of each file.
    """
    from limner.runner.export import export_run

    with _opened(session, run_name) as (flows, run_id):
        for path in export_run(flows.app, flows.document(run_id), folder):
            session.output.path(display_path(path))
    return 0


@runs.command("events", examples=("limner runs events 1m8dykhv5944 --after 12", "limner runs events 1m8d --follow"))
@click.argument("run_name", metavar="RUN")
@click.option("--after", type=click.IntRange(0), default=0, metavar="N", help="Only those after number N.")
@click.option("--follow", is_flag=True, help="Wait for more, until the run is done or has failed.")
@click.pass_obj
def events(session: Session, /, run_name: str, after: int, follow: bool) -> int:
    """What happened in a run, one JSON document a line."""
    with _opened(session, run_name) as (flows, run_id):
        store = flows.app.store.runs
        while True:
            record = store.find(run_id)
            for event in store.events(run_id, after=after):
                after = event["n"]
                session.output.result(json.dumps(event, separators=(",", ":")))
            if not follow or record is None or record.status in ("completed", "failed"):
                return 0
            _clock.sleep(FOLLOW_S)


@contextmanager
def _opened(session: Session, run_name: str) -> Iterator[tuple[Workflows, str]]:
    from limner.app import App
    from limner.runner.workflows import Workflows

    with App.open(session.environment) as app, Workflows(app) as flows:
        run_id = flows.find(run_name)
        tell_notices(app, session.output)
        yield flows, run_id


def _stale_before(flows: Workflows, run_id: str, stage_id: str) -> list[str]:
    """The stages that an update would make again."""
    from limner.workflow import operations

    with flows.live.reading(run_id) as state:
        return [str(each) for event in operations.update(state, stage_id) for each in event["stages"]]


def _record_to_json(record: RunRecord) -> JsonObject:
    from limner.workflow.view import iso

    return {
        "run": record.run_id,
        "workflow": {"id": record.workflow_id, "name": record.workflow_name},
        "status": record.status,
        "createdAt": iso(record.created_at_ms),
        "updatedAt": iso(record.updated_at_ms),
        "cost": {"amount": float(record.cost_usd), "currency": "USD", "estimated": True},
        "events": record.events,
    }


def _row(record: RunRecord) -> list[Cell]:
    status: Cell = (RUN_WORDS.get(record.status, record.status), _STYLES.get(record.status, "dim"))
    return [short(record.run_id), when(record.created_at_ms), status, dollars(record.cost_usd), record.workflow_name]


def _tell(session: Session, flows: Workflows, document: JsonObject) -> None:
    from decimal import Decimal

    output = session.output
    cost = dollars(Decimal(str(document["cost"]["amount"])))
    output.result(f"{document['workflow']['name']}", "bold")
    status = RUN_WORDS.get(document["status"], document["status"])
    output.result(f"{document['run']} · {status} · {cost} · begun {document['createdAt'][:16].replace('T', ' ')} UTC")
    with flows.live.reading(document["run"]) as state:
        made = {each.id: _made(each.output) for each in state.attempts.values() if each.outcome == "succeeded"}
    for stage_id, stage in document["stages"].items():
        output.result()
        words = STATUS_WORDS[stage["status"]]
        if stage["status"] == "ready" and stage["kind"] == "input":
            words = "form to fill in"
        elif stage["status"] == "idle":
            words = f"waits for {', '.join(stage['waitsFor'])}"
        output.result(f"{stage_id}  {words}", _stage_style(stage["status"]))
        for line in _stage_lines(stage):
            output.result(f"  {line}")
        for line in _tree(stage, made):
            output.result(f"  {line}")
        if stage["status"] == "review":
            tell_places(output, placed(flows, stage["output"]["images"], []))
    for command in _commands(document):
        output.note(f"Next: {command}", "dim")


def _stage_style(status: str) -> Style | None:
    styles: dict[str, Style] = {"completed": "green", "error": "red", "stale": "yellow", "review": "yellow"}
    return styles.get(status)


def _stage_lines(stage: JsonObject) -> Iterator[str]:
    for reason in stage["staleReasons"]:
        yield f"because {reason}"
    progress = stage["progress"]
    if progress is not None:
        yield f"{progress['done']} of {counted(progress['total'], 'request')} ended"
    error = stage["error"] or (stage["lastAttempt"] or {}).get("error")
    if error:
        yield f"{error['code']}: {error['message']}"
        yield f"{error['hint']}"


def _tree(stage: JsonObject, made: dict[str, str]) -> Iterator[str]:
    """The attempts of a stage, each below the one it goes on from; `*` marks the one that is shown."""
    attempts = stage["attempts"]
    known = {each["id"] for each in attempts}
    children: dict[str | None, list[JsonObject]] = {}
    for each in attempts:
        parent = each["parentAttemptId"]
        children.setdefault(parent if parent in known else None, []).append(each)
    todo = [(0, each) for each in reversed(children.get(None, []))]
    while todo:
        depth, attempt = todo.pop()
        mark = "*" if attempt["id"] == stage["activeAttemptId"] else " "
        words = [attempt["id"], attempt["operation"], _asked_words(attempt), _outcome_words(attempt, made)]
        yield f"{mark} {'  ' * min(depth, 12)}{'  '.join(word for word in words if word)}"
        todo += [(depth + 1, each) for each in reversed(children.get(attempt["id"], []))]


def _asked_words(attempt: JsonObject) -> str:
    words = [] if not attempt["notes"] else [json.dumps(attempt["notes"][:60], ensure_ascii=False)]
    return " ".join([*words, *([f"style {attempt['style']}"] if attempt["style"] else [])])


def _outcome_words(attempt: JsonObject, made: dict[str, str]) -> str:
    if attempt["outcome"] == "succeeded":
        return made.get(attempt["id"], "")
    return str(attempt["outcome"] or "under way")


def _made(output: object) -> str:
    return counted(len(output["images"]), "picture") if isinstance(output, dict) and "images" in output else ""


def _commands(document: JsonObject) -> list[str]:
    run = short(document["run"])
    stale = _with_status(document, "stale")
    commands = [f"limner select {run} {name} N" for name in _with_status(document, "review")]
    if _with_status(document, "error"):
        commands.append(f"limner resume {run} --retry")
    elif document["status"] != "completed":
        commands.append(f"limner resume {run}")
    if stale:
        commands.append(f"limner runs update {run} {stale[-1]}")
    if document["status"] == "completed":
        commands.append(f"limner runs export {run} {shlex.quote(document['workflow']['id'])}/")
    return commands


def _with_status(document: JsonObject, status: str) -> list[str]:
    return [name for name, each in document["stages"].items() if each["status"] == status]
