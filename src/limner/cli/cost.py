"""`limner cost`: what was spent, on what, and the budgets that bound it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from limner.cli.command import Group, Session
from limner.cli.options import json_option, typed_dollars
from limner.cli.output import Cell, Output

if TYPE_CHECKING:
    from limner.app.costs import BudgetState, CostReport
    from limner.store.ledger import CostKey, CostRow

BY = ("day", "month", "model", "connection", "kind")
_BAR_COLUMNS = 24
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NONE = "none"


@click.group(
    cls=Group,
    default="show",
    examples=("limner cost", "limner cost --by model --since 30d", "limner cost budget --per-day 5"),
)
def cost() -> None:
    """What was spent, and the budgets that bound it.

    Every call is in it, from every front end: what it cost where that is known, what is set aside for it where it
    is under way or its fate is in doubt.
    """


@cost.command(
    "show",
    examples=("limner cost --by model --since 30d", "limner cost --csv > costs.csv", "limner cost --svg costs.svg"),
)
@click.option("--by", type=click.Choice(BY), default="day", show_default=True, help="What to add up by.")
@click.option("--since", metavar="DAY", help="From this day on: 2026-11-27, today, or 7d for a week ago.")
@click.option("--until", metavar="DAY", help="Up to this day, which is included.")
@click.option("--connection", "-c", metavar="NAME", help="Only calls on this connection.")
@click.option("--model", "-m", metavar="MODEL", help="Only calls to this model.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--svg", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write a chart as SVG.")
@json_option
@click.pass_obj
def show_cost(
    session: Session,
    /,
    by: str,
    since: str | None,
    until: str | None,
    connection: str | None,
    model: str | None,
    as_csv: bool,
    svg: Path | None,
    as_json: bool,
) -> int:
    """What was spent, added up.

    RESERVED is set aside for calls under way and for those that may have been billed without an answer.
    """
    from limner.app import App
    from limner.app.costs import budget_states, cost_report

    with App.open(session.environment) as app:
        ledger = app.store.ledger
        report = cost_report(ledger, cast("CostKey", by), since=since, until=until, connection=connection, model=model)
        states = budget_states(ledger, app.settings)
    output = session.output
    if svg is not None:
        _write_svg(report, svg, output)
    if as_json:
        output.json({**report.to_json(), "budgets": [state.to_json() for state in states]})
    elif as_csv:
        for line in report.to_csv().splitlines():
            output.result(line)
    elif svg is None:
        _tell(report, states, output)
    return 0


@cost.command(
    "budget",
    examples=(
        "limner cost budget --per-day 5 --per-run 0.50",
        "limner cost budget --connection comet --per-day 2",
        "limner cost budget --per-day none",
    ),
)
@click.option("--per-day", metavar="USD", help="Most dollars in a day of the local clock; none takes the budget away.")
@click.option("--per-run", metavar="USD", help="Most dollars for one command or workflow run.")
@click.option("--connection", "-c", metavar="NAME", help="The budget of a day is for this connection alone.")
@json_option
@click.pass_obj
def budget(session: Session, /, per_day: str | None, per_run: str | None, connection: str | None, as_json: bool) -> int:
    """Show the budgets, or set them.

    A budget is a hard stop: before a call leaves, its upper price is reserved; what does not fit is not sent.
    """
    from limner import config
    from limner.app import App
    from limner.app.costs import budget_states

    if connection is not None and per_run is not None:
        raise click.UsageError("A connection has a budget per day only; leave out --per-run.")
    day = "per_day_usd" if connection is None else "budget_per_day_usd"
    given = {day: per_day, "per_run_usd": per_run}
    changes = {name: None if text == _NONE else typed_dollars(text) for name, text in given.items() if text is not None}
    if changes:
        config.save_budget(config.load(session.environment), changes, connection=connection)
    with App.open(session.environment) as app:
        states = budget_states(app.store.ledger, app.settings)
    if as_json:
        session.output.json({"budgets": [state.to_json() for state in states]})
    elif states:
        session.output.table([_budget_row(state) for state in states])
    else:
        session.output.note("No budget is set. Try: limner cost budget --per-day 5", "dim")
    return 0


def _write_svg(report: CostReport, path: Path, output: Output) -> None:
    from limner.app.cost_chart import cost_svg
    from limner.store.disk import storage_error

    try:
        path.write_text(cost_svg(report), encoding="utf-8")
    except OSError as problem:
        raise storage_error(problem, path) from problem
    output.path(str(path))


def _tell(report: CostReport, states: list[BudgetState], output: Output) -> None:
    if not report.rows:
        output.note("No calls yet.")
        return
    total = report.total
    largest = max(row.cost + row.reserved for row in report.rows)
    heads: list[Cell] = [
        (head, "bold") for head in (report.by.upper(), "CALLS", "PICTURES", "COST", "RESERVED", "UNKNOWN", "")
    ]
    rows = [[*_cells(row), _bar(row.cost + row.reserved, largest, output)] for row in report.rows]
    output.table([heads, *rows, [*_cells(total), ""]], flexible=(6, 0))
    for state in states:
        output.note("Budget " + " ".join(text if isinstance(text, str) else text[0] for text in _budget_row(state)))
    if total.unknown:
        output.warning(f"{total.unknown} calls may have cost money that nobody can put a number to.")


def _cells(row: CostRow) -> list[Cell]:
    from limner.core.money import from_micro

    reserved = f"${from_micro(row.reserved):.4f}" if row.reserved else "-"
    return [
        row.key,
        f"{row.calls:5}",
        f"{row.pictures:8}",
        f"${from_micro(row.cost):.4f}",
        reserved,
        str(row.unknown or "-"),
    ]


def _bar(amount: int, largest: int, output: Output) -> Cell:
    """A bar of up to 24 columns, in eighths of a column where the terminal has them."""
    if not largest:
        return ""
    eighths = round(amount * _BAR_COLUMNS * 8 / largest)
    if not output.result_speaks_unicode:
        return "#" * (eighths // 8)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip(), "cyan")


def _budget_row(state: BudgetState) -> list[Cell]:
    if state.spent_usd is None:
        return [state.name, f"${state.limit_usd:.2f}", ""]
    return [state.name, f"${state.limit_usd:.2f}", f"${state.spent_usd:.4f} spent or reserved"]
