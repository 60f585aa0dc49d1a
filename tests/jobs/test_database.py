from __future__ import annotations

import sqlite3
import stat
import traceback
from pathlib import Path

import pytest

from jobs.crew import Crew, Work, job
from limner.errors import ConfigError
from limner.jobs.database import PostgresDatabase, SqliteDatabase, job_database
from limner.jobs.durable import DurableJobs

pytestmark = pytest.mark.slow

SECRET = "p4ss/w@rd"


def start(database: Path | str) -> None:
    jobs = DurableJobs(database=database, executor="me", is_alive=bool, work=print)
    jobs.start({})
    jobs.close()


def refusal(database: Path | str) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        start(database)
    assert raised.value.code == "config.jobs"
    assert raised.value.hint
    return raised.value


def test_the_file_is_in_wal_mode_and_nobody_elses_business(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    start(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("name", ["with space", "50%20", "#1", "狐", "a&b=c", "what?", "100%"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    work = Work()
    jobs = Crew(folder / "jobs.sqlite").open(work)
    jobs.submit([job("one")])
    assert work.next_ended() == ["one"]
    jobs.close()
    assert (folder / "jobs.sqlite").stat().st_size > 0
    assert list(tmp_path.iterdir()) == [folder]


def test_a_path_is_a_file_whether_text_or_not(tmp_path: Path) -> None:
    for database in (tmp_path / "jobs.sqlite", str(tmp_path / "jobs.sqlite")):
        made = job_database(database)
        assert isinstance(made, SqliteDatabase)
        assert made.url == f"sqlite:///{tmp_path}/jobs.sqlite"


def test_both_schemes_of_postgres_mean_the_same() -> None:
    for scheme in ("postgres", "postgresql"):
        made = job_database(f"{scheme}://me@host/jobs")
        assert isinstance(made, PostgresDatabase)
        assert made.url == "postgresql://me@host/jobs"


@pytest.mark.parametrize("damage", ["no folder", "a folder", "not a database"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "jobs.sqlite"
    if damage == "no folder":
        path = tmp_path / "missing" / "jobs.sqlite"
    elif damage == "a folder":
        path.mkdir()
    else:
        path.write_text("a diary, and not a short one\n" * 40, encoding="utf-8")
    assert repr(str(path)) in refusal(path).message


def test_a_url_of_another_kind_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(ConfigError, match="cannot be a 'mysql' URL") as raised:
        job_database(f"mysql://me:{SECRET}@host/jobs")
    assert "postgresql://" in str(raised.value.hint)
    assert SECRET not in raised.value.message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p4ss%2Fw%40rd@127.0.0.1:1/jobs",
        "postgresql://me:p4ss%2Fw%40rd@127.0.0.1:none/jobs",
        "postgresql://127.0.0.1:1/jobs?user=me&password=p4ss%2Fw%40rd",
        "postgresql://me:p4ss%2Fw%40rd@[::1/jobs",
        f"postgresql://me:{SECRET}@127.0.0.1:1/jobs",
    ],
)
def test_a_server_that_cannot_be_reached_is_named_without_the_password(url: str) -> None:
    problem = refusal(url)
    shown = "".join(traceback.format_exception(problem)) + str(problem.to_json())
    assert "p4ss" not in shown
    assert "w@rd" not in shown
    assert "1/jobs" in problem.message or "none/jobs" in problem.message


def test_a_database_that_does_not_exist_is_not_made(postgres: str) -> None:
    missing = postgres.replace("/jobs?", "/missing?")
    assert "does not exist" in refusal(missing).message
    assert "does not exist" in refusal(missing).message


def test_a_url_without_a_database_is_refused(postgres: str) -> None:
    options = postgres.partition("?")[2]
    assert "Database name must be specified" in refusal(f"postgresql://postgres@/?{options}").message
