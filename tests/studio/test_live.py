from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from limner.studio.live import FIRST, Changes, stream


def test_a_part_comes_again_when_another_process_has_written(tmp_path: Path) -> None:
    path = tmp_path / "limner.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE t (x)")
    changes = Changes(path)
    changes.open()

    async def read() -> list[bytes]:
        drawn = iter(["one", "one", "two\nlines"])
        pieces, found = stream(changes, ["feed"], lambda _: next(drawn)), []
        found += [await anext(pieces), await anext(pieces)]
        other.execute("INSERT INTO t VALUES (1)")  # the part is drawn the same: nothing is sent
        waiting = asyncio.ensure_future(anext(pieces))
        while not waiting.done():
            other.execute("INSERT INTO t VALUES (2)")
            await asyncio.sleep(0)
        found.append(await waiting)
        changes.end()
        assert [piece async for piece in pieces] == []
        return found

    first, one, two = asyncio.run(read())
    changes.close()
    other.close()
    assert first == FIRST
    assert one == b'data: <hx-partial hx-target="#part-feed" hx-swap="innerMorph">one</hx-partial>\n\n'
    assert b"data: lines</hx-partial>" in two
