"""Servers on loopback for the tests of this folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limner.server.background import BackgroundServer
from limner.server.settings import ServeSettings
from server.asking import Asker

Serve = Callable[..., Asker]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Asker]]:
    """Starts a server with these settings, and gives what asks it."""
    with contextlib.ExitStack() as servers:

        def start(**settings: object) -> Asker:
            return Asker(servers.enter_context(BackgroundServer(tmp_path / "home", ServeSettings(**settings))))  # type: ignore[arg-type]

        yield start


@pytest.fixture
def asker(serve: Callable[..., Asker]) -> Asker:
    """A server as it is started by default."""
    return serve()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """One server for all tests of a file that leave nothing behind."""
    with BackgroundServer(tmp_path_factory.mktemp("home")) as server:
        yield Asker(server)
