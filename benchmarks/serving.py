"""`limner serve` under load, on a processor of its own: replies as large as real ones, drawings, and many at once.

Replies come from a recording, so that drawing is not measured; the floor is the provider of the other measures, which
sends bytes from memory and does nothing else.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from benchmarks.report import Table, ms, times
from benchmarks.rounds import ROOT, Budget, Sample, Scratch, middle, pin, ratio
from benchmarks.worker import peak_memory_mb

SIZES = {"1.5 MB": 1_500_000, "20 MB": 20_000_000}
CONCURRENCIES = (1, 8, 32)
DRAWN = {"512 px": "512", "1024 px": "1K"}
SLOW_REQUESTS, SLOW_S = 200, 2
MODEL = "gemini-3-pro-image"
MEMORY_MB = 120
_BUFFER_BYTES = 1 << 20


def measure(floor_url: str, processor: int | None, budget: Budget) -> dict[str, list[Sample]]:
    """Samples by case: replies as `1.5 MB, 8`, drawings as `512 px`, and `slow`."""
    found: dict[str, list[Sample]] = {}
    with Scratch() as folder:
        golden = folder / "golden.jsonl"
        golden.write_text("".join(map(_recorded, SIZES)), encoding="utf-8")
        with _serving(folder / "replay", processor, "--replay", str(golden)) as server:
            for number in budget.numbers():
                for name, size in SIZES.items():
                    for at_once in CONCURRENCIES:
                        sample = _replayed(server, name, size, at_once, floor_url)
                        if number or budget.quick:  # the first round makes the stand-ins
                            found.setdefault(f"{name}, {at_once}", []).append(sample)
        with _serving(folder / "drawn", processor) as server:
            for name, size in DRAWN.items():
                found[name] = [_drawn(server, size)]
            found["slow"] = [_slow(server)]
    return found


def tables(found: dict[str, list[Sample]]) -> list[str]:
    """Markdown."""
    rows = []
    for name in SIZES:
        for at_once in CONCURRENCIES:
            samples = found[f"{name}, {at_once}"]
            floor = [{"per_s": sample["floor_per_s"]} for sample in samples]
            rows.append(
                [
                    f"{name}, {at_once} at once",
                    f"{middle(samples, 'per_s'):.0f}",
                    times(1 / ratio(samples, floor, "per_s")),
                    ms(middle(samples, "first_byte_s")),
                    f"{middle(samples, 'peak_mb'):.0f}",
                ]
            )
    drawn = [[name, f"{found[name][0]['per_s']:.1f}", f"{found[name][0]['peak_mb']:.0f}"] for name in DRAWN]
    slow = found["slow"][0]
    return [
        "`limner serve` on one processor, its client on the other. Replies from a recording:",
        str(
            Table(
                head=["replies", "per second", "floor / server", "first byte, ms", "peak memory, MB"],
                rows=rows,
            )
        ),
        "Drawn by the sandbox, 8 at once:",
        str(Table(head=["size", "per second", "peak memory, MB"], rows=drawn)),
        f"{SLOW_REQUESTS} requests at once, each answered after {SLOW_S} s: {slow['answered']:.0f} answered, all "
        f"after {slow['wall_s']:.1f} s, {slow['peak_mb']:.0f} MB.",
    ]


def targets(found: dict[str, list[Sample]]) -> list[tuple[str, str, str, bool]]:
    """What was aimed at, what came out, and whether that is enough."""
    peak, answered = middle(found["20 MB, 32"], "peak_mb"), found["slow"][0]["answered"]
    return [
        ("server's peak memory, 32 replies of 20 MB at once", f"≤ {MEMORY_MB} MB", f"{peak:.0f} MB", peak <= MEMORY_MB),
        (
            f"{SLOW_REQUESTS} slow requests at once",
            f"{SLOW_REQUESTS} answered",
            f"{answered:.0f}",
            answered == SLOW_REQUESTS,
        ),
    ]


class _Process:
    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.url = url
        self._number = process.pid

    def forget_peak(self) -> None:
        Path(f"/proc/{self._number}/clear_refs").write_text("5", encoding="ascii")

    def peak_mb(self) -> float:
        return peak_memory_mb(self._number)


@contextmanager
def _serving(home: Path, processor: int | None, *options: str) -> Iterator[_Process]:
    command = [sys.executable, "-m", "limner", "serve", "--port", "0", "--log", "off", *options]
    environment = {**os.environ, "LIMNER_HOME": str(home)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, preexec_fn=lambda: pin(processor)
    ) as process:
        assert process.stdout is not None
        try:
            yield _Process(process, process.stdout.readline().decode().split()[2])
        finally:
            process.terminate()


def _recorded(name: str) -> str:
    """A line of a recording: a picture of this size, whatever it shows."""
    sha256 = f"{SIZES[name]:064x}"
    data = f"blob:{sha256}?size={SIZES[name]}&as=base64"
    candidate = {
        "content": {"role": "model", "parts": [{"inlineData": {"mimeType": "image/png", "data": data}}]},
        "finishReason": "STOP",
        "index": 0,
    }
    reply = {
        **{"status": 200, "framing": "json", "headers": [], "page": "", "documents": [{"candidates": [candidate]}]},
        "faults": {"refused": False, "disconnected": False, "silent_s": None, "delay_s": 0, "drip_s": 0, "cut": None},
        "pictures": {sha256: {"mimeType": "image/png", "width": 1024, "height": 1024, "bytes": SIZES[name]}},
    }
    request = {
        **{"model": MODEL, "method": "generateContent", "service": "gemini", "cards": ""},
        "document": _asking(name),
    }
    return json.dumps({"v": 1, "request": request, "reply": reply}) + "\n"


def _asking(prompt: str, size: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}
    return body | ({"generationConfig": {"imageConfig": {"imageSize": size}}} if size else {})


def _replayed(server: _Process, name: str, size_bytes: int, at_once: int, floor_url: str) -> Sample:
    count = max(at_once, min(4 * at_once, 600_000_000 // size_bytes))
    server.forget_peak()
    sample = _rate(server.url, MODEL, _asking(name), count, at_once, least_bytes=size_bytes)
    sample["peak_mb"] = server.peak_mb()
    floor = _rate(f"{floor_url}/{size_bytes}", MODEL, _asking(name), count, at_once, least_bytes=size_bytes)
    return {**sample, "floor_per_s": floor["per_s"]}


def _drawn(server: _Process, size: str) -> Sample:
    model, body = "sandbox-1", _asking("a red fox in snow", size)
    _rate(server.url, model, body, 2, 2, least_bytes=1_000)
    server.forget_peak()
    return {**_rate(server.url, model, body, 24, 8, least_bytes=1_000), "peak_mb": server.peak_mb()}


def _slow(server: _Process) -> Sample:
    body = _asking(f"a fox [[slow:{SLOW_S}]] [[text-only]]")
    server.forget_peak()
    sample = _rate(server.url, "sandbox-1", body, SLOW_REQUESTS, SLOW_REQUESTS, least_bytes=1)
    return {**sample, "answered": sample["count"], "peak_mb": server.peak_mb()}


def _rate(url: str, model: str, body: dict[str, Any], count: int, at_once: int, *, least_bytes: int) -> Sample:
    """Ask `count` times; only answers of 200 and enough bytes count."""
    sent = json.dumps(body).encode()
    address = urlsplit(url)

    def client(_number: int) -> list[float]:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
        buffer = bytearray(_BUFFER_BYTES)
        taken = [
            _first_byte_s(
                connection, f"{address.path}/v1beta/models/{model}:generateContent", sent, buffer, least_bytes
            )
            for _ in range(count // at_once)
        ]
        connection.close()
        return taken

    with ThreadPoolExecutor(at_once) as pool:
        began_s = time.perf_counter()
        first_bytes = list(chain.from_iterable(pool.map(client, range(at_once))))
        wall_s = time.perf_counter() - began_s
    return {
        "per_s": len(first_bytes) / wall_s,
        "first_byte_s": median(first_bytes),
        "wall_s": wall_s,
        "count": len(first_bytes),
    }


def _first_byte_s(
    connection: http.client.HTTPConnection, path: str, body: bytes, buffer: bytearray, least_bytes: int
) -> float:
    began_s = time.perf_counter()
    connection.request("POST", path, body, {"x-goog-api-key": "any", "content-type": "application/json"})
    reply = connection.getresponse()
    first_s = time.perf_counter() - began_s
    read: Callable[[bytearray], int] = reply.readinto
    size = sum(iter(lambda: read(buffer), 0))
    if reply.status != http.HTTPStatus.OK or size < least_bytes:
        raise RuntimeError(f"{reply.status} with {size} bytes: {bytes(buffer[:300])!r}")
    return first_s
