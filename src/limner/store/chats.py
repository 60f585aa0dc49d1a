"""Conversations: names and branches over the tree of calls. What was said is in the calls themselves.

A call made in a conversation knows the call it goes on from, and the branch it was made on. The branch moves on to it
in the transaction that records its answer, and only if it still stands where the call went on from: so a crash loses
no turn, and two windows on one conversation do not overwrite each other.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from limner import _clock, _json
from limner._json import JsonObject
from limner.store.db import Database

MAIN = "main"
"""The branch that every conversation begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a call belongs: on `branch` of a conversation, after the call `parent_id` (`None`: the first)."""

    chat_id: str
    branch: str
    parent_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRecord:
    """A conversation: its current branch, and each branch with the call it stands at (`None`: nothing said yet).

    `settings` is what is asked for with each turn: connection, model, aspectRatio, size, system, unlisted. Times are
    milliseconds since 1970 UTC.
    """

    chat_id: str
    title: str
    created_at_ms: int
    branch: str
    branches: dict[str, str | None]
    settings: JsonObject

    @property
    def head(self) -> str | None:
        """The call that the current branch stands at."""
        return self.branches[self.branch]


class Chats:
    """The conversations in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, settings: JsonObject, *, head: str | None = None) -> ChatRecord:
        """Begin a conversation, after the call `head` if one is given."""
        chat_id = _clock.new_id()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO chats (id, title, created_at_ms, branch, settings) VALUES (?, '', ?, ?, ?)",
                (chat_id, _clock.now_ms(), MAIN, _json.dumps(settings)),
            )
            connection.execute("INSERT INTO branches (chat_id, name, call_id) VALUES (?, ?, ?)", (chat_id, MAIN, head))
        found = self.find(chat_id)
        assert found is not None
        return found

    def find(self, chat_id: str) -> ChatRecord | None:
        """The conversation with this identifier."""
        rows = self._database.rows("SELECT * FROM chats WHERE id = ?", chat_id)
        return self._record(rows[0]) if rows else None

    def find_by_prefix(self, prefix: str) -> list[ChatRecord]:
        """The conversations whose identifier begins with `prefix` (letters and digits), newest first, 20 at most."""
        rows = self._database.rows(
            "SELECT * FROM chats WHERE substr(id, 1, ?) = ? ORDER BY id DESC LIMIT 20", len(prefix), prefix
        )
        return [self._record(row) for row in rows]

    def list_chats(self, *, limit: int) -> list[ChatRecord]:
        """The newest conversations."""
        return [self._record(row) for row in self._database.rows("SELECT * FROM chats ORDER BY id DESC LIMIT ?", limit)]

    def set_title(self, chat_id: str, title: str) -> None:
        """Name a conversation."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE chats SET title = ? WHERE id = ?", (title, chat_id))

    def set_settings(self, chat_id: str, settings: JsonObject) -> None:
        """Change what is asked for from the next turn on."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE chats SET settings = ? WHERE id = ?", (_json.dumps(settings), chat_id))

    def move(self, chat_id: str, branch: str, call_id: str | None) -> None:
        """Let a branch stand at another call; a branch of a new name is made. It becomes the current one."""
        with self._database.transaction() as connection:
            connection.execute(
                """INSERT INTO branches (chat_id, name, call_id) VALUES (?, ?, ?)
                   ON CONFLICT (chat_id, name) DO UPDATE SET call_id = excluded.call_id""",
                (chat_id, branch, call_id),
            )
            connection.execute("UPDATE chats SET branch = ? WHERE id = ?", (branch, chat_id))

    def _record(self, row: sqlite3.Row) -> ChatRecord:
        branches = self._database.rows("SELECT name, call_id FROM branches WHERE chat_id = ? ORDER BY rowid", row["id"])
        return ChatRecord(
            chat_id=row["id"],
            title=row["title"],
            created_at_ms=row["created_at_ms"],
            branch=row["branch"],
            branches={branch["name"]: branch["call_id"] for branch in branches},
            settings=json.loads(row["settings"]),
        )


def advance(connection: sqlite3.Connection, call_id: str) -> None:
    """Let the branch that a call was made on go on to it, if it still stands where the call went on from."""
    connection.execute(
        """UPDATE branches SET call_id = calls.id FROM calls
           WHERE calls.id = ? AND branches.chat_id = calls.chat_id AND branches.name = calls.branch
             AND branches.call_id IS calls.parent_id""",
        (call_id,),
    )
