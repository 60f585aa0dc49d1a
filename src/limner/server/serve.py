"""Running the server: the socket, the deadlines, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import uvicorn

from limner.app import App
from limner.errors import ConfigError
from limner.redaction import redact
from limner.server.answerer import Answerer
from limner.server.app import ServerApp
from limner.server.auth import Doorman
from limner.server.context import Context, Log
from limner.server.guard import Guard
from limner.server.protocol import DeadlineProtocol, reap
from limner.server.settings import ServeSettings
from limner.store.scratch import ScratchBlobs
from limner.store.served import ServedStore

if TYPE_CHECKING:
    from limner.server.flows import Flows

BACKLOG = 1024
TICK_S = 0.1
"""How often uvicorn looks around; its own number."""


class Server:
    """One server over `app`'s data folder. `log` takes what happens; `url` is known as soon as it is made.

    Raises `ConfigError` for settings that would be unsafe, and for an address that cannot be listened on.
    """

    def __init__(self, app: App, settings: ServeSettings, log: Log) -> None:
        settings.check()
        store = ServedStore(app.settings.home)
        try:
            answerer = _answerer(app, store, settings)
            flows = _flows(app, settings, log)
            self._socket = _listening(settings)
        except BaseException:
            store.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.url = f"{settings.scheme}://{shown}:{self.port}"
        self.context = Context(
            settings,
            answerer=answerer,
            store=store,
            doorman=Doorman(app.signing_key(), settings.token, settings.workflows_token),
            guard=Guard(settings, self.port),
            log=log,
            flows=flows,
        )
        self._uvicorn = _Uvicorn(_config(self.context), self.context)

    def run(self, on_ready: Callable[[], None]) -> None:
        """Serve until SIGINT, SIGTERM or `stop`; `on_ready` is called once requests are answered."""
        self._uvicorn.on_ready = on_ready
        try:
            with _forwarded(self.context.log), _working(self.context.flows):
                asyncio.run(self._uvicorn.serve(sockets=[self._socket]))
        finally:
            self._socket.close()
            self.context.store.close()  # both again, for a start that failed

    def stop(self) -> None:
        """Let `run` end, from any thread: requests under way are finished, within the time the limits give."""
        self._uvicorn.end()


class _Uvicorn(uvicorn.Server):
    """uvicorn, with our deadlines, and an exit code of its own when it is told to stop."""

    def __init__(self, config: uvicorn.Config, context: Context) -> None:
        super().__init__(config)
        self.on_ready: Callable[[], None] = lambda: None
        self._context = context
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
        self._context.spawn(self._reap_for_ever())
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new and let what is under way finish."""
        self._context.stopping.set()
        await super().shutdown(sockets=sockets)

    async def _reap_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._context.limits.look_s)
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


def _config(context: Context) -> uvicorn.Config:
    settings, limits = context.settings, context.limits
    protocol = type("Protocol", (DeadlineProtocol,), {"limits": limits})
    return uvicorn.Config(
        ServerApp(context),
        http=protocol,
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
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.private_key,
    )


def _answerer(app: App, store: ServedStore, settings: ServeSettings) -> Answerer:
    sandbox = app.sandbox(store.blobs, revived=settings.revived)
    if settings.record is None and settings.replay is None:
        return sandbox
    from limner.server.record import Recorder, Replayer

    if settings.replay is not None:
        return Replayer(settings.replay, sandbox, ScratchBlobs(store.scratch / "replay"))
    assert settings.record is not None
    return Recorder(settings.record, sandbox)


def _flows(app: App, settings: ServeSettings, log: Log) -> Flows | None:
    if settings.workflows_token is None:
        return None
    from limner.server.flows import Flows

    return Flows(app, lambda words: log({"event": "fault", "error": redact(words)}), settings.limits.drain_s)


@contextlib.contextmanager
def _working(flows: Flows | None) -> Iterator[None]:
    """Runs of workflows are worked on inside the block."""
    if flows is None:
        yield
        return
    try:
        flows.open()
        yield
    finally:
        flows.close()


def _listening(settings: ServeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as problem:
        listener.close()
        raise ConfigError(
            f"Cannot listen on {settings.host} port {settings.port}: {problem.strerror or problem}.",
            code="config.serve_address",
            hint="Choose another port with --port; 0 takes a free one.",
        ) from problem
    return listener


@contextlib.contextmanager
def _forwarded(log: Log) -> Iterator[None]:
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
