"""Batches: many requests that are answered in their own time, and survive the end of the process that does it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from limner._json import JsonValue, dumps
from limner.store import owner as owners
from limner.store.db import Database

BatchState = Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"]

LIFETIME_MS = 48 * 3_600_000
"""How long a batch may take. Source: the Batch API's page."""
KEPT_MS = 7 * 24 * 3_600_000
"""How long a batch is kept after it ended; Google names no time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch with its counts; times in milliseconds since 1970."""

    id: str
    owner: str
    model: str
    display_name: str
    priority: int
    from_file: bool
    created_at_ms: int
    state: BatchState = "PENDING"
    updated_at_ms: int = 0
    ended_at_ms: int | None = None
    output_file: str | None = None
    error: str | None = None
    total: int = 0
    succeeded: int = 0
    failed: int = 0

    @property
    def pending(self) -> int:
        """How many requests have no answer."""
        return self.total - self.succeeded - self.failed

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in ("PENDING", "RUNNING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One request of a batch: lifted, with what the client wants back beside its answer."""

    position: int
    request: JsonValue
    metadata: JsonValue = None
    answer: JsonValue = None
    failed: bool | None = None
    """`None` until there is an answer."""


class Batches:
    """The batches of all owners. `token` names this process among those in the folder `running`."""

    def __init__(self, database: Database, token: str, running: Path) -> None:
        self._database = database
        self._token = token
        self._running = running

    def add(self, batch: Batch, items: Iterable[Item]) -> None:
        """Keep a batch and all its requests, or nothing; `items` are taken one by one."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, 'PENDING', NULL, NULL, NULL, ?, ?, NULL)",
                (
                    batch.owner,
                    batch.id,
                    batch.model,
                    batch.display_name,
                    batch.priority,
                    batch.from_file,
                    batch.created_at_ms,
                    batch.created_at_ms,
                ),
            )
            connection.executemany(
                "INSERT INTO items (batch_id, position, metadata, request) VALUES (?, ?, ?, ?)",
                ((batch.id, item.position, _text(item.metadata), dumps(item.request)) for item in items),
            )

    def get(self, owner: str, batch_id: str) -> Batch | None:
        """The owner's batch."""
        return next(iter(self._found("WHERE owner = ? AND id = ?", owner, batch_id)), None)

    def all(self, owner: str) -> tuple[Batch, ...]:
        """The owner's batches, newest first."""
        return self._found("WHERE owner = ? ORDER BY created_at_ms DESC, id DESC", owner)

    def items(self, batch_id: str) -> Iterator[Item]:
        """All items in order, read one by one."""
        position = -1
        while True:
            rows = self._database.rows(
                "SELECT * FROM items WHERE batch_id = ? AND position > ? ORDER BY position LIMIT 1", batch_id, position
            )
            if not rows:
                return
            position = rows[0]["position"]
            yield _item(rows[0])

    def claim(self) -> Batch | None:
        """The most urgent batch that nobody works on, marked as this process's; `None` where there is none."""
        for batch in self._found("WHERE state IN ('PENDING', 'RUNNING') ORDER BY priority DESC, created_at_ms, id"):
            (row,) = self._database.rows("SELECT runner FROM batches WHERE id = ?", batch.id)
            runner = row["runner"]
            if runner == self._token or (runner is not None and owners.is_alive(self._running, runner)):
                continue
            with self._database.transaction() as connection:
                done = connection.execute(
                    "UPDATE batches SET state = 'RUNNING', runner = ? WHERE id = ? AND state IN ('PENDING', 'RUNNING') "
                    "AND runner IS ?",
                    (self._token, batch.id, runner),
                )
                if done.rowcount:
                    return batch
        return None

    def next_item(self, batch_id: str) -> Item | None:
        """The first item without an answer, while its batch is running."""
        rows = self._database.rows(
            "SELECT items.* FROM items JOIN batches ON batches.id = batch_id "
            "WHERE batch_id = ? AND failed IS NULL AND state = 'RUNNING' ORDER BY position LIMIT 1",
            batch_id,
        )
        return _item(rows[0]) if rows else None

    def answer(self, batch_id: str, position: int, answer: JsonValue, *, failed: bool, now_ms: int) -> None:
        """Keep the answer to one item; an item that has one keeps it."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE items SET failed = ?, answer = ? WHERE batch_id = ? AND position = ? AND failed IS NULL",
                (failed, dumps(answer), batch_id, position),
            )
            connection.execute("UPDATE batches SET updated_at_ms = ? WHERE id = ?", (now_ms, batch_id))

    def end(
        self,
        batch_id: str,
        state: BatchState,
        *,
        now_ms: int,
        output_file: str | None = None,
        error: str | None = None,
    ) -> bool:
        """Move a batch that is open to a last state; False where it had ended already."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "UPDATE batches SET state = ?, output_file = ?, error = ?, ended_at_ms = ?, updated_at_ms = ? "
                "WHERE id = ? AND state IN ('PENDING', 'RUNNING')",
                (state, output_file, error, now_ms, now_ms, batch_id),
            )
            return done.rowcount > 0

    def delete(self, owner: str, batch_id: str) -> bool:
        """Forget the owner's batch, ended or not; False where it is not there."""
        with self._database.transaction() as connection:
            done = connection.execute("DELETE FROM batches WHERE owner = ? AND id = ?", (owner, batch_id))
            return done.rowcount > 0

    def expire(self, now_ms: int) -> None:
        """End what took too long, and forget what ended long ago."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE batches SET state = 'EXPIRED', ended_at_ms = ?, updated_at_ms = ? "
                "WHERE state IN ('PENDING', 'RUNNING') AND created_at_ms <= ?",
                (now_ms, now_ms, now_ms - LIFETIME_MS),
            )
            connection.execute("DELETE FROM batches WHERE ended_at_ms <= ?", (now_ms - KEPT_MS,))

    def _found(self, clause: str, *values: object) -> tuple[Batch, ...]:
        counts = (
            "(SELECT count(*) FROM items WHERE batch_id = id) AS total, "
            "(SELECT count(*) FROM items WHERE batch_id = id AND failed = 0) AS succeeded, "
            "(SELECT count(*) FROM items WHERE batch_id = id AND failed = 1) AS failed"
        )
        rows = self._database.rows(f"SELECT batches.*, {counts} FROM batches {clause}", *values)  # noqa: S608 - our words
        return tuple(map(_batch, rows))


def _batch(row: sqlite3.Row) -> Batch:
    fields = {name: row[name] for name in row.keys() if name not in ("runner", "from_file")}  # noqa: SIM118
    return Batch(from_file=bool(row["from_file"]), **fields)


def _item(row: sqlite3.Row) -> Item:
    return Item(
        position=row["position"],
        request=json.loads(row["request"]),
        metadata=None if row["metadata"] is None else json.loads(row["metadata"]),
        answer=None if row["answer"] is None else json.loads(row["answer"]),
        failed=None if row["failed"] is None else bool(row["failed"]),
    )


def _text(value: JsonValue) -> str | None:
    return None if value is None else dumps(value)
