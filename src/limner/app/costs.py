"""What was spent, added up: by day, month, model, connection or kind of call, and how far each budget is used."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from limner import _clock
from limner._json import JsonObject
from limner.app.budget import limits_of
from limner.catalog.prices import usd_text
from limner.config import Settings
from limner.core.money import from_micro
from limner.errors import InvalidRequestError
from limner.store.ledger import CostKey, CostRow, Ledger

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    """Calls added up by `by`. The amounts of `total` are exactly the sums of those of `rows`."""

    by: CostKey
    rows: tuple[CostRow, ...]

    @property
    def total(self) -> CostRow:
        """All rows together."""
        return CostRow(
            key="total",
            calls=sum(row.calls for row in self.rows),
            pictures=sum(row.pictures for row in self.rows),
            cost=sum(row.cost for row in self.rows),
            reserved=sum(row.reserved for row in self.rows),
            unknown=sum(row.unknown for row in self.rows),
        )

    def to_json(self) -> JsonObject:
        """The report as `limner cost --json` prints it; dollars as text with six decimals."""
        return {"by": self.by, "rows": [_row_to_json(row) for row in self.rows], "total": _row_to_json(self.total)}

    def to_csv(self) -> str:
        """The rows as CSV with a head, without the total: a spreadsheet adds up by itself."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([self.by, "calls", "pictures", "cost_usd", "reserved_usd", "unknown_calls"])
        for row in self.rows:
            cost, reserved = usd_text(from_micro(row.cost)), usd_text(from_micro(row.reserved))
            writer.writerow([row.key, row.calls, row.pictures, cost, reserved, row.unknown])
        return text.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """One budget: what it is called, its bound in US dollars, and what is spent or reserved of it."""

    name: str
    limit_usd: Decimal
    spent_usd: Decimal | None

    def to_json(self) -> JsonObject:
        """The state as JSON; what a budget of a run has spent is null, as each run begins anew."""
        return {"name": self.name, "limitUsd": usd_text(self.limit_usd), "spentUsd": usd_text(self.spent_usd)}


def cost_report(
    ledger: Ledger,
    by: CostKey,
    *,
    since: str | None = None,
    until: str | None = None,
    connection: str | None = None,
    model: str | None = None,
) -> CostReport:
    """Add up the calls from `since` to before `until`; both as `parse_day` takes them, the last day included."""
    rows = ledger.rows(
        by,
        since_ms=0 if since is None else parse_day(since),
        until_ms=2**62 if until is None else day_after(until),
        connection=connection,
        model=model,
    )
    return CostReport(by=by, rows=tuple(rows))


def budget_states(ledger: Ledger, settings: Settings) -> list[BudgetState]:
    """Every budget that is set, with what is spent of it today."""
    states = []
    if settings.budget.per_run_usd is not None:
        states.append(BudgetState(name="each run", limit_usd=settings.budget.per_run_usd, spent_usd=None))
    seen: set[str] = set()
    for connection in settings.connections.values():
        for limit in limits_of(settings, connection, "", None):
            if limit.name not in seen:
                seen.add(limit.name)
                name = "each day" if limit.connection is None else f"each day on {limit.connection}"
                spent = from_micro(ledger.spent(limit))
                states.append(BudgetState(name=name, limit_usd=from_micro(limit.micro_usd), spent_usd=spent))
    return states


def parse_day(text: str) -> int:
    """The start of a day of the local clock in milliseconds since 1970 UTC: `2026-11-27`, `today`, or `7d` (ago).

    Raises `InvalidRequestError` for anything else.
    """
    today_ms = _clock.day_start_ms()
    if text == "today":
        return today_ms
    if text.endswith("d") and text[:-1].isascii() and text[:-1].isdecimal() and len(text) <= 6:
        noon_ms = today_ms + _DAY_MS // 2 - int(text[:-1]) * _DAY_MS  # from noon, so that summer time moves no day
        day = datetime.fromtimestamp(noon_ms / 1000).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(day.astimezone().timestamp()) * 1000
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").astimezone().timestamp()) * 1000
    except (ValueError, OverflowError):
        raise InvalidRequestError(
            f"{text[:40]!r} is no day.", code="invalid.day", hint="Accepted: 2026-11-27, today, or 7d for a week ago."
        ) from None


def day_after(text: str) -> int:
    """The start of the day after the one that `text` names, as `parse_day`: the end of a span that includes it."""
    noon = datetime.fromtimestamp(parse_day(text) / 1000) + timedelta(
        hours=36
    )  # noon, so that summer time moves no day
    return int(noon.replace(hour=0).astimezone().timestamp()) * 1000


def _row_to_json(row: CostRow) -> JsonObject:
    return {
        "key": row.key,
        "calls": row.calls,
        "pictures": row.pictures,
        "costUsd": usd_text(from_micro(row.cost)),
        "reservedUsd": usd_text(from_micro(row.reserved)),
        "unknownCalls": row.unknown,
    }
