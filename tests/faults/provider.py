"""The provider under whose eyes the program is broken: real HTTP, and a bill that no crash of ours can touch."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from faults.driver import PROMPTS
from faults.loopback import Heard, hear, listening
from faults.replies import OVERLOADED, Canned, canned

SIDE_PX = 160
"""Pictures of about 26 kB, replies of about 35 kB."""

HELD, OVERLOADED_ONCE = 0, 1
"""Which call is told the end of its reply only when its picture is spooled, and which is refused once before."""

HOLD_S = 3.0
_LOOK_S = 0.001

REPLIES: tuple[Canned, ...] = tuple(canned(number, side_px=SIDE_PX) for number in range(len(PROMPTS)))


class Provider:
    """Answers any number of runs at once, each under an address of its own, and keeps the bill of each.

    `bill[run][n]` counts how often prompt `n` was paid: from the moment its request had fully arrived. `kept[run]`
    has the prompts whose picture was seen in the spool while the provider still owed the end of the reply: from
    then on no crash may lose it.
    """

    def __init__(self) -> None:
        self.port = 0
        self.bill: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self.kept: defaultdict[str, set[int]] = defaultdict(set)
        self._homes: dict[str, Path] = {}
        self._refused: set[str] = set()
        self._stopped = threading.Event()

    @contextlib.contextmanager
    def serving(self) -> Iterator[Provider]:
        """Answer until the block ends."""
        with listening(self._serve) as port:
            self.port = port
            yield self
            self._stopped.set()

    def base_url(self, run: str, home: Path) -> str:
        """Where a run finds its provider; `home` is looked into to see when a picture is kept."""
        self._homes[run] = home
        return f"http://127.0.0.1:{self.port}/{run}"

    def forget(self, run: str) -> None:
        """Let go of what is known of a run that is over."""
        for known in (self.bill, self.kept, self._homes):
            known.pop(run, None)
        self._refused.discard(run)

    def _serve(self, connection: socket.socket) -> None:
        while (heard := hear(connection)) is not None:
            self._answer(connection, heard)

    def _answer(self, connection: socket.socket, heard: Heard) -> None:
        run = heard.path.split("/")[1]
        number = _number(heard)
        if number == OVERLOADED_ONCE and run not in self._refused:
            self._refused.add(run)
            connection.sendall(_head("503 Service Unavailable", OVERLOADED) + OVERLOADED)
            return
        self.bill[run][number] += 1
        reply = REPLIES[number]
        told = reply.picture_end if number == HELD else len(reply.body)
        connection.sendall(_head("200 OK", reply.body) + reply.body[:told])
        if number == HELD:
            self._hold(connection, run, number)
            connection.sendall(reply.body[told:])

    def _hold(self, connection: socket.socket, run: str, number: int) -> None:
        """Wait until the picture is in the spool, the program has gone, or it clearly does not spool it."""
        spools = self._homes[run] / "spool"
        reference = REPLIES[number].sha256.encode()
        for _ in range(int(HOLD_S / _LOOK_S)):
            if any(reference in spool.read_bytes() for spool in spools.glob("*")):
                self.kept[run].add(number)
                return
            gone, _, _ = select.select([connection], [], [], _LOOK_S)
            if gone or self._stopped.is_set():
                return


def _number(heard: Heard) -> int:
    document = json.loads(heard.body)
    texts = [part["text"] for part in document["contents"][-1]["parts"] if "text" in part]
    return PROMPTS.index(texts[-1])


def _head(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
