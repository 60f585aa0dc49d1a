"""What is configured, as a workflow knows it: connections, their queues, storage targets, the database of the jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from limner import _clock
from limner.app import App
from limner.config import Connection
from limner.errors import ConfigError
from limner.jobs.job import QueueLimit
from limner.workflow.places import Place, Places

if TYPE_CHECKING:
    from limner.targets.target import Target

JOBS_DATABASE = "LIMNER_JOBS_DATABASE"
"""The variable that names a Postgres database for the jobs."""

_OWN_LISTS = ("google", "vertex", "sandbox")
"""Presets whose models the catalog knows; every other one is a relay with a list of its own."""


def places_of(app: App) -> Places:
    """Where the stages of a workflow may go."""
    settings = app.settings
    known = {name: _place(connection) for name, connection in settings.connections.items()}
    return Places(known, settings.connection().name, app.catalog, _clock.today())


def queues_of(app: App) -> dict[str, QueueLimit]:
    """A queue for each connection that can be called from here, with its limits."""
    return {
        name: QueueLimit(parallel=connection.max_parallel, per_minute=connection.per_minute)
        for name, connection in app.settings.connections.items()
        if app.can_call(connection)
    }


def jobs_database(app: App) -> str | Path:
    """Where jobs are kept: a file in the data folder, or the Postgres database that LIMNER_JOBS_DATABASE names."""
    return app.variable(JOBS_DATABASE) or app.settings.home / "jobs.db"


def open_named(app: App, name: str) -> Target:
    """The storage target of that name. Raises `ConfigError` where it is not configured."""
    from limner.targets.opening import open_target
    from limner.targets.settings import read_target

    fields = app.settings.targets.get(name)
    if fields is None:
        raise ConfigError(
            f"There is no storage target {name!r}.", code="config.target", hint=f"Add [targets.{name}] to config.toml."
        )
    return open_target(read_target(name, fields), app.variable)


def _place(connection: Connection) -> Place:
    is_sandbox = connection.protocol == "sandbox"
    relayed = connection.preset not in _OWN_LISTS
    return Place(
        name=connection.name,
        relayed=relayed,
        has_imagen=connection.is_vertex or is_sandbox or relayed,
        is_vertex=connection.is_vertex,
        is_sandbox=is_sandbox,
        model=connection.model,
    )
