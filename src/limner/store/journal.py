"""Every call that may cost money: recorded as sent before its first byte leaves, as done when the reply is safe.

States only move forward, `sent` to `done`. A call that is `sent` while its process has ended is an orphan: its fate
is read from the spool, and it is never sent again by itself.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from limner import _clock, _json
from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.outcome import Outcome
from limner.errors import Billed
from limner.store import owner
from limner.store.db import Database

CallKind = Literal["generate", "edit"]
ImageRole = Literal["input", "result", "draft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A call about to be made: what is asked of whom, with the exact lifted request."""

    call_id: str
    group_id: str
    kind: CallKind
    connection: str
    model: str
    prompt: str
    asked: JsonObject
    request: JsonValue
    inputs: tuple[StoredImage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A picture of a call: its bytes, what they are, and where it was put for the user (if it was)."""

    role: ImageRole
    blob: BlobRef
    mime_type: str
    width: int | None = None
    height: int | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended, and all that came of it."""

    outcome: Outcome
    http_status: int | None = None
    reply: list[JsonValue] | None = None
    images: tuple[StoredImage, ...] = ()
    usage: JsonObject | None = None
    cost_usd: str | None = None
    warnings: tuple[str, ...] = ()
    delivered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call as the journal holds it. Times are milliseconds since 1970 UTC; `outcome` is `None` while sent."""

    call_id: str
    group_id: str
    owner: str
    state: Literal["sent", "done"]
    kind: CallKind
    connection: str
    model: str
    prompt: str
    created_at_ms: int
    ended_at_ms: int | None
    attempts: int
    asked: JsonObject
    outcome: str | None
    reason: str | None
    message: str | None
    billed: Billed | None
    usage: JsonObject | None
    cost_usd: str | None
    warnings: tuple[str, ...]
    http_status: int | None
    delivered: bool
    images: tuple[StoredImage, ...]


class Journal:
    """The calls in `database`, seen by the process that holds `token`."""

    def __init__(self, database: Database, running: Path, token: str) -> None:
        self._database = database
        self._running = running
        self._token = token

    def sent(self, intent: Intent, attempt: int) -> None:
        """Record, durably, that the call is on its way for the `attempt`-th time (1 is the first)."""
        with self._database.transaction() as connection:
            if attempt > 1:
                connection.execute("UPDATE calls SET attempts = ? WHERE id = ?", (attempt, intent.call_id))
            else:
                self._insert(connection, intent, state="sent", attempts=1)

    def done(self, intent: Intent, ending: Ending, *, was_sent: bool = True) -> None:
        """Record how the call ended, with its pictures, in one transaction."""
        with self._database.transaction() as connection:
            if not was_sent:
                self._insert(connection, intent, state="sent", attempts=0)
            _finish(connection, intent.call_id, ending)

    def claim(self, record: CallRecord) -> bool:
        """Take over what an ended process left; False if another process was faster."""
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "UPDATE calls SET owner = ? WHERE id = ? AND owner = ?", (self._token, record.call_id, record.owner)
            )
            return cursor.rowcount == 1

    def finish_claimed(self, call_id: str, ending: Ending) -> None:
        """Record the fate of a claimed call."""
        with self._database.transaction() as connection:
            _finish(connection, call_id, ending)

    def delivered(self, call_id: str, paths: list[str]) -> None:
        """Record where the result pictures of a call were put, in order."""
        with self._database.transaction() as connection:
            for position, path in enumerate(paths):
                connection.execute(
                    "UPDATE images SET path = ? WHERE call_id = ? AND role = 'result' AND position = ?",
                    (path, call_id, position),
                )
            connection.execute("UPDATE calls SET delivered = 1 WHERE id = ?", (call_id,))

    def orphans(self) -> list[CallRecord]:
        """Calls marked sent whose process has ended, oldest first."""
        rows = self._database.rows("SELECT * FROM calls WHERE state = 'sent' ORDER BY id")
        alive = {token: owner.is_alive(self._running, token) for token in {str(row["owner"]) for row in rows}}
        return [self._record(row) for row in rows if not alive[row["owner"]]]

    def undelivered(self) -> list[CallRecord]:
        """Finished calls whose pictures were not put where the user wanted them, and whose process has ended."""
        rows = self._database.rows("SELECT * FROM calls WHERE state = 'done' AND delivered = 0 ORDER BY id")
        return [self._record(row) for row in rows if not owner.is_alive(self._running, row["owner"])]

    def find(self, call_id: str) -> CallRecord | None:
        """The call with this identifier."""
        rows = self._database.rows("SELECT * FROM calls WHERE id = ?", call_id)
        return self._record(rows[0]) if rows else None

    def find_by_prefix(self, prefix: str) -> list[CallRecord]:
        """The calls whose identifier begins with `prefix`, newest first, 20 at most."""
        pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = "SELECT * FROM calls WHERE id LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT 20"
        return [self._record(row) for row in self._database.rows(query, pattern)]

    def find_by_picture(self, sha256: str) -> list[CallRecord]:
        """The calls that made the picture with this hash, newest first."""
        query = """SELECT calls.* FROM calls JOIN images ON images.call_id = calls.id
                   WHERE images.sha256 = ? AND images.role = 'result' ORDER BY calls.id DESC LIMIT 20"""
        return [self._record(row) for row in self._database.rows(query, sha256)]

    def list_calls(self, *, limit: int, search: str | None = None) -> list[CallRecord]:
        """The newest calls, all or those whose prompt contains `search` (without regard to ASCII case)."""
        if search is None:
            rows = self._database.rows("SELECT * FROM calls ORDER BY id DESC LIMIT ?", limit)
        else:
            pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
            query = "SELECT * FROM calls WHERE prompt LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT ?"
            rows = self._database.rows(query, pattern, limit)
        return [self._record(row) for row in rows]

    def pictures(self) -> dict[BlobRef, str]:
        """Every picture the journal knows, each with a call it belongs to."""
        rows = self._database.rows("SELECT sha256, size, min(call_id) AS call_id FROM images GROUP BY sha256, size")
        return {BlobRef(sha256=row["sha256"], size=row["size"]): row["call_id"] for row in rows}

    def request(self, call_id: str) -> JsonValue:
        """The lifted request document of a call."""
        return json.loads(self._database.rows("SELECT request FROM calls WHERE id = ?", call_id)[0]["request"])

    def reply(self, call_id: str) -> JsonValue:
        """The lifted reply documents of a call, or `None` if none arrived."""
        text = self._database.rows("SELECT reply FROM calls WHERE id = ?", call_id)[0]["reply"]
        return None if text is None else json.loads(text)

    def _insert(self, connection: sqlite3.Connection, intent: Intent, *, state: str, attempts: int) -> None:
        connection.execute(
            """INSERT INTO calls (id, group_id, state, owner, attempts, created_at_ms, kind, connection, model,
                                  prompt, asked, request, delivered)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)""",
            (
                intent.call_id,
                intent.group_id,
                state,
                self._token,
                attempts,
                _clock.now_ms(),
                intent.kind,
                intent.connection,
                intent.model,
                intent.prompt,
                _json.dumps(intent.asked),
                _json.dumps(intent.request),
            ),
        )
        _insert_images(connection, intent.call_id, intent.inputs)

    def _record(self, row: sqlite3.Row) -> CallRecord:
        images = self._database.rows("SELECT * FROM images WHERE call_id = ? ORDER BY role, position", row["id"])
        return CallRecord(
            call_id=row["id"],
            group_id=row["group_id"],
            owner=row["owner"],
            state=row["state"],
            kind=row["kind"],
            connection=row["connection"],
            model=row["model"],
            prompt=row["prompt"],
            created_at_ms=row["created_at_ms"],
            ended_at_ms=row["ended_at_ms"],
            attempts=row["attempts"],
            asked=json.loads(row["asked"]),
            outcome=row["outcome"],
            reason=row["reason"],
            message=row["message"],
            billed=row["billed"],
            usage=json.loads(row["usage"]) if row["usage"] else None,
            cost_usd=row["cost_usd"],
            warnings=tuple(json.loads(row["warnings"] or "[]")),
            http_status=row["http_status"],
            delivered=bool(row["delivered"]),
            images=tuple(_stored_image(image) for image in images),
        )


def _finish(connection: sqlite3.Connection, call_id: str, ending: Ending) -> None:
    outcome = ending.outcome
    cursor = connection.execute(
        """UPDATE calls SET state = 'done', ended_at_ms = ?, http_status = ?, reply = ?, outcome = ?, reason = ?,
                            message = ?, billed = ?, usage = ?, cost_usd = ?, warnings = ?, delivered = ?
           WHERE id = ? AND state = 'sent'""",
        (
            _clock.now_ms(),
            ending.http_status,
            None if ending.reply is None else _json.dumps(ending.reply),
            outcome.kind.value,
            _storable(outcome.reason),
            _storable(outcome.message),
            outcome.billed,
            None if ending.usage is None else _json.dumps(ending.usage),
            ending.cost_usd,
            _json.dumps(list(ending.warnings)),
            int(ending.delivered),
            call_id,
        ),
    )
    if cursor.rowcount == 1:
        _insert_images(connection, call_id, ending.images)


def _storable(text: str | None) -> str | None:
    """Text that SQLite takes: a provider's lone surrogates become question marks."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _insert_images(connection: sqlite3.Connection, call_id: str, images: tuple[StoredImage, ...]) -> None:
    positions: dict[str, int] = {}
    for image in images:
        position = positions.get(image.role, 0)
        positions[image.role] = position + 1
        connection.execute(
            """INSERT INTO images (call_id, role, position, sha256, size, mime_type, width, height, path)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                call_id,
                image.role,
                position,
                image.blob.sha256,
                image.blob.size,
                image.mime_type,
                image.width,
                image.height,
                image.path,
            ),
        )


def _stored_image(row: sqlite3.Row) -> StoredImage:
    return StoredImage(
        role=row["role"],
        blob=BlobRef(sha256=row["sha256"], size=row["size"]),
        mime_type=row["mime_type"],
        width=row["width"],
        height=row["height"],
        path=row["path"],
    )
