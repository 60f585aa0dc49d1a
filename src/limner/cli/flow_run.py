"""`limner run` and `limner resume`: a workflow from its file to its result, and on from wherever it stood."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner._json import JsonObject
from limner.cli.command import Command, Session
from limner.cli.flow_inputs import F, Typed, input_options, read_inputs
from limner.cli.options import connection_option, json_option, model_option
from limner.cli.output import Output
from limner.errors import InvalidRequestError

if TYPE_CHECKING:
    from limner.app import App
    from limner.cli.flow_ask import Asker
    from limner.runner.workflows import Workflows
    from limner.workflow.model import Stage, Workflow
    from limner.workflow.places import Choice
    from limner.workflow.state import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What `run` was told, as typed."""

    inputs: tuple[str, ...]
    inputs_file: Path | None
    connection: str | None
    model: str | None
    aspect: str | None
    select: str | None
    out: Path | None
    reuse: bool
    unlisted: bool
    strict: bool
    detach: bool
    yes: bool
    as_json: bool
    quiet: bool


def choice_options(function: F) -> F:
    """What a person chooses for a whole run, the same for `run` and `plan`."""
    for option in reversed(_CHOICE_OPTIONS):
        function = option(function)
    return function


_CHOICE_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    connection_option,
    model_option,
    click.option("--aspect", "--aspect-ratio", "aspect", metavar="W:H", help="Shape of every picture."),
    click.option("--reuse", is_flag=True, help="Take what an earlier run made of the same, instead of paying again."),
    click.option("--unlisted", is_flag=True, help="Use a model, or a price, that the catalog does not know."),
    click.option("--strict", is_flag=True, help="Refuse unknown fields and models that another one replaces."),
)

select_option = click.option(
    "--select", metavar="first|all|N", help="The picture to take where a person would choose one."
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Ask nothing: defaults for forms, no question about money.")
out_option = click.option(
    "--out",
    "-o",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Put pictures, words and the run itself into this folder.",
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print the result and errors only.")


@click.command(
    cls=Command,
    examples=(
        "limner run poster.workflow.json",
        'limner run poster.workflow.json --input brief.slogan="Fresh bread" --select first --out poster/',
        "limner run photo.workflow.json --input source.photo=sofa.jpg --input source.change=@wish.txt --yes --json",
    ),
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@input_options
@select_option
@out_option
@choice_options
@click.option(
    "--detach", is_flag=True, help="Only begin it: `limner work` or `limner serve --workflows` carries it on."
)
@yes_option
@json_option
@quiet_option
@click.pass_obj
def run(session: Session, /, file: Path, **asked: Any) -> int:
    """Run a workflow to its end.

    Forms are filled in with --input; on a terminal what is missing is asked for. Before anything is paid the price is
    said. Prints the paths of the resulting pictures, or the resulting text or JSON.

    Exits with 0 when all is done, 1 if a stage failed, 3 if input is missing, 4 if a person must choose or fill in
    something. Nothing that was paid for is lost: `limner resume` goes on.
    """
    from limner.app import App
    from limner.runner.workflows import Workflows

    told = Asked(**asked)
    session.output.quiet = told.quiet
    with App.open(session.environment) as app, Workflows(app) as flows:
        workflow = loaded_workflow(session.output, flows, file, strict=told.strict)
        return _start(session, flows, workflow, told)


def _start(session: Session, flows: Workflows, workflow: Workflow, told: Asked) -> int:
    from limner.cli import flow_price
    from limner.cli.flow_ask import Asker, can_ask
    from limner.cli.flow_work import Manner, Work, checked_select
    from limner.runner.planning import plan_run

    app, output = flows.app, session.output
    select = checked_select(told.select)
    choice = read_choice(app, connection=told.connection, model=told.model, aspect=told.aspect)
    asker = Asker(session, app) if can_ask(session, yes=told.yes, as_json=told.as_json) else None
    typed = read_inputs(app, workflow, told.inputs, told.inputs_file)
    typed.check(workflow, fill=asker is None)
    values = _first_forms(workflow, typed, asker)
    plan = plan_run(app, workflow, values, choice=choice, reuse=told.reuse, unlisted=told.unlisted)
    tell_notices(app, output)
    flow_price.tell_problems(output, plan)
    found = flow_price.estimate(app, plan)
    flow_price.announce(output, found, chosen=told.connection is not None or told.model is not None)
    flow_price.agreed(output, found, asker, doubtful=bool(plan["problems"]))
    run_id = flows.create(
        workflow.document,
        choice=choice,
        unattended=True,
        select=select,
        reuse=told.reuse,
        unlisted=told.unlisted,
    )
    flows.give(run_id, values, fill=asker is None)
    if told.detach:
        return _left_to_others(session, flows, run_id, as_json=told.as_json)
    manner = Manner(yes=told.yes, as_json=told.as_json, select=select, out=told.out)
    return Work(session, flows, run_id, manner, given=typed.values).go()


def _left_to_others(session: Session, flows: Workflows, run_id: str, *, as_json: bool) -> int:
    """Say which run was begun; whoever works for this data folder makes its requests."""
    if as_json:
        session.output.json(flows.document(run_id))
    else:
        session.output.result(run_id)
    session.output.note(f"Next: limner work, and then limner runs show {run_id}", "dim")
    return 0


@click.command(
    cls=Command,
    examples=(
        "limner resume 1m8dykhv5944",
        "limner resume 1m8dykhv5944 --retry",
        'limner resume 1m8dykhv5944 --input brief.slogan="Fresh rolls"',
    ),
)
@click.argument("run_name", metavar="RUN")
@input_options
@select_option
@click.option("--retry", is_flag=True, help="Start failed stages again; what is paid for is kept.")
@out_option
@yes_option
@json_option
@quiet_option
@click.pass_obj
def resume(
    session: Session,
    /,
    run_name: str,
    inputs: tuple[str, ...],
    inputs_file: Path | None,
    select: str | None,
    retry: bool,
    out: Path | None,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Go on with a run.

    After Ctrl-C, a crash, a choice that was missing. A request that was sent and has no answer is never sent again by
    itself: it ends as interrupted, and --retry makes it anew. RUN is the beginning of an id of `limner runs`.
    """
    from limner.app import App
    from limner.cli.flow_ask import can_ask
    from limner.cli.flow_work import Manner, Work, checked_select
    from limner.runner.workflows import Workflows

    session.output.quiet = quiet
    manner = Manner(yes=yes, as_json=as_json, select=checked_select(select), out=out, retry=retry)
    with App.open(session.environment) as app, Workflows(app) as flows:
        run_id = flows.find(run_name)
        tell_notices(app, session.output)
        with flows.live.reading(run_id) as state:
            workflow, after = state.workflow, state.number
            typed = read_inputs(app, workflow, inputs, inputs_file)
            open_forms = _merge(state, typed)
        asks = can_ask(session, yes=yes, as_json=as_json)
        filled = [stage.id for stage in workflow.stages if stage.fields and stage.id not in open_forms]
        typed.check(workflow, fill=not asks, skip=[each for each in filled if each not in typed.values])
        given = {each: typed.of(each) for each in typed.values if each in filled}
        if not asks:
            given |= {each: typed.of(each) for each in open_forms}
        flows.give(run_id, given, fill=not asks)
        agree_to_go_on(session, flows, run_id, only=_to_do(flows, run_id, retry=retry), asks=asks)
        return Work(session, flows, run_id, manner, given=typed.values, after=after).go()


def agree_to_go_on(session: Session, flows: Workflows, run_id: str, *, only: Collection[str], asks: bool) -> None:
    """Say what the stages `only` of a run cost, and ask a person whether that is wanted. Raises `click.Abort`."""
    from limner.cli import flow_price
    from limner.cli.flow_ask import Asker
    from limner.runner.planning import plan_run
    from limner.workflow.places import Choice

    app = flows.app
    with flows.live.reading(run_id) as state:
        workflow = state.workflow
    plan = plan_run(app, workflow, {}, choice=Choice(), run_id=run_id)
    found = flow_price.estimate(app, plan, only=only)
    flow_price.announce(session.output, found, chosen=True)
    flow_price.agreed(session.output, found, Asker(session, app) if asks else None)


def _to_do(flows: Workflows, run_id: str, *, retry: bool) -> list[str]:
    """The stages that are made when the run goes on: those that failed only if they are to be started again."""
    from limner.workflow.status import standing

    left_out = ("stale",) if retry else ("stale", "error")
    with flows.live.reading(run_id) as state:
        return [stage.id for stage in state.workflow.stages if standing(state, stage.id).status not in left_out]


def loaded_workflow(output: Output, flows: Workflows, file: Path, *, strict: bool) -> Workflow:
    """The workflow in a file, with its warnings told. Raises `InvalidRequestError` with everything that is wrong."""
    loaded = flows.load(file, strict=strict)
    told = [
        (each.level, f"{file}:{each.line}:{each.column}: {each.code} {each.message}") for each in loaded.diagnostics
    ]
    if loaded.workflow is None:
        raise InvalidRequestError(
            "\n".join(text for level, text in told if level == "error"),
            code="workflow.invalid",
            hint=f"See: limner validate {shlex.quote(str(file))}",
        )
    for level, text in told:
        if level == "warning":
            output.warning(text)
    return loaded.workflow


def read_choice(app: App, *, connection: str | None, model: str | None, aspect: str | None) -> Choice:
    """What a person chose for a whole run. Raises `ConfigError` and `InvalidRequestError` for what there is not."""
    from limner.app.plan import typed_ratio
    from limner.workflow.model import SENTINELS
    from limner.workflow.places import Choice

    if connection is not None:
        app.settings.connection(connection)
    if aspect is not None and aspect not in SENTINELS:
        aspect = str(typed_ratio(aspect))
    return Choice(model=model, connection=connection, aspect_ratio=aspect)


def tell_notices(app: App, output: Output) -> None:
    """What the start of the app found, such as calls that an interrupted command had left."""
    for notice in app.notices:
        output.note(notice, "cyan")
    app.notices.clear()


def _first_forms(workflow: Workflow, typed: Typed, asker: Asker | None) -> Mapping[str, JsonObject]:
    """The forms to begin with: all of them, or those that a person can fill in before anything is made."""
    stages = [workflow.stage(stage_id) for stage_id in workflow.order]
    forms = [stage for stage in stages if stage.fields]
    if asker is None:
        return {stage.id: typed.of(stage.id) for stage in forms}
    return {stage.id: asker.form(stage, typed.of(stage.id)) for stage in _without_models(workflow, forms)}


def _without_models(workflow: Workflow, forms: Sequence[Stage]) -> list[Stage]:
    """The forms that depend on no model."""
    return [stage for stage in forms if not any(workflow.stage(each).asks_model for each in _upstream(workflow, stage))]


def _upstream(workflow: Workflow, stage: Stage) -> set[str]:
    found: set[str] = set()
    todo = list(stage.dependencies)
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            todo += workflow.stage(each).dependencies
    return found


def _merge(state: RunState, typed: Typed) -> list[str]:
    """Put what is given over what a form holds already; gives the forms that nobody filled in yet."""
    unfilled = []
    for stage in state.workflow.stages:
        before = state.stages[stage.id].user_input
        if stage.fields and before is None:
            unfilled.append(stage.id)
        elif before is not None and stage.id in typed.values:
            typed.values[stage.id] = {**before, **typed.values[stage.id]}
    return unfilled
