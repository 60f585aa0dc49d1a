"""What was spent, and the budgets that bound it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import get_args

from limner import config
from limner.app.costs import budget_states, cost_report
from limner.core.money import from_micro
from limner.errors import LimnerError
from limner.store.ledger import CostKey
from limner.studio.visit import Answer, Bytes, Go, Page, Visit, get, post

SPANS = {"today": "today", "7d": "7 days", "30d": "30 days", "": "ever"}
GROUPS: tuple[CostKey, ...] = get_args(CostKey)
MAX_BUDGET_USD = 1_000_000


def show(visit: Visit) -> Answer:
    """A table first, bars beside it."""
    span = visit.query.get("range", "30d")
    span = span if span in SPANS else "30d"
    group = _group(visit)
    report = cost_report(visit.context.app.store.ledger, group, since=span or None)
    largest = max((row.cost + row.reserved for row in report.rows), default=0) or 1
    values = {
        "span": span,
        "spans": SPANS,
        "group": group,
        "groups": GROUPS,
        "rows": [
            (row, from_micro(row.cost), from_micro(row.reserved), row.cost * 100 / largest) for row in report.rows
        ],
        "total": from_micro(report.total.cost),
        "unknown": report.total.unknown,
        "budgets": budget_states(visit.context.app.store.ledger, visit.context.app.settings),
        "limits": visit.context.app.settings.budget,
    }
    return Page(template="costs.html", title="Costs", screen="costs", values=values)


def download(visit: Visit) -> Answer:
    """The same as CSV."""
    group = _group(visit)
    span = visit.query.get("range", "")
    report = cost_report(visit.context.app.store.ledger, group, since=span if span in SPANS and span else None)
    return Bytes(mime_type="text/csv", data=report.to_csv().encode(), name=f"costs-by-{group}.csv")


def limit(visit: Visit) -> Answer:
    """Set the budgets: hard stops; an empty field takes one away."""
    changes: dict[str, Decimal | None] = {}
    for name in ("per_day_usd", "per_run_usd"):
        text = visit.text(name).removeprefix("$")
        try:
            amount = Decimal(text) if text else None
        except InvalidOperation:
            return Go(to="/costs", notice=f"{text[:40]!r} is no amount of dollars.")
        if amount is not None and not 0 <= amount <= MAX_BUDGET_USD:
            return Go(to="/costs", notice=f"Accepted: 0 to {MAX_BUDGET_USD:,} dollars.")
        changes[name] = amount
    try:
        config.save_budget(visit.context.app.settings, changes)
        visit.context.app.reload()
    except LimnerError as problem:
        return Go(to="/costs", notice=problem.message[:300])
    return Go(to="/costs", notice="Budgets kept. What does not fit is not sent.")


def _group(visit: Visit) -> CostKey:
    return next((each for each in GROUPS if each == visit.text("group")), "model")


ROUTES = (get("/costs", show), get("/costs/csv", download), post("/costs", limit))
