"""The two databases that can hold the queue: a SQLite file, or Postgres."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote

from limner import _clock
from limner.errors import ConfigError

BUSY_TIMEOUT_S = 30.0
"""How long a process that opens the file waits for another, in seconds."""

CONNECT_TIMEOUT_S = 10
"""How long Postgres may take to answer at first, in seconds, unless the URL says otherwise."""

_WAL_RETRY_S = 0.01
_ADOPTION_LOCK = 0x6C696D6E6572
"""The advisory lock that one adopting process at a time holds on Postgres: a number that nobody else will take."""

_POSTGRES_SCHEMES = ("postgresql://", "postgres://")


class SqliteDatabase:
    """A file at `path`, in WAL mode, for processes of one machine."""

    poll_s = 0.02

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self.url = "sqlite:///" + str(self._path).replace("%", "%25").replace("?", "%3F")

    def prepare(self) -> None:
        """Create the file, readable by its owner only, and switch it to WAL, which the engine would not do."""
        try:
            self._path.touch(mode=0o600)
            with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S)) as connection:
                _use_wal(connection)
        except (OSError, sqlite3.Error) as problem:
            raise self.explain(problem) from problem

    @contextlib.contextmanager
    def adopting(self) -> Iterator[None]:
        """Hold a lock file beside the database; the system frees it, however the process ends."""
        descriptor = os.open(f"{self._path}.adopt", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def explain(self, problem: Exception) -> ConfigError:
        """What is wrong with the file."""
        return ConfigError(
            f"The job database {str(self._path)!r} cannot be used: {_first_line(problem)}.",
            code="config.jobs",
            hint="Check that the folder exists, that you may write there, and that the disk is not full.",
        )


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for others here, so several processes that begin at once must."""
    deadline_s = _clock.monotonic_s() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem) or _clock.monotonic_s() > deadline_s:
                raise
            _clock.sleep(_WAL_RETRY_S * (1 + _clock.jitter()))


class PostgresDatabase:
    """A Postgres database that exists, for processes of any number of machines."""

    poll_s = 0.01

    def __init__(self, url: str) -> None:
        self.url = "postgresql://" + url.partition("://")[2]

    def prepare(self) -> None:
        """Connect once: the engine itself would try for ever."""
        import psycopg

        try:
            psycopg.connect(self._dsn()).close()
        except psycopg.Error as problem:
            raise self.explain(problem) from None  # the chain could show the URL, and with it the password

    @contextlib.contextmanager
    def adopting(self) -> Iterator[None]:
        """Hold an advisory lock for as long as a connection of its own lasts."""
        import psycopg

        try:
            connection = psycopg.connect(self._dsn(), autocommit=True)
        except psycopg.Error as problem:
            raise self.explain(problem) from None
        with contextlib.closing(connection):
            connection.execute("SELECT pg_advisory_lock(%s)", (_ADOPTION_LOCK,))
            yield

    def explain(self, problem: Exception) -> ConfigError:
        """What the server said, without the password."""
        credentials, _, place = self.url.partition("://")[2].rpartition("@")
        place, _, options = place.partition("?")
        password = credentials.partition(":")[2]
        reason = _first_line(problem)
        for secret in {password, unquote(password), *parse_qs(options).get("password", [])} - {""}:
            reason = reason.replace(secret, "***")
        return ConfigError(
            f"The job database {f'postgresql://{place}'!r} cannot be used: {reason}.",
            code="config.jobs",
            hint="Check host, port, user, password and that the database exists (`createdb NAME` makes one).",
        )

    def _dsn(self) -> str:
        if "connect_timeout=" in self.url:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}connect_timeout={CONNECT_TIMEOUT_S}"


JobDatabase = SqliteDatabase | PostgresDatabase
"""Where jobs are kept. `url` is what the engine opens, `poll_s` how often it looks at the queue by default."""


def job_database(database: str | Path) -> JobDatabase:
    """The database that `database` names: a path, or a URL that begins with `postgresql://`.

    Raises:
        ConfigError: It is a URL of another kind.
    """
    text = str(database)
    if isinstance(database, str) and text.startswith(_POSTGRES_SCHEMES):
        return PostgresDatabase(text)
    if isinstance(database, str) and "://" in text:
        raise ConfigError(
            f"The job database cannot be a {text.partition('://')[0]!r} URL.",
            code="config.jobs",
            hint="Give the path of a SQLite file, or a URL such as postgresql://user@host/name.",
        )
    return SqliteDatabase(Path(database))


def _first_line(problem: Exception) -> str:
    """What a database said, without the statement that its wrapper appends."""
    said = str(getattr(problem, "orig", None) or problem).strip() or type(problem).__name__
    return said.splitlines()[0].rstrip(".")
