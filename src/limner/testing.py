"""For tests of programs that use the Gemini API: a pytest fixture with a server that stands in for Google's.

Put `pytest_plugins = ["limner.testing"]` into `conftest.py`. Other test frameworks use `BackgroundServer`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.server.background import BackgroundServer

__all__ = ["BackgroundServer", "gemini_server"]


@pytest.fixture
def gemini_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BackgroundServer]:
    """A server of its own for the test. Google's SDKs find it by themselves: the environment leads there."""
    for name in ("GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.delenv(name, raising=False)
    with BackgroundServer(tmp_path / "limner") as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
