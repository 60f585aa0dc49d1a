"""`limner history` and `limner show`: every call made, and all that is known of one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from limner import _clock
from limner._json import JsonObject
from limner.cli.command import Command, Session
from limner.cli.options import F, json_option, typed_dollars
from limner.cli.output import Cell, Output, Style, one_line
from limner.core.provenance import find_credentials
from limner.errors import InvalidRequestError
from limner.redaction import redact

if TYPE_CHECKING:
    from limner.app import App
    from limner.store.history import Query
    from limner.store.journal import CallRecord, StoredImage
    from limner.store.store import Store

MAX_LIMIT = 100_000
_PROMPT_COLUMNS = 200
_ID_CHARACTERS = 12
"""So much of an id is shown in a list: the time in milliseconds and three characters of chance."""


def query_options(function: F) -> F:
    """The options that choose calls, the same wherever calls are chosen."""
    for option in reversed(_QUERY_OPTIONS):
        function = option(function)
    return function


_QUERY_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option("--search", "-s", metavar="WORDS", default="", help="Only calls whose prompt has all these words."),
    click.option("--model", "-m", metavar="MODEL", help="Only calls to this model, or those that begin so."),
    click.option("--connection", "-c", metavar="NAME", help="Only calls on this connection."),
    click.option("--outcome", metavar="OUTCOME", help="Only calls that ended so: image, blocked, timeout ..."),
    click.option("--since", metavar="DAY", help="From this day on: 2026-11-27, today, or 7d for a week ago."),
    click.option("--until", metavar="DAY", help="Up to this day, which is included."),
    click.option("--min-cost", metavar="USD", help="Only calls that cost at least so much."),
    click.option("--max-cost", metavar="USD", help="Only calls that cost at most so much."),
    click.option("--parent", metavar="ID|PATH", help="Only calls that go on from this call or picture."),
)


@click.command(
    cls=Command,
    examples=("limner history", "limner history --search fox --since 7d", "limner history --min-cost 0.1 --json"),
)
@query_options
@click.option("--trash", "trashed", is_flag=True, help="What lies in the trash.")
@click.option(
    "--limit", "-n", type=click.IntRange(1, MAX_LIMIT), default=20, metavar="N", help="How many; 20 by default."
)
@json_option
@click.pass_obj
def history(session: Session, /, trashed: bool, limit: int, as_json: bool, **asked: Any) -> int:
    """Every call made, newest first.

    With its outcome, what it cost, and where its picture lies.
    """
    from limner.app import App

    with App.open(session.environment) as app:
        records = app.store.history.find(query_of(app.store, trashed=trashed, **asked), limit=limit)
    if as_json:
        session.output.json([record_to_json(record) for record in records])
    elif not records:
        empty = "The trash is empty." if trashed else "No calls yet."
        session.output.note("Nothing matches." if any(asked.values()) else empty)
    else:
        heads: list[list[Cell]] = [
            [(head, "bold") for head in ("ID", "WHEN", "MODEL", "OUTCOME", "COST", "PICTURE", "PROMPT")]
        ]
        session.output.table(heads + [_row(record) for record in records], flexible=(6, 5, 2))
    return 0


def query_of(
    store: Store,
    *,
    search: str,
    model: str | None,
    connection: str | None,
    outcome: str | None,
    since: str | None,
    until: str | None,
    min_cost: str | None,
    max_cost: str | None,
    parent: str | None,
    trashed: bool = False,
) -> Query:
    """What the options of `query_options` ask for. Raises `InvalidRequestError` for what cannot be."""
    from limner.app.costs import day_after, parse_day
    from limner.core.money import to_micro
    from limner.store.history import Query

    path = None if parent is None else Path(parent).expanduser()
    if parent is not None and path is not None:
        parent = hash_of(path) if path.is_file() else find_call(store, parent).call_id
    return Query(
        words=search,
        model=model,
        connection=connection,
        outcome=outcome,
        since_ms=None if since is None else parse_day(since),
        until_ms=None if until is None else day_after(until),
        min_cost=None if min_cost is None else to_micro(typed_dollars(min_cost)),
        max_cost=None if max_cost is None else to_micro(typed_dollars(max_cost)),
        parent=parent,
        trashed=trashed,
    )


@click.command(cls=Command, examples=("limner show fox.jpg", "limner show 01kah7", "limner show fox.jpg --full"))
@click.argument("what", metavar="ID|PATH")
@click.option("--full", is_flag=True, help="Add the exact request and reply, pictures as references.")
@json_option
@click.pass_obj
def show(session: Session, /, what: str, full: bool, as_json: bool) -> int:
    """All that is known of one call or picture.

    What was asked of whom, how it ended and why, what it cost, which pictures it was given and made, where they lie.
    ID is the beginning of an id of `limner history`; PATH is a picture that Limner made, wherever it is now.
    """
    from limner.app import App

    with App.open(session.environment) as app:
        record = find_call(app.store, what)
        document = _details(app, record, full=full)
    if as_json:
        session.output.json(document)
    else:
        _tell(session.output, record, document, full=full)
    return 0


def when(milliseconds: int) -> str:
    """A time as the local clock shows it, `2026-11-20 13:45`."""
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


def _short_when(milliseconds: int) -> str:
    """As `when`, without the year in the current one and without the time of day before it."""
    full = when(milliseconds)
    return full[5:] if full[:4] == when(_clock.now_ms())[:4] else full[:10]


def record_to_json(record: CallRecord) -> JsonObject:
    """A call as `--json` prints it; times are ISO 8601 in UTC, cost is US dollars."""
    return {
        "id": record.call_id,
        "group": record.group_id,
        "state": record.state,
        "kind": record.kind,
        "connection": record.connection,
        "model": record.model,
        "prompt": record.prompt,
        "asked": record.asked,
        "createdAt": _iso(record.created_at_ms),
        "endedAt": None if record.ended_at_ms is None else _iso(record.ended_at_ms),
        "attempts": record.attempts,
        "outcome": record.outcome,
        "reason": record.reason,
        "message": None if record.message is None else redact(record.message),
        "billed": record.billed,
        "cost": None if record.cost_usd is None else float(record.cost_usd),
        "usage": record.usage,
        "httpStatus": record.http_status,
        "warnings": list(record.warnings),
        "images": [_image_to_json(image) for image in record.images if image.role == "result"],
    }


def _image_to_json(image: StoredImage) -> JsonObject:
    return {
        "path": image.path,
        "mimeType": image.mime_type,
        "width": image.width,
        "height": image.height,
        "bytes": image.blob.size,
        "sha256": image.blob.sha256,
    }


def _row(record: CallRecord) -> list[Cell]:
    return [
        record.call_id[:_ID_CHARACTERS],
        _short_when(record.created_at_ms),
        record.model,
        _outcome_cell(record),
        _cost(record),
        _picture(record),
        one_line(record.prompt)[:_PROMPT_COLUMNS],
    ]


def _outcome_cell(record: CallRecord) -> Cell:
    if record.outcome is None:
        return ("on its way", "yellow")
    style: Style = "green" if record.outcome == "image" else "yellow" if record.billed == "unknown" else "red"
    return (record.outcome, style)


def _cost(record: CallRecord) -> str:
    from decimal import Decimal

    from limner.cli.generate import dollars

    if record.billed == "no" and record.outcome != "image":
        return "-"
    return dollars(None if record.cost_usd is None else Decimal(record.cost_usd))


def _picture(record: CallRecord) -> str:
    path = next((image.path for image in record.images if image.role == "result" and image.path), None)
    return "-" if path is None else Path(path).name


def find_call(store: Store, what: str) -> CallRecord:
    """The call whose id begins so, or that made the picture at this path. Raises `InvalidRequestError`."""
    path = Path(what).expanduser()
    if path.is_file():
        found = store.journal.find_by_picture(hash_of(path))
        if not found:
            raise InvalidRequestError(
                f"{what!r} was not made by this Limner, or was changed since.",
                code="invalid.unknown_picture",
                hint="`limner history --search WORDS` finds calls by their prompt.",
            )
        here = str(path.absolute())
        return next((record for record in found if here in (image.path for image in record.images)), found[0])
    found = store.journal.find_by_prefix(what) if what else []
    if len(found) == 1 or (found and found[0].call_id == what):
        return found[0]
    if found:
        raise InvalidRequestError(
            f"Several calls begin with {what!r}: {', '.join(record.call_id for record in found[:5])}.",
            code="invalid.ambiguous",
            hint="Give more of the id.",
        )
    raise InvalidRequestError(
        f"There is neither a call nor a file {what!r}.",
        code="invalid.unknown_call",
        hint="`limner history` lists the calls.",
    )


def hash_of(path: Path) -> str:
    """The SHA-256 of a file. Raises `InvalidRequestError` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise InvalidRequestError(
            f"{str(path)!r} cannot be read: {problem.strerror}.", code="invalid.image"
        ) from problem


def _details(app: App, record: CallRecord, *, full: bool) -> JsonObject:
    store = app.store
    document = record_to_json(record)
    document["parents"] = [_parent(store, image) for image in record.images if image.role == "input"]
    document["images"] = [_located(store, image) for image in record.images if image.role == "result"]
    document["made"] = [
        {"kind": made.kind, "sha256": made.blob.sha256, "bytes": made.blob.size, "path": made.path}
        | {"stored": str(store.blobs.path(made.blob)), "of": made.source_sha256}
        for made in store.journal.made_of(record.call_id)
    ]
    document["drafts"] = [_located(store, image) for image in record.images if image.role == "draft"]
    if full:
        document["request"] = store.journal.request(record.call_id)
        document["reply"] = store.journal.reply(record.call_id)
    return document


def _located(store: Store, image: StoredImage) -> JsonObject:
    path = image.path
    with store.blobs.open(image.blob) as file:
        credentials = find_credentials(file)
    return {
        **_image_to_json(image),
        "stored": str(store.blobs.path(image.blob)),
        "contentCredentials": None if credentials is None else credentials.size_bytes,
        "unchanged": None if path is None else os.path.isfile(path) and hash_of(Path(path)) == image.blob.sha256,
    }


def _parent(store: Store, image: StoredImage) -> JsonObject:
    made_by = store.journal.find_by_picture(image.blob.sha256)
    return {
        "sha256": image.blob.sha256,
        "mimeType": image.mime_type,
        "bytes": image.blob.size,
        "stored": str(store.blobs.path(image.blob)),
        "call": made_by[0].call_id if made_by else None,
    }


def _tell(output: Output, record: CallRecord, document: JsonObject, *, full: bool) -> None:
    output.facts([[(head, "bold"), *rest] for head, *rest in _facts(record, document)])
    if full:
        import json

        for head in ("request", "reply"):
            output.result()
            output.result(head, "bold")
            output.result(json.dumps(document[head], indent=2, ensure_ascii=False))


def _facts(record: CallRecord, document: JsonObject) -> list[list[str]]:
    asked = ", ".join(f"{key} {value}" for key, value in record.asked.items() if value is not None and key != "out")
    rows = [
        ["id", record.call_id],
        ["when", when(record.created_at_ms) + _duration(record)],
        ["kind", record.kind],
        ["model", f"{record.model} on {record.connection}"],
        ["prompt", record.prompt],
        ["asked", asked or "nothing in particular"],
        ["outcome", _ending(record)],
        ["billed", f"{record.billed or 'not known yet'}, {_cost(record)}"],
    ]
    rows += [["warning", warning] for warning in record.warnings]
    rows += [["parent", _parent_text(parent)] for parent in document["parents"]]
    for role in ("images", "drafts"):
        for image in document[role]:
            rows += _image_rows(role.removesuffix("s").replace("image", "picture"), image)
    for made in document["made"]:
        rows += [[made["kind"], f"{made['bytes']:,} bytes, {made['path'] or made['stored']}"]]
    return rows


def _image_rows(name: str, image: dict[str, Any]) -> list[list[str]]:
    size = f"{image['width']}x{image['height']} {image['mimeType']}, {image['bytes']:,} bytes"
    rows = [[name, size], ["", f"sha256 {image['sha256']}"]]
    if image["path"] is not None:
        rows.append(["", image["path"] + ("" if image["unchanged"] else "  (no longer there, or changed)")])
    if image["contentCredentials"] is not None:
        rows.append(["", f"content credentials (C2PA), {image['contentCredentials']:,} bytes, not verified"])
    return [*rows, ["", f"original in {image['stored']}"]]


def _parent_text(parent: dict[str, Any]) -> str:
    made = f"made by {parent['call']}" if parent["call"] else "from outside"
    return f"{made}, {parent['mimeType']}, kept in {parent['stored']}"


def _ending(record: CallRecord) -> str:
    if record.outcome is None:
        return "sent, no answer yet"
    reason = f" ({record.reason})" if record.reason else ""
    message = f": {redact(record.message)}" if record.message else ""
    return f"{record.outcome}{reason}{message}"


def _duration(record: CallRecord) -> str:
    if record.ended_at_ms is None:
        return ""
    tries = f", {record.attempts} attempts" if record.attempts > 1 else ""
    return f", took {(record.ended_at_ms - record.created_at_ms) / 1000:.1f} s{tries}"


def _iso(milliseconds: int) -> str:
    from datetime import UTC

    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
