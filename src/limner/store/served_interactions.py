"""Interactions: turns that a client continues by name instead of sending them again."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from limner._json import JsonObject, JsonValue, dumps
from limner.store import owner as owners
from limner.store.db import Database

LIFETIME_MS = 55 * 24 * 3_600_000
"""As for Google's paying users. Source: the Interactions API's page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One interaction. `contents` are all turns so far, lifted, signatures included; `resource` is what clients see.

    `status` is that of the resource, such as `in_progress` or `completed`.
    """

    id: str
    owner: str
    status: str
    contents: list[JsonValue]
    resource: JsonObject
    created_at_ms: int

    @property
    def expires_at_ms(self) -> int:
        """When it is forgotten."""
        return self.created_at_ms + LIFETIME_MS


class Interactions:
    """The interactions of all owners. `token` names this process among those in the folder `running`."""

    def __init__(self, database: Database, token: str, running: Path) -> None:
        self._database = database
        self._token = token
        self._running = running

    def add(self, interaction: Interaction) -> None:
        """Keep a new interaction."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO interactions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    interaction.owner,
                    interaction.id,
                    interaction.status,
                    dumps(interaction.contents),
                    dumps(interaction.resource),
                    interaction.created_at_ms,
                    interaction.expires_at_ms,
                    self._token,
                ),
            )

    def get(self, owner: str, interaction_id: str, now_ms: int) -> Interaction | None:
        """The owner's interaction; `None` where it is not there or has expired."""
        rows = self._database.rows(
            "SELECT * FROM interactions WHERE owner = ? AND id = ? AND expires_at_ms > ?",
            owner,
            interaction_id,
            now_ms,
        )
        return _interaction(rows[0]) if rows else None

    def end(self, interaction: Interaction) -> bool:
        """Replace one that is in progress by how it ended; False where it has ended already or is gone."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "UPDATE interactions SET status = ?, contents = ?, resource = ? "
                "WHERE id = ? AND owner = ? AND status = 'in_progress'",
                (
                    interaction.status,
                    dumps(interaction.contents),
                    dumps(interaction.resource),
                    interaction.id,
                    interaction.owner,
                ),
            )
            return done.rowcount > 0

    def running(self) -> tuple[Interaction, ...]:
        """Every interaction in progress, of all owners."""
        return tuple(map(_interaction, self._database.rows("SELECT * FROM interactions WHERE status = 'in_progress'")))

    def abandoned(self) -> tuple[Interaction, ...]:
        """Every interaction in progress whose process has ended, of all owners."""
        rows = self._database.rows("SELECT * FROM interactions WHERE status = 'in_progress'")
        return tuple(_interaction(row) for row in rows if not owners.is_alive(self._running, row["runner"]))

    def delete(self, owner: str, interaction_id: str) -> bool:
        """Forget the owner's interaction; False where it is not there."""
        with self._database.transaction() as connection:
            done = connection.execute("DELETE FROM interactions WHERE owner = ? AND id = ?", (owner, interaction_id))
            return done.rowcount > 0

    def expire(self, now_ms: int) -> None:
        """Forget what has outlived its time."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM interactions WHERE expires_at_ms <= ?", (now_ms,))


def _interaction(row: sqlite3.Row) -> Interaction:
    return Interaction(
        id=row["id"],
        owner=row["owner"],
        status=row["status"],
        contents=json.loads(row["contents"]),
        resource=json.loads(row["resource"]),
        created_at_ms=row["created_at_ms"],
    )
