"""What a server keeps for its clients: files, batches and interactions, apart from its owner's own pictures.

Everything belongs to an owner, an opaque name for the key that brought it, and is found under that owner only.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from limner.store import disk, owner
from limner.store.blobs import BlobStore
from limner.store.db import Database, Migration
from limner.store.served_batches import Batches
from limner.store.served_files import Files
from limner.store.served_interactions import Interactions

SWEEP_GRACE_MS = 3_600_000
"""How old a blob must be before it may be removed: it is stored before the row that names it."""

_BLOB = re.compile(r"blob:([0-9a-f]{64})\?")
_DECODED = re.compile(r"&decoded=([0-9a-f]{64}):")


class ServedStore:
    """The folder `server` in `home`. Several processes may have it open at once; safe to use from several threads."""

    def __init__(self, home: Path) -> None:
        self.home = home / "server"
        running = self.home / "running"
        try:
            for folder in (self.home / "blobs", running):
                disk.make_folder(folder, mode=0o700)
            owner.sweep(running)
            self._owner = owner.Owner(running)
        except OSError as problem:
            raise disk.storage_error(problem, self.home) from problem
        self.scratch = self._owner.folder
        """Where temporary files of this process go; on the same disk as the blobs."""
        self.blobs = BlobStore(self.home / "blobs", self.scratch)
        try:
            self._database = Database(self.home / "server.db", MIGRATIONS)
        except BaseException:
            self._owner.close()
            raise
        self.files = Files(self._database)
        self.batches = Batches(self._database, self._owner.token, running)
        self.interactions = Interactions(self._database, self._owner.token, running)

    def expire(self, now_ms: int) -> None:
        """Remove what has outlived its time, and the bytes that nothing names any more."""
        self.files.expire(now_ms)
        self.batches.expire(now_ms)
        self.interactions.expire(now_ms)
        self._sweep(now_ms)

    def close(self) -> None:
        """Close everything."""
        self._database.close()
        self._owner.close()

    def _sweep(self, now_ms: int) -> None:
        """Remove blobs that no row names and that are older than `SWEEP_GRACE_MS`."""
        named = set(self._named())
        for path in self.blobs.root.glob("??/*"):
            if path.parent.name + path.name in named:
                continue
            with contextlib.suppress(FileNotFoundError):
                if now_ms - path.stat().st_mtime_ns // 1_000_000 > SWEEP_GRACE_MS:
                    path.unlink()

    def _named(self) -> Iterator[str]:
        """The hash of every blob that a row names."""
        for row in self._database.rows("SELECT sha256 FROM files"):
            yield row["sha256"]
        for query in (
            "SELECT request AS text FROM items",
            "SELECT answer AS text FROM items WHERE answer IS NOT NULL",
            "SELECT contents AS text FROM interactions",
            "SELECT resource AS text FROM interactions",
        ):
            for row in self._database.rows(query):
                yield from _BLOB.findall(row["text"])
                yield from _DECODED.findall(row["text"])


def m2026_11_26_files_batches_and_interactions(connection: sqlite3.Connection) -> None:
    """The first schema."""
    connection.execute("CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_at_ms INTEGER NOT NULL)")
    connection.execute("""
        CREATE TABLE files (
            owner TEXT NOT NULL,
            id TEXT NOT NULL,
            display_name TEXT NOT NULL,
            mime_type TEXT NOT NULL,
            source TEXT NOT NULL CHECK (source IN ('UPLOADED', 'GENERATED')),
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            created_at_ms INTEGER NOT NULL,
            expires_at_ms INTEGER NOT NULL,
            PRIMARY KEY (owner, id)
        ) STRICT""")
    connection.execute("""
        CREATE TABLE batches (
            owner TEXT NOT NULL,
            id TEXT PRIMARY KEY,
            model TEXT NOT NULL,
            display_name TEXT NOT NULL,
            priority INTEGER NOT NULL,
            from_file INTEGER NOT NULL,      -- 1 where the requests came in a file, and the answers go into one
            state TEXT NOT NULL CHECK (state IN ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED')),
            runner TEXT,                     -- token of the process that works on it
            output_file TEXT,                -- id of the file with the answers
            error TEXT,
            created_at_ms INTEGER NOT NULL,
            updated_at_ms INTEGER NOT NULL,
            ended_at_ms INTEGER
        ) STRICT""")
    connection.execute("""
        CREATE TABLE items (
            batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            metadata TEXT,                   -- JSON: what the client wants back beside the answer
            request TEXT NOT NULL,           -- the lifted request document
            failed INTEGER,                  -- NULL until there is an answer; 1 where it is an error
            answer TEXT,                     -- the lifted reply, or a google.rpc.Status
            PRIMARY KEY (batch_id, position)
        ) STRICT""")
    connection.execute("""
        CREATE TABLE interactions (
            owner TEXT NOT NULL,
            id TEXT PRIMARY KEY,
            status TEXT NOT NULL,
            contents TEXT NOT NULL,          -- JSON: every turn so far, lifted, with its signatures
            resource TEXT NOT NULL,          -- JSON: the interaction as clients see it, lifted
            created_at_ms INTEGER NOT NULL,
            expires_at_ms INTEGER NOT NULL,
            runner TEXT NOT NULL             -- token of the process that works on it
        ) STRICT""")


MIGRATIONS: tuple[Migration, ...] = (m2026_11_26_files_batches_and_interactions,)
"""Append only: a released migration is never changed."""
