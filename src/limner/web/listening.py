"""Listening: the socket, and uvicorn with our deadlines and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Protocol

import uvicorn

from limner._json import JsonObject
from limner.errors import ConfigError
from limner.redaction import redact
from limner.web.limits import Limits
from limner.web.protocol import DeadlineProtocol, reap

BACKLOG = 1024
TICK_S = 0.1
"""How often uvicorn looks around; its own number."""

Log = Callable[[JsonObject], None]
"""Takes one event of the log; values are plain, and hold neither keys nor pictures."""


class Served(Protocol):
    """What a server needs of the program that it serves."""

    stopping: asyncio.Event

    @property
    def limits(self) -> Limits:
        """What a client may take."""
        ...

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work` beside the requests; it is cancelled when the server stops."""
        ...


class Uvicorn(uvicorn.Server):
    """uvicorn, with our deadlines, and an exit code of its own when it is told to stop."""

    def __init__(self, config: uvicorn.Config, served: Served) -> None:
        super().__init__(config)
        self.on_ready: Callable[[], None] = lambda: None
        self._served = served
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    def end(self) -> None:
        """Stop, from any thread, at once rather than at the next look."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """Run until told to stop, and look around meanwhile."""
        counter = 0
        while not await self.on_tick(counter):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), TICK_S)
            counter = (counter + 1) % 864_000

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        self._served.spawn(self._reap_for_ever())
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new and let what is under way finish."""
        self._served.stopping.set()
        await super().shutdown(sockets=sockets)

    async def _reap_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._served.limits.look_s)
            reap(self.server_state.connections)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, and end well then: uvicorn itself would raise the signal again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def uvicorn_config(
    application: Any, limits: Limits, *, certificate: Path | None = None, private_key: Path | None = None
) -> uvicorn.Config:
    """How uvicorn is run: HTTP/1.1 alone, with our deadlines, and nothing written by itself."""
    return uvicorn.Config(
        application,
        http=type("Protocol", (DeadlineProtocol,), {"limits": limits}),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=int(limits.keep_alive_s),
        timeout_graceful_shutdown=int(limits.drain_s),
        h11_max_incomplete_event_size=limits.header_bytes,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises `ConfigError` where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as problem:
        listener.close()
        raise ConfigError(
            f"Cannot listen on {host} port {port}: {problem.strerror or problem}.",
            code="config.serve_address",
            hint="Choose another port with --port; 0 takes a free one.",
        ) from problem
    return listener


def url_of(scheme: str, host: str, listener: socket.socket) -> str:
    """The address to ask."""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def forwarded(log: Log) -> Iterator[None]:
    """Uvicorn's own warnings go to our log, redacted."""

    class Forward(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log({"event": "http", "message": redact(self.format(record))})

    logger, handler = logging.getLogger("uvicorn.error"), Forward(level=logging.WARNING)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
