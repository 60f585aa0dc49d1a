"""After a crash: finishing what is on disk, and saying honestly what nobody can know.

A call in doubt is never repeated. A reply that had arrived is read from its spool; one that had not ends as
`interrupted`, unless a finished picture had arrived, which is kept. Pictures not yet put where they were wanted are
put there now. One call that cannot be recovered never stands in the way of the others, or of the start.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from limner.app.conclude import Expectation, conclude, image_of
from limner.app.delivery import Destination, deliver
from limner.app.result import Image
from limner.catalog.model import Model
from limner.config import Connection
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.result import Reply
from limner.core.size import AspectRatio, Resolution
from limner.errors import BlobCorruptError, LimnerError
from limner.providers import gemini
from limner.providers.send import Answer, parse_documents
from limner.store import disk, spool
from limner.store.journal import CallRecord
from limner.store.store import Store

Expect = Callable[[CallRecord], tuple[Connection | None, Expectation]]
Harvest = Callable[[Connection | None, Reply], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was found: calls finished from their spool, calls in doubt, and files put where they were wanted.

    `undelivered` are pictures that could not be put there, each with the reason; the next start tries again.
    """

    finished: tuple[CallRecord, ...] = ()
    unknown: tuple[CallRecord, ...] = ()
    delivered: tuple[Path, ...] = ()
    undelivered: tuple[tuple[CallRecord, str], ...] = ()

    @property
    def found_anything(self) -> bool:
        """True if an ended process had left something."""
        return bool(self.finished or self.unknown or self.delivered or self.undelivered)


def recover(store: Store, expect: Expect, harvest: Harvest) -> Recovery:
    """Finish what ended processes left. Safe to run at any time, from several processes at once.

    Raises `StorageError` if the disk fails.
    """
    try:
        return _recover(store, expect, harvest)
    except OSError as problem:
        raise disk.storage_error(problem, store.home) from problem


def _recover(store: Store, expect: Expect, harvest: Harvest) -> Recovery:
    finished: list[CallRecord] = []
    unknown: list[CallRecord] = []
    for record in store.journal.orphans():
        if not store.journal.claim(record):
            continue
        _finish(store, record, expect, harvest)
        after = store.journal.find(record.call_id)
        if after is not None:
            (unknown if after.outcome == OutcomeKind.INTERRUPTED else finished).append(after)
    _remove_spools(store)
    waiting = [record for record in store.journal.undelivered() if store.journal.claim(record)]
    waiting += [record for record in finished if not record.delivered]
    delivered, undelivered = _put_all(store, waiting)
    return Recovery(
        finished=tuple(finished), unknown=tuple(unknown), delivered=tuple(delivered), undelivered=tuple(undelivered)
    )


def notices(recovery: Recovery) -> list[str]:
    """What a person is told when a start found something."""
    told = []
    if recovery.finished or recovery.delivered:
        places = "".join(f"\n  {path}" for path in recovery.delivered)
        told.append(f"Recovered what an interrupted command had left ({len(recovery.finished)} calls).{places}")
    for record in recovery.unknown:
        told.append(
            f"A call was sent and no complete answer came before Limner stopped: {record.prompt[:60]!r}. "
            f"It may have been billed and was not repeated. `limner show {record.call_id}` tells more."
        )
    for record, reason in recovery.undelivered:
        told.append(
            f"A picture is kept but could not be put where it was wanted: {record.prompt[:60]!r}. {reason} "
            f"`limner show {record.call_id}` tells where it is."
        )
    return told


def expectation(record: CallRecord, model: Model, *, free: bool) -> Expectation:
    """What the recorded call was asked for."""
    ratio, size = record.asked.get("aspectRatio"), record.asked.get("size")
    return Expectation(
        model=model,
        aspect_ratio=None if ratio is None else AspectRatio.parse(ratio),
        resolution=None if size is None else Resolution.parse(size),
        free=free,
        deliver="out" in record.asked,
    )


def _finish(store: Store, record: CallRecord, expect: Expect, harvest: Harvest) -> None:
    connection, expected = expect(record)
    try:
        answer = _read_spool(store, record, connection, harvest)
        ending = conclude(answer, expected, store.blobs)
    except BlobCorruptError as problem:
        ending = conclude(_in_doubt(record, problem.message), expected, store.blobs)
    store.journal.finish_claimed(record.call_id, ending)


def _read_spool(store: Store, record: CallRecord, connection: Connection | None, harvest: Harvest) -> Answer:
    spooled = spool.read(store.spool_path(record.call_id))
    if spooled is None or spooled.attempt != record.attempts:
        return _in_doubt(record)
    documents, complete = parse_documents(spooled.body, complete=spooled.complete)
    reply = harvest(connection, gemini.read_reply(documents, spooled.status, spooled.headers, complete))
    if not complete and not reply.outcome.ok:
        reply = replace(reply, outcome=_in_doubt(record).reply.outcome)
    return Answer(reply=reply, documents=documents, status=spooled.status, sent=True, attempts=record.attempts)


def _in_doubt(record: CallRecord, message: str | None = None) -> Answer:
    outcome = Outcome(kind=OutcomeKind.INTERRUPTED, message=message)
    return Answer(reply=Reply(outcome=outcome), sent=True, attempts=record.attempts)


def _remove_spools(store: Store) -> None:
    """Remove the spools of calls that are done: those finished just now, and what a crash left after `done`."""
    for call_id in store.spooled_calls():
        record = store.journal.find(call_id)
        if record is not None and record.state == "done":
            with contextlib.suppress(OSError):
                store.spool_path(call_id).unlink(missing_ok=True)


def _put_all(store: Store, records: list[CallRecord]) -> tuple[list[Path], list[tuple[CallRecord, str]]]:
    delivered: list[Path] = []
    undelivered: list[tuple[CallRecord, str]] = []
    for record in records:
        try:
            delivered += _put(store, record)
        except LimnerError as problem:
            undelivered.append((record, problem.message))
        except OSError as problem:
            undelivered.append((record, f"{problem.strerror}."))
    return delivered, undelivered


def _put(store: Store, record: CallRecord) -> list[Path]:
    wanted = record.asked.get("out")
    destination = Destination() if wanted is None else Destination.from_json(wanted)
    destination.check_folder()
    disk.remove_unfinished_copies(destination.folder)
    taken: set[Path] = set()
    paths = []
    for stored in record.images:
        if stored.role == "result":
            image = image_of(stored, record.call_id, store.blobs)
            place = _found(image, record.prompt, destination, taken)
            paths.append(place or deliver(image.stored, record.prompt, image.extension, destination, taken))
    disk.sync_folder(destination.folder)  # what was found there was not written, and perhaps not synced
    store.journal.delivered(record.call_id, [str(path) for path in paths])
    return paths


def _found(image: Image, prompt: str, destination: Destination, taken: set[Path]) -> Path | None:
    """Where the picture was put before the crash, if it was: under one of the names it would get now."""
    for path in destination.names(prompt, image.extension):
        if not path.is_file():
            return None
        if path not in taken and path.stat().st_size == image.size_bytes and _sha256(path) == image.sha256:
            taken.add(path)
            return path
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
