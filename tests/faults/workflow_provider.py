"""The provider of the runs that are broken: real HTTP, a bill, and the end of some replies held back."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from faults.loopback import Heard, hear, listening
from faults.replies import canned

HOLD_S = 3.0
_LOOK_S = 0.001
_SIDE_PX = 48


class WorkflowProvider:
    """Answers the stages of runs. `bill` counts how often each prompt was paid: since its request had fully arrived.

    `kept` has, by prompt, the pictures that were seen in the spool while their reply was not at its end: no crash may
    lose them from then on. `in_the_middle` is called once when half of the next reply is sent.
    """

    def __init__(self) -> None:
        self.port = 0
        self.bill: Counter[str] = Counter()
        self.kept: dict[str, set[str]] = {}
        self.in_the_middle: Callable[[], None] | None = None
        self.home = Path()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    @contextlib.contextmanager
    def serving(self) -> Iterator[WorkflowProvider]:
        """Answer until the block ends."""
        with listening(self._serve) as port:
            self.port = port
            yield self
            self._stopped.set()

    def _serve(self, connection: socket.socket) -> None:
        while (heard := hear(connection)) is not None:
            self._answer(connection, heard)

    def _answer(self, connection: socket.socket, heard: Heard) -> None:
        document = json.loads(heard.body)
        prompt = "\n".join(part["text"] for part in document["contents"][-1]["parts"] if "text" in part)
        with self._lock:
            self.bill[prompt] += 1
            number = self.bill.total()
            broken, self.in_the_middle = self.in_the_middle, None
        if "IMAGE" in document["generationConfig"].get("responseModalities", ()):
            reply = canned(number, side_px=_SIDE_PX)
            body, held_from = reply.body, reply.picture_end
        else:
            body, held_from = _words(document), 0
        half = len(body) // 2
        connection.sendall(_head(body) + body[:half])
        if broken is not None:
            broken()
        if held_from:
            connection.sendall(body[half:held_from])
            self._hold(connection, prompt, reply.sha256)
        connection.sendall(body[max(half, held_from) :])

    def _hold(self, connection: socket.socket, prompt: str, sha256: str) -> None:
        """Wait until the picture is in a spool, the program has gone, or it clearly does not spool it."""
        spools = self.home / "spool"
        for _ in range(int(HOLD_S / _LOOK_S)):
            if any(sha256.encode() in _read(spool) for spool in spools.glob("*")):
                with self._lock:
                    self.kept.setdefault(prompt, set()).add(sha256)
                return
            gone, _, _ = select.select([connection], [], [], _LOOK_S)
            if gone or self._stopped.is_set():
                return


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it was removed between being listed and being opened
        return b""


def _words(document: Any) -> bytes:
    is_json = document["generationConfig"].get("responseMimeType") == "application/json"
    text = '{"lines": ["one", "two", "three"]}' if is_json else "Some words."
    parts = [{"text": text}]
    answer = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 3, "totalTokenCount": 7},
    }
    return json.dumps(answer).encode()


def _head(body: bytes) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
