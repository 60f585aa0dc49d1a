"""Runs of workflows: an append-only list of events for each. What they mean is for the engine to say.

Events are numbered from 1 without gaps. Several processes may work on one run: whoever appends first sees all that was
appended before, in one write transaction, so that no two decide the same thing twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from limner import _clock, _json
from limner._json import JsonObject, JsonValue
from limner.core.money import from_micro, to_micro
from limner.store.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What an attempt made of what a fingerprint stands for, so that another run can take it."""

    fingerprint: str
    attempt: str
    output: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """Events to append to a run, and what is true of it after them: what the list shows, and what was made."""

    events: Sequence[JsonObject] = ()
    status: str = "waiting"
    cost_usd: Decimal = Decimal(0)
    made: Sequence[Made] = ()


Extend = Callable[[list[JsonObject]], Extension]
"""Is given the events that were not seen yet; gives what to append."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as a list shows it. Times are milliseconds since 1970 UTC, `cost_usd` is what is known."""

    run_id: str
    workflow_id: str
    workflow_name: str
    status: str
    created_at_ms: int
    updated_at_ms: int
    events: int
    cost_usd: Decimal


class Runs:
    """The runs in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, workflow_id: str, workflow_name: str) -> str:
        """A new run without events; gives its id."""
        run_id = f"run_{_clock.new_id()}"
        now = _clock.now_ms()
        with self._database.transaction() as connection:
            connection.execute(
                """INSERT INTO runs (id, workflow_id, workflow_name, status, created_at_ms, updated_at_ms, events,
                                     cost_micro_usd) VALUES (?, ?, ?, 'waiting', ?, ?, 0, 0)""",
                (run_id, workflow_id, workflow_name, now, now),
            )
        return run_id

    def extend(self, run_id: str, seen: int, extend: Extend) -> list[JsonObject]:
        """Read the events after number `seen` and append what `extend` makes of them, in one transaction.

        Gives the appended events. Where `extend` raises, nothing is appended.
        """
        with self._database.transaction() as connection:
            extension = extend(_events(connection, run_id, seen))
            if extension.events:
                _append(connection, run_id, extension)
        return list(extension.events)

    def events(self, run_id: str, *, after: int = 0, limit: int = -1) -> list[JsonObject]:
        """The events with a number greater than `after`, in order, each with its `n`."""
        rows = self._database.rows(_SELECT_EVENTS, run_id, after, limit)
        return [_event(row) for row in rows]

    def find(self, run_id: str) -> RunRecord | None:
        """The run of this id."""
        rows = self._database.rows("SELECT * FROM runs WHERE id = ?", run_id)
        return _record(rows[0]) if rows else None

    def find_by_prefix(self, prefix: str) -> list[RunRecord]:
        """The runs whose id begins so, with or without `run_`, newest first, 20 at most."""
        wanted = prefix if prefix.startswith("run_") else f"run_{prefix}"
        rows = self._database.rows(
            "SELECT * FROM runs WHERE substr(id, 1, ?) = ? ORDER BY id DESC LIMIT 20", len(wanted), wanted
        )
        return [_record(row) for row in rows]

    def list_runs(
        self, *, limit: int = 50, workflow_id: str | None = None, status: str | None = None
    ) -> list[RunRecord]:
        """The newest runs, of one workflow and in one status where they are given; all for a `limit` below 0."""
        rows = self._database.rows(
            """SELECT * FROM runs WHERE workflow_id = ifnull(?, workflow_id) AND status = ifnull(?, status)
               ORDER BY id DESC LIMIT ?""",
            workflow_id,
            status,
            limit,
        )
        return [_record(row) for row in rows]

    def recall(self, fingerprint: str) -> JsonObject | None:
        """What was made of it last: `run`, `attempt` and `output`."""
        rows = self._database.rows("SELECT * FROM run_results WHERE fingerprint = ?", fingerprint)
        if not rows:
            return None
        return {"run": rows[0]["run_id"], "attempt": rows[0]["attempt"], "output": json.loads(rows[0]["output"])}

    def pending_uploads(self, run_id: str | None = None) -> list[JsonObject]:
        """The copies that still have to be put at a storage target: run, attempt, sha256, target, key, tries."""
        rows = self._database.rows(
            "SELECT * FROM run_uploads WHERE url IS NULL AND run_id = ifnull(?, run_id) ORDER BY rowid", run_id
        )
        return [{name: row[name] for name in row.keys()} for row in rows]  # noqa: SIM118 - sqlite3.Row

    def want_upload(self, run_id: str, attempt: str, sha256: str, target: str, key: str) -> None:
        """Record that a picture is to be put at a target; a second time changes nothing."""
        with self._database.transaction() as connection:
            connection.execute(
                """INSERT OR IGNORE INTO run_uploads (run_id, attempt, sha256, target, key, tries)
                   VALUES (?, ?, ?, ?, ?, 0)""",
                (run_id, attempt, sha256, target, key),
            )

    def note_upload(self, run_id: str, attempt: str, sha256: str, *, url: str | None, error: str | None) -> None:
        """Record that an upload succeeded (`url`) or failed once more."""
        with self._database.transaction() as connection:
            connection.execute(
                """UPDATE run_uploads SET url = ?, error = ?, tries = tries + 1
                   WHERE run_id = ? AND attempt = ? AND sha256 = ?""",
                (url, error, run_id, attempt, sha256),
            )


_SELECT_EVENTS = "SELECT * FROM run_events WHERE run_id = ? AND n > ? ORDER BY n LIMIT ?"


def _events(connection: sqlite3.Connection, run_id: str, after: int) -> list[JsonObject]:
    return [_event(row) for row in connection.execute(_SELECT_EVENTS, (run_id, after, -1))]


def _append(connection: sqlite3.Connection, run_id: str, extension: Extension) -> None:
    events = extension.events
    row = connection.execute("SELECT events FROM runs WHERE id = ?", (run_id,)).fetchone()
    first = int(row["events"]) + 1
    connection.executemany(
        "INSERT INTO run_events (run_id, n, at_ms, document) VALUES (?, ?, ?, ?)",
        [(run_id, first + place, event["at_ms"], _json.dumps(event)) for place, event in enumerate(events)],
    )
    connection.execute(
        "UPDATE runs SET events = ?, updated_at_ms = ?, status = ?, cost_micro_usd = ? WHERE id = ?",
        (first + len(events) - 1, events[-1]["at_ms"], extension.status, to_micro(extension.cost_usd), run_id),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO run_results (fingerprint, run_id, attempt, output) VALUES (?, ?, ?, ?)",
        [(each.fingerprint, run_id, each.attempt, _json.dumps(each.output)) for each in extension.made],
    )


def _event(row: sqlite3.Row) -> JsonObject:
    return {"n": row["n"], **json.loads(row["document"])}


def _record(row: sqlite3.Row) -> RunRecord:
    return RunRecord(
        run_id=row["id"],
        workflow_id=row["workflow_id"],
        workflow_name=row["workflow_name"],
        status=row["status"],
        created_at_ms=row["created_at_ms"],
        updated_at_ms=row["updated_at_ms"],
        events=row["events"],
        cost_usd=from_micro(row["cost_micro_usd"]),
    )
