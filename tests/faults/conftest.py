"""The benches of `make faults`, the size of the run, and the table at its end."""

from __future__ import annotations

import faulthandler
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.bench import Bench, benches, require_strace
from faults.sweep import Tally

TABLE = os.environ.get("FAULTS_TABLE")


@pytest.fixture(autouse=True)
def as_long_as_it_takes() -> None:
    """These tests are long by design, and notice themselves where a run hangs."""
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def found() -> Iterator[list[Bench]]:
    """A bench for each processor, two at least and four at most."""
    require_strace()
    with benches(min(max(os.cpu_count() or 1, 2), 4)) as made:
        yield made


@pytest.fixture(scope="session")
def tally() -> Iterator[Tally]:
    """The counts of this run, printed at its end and written to the file that FAULTS_TABLE names."""
    counts = Tally()
    yield counts
    sys.stdout.write(f"\n\n{counts.table()}\n\n")
    if TABLE:
        Path(TABLE).write_text(counts.table() + "\n", encoding="utf-8")
