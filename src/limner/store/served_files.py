"""Files that clients uploaded, and those that batches made for them."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from limner.core.blob import BlobRef
from limner.errors import UsageError
from limner.store.db import Database

FileSource = Literal["UPLOADED", "GENERATED"]

LIFETIME_MS = 48 * 3_600_000
MAX_OWNER_BYTES = 20 << 30
"""Both as Google's. Source: the Files API's page."""


class QuotaExceededError(UsageError):
    """The owner keeps too many bytes."""


class FileExistsAlreadyError(UsageError):
    """The owner has a file of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file. `id` is its name without `files/`; times in milliseconds since 1970."""

    id: str
    owner: str
    display_name: str
    mime_type: str
    blob: BlobRef
    created_at_ms: int
    source: FileSource = "UPLOADED"

    @property
    def expires_at_ms(self) -> int:
        """When it is removed."""
        return self.created_at_ms + LIFETIME_MS


class Files:
    """The files of all owners. One that has expired is not found any more, whether it was removed or not."""

    def __init__(self, database: Database, *, max_owner_bytes: int = MAX_OWNER_BYTES) -> None:
        self._database = database
        self.max_owner_bytes = max_owner_bytes

    def add(self, file: StoredFile) -> None:
        """Keep `file`, whose bytes are stored. Raises `QuotaExceededError` and `FileExistsAlreadyError`."""
        with self._database.transaction() as connection:
            used = self._used(connection, file.owner, file.created_at_ms)
            if used + file.blob.size > self.max_owner_bytes:
                raise QuotaExceededError(
                    f"Files of {used} bytes are kept for this key already; with {file.blob.size} more they would "
                    f"exceed {self.max_owner_bytes} bytes.",
                    code="storage.file_quota",
                    hint="Delete files, or wait until they expire.",
                )
            connection.execute(
                "DELETE FROM files WHERE owner = ? AND id = ? AND expires_at_ms <= ?",
                (file.owner, file.id, file.created_at_ms),
            )
            done = connection.execute(
                "INSERT OR IGNORE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    file.owner,
                    file.id,
                    file.display_name,
                    file.mime_type,
                    file.source,
                    file.blob.sha256,
                    file.blob.size,
                    file.created_at_ms,
                    file.expires_at_ms,
                ),
            )
            if done.rowcount == 0:
                raise FileExistsAlreadyError(f"File {file.id!r} exists already.", code="storage.file_exists")

    def get(self, owner: str, file_id: str, now_ms: int) -> StoredFile | None:
        """The owner's file; `None` where it is not there or has expired."""
        rows = self._database.rows(
            "SELECT * FROM files WHERE owner = ? AND id = ? AND expires_at_ms > ?", owner, file_id, now_ms
        )
        return _file(rows[0]) if rows else None

    def all(self, owner: str, now_ms: int) -> tuple[StoredFile, ...]:
        """The owner's files, newest first."""
        rows = self._database.rows(
            "SELECT * FROM files WHERE owner = ? AND expires_at_ms > ? ORDER BY created_at_ms DESC, id", owner, now_ms
        )
        return tuple(map(_file, rows))

    def delete(self, owner: str, file_id: str, now_ms: int) -> bool:
        """Forget the owner's file; False where it is not there."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "DELETE FROM files WHERE owner = ? AND id = ? AND expires_at_ms > ?", (owner, file_id, now_ms)
            )
            return done.rowcount > 0

    def used_bytes(self, owner: str, now_ms: int) -> int:
        """How many bytes the owner's files have."""
        (row,) = self._database.rows(
            "SELECT coalesce(sum(size), 0) AS used FROM files WHERE owner = ? AND expires_at_ms > ?", owner, now_ms
        )
        return int(row["used"])

    def expire(self, now_ms: int) -> None:
        """Remove what has outlived its time."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM files WHERE expires_at_ms <= ?", (now_ms,))

    @staticmethod
    def _used(connection: sqlite3.Connection, owner: str, now_ms: int) -> int:
        row = connection.execute(
            "SELECT coalesce(sum(size), 0) FROM files WHERE owner = ? AND expires_at_ms > ?", (owner, now_ms)
        ).fetchone()
        return int(row[0])


def _file(row: sqlite3.Row) -> StoredFile:
    return StoredFile(
        id=row["id"],
        owner=row["owner"],
        display_name=row["display_name"],
        mime_type=row["mime_type"],
        blob=BlobRef(sha256=row["sha256"], size=row["size"]),
        created_at_ms=row["created_at_ms"],
        source=row["source"],
    )
