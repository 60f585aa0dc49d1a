from __future__ import annotations

import asyncio
import io
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.crew import PATIENCE_S, Crew, Work, job, numbered
from limner.jobs import durable
from limner.jobs.job import Job, QueueLimit

pytestmark = pytest.mark.slow

DOCUMENT = {
    "prompt": "ein Fuchs \N{SNOWFLAKE} 狐 \x00 \ud800",
    "long": "ü" * 100_000,
    "number": 2**70,
    "nested": [{"share": 0.1, "none": None, "yes": True}],
}


def close_after(jobs: durable.DurableJobs, work: Work, count: int) -> None:
    """Until `count` more jobs have ended and are on record; the queue is closed then."""
    work.next_ended(count)
    jobs.close()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_a_job_is_the_same_after_a_journey_as_text(value: object) -> None:
    made = Job(id="j", queue="q", run_id="r", document={"value": value})
    assert Job.from_text(made.to_text()) == made


def test_a_job_runs_with_what_was_submitted(crew: Crew) -> None:
    work = Work()
    jobs = crew.open(work)
    jobs.submit([Job(id="one", queue="a", run_id="run", document=DOCUMENT)])
    assert work.began.get(timeout=PATIENCE_S) == Job(id="one", queue="a", run_id="run", document=DOCUMENT)
    close_after(jobs, work, 1)
    assert crew.open(work).unfinished() == ()
    assert jobs.problems == []


def test_a_second_job_of_the_same_id_is_the_first(crew: Crew) -> None:
    work = Work()
    jobs = crew.open(work, "a", "b")
    jobs.submit([job("one", what=1), job("one", what=2)])
    assert work.began.get(timeout=PATIENCE_S).document == {"what": 1}
    close_after(jobs, work, 1)
    jobs = crew.open(work, "a", "b")
    jobs.submit([job("one", what=3), job("one", queue="b", run_id="other"), job("two")])
    assert work.next_begun() == ["two"]
    close_after(jobs, work, 1)
    assert work.all_begun() == []


def test_a_job_of_a_queue_that_nobody_serves_waits_until_somebody_does(crew: Crew) -> None:
    crew.submit([job("elsewhere", queue="b"), job("here")])
    work = Work()
    jobs = crew.open(work, "a")
    assert work.next_begun() == ["here"]
    close_after(jobs, work, 1)
    jobs = crew.open(work, "b")
    assert work.next_begun() == ["elsewhere"]


def test_jobs_of_one_queue_run_at_once_up_to_its_limit(crew: Crew) -> None:
    work, others = Work(open_gate=False), Work()
    jobs = crew.open(lambda job: (others if job.queue == "b" else work)(job), "a", "b", limit=QueueLimit(parallel=3))
    jobs.submit(numbered(7))
    assert len(work.next_begun(3)) == 3
    for number in range(3):  # meanwhile the queues are looked at
        jobs.submit([job(f"other-{number}", queue="b")])
        others.next_ended()
    assert work.all_begun() == []
    work.gate.set()
    close_after(jobs, work, 7)
    assert work.most_at_once == 3


def test_no_more_jobs_begin_within_a_minute_than_the_rate_allows(crew: Crew) -> None:
    work, others = Work(), Work()
    jobs = crew.make(lambda job: (others if job.queue == "b" else work)(job))
    jobs.start({"a": QueueLimit(per_minute=2), "b": QueueLimit()})
    jobs.submit(numbered(5))
    first = work.next_ended(2)
    for number in range(3):
        jobs.submit([job(f"other-{number}", queue="b")])
        others.next_ended()
    jobs.close()
    assert sorted(work.all_begun()) == sorted(first)
    later = crew.make(work)
    later.start({"a": QueueLimit(per_minute=2)})  # the rate is that of the database, not of the process
    assert len(later.unfinished()) == 3
    later.close()
    assert work.all_begun() == []


def test_an_exception_ends_its_job_and_no_other(crew: Crew) -> None:
    work = Work()

    def fails(job: Job) -> None:
        work(job)
        if job.document:
            raise {"exit": SystemExit, "interrupt": KeyboardInterrupt}.get(job.document["as"], ValueError)(
                "no such thing"
            )

    jobs = crew.open(fails)
    jobs.submit([job("error", **{"as": "error"}), job("exit", **{"as": "exit"}), job("ctrl-c", **{"as": "interrupt"})])
    work.next_ended(3)
    jobs.submit([job("fine")])
    close_after(jobs, work, 1)
    assert sorted(jobs.problems) == [
        "Job ctrl-c: KeyboardInterrupt: no such thing",
        "Job error: ValueError: no such thing",
        "Job exit: SystemExit: no such thing",
    ]
    assert crew.open(work).unfinished() == ()
    assert len(work.all_begun()) == 4


def test_only_the_last_thousand_problems_are_kept(tmp_path: Path) -> None:
    crew = Crew(tmp_path / "jobs.sqlite")
    jobs = crew.make(Work())
    for number in range(durable.KEPT_PROBLEMS + 5):
        jobs._note(str(number))
    assert jobs.problems[0] == "5"
    assert len(jobs.problems) == durable.KEPT_PROBLEMS


def test_unfinished_jobs_are_told_by_run(crew: Crew) -> None:
    crew.submit([*numbered(3, run_id="first", prefix="x"), *numbered(2, run_id="second", prefix="y")])
    work = Work(open_gate=False)
    jobs = crew.open(work, limit=QueueLimit(parallel=1))
    work.next_begun()
    assert sorted(jobs.unfinished("first")) == ["x-0", "x-1", "x-2"]
    assert sorted(jobs.unfinished("second")) == ["y-0", "y-1"]
    assert jobs.unfinished("third") == ()
    assert len(jobs.unfinished()) == 5


def test_everything_can_be_called_inside_an_event_loop_and_by_a_job(crew: Crew) -> None:
    work = Work()

    def submits(done: Job) -> None:
        if done.id == "first":
            jobs.submit([job("second")])
            assert "first" in jobs.unfinished("run")
        work(done)

    jobs = crew.make(submits)

    async def inside() -> None:
        jobs.start({"a": QueueLimit()})
        jobs.submit([job("first")])
        assert jobs.adopt() == ()
        assert jobs.cancel("nothing") == ()
        assert await asyncio.to_thread(lambda: sorted(work.next_ended(2))) == ["first", "second"]
        jobs.close()

    asyncio.run(inside())
    assert jobs.problems == []


def test_jobs_of_another_version_are_told_and_left_alone(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(durable, "VERSION", "limner-0")
        crew.submit([job("old")])
    work = Work()
    jobs = crew.open(work)
    jobs.submit([job("new")])
    close_after(jobs, work, 1)
    assert work.all_begun() == ["new"]
    jobs = crew.open(work)
    assert jobs.foreign_versions() == {"limner-0": ("old",)}
    assert jobs.unfinished() == ("old",)


def test_jobs_that_ended_long_ago_are_forgotten(crew: Crew) -> None:
    work = Work()
    jobs = crew.open(work)
    jobs.submit(numbered(3))
    close_after(jobs, work, 3)
    jobs = crew.open(work)
    jobs.submit([job("waiting", queue="nobody's"), job("canceled", queue="nobody's", run_id="other")])
    assert jobs.cancel("other") == ("canceled",)
    assert jobs.clean(3600) == 0
    assert jobs.clean(-60) == 4
    assert jobs.clean(-60) == 0
    assert jobs.unfinished() == ("waiting",)


def test_a_job_whose_record_is_damaged_is_told_of(tmp_path: Path) -> None:
    crew = Crew(tmp_path / "jobs.sqlite")
    crew.submit([job("damaged"), job("whole")])
    with sqlite3.connect(tmp_path / "jobs.sqlite") as connection:
        connection.execute("UPDATE workflow_input SET inputs = '{' WHERE workflow_uuid = 'damaged'")
    connection.close()
    work = Work()
    jobs = crew.open(work)
    assert work.next_ended() == ["whole"]
    jobs.close()
    assert ["damaged" in problem for problem in jobs.problems] == [True]


def test_nothing_is_printed_or_written_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    work = Work()

    def fails(job: Job) -> None:
        work(job)
        raise ValueError("no")

    jobs = Crew(tmp_path / "jobs.sqlite").open(fails)
    jobs.submit([job("one")])
    work.next_ended()
    jobs.close()
    assert list(elsewhere.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_a_standard_error_that_is_closed_meanwhile_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second"):
        with io.StringIO() as stderr, monkeypatch.context() as replaced:
            replaced.setattr(sys, "stderr", stderr)
            jobs = Crew(tmp_path / f"{name}.sqlite").open(Work())
        jobs.close()


def test_the_engine_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, limner.jobs.durable; sys.exit('dbos' in sys.modules or 'sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
