"""Finding calls again: by words, model, day, cost, outcome and parent, in milliseconds among 100,000."""

from __future__ import annotations

from dataclasses import dataclass

from limner.store.db import Database
from limner.store.journal import CallRecord, read_records

MIN_INDEXED = 3
"""Words shorter than this are not in the index of trigrams: the prompts themselves are looked through for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which calls are wanted; each condition that is set must hold.

    `words` must each stand somewhere in the prompt, as part of a longer word too, without regard to case. Times are
    milliseconds since 1970 UTC, `until_ms` not included; costs are millionths of a dollar. `parent` is a call that they
    go on from, or the hash of a picture they were given. `model` may be the beginning of a name.
    """

    words: str = ""
    model: str | None = None
    connection: str | None = None
    kind: str | None = None
    outcome: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    min_cost: int | None = None
    max_cost: int | None = None
    parent: str | None = None
    trashed: bool = False


class History:
    """The calls in `database`, to be searched, put into the trash and taken out again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: Query, *, limit: int, before: str | None = None) -> list[CallRecord]:
        """The newest `limit` calls that match, older than the call `before` if given: how one goes on to page."""
        source, order, conditions, values = matching(query)
        if before is not None:
            conditions.append("calls.id < ?")
            values.append(before)
        rows = self._database.rows(
            f"SELECT calls.* FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {order} DESC LIMIT ?",  # noqa: S608
            *values,
            limit,
        )
        return read_records(self._database, rows)

    def spans_ms(self, model: str, connection: str, *, limit: int = 40) -> list[int]:
        """How long the newest calls of a model took that brought a picture, shortest first."""
        rows = self._database.rows(
            """SELECT ended_at_ms - created_at_ms AS span FROM calls
               WHERE model = ? AND connection = ? AND outcome = 'image' ORDER BY id DESC LIMIT ?""",
            model,
            connection,
            limit,
        )
        return sorted(int(row["span"]) for row in rows if row["span"] is not None)

    def groups(self, since_ms: int, *, limit: int) -> list[str]:
        """The newest groups of calls since a time (calls of one command or wish), the newest first."""
        rows = self._database.rows(
            """SELECT group_id, max(id) AS last FROM calls WHERE created_at_ms >= ? AND trashed_at_ms IS NULL
               AND erased = 0 AND chat_id IS NULL GROUP BY group_id ORDER BY last DESC LIMIT ?""",
            since_ms,
            limit,
        )
        return [str(row["group_id"]) for row in rows]

    def of_group(self, group_id: str) -> list[CallRecord]:
        """The calls of one group, the oldest first; those in the trash are left out."""
        rows = self._database.rows(
            "SELECT * FROM calls WHERE group_id = ? AND trashed_at_ms IS NULL AND erased = 0 ORDER BY id", group_id
        )
        return read_records(self._database, rows)

    def count(self, *, trashed: bool = False) -> int:
        """How many calls there are, in the trash or outside it."""
        query = "SELECT count(*) AS n FROM calls WHERE erased = 0 AND (trashed_at_ms IS NOT NULL) = ?"
        return int(self._database.rows(query, int(trashed))[0]["n"])


def matching(query: Query) -> tuple[str, str, list[str], list[object]]:
    """In SQL: where the calls of `query` come from, by what they are ordered, the conditions and their values."""
    conditions, values = _conditions(query)
    indexed, _ = _split(query.words)
    if not indexed:
        return "calls", "calls.id", conditions, values
    conditions.insert(0, "calls_fts MATCH ?")
    values.insert(0, " ".join(_quoted(word) for word in indexed))
    return "calls_fts CROSS JOIN calls ON calls.id = calls_fts.call_id", "calls_fts.rowid", conditions, values


def _conditions(query: Query) -> tuple[list[str], list[object]]:
    conditions = [f"calls.trashed_at_ms IS {'NOT ' if query.trashed else ''}NULL", "calls.erased = 0"]
    values: list[object] = []
    for text, value in (
        ("calls.connection = ?", query.connection),
        ("calls.kind = ?", query.kind),
        ("calls.outcome = ?", query.outcome),
        ("calls.created_at_ms >= ?", query.since_ms),
        ("calls.created_at_ms < ?", query.until_ms),
        ("calls.cost_micro_usd >= ?", query.min_cost),
        ("calls.cost_micro_usd <= ?", query.max_cost),
    ):
        if value is not None:
            conditions.append(text)
            values.append(value)
    if query.model is not None:
        conditions.append("calls.model >= ? AND calls.model < ?")
        values += [query.model, query.model + "\U0010ffff"]
    if query.parent is not None:
        conditions.append(
            """calls.id IN (SELECT id FROM calls WHERE parent_id = ?
                            UNION SELECT call_id FROM images WHERE sha256 = ? AND role = 'input')"""
        )
        values += [query.parent, query.parent]
    for word in _split(query.words)[1]:
        conditions.append("calls.prompt LIKE ? ESCAPE '\\'")
        values.append(f"%{_escaped(word)}%")
    return conditions, values


def _split(words: str) -> tuple[list[str], list[str]]:
    """The words that the index knows, and those too short for it."""
    found = words.split()
    return [word for word in found if len(word) >= MIN_INDEXED], [word for word in found if len(word) < MIN_INDEXED]


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""').replace("\0", "") + '"'


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
