"""What becomes of jobs when processes end: killed, closed, canceled, or never properly begun."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from jobs.crew import PATIENCE_S, Crew, Work, job, numbered
from limner.errors import ConfigError
from limner.jobs.job import QueueLimit

pytestmark = pytest.mark.slow


def test_jobs_of_a_killed_process_run_again_when_they_are_adopted(crew: Crew) -> None:
    with crew.killed_while_running("one", "two", "queued", parallel=2):
        work = Work()
        jobs = crew.open(work, limit=QueueLimit(parallel=3))
        begun_alone = work.next_begun()
        assert begun_alone == ["queued"]
        assert sorted(jobs.unfinished()) in (["one", "queued", "two"], ["one", "two"])
        assert sorted(jobs.adopt("run")) == ["one", "two"]
        assert sorted(work.next_begun(2)) == ["one", "two"]
        assert jobs.adopt() == ()
        jobs.close()
        assert crew.open(work).unfinished() == ()


def test_jobs_of_the_dead_take_room_until_they_are_adopted(crew: Crew) -> None:
    with crew.killed_while_running("one", "two", "queued", parallel=2):
        work, others = Work(), Work()
        jobs = crew.make(lambda job: (others if job.queue == "b" else work)(job))
        jobs.start({"a": QueueLimit(parallel=2), "b": QueueLimit()})
        for number in range(3):
            jobs.submit([job(f"other-{number}", queue="b")])
            others.next_ended()
        assert work.all_begun() == []
        jobs.adopt()
        assert sorted(work.next_begun(3)) == ["one", "queued", "two"]


def test_jobs_of_a_process_that_lives_are_not_adopted(crew: Crew) -> None:
    with crew.killed_while_running("one", token="slow"):
        crew.living.add("slow")
        work = Work()
        jobs = crew.open(work)
        assert jobs.adopt() == ()
        crew.living.remove("slow")
        assert jobs.adopt("another run") == ()
        assert jobs.adopt() == ("one",)
        assert work.next_begun() == ["one"]


def test_an_adopted_job_goes_back_to_its_own_queue(crew: Crew) -> None:
    with crew.killed_while_running("one"):
        work = Work()
        jobs = crew.open(work, "b")
        assert jobs.adopt() == ("one",)
        jobs.submit([job("other", queue="b")])
        assert work.next_ended() == ["other"]
        jobs.close()
        crew.open(work, "a")
        assert work.next_ended() == ["one"]


def test_canceled_jobs_never_run_and_the_one_under_way_does(crew: Crew) -> None:
    work = Work(open_gate=False)
    jobs = crew.open(work, limit=QueueLimit(parallel=1))
    jobs.submit([*numbered(4), *numbered(2, prefix="kept", run_id="other")])
    begun = work.next_begun()
    canceled = jobs.cancel("run")
    assert {*canceled, *begun} == {"job-0", "job-1", "job-2", "job-3"}
    assert set(jobs.unfinished()) == {*begun, "kept-0", "kept-1"}
    assert jobs.cancel("run") == ()
    jobs.submit(numbered(4))
    work.gate.set()
    assert set(work.next_ended(3)) == {*begun, "kept-0", "kept-1"}
    jobs.close()
    assert set(work.all_begun()) == {"kept-0", "kept-1"}
    assert jobs.problems == []


def test_a_job_either_begins_or_is_canceled(crew: Crew) -> None:
    work = Work()
    jobs = crew.open(work, limit=QueueLimit(parallel=4))
    canceled: list[str] = []
    for number in range(6):
        jobs.submit(numbered(12, prefix=f"round-{number}", run_id=f"run-{number}"))
        work.next_ended(number % 4)
        canceled += jobs.cancel(f"run-{number}")
    jobs.close()
    begun = work.all_begun()
    assert Counter(begun + canceled) == {f"round-{number}-{place}": 1 for number in range(6) for place in range(12)}
    assert crew.open(work).unfinished() == ()
    assert jobs.problems == []


def test_close_waits_for_the_job_under_way_and_begins_no_other(crew: Crew) -> None:
    slow = Work(open_gate=False)
    jobs = crew.open(slow, limit=QueueLimit(parallel=1))
    jobs.submit(numbered(3))
    begun = slow.next_begun()
    slow.gate.set()
    jobs.close()
    jobs.close()
    assert slow.next_ended() == begun or slow.all_begun() != []
    ended_first = 1 + len(slow.all_begun())
    work = Work()
    jobs = crew.open(work)
    work.next_begun(3 - ended_first)
    jobs.close()
    assert begun[0] not in work.all_begun()


def test_nothing_runs_twice_or_is_forgotten_when_the_queue_is_closed_again_and_again(crew: Crew) -> None:
    work = Work()
    crew.submit(numbered(40))
    for _ in range(5):
        jobs = crew.open(work, limit=QueueLimit(parallel=5))
        work.next_ended(3)
        jobs.close()
    jobs = crew.open(work)
    jobs.submit([job("last")])
    names: list[str] = []
    while "last" not in names:
        names.append(work.began.get(timeout=PATIENCE_S).id)
    jobs.close()
    assert Counter(names + work.all_begun()) == {"last": 1} | {f"job-{number}": 1 for number in range(40)}
    assert crew.open(work).unfinished() == ()


def test_a_process_has_one_queue_open_at_a_time(crew: Crew, tmp_path: Path) -> None:
    work, second_work = Work(), Work()
    jobs = crew.open(work)
    second = Crew(tmp_path / "second.sqlite").make(second_work)
    with pytest.raises(ConfigError, match="open already") as raised:
        second.start({"a": QueueLimit()})
    assert raised.value.code == "config.jobs"
    jobs.submit([job("one")])
    assert work.next_ended() == ["one"]
    jobs.close()
    second.start({"a": QueueLimit()})
    second.submit([job("one")])
    assert second_work.next_ended() == ["one"]
    second.close()
    jobs.start({"a": QueueLimit()})
    assert jobs.unfinished() == ()


def test_a_queue_that_is_not_open_says_so(tmp_path: Path) -> None:
    jobs = Crew(tmp_path / "jobs.sqlite").make(Work())
    jobs.close()
    with pytest.raises(ConfigError, match=r"not open.*") as raised:
        jobs.submit([job("one")])
    assert (raised.value.code, raised.value.hint) == ("config.jobs", "Call start() first.")
    assert not (tmp_path / "jobs.sqlite").exists()


def test_a_program_that_uses_dbos_itself_is_left_alone(tmp_path: Path) -> None:
    from dbos import DBOS

    theirs = DBOS(
        config={
            "name": "theirs",
            "system_database_url": f"sqlite:///{tmp_path}/theirs.sqlite",
            "executor_id": "theirs",
            "log_level": "CRITICAL",
        }
    )
    try:
        with pytest.raises(ConfigError, match="uses DBOS for something else"):
            Crew(tmp_path / "jobs.sqlite").open(Work())
        assert DBOS.executor_id == "theirs"
        assert DBOS(config={"name": "again"}) is theirs
    finally:
        DBOS.destroy(destroy_registry=True)
    Crew(tmp_path / "jobs.sqlite").open(Work()).close()


def test_jobs_that_lost_their_process_too_often_for_the_engine_are_adopted_all_the_same(tmp_path: Path) -> None:
    crew = Crew(tmp_path / "jobs.sqlite")
    crew.submit([job("one")])
    with sqlite3.connect(tmp_path / "jobs.sqlite") as connection:
        connection.execute("UPDATE workflow_status SET recovery_attempts = 99")
    connection.close()
    work = Work()
    jobs = crew.open(work)
    jobs.submit([job("other")])
    work.next_ended()
    jobs.close()
    assert ["exceeded" in problem for problem in jobs.problems] == [True]
    jobs = crew.open(work)
    assert jobs.unfinished() == ("one",)
    assert jobs.adopt() == ("one",)
    assert work.next_ended() == ["one"]
    jobs.close()
