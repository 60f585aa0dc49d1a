"""Commands that keep, hand on and put away what was made: trash, lineage, copy, report, export, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner.cli.command import Command, Group, Session
from limner.cli.generate import display_path, dollars
from limner.cli.history import MAX_LIMIT, find_call, hash_of, query_of, query_options
from limner.cli.options import json_option
from limner.cli.output import one_line
from limner.errors import InvalidRequestError

if TYPE_CHECKING:
    from limner.app import App
    from limner.app.archive import Moved
    from limner.core.blob import BlobRef
    from limner.store.journal import CallRecord

_ID_CHARACTERS = 12
_PROMPT_CHARACTERS = 70


@click.group(
    cls=Group,
    default="list",
    examples=(
        "limner trash put fox.png",
        "limner trash",
        "limner trash restore 01kah7",
        "limner trash empty --older 30d",
    ),
)
def trash() -> None:
    """Calls put away with their pictures.

    They can be taken back until the trash is emptied. Copies that lie elsewhere are never touched.
    """


@trash.command("put", examples=("limner trash put fox.png 01kah7",))
@click.argument("what", nargs=-1, required=True, metavar="ID|PATH...")
@click.pass_obj
def put(session: Session, /, what: tuple[str, ...]) -> int:
    """Put calls away, by id or by a picture they made."""
    from limner.app import App

    with App.open(session.environment) as app:
        ids = [find_call(app.store, each).call_id for each in what]
        count = app.store.trash.put(ids)
    session.output.note(f"{count} in the trash. Back with: limner trash restore {ids[0][:_ID_CHARACTERS]}", "green")
    return 0


@trash.command("list", examples=("limner trash", "limner trash --json"))
@json_option
@click.pass_obj
def list_trash(session: Session, /, as_json: bool) -> int:
    """What lies in the trash, newest call first."""
    from limner.cli.history import history

    arguments = ["--trash", "--limit", str(MAX_LIMIT), *(["--json"] if as_json else [])]
    with history.make_context("history", arguments, obj=session) as context:
        return int(history.invoke(context))


@trash.command("restore", examples=("limner trash restore 01kah7",))
@click.argument("what", nargs=-1, required=True, metavar="ID|PATH...")
@click.pass_obj
def restore(session: Session, /, what: tuple[str, ...]) -> int:
    """Take calls back as they were."""
    from limner.app import App

    with App.open(session.environment) as app:
        count = app.store.trash.restore([find_call(app.store, each).call_id for each in what])
    session.output.note(f"{count} taken back.", "green")
    return 0


@trash.command("empty", examples=("limner trash empty", "limner trash empty --older 30d --yes"))
@click.option("--older", metavar="DAY", help="Only what was put away before this day: 2026-11-27, or 30d.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def empty(session: Session, /, older: str | None, yes: bool) -> int:
    """Erase what lies in the trash, for good.

    Its prompts and pictures go; what it cost stays in the books. A turn that a conversation goes on from stays too.
    """
    from limner.app import App
    from limner.app.costs import parse_day

    output = session.output
    with App.open(session.environment) as app:
        count = app.store.history.count(trashed=True)
        if not yes and not click.confirm(f"Erase {count} calls and their pictures for good?", err=True):
            output.note("Nothing was erased.")
            return 0
        erased = app.store.trash.empty(before_ms=None if older is None else parse_day(older))
    output.note(f"{erased.calls} calls erased, {erased.blobs} pictures, {erased.freed_bytes / 1e6:.1f} MB.", "green")
    if erased.calls and not erased.blobs:
        output.note("Pictures that were stored within the last hour go with the next emptying.", "dim")
    if erased.needed:
        output.warning(f"{len(erased.needed)} were left: conversations go on from them.")
    return 0


@click.command(cls=Command, examples=("limner lineage fox.png", "limner lineage 01kah7 --json"))
@click.argument("what", metavar="ID|PATH")
@json_option
@click.pass_obj
def lineage(session: Session, /, what: str, as_json: bool) -> int:
    """Where a picture comes from, and what became of it.

    A tree of calls: each goes on from the one above it, by its picture or as the next turn of a conversation.
    """
    from limner.app import App
    from limner.app.lineage import lineage as grow
    from limner.app.lineage import lines

    output = session.output
    with App.open(session.environment) as app:
        tree = grow(app.store, find_call(app.store, what))
    if as_json:
        output.json(tree.to_json())
        return 0
    for indent, node in lines(tree):
        record = node.record
        cost = "?" if record.cost_usd is None else dollars(_decimal(record.cost_usd))
        words = one_line(record.prompt)[:_PROMPT_CHARACTERS] or "(erased)"
        ending = "" if record.outcome == "image" else f", {record.outcome or 'sent'}"
        text = f"{indent}{record.call_id[:_ID_CHARACTERS]}  {words}  ({record.model}, {cost}{ending})"
        output.result(text, "bold" if node.focus else None)
    return 0


@click.command(
    cls=Command,
    examples=("limner copy fox.png gift.png --recipe inside", "limner copy 01kah7 out/ --recipe side"),
)
@click.argument("what", metavar="ID|PATH")
@click.argument("target", metavar="TARGET")
@click.option(
    "--recipe",
    type=click.Choice(["side", "inside", "none"]),
    default="side",
    show_default=True,
    help="How it was made: in a file beside it, inside it, or nowhere.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.pass_obj
def copy(session: Session, /, what: str, target: str, recipe: Any, overwrite: bool) -> int:
    """Hand on a picture with its recipe.

    The recipe says what was asked of which model, from which pictures, and that a model made it (IPTC's digital source
    type). Inside a PNG it is a text chunk and XMP, inside a JPEG XMP; the picture itself is copied byte for byte. A
    picture with content credentials gets no recipe inside.
    """
    from limner.app import App
    from limner.app.delivery import slug
    from limner.app.recipe import save_copy

    with App.open(session.environment) as app:
        record = find_call(app.store, what)
        path = Path(target).expanduser()
        pictures = _pictures_of(app, record, what)
        for blob in pictures:
            place = path / slug(record.prompt) if target.endswith("/") or path.is_dir() else path
            written, notice = save_copy(app.store, record, blob, place, place=recipe, overwrite=overwrite)
            for each in written:
                session.output.path(display_path(each))
            if notice is not None:
                session.output.warning(notice)
    return 0


@click.command(cls=Command, examples=("limner report sheet.html --since 7d", "limner report foxes.html --search fox"))
@click.argument("target", metavar="FILE.html", type=click.Path(dir_okay=False, path_type=Path))
@query_options
@click.option("--limit", "-n", type=click.IntRange(1, 5000), default=200, show_default=True, help="At most so many.")
@click.option("--overwrite", is_flag=True, help="Replace the file.")
@click.pass_obj
def report(session: Session, /, target: Path, limit: int, overwrite: bool, **asked: Any) -> int:
    """A contact sheet in one HTML file.

    Pictures with what was asked, what it cost and where they come from. It needs nothing else and asks for nothing.
    """
    from limner.app import App
    from limner.app.report import write_report
    from limner.cli.progress import Progress

    with App.open(session.environment) as app:
        records = app.store.history.find(query_of(app.store, **asked), limit=limit)
        if not records:
            raise _nothing()
        with Progress(session.output, f"drawing {len(records)} calls", 1):
            path = write_report(app.store, records, target, overwrite=overwrite)
    session.output.path(display_path(path))
    return 0


@click.command(
    "export", cls=Command, examples=("limner export all.zip", "limner export foxes.zip --search fox --since 30d")
)
@click.argument("target", metavar="FILE.zip", type=click.Path(dir_okay=False, path_type=Path))
@query_options
@json_option
@click.pass_obj
def export(session: Session, /, target: Path, as_json: bool, **asked: Any) -> int:
    """Put calls and their pictures into one file.

    All of them, or those that the options choose, with their requests, replies and conversations. `limner import`
    takes them into another data folder, or back into this one. There is no key in it.
    """
    from limner.app import App
    from limner.app.archive import write_archive
    from limner.cli.progress import Progress

    with App.open(session.environment) as app:
        records = app.store.history.find(query_of(app.store, **asked), limit=10_000_000)
        if not records:
            raise _nothing()
        with Progress(session.output, f"exporting {len(records)} calls", 1):
            moved = write_archive(app.store, [record.call_id for record in records], target)
    _tell_moved(session, moved, f"in {target}", as_json=as_json)
    return 0


@click.command("import", cls=Command, examples=("limner import all.zip",))
@click.argument("source", metavar="FILE.zip", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def import_archive(session: Session, /, source: Path, as_json: bool) -> int:
    """Take the calls of an export into the data folder.

    Every picture is checked first. What is there already stays as it is, so importing twice changes nothing.
    """
    from limner.app import App
    from limner.app.archive import read_archive
    from limner.cli.progress import Progress

    with App.open(session.environment) as app, Progress(session.output, f"importing {source.name}", 1):
        moved = read_archive(app.store, source)
    _tell_moved(session, moved, f"taken in, {moved.known} were there already", as_json=as_json)
    return 0


def _nothing() -> InvalidRequestError:
    return InvalidRequestError("Nothing matches.", code="invalid.unknown_call", hint="See: limner history")


def _tell_moved(session: Session, moved: Moved, where: str, *, as_json: bool) -> None:
    if as_json:
        document = {"calls": moved.calls, "pictures": moved.blobs, "bytes": moved.bytes, "known": moved.known}
        session.output.json(document)
    else:
        words = f"{moved.calls} calls and {moved.blobs} pictures ({moved.bytes / 1e6:.1f} MB)"
        session.output.note(f"{words} {where}.", "green")


def _pictures_of(app: App, record: CallRecord, what: str) -> list[BlobRef]:
    """The picture at a path; or all finished ones of a call."""
    path = Path(what).expanduser()
    found = [image.blob for image in record.images if image.role == "result"]
    made = [each.blob for each in app.store.journal.made_of(record.call_id)]
    if path.is_file():
        sha256 = hash_of(path)
        return [blob for blob in (*found, *made) if blob.sha256 == sha256][:1]
    if not found:
        raise InvalidRequestError(
            f"The call {record.call_id[:_ID_CHARACTERS]} brought no picture.",
            code="invalid.unknown_picture",
            hint="`limner history` shows which did.",
        )
    return found


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)
