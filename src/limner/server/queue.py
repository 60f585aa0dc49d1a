"""Fair turns: who asks much waits longer than who asks little."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TypeVar

from limner.wire.gemini.refusals import failed

T = TypeVar("T")


class FairQueue:
    """Lets `places` pieces of work run at once, in threads; the owners that wait take turns, one piece each.

    For one event loop. `most_waiting` bounds the pieces of one owner that wait.
    """

    def __init__(self, places: int, most_waiting: int) -> None:
        self._free = places
        self._most_waiting = most_waiting
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many pieces of work wait."""
        return sum(map(len, self._waiting.values()))

    async def run(self, owner: str, work: Callable[[], T]) -> T:
        """Do `work` in a thread when its turn comes. Raises `RefusedError` (429) where the owner waits too often.

        Work that has begun is done to its end, also for a caller who leaves.
        """
        await self._turn(owner)
        task = asyncio.ensure_future(asyncio.to_thread(work))
        task.add_done_callback(lambda _done: self._next())
        return await asyncio.shield(task)

    async def _turn(self, owner: str) -> None:
        if self._free > 0:
            self._free -= 1
            return
        mine = self._waiting.setdefault(owner, deque())
        if len(mine) >= self._most_waiting:
            raise failed(
                429,
                f"{len(mine)} requests of this key wait already.",
                hint="Wait for their answers before asking for more.",
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        mine.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(owner, turn)
            else:
                self._next()  # the turn had come already: it goes to somebody else
            raise

    def _leave(self, owner: str, turn: asyncio.Future[None]) -> None:
        mine = self._waiting.get(owner)
        if mine is not None and turn in mine:
            mine.remove(turn)
            if not mine:
                del self._waiting[owner]

    def _next(self) -> None:
        """Give a place that became free to the owner who has waited longest for a turn."""
        while self._waiting:
            owner, mine = self._waiting.popitem(last=False)
            turn = mine.popleft()
            if mine:
                self._waiting[owner] = mine
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
