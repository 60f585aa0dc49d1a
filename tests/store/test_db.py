"""Every schema that was ever there opens, with all it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner.store.db import MIGRATIONS, Database
from limner.store.history import Query
from limner.store.store import Store


def filled(path: Path, count: int) -> None:
    """A database of the schema after `count` migrations, with a call, its picture and what else it has tables for."""
    database = Database(path, MIGRATIONS[:count])
    with database.transaction() as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.execute(
            """INSERT INTO calls (id, group_id, state, owner, attempts, created_at_ms, kind, connection, model, prompt,
                                  asked, request, reply, outcome, billed, cost_usd, delivered)
               VALUES ('c1', 'g', 'done', 'o', 1, 5, 'generate', 'google', 'm', 'an old fox', '{}', '{}', '[]', 'image',
                       'yes', '0.033600', 1)"""
        )
        connection.execute(
            """INSERT INTO images (call_id, role, position, sha256, size, mime_type, width, height, path)
               VALUES ('c1', 'result', 0, ?, 3, 'image/png', 1, 1, '/pictures/fox.png')""",
            ("ab" * 32,),
        )
        if "chats" in tables:
            connection.execute("INSERT INTO chats VALUES ('chat1', 'a fox', 5, 'main', '{}')")
            connection.execute("INSERT INTO branches VALUES ('chat1', 'main', 'c1')")
        if "calls_fts" in tables:
            connection.execute("INSERT INTO calls_fts (call_id, prompt) VALUES ('c1', 'an old fox')")
    database.close()


@pytest.mark.parametrize("count", range(1, len(MIGRATIONS) + 1))
def test_a_data_folder_of_every_schema_opens_whole(tmp_path: Path, count: int) -> None:
    filled(tmp_path / "limner.db", count)
    store = Store(tmp_path)
    (record,) = store.history.find(Query(words="fox"), limit=9)
    assert (record.call_id, record.cost_usd, record.images[0].path) == ("c1", "0.033600", "/pictures/fox.png")
    assert [row.cost for row in store.ledger.rows("model")] == [33_600]
    assert store.trash.put(["c1"]) == 1
    if count >= 3:
        chat = store.chats.find("chat1")
        assert chat is not None
        assert chat.head == "c1"
    assert store.database.check() is None
    store.close()


def test_the_migrations_have_names_of_their_own() -> None:
    names = [migration.__name__ for migration in MIGRATIONS]
    assert len(set(names)) == len(names)
    assert names == sorted(names, key=lambda name: name[:11])
