"""For every test: a scrubbed environment and a data folder of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limner import _faults
from limner.store.store import Store

KEPT = {"PATH", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONHASHSEED", "SYSTEMROOT", "COVERAGE_PROCESS_START"}


signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs in its background


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--live", action="store_true", help="run the contract against Google; costs money (make live)")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key of the person who runs the tests, and no data folder of theirs, is ever seen by one."""
    for name in list(os.environ):
        if name not in KEPT and not name.startswith("PYTEST"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LIMNER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(autouse=True)
def disarmed_faults() -> Iterator[None]:
    yield
    _faults.disarm()


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the store of the test's data folder, as one process more each time; closes them all at the end."""
    opened: list[Store] = []

    def open_one_more() -> Store:
        opened.append(Store(tmp_path / "home"))
        return opened[-1]

    yield open_one_more
    for store in opened:
        store.close()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with a data folder and no key."""
    return {"LIMNER_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
