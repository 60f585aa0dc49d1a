"""The clients that are compared. Each makes N pictures, C at once, and gives the files it wrote.

Peers write what they were given with one `write`, as a careful script would, and sync nothing unless named "synced".
Limner always syncs, records and hashes; what its folder lies on decides what that costs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from benchmarks.floor import FloorClient

MODEL = "gemini-3.1-flash-image"
PROMPT = "a red fox in snow"
CONNECTION = "bench"


class PictureClient(Protocol):
    """What the worker measures."""

    def make(self, count: int, concurrency: int) -> list[Path]:
        """Make `count` pictures, `concurrency` at once; the files are complete when this returns."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class LimnerClient:
    """`limner.Client`, called from C threads; the pictures are in its store, synced and hashed."""

    def __init__(self, url: str, folder: Path) -> None:
        from limner import Client

        write_config(folder, url)
        self._client = Client(connection=CONNECTION, model=MODEL, home=folder, environment={"BENCH_KEY": "bench"})

    def make(self, count: int, concurrency: int) -> list[Path]:
        """The files in the store."""
        with ThreadPoolExecutor(concurrency) as threads:
            return list(threads.map(lambda _: self._client.generate(PROMPT).images[0].path, range(count)))

    def close(self) -> None:
        """Close the store."""
        self._client.close()


class GenaiThreads:
    """google-genai, its synchronous client shared by C threads."""

    def __init__(self, url: str, folder: Path, *, synced: bool = False) -> None:
        from google import genai

        options: Any = {"base_url": url}
        self._client: Any = genai.Client(api_key="bench", http_options=options)
        self._save = _Saver(folder, synced=synced)

    def make(self, count: int, concurrency: int) -> list[Path]:
        """The files written."""
        with ThreadPoolExecutor(concurrency) as threads:
            return list(threads.map(lambda _: self._one(), range(count)))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _one(self) -> Path:
        return self._save(_genai_picture(self._client.models.generate_content(model=MODEL, contents=PROMPT)))


class GenaiAsync:
    """google-genai, its asynchronous client with C tasks, over httpx2 or over aiohttp."""

    def __init__(self, url: str, folder: Path, *, aiohttp: bool) -> None:
        import asyncio

        from google import genai

        options: Any = {"base_url": url}
        if not aiohttp:
            import httpx2

            options["async_client_args"] = {"transport": httpx2.AsyncHTTPTransport()}
        self._runner = asyncio.Runner()
        self._client: Any = genai.Client(api_key="bench", http_options=options)
        self._save = _Saver(folder)

    def make(self, count: int, concurrency: int) -> list[Path]:
        """The files written."""
        return self._runner.run(self._all(count, concurrency))

    def close(self) -> None:
        """Close the connections and the loop."""
        self._runner.run(self._client.aio.aclose())
        self._runner.close()

    async def _all(self, count: int, concurrency: int) -> list[Path]:
        import asyncio

        numbers = iter(range(count))
        made: list[Path] = []

        async def work() -> None:
            for _ in numbers:
                reply = await self._client.aio.models.generate_content(model=MODEL, contents=PROMPT)
                made.append(self._save(_genai_picture(reply)))

        await asyncio.gather(*[work() for _ in range(concurrency)])
        return made


class PlainRequests:
    """The plain way: requests, json, b64decode, write; one session in each of C threads."""

    def __init__(self, url: str, folder: Path) -> None:
        import threading

        self._url = f"{url}/v1beta/models/{MODEL}:generateContent"
        self._sessions = threading.local()
        self._save = _Saver(folder)

    def make(self, count: int, concurrency: int) -> list[Path]:
        """The files written."""
        with ThreadPoolExecutor(concurrency) as threads:
            return list(threads.map(lambda _: self._one(), range(count)))

    def close(self) -> None:
        """The sessions end with their threads."""

    def _one(self) -> Path:
        import base64

        import requests

        if not hasattr(self._sessions, "session"):
            self._sessions.session = requests.Session()
        reply = self._sessions.session.post(
            self._url,
            headers={"x-goog-api-key": "bench"},
            json={"contents": [{"parts": [{"text": PROMPT}]}]},
            timeout=300,
        )
        reply.raise_for_status()
        parts = reply.json()["candidates"][0]["content"]["parts"]
        return self._save(base64.b64decode(next(part for part in parts if "inlineData" in part)["inlineData"]["data"]))


CLIENTS: dict[str, Callable[[str, Path], PictureClient]] = {
    "limner": LimnerClient,
    "genai-threads": GenaiThreads,
    "genai-threads-synced": lambda url, folder: GenaiThreads(url, folder, synced=True),
    "genai-async-aiohttp": lambda url, folder: GenaiAsync(url, folder, aiohttp=True),
    "genai-async-httpx2": lambda url, folder: GenaiAsync(url, folder, aiohttp=False),
    "requests": PlainRequests,
    "floor": FloorClient,
    "floor-hashed": lambda url, folder: FloorClient(url, folder, hashed=True),
}


def write_config(home: Path, url: str) -> None:
    """A `config.toml` whose default connection is the loopback provider."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(
        f'default_connection = "{CONNECTION}"\n\n[connections.{CONNECTION}]\npreset = "google"\n'
        f'base_url = "{url}"\nkey_env = "BENCH_KEY"\nmodel = "{MODEL}"\n',
        encoding="utf-8",
    )


class _Saver:
    def __init__(self, folder: Path, *, synced: bool = False) -> None:
        import itertools

        self._folder = folder
        self._synced = synced
        self._numbers = itertools.count()
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, data: bytes) -> Path:
        path = self._folder / f"{next(self._numbers)}.png"
        with path.open("wb") as file:
            file.write(data)
            if self._synced:
                file.flush()
                os.fsync(file.fileno())
        return path


def _genai_picture(reply: Any) -> bytes:
    parts = reply.candidates[0].content.parts
    data: bytes = next(part.inline_data.data for part in parts if part.inline_data)
    return data
