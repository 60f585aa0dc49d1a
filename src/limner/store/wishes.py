"""What was asked for in the studio: the order in which it is made, and what became of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from limner import _clock
from limner._json import JsonObject, dumps
from limner.store.db import Database

WishState = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One wish. `call_ids` are those of its calls, also before they are made; times in ms since 1970 UTC.

    `error` says why no call was made; how a call ended is in the journal.
    """

    id: str
    state: WishState
    place: float
    owner: str
    created_at_ms: int
    begun_at_ms: int | None
    ended_at_ms: int | None
    ask: JsonObject
    call_ids: tuple[str, ...]
    error: JsonObject | None


class Wishes:
    """The wishes of `database`. A state only ever goes on: what has ended stays ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, ask: JsonObject, *, calls: int, owner: str, first: bool = False, wish_id: str | None = None) -> Wish:
        """A new wish behind those that wait, or before them; one whose id is known already stays as it is."""
        wish_id = wish_id or _clock.new_id()
        call_ids = [_clock.new_id() for _ in range(calls)]
        with self._database.transaction() as connection:
            edge = "min(place) - 1" if first else "max(place) + 1"
            place = connection.execute(f"SELECT {edge} FROM wishes WHERE state = 'waiting'").fetchone()[0] or 0.0  # noqa: S608
            connection.execute(
                """INSERT OR IGNORE INTO wishes (id, state, place, owner, created_at_ms, ask, call_ids)
                   VALUES (?, 'waiting', ?, ?, ?, ?, ?)""",
                (wish_id, place, owner, _clock.now_ms(), dumps(ask), dumps(call_ids)),
            )
        found = self.find(wish_id)
        assert found is not None
        return found

    def find(self, wish_id: str) -> Wish | None:
        """The wish of that id."""
        return next(iter(self._read("WHERE id = ?", wish_id)), None)

    def open(self) -> list[Wish]:
        """What runs, then what waits, in order."""
        return self._read("WHERE state IN ('running', 'waiting') ORDER BY state, place")

    def since(self, time_ms: int, *, limit: int) -> list[Wish]:
        """The newest wishes since a time, the newest first."""
        return self._read("WHERE created_at_ms >= ? ORDER BY id DESC LIMIT ?", time_ms, limit)

    def begin(self, owner: str) -> Wish | None:
        """Take the first that waits; nobody else gets it. `None` where none waits."""
        with self._database.transaction() as connection:
            row = connection.execute("SELECT id FROM wishes WHERE state = 'waiting' ORDER BY place LIMIT 1").fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE wishes SET state = 'running', owner = ?, begun_at_ms = ? WHERE id = ?",
                (owner, _clock.now_ms(), row[0]),
            )
        return self.find(row[0])

    def end(self, wish_id: str, state: WishState, error: JsonObject | None = None) -> bool:
        """End one that has not ended; says whether it did."""
        with self._database.transaction() as connection:
            return bool(
                connection.execute(
                    """UPDATE wishes SET state = ?, ended_at_ms = ?, error = ?
                       WHERE id = ? AND state IN ('waiting', 'running')""",
                    (state, _clock.now_ms(), None if error is None else dumps(error), wish_id),
                ).rowcount
            )

    def withdraw(self, wish_ids: Sequence[str] | None = None) -> int:
        """Take back wishes that wait, or all of them; gives how many. What runs goes on."""
        with self._database.transaction() as connection:
            which = "" if wish_ids is None else f" AND id IN ({', '.join('?' * len(wish_ids))})"
            return connection.execute(
                f"UPDATE wishes SET state = 'cancelled', ended_at_ms = ? WHERE state = 'waiting'{which}",  # noqa: S608
                (_clock.now_ms(), *(wish_ids or ())),
            ).rowcount

    def move(self, wish_id: str, steps: int | Literal["first"]) -> bool:
        """Move one that waits up (negative) or down, or before all; says whether it moved."""
        with self._database.transaction() as connection:
            order = [
                row[0] for row in connection.execute("SELECT id FROM wishes WHERE state = 'waiting' ORDER BY place")
            ]
            if wish_id not in order:
                return False
            old = order.index(wish_id)
            new = 0 if steps == "first" else min(max(old + steps, 0), len(order) - 1)
            order.insert(new, order.pop(old))
            connection.executemany(
                "UPDATE wishes SET place = ? WHERE id = ?", [(float(place), each) for place, each in enumerate(order)]
            )
        return new != old

    def _read(self, where: str, *values: object) -> list[Wish]:
        rows = self._database.rows(f"SELECT * FROM wishes {where}", *values)  # noqa: S608
        return [_wish(row) for row in rows]


def _wish(row: sqlite3.Row) -> Wish:
    return Wish(
        id=row["id"],
        state=row["state"],
        place=row["place"],
        owner=row["owner"],
        created_at_ms=row["created_at_ms"],
        begun_at_ms=row["begun_at_ms"],
        ended_at_ms=row["ended_at_ms"],
        ask=json.loads(row["ask"]),
        call_ids=tuple(json.loads(row["call_ids"])),
        error=None if row["error"] is None else json.loads(row["error"]),
    )
