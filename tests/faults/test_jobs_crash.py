"""Three workers share a job queue and are killed at any moment: no job is lost, none runs in two live processes."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.jobs_worker import BATCH, PARALLEL
from jobs.postgres import postgres_server

pytestmark = pytest.mark.faults

KILLS, WORKERS = 40, 3
SILENCE_S = 30.0
"""How long nothing may happen before something counts as stuck."""


class Nursery:
    """The process that forks workers, and the lines that all of them wrote, in order."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._commands, self._lines = process.stdin, process.stdout.fileno()
        self._rest = b""
        self.told: list[tuple[str, ...]] = []

    def fork(self, *batches: int) -> int:
        """A new worker: its process id."""
        self._commands.write(" ".join(str(number) for number in batches).encode() + b"\n")
        self._commands.flush()
        known = {line[1] for line in self.told}
        while not (new := {line[1] for line in self.told} - known):
            assert self.hear(SILENCE_S), "no worker started"
        return int(new.pop())

    def hear(self, timeout_s: float) -> bool:
        """Take what was written meanwhile; false if nothing was within `timeout_s`."""
        if not select.select([self._lines], [], [], timeout_s)[0]:
            return False
        *lines, self._rest = (self._rest + os.read(self._lines, 65536)).split(b"\n")
        self.told += [tuple(line.decode().split(" ")) for line in lines]
        return True


@contextlib.contextmanager
def nursery(database: Path | str, folder: Path) -> Iterator[Nursery]:
    for name in ("running", "begun"):
        (folder / name).mkdir()
    command = [sys.executable, "-m", "faults.jobs_worker", str(database), str(folder)]
    tests = Path(__file__).parent.parent
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tests, start_new_session=True
    ) as process:
        try:
            yield Nursery(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # and all workers that still live


def kill_again_and_again(workers: Nursery, chance: random.Random) -> list[int]:
    """Kill one of the workers `KILLS` times, after any number of events and a moment more; gives those left."""
    living = [workers.fork(0, 1) for _ in range(WORKERS)]
    for number in range(KILLS):
        for _ in range(chance.choice((0, 0, 1, 3, 9))):
            workers.hear(1.0)
        workers.hear(chance.random() * 0.05)
        os.kill(living.pop(chance.randrange(WORKERS)), signal.SIGKILL)
        living.append(workers.fork(number + 1, number + 2))  # one more batch, and the last, which may be in pieces
    return living


def check(told: list[tuple[str, ...]], batches: int) -> None:
    submitted = {f"{number}.{place}" for number in range(batches) for place in range(BATCH)}
    began = Counter(line[2] for line in told if line[0] == "began")
    ended = Counter(line[2] for line in told if line[0] == "ended")
    adopted = Counter(line[2] for line in told if line[0] == "adopted")
    assert [line for line in told if line[0] == "twice"] == []
    assert set(began) == submitted
    assert set(ended) == submitted
    assert told[-1][2:] == (), "problems"
    again = {job_id: count - 1 for job_id, count in began.items() if count > 1}
    assert sum(adopted.values()) <= PARALLEL * (KILLS + WORKERS), "no more are adopted than can be under way"
    assert all(count <= adopted[job_id] + KILLS for job_id, count in again.items())
    assert sum(again.values()) <= PARALLEL * (KILLS + WORKERS), "only what was under way begins again"


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_jobs_survive_workers_that_are_killed_at_any_moment(tmp_path: Path, kind: str) -> None:
    with contextlib.ExitStack() as stack:
        database = tmp_path / "jobs.sqlite" if kind == "sqlite" else stack.enter_context(postgres_server())
        workers = stack.enter_context(nursery(database, tmp_path))
        for pid in kill_again_and_again(workers, random.Random(kind)):
            os.kill(pid, signal.SIGKILL)
        last = str(workers.fork(*range(KILLS + 2)))
        while not any(line[:2] == ("idle", last) for line in workers.told):
            assert workers.hear(SILENCE_S), "something is stuck"
        os.kill(int(last), signal.SIGKILL)
        while workers.told[-1][0] != "idle":
            workers.told.pop()
        check(workers.told, KILLS + 2)
