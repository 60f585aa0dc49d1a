"""Both databases, and queues on them that are closed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.crew import Crew
from jobs.postgres import emptied, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """An empty database of each kind."""
    return tmp_path / "jobs.sqlite" if request.param == "sqlite" else emptied(request.getfixturevalue("postgres"))


@pytest.fixture
def crew(database: Path | str) -> Iterator[Crew]:
    made = Crew(database)
    yield made
    made.close()
