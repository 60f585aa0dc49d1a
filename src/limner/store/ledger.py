"""What calls cost: reserved before one leaves, settled when it ends, never over a budget.

There is no second book. Each call's row in the journal holds what was reserved for it, and later what it cost; the
reservation is made in the transaction that marks the call as sent, so that processes cannot overspend together and no
crash can part the two. What counts against a budget is the cost where it is known, nothing where the provider bills
nothing, and the reservation everywhere else: calls under way, and calls whose fate is in doubt.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from limner.core.money import from_micro
from limner.store.db import Database

CostKey = Literal["day", "month", "model", "connection", "kind"]

_KEYS: dict[CostKey, str] = {
    "day": "date(created_at_ms / 1000, 'unixepoch', 'localtime')",
    "month": "strftime('%Y-%m', created_at_ms / 1000, 'unixepoch', 'localtime')",
    "model": "model",
    "connection": "connection",
    "kind": "kind",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A budget as a filter over calls: at most `micro_usd` for those since `since_ms`, of one run or connection.

    `name` says it in words, such as "the budget of a day".
    """

    name: str
    micro_usd: int
    since_ms: int = 0
    group_id: str | None = None
    connection: str | None = None


class BudgetSpent(Exception):
    """A reservation would exceed `limit`, of which `spent` millionths of a dollar are taken."""

    def __init__(self, limit: Limit, spent: int, wanted: int) -> None:
        super().__init__(
            f"{limit.name} is ${from_micro(limit.micro_usd):.2f}, of which ${from_micro(spent):.4f} are spent or "
            f"reserved; this needs up to ${from_micro(wanted):.4f}"
        )
        self.limit = limit


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """The calls with one `key` added up. Amounts are millionths of a dollar.

    `cost` is what is known to be spent, `reserved` what is set aside for calls under way or in doubt, and `unknown`
    counts the calls that may have cost money and have neither.
    """

    key: str
    calls: int
    pictures: int
    cost: int
    reserved: int
    unknown: int


class Ledger:
    """The money side of the calls in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, wanted: int, limits: tuple[Limit, ...]) -> None:
        """Raise `BudgetSpent` if `wanted` millionths of a dollar more would exceed one of `limits` now."""
        with self._database.transaction() as connection:
            check(connection, wanted, limits)

    def spent(self, limit: Limit) -> int:
        """What counts against `limit` already, in millionths of a dollar."""
        with self._database.transaction() as connection:
            return _spent(connection, limit)

    def spent_in_chat(self, chat_id: str) -> int:
        """What the calls of a conversation cost or may cost, in millionths of a dollar."""
        query = "SELECT ifnull(sum(counted_micro_usd), 0) AS spent FROM calls WHERE chat_id = ?"
        return int(self._database.rows(query, chat_id)[0]["spent"])

    def rows(
        self,
        by: CostKey,
        *,
        since_ms: int = 0,
        until_ms: int = 2**62,
        connection: str | None = None,
        model: str | None = None,
    ) -> list[CostRow]:
        """All calls of the span `since_ms` to before `until_ms`, added up by `by`, in the order of its values."""
        query = f"""
            SELECT {_KEYS[by]} AS key, count(*) AS calls,
                   sum((SELECT count(*) FROM images WHERE call_id = calls.id AND role = 'result')) AS pictures,
                   sum(ifnull(cost_micro_usd, 0)) AS cost,
                   sum(iif(cost_micro_usd IS NULL, ifnull(reserved_micro_usd, 0), 0)) AS reserved,
                   sum(counted_micro_usd IS NULL) AS unknown
            FROM calls
            WHERE created_at_ms >= ? AND created_at_ms < ?
              AND connection = ifnull(?, connection) AND model = ifnull(?, model)
            GROUP BY 1 ORDER BY 1"""  # noqa: S608 - the key is one of a fixed table
        found = self._database.rows(query, since_ms, until_ms, connection, model)
        return [CostRow(**{name: row[name] for name in row.keys()}) for row in found]  # noqa: SIM118 - sqlite3.Row


def check(connection: sqlite3.Connection, wanted: int, limits: tuple[Limit, ...]) -> None:
    """Raise `BudgetSpent` if `wanted` millionths of a dollar more would exceed one of `limits`.

    Free calls always pass. Only inside a write transaction does the answer stay true until what follows is written.
    """
    if wanted == 0:
        return
    for limit in limits:
        spent = _spent(connection, limit)
        if spent + wanted > limit.micro_usd:
            raise BudgetSpent(limit, spent, wanted)


def _spent(connection: sqlite3.Connection, limit: Limit) -> int:
    conditions = ["created_at_ms >= ?"]
    values: list[object] = [limit.since_ms]
    for column, value in (("group_id", limit.group_id), ("connection", limit.connection)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    query = f"SELECT ifnull(sum(counted_micro_usd), 0) FROM calls WHERE {' AND '.join(conditions)}"  # noqa: S608
    return int(connection.execute(query, values).fetchone()[0])
