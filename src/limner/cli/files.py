"""`limner files`: pictures that lie with the provider, for two days, to be named instead of sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner import _clock
from limner.cli.command import Group, Session
from limner.cli.history import when
from limner.cli.options import connection_option, json_option
from limner.cli.output import Cell
from limner.errors import InvalidRequestError

if TYPE_CHECKING:
    from limner.core.remote_file import RemoteFile


@click.group(
    cls=Group,
    default="list",
    examples=(
        "limner files upload fox.png",
        'limner edit files/abc-123 "make it night"',
        "limner files",
        "limner files delete files/abc-123",
    ),
)
def files() -> None:
    """Pictures that lie with the provider.

    Free of charge, for two days. Limner uploads by itself what is too large for a request, and no picture twice while
    it lives there; a file's name can stand where a picture is wanted.
    """


@files.command("list", examples=("limner files", "limner files --json"))
@connection_option
@json_option
@click.pass_obj
def list_files(session: Session, /, connection: str | None, as_json: bool) -> int:
    """What lies there, and until when."""
    from limner.app import App

    with App.open(session.environment) as app:
        found = list(app.files(connection).list())
    if as_json:
        session.output.json([file.to_json() for file in found])
    elif not found:
        session.output.note("Nothing lies there.")
    else:
        heads: list[Cell] = [(head, "bold") for head in ("NAME", "TYPE", "BYTES", "STATE", "UNTIL", "TITLE")]
        session.output.table([heads, *(_row(file) for file in found)], flexible=(5,))
    return 0


@files.command("upload", examples=("limner files upload fox.png hat.png",))
@click.argument("paths", nargs=-1, required=True, metavar="FILE...")
@connection_option
@json_option
@click.pass_obj
def upload(session: Session, /, paths: tuple[str, ...], connection: str | None, as_json: bool) -> int:
    """Put pictures there and print their names.

    A picture that lies there already is not sent again.
    """
    from limner.app import App
    from limner.cli.progress import Progress

    made = []
    with App.open(session.environment) as app:
        for path in paths:
            with Progress(session.output, f"uploading {Path(path).name}", 1):
                made.append(app.upload(Path(path), connection))
            if not as_json:
                session.output.result(made[-1].name)
                session.output.note(f"{path}: {made[-1].size_bytes:,} bytes, until {_until(made[-1])}.", "dim")
    if as_json:
        session.output.json([file.to_json() for file in made])
    return 0


@files.command("show", examples=("limner files show files/abc-123",))
@click.argument("name", metavar="NAME")
@connection_option
@json_option
@click.pass_obj
def show_file(session: Session, /, name: str, connection: str | None, as_json: bool) -> int:
    """All that is known of one."""
    from limner.app import App

    with App.open(session.environment) as app:
        found = app.files(connection).get(name)
    if found is None:
        raise _missing(name)
    if as_json:
        session.output.json(found.to_json())
        return 0
    known = {key: str(value) for key, value in found.to_json().items() if key != "expiresAtMs"}
    session.output.facts([[(key, "bold"), value] for key, value in {**known, "until": _until(found)}.items()])
    return 0


@files.command("delete", examples=("limner files delete files/abc-123",))
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@connection_option
@click.pass_obj
def delete(session: Session, /, names: tuple[str, ...], connection: str | None) -> int:
    """Remove files; the pictures here stay."""
    from limner.app import App

    with App.open(session.environment) as app:
        client = app.files(connection)
        chosen = app.settings.connection(connection).name
        for name in names:
            full = name if name.startswith("files/") else f"files/{name}"
            if not client.delete(full):
                raise _missing(name)
            app.store.uploads.forget(chosen, full)
            session.output.note(f"{full} is deleted.", "green")
    return 0


def _row(file: RemoteFile) -> list[Cell]:
    return [file.name, file.mime_type, f"{file.size_bytes:,}", file.state, _until(file), file.display_name]


def _until(file: RemoteFile) -> str:
    if not file.expires_at_ms:
        return "-"
    left_h = (file.expires_at_ms - _clock.now_ms()) / 3_600_000
    return f"{when(file.expires_at_ms)} ({left_h:.0f} h)"


def _missing(name: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"There is no file {name!r} with this provider.", code="invalid.file", hint="`limner files` lists them."
    )
