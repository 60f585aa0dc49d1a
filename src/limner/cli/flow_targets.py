"""`limner targets`: the storage targets of the settings, and whether they take a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from limner.cli.command import Group, Session
from limner.cli.flow_inputs import near_names
from limner.cli.options import json_option
from limner.cli.output import Cell
from limner.errors import ConfigError, LimnerError

if TYPE_CHECKING:
    from limner.app import App


@click.group(cls=Group, default="list", examples=("limner targets", "limner targets test pictures"))
def targets() -> None:
    """Storage targets for copies of pictures.

    They are tables [targets.NAME] in config.toml; a workflow names one as the storage of its pictures.
    """


@targets.command("list", examples=("limner targets", "limner targets --json"))
@json_option
@click.pass_obj
def list_targets(session: Session, /, as_json: bool) -> int:
    """The storage targets that are configured."""
    from limner.app import App

    output = session.output
    with App.open(session.environment) as app:
        found = [(name, *_described(app, name)) for name in app.settings.targets]
        file = app.settings.config_file
    if as_json:
        output.json(
            [{"name": name, "kind": kind, "where": where, "error": error} for name, kind, where, error in found]
        )
    elif not found:
        output.note(f"No storage targets. A table [targets.NAME] in {file} makes one; see docs/storage.md.")
    else:
        heads: list[Cell] = [(head, "bold") for head in ("NAME", "KIND", "WHERE")]
        output.table([heads, *([name, kind, where] for name, kind, where, _ in found)])
        for *_, error in found:
            if error is not None:
                output.warning(error)
    return 0


@targets.command("test", examples=("limner targets test pictures",))
@click.argument("name", metavar="NAME")
@click.pass_obj
def test_target(session: Session, /, name: str) -> int:
    """Write a small object to a target and remove it again."""
    from limner.app import App
    from limner.runner.places import open_named

    with App.open(session.environment) as app:
        if name not in app.settings.targets:
            raise ConfigError(
                f"There is no storage target {name[:60]!r}. {near_names(name, app.settings.targets)}",
                code="config.target",
                hint="`limner targets` lists them.",
            )
        target = open_named(app, name)
        try:
            target.check()
        finally:
            target.close()
    session.output.note(f"{name} takes pictures.", "green")
    return 0


def _described(app: App, name: str) -> tuple[str, str, str | None]:
    """Kind and place of a target, and what is wrong with its table."""
    from limner.targets.settings import read_target

    fields = app.settings.targets[name]
    try:
        found = read_target(name, fields)
    except LimnerError as problem:
        return "?", "-", problem.message
    place = found.path or "/".join(part for part in (found.bucket, found.prefix) if part)
    return found.kind, place or "-", None
