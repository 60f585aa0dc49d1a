from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from limner.server.queue import FairQueue
from limner.wire.gemini.refusals import RefusedError


async def settled() -> None:
    """Let everything happen that can happen without a thread's answer."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_the_owners_that_wait_take_turns() -> None:
    async def scene() -> list[str]:
        queue, gate, done = FairQueue(1, 100), threading.Event(), list[str]()
        first = asyncio.ensure_future(queue.run("greedy", gate.wait))
        await settled()
        names = ("g1", "g2", "g3", "g4", "a1", "b1", "a2")
        others = [asyncio.ensure_future(queue.run(name[0], partial(done.append, name))) for name in names]
        await settled()
        gate.set()
        await asyncio.gather(first, *others)
        return done

    assert asyncio.run(scene()) == ["g1", "a1", "b1", "g2", "a2", "g3", "g4"]


def test_as_many_run_at_once_as_there_are_places() -> None:
    async def scene() -> int:
        queue, both = FairQueue(2, 10), threading.Barrier(2, timeout=20)
        await asyncio.gather(*(queue.run("a", both.wait) for _ in range(6)))
        return queue.waiting

    assert asyncio.run(scene()) == 0


def test_an_owner_may_not_wait_too_often() -> None:
    async def scene() -> None:
        queue, gate = FairQueue(1, 2), threading.Event()
        running = [asyncio.ensure_future(queue.run("a", gate.wait)) for _ in range(3)]
        await settled()
        try:
            with pytest.raises(RefusedError) as refused:
                await queue.run("a", gate.wait)
            assert refused.value.refusal.status == 429
        finally:
            gate.set()
        await asyncio.gather(*running)

    asyncio.run(scene())


def test_who_leaves_the_queue_gives_its_place_to_the_next() -> None:
    async def scene() -> tuple[list[str], int]:
        queue, gate, done = FairQueue(1, 10), threading.Event(), list[str]()
        first = asyncio.ensure_future(queue.run("a", gate.wait))
        await settled()
        leaver = asyncio.ensure_future(queue.run("a", lambda: done.append("leaver")))
        stayer = asyncio.ensure_future(queue.run("b", lambda: done.append("stayer")))
        await settled()
        leaver.cancel()
        await settled()
        waiting = queue.waiting
        gate.set()
        await asyncio.gather(first, stayer)
        await queue.run("c", lambda: done.append("later"))
        return done, waiting

    assert asyncio.run(scene()) == (["stayer", "later"], 1)


def test_work_that_fails_frees_its_place_and_tells_its_owner() -> None:
    async def scene() -> str:
        queue = FairQueue(1, 10)

        def fail() -> None:
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await queue.run("a", fail)
        return await queue.run("a", lambda: "yes")

    assert asyncio.run(scene()) == "yes"
