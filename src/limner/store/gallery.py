"""Pictures that were made, one by one and not call by call: pages of them, stars, words for who cannot see them."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field
from typing import Literal

from limner import _clock
from limner.core.blob import BlobRef
from limner.core.picture import EXTENSIONS
from limner.store.db import Database
from limner.store.history import Query, matching

Order = Literal["newest", "oldest", "dearest"]

RATIO_TOLERANCE = 0.04
"""Sizes in pixels are multiples of 16, so that a ratio is never met exactly."""

_COLUMNS = """
              images.call_id, images.position, images.sha256, images.size, images.mime_type,
              images.width, images.height,
              calls.prompt, calls.model, calls.connection, calls.kind, calls.created_at_ms, calls.cost_usd,
              calls.trashed_at_ms, stars.at_ms AS starred_at_ms, descriptions.words AS description"""
_JOINS = """JOIN images ON images.call_id = calls.id AND images.role = 'result'
            LEFT JOIN stars ON stars.sha256 = images.sha256
            LEFT JOIN descriptions ON descriptions.sha256 = images.sha256"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture with what was asked. `position` is its number among those of its call, from 0; sizes in pixels."""

    call_id: str
    position: int
    blob: BlobRef
    mime_type: str
    width: int
    height: int
    prompt: str
    model: str
    connection: str
    kind: str
    created_at_ms: int
    cost_usd: str | None
    trashed: bool
    starred: bool
    description: str | None

    @property
    def name(self) -> str:
        """What it is called in addresses: its call, and its number where it is not the first."""
        return _name(self.call_id, self.position)

    @property
    def file_name(self) -> str:
        """What it is saved as: the beginning of its prompt."""
        words = "-".join(re.findall(r"[^\W_]+", self.prompt.lower())[:6])[:60] or "picture"
        return f"{words}.{EXTENSIONS.get(self.mime_type, 'bin')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which pictures: of calls that match `query`, perhaps only starred, or of about one `ratio` (width, height)."""

    query: Query = field(default_factory=Query)
    starred: bool = False
    ratio: tuple[int, int] | None = None


class Gallery:
    """The finished pictures of `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, wanted: Wanted, *, order: Order = "newest", limit: int, skip: int = 0) -> list[Shown]:
        """`limit` pictures after the first `skip`."""
        source, by, conditions, values = _sql(wanted)
        how = {
            "newest": f"{by} DESC, images.position",
            "oldest": f"{by}, images.position",
            "dearest": f"calls.cost_micro_usd DESC, {by} DESC, images.position",
        }[order]
        rows = self._database.rows(
            f"""SELECT {_COLUMNS} FROM {source} {_JOINS} WHERE {" AND ".join(conditions)}
                ORDER BY {how} LIMIT ? OFFSET ?""",  # noqa: S608
            *values,
            limit,
            skip,
        )
        return [_shown(row) for row in rows]

    def count(self, wanted: Wanted) -> int:
        """How many there are."""
        source, _, conditions, values = _sql(wanted)
        rows = self._database.rows(
            f"SELECT count(*) AS n FROM {source} {_JOINS} WHERE {' AND '.join(conditions)}",  # noqa: S608
            *values,
        )
        return int(rows[0]["n"])

    def find(self, name: str) -> Shown | None:
        """The picture of that name, in the trash or not; `None` where there is none."""
        call_id, _, position = name.partition(".")
        rows = self._database.rows(
            f"""SELECT {_COLUMNS} FROM calls {_JOINS} WHERE calls.id = ? AND calls.erased = 0
                ORDER BY images.position LIMIT 1 OFFSET ?""",  # noqa: S608
            call_id,
            int(position) if position.isascii() and position.isdigit() and len(position) < 6 else 0,
        )
        return _shown(rows[0]) if rows else None

    def of_call(self, call_id: str) -> list[Shown]:
        """The pictures of a call, in the trash or not."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM calls {_JOINS} WHERE calls.id = ? ORDER BY images.position",  # noqa: S608
            call_id,
        )
        return [_shown(row) for row in rows]

    def around(self, picture: Shown) -> tuple[str | None, str | None]:
        """The names of the picture made before this one and of the one made after it, outside the trash."""
        found: list[str | None] = []
        for less, order in (("<", "DESC"), (">", "ASC")):
            rows = self._database.rows(
                f"""SELECT images.call_id, images.position FROM images JOIN calls ON calls.id = images.call_id
                    WHERE images.role = 'result' AND calls.trashed_at_ms IS NULL AND calls.erased = 0
                      AND (images.call_id, -images.position) {less} (?, ?)
                    ORDER BY images.call_id {order}, images.position {"ASC" if order == "DESC" else "DESC"} LIMIT 1""",  # noqa: S608
                picture.call_id,
                -picture.position,
            )
            found.append(_name(rows[0]["call_id"], rows[0]["position"]) if rows else None)
        return found[0], found[1]

    def star(self, sha256: str, starred: bool) -> None:
        """Give a picture a star, or take it away."""
        with self._database.transaction() as connection:
            if starred:
                connection.execute("INSERT OR IGNORE INTO stars VALUES (?, ?)", (sha256, _clock.now_ms()))
            else:
                connection.execute("DELETE FROM stars WHERE sha256 = ?", (sha256,))

    def describe(self, sha256: str, words: str) -> None:
        """Say what a picture shows, for who cannot see it; no words take back what was said."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM descriptions WHERE sha256 = ?", (sha256,))
            if words.strip():
                connection.execute("INSERT INTO descriptions VALUES (?, ?)", (sha256, words.strip()))


def _name(call_id: str, position: int) -> str:
    return f"{call_id}.{position}" if position else call_id


def _sql(wanted: Wanted) -> tuple[str, str, list[str], list[object]]:
    source, by, conditions, values = matching(wanted.query)
    if wanted.starred:
        conditions.append("stars.sha256 IS NOT NULL")
    if wanted.ratio is not None:
        conditions.append("abs(images.width * 1.0 / images.height / ? - 1) <= ?")
        values += [wanted.ratio[0] / wanted.ratio[1], RATIO_TOLERANCE]
    return source, by, conditions, values


def _shown(row: sqlite3.Row) -> Shown:
    return Shown(
        call_id=row["call_id"],
        position=row["position"],
        blob=BlobRef(sha256=row["sha256"], size=row["size"]),
        mime_type=row["mime_type"],
        width=row["width"] or 1,
        height=row["height"] or 1,
        prompt=row["prompt"],
        model=row["model"],
        connection=row["connection"],
        kind=row["kind"],
        created_at_ms=row["created_at_ms"],
        cost_usd=row["cost_usd"],
        trashed=row["trashed_at_ms"] is not None,
        starred=row["starred_at_ms"] is not None,
        description=row["description"],
    )
