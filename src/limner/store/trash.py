"""The trash: calls put away with their pictures, taken back as they were, or erased for good.

Erasing takes away what was said and drawn. What it cost stays in the books: sums of the past do not change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from limner import _clock
from limner.core.blob import BlobRef
from limner.store.blobs import BlobStore
from limner.store.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What emptying the trash did: calls and blobs erased, the bytes freed, and calls that others still need."""

    calls: int
    blobs: int
    freed_bytes: int
    needed: tuple[str, ...]


class Trash:
    """The calls of `database` that were put away; their pictures are in `blobs`."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

    def put(self, call_ids: Sequence[str]) -> int:
        """Put calls away; gives how many were not there yet. A call under way stays."""
        with self._database.transaction() as connection:
            return sum(
                connection.execute(
                    "UPDATE calls SET trashed_at_ms = ? WHERE id = ? AND trashed_at_ms IS NULL AND state = 'done'",
                    (_clock.now_ms(), call_id),
                ).rowcount
                for call_id in call_ids
            )

    def restore(self, call_ids: Sequence[str]) -> int:
        """Take calls back as they were; gives how many."""
        with self._database.transaction() as connection:
            return sum(
                connection.execute(
                    "UPDATE calls SET trashed_at_ms = NULL WHERE id = ? AND trashed_at_ms IS NOT NULL AND erased = 0",
                    (call_id,),
                ).rowcount
                for call_id in call_ids
            )

    def empty(self, *, before_ms: int | None = None) -> Erased:
        """Erase what was put away, before a moment if one is given. There is no way back.

        A call that a living one goes on from is left: its turns would be missing from a conversation.
        """
        limit = _clock.now_ms() + 1 if before_ms is None else before_ms
        with self._database.transaction() as connection:
            chosen = connection.execute(
                "SELECT id FROM calls WHERE trashed_at_ms < ? AND erased = 0 ORDER BY id DESC", (limit,)
            ).fetchall()
            needed = [row["id"] for row in chosen if _is_needed(connection, row["id"])]
            erased = [row["id"] for row in chosen if row["id"] not in set(needed)]
            for call_id in erased:
                connection.executemany(
                    "INSERT OR IGNORE INTO unwanted (sha256, size) VALUES (?, ?)", _pictures(connection, call_id)
                )
                _erase(connection, call_id)
        removed = self._remove_unwanted()
        return Erased(
            calls=len(erased),
            blobs=len(removed),
            freed_bytes=sum(blob.size for blob in removed),
            needed=tuple(needed),
        )

    def _remove_unwanted(self) -> list[BlobRef]:
        """Remove the blobs that nothing refers to; those that are too young wait for the next time.

        It follows the erasing of calls: a crash in between leaves a blob too many, never one too few.
        """
        removed = []
        for row in self._database.rows("SELECT sha256, size FROM unwanted"):
            blob = BlobRef(sha256=row["sha256"], size=row["size"])
            with self._database.transaction() as connection:  # nobody records a call with it meanwhile
                used = _is_used(connection, blob)
                if not used and blob in self._blobs:
                    if not self._blobs.remove(blob):
                        continue
                    removed.append(blob)
                connection.execute("DELETE FROM unwanted WHERE sha256 = ?", (blob.sha256,))
        return removed


def _is_needed(connection: sqlite3.Connection, call_id: str) -> bool:
    query = """SELECT EXISTS (SELECT 1 FROM calls WHERE parent_id = ? AND trashed_at_ms IS NULL)
                   OR EXISTS (SELECT 1 FROM branches WHERE call_id = ?)"""
    return bool(connection.execute(query, (call_id, call_id)).fetchone()[0])


def _pictures(connection: sqlite3.Connection, call_id: str) -> list[tuple[str, int]]:
    query = "SELECT sha256, size FROM images WHERE call_id = ? UNION SELECT sha256, size FROM made WHERE call_id = ?"
    return [(row["sha256"], row["size"]) for row in connection.execute(query, (call_id, call_id))]


def _erase(connection: sqlite3.Connection, call_id: str) -> None:
    hashes = "(SELECT sha256 FROM images WHERE call_id = ?)"
    connection.execute(f"DELETE FROM stars WHERE sha256 IN {hashes}", (call_id,))  # noqa: S608
    connection.execute(f"DELETE FROM descriptions WHERE sha256 IN {hashes}", (call_id,))  # noqa: S608
    connection.execute("DELETE FROM wishes WHERE id = (SELECT group_id FROM calls WHERE id = ?)", (call_id,))
    connection.execute("DELETE FROM images WHERE call_id = ?", (call_id,))
    connection.execute("DELETE FROM made WHERE call_id = ?", (call_id,))
    connection.execute("DELETE FROM calls_fts WHERE call_id = ?", (call_id,))
    connection.execute(
        "UPDATE calls SET erased = 1, prompt = '', asked = '{}', request = 'null', reply = NULL, message = NULL, "
        "warnings = '[]' WHERE id = ?",
        (call_id,),
    )


def _is_used(connection: sqlite3.Connection, blob: BlobRef) -> bool:
    """Whether a picture still belongs to a call: as one of its pictures, or inside a request of a conversation."""
    query = """SELECT EXISTS (SELECT 1 FROM images WHERE sha256 = :hash)
               OR EXISTS (SELECT 1 FROM made WHERE sha256 = :hash)
               OR EXISTS (SELECT 1 FROM calls WHERE erased = 0 AND (instr(request, :hash) OR instr(reply, :hash)))"""
    return bool(connection.execute(query, {"hash": blob.sha256}).fetchone()[0])
