"""The contract is judged by the sandbox in every run, and by Google itself with `make live`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.serving import serving
from limner import Client

LIVE_KEY = next((os.environ[name] for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY") if os.environ.get(name)), None)
"""Read before the fixtures of every test hide the environment."""

MODEL = "gemini-nano-banana-2.1"


@pytest.fixture
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Client]:
    if request.config.getoption("--live"):
        assert LIVE_KEY is not None
        environment = {"GEMINI_API_KEY": LIVE_KEY}
        with Client(home=tmp_path / "home", environment=environment, connection="google", model=MODEL) as client:
            yield client
    else:
        with Client(home=tmp_path / "home", environment={}, connection="sandbox", model=MODEL) as client:
            yield client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one server for all tests of a run."""
    with serving(tmp_path_factory.mktemp("served")) as url:
        yield url
