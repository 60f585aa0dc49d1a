"""Other HTTP libraries behind `limner.core.transport.Transport`, only to be measured against `limner._http`.

They do what the measurement needs and no more: no faults told apart, no deadline, no cancelling. None of them lets a
caller act between connecting and sending, so `before_sending` runs first here, and what they refuse to connect would
be recorded as sent. As a process: `python -m benchmarks.transports NAME URL SIZE_BYTES COUNT CONCURRENCY FOLDER`.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import replies
from benchmarks.peers import MODEL
from benchmarks.worker import peak_memory_mb
from limner.core.secret import Secret
from limner.core.transport import Transport, WireCall, WireReply
from limner.store.blobs import BlobStore
from limner.wire.framing import BodyReader

_PIECE_BYTES = 256 << 10
_REQUEST = b'{"contents":[{"role":"user","parts":[{"text":"a red fox in snow"}]}]}'


class PiecesReply:
    """A reply of any library: its status, its headers, and an iterator of pieces."""

    def __init__(
        self, status: int, headers: Mapping[str, str], pieces: Iterator[bytes], let_go: Callable[[], object]
    ) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self._let_go = let_go
        self._pieces = pieces

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        return next(self._pieces, b"")

    def close(self) -> None:
        """Give the connection back."""
        self._let_go()


class Urllib3Transport:
    """urllib3, its pool shared by the threads."""

    def __init__(self) -> None:
        import urllib3

        self._pool: Any = urllib3.PoolManager(maxsize=64, retries=False)

    def open(
        self, call: WireCall, *, body: Iterable[bytes], length: int | None, before_sending: Callable[[], None]
    ) -> WireReply:
        before_sending()
        reply = self._pool.request(
            call.method, call.url, body=b"".join(body), headers=_headers(call), preload_content=False
        )
        return PiecesReply(reply.status, reply.headers, reply.stream(_PIECE_BYTES), reply.release_conn)

    def cancel(self) -> None:
        """Not measured."""

    def close(self) -> None:
        self._pool.clear()


class Httpx2Transport:
    """httpx2 in blocking form; it reads 64 KiB at a time."""

    def __init__(self) -> None:
        import httpx2

        self._client: Any = httpx2.Client(timeout=300, limits=httpx2.Limits(max_connections=64))

    def open(
        self, call: WireCall, *, body: Iterable[bytes], length: int | None, before_sending: Callable[[], None]
    ) -> WireReply:
        before_sending()
        request = self._client.build_request(call.method, call.url, content=b"".join(body), headers=_headers(call))
        reply = self._client.send(request, stream=True)
        return PiecesReply(reply.status_code, reply.headers, reply.iter_raw(), reply.close)

    def cancel(self) -> None:
        """Not measured."""

    def close(self) -> None:
        self._client.close()


class AiohttpTransport:
    """aiohttp on a loop in a thread of its own; each piece crosses from that thread to the caller's."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._session: Any = self._wait(self._new_session())

    def open(
        self, call: WireCall, *, body: Iterable[bytes], length: int | None, before_sending: Callable[[], None]
    ) -> WireReply:
        before_sending()
        request = self._session.request(call.method, call.url, data=b"".join(body), headers=_headers(call))
        reply = self._wait(_awaited(request))
        pieces = iter(lambda: self._wait(reply.content.readany()), b"")
        return PiecesReply(reply.status, reply.headers, pieces, reply.release)

    def cancel(self) -> None:
        """Not measured."""

    def close(self) -> None:
        self._wait(self._session.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _new_session(self) -> Any:
        import aiohttp

        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64), read_bufsize=_PIECE_BYTES)

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _awaited(request: Any) -> Any:
    return await request


def standard_library(read_bytes: int) -> Transport:
    """Limner's own transport, reading this much at once."""
    from limner import _http

    vars(_http)["READ_BYTES"] = read_bytes
    return _http.HttpTransport()


TRANSPORTS: dict[str, Callable[[], Transport]] = {
    "http.client, 64 KiB": lambda: standard_library(64 << 10),
    "http.client, 128 KiB": lambda: standard_library(128 << 10),
    "http.client, 256 KiB": lambda: standard_library(256 << 10),
    "http.client, 1 MiB": lambda: standard_library(1 << 20),
    "urllib3, 256 KiB": Urllib3Transport,
    "httpx2": Httpx2Transport,
    "aiohttp, loop in a thread": AiohttpTransport,
}


def fetch(transport: Transport, url: str, blobs: BlobStore) -> Path:
    """One reply, lifted into `blobs`; gives the file of its picture."""
    call = WireCall(method="POST", url=url, headers=(("Content-Type", "application/json"),), document={})
    reply = transport.open(call, body=(_REQUEST,), length=len(_REQUEST), before_sending=lambda: None)
    skeleton = bytearray()
    reader = BodyReader(blobs, skeleton.extend, content_type=reply.headers["content-type"])
    while piece := reply.read():
        reader.feed(piece)
    reader.close()
    reply.close()
    blob = _reference(bytes(skeleton))
    return blobs.root / blob[:2] / blob[2:]


def measure(transport: Transport, url: str, folder: Path, count: int, concurrency: int) -> dict[str, float]:
    """What lifting `count` replies took, after one that is not measured."""
    for name in ("blobs", "scratch"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    blobs = BlobStore(folder / "blobs", folder / "scratch")
    fetch(transport, url, blobs)
    before, began_s = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    with ThreadPoolExecutor(concurrency) as threads:
        paths = list(threads.map(lambda _: fetch(transport, url, blobs), range(count)))
    ended_s, after = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    peak_mb = peak_memory_mb()
    replies.check(paths, int(url.split("/")[3].partition("-")[0]))
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "cpu_s": cpu_s,
        "wall_s": ended_s - began_s,
        "peak_mb": peak_mb,
        "faults": after.ru_minflt - before.ru_minflt,
    }


def _headers(call: WireCall) -> dict[str, str]:
    told = {name: value.reveal() if isinstance(value, Secret) else value for name, value in call.headers}
    return {**told, "Accept-Encoding": "identity"}


def _reference(skeleton: bytes) -> str:
    """The hash in the reference that stands for the picture."""
    start = skeleton.index(b'"blob:') + len(b'"blob:')
    return skeleton[start : start + 64].decode("ascii")


def main() -> None:
    name, url, count, concurrency, folder = sys.argv[1:]
    transport = TRANSPORTS[name]()
    target = f"{url}/v1beta/models/{MODEL}:generateContent"
    try:
        print(json.dumps(measure(transport, target, Path(folder), int(count), int(concurrency))))
    finally:
        transport.close()


if __name__ == "__main__":
    main()
