"""An answer as a stream's events, as Google cuts it: text in pieces, a picture whole."""

from __future__ import annotations

from collections.abc import Iterator

from limner._json import JsonObject
from limner.core.parts import Part, TextPart
from limner.core.result import Reply
from limner.wire.gemini.parts import PartBody, part_to_wire
from limner.wire.gemini.reply import candidate_to_wire, reply_to_wire

TEXT_PIECE_CHARACTERS = 24
"""Length at which a text is cut into events."""


def reply_to_events(reply: Reply) -> tuple[JsonObject, ...]:
    """The lifted documents of a streamed answer, at least one; usage and finish reason stand in the last.

    `ValueError` as for `reply_to_wire`.
    """
    whole = reply_to_wire(reply)
    if not reply.parts:
        return (whole,)
    names = {name: whole[name] for name in ("modelVersion", "responseId") if name in whole}
    pieces = [piece for part in reply.parts for piece in _pieces(part)]
    end = part_to_wire(pieces.pop()) if all(isinstance(part, TextPart) for part in reply.parts) else _END
    events = [{"candidates": [_running(piece)], **names} for piece in pieces]
    return (*events, {**whole, "candidates": [candidate_to_wire(reply, [end])]})


_END: PartBody = {"text": ""}
"""After a picture, an empty text, as Gemini 3 and Vertex AI end: Google's chats forget a turn without a last part."""


def _running(piece: Part) -> JsonObject:
    return {"content": {"parts": [part_to_wire(piece)], "role": "model"}, "index": 0}


def _pieces(part: Part) -> Iterator[Part]:
    """A plain text in pieces; a signed one whole, since its signature belongs to exactly this text."""
    if not isinstance(part, TextPart) or part.signature is not None or len(part.text) <= TEXT_PIECE_CHARACTERS:
        yield part
        return
    for start in range(0, len(part.text), TEXT_PIECE_CHARACTERS):
        yield TextPart(text=part.text[start : start + TEXT_PIECE_CHARACTERS], thought=part.thought)
