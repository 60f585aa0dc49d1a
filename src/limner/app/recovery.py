"""After a crash: finishing what is on disk, and saying honestly what nobody can know.

A call in doubt is never repeated. A reply that had arrived is read from its spool; one that had not ends as
`interrupted`, unless a finished picture had arrived, which is kept. Pictures not yet put where they were wanted are
put there now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from limner.app.conclude import Expectation, conclude, image_of
from limner.app.delivery import Destination, deliver
from limner.catalog.model import Model
from limner.config import Connection
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.result import Reply
from limner.core.size import AspectRatio, Resolution
from limner.providers import gemini
from limner.providers.send import Answer, parse_documents
from limner.store import spool
from limner.store.journal import CallRecord
from limner.store.store import Store

Expect = Callable[[CallRecord], tuple[Connection | None, Expectation]]
Harvest = Callable[[Connection | None, Reply], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was found: calls finished from their spool, calls in doubt, and files put where they were wanted."""

    finished: tuple[CallRecord, ...] = ()
    unknown: tuple[CallRecord, ...] = ()
    delivered: tuple[Path, ...] = ()

    @property
    def found_anything(self) -> bool:
        """True if an ended process had left something."""
        return bool(self.finished or self.unknown or self.delivered)


def recover(store: Store, expect: Expect, harvest: Harvest) -> Recovery:
    """Finish what ended processes left. Safe to run at any time, from several processes at once."""
    finished: list[CallRecord] = []
    unknown: list[CallRecord] = []
    for record in store.journal.orphans():
        if not store.journal.claim(record):
            continue
        _finish(store, record, expect, harvest)
        after = store.journal.find(record.call_id)
        if after is not None:
            (unknown if after.outcome == OutcomeKind.INTERRUPTED else finished).append(after)
    delivered = [path for record in store.journal.undelivered() for path in _deliver(store, record)]
    delivered += [path for record in finished if not record.delivered for path in _put(store, record)]
    return Recovery(finished=tuple(finished), unknown=tuple(unknown), delivered=tuple(delivered))


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
    answer = _read_spool(store, record, connection, harvest)
    store.journal.finish_claimed(record.call_id, conclude(answer, expected, store.blobs))
    store.spool_path(record.call_id).unlink(missing_ok=True)


def _read_spool(store: Store, record: CallRecord, connection: Connection | None, harvest: Harvest) -> Answer:
    spooled = spool.read(store.spool_path(record.call_id))
    if spooled is None:
        return Answer(reply=Reply(outcome=_interrupted()), sent=True, attempts=record.attempts)
    documents, complete = parse_documents(spooled.body, complete=spooled.complete)
    reply = harvest(connection, gemini.read_reply(documents, spooled.status, spooled.headers, complete))
    if not complete and not reply.outcome.ok:
        reply = replace(reply, outcome=_interrupted())
    return Answer(reply=reply, documents=documents, status=spooled.status, sent=True, attempts=record.attempts)


def _interrupted() -> Outcome:
    return Outcome(kind=OutcomeKind.INTERRUPTED)


def _deliver(store: Store, record: CallRecord) -> list[Path]:
    return _put(store, record) if store.journal.claim(record) else []


def _put(store: Store, record: CallRecord) -> list[Path]:
    wanted = record.asked.get("out")
    destination = Destination() if wanted is None else Destination.from_json(wanted)
    destination.check_folder()
    taken: set[Path] = set()
    paths = []
    for stored in record.images:
        if stored.role == "result":
            image = image_of(stored, record.call_id, store.blobs)
            paths.append(deliver(image.stored, record.prompt, image.extension, destination, taken))
    store.journal.delivered(record.call_id, [str(path) for path in paths])
    return paths
