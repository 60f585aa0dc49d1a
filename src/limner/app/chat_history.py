"""What of a conversation goes out with the next turn: everything for the model that made it, less for another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from limner.catalog.model import Model
from limner.core.parts import FilePart, ImagePart, Part, Turn
from limner.store.journal import CallRecord, Journal
from limner.store.uploads import Uploads
from limner.wire.gemini.turns import answered_turn, asked_turn, foreign_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call of a conversation: what was asked, what came, and the record of the call."""

    record: CallRecord
    asked: Turn
    answered: Turn | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Who gets the next turn: the name of the connection, the id that is sent, and the model behind it."""

    connection: str
    model_id: str
    model: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The turns to send, pictures to attach where turns cannot be sent, and what had to be left behind."""

    turns: tuple[Turn, ...] = ()
    images: tuple[ImagePart, ...] = ()
    notices: tuple[str, ...] = ()


def exchanges(journal: Journal, uploads: Uploads, head: str | None) -> list[Exchange]:
    """The exchanges that lead to the call `head`, the first one first.

    Pictures that were sent by their address at the provider are put in its place: the address dies after two days.
    """
    if head is None:
        return []
    found = []
    for record in journal.chain(head):
        reply = journal.reply(record.call_id)
        answered = answered_turn(reply) if isinstance(reply, list) else None
        asked = asked_turn(journal.request(record.call_id))
        parts = tuple(_at_home(part, uploads) for part in asked.parts)
        found.append(Exchange(record=record, asked=replace(asked, parts=parts), answered=answered))
    return found


def _at_home(part: Part, uploads: Uploads) -> Part:
    known = uploads.blob_of(part.uri) if isinstance(part, FilePart) else None
    return part if known is None else ImagePart(blob=known[0], mime_type=known[1])


def carry(history: list[Exchange], target: Target) -> Carried:
    """The turns of `history` as `target` can take them. Its own go out exactly as they came."""
    if not history:
        return Carried()
    if not target.model.capabilities.conversation:
        return _last_picture_only(history, target)
    turns: list[Turn] = []
    for exchange in history:
        turns += _turns_for(exchange, target)
    return Carried(turns=_joined(turns), notices=tuple(_notices(history, target)))


def is_of(exchange: Exchange, target: Target) -> bool:
    """Whether the exchange was with this very model on this very connection: signatures hold nowhere else."""
    return (exchange.record.connection, exchange.record.model) == (target.connection, target.model_id)


def _turns_for(exchange: Exchange, target: Target) -> Iterator[Turn]:
    turns = [turn for turn in (exchange.asked, exchange.answered) if turn is not None]
    if is_of(exchange, target):
        yield from turns
        return
    for turn in turns:
        foreign = foreign_turn(turn, demands_signatures=target.model.capabilities.needs_signatures)
        accepted = None if foreign is None else _accepted(foreign, target)
        if accepted is not None:
            yield accepted


def _accepted(turn: Turn, target: Target) -> Turn | None:
    parts = tuple(part for part in turn.parts if _takes(part, target))
    return replace(turn, parts=parts) if parts else None


def _takes(part: Part, target: Target) -> bool:
    allowed = target.model.capabilities.input_mime_types
    return not isinstance(part, ImagePart) or allowed is None or not part.mime_type or part.mime_type in allowed


def _joined(turns: list[Turn]) -> tuple[Turn, ...]:
    """Turns that alternate: where one fell away, its neighbours of one role become one."""
    joined: list[Turn] = []
    for turn in turns:
        if joined and joined[-1].role == turn.role:
            joined[-1] = replace(turn, parts=(*joined[-1].parts, *turn.parts))
        else:
            joined.append(turn)
    while joined and joined[0].role == "model":
        joined.pop(0)
    if joined and joined[-1].role == "user":
        joined.pop()
    return tuple(joined)


def _last_picture_only(history: list[Exchange], target: Target) -> Carried:
    pictures = [
        part
        for exchange in history
        for turn in (exchange.asked, exchange.answered)
        for part in (turn.parts if turn is not None else ())
        if isinstance(part, ImagePart) and not part.thought and _takes(part, target)
    ]
    takes_pictures = target.model.capabilities.max_reference_images != 0
    last = tuple(replace(part, signature=None) for part in pictures[-1:]) if takes_pictures else ()
    notice = f"{target.model_id} continues no conversation: the earlier turns are left behind" + (
        ", the last picture goes along." if last else "."
    )
    return Carried(images=last, notices=(notice,))


def _notices(history: list[Exchange], target: Target) -> Iterator[str]:
    foreign = [exchange for exchange in history if not is_of(exchange, target)]
    parts = [part for exchange in foreign if exchange.answered for part in exchange.answered.parts]
    signed = sum(getattr(part, "signature", None) is not None for part in parts)
    if signed:
        makers = ", ".join(sorted({f"{each.record.model} on {each.record.connection}" for each in foreign}))
        yield f"{signed} signatures of {makers} are left behind: {target.model_id} would refuse them."
    everything = [part for each in foreign for turn in (each.asked, each.answered) if turn for part in turn.parts]
    refused = sorted({getattr(part, "mime_type", "") for part in everything if not _takes(part, target)})
    if refused:
        yield f"Pictures of type {', '.join(refused)} are left behind: {target.model_id} does not take them."
