"""Every call that may cost money: recorded as sent before its first byte leaves, as done when the reply is safe.

States only move forward, `sent` to `done`. A call that is `sent` while its process has ended is an orphan: its fate
is read from the spool, and it is never sent again by itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from limner import _clock, _json
from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.outcome import Outcome, OutcomeKind
from limner.errors import Billed
from limner.store import chats, ledger, owner
from limner.store.db import Database

ANSWERS = (OutcomeKind.IMAGE, OutcomeKind.TEXT_ONLY)
"""Outcomes after which a conversation goes on; after any other it stands where it stood."""

_IDS_AT_ONCE = 500

CallKind = Literal["generate", "edit"]
ImageRole = Literal["input", "result", "draft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A call about to be made: what is asked of whom, with the exact lifted request.

    `reserve_micro_usd` is the most it is thought to cost (`None`: unknown), which must fit into `limits`. `place` is
    where it belongs in a conversation.
    """

    call_id: str
    group_id: str
    kind: CallKind
    connection: str
    model: str
    prompt: str
    asked: JsonObject
    request: JsonValue
    inputs: tuple[StoredImage, ...] = ()
    reserve_micro_usd: int | None = None
    limits: tuple[ledger.Limit, ...] = ()
    place: chats.Place | None = None


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
    reserved_micro_usd: int | None
    warnings: tuple[str, ...]
    http_status: int | None
    delivered: bool
    parent_id: str | None
    chat_id: str | None
    trashed_at_ms: int | None
    images: tuple[StoredImage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePicture:
    """A picture that Limner made of another: what kind, of which, and where it was put for the user."""

    blob: BlobRef
    kind: str
    source_sha256: str
    path: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCount:
    """How often a model was called on a connection, and when last (milliseconds since 1970 UTC)."""

    model: str
    connection: str
    calls: int
    last_ms: int


class Journal:
    """The calls in `database`, seen by the process that holds `token`."""

    def __init__(self, database: Database, running: Path, token: str) -> None:
        self._database = database
        self._running = running
        self._token = token

    def sent(self, intent: Intent, attempt: int) -> None:
        """Record, durably, that the call is on its way for the `attempt`-th time (1 is the first).

        The first time its reservation is made. Raises `BudgetSpent`, with nothing recorded, if that fits no more.
        """
        with self._database.transaction() as connection:
            if attempt > 1:
                connection.execute("UPDATE calls SET attempts = ? WHERE id = ?", (attempt, intent.call_id))
            else:
                ledger.check(connection, intent.reserve_micro_usd or 0, intent.limits)
                self._insert(connection, intent, attempts=1)

    def done(self, intent: Intent, ending: Ending, *, was_sent: bool = True) -> None:
        """Record how the call ended, with its pictures, in one transaction."""
        with self._database.transaction() as connection:
            if not was_sent:
                self._insert(connection, intent, attempts=0)
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

    def note_made(self, blob: BlobRef, *, kind: str, source: BlobRef, call_id: str, path: str | None) -> None:
        """Record a picture that Limner made of another one, which came of `call_id`."""
        with self._database.transaction() as connection:
            connection.execute(
                """INSERT OR REPLACE INTO made (sha256, size, kind, source_sha256, call_id, path, created_at_ms)
                   VALUES (?, ?, ?, ?, ?, ?, ?)""",
                (blob.sha256, blob.size, kind, source.sha256, call_id, path, _clock.now_ms()),
            )

    def made_of(self, call_id: str) -> list[MadePicture]:
        """The pictures that Limner made of those of a call."""
        rows = self._database.rows("SELECT * FROM made WHERE call_id = ? ORDER BY created_at_ms, kind", call_id)
        return [
            MadePicture(
                blob=BlobRef(sha256=row["sha256"], size=row["size"]),
                kind=row["kind"],
                source_sha256=row["source_sha256"],
                path=row["path"],
            )
            for row in rows
        ]

    def orphans(self) -> list[CallRecord]:
        """Calls marked sent whose process has ended, oldest first."""
        rows = self._database.rows("SELECT * FROM calls WHERE state = 'sent' ORDER BY id")
        alive = {token: owner.is_alive(self._running, token) for token in {str(row["owner"]) for row in rows}}
        return self._records([row for row in rows if not alive[row["owner"]]])

    def undelivered(self) -> list[CallRecord]:
        """Finished calls whose pictures were not put where the user wanted them, and whose process has ended."""
        rows = self._database.rows("SELECT * FROM calls WHERE state = 'done' AND delivered = 0 ORDER BY id")
        return self._records([row for row in rows if not owner.is_alive(self._running, row["owner"])])

    def find(self, call_id: str) -> CallRecord | None:
        """The call with this identifier."""
        rows = self._database.rows("SELECT * FROM calls WHERE id = ?", call_id)
        return self._records(rows)[0] if rows else None

    def chain(self, call_id: str) -> list[CallRecord]:
        """The call with all it goes on from, the first one first."""
        query = """WITH RECURSIVE chain (id, depth) AS (
                       SELECT ?, 0
                       UNION SELECT calls.parent_id, depth + 1 FROM calls JOIN chain ON calls.id = chain.id
                       WHERE calls.parent_id IS NOT NULL)
                   SELECT calls.* FROM calls JOIN chain ON calls.id = chain.id ORDER BY depth DESC"""
        return self._records(self._database.rows(query, call_id))

    def children(self, call_id: str | None, *, chat_id: str | None = None) -> list[CallRecord]:
        """The calls that go on from a call, newest first; of one conversation where `chat_id` is given."""
        query = """SELECT * FROM calls WHERE parent_id IS ? AND chat_id = ifnull(?, chat_id) ORDER BY id DESC"""
        return self._records(self._database.rows(query, call_id, chat_id))

    def find_by_prefix(self, prefix: str) -> list[CallRecord]:
        """The calls whose identifier begins with `prefix`, newest first, 20 at most."""
        pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = "SELECT * FROM calls WHERE id LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT 20"
        return self._records(self._database.rows(query, pattern))

    def find_by_picture(self, sha256: str) -> list[CallRecord]:
        """The calls that made the picture with this hash, newest first."""
        query = """SELECT calls.* FROM calls WHERE id IN (
                       SELECT call_id FROM images WHERE sha256 = ? AND role = 'result'
                       UNION SELECT call_id FROM made WHERE sha256 = ?) ORDER BY id DESC LIMIT 20"""
        return self._records(self._database.rows(query, sha256, sha256))

    def list_calls(self, *, limit: int) -> list[CallRecord]:
        """The newest calls, those in the trash too."""
        return self._records(self._database.rows("SELECT * FROM calls ORDER BY id DESC LIMIT ?", limit))

    def models_used(self) -> list[ModelCount]:
        """How often each model was called on each connection and when last, the last one first."""
        query = """SELECT model, connection, count(*) AS calls, max(created_at_ms) AS last_ms FROM calls
                   GROUP BY model, connection ORDER BY last_ms DESC"""
        return [ModelCount(**{name: row[name] for name in row.keys()}) for row in self._database.rows(query)]  # noqa: SIM118

    def pictures(self) -> dict[BlobRef, str]:
        """Every picture the journal knows, each with a call it belongs to."""
        query = """SELECT sha256, size, min(call_id) AS call_id FROM
                       (SELECT sha256, size, call_id FROM images UNION ALL SELECT sha256, size, call_id FROM made)
                   GROUP BY sha256, size"""
        rows = self._database.rows(query)
        return {BlobRef(sha256=row["sha256"], size=row["size"]): row["call_id"] for row in rows}

    def request(self, call_id: str) -> JsonValue:
        """The lifted request document of a call."""
        return json.loads(self._database.rows("SELECT request FROM calls WHERE id = ?", call_id)[0]["request"])

    def reply(self, call_id: str) -> JsonValue:
        """The lifted reply documents of a call, or `None` if none arrived."""
        text = self._database.rows("SELECT reply FROM calls WHERE id = ?", call_id)[0]["reply"]
        return None if text is None else json.loads(text)

    def _records(self, rows: list[sqlite3.Row]) -> list[CallRecord]:
        return read_records(self._database, rows)

    def _insert(self, connection: sqlite3.Connection, intent: Intent, *, attempts: int) -> None:
        place = intent.place
        connection.execute(
            """INSERT INTO calls (id, group_id, state, owner, attempts, created_at_ms, kind, connection, model,
                                  prompt, asked, request, reserved_micro_usd, delivered, parent_id, chat_id, branch)
               VALUES (?, ?, 'sent', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)""",
            (
                intent.call_id,
                intent.group_id,
                self._token,
                attempts,
                _clock.now_ms(),
                intent.kind,
                intent.connection,
                intent.model,
                intent.prompt,
                _json.dumps(intent.asked),
                _json.dumps(intent.request),
                intent.reserve_micro_usd,
                *((place.parent_id, place.chat_id, place.branch) if place is not None else (None, None, None)),
            ),
        )
        connection.execute("INSERT INTO calls_fts (call_id, prompt) VALUES (?, ?)", (intent.call_id, intent.prompt))
        _insert_images(connection, intent.call_id, intent.inputs)


def read_records(database: Database, rows: Sequence[sqlite3.Row]) -> list[CallRecord]:
    """The calls that `rows` of the table hold, with their pictures, in their order."""
    images: dict[str, list[StoredImage]] = {row["id"]: [] for row in rows}
    ids = list(images)
    for start in range(0, len(ids), _IDS_AT_ONCE):
        some = ids[start : start + _IDS_AT_ONCE]
        marks = ", ".join("?" * len(some))
        query = f"SELECT * FROM images WHERE call_id IN ({marks}) ORDER BY call_id, role, position"  # noqa: S608
        for image in database.rows(query, *some):
            images[image["call_id"]].append(_stored_image(image))
    return [_record(row, tuple(images[row["id"]])) for row in rows]


def _record(row: sqlite3.Row, images: tuple[StoredImage, ...]) -> CallRecord:
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
        reserved_micro_usd=row["reserved_micro_usd"],
        warnings=tuple(json.loads(row["warnings"] or "[]")),
        http_status=row["http_status"],
        delivered=bool(row["delivered"]),
        parent_id=row["parent_id"],
        chat_id=row["chat_id"],
        trashed_at_ms=row["trashed_at_ms"],
        images=images,
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
        if outcome.kind in ANSWERS:
            chats.advance(connection, call_id)


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
