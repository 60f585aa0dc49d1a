"""The requests of runs, carried out as jobs in the queues of their connections.

Which requests there are is in the events of a run, and what came of each in the journal. The queue only says who makes
which when: it may be lost, and a job may run twice, and no request is made twice for that.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from limner import _clock, _faults
from limner._json import JsonObject
from limner.app import App
from limner.errors import ConfigError, LimnerError
from limner.runner.live import LiveRuns
from limner.runner.perform import call_id_of, fault_of_ours, perform
from limner.runner.places import jobs_database, places_of, queues_of
from limner.runner.uploads import Uploads
from limner.workflow.build import CannotBuild, build, choice_of
from limner.workflow.engine import build_failure
from limner.workflow.state import Call, RunState
from limner.workflow.template import ImageNotAllowed, TemplateError, Unresolved

if TYPE_CHECKING:
    from collections.abc import Set

    from limner.jobs.durable import DurableJobs
    from limner.jobs.job import Job

IN_A_ROW = 16
"""Most requests that a worker makes one after the other before other runs have their turn."""


class Workers:
    """Makes the requests of runs in the background, in this process and in all others of the data folder."""

    def __init__(self, app: App, live: LiveRuns, uploads: Uploads) -> None:
        self._app = app
        self._live = live
        self._uploads = uploads
        self._jobs: DurableJobs | None = None
        self._ending: DurableJobs | None = None
        self._served: dict[str, bool] = {}  # queue: whether any number of jobs may begin in a minute
        self._under_way: set[str] = set()
        self._lock = threading.Lock()
        self._starting = threading.Lock()

    @property
    def problems(self) -> Sequence[str]:
        """Faults of ours while carrying out requests; empty if all is well."""
        return () if self._jobs is None else tuple(self._jobs.problems)

    def start(self) -> None:
        """Open the queues and begin to work, unless that was done. Raises `ConfigError`."""
        from limner.jobs.durable import DurableJobs

        with self._starting:
            if self._jobs is not None:
                return
            limits = queues_of(self._app)
            jobs = DurableJobs(
                database=jobs_database(self._app),
                executor=self._app.store.token,
                is_alive=self._app.store.is_alive,
                work=self._work,
            )
            self._served = {name: limit.per_minute is None for name, limit in limits.items()}
            jobs.start(limits)
            self._jobs = jobs

    def close(self) -> None:
        """Begin nothing new and wait for the requests under way. Repeat it if interrupted."""
        with self._starting:
            if self._jobs is not None:
                self._jobs, self._ending = None, self._jobs
        if self._ending is not None:
            self._ending.close()
            self._ending = None

    def cancel(self, run_id: str) -> None:
        """Take the requests of a run that have not begun out of their queues."""
        jobs = self._jobs
        if jobs is not None:
            jobs.cancel(run_id)

    def make(self, run_id: str, events: Sequence[JsonObject]) -> None:
        """Queue the requests that `events` ask for, and make the copies; without open queues that is left to `mend`."""
        if self._jobs is not None:
            self._submit(self._jobs_for(run_id, events))
        if self._uploads.want_ended(run_id, events):
            self._uploads.make(run_id)

    def mend(self, run_id: str) -> None:
        """Give every open request a job again that has none; the journal sees to it that none is paid twice.

        Raises `ConfigError` where the queues are not open.
        """
        jobs = self._jobs
        if jobs is None:
            raise ConfigError(
                "The workflows were closed while a run was waited for.",
                code="config.jobs",
                hint="Wait for the run again; what was under way is kept.",
            )
        jobs.adopt(run_id)
        # What only another version of Limner would run counts for nothing: that version may never come back.
        foreign = {each for ids in jobs.foreign_versions().values() for each in ids}
        queued = {_request_of(each) for each in jobs.unfinished(run_id) if each not in foreign}
        with self._live.reading(run_id) as state:
            wanted = [
                self._job(state, attempt.id, call.number, suffix=_clock.new_id())
                for attempt in state.open_attempts()
                for call in attempt.calls.values()
                if call.status != "ended" and not self._is_taken(state, attempt.id, call, queued)
            ]
        self._submit(wanted)

    def _is_taken(self, state: RunState, attempt_id: str, call: Call, queued: Set[str]) -> bool:
        """Whether a job waits for the request, or somebody who lives is at it."""
        call_id = call_id_of(state.run_id, state.attempts[attempt_id], call.number, call.tries)
        if call_id in queued or call_id in self._under_way:
            return True
        store = self._app.store
        record = store.journal.find(call_id) if call.status == "running" else None
        if record is None or record.state != "sent" or record.owner == store.token:
            return False
        return store.is_alive(record.owner)

    def _submit(self, jobs: Sequence[Job]) -> None:
        """Queue the jobs; one for a connection that has no key here is carried out at once, to say so."""
        queues = self._jobs
        if queues is None:
            return
        todo = list(jobs)
        while todo:
            queues.submit([job for job in todo if job.queue in self._served])
            todo = [new for job in todo if job.queue not in self._served for new in self._one(job)]

    def _jobs_for(self, run_id: str, events: Sequence[JsonObject]) -> list[Job]:
        calls = [event for event in events if event["type"] == "call.queued"]
        if not calls:
            return []
        with self._live.reading(run_id) as state:
            return [self._job(state, event["attempt"], event["number"]) for event in calls]

    def _job(self, state: RunState, attempt_id: str, number: int, *, suffix: str = "") -> Job:
        from limner.jobs.job import Job

        attempt = state.attempts[attempt_id]
        stage = state.revisions[attempt.revision].stage(attempt.stage)
        tries = attempt.calls[number].tries
        call_id = call_id_of(state.run_id, attempt, number, tries)
        return Job(
            id=f"{call_id}.{suffix}" if suffix else call_id,
            queue=places_of(self._app).place(stage, choice_of(state, attempt)).name,
            run_id=state.run_id,
            document={"attempt": attempt_id, "number": number, "try": tries},
        )

    def _work(self, job: Job) -> None:
        """Carry out a request, then what follows from it in its queue: it has a place there, others would wait."""
        following: Job | None = job
        for left in reversed(range(IN_A_ROW)):
            if following is None:
                return
            new = self._one(following)
            following = self._kept(new, job.queue) if left else None
            self._submit([each for each in new if each is not following])

    def _kept(self, jobs: Sequence[Job], queue: str) -> Job | None:
        """The one of the new jobs that goes on in the place of the one that ended."""
        if self._jobs is None or not self._served.get(queue, False):
            return None
        return next((job for job in jobs if job.queue == queue), None)

    def _one(self, job: Job) -> list[Job]:
        """Carry out one request; gives the jobs that follow from it. A second time it changes nothing."""
        with self._alone(_request_of(job.id)) as is_alone:
            events = self._carried_out(job) if is_alone else []
        new = self._jobs_for(job.run_id, events)
        if self._uploads.want_ended(job.run_id, events):
            self._submit(new)  # what follows need not wait for the copies
            self._uploads.make(job.run_id)
            return []
        return new

    @contextlib.contextmanager
    def _alone(self, call_id: str) -> Iterator[bool]:
        """False where another thread of this process is at the same request: jobs for one may be there twice."""
        with self._lock:
            is_alone = call_id not in self._under_way
            self._under_way.add(call_id)
        try:
            yield is_alone
        finally:
            if is_alone:
                with self._lock:
                    self._under_way.discard(call_id)

    def _carried_out(self, job: Job) -> Sequence[JsonObject]:
        """Make a request and record what came of it; gives all events that follow."""
        attempt_id, number, tries = job.document["attempt"], job.document["number"], job.document["try"]
        about: JsonObject = {"attempt": attempt_id, "number": number, "try": tries}
        with self._live.reading(job.run_id) as state:
            attempt = state.attempts.get(attempt_id)
            call = None if attempt is None else attempt.calls.get(number)
            if attempt is None or call is None or not attempt.is_open or call.status == "ended" or call.tries != tries:
                return []
            has_started = call.status == "running"
        if not has_started:
            self._live.extend(job.run_id, lambda _: [{"type": "call.started", **about}])
        _faults.point("call-started")
        try:
            ended = self._answer(job.run_id, attempt_id, number)
        except LimnerError:
            raise  # such as a database that cannot be read just now: `mend` tries it again
        except Exception as problem:
            error = fault_of_ours(self._app, _request_of(job.id), problem)
            self._live.extend(job.run_id, lambda _: [{"type": "call.ended", **about, "error": error}])
            raise
        if ended is None:
            return []
        _faults.point("call-answered")
        events = self._live.extend(job.run_id, lambda _: [{"type": "call.ended", **about, **ended}])
        _faults.point("call-ended")
        return events

    def _answer(self, run_id: str, attempt_id: str, number: int) -> JsonObject | None:
        with self._live.reading(run_id) as state:
            attempt = state.attempts[attempt_id]
            workflow = state.revisions[attempt.revision]
            unlisted = state.unlisted
            call = attempt.calls[number]
            call_id = call_id_of(run_id, attempt, number, call.tries)
            try:
                request = build(state, attempt, number, places_of(self._app), complaint=call.complaint)
            except (CannotBuild, Unresolved, ImageNotAllowed, TemplateError) as problem:
                return {"error": build_failure(problem)}
        ended = perform(self._app, request, workflow, run_id, call_id, unlisted=unlisted)
        return None if ended is None else ended.to_event()


def _request_of(job_id: str) -> str:
    """The request that a job is for: jobs for one request have suffixes after a dot."""
    return job_id.partition(".")[0]
