"""The SQLite database: opening it durably, one writer at a time, and its schema by dated migrations."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from limner import _clock
from limner.errors import StorageError
from limner.store import disk

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another process, in milliseconds."""


_WAL_RETRY_S = 0.01

Migration = Callable[[sqlite3.Connection], None]


class Database:
    """One connection to the file at `path`, shared by the threads of this process under a lock.

    `migrations` lead to its schema; by default those of the journal.

    WAL with `synchronous=FULL`: with NORMAL a power cut may roll back the record that a call was sent, and the
    call would be paid twice.
    """

    def __init__(self, path: Path, migrations: Sequence[Migration] | None = None) -> None:
        self._path = path
        self._migrations = MIGRATIONS if migrations is None else migrations
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
        self._use_wal()
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA fullfsync=ON")  # matters on macOS only
        self._connection.execute("PRAGMA foreign_keys=ON")
        if is_new:
            disk.sync_folder(self._path.parent)
        self._migrate()

    def _use_wal(self) -> None:
        """Switch to WAL. SQLite does not wait for others here, so several processes that begin at once must."""
        deadline_s = _clock.monotonic_s() + BUSY_TIMEOUT_MS / 1000
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as problem:
                if "locked" not in str(problem) or _clock.monotonic_s() > deadline_s:
                    raise
                _clock.sleep(_WAL_RETRY_S * (1 + _clock.jitter()))

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
        if version > len(self._migrations):
            raise StorageError(
                f"{str(self._path)!r} was written by a newer Limner (schema {version}, known {len(self._migrations)}).",
                code="storage.newer",
                hint="Update Limner, or use another data folder with LIMNER_HOME.",
            )
        if version == len(self._migrations):
            return
        with self.transaction() as connection:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            for migration in self._migrations[version:]:
                migration(connection)
                connection.execute(
                    "INSERT INTO migrations (name, applied_at_ms) VALUES (?, ?)", (migration.__name__, _clock.now_ms())
                )
            connection.execute(f"PRAGMA user_version={len(self._migrations)}")

    def _error(self, problem: sqlite3.Error) -> StorageError:
        full = "full" in str(problem)
        return StorageError(
            f"The database {str(self._path)!r} cannot be used: {problem}.",
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


def m2026_11_27_ledger(connection: sqlite3.Connection) -> None:
    """Money: what is reserved for a call, what it cost, and what counts against a budget, in millionths of a dollar."""
    connection.execute("ALTER TABLE calls ADD COLUMN reserved_micro_usd INTEGER")  # NULL where the price is unknown
    connection.execute("""
        ALTER TABLE calls ADD COLUMN cost_micro_usd INTEGER
        GENERATED ALWAYS AS (CAST(round(cost_usd * 1000000) AS INTEGER)) VIRTUAL""")
    connection.execute("""
        ALTER TABLE calls ADD COLUMN counted_micro_usd INTEGER
        GENERATED ALWAYS AS (iif(cost_usd IS NULL, reserved_micro_usd, CAST(round(cost_usd * 1000000) AS INTEGER)))
        VIRTUAL""")
    connection.execute("CREATE INDEX calls_by_time ON calls (created_at_ms, connection, counted_micro_usd)")
    connection.execute("CREATE INDEX calls_by_group ON calls (group_id, counted_micro_usd)")


def m2026_11_27_conversations(connection: sqlite3.Connection) -> None:
    """Conversations: calls become the nodes of a tree, with branches that stand at one of them."""
    for column in ("parent_id", "chat_id", "branch"):
        connection.execute(f"ALTER TABLE calls ADD COLUMN {column} TEXT")
    connection.execute("CREATE INDEX calls_by_parent ON calls (parent_id) WHERE parent_id IS NOT NULL")
    connection.execute("CREATE INDEX calls_by_chat ON calls (chat_id) WHERE chat_id IS NOT NULL")
    connection.execute("""
        CREATE TABLE chats (
            id TEXT PRIMARY KEY,
            title TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL,
            branch TEXT NOT NULL,            -- the current one
            settings TEXT NOT NULL           -- JSON: connection, model, aspectRatio, size, system, unlisted
        ) STRICT""")
    connection.execute("""
        CREATE TABLE branches (
            chat_id TEXT NOT NULL REFERENCES chats (id),
            name TEXT NOT NULL,
            call_id TEXT,                    -- where it stands; NULL before the first turn
            UNIQUE (chat_id, name)
        ) STRICT""")


def m2026_11_27_uploads(connection: sqlite3.Connection) -> None:
    """Pictures that lie with a provider."""
    connection.execute("""
        CREATE TABLE uploads (
            connection TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            name TEXT NOT NULL,
            uri TEXT NOT NULL,
            mime_type TEXT NOT NULL,
            expires_at_ms INTEGER NOT NULL,
            checked_at_ms INTEGER NOT NULL,
            PRIMARY KEY (uri, connection)
        ) STRICT""")
    connection.execute("CREATE INDEX uploads_by_hash ON uploads (sha256, connection)")


def m2026_11_27_made(connection: sqlite3.Connection) -> None:
    """Pictures that Limner made of others: locked edits, cut-outs."""
    connection.execute("""
        CREATE TABLE made (
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            kind TEXT NOT NULL,
            source_sha256 TEXT NOT NULL,
            call_id TEXT NOT NULL REFERENCES calls (id),
            path TEXT,
            created_at_ms INTEGER NOT NULL,
            PRIMARY KEY (sha256, source_sha256)
        ) STRICT""")
    connection.execute("CREATE INDEX made_by_call ON made (call_id)")


def m2026_11_27_search_and_trash(connection: sqlite3.Connection) -> None:
    """Prompts indexed by their trigrams, so that parts of words are found in any script; and a trash."""
    connection.execute("CREATE VIRTUAL TABLE calls_fts USING fts5 (call_id UNINDEXED, prompt, tokenize = 'trigram')")
    connection.execute("INSERT INTO calls_fts (call_id, prompt) SELECT id, prompt FROM calls ORDER BY id")
    connection.execute("ALTER TABLE calls ADD COLUMN trashed_at_ms INTEGER")
    connection.execute("ALTER TABLE calls ADD COLUMN erased INTEGER NOT NULL DEFAULT 0")
    connection.execute("CREATE TABLE unwanted (sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT")
    connection.execute("CREATE INDEX calls_by_model ON calls (model, id)")
    connection.execute("CREATE INDEX calls_by_cost ON calls (cost_micro_usd)")
    connection.execute("CREATE INDEX calls_in_trash ON calls (trashed_at_ms) WHERE trashed_at_ms IS NOT NULL")


def m2026_11_27_runs(connection: sqlite3.Connection) -> None:
    """Runs of workflows as lists of events, what they made by fingerprint, and copies that go to storage targets."""
    connection.execute("""
        CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            workflow_id TEXT NOT NULL,
            workflow_name TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL,
            updated_at_ms INTEGER NOT NULL,
            events INTEGER NOT NULL,
            cost_micro_usd INTEGER NOT NULL
        ) STRICT""")
    connection.execute("CREATE INDEX runs_by_workflow ON runs (workflow_id, id)")
    connection.execute("""
        CREATE TABLE run_events (
            run_id TEXT NOT NULL REFERENCES runs (id),
            n INTEGER NOT NULL,              -- from 1, without gaps
            at_ms INTEGER NOT NULL,
            document TEXT NOT NULL,          -- JSON: type and what belongs to it
            PRIMARY KEY (run_id, n)
        ) STRICT""")
    connection.execute("""
        CREATE TABLE run_results (
            fingerprint TEXT PRIMARY KEY,
            run_id TEXT NOT NULL,
            attempt TEXT NOT NULL,
            output TEXT NOT NULL             -- JSON
        ) STRICT""")
    connection.execute("""
        CREATE TABLE run_uploads (
            run_id TEXT NOT NULL,
            attempt TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            target TEXT NOT NULL,
            key TEXT NOT NULL,
            tries INTEGER NOT NULL,
            url TEXT,
            error TEXT,
            PRIMARY KEY (run_id, attempt, sha256)
        ) STRICT""")


def m2026_11_27_studio(connection: sqlite3.Connection) -> None:
    """What a person wished for in the studio and in which order it is made; stars, and words for who cannot see."""
    connection.execute("""
        CREATE TABLE wishes (
            id TEXT PRIMARY KEY,             -- also the group_id of its calls
            state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
            place REAL NOT NULL,             -- those that wait are made in this order
            owner TEXT NOT NULL,             -- token of the process that took it on
            created_at_ms INTEGER NOT NULL,
            begun_at_ms INTEGER,
            ended_at_ms INTEGER,
            ask TEXT NOT NULL,               -- JSON: what was asked for, as typed
            call_ids TEXT NOT NULL,          -- JSON array, made before the first call
            error TEXT                       -- JSON: code, message, hint, billed; of a wish that made no call
        ) STRICT""")
    connection.execute("CREATE INDEX wishes_open ON wishes (state, place) WHERE state IN ('waiting', 'running')")
    connection.execute("CREATE TABLE stars (sha256 TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT")
    connection.execute("CREATE TABLE descriptions (sha256 TEXT PRIMARY KEY, words TEXT NOT NULL) STRICT")
    connection.execute("CREATE INDEX images_of_calls ON images (role, call_id, position)")


MIGRATIONS: tuple[Migration, ...] = (
    m2026_11_20_calls_and_images,
    m2026_11_27_ledger,
    m2026_11_27_conversations,
    m2026_11_27_uploads,
    m2026_11_27_made,
    m2026_11_27_search_and_trash,
    m2026_11_27_runs,
    m2026_11_27_studio,
)
"""Append only: a released migration is never changed."""
