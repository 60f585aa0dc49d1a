"""The SQLite database: opening it durably, one writer at a time, and its schema by dated migrations."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from limner import _clock
from limner.errors import StorageError
from limner.store import disk

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another process, in milliseconds."""


class Database:
    """One connection, shared by the threads of this process under a lock.

    WAL with `synchronous=FULL`: with NORMAL a power cut may roll back the record that a call was sent, and the
    call would be paid twice.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        is_new = not path.exists()
        try:
            if is_new:
                path.touch(mode=0o600)  # prompts are nobody else's business, also in a folder that others may read
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000
            )
            try:
                self._prepare(is_new)
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.Error as problem:
            raise self._error(problem) from problem
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem

    def _prepare(self, is_new: bool) -> None:
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA fullfsync=ON")  # matters on macOS only
        self._connection.execute("PRAGMA foreign_keys=ON")
        if is_new:
            disk.sync_folder(self._path.parent)
        self._migrate()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing, on disk when it ends."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as problem:
                raise self._error(problem) from problem

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """All rows that `query` gives."""
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as problem:
                raise self._error(problem) from problem

    def check(self) -> str | None:
        """What SQLite finds wrong with the file, or `None`."""
        found = [str(row[0]) for row in self.rows("PRAGMA quick_check(3)")]
        return None if found == ["ok"] else "; ".join(found)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def _migrate(self) -> None:
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise StorageError(
                f"{str(self._path)!r} was written by a newer Limner (schema {version}, known {len(MIGRATIONS)}).",
                code="storage.newer",
                hint="Update Limner, or use another data folder with LIMNER_HOME.",
            )
        if version == len(MIGRATIONS):
            return
        with self.transaction() as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            for migration in MIGRATIONS[version:]:
                migration(connection)
                connection.execute(
                    "INSERT INTO migrations (name, applied_at_ms) VALUES (?, ?)", (migration.__name__, _clock.now_ms())
                )
            connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")

    def _error(self, problem: sqlite3.Error) -> StorageError:
        full = "full" in str(problem)
        return StorageError(
            f"The journal {str(self._path)!r} cannot be used: {problem}.",
            code="storage.full" if full else "storage.journal",
            hint="Free some space, then run `limner recover`." if full else "`limner doctor` checks it.",
        )


def m2026_11_20_calls_and_images(connection: sqlite3.Connection) -> None:
    """The first schema: every call, the pictures it brought and the pictures it was given."""
    connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at_ms INTEGER NOT NULL)")
    connection.execute("""
        CREATE TABLE calls (
            id TEXT PRIMARY KEY,
            group_id TEXT NOT NULL,          -- the calls of one command (count > 1) share it
            state TEXT NOT NULL CHECK (state IN ('sent', 'done')),
            owner TEXT NOT NULL,             -- token of the process that made the call
            attempts INTEGER NOT NULL,
            created_at_ms INTEGER NOT NULL,
            ended_at_ms INTEGER,
            kind TEXT NOT NULL CHECK (kind IN ('generate', 'edit')),
            connection TEXT NOT NULL,
            model TEXT NOT NULL,
            prompt TEXT NOT NULL,
            asked TEXT NOT NULL,             -- JSON: aspectRatio, size, seed, out ...
            request TEXT NOT NULL,           -- the lifted request document
            http_status INTEGER,
            reply TEXT,                      -- JSON array of lifted reply documents
            outcome TEXT,
            reason TEXT,
            message TEXT,
            billed TEXT CHECK (billed IN ('yes', 'no', 'unknown')),
            usage TEXT,
            cost_usd TEXT,
            warnings TEXT,
            delivered INTEGER NOT NULL       -- 0 while pictures still have to be put where the user wants them
        ) STRICT""")
    connection.execute("""
        CREATE TABLE images (
            call_id TEXT NOT NULL REFERENCES calls (id),
            role TEXT NOT NULL CHECK (role IN ('input', 'result', 'draft')),
            position INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            mime_type TEXT NOT NULL,
            width INTEGER,
            height INTEGER,
            path TEXT,                       -- where it was put for the user
            PRIMARY KEY (call_id, role, position)
        ) STRICT""")
    connection.execute("CREATE INDEX images_by_hash ON images (sha256)")
    connection.execute(
        "CREATE INDEX calls_unfinished ON calls (state, delivered) WHERE state = 'sent' OR delivered = 0"
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (m2026_11_20_calls_and_images,)
"""Append only: a released migration is never changed."""
