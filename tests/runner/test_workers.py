from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner._json import JsonObject
from limner.app import App
from limner.errors import ConfigError
from limner.jobs import durable
from limner.jobs.job import Job
from limner.runner import workflows
from limner.runner.perform import call_id_of
from limner.runner.workers import IN_A_ROW
from limner.runner.workflows import Workflows
from limner.store.journal import Intent
from limner.workflow.places import Choice
from loopback import Answer, Request
from runner.flows import flow
from runner.wired import Wired, answer, environment_of, picture, stage, wired

RELAY = Choice(connection="relay")
PATIENCE_S = 30.0


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wired]:
    with wired(tmp_path) as made:
        yield made


def chain(length: int) -> JsonObject:
    """Stages that come one after the other."""
    return flow(*(stage(f"s{n}", f"link {n}.", after=[f"s{n - 1}"] if n else []) for n in range(length)))


def counted_jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Every job that is queued from now on."""
    found: list[Job] = []
    submit = durable.DurableJobs.submit

    def noted(self: durable.DurableJobs, jobs: list[Job]) -> None:
        found.extend(jobs)
        submit(self, jobs)

    monkeypatch.setattr(durable.DurableJobs, "submit", noted)
    return found


def test_what_follows_in_the_same_queue_goes_on_without_it_for_a_while(
    wire: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = counted_jobs(monkeypatch)
    assert wire.run(chain(2 * IN_A_ROW + 1), choice=RELAY)["status"] == "completed"
    assert len(jobs) == 3
    assert len(wire.relay.requests) == 2 * IN_A_ROW + 1


def test_a_connection_with_a_rate_is_asked_through_its_queue_only(
    wire: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = counted_jobs(monkeypatch)
    config = tmp_path / "home" / "config.toml"
    settings = config.read_text(encoding="utf-8")
    config.write_text(
        settings.replace("[connections.relay]", "[connections.relay]\nper_minute = 100"), encoding="utf-8"
    )
    with App(environment_of(tmp_path)) as app, Workflows(app) as flows:
        flows.wait(flows.create(chain(3), choice=RELAY, unattended=True))
    assert len(jobs) == 3
    assert len(wire.relay.requests) == 3


def test_two_jobs_for_one_request_make_it_once(wire: Wired) -> None:
    run_id = wire.flows.create(flow(picture("p", "a slow fox [[slow:0.3]]")), choice=Choice(connection="sandbox"))
    wire.flows.run(run_id, "p")
    workers = wire.flows._workers
    workers.start()
    with wire.flows.live.reading(run_id) as state:
        jobs = [workers._job(state, "att_1", 0, suffix=f"{number}") for number in range(6)]
    threads = [threading.Thread(target=workers._work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    document = wire.flows.wait(run_id)
    assert document["status"] == "completed"
    assert len(wire.flows.app.store.journal.list_calls(limit=9)) == 1
    assert wire.flows.problems == ()


def test_a_request_that_another_process_took_by_a_hair_is_left_to_it(wire: Wired, tmp_path: Path) -> None:
    flows = wire.flows
    run_id = flows.create(flow(picture("p", "a fox between two")), choice=RELAY, unattended=True)
    with App(environment_of(tmp_path)) as other:
        sent, taken = flows.app.store.journal.sent, threading.Event()

        def beaten(intent: Intent, attempt: int) -> None:
            """The other process records the call between our look into the journal and our own record."""
            other.store.journal.sent(intent, attempt)
            taken.set()
            sent(intent, attempt)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(flows.app.store.journal, "sent", beaten)
            flows.resume(run_id)
            assert taken.wait(PATIENCE_S)
            flows.close()
        found = flows.document(run_id)["stages"]["p"]
        assert (found["status"], found["error"]) == ("running", None)
        assert wire.asked("a fox between two") == []
    flows.resume(run_id)  # the other one has ended without an answer
    assert flows.wait(run_id)["stages"]["p"]["error"]["code"] == "interrupted"


def test_jobs_of_another_version_of_limner_hold_nothing_up(
    wire: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = wire.flows.create(flow(picture("p", "a fox of another version")), choice=RELAY, unattended=True)
    with wire.flows.live.reading(run_id) as state:
        call_id = call_id_of(run_id, state.attempts["att_1"], 0, 1)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "VERSION", "limner-of-old")
        jobs = durable.DurableJobs(
            database=tmp_path / "home" / "jobs.db", executor="old", is_alive=lambda _: False, work=lambda _: None
        )
        jobs.start({})
        jobs.submit([Job(id=call_id, queue="relay", run_id=run_id, document={})])
        jobs.close()
    assert wire.flows.wait(run_id)["status"] == "completed"
    assert len(wire.asked("a fox of another version")) == 1


def test_a_queue_that_was_deleted_is_made_anew(wire: Wired, tmp_path: Path) -> None:
    run_id = wire.flows.create(flow(picture("p", "a fox"), picture("q", "an owl", after=["p"])), choice=RELAY)
    wire.flows.run(run_id, "p")
    wire.flows.wait(run_id)
    wire.flows.close()
    for file in (tmp_path / "home").glob("jobs.db*"):
        file.unlink()
    wire.flows.run(run_id, "q")
    wire.flows.resume(run_id)
    assert wire.flows.wait(run_id)["status"] == "completed"
    assert len(wire.relay.requests) == 2


def test_closing_begins_nothing_new_and_ends_the_waiting(wire: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflows, "MEND_S", 0.05)
    reached, gate = threading.Event(), threading.Event()

    def gated(request: Request) -> Answer:
        reached.set()
        assert gate.wait(PATIENCE_S)
        return answer(request)

    wire.relay.answers[:] = [gated]
    run_id = wire.flows.create(chain(2), choice=RELAY, unattended=True)
    caught: list[str] = []

    def wait() -> None:
        try:
            wire.flows.wait(run_id)
        except ConfigError as problem:
            caught.append(problem.code)

    waiting, closing = threading.Thread(target=wait), threading.Thread(target=wire.flows.close)
    waiting.start()
    assert reached.wait(PATIENCE_S)
    closing.start()
    waiting.join(PATIENCE_S)
    gate.set()
    closing.join(PATIENCE_S)
    assert caught == ["config.jobs"]
    stages = wire.flows.document(run_id)["stages"]
    assert [stages["s0"]["status"], stages["s1"]["status"]] == ["completed", "queued"]
    assert wire.flows.wait(run_id)["status"] == "completed"
    assert len(wire.relay.requests) == 2
