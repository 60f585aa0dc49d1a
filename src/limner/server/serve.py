"""Running the server: the socket, the deadlines, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from limner.app import App
from limner.redaction import redact
from limner.server.answerer import Answerer
from limner.server.app import ServerApp
from limner.server.auth import Doorman
from limner.server.context import Context
from limner.server.settings import ServeSettings
from limner.store.scratch import ScratchBlobs
from limner.store.served import ServedStore
from limner.web.guard import Guard
from limner.web.listening import Log, Uvicorn, forwarded, listening, url_of, uvicorn_config

if TYPE_CHECKING:
    from limner.server.flows import Flows


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
            self._socket = listening(settings.host, settings.port)
        except BaseException:
            store.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        self.url = url_of(settings.scheme, settings.host, self._socket)
        self.context = Context(
            settings,
            answerer=answerer,
            store=store,
            doorman=Doorman(app.signing_key(), settings.token, settings.workflows_token),
            guard=Guard(
                settings.host, self.port, scheme=settings.scheme, hosts=settings.hosts, origins=settings.origins
            ),
            log=log,
            flows=flows,
        )
        config = uvicorn_config(
            ServerApp(self.context),
            settings.limits,
            certificate=settings.certificate,
            private_key=settings.private_key,
        )
        self._uvicorn = Uvicorn(config, self.context)

    def run(self, on_ready: Callable[[], None]) -> None:
        """Serve until SIGINT, SIGTERM or `stop`; `on_ready` is called once requests are answered."""
        self._uvicorn.on_ready = on_ready
        try:
            with forwarded(self.context.log), _working(self.context.flows):
                asyncio.run(self._uvicorn.serve(sockets=[self._socket]))
        finally:
            self._socket.close()
            self.context.store.close()  # both again, for a start that failed

    def stop(self) -> None:
        """Let `run` end, from any thread: requests under way are finished, within the time the limits give."""
        self._uvicorn.end()


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
