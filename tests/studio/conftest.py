"""A studio for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio.visiting import Visited, Visitor


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    """One studio for all tests of a file; each makes pictures of its own."""
    with Visited(tmp_path_factory.mktemp("home")) as visited:
        yield visited


@pytest.fixture
def visitor(studio: Visited) -> Visitor:
    """Who was let in."""
    return studio.visitor
