"""Workers on one job queue, forked from one warm process, to be killed at any moment.

`python -m faults.jobs_worker DATABASE FOLDER` loads the engine, then forks a worker for each line of numbers that it
reads. A worker submits those batches of jobs, adopts what the dead left, and runs whatever is queued. Each tells what
happens in lines that are written at once, so that the pipe holds them in order, whoever is killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from pathlib import Path

from limner import _clock
from limner.jobs.durable import DurableJobs
from limner.jobs.job import Job, QueueLimit
from limner.store import owner
from limner.store.owner import Owner

PARALLEL = 4
BATCH = 8
ADOPT_EVERY_S = 0.01
LONGEST_JOB_S = 0.06
LONGEST_LOOK_S = 0.02
"""How long finding out who is alive takes at most, so that others can adopt meanwhile."""


def tell(*words: object) -> None:
    """Write a line."""
    os.write(sys.stdout.fileno(), (" ".join(str(word) for word in words) + "\n").encode())


def batch(number: int) -> list[Job]:
    """The jobs that are submitted together."""
    return [Job(id=f"{number}.{place}", queue="a", run_id=f"run-{number}", document={}) for place in range(BATCH)]


class Worker:
    """One process: `running` holds the locks of all, `begun` who began which job."""

    def __init__(self, folder: Path) -> None:
        self._running, self._begun = folder / "running", folder / "begun"
        self._owner = Owner(self._running)

    def run(self, database: str, batches: list[int]) -> None:
        """Run jobs until killed; says "idle" when none is left."""
        jobs = DurableJobs(database=database, executor=self._owner.token, is_alive=self._is_alive, work=self._work)
        jobs.start({"a": QueueLimit(parallel=PARALLEL)})
        tell("started", os.getpid())
        for number in batches:
            jobs.submit(batch(number))
            tell("submitted", os.getpid(), number)
        while True:
            for job_id in jobs.adopt():
                tell("adopted", os.getpid(), job_id)
            if not jobs.unfinished():
                tell("idle", os.getpid(), *jobs.problems)
            _clock.sleep(ADOPT_EVERY_S)

    def _is_alive(self, token: str) -> bool:
        alive = owner.is_alive(self._running, token)
        _clock.sleep(random.random() * LONGEST_LOOK_S)
        return alive

    def _lives(self, token: str) -> bool:
        """Asked more than once: who asks takes the lock for an instant, and others who ask then hear "alive"."""
        return all(owner.is_alive(self._running, token) for _ in range(20))

    def _work(self, job: Job) -> None:
        note = self._begun / job.id
        if note.exists():
            token = note.read_text(encoding="utf-8")
            if token == self._owner.token or self._lives(token):
                tell("twice", os.getpid(), job.id)
        part = note.with_name(f"{job.id}-{self._owner.token}")
        part.write_text(self._owner.token, encoding="utf-8")
        part.replace(note)
        tell("began", os.getpid(), job.id)
        threading.Event().wait(random.random() * LONGEST_JOB_S)
        tell("ended", os.getpid(), job.id)


def main() -> None:
    """Fork a worker for each line."""
    import dbos  # noqa: F401 - loaded once, for all that are forked
    import psycopg  # noqa: F401 - the same
    import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401 - the same

    database, folder = sys.argv[1], Path(sys.argv[2])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are not mourned
    for line in iter(sys.stdin.readline, ""):
        if os.fork() == 0:
            random.seed()
            Worker(folder).run(database, [int(word) for word in line.split()])


if __name__ == "__main__":
    main()
