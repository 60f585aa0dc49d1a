"""The queue itself: jobs that survive the end of the process, on DBOS.

Each job runs at least once. What begins a second time after a crash is asked twice only if whoever does the work lets
it; the journal of calls does not. One process is one *executor*. A job that an executor has begun is its own until the
job ends or the executor is dead; then `adopt` puts it back into its queue. Until then it counts as running, so the dead
jobs of a connection take room from the living ones.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from limner import _clock
from limner.errors import ConfigError, LimnerError
from limner.jobs.database import job_database
from limner.jobs.job import Job, QueueLimit
from limner.jobs.records import (
    CANCELED,
    GIVEN_UP,
    QUEUED,
    RUNNING,
    UNFINISHED,
    WORKFLOW,
    delete_finished,
    has_begun,
    put_back,
    rows,
)

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient, DBOSConfig

Args = ParamSpec("Args")
Result = TypeVar("Result")

APPLICATION = "limner"
VERSION = "limner-1"
"""Recorded with each job, and only jobs of the same version are run. Raised by hand, only if old jobs must not run."""

MAX_RECOVERIES = 5
"""How often DBOS itself may begin a job again. `adopt` counts from zero each time, and takes up those given up too."""

KEPT_PROBLEMS = 1000
SETTLE_S = 10.0
"""How long `close` waits for the database to record jobs that have ended, in seconds."""

_BEGIN = "begin"
_SETTLE_LOOK_S = 0.005

_open_gate = threading.Lock()
_open: list[DurableJobs] = []


class DurableJobs:
    """The jobs in `database`, of which this process runs some: `work` is called for each, in a thread of its own.

    `database` is the path of a SQLite file or a `postgresql://` URL. `executor` is the token of this process, used by
    no other process ever; `is_alive` tells of any token whether its process still runs. Each queue is looked at every
    `poll_s` seconds, 0.02 for SQLite and 0.01 for Postgres by default; a look costs about 3 ms of a processor.

    All methods block, and may be called from any thread, inside an event loop, and (but for `close`) by `work`. DBOS
    is one for each process, so only one object can be open at a time.

    `problems` are the exceptions that came out of `work`, and what DBOS could not run; the last thousand.
    """

    def __init__(
        self,
        *,
        database: str | Path,
        executor: str,
        is_alive: Callable[[str], bool],
        work: Callable[[Job], None],
        poll_s: float | None = None,
    ) -> None:
        self.problems: list[str] = []
        self._database = job_database(database)
        self._executor = executor
        self._is_alive = is_alive
        self._work = work
        self._poll_s = self._database.poll_s if poll_s is None else poll_s
        self._closing = threading.Lock()
        self._state = threading.Condition()
        self._running: set[str] = set()
        self._held_back: set[str] = set()  # claimed after close began
        self._takes_jobs = False
        self._dbos: DBOS | None = None

    def start(self, queues: Mapping[str, QueueLimit]) -> None:
        """Open the database and run the jobs of `queues`, and of no others.

        Raises:
            ConfigError: The database cannot be used, or this process has another one open.
        """
        with _open_gate:
            if _open:
                raise _not_now("This process has a job database open already.", "Close that one first.")
            _open.append(self)
        self._calls = _Caller()
        try:
            self._calls.call(self._launch, queues)
        except BaseException:
            self._calls.call(self._let_go)
            self._calls.close()
            with _open_gate:
                _open.remove(self)
            raise

    def submit(self, jobs: Sequence[Job]) -> None:
        """Queue `jobs`, in order; they are on disk when this returns. A known id is left alone, however it ended."""
        self._call(self._enqueue, jobs)

    def adopt(self, run_id: str | None = None) -> tuple[str, ...]:
        """Put the jobs that dead executors left running back into their queues, of one run or of all; gives their ids.

        Processes that adopt at once do so one after the other, so that no job is put back twice.
        """
        return self._call(self._adopt, run_id)

    def cancel(self, run_id: str) -> tuple[str, ...]:
        """Take the jobs of a run that have not begun out of their queues; gives their ids, which will never run.

        A job under way goes on to its end: it may have been paid for. So does one that begins in this instant.
        """
        return self._call(self._cancel, run_id)

    def unfinished(self, run_id: str | None = None) -> tuple[str, ...]:
        """The ids of jobs that wait, run, or can be adopted, of one run or of all, the oldest first."""
        found = self._call(rows, UNFINISHED, run_id)
        return tuple(row.workflow_id for row in found)

    def foreign_versions(self) -> dict[str, tuple[str, ...]]:
        """Unfinished jobs that only another version of Limner will run: version to ids. Normally empty."""
        found: dict[str, tuple[str, ...]] = {}
        for row in self._call(rows, UNFINISHED, None):
            if row.app_version != VERSION:
                found[str(row.app_version)] = (*found.get(str(row.app_version), ()), row.workflow_id)
        return found

    def clean(self, older_than_s: float) -> int:
        """Forget the jobs that ended more than `older_than_s` seconds ago; gives how many.

        A forgotten id can be submitted anew. Below 60 seconds, rate limits forget too.
        """
        return self._call(delete_finished, _clock.now_ms() - int(older_than_s * 1000))

    def close(self) -> None:
        """Begin no more jobs, wait for those under way, put back what was taken and not begun, and let go.

        Harmless when repeated. While Postgres cannot be reached this waits for it.
        """
        with self._closing:
            if self._dbos is None:
                return
            with self._state:
                self._takes_jobs = False
            _stop_claiming(self._dbos)
            with self._state:
                self._state.wait_for(lambda: not self._running)
            try:
                self._calls.call(self._settle)
            finally:
                self._calls.call(self._let_go)
                self._calls.call(self._give_back)
                self._calls.close()
                with _open_gate:
                    _open.remove(self)

    def _call(self, function: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs) -> Result:
        if self._dbos is None:
            raise _not_now("The job database is not open.", "Call start() first.")
        return self._calls.call(function, *args, **kwargs)

    # What follows runs in the calls' own thread, which has neither an event loop nor a workflow's context.

    def _launch(self, queues: Mapping[str, QueueLimit]) -> None:
        self._listen()
        from dbos import DBOS

        self._database.prepare()
        try:
            dbos = DBOS(config=self._config())
            if self._executor != DBOS.executor_id:
                raise _not_now("This process uses DBOS for something else.", "Run Limner in a process of its own.")
            self._dbos = dbos
            DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MAX_RECOVERIES)(self._workflow())
            DBOS.migrate(self._database.url)
            self._register(queues)
            DBOS.listen_queues(list(queues))
            self._held_back.clear()
            self._takes_jobs = True
            DBOS.launch()
        except LimnerError:
            raise
        except Exception as problem:
            raise self._database.explain(problem) from None  # the chain could show the URL

    def _listen(self) -> None:
        """Take the place of DBOS's own log handler, which would keep the standard error of its first day for ever."""
        logger = logging.getLogger("dbos")
        logger.handlers[:] = [_Listener(self._note)]
        logger.propagate = False

    def _config(self) -> DBOSConfig:
        from dbos import DBOSPortableJSONSerializer

        return {
            "name": APPLICATION,
            "system_database_url": self._database.url,
            "application_version": VERSION,
            "executor_id": self._executor,
            "serializer": DBOSPortableJSONSerializer(),
            "sys_db_pool_size": 10,
            "notification_listener_polling_interval_sec": 0.05,  # nobody listens; close waits for it
            "run_migrations": False,  # done before, so that the queues are there when it looks for them
            "log_level": "ERROR",
        }

    def _register(self, queues: Mapping[str, QueueLimit]) -> None:
        """Write the queues down before the launch: those that come later are noticed only a second later."""
        with self._client() as client:
            for name, limit in queues.items():
                client.register_queue(
                    name,
                    global_concurrency=limit.parallel,
                    limiter={"limit": limit.per_minute, "period": 60.0} if limit.per_minute is not None else None,
                    polling_interval_sec=self._poll_s,
                )

    @contextlib.contextmanager
    def _client(self) -> Iterator[DBOSClient]:
        """What reads and writes the same records while the engine does not run."""
        from dbos import DBOSClient, DBOSPortableJSONSerializer

        client = DBOSClient(
            system_database_url=self._database.url,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
        )
        try:
            yield client
        finally:
            client.destroy()

    def _workflow(self) -> Callable[[str], object]:
        async def run(text: str) -> None:
            await self._run(Job.from_text(text))

        self._function = run
        return run

    def _enqueue(self, jobs: Sequence[Job]) -> None:
        from dbos import DBOS, SetWorkflowAttributes, SetWorkflowID

        for job in jobs:
            with SetWorkflowID(job.id), SetWorkflowAttributes({"run": job.run_id, "queue": job.queue}):
                DBOS.enqueue_workflow(job.queue, self._function, job.to_text())

    def _adopt(self, run_id: str | None) -> tuple[str, ...]:
        from dbos import DBOS

        with self._database.adopting():
            found = [row for row in rows([RUNNING, GIVEN_UP], run_id) if row.app_version == VERSION]
            owners = {row.executor_id for row in found if row.status == RUNNING} - {self._executor}
            dead = {owner for owner in owners if not self._is_alive(str(owner))}
            left = [row for row in found if row.status == GIVEN_UP or row.executor_id in dead]
            put_back(DBOS, left)
        return tuple(row.workflow_id for row in left)

    def _cancel(self, run_id: str) -> tuple[str, ...]:
        from dbos import DBOS

        waiting = [row.workflow_id for row in rows([QUEUED], run_id)]
        if not waiting:
            return ()
        DBOS.cancel_workflows(waiting)
        return tuple(row.workflow_id for row in rows([CANCELED], run_id, waiting) if not has_begun(row))

    def _settle(self) -> None:
        """Wait until the end of each job that ran here is on record."""
        from dbos import DBOS

        deadline_s = _clock.monotonic_s() + SETTLE_S
        while _clock.monotonic_s() < deadline_s:
            mine = DBOS.list_workflows(status=RUNNING, executor_id=self._executor, load_input=False, load_output=False)
            if {row.workflow_id for row in mine} <= self._held_back:
                return
            _clock.sleep(_SETTLE_LOOK_S)

    def _let_go(self) -> None:
        logging.getLogger("dbos").handlers[:] = [logging.NullHandler()]
        if self._dbos is not None:
            type(self._dbos).destroy(destroy_registry=True)
            self._dbos = None

    def _give_back(self) -> None:
        """Queue what was claimed and not begun, now that nothing here can claim it again."""
        try:
            with self._client() as client:
                mine = client.list_workflows(
                    status=RUNNING, executor_id=self._executor, load_input=False, load_output=False
                )
                put_back(client, mine)
        except Exception as problem:  # they can be adopted when this process has ended
            self._note(self._database.explain(problem).message)

    # What follows runs in DBOS's event loop.

    async def _run(self, job: Job) -> None:
        from dbos import DBOS

        with self._state:
            takes_it = self._takes_jobs
            if takes_it:
                self._running.add(job.id)
            else:
                self._held_back.add(job.id)
        if not takes_it:
            await asyncio.Future()  # until the loop ends: nothing is recorded, so the job can be put back
        try:
            # A step is recorded only while the job is ours. A job that was canceled after it was claimed ends here.
            await DBOS.run_step_async({"name": _BEGIN}, _nothing)
            await asyncio.to_thread(self._work_on, job)
        finally:
            with self._state:
                self._running.discard(job.id)
                self._state.notify_all()

    def _work_on(self, job: Job) -> None:
        try:
            self._work(job)
        except BaseException as problem:  # SystemExit, too, would end the loop that serves all jobs
            self._note(f"Job {job.id}: {type(problem).__name__}: {problem}")

    def _note(self, problem: str) -> None:
        self.problems.append(problem)
        del self.problems[:-KEPT_PROBLEMS]


class _Caller:
    """A thread for the calls to DBOS, which refuses some of them inside an event loop or a workflow."""

    def __init__(self) -> None:
        self._pool = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="limner-jobs")

    def call(self, function: Callable[Args, Result], *args: Args.args, **kwargs: Args.kwargs) -> Result:
        return self._pool.submit(function, *args, **kwargs).result()

    def close(self) -> None:
        self._pool.shutdown()


class _Listener(logging.Handler):
    """Hears of the jobs that DBOS could not begin. It tells of those in its log alone."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._note = note

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is None:  # with a traceback it is the end of a job that began, such as one canceled
            self._note(record.getMessage())


async def _nothing() -> None:
    """The step that marks the beginning of a job."""


def _stop_claiming(dbos: DBOS) -> None:
    """Tell the engine's threads to end, and wait for those that claim jobs: each finishes the look it is at."""
    for stop in dbos.background_thread_stop_events:
        stop.set()
    for thread in threading.enumerate():
        if thread.name.startswith("queue-worker-") and thread.is_alive():  # one about to begin ends by itself
            thread.join(SETTLE_S)


def _not_now(message: str, hint: str) -> ConfigError:
    return ConfigError(message, code="config.jobs", hint=hint)
