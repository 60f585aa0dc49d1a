"""Cards of what was asked for: each wish, and each command of elsewhere, with its pictures, its cost or its failure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from limner import _clock
from limner.core.size import AspectRatio
from limner.store.gallery import Shown
from limner.store.journal import CallRecord
from limner.store.wishes import Wish
from limner.studio.draft import Draft, Reference, address_of, draft_of_wish
from limner.studio.failure import Failure, failure_of, failure_of_wish
from limner.studio.offer import usual_s
from limner.studio.visit import Visit

MOST = 30
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`state` is waiting, running, done, failed or cancelled. `missing` pictures are still to come, of `shape`.

    `again` is the address that fills the composer with the same.
    """

    id: str
    state: str
    prompt: str
    about: tuple[str, ...]
    pictures: tuple[Shown, ...] = ()
    text: str = ""
    failures: tuple[Failure, ...] = ()
    missing: int = 0
    shape: tuple[int, int] = (1, 1)
    since_ms: int | None = None
    took_ms: int | None = None
    usd: Decimal | None = None
    usual: tuple[int, int] | None = None
    place: int | None = None
    again: str = ""
    is_wish: bool = True


def cards(visit: Visit) -> list[Card]:
    """What was asked for in the last day, the oldest first, so that the newest stands beside the composer."""
    store, since = visit.context.app.store, _clock.now_ms() - _DAY_MS
    wishes = {wish.id: wish for wish in store.wishes.since(since, limit=MOST)}
    groups = [group for group in store.history.groups(since, limit=MOST) if group not in wishes]
    found = [(wish.created_at_ms, wish_card(visit, wish)) for wish in wishes.values()]
    for group in groups:
        records = store.history.of_group(group)
        if records and not any(record.parent_id for record in records):
            found.append((records[0].created_at_ms, call_card(visit, records)))
    found.sort(key=lambda each: each[0])
    shown = [card for _, card in found if card.pictures or card.failures or card.state in ("waiting", "running")]
    return shown[-MOST:]


def wish_card(visit: Visit, wish: Wish) -> Card:
    """The card of a wish."""
    context = visit.context
    records = [record for record in context.making.calls(wish) if record.trashed_at_ms is None]
    is_open = wish.state in ("waiting", "running")
    draft = draft_of_wish(wish.ask)
    pictures = _pictures(visit, records)
    failures = _failures(visit, records)
    if wish.error is not None and not records:
        failures = (failure_of_wish(wish),)
    connection = draft.connection or context.app.settings.default_connection
    model = records[0].model if records else draft.model
    waiting = [each.id for each in context.app.store.wishes.open() if each.state == "waiting"]
    return Card(
        id=wish.id,
        state=wish.state,
        prompt=draft.prompt,
        about=tuple(each for each in (model, connection, draft.ratio, draft.size) if each),
        pictures=pictures,
        text=_text(visit, records),
        failures=failures,
        missing=max(0, len(wish.call_ids) - sum(1 for record in records if record.state == "done")) if is_open else 0,
        shape=_shape(draft),
        since_ms=wish.begun_at_ms or wish.created_at_ms,
        took_ms=None if wish.ended_at_ms is None else wish.ended_at_ms - (wish.begun_at_ms or wish.created_at_ms),
        usd=_usd(records),
        usual=usual_s(visit, model, connection) if is_open else None,
        place=waiting.index(wish.id) + 1 if wish.id in waiting else None,
        again=address_of(draft),
    )


def call_card(visit: Visit, records: list[CallRecord]) -> Card:
    """The card of a command that was given elsewhere."""
    first = records[0]
    ended = [record.ended_at_ms for record in records if record.ended_at_ms is not None]
    return Card(
        id=first.group_id,
        state="done" if len(ended) == len(records) else "running",
        prompt=first.prompt,
        about=tuple(each for each in (first.model, first.connection, first.asked.get("aspectRatio")) if each),
        pictures=_pictures(visit, records),
        text=_text(visit, records),
        failures=_failures(visit, records),
        missing=len(records) - len(ended),
        since_ms=first.created_at_ms,
        took_ms=max(ended) - first.created_at_ms if ended else None,
        usd=_usd(records),
        again=address_of(draft_of_record(first)),
        is_wish=False,
    )


def draft_of_record(record: CallRecord) -> Draft:
    """The composer filled with what a call asked for."""
    given = [image for image in record.images if image.role == "input"]
    return Draft(
        prompt=record.prompt,
        connection=record.connection,
        model=record.model,
        ratio=record.asked.get("aspectRatio") or "",
        size=record.asked.get("size") or "",
        references=tuple(
            Reference(
                sha256=image.blob.sha256,
                size=image.blob.size,
                mime_type=image.mime_type,
                role="edit" if number == 0 and record.kind == "edit" else "",
            )
            for number, image in enumerate(given)
        ),
    )


def _pictures(visit: Visit, records: list[CallRecord]) -> tuple[Shown, ...]:
    gallery = visit.context.app.store.gallery
    return tuple(picture for record in records for picture in gallery.of_call(record.call_id))


def _failures(visit: Visit, records: list[CallRecord]) -> tuple[Failure, ...]:
    failed = [record for record in records if record.state == "done" and record.outcome != "image"]
    return tuple(failure_of(record, _text(visit, [record])) for record in failed)


def _text(visit: Visit, records: list[CallRecord]) -> str:
    """What the model said beside its pictures."""
    said = []
    for record in records:
        result = visit.context.app.recorded(record.call_id) if record.state == "done" else None
        if result is not None:
            said.append(result.text.strip())
    return "\n".join(dict.fromkeys(filter(None, said)))


def _usd(records: list[CallRecord]) -> Decimal | None:
    known = [Decimal(record.cost_usd) for record in records if record.cost_usd is not None]
    return sum(known, Decimal(0)) if known else None


def _shape(draft: Draft) -> tuple[int, int]:
    try:
        ratio = AspectRatio.parse(draft.ratio)
    except ValueError:
        return (1, 1)
    return ratio.width, ratio.height
