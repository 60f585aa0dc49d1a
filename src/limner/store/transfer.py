"""Rows of the journal on their way out of one data folder and into another."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from limner._json import JsonObject
from limner.store.db import Database

Tables = ("chats", "branches", "calls", "images", "made")
"""The tables of an archive, in the order that their rows may be taken in."""

_GENERATED = ("cost_micro_usd", "counted_micro_usd")
_CALL_KEY = {"calls": "id", "images": "call_id", "made": "call_id"}


class Transfer:
    """Reads and takes in rows of `database`; what this process takes in belongs to nobody that still runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rows(self, call_ids: Sequence[str]) -> Iterator[JsonObject]:
        """The rows of finished calls, with those of their pictures and of the conversations they belong to."""
        chats = {row["chat_id"] for row in self._each("calls", call_ids) if row["chat_id"] is not None}
        for chat_id in sorted(chats):
            for table, key in (("chats", "id"), ("branches", "chat_id")):
                for row in self._database.rows(f"SELECT * FROM {table} WHERE {key} = ?", chat_id):  # noqa: S608
                    yield _document(table, row)
        for table in ("calls", "images", "made"):
            for row in self._each(table, call_ids):
                if table != "calls" or (row["state"] == "done" and not row["erased"]):
                    yield _document(table, row)

    def take(self, rows: Iterable[JsonObject]) -> tuple[int, int]:
        """Take rows in, in one transaction; gives how many calls are new and how many were there already.

        They come in the order of `Tables`. Raises `ValueError` for a row that the tables have no place for. What comes
        from elsewhere never makes this program write a file: every call is taken in as finished and delivered.
        """
        fresh: set[str] = set()
        known = 0
        with self._database.transaction() as connection:
            try:
                for row in rows:
                    table, values = row["table"], row["values"]
                    if table == "calls":
                        if _is_there(connection, values["id"]):
                            known += 1
                            continue
                        fresh.add(values["id"])
                        values = {**values, "state": "done", "delivered": 1, "owner": "", "trashed_at_ms": None}
                    elif table in _CALL_KEY and values["call_id"] not in fresh:
                        continue
                    _insert(connection, table, values)
            except (sqlite3.Error, KeyError, TypeError) as problem:
                raise ValueError(f"a record does not fit: {problem}") from problem
        return len(fresh), known

    def _each(self, table: str, call_ids: Sequence[str]) -> Iterator[sqlite3.Row]:
        query = f"SELECT * FROM {table} WHERE {_CALL_KEY[table]} = ?"  # noqa: S608 - a table of ours
        for call_id in call_ids:
            yield from self._database.rows(query, call_id)


def _is_there(connection: sqlite3.Connection, call_id: object) -> bool:
    return connection.execute("SELECT 1 FROM calls WHERE id = ?", (call_id,)).fetchone() is not None


def _document(table: str, row: sqlite3.Row) -> JsonObject:
    return {"table": table, "values": {name: row[name] for name in row.keys() if name not in _GENERATED}}  # noqa: SIM118


def _insert(connection: sqlite3.Connection, table: str, values: dict[str, Any]) -> None:
    known = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})")}
    names = [name for name in values if name in known]
    marks = ", ".join("?" * len(names))
    connection.execute(
        f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608 - columns that exist
        [values[name] for name in names],
    )
    if table == "calls":
        connection.execute(
            "INSERT INTO calls_fts (call_id, prompt) VALUES (?, ?)", (values["id"], values.get("prompt", ""))
        )
