"""Executors on one database: in this process one after the other, and one in a process that is killed."""

from __future__ import annotations

import contextlib
import itertools
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from limner.jobs.durable import DurableJobs
from limner.jobs.job import Job, QueueLimit

PATIENCE_S = 30.0
"""How long a test waits for what must come."""

DIES = """
import sys, threading
from limner.jobs.durable import DurableJobs
from limner.jobs.job import Job, QueueLimit
def work(job):
    print(job.id, flush=True)
    threading.Event().wait()
database, count = sys.argv[1], int(sys.argv[2])
jobs = DurableJobs(database=database, executor=sys.argv[3], is_alive=lambda token: token == "alive", work=work)
jobs.start({"a": QueueLimit(parallel=count)})
jobs.submit([Job(id=name, queue="a", run_id="run", document={}) for name in sys.argv[4:]])
sys.stdin.read()
"""


def job(name: str, *, queue: str = "a", run_id: str = "run", **document: object) -> Job:
    return Job(id=name, queue=queue, run_id=run_id, document=document)


def numbered(count: int, *, prefix: str = "job", queue: str = "a", run_id: str = "run") -> list[Job]:
    return [job(f"{prefix}-{number}", queue=queue, run_id=run_id) for number in range(count)]


class Work:
    """Does jobs: notes each as it begins and as it ends, and waits in between while `gate` is closed."""

    def __init__(self, *, open_gate: bool = True) -> None:
        self.began: queue.Queue[Job] = queue.Queue()
        self.ended: queue.Queue[Job] = queue.Queue()
        self.most_at_once = 0
        self.gate = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        if open_gate:
            self.gate.set()

    def __call__(self, job: Job) -> None:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self.began.put(job)
        try:
            assert self.gate.wait(PATIENCE_S)
        finally:
            with self._lock:
                self._at_once -= 1
            self.ended.put(job)

    def next_begun(self, count: int = 1) -> list[str]:
        return [self.began.get(timeout=PATIENCE_S).id for _ in range(count)]

    def next_ended(self, count: int = 1) -> list[str]:
        return [self.ended.get(timeout=PATIENCE_S).id for _ in range(count)]

    def all_begun(self) -> list[str]:
        """What has begun and was not asked for so far."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self.began.get_nowait().id)
        return found


class Crew:
    """Opens the queue on `database`, each time as another executor."""

    def __init__(self, database: Path | str) -> None:
        self.database = database
        self.living = {"alive"}
        self._tokens = (f"executor-{number}" for number in itertools.count(1))
        self._opened: list[DurableJobs] = []
        self._works: list[Work] = []

    def open(self, work: Callable[[Job], None], *queues: str, limit: QueueLimit | None = None) -> DurableJobs:
        """The queue, running the jobs of `queues`, or of "a" if none is named."""
        jobs = self.make(work)
        jobs.start({name: limit or QueueLimit() for name in queues or ("a",)})
        return jobs

    def make(self, work: Callable[[Job], None]) -> DurableJobs:
        jobs = DurableJobs(
            database=self.database, executor=next(self._tokens), is_alive=self.living.__contains__, work=work
        )
        self._opened.append(jobs)
        if isinstance(work, Work):
            self._works.append(work)
        return jobs

    def submit(self, jobs: Iterable[Job]) -> None:
        """As a process that submits and runs nothing."""
        opened = self.make(Work())
        opened.start({})
        opened.submit(list(jobs))
        opened.close()

    @contextlib.contextmanager
    def killed_while_running(self, *names: str, parallel: int = 8, token: str = "killed") -> Iterator[None]:
        """Jobs that another process has begun; it is killed when the block begins."""
        arguments = [str(self.database), str(parallel), token, *names]
        with subprocess.Popen(
            [sys.executable, "-c", DIES, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(min(parallel, len(names))):
                process.stdout.readline()
            process.kill()
            process.wait()
            yield

    def close(self) -> None:
        for work in self._works:
            work.gate.set()
        for jobs in self._opened:
            jobs.close()
