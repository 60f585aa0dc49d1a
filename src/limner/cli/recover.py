"""`limner recover`: finish what a crash interrupted, and say what is in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from limner.cli.command import Command, Session
from limner.cli.generate import display_path
from limner.cli.history import record_to_json, when
from limner.cli.options import json_option
from limner.cli.output import one_line, shorten

if TYPE_CHECKING:
    from limner.app import Recovery
    from limner.store.journal import CallRecord


@click.command(cls=Command, examples=("limner recover", "limner recover --json"))
@json_option
@click.pass_obj
def recover(session: Session, /, as_json: bool) -> int:
    """Finish what a crash interrupted.

    An answer that had arrived is read, its pictures are put where they were wanted. A call that was sent and not
    answered is in doubt: it may have been billed, so it is never repeated by itself. Safe to run at any time.
    """
    from limner.app import App

    with App.open(session.environment) as app:
        found = app.recover()
    if as_json:
        session.output.json(_to_json(found))
    else:
        _tell(session, found)
    return 0


def _tell(session: Session, found: Recovery) -> None:
    output = session.output
    if not found.found_anything:
        output.note("Nothing was left unfinished.")
    for record in found.finished:
        output.note(f"finished  {_line(record)}  ({record.outcome})", "green")
    for record in found.unknown:
        output.note(f"in doubt  {_line(record)}", "yellow")
        output.note(
            f"          Sent, and no complete answer came: it may have been billed. `limner show {record.call_id}` "
            "tells more; run the command again if you want the picture."
        )
    for path in found.delivered:
        output.path(display_path(path))


def _line(record: CallRecord) -> str:
    return f"{record.call_id}  {when(record.created_at_ms)}  {record.model}  {shorten(one_line(record.prompt), 50)}"


def _to_json(found: Recovery) -> dict[str, object]:
    return {
        "finished": [record_to_json(record) for record in found.finished],
        "unknown": [record_to_json(record) for record in found.unknown],
        "delivered": [str(path) for path in found.delivered],
    }
