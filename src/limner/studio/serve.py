"""Running the studio: the socket, the deadlines, and a clean end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from limner.app import App
from limner.studio.context import Context
from limner.studio.front import Front
from limner.studio.settings import StudioSettings
from limner.web.listening import Log, Uvicorn, forwarded, listening, url_of, uvicorn_config


class Studio:
    """One studio over `app`'s data folder. `log` takes what happens; `url` is known as soon as it is made.

    Raises `ConfigError` for settings that would be unsafe, and for an address that cannot be listened on.
    """

    def __init__(self, app: App, settings: StudioSettings, log: Log) -> None:
        settings.check()
        self._socket = listening(settings.host, settings.port)
        self.url = url_of("http", settings.host, self._socket)
        self.context = Context(app, settings, self._socket.getsockname()[1], log)
        self._uvicorn = Uvicorn(uvicorn_config(Front(self.context), settings.limits), self.context)

    @property
    def opening_url(self) -> str:
        """The address that lets a browser in; for this start only."""
        return f"{self.url}/?token={self.context.sessions.token}"

    def run(self, on_ready: Callable[[], None]) -> None:
        """Serve until SIGINT, SIGTERM or `stop`; `on_ready` is called once requests are answered."""
        self._uvicorn.on_ready = on_ready
        try:
            with forwarded(self.context.log):
                self.context.open()
                try:
                    asyncio.run(self._uvicorn.serve(sockets=[self._socket]))
                finally:
                    self.context.close()
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Let `run` end, from any thread."""
        self._uvicorn.end()
