"""Processes that work on a run are killed again and again: nothing is paid twice, no picture is lost, each run ends."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from faults.bench import memory_folder
from faults.invariants import Verdict
from faults.sweep import Tally
from faults.workflow_provider import WorkflowProvider
from faults.workflow_worker import POINTS, Orders, environment_of, work, write_settings
from jobs.postgres import postgres_server
from limner._json import JsonObject
from limner.app import App
from limner.jobs import durable
from limner.runner.perform import call_id_of
from limner.runner.workflows import Workflows
from limner.store.journal import CallRecord
from limner.workflow.state import RunState

pytestmark = pytest.mark.faults

KILLS = 38
"""For each database, and one or two processes at once."""
LONGEST_S = 0.5
"""A process that is killed at any moment lives so long at most, from when it has begun."""
TESTS = Path(__file__).parent.parent
HANG_S = 45.0
MOST_ROUNDS = 60


def workflow() -> JsonObject:
    """Twelve stages: words, JSON, pictures, one picture for each line of an answer, in chains and side by side."""

    def stage(name: str, out: str, *after: str, **more: object) -> JsonObject:
        uses = " ".join(f"{{{{{each}.output}}}}" for each in after if each[0] in "tj")
        prompt = f"{name} {{{{index}}}}." if "forEach" in more else f"{name}. {uses}"
        document: JsonObject = {"id": name, "title": name, "outputType": out, "dependencies": list(after)}
        return {**document, "promptTemplate": prompt, **more}

    each: JsonObject = {"items": "{{j1.output.lines}}", "concurrency": 2, "onError": "continue"}
    from_p4: JsonObject = {"from": "{{p4.output.image}}"}
    return {
        "id": "w",
        "name": "W",
        "finalStage": "t11",
        "stages": [
            stage("t0", "text"),
            stage("j1", "json", "t0"),
            stage("p2", "image_output", "j1", forEach=each, selection="all"),
            stage("t3", "text", "j1"),
            stage("p4", "image_output", "t3", imageGenerationSettings={"count": 2}),
            stage("j5", "json"),
            stage("p6", "image_output", "p4", "j5", inputImages=[from_p4]),
            stage("t7", "text", "p6"),
            stage("p8", "image_output", "t7", "p2"),
            stage("t9", "text", "j5"),
            stage("p10", "image_output", "t9"),
            stage("t11", "text", "p8", "p10"),
        ],
    }


@dataclass(slots=True)
class Kills:
    """How processes were killed, counted."""

    how: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.how.total()


class Arena:
    """One data folder, its provider and its job database, and the processes on it."""

    def __init__(self, root: Path, provider: WorkflowProvider, database: str | None, seed: int) -> None:
        self.home = root / "home"
        self.provider = provider
        self.provider.home = self.home
        self.database = database
        self.chance = random.Random(seed)
        self.kills = Kills()
        self._points = itertools.cycle(POINTS)
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["faults.workflow_worker"])
        write_settings(self.home, provider.port)

    @contextlib.contextmanager
    def flows(self) -> Iterator[Workflows]:
        """The program in this process."""
        with App(environment_of(str(self.home), self.database)) as app, Workflows(app) as flows:
            yield flows

    def new_run(self) -> str:
        with self.flows() as flows:
            return flows.create(workflow(), unattended=True, select="first", unlisted=True)

    def finish(self, run_id: str, crew: int) -> None:
        """Let processes work on a run, `crew` at once, and kill them; until one of them says that it is complete."""
        for number in range(MOST_ROUNDS):
            spared = self.kills.total >= KILLS and number > 2
            if self._round(run_id, crew, spared=spared) == "completed":
                return
        raise AssertionError(f"stuck: {run_id} has not ended after {MOST_ROUNDS} starts")

    def _round(self, run_id: str, crew: int, *, spared: bool) -> str:
        """Start processes, kill one of them or all; gives how the run stands, as far as one could tell."""
        hows = ["spared" if spared else self.chance.choice(["any moment", "point", "middle"]) for _ in range(crew)]
        # One person at a time tries again what is in doubt: two would pay for it twice, as they asked for.
        started = [self._start(run_id, how, retry=number == 0) for number, how in enumerate(hows)]
        deadline_s = time.monotonic() + HANG_S
        told = ""
        for how, (process, ear) in zip(hows, started, strict=True):
            told = self._watch(how, process, ear, deadline_s) or told
        return told

    def _start(self, run_id: str, how: str, *, retry: bool) -> tuple[ForkServerProcess, Connection]:
        ear, mouth = self._context.Pipe(duplex=False)
        orders = Orders(
            home=str(self.home),
            run_id=run_id,
            jobs_database=self.database,
            retry=retry,
            point=next(self._points) if how == "point" else None,
            nth=self.chance.randint(1, 3),
        )
        process = self._context.Process(target=work, args=(orders, mouth))
        process.start()
        mouth.close()
        if how == "middle":
            self.provider.in_the_middle = process.kill
        return process, ear

    def _watch(self, how: str, process: ForkServerProcess, ear: Connection, deadline_s: float) -> str:
        told = ""
        with ear, contextlib.suppress(EOFError):
            assert ear.poll(max(deadline_s - time.monotonic(), 0.1)), "stuck: a process does not begin"
            ear.recv()
            if how == "any moment":
                process.join(self.chance.random() * LONGEST_S)
                process.kill()
            assert ear.poll(max(deadline_s - time.monotonic(), 0.1)), f"stuck: {how}"
            told, problems = ear.recv()
            assert problems == ()
        process.join(10)
        if process.exitcode == -9:
            self.kills.how[how] += 1
        else:
            assert process.exitcode == 0
        return told


def problems_of(arena: Arena, run_id: str) -> Iterator[str]:
    """What is wrong with a run that is complete."""
    with arena.flows() as flows:
        app = flows.app
        calls = [call for call in app.store.journal.list_calls(limit=10_000) if call.group_id == run_id]
        with flows.live.reading(run_id) as state:
            yield from _open(state)
            yield from _paid_twice(arena.provider, calls)
            yield from _wrong_fates(state, calls)
            yield from _lost(arena.provider, state, calls)


def _open(state: RunState) -> Iterator[str]:
    """Every request of the results that are shown has brought something, or is shown as in doubt."""
    for stage in state.workflow.stages:
        active = state.active(stage.id)
        if active is None or len(active.calls) != active.total:
            yield f"stuck: {stage.id} is not made"
            continue
        errors = [call.error for call in active.calls.values() if call.error is not None]
        yield from (f"failed: {stage.id} {error}" for error in errors if error["code"] != "interrupted")


def _paid_twice(provider: WorkflowProvider, calls: list[CallRecord]) -> Iterator[str]:
    rows = Counter(call.prompt for call in calls)
    in_doubt = Counter(call.prompt for call in calls if call.outcome != "image" and call.billed == "unknown")
    for prompt, count in rows.items():
        wanted = 2 if prompt.startswith("p4") else 1
        if provider.bill[prompt] > count:
            yield f"paid twice: {prompt[:30]!r} came {provider.bill[prompt]} times for {count} calls"
        if count > wanted + in_doubt[prompt]:
            yield f"paid twice: {prompt[:30]!r} was asked {count} times, {in_doubt[prompt]} of them in doubt"


def _wrong_fates(state: RunState, calls: list[CallRecord]) -> Iterator[str]:
    """Each call of the journal is a request of the run, and is shown there as what it is."""
    shown = {
        call_id_of(state.run_id, attempt, call.number, call.tries): call
        for attempt in state.attempts.values()
        for call in attempt.calls.values()
        if not call.carried
    }
    for record in calls:
        call = shown.get(record.call_id)
        if record.state != "done":
            yield f"left open: {record.prompt[:30]!r}"
        elif call is None:
            yield f"unknown to the run: {record.prompt[:30]!r}"
        elif record.outcome == "interrupted" and (call.error or {}).get("code") != "interrupted":
            yield f"in doubt and not shown so: {record.prompt[:30]!r} {call}"
        elif record.outcome in ("image", "text_only") and call.result is None:
            yield f"picture lost: the run does not have what came for {record.prompt[:30]!r}"


def _lost(provider: WorkflowProvider, state: RunState, calls: list[CallRecord]) -> Iterator[str]:
    """What was seen in the spool is in the journal and in the run."""
    known = {image.blob.sha256 for call in calls for image in call.images if image.role == "result"}
    shown = {
        image["sha256"]
        for attempt in state.attempts.values()
        for call in attempt.calls.values()
        for image in (call.result or {}).get("images", ())
    }
    prompts = {call.prompt for call in calls}
    for prompt, pictures in provider.kept.items():
        if prompt in prompts and not pictures <= known & shown:
            yield f"picture lost: {prompt[:30]!r} had arrived and was kept"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in memory where there is one: killed processes leave their writes to the system, synced or not."""
    monkeypatch.setenv("PYTHONPATH", f"{TESTS}:{TESTS.parent / 'src'}")  # for the process that all are forked from
    with tempfile.TemporaryDirectory(prefix="limner-workflows-", dir=memory_folder()) as folder:
        yield Path(folder)


@pytest.mark.parametrize("crew", [1, 2])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_runs_survive_processes_that_are_killed_at_any_moment(
    request: pytest.FixtureRequest, root: Path, tally: Tally, kind: str, crew: int
) -> None:
    database = _database_of(request, crew) if kind == "postgres" else None
    with WorkflowProvider().serving() as provider:
        arena = Arena(root, provider, database, seed=len(kind) + crew)
        verdicts = []
        while arena.kills.total < KILLS:
            provider.bill.clear()
            provider.kept.clear()
            run_id = arena.new_run()
            before = arena.kills.total
            arena.finish(run_id, crew)
            found = tuple(problems_of(arena, run_id))
            verdicts += [Verdict(trial=f"{kind}, {crew}: {arena.kills.how}", problems=found)]
            verdicts += [Verdict(trial="", problems=())] * (arena.kills.total - before - 1)
    tally.add(f"kill -9 of {crew} at a workflow, jobs on {kind}", verdicts)
    assert [verdict.problems for verdict in verdicts if verdict.problems] == []
    assert set(arena.kills.how) == {"any moment", "point", "middle"}


def _database_of(request: pytest.FixtureRequest, crew: int) -> str:
    """An empty database for each data folder."""
    import psycopg

    url: str = request.getfixturevalue("postgres")
    name = f"crew{crew}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    server, _, query = url.partition("?")
    return f"{server.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")


def test_a_run_goes_on_without_its_job_database_and_under_another_version(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WorkflowProvider().serving() as provider:
        arena = Arena(root, provider, None, seed=7)
        run_id = arena.new_run()
        for lost in ("after-sent", "call-answered"):
            process, ear = _killed_at(arena, run_id, lost)
            with ear:
                process.join(HANG_S)
            assert process.exitcode == -9
            for file in arena.home.glob("jobs.db*"):
                file.unlink()
        process, ear = _killed_at(arena, run_id, "call-started")
        with ear:
            process.join(HANG_S)
        monkeypatch.setattr(durable, "VERSION", "limner-of-tomorrow")
        with arena.flows() as flows:
            flows.resume(run_id)
            document = flows.wait(run_id)
            while document["status"] == "failed":
                for name, stage in document["stages"].items():
                    if stage["status"] == "error":
                        assert stage["error"]["code"] == "interrupted"
                        flows.run(run_id, name)
                document = flows.wait(run_id)
        assert document["status"] == "completed"
        assert tuple(problems_of(arena, run_id)) == ()


def _killed_at(arena: Arena, run_id: str, point: str) -> tuple[ForkServerProcess, Connection]:
    ear, mouth = arena._context.Pipe(duplex=False)
    process = arena._context.Process(
        target=work, args=(Orders(home=str(arena.home), run_id=run_id, point=point), mouth)
    )
    process.start()
    mouth.close()
    return process, ear
