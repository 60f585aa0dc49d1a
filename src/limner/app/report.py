"""A contact sheet: pictures with what was asked, what it cost and where they come from, in one HTML file."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from pathlib import Path

from limner.app.lineage import lineage
from limner.errors import InvalidRequestError, LimnerError
from limner.redaction import redact
from limner.store import disk
from limner.store.journal import CallRecord, StoredImage
from limner.store.store import Store

THUMBNAIL_PX = 360
"""Longer side of a picture in the sheet, in pixels."""

_STYLE = """
  :root { color-scheme: light dark; --ground: #f4f4f5; --card: #fff; --ink: #1d1d1f; --quiet: #6b6b70;
          --rule: #e3e3e6; }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #161618; --card: #212124; --ink: #ececee; --quiet: #9a9aa0; --rule: #333338; }
  }
  body { margin: 0; padding: 2rem; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
  h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
  .sum { color: var(--quiet); margin: 0 0 2rem; }
  main { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); }
  article { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; overflow: hidden; }
  article:target { outline: 3px solid #3b6ea5; }
  img { display: block; width: 100%; height: 15rem; object-fit: contain; background: #808080; }
  .words { padding: .75rem 1rem 1rem; }
  .prompt { margin: 0 0 .5rem; overflow-wrap: anywhere; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .75rem; margin: 0; font-size: 13px; }
  dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
  .none { display: grid; place-items: center; height: 15rem; color: var(--quiet); background: var(--ground); }
"""


def write_report(store: Store, records: Sequence[CallRecord], target: Path, *, overwrite: bool = False) -> Path:
    """Write the sheet of `records` to `target`, durably. Raises `InvalidRequestError` if it is there."""
    try:
        disk.make_folder(target.absolute().parent)
        placed = disk.place_pieces(_page(store, records), target, overwrite=overwrite)
    except OSError as problem:
        raise disk.storage_error(problem, target) from problem
    if not placed:
        raise InvalidRequestError(
            f"{str(target)!r} is there already.", code="invalid.exists", hint="Choose another name or --overwrite."
        )
    return target


def _page(store: Store, records: Sequence[CallRecord]) -> Iterator[bytes]:
    known = [Decimal(record.cost_usd) for record in records if record.cost_usd is not None]
    pictures = sum(image.role == "result" for record in records for image in record.images)
    first, last = (_day(record) for record in (records[-1], records[0])) if records else ("", "")
    days = first if first == last else f"{first} to {last}"
    yield (
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
        '<meta name=viewport content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=Content-Security-Policy "
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>Contact sheet</title>\n<style>{_STYLE}</style>\n<h1>Contact sheet</h1>\n"
        f"<p class=sum>{pictures} pictures of {len(records)} calls, ${sum(known, Decimal(0)):.4f}, {days}</p>\n<main>\n"
    ).encode()
    shown = {record.call_id for record in records}
    for record in records:
        yield from _card(store, record, shown)
    yield b"</main>\n"


def _card(store: Store, record: CallRecord, shown: set[str]) -> Iterator[bytes]:
    results = [image for image in record.images if image.role == "result"]
    yield f'<article id="{escape(record.call_id)}">'.encode()
    if not results:
        yield f"<div class=none>{escape(record.outcome or 'no answer yet')}</div>".encode()
    for image in results:
        yield from _thumbnail(store, image)
    yield b"<div class=words>"
    yield f"<p class=prompt>{escape(redact(record.prompt)) or '<em>erased</em>'}</p><dl>".encode()
    for name, value in _facts(store, record, results, shown):
        yield f"<dt>{name}</dt><dd>{value}</dd>".encode()
    yield b"</dl></div></article>\n"


def _facts(store: Store, record: CallRecord, results: list[StoredImage], shown: set[str]) -> Iterator[tuple[str, str]]:
    yield "model", escape(f"{record.model} on {record.connection}")
    if results:
        yield "size", ", ".join(f"{image.width}x{image.height}" for image in results)
    yield "cost", "unknown" if record.cost_usd is None else f"${Decimal(record.cost_usd):.4f}"
    yield "made", f"{_day(record)} {datetime.fromtimestamp(record.created_at_ms / 1000).astimezone():%H:%M}"
    root = lineage(store, record).record
    if root.call_id != record.call_id:
        name = escape(redact(root.prompt)[:60])
        yield "from", f'<a href="#{escape(root.call_id)}">{name}</a>' if root.call_id in shown else name


def _thumbnail(store: Store, image: StoredImage) -> Iterator[bytes]:
    from limner.imaging.decode import jpeg_bytes, open_checked, shrink

    try:
        with store.blobs.open(image.blob) as file:
            small = jpeg_bytes(shrink(open_checked(file), max_side_px=THUMBNAIL_PX))
    except LimnerError as problem:
        yield f"<div class=none>{escape(problem.message.splitlines()[0])}</div>".encode()
        return
    yield b'<img alt="" loading="lazy" src="data:image/jpeg;base64,' + base64.b64encode(small) + b'">'


def _day(record: CallRecord) -> str:
    return f"{datetime.fromtimestamp(record.created_at_ms / 1000).astimezone():%Y-%m-%d}"
