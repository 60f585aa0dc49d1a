"""A process that carries a run on until it is killed or done, forked from a warm one that has imported everything."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import dbos  # noqa: F401 - loaded once, for all that are forked
import psycopg  # noqa: F401 - the same
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401 - the same

import limner.client  # noqa: F401 - the same
import limner.jobs.durable  # noqa: F401 - the same
from limner import _faults
from limner.app import App
from limner.catalog import catalog
from limner.providers.retry import RetryPolicy
from limner.runner.workflows import Workflows

catalog.load()

KEY_VARIABLE = "RELAY_KEY"
POINTS = (
    *("call-started", "after-sent", "after-picture", "after-spool", "before-done", "after-done"),
    *("call-answered", "call-ended"),
)
"""Where the program can be told to kill itself, in the order it passes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a process is to do: carry on the run, and start failed stages again if it is to `retry`.

    It kills itself when it passes `point` for the `nth` time, where one is given.
    """

    home: str
    run_id: str
    jobs_database: str | None = None
    retry: bool = False
    point: str | None = None
    nth: int = 1


def environment_of(home: str, jobs_database: str | None) -> dict[str, str]:
    """The variables of a process with its data in `home`."""
    variables = {"LIMNER_HOME": home, "HOME": home, KEY_VARIABLE: "sk-" + "0123456789abcdef" * 2}
    return variables if jobs_database is None else {**variables, "LIMNER_JOBS_DATABASE": jobs_database}


def work(orders: Orders, tell: Connection) -> None:
    """Do as ordered; tells "begun", then how the run stands at the end, and what went wrong in the program."""
    if orders.point is not None:
        _arm(orders.point, orders.nth)
    environment = environment_of(orders.home, orders.jobs_database)
    with App(environment, retry=RetryPolicy(base_delay_s=0.0)) as app, Workflows(app) as flows:
        tell.send("begun")
        flows.resume(orders.run_id)
        document = flows.wait(orders.run_id)
        if orders.retry and document["status"] == "failed":
            for name, stage in document["stages"].items():
                if stage["status"] == "error":
                    flows.run(orders.run_id, name)
            document = flows.wait(orders.run_id)
        tell.send((document["status"], tuple(flows.problems)))


def _arm(point: str, nth: int) -> None:
    passed = 0

    def pass_by() -> None:
        nonlocal passed
        passed += 1
        if passed == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    _faults.arm(point, pass_by)


def write_settings(home: Path, port: int) -> None:
    """A data folder whose only connection leads to the provider at `port`."""
    home.mkdir(parents=True)
    (home / "config.toml").write_text(
        'default_connection = "relay"\n[connections.relay]\npreset = "new-api"\n'
        f'base_url = "http://127.0.0.1:{port}"\nkey_env = "{KEY_VARIABLE}"\nmodel = "gemini-2.5-flash-image"\n'
        "max_parallel = 3\n",
        encoding="utf-8",
    )
