"""The turns of an exchange as they stood on the wire, ready to be sent again.

A model demands its own turn back with every signature on the part it came with, parts neither merged nor split. So
a part whose typed form would not be written exactly as it came is carried untouched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from limner._json import JsonValue
from limner.core.parts import ImagePart, OtherPart, Part, TextPart, Turn
from limner.wire.gemini.chunks import gather, part_documents, unwrapped
from limner.wire.gemini.fields import pick, pick_list
from limner.wire.gemini.parts import part_from_wire, part_to_wire

FOREIGN_SIGNATURE = "context_engineering_is_the_way_to_go"
"""Stands for a signature in a turn that another model made. Source: Google's page on thought signatures."""


def asked_turn(request: JsonValue) -> Turn:
    """The last turn of a lifted request document: what was said to the model."""
    contents = pick_list(request, "contents")
    return Turn(role="user", parts=_exact(pick_list(contents[-1], "parts") if contents else ()))


def answered_turn(documents: Sequence[JsonValue]) -> Turn | None:
    """The model's turn in the 1..n lifted documents of its answer; `None` if it said nothing that can be sent back.

    Thinking is left out unless it is signed, and so are empty texts: the provider allows both.
    """
    parts = _exact(part for document in documents for part in _first_candidate(document))
    kept = tuple(part for part in parts or gather(documents).parts if _belongs(part))
    return Turn(role="model", parts=kept) if kept else None


def foreign_turn(turn: Turn, *, demands_signatures: bool) -> Turn | None:
    """A turn for a model that did not make it: its own words for every part, without thinking, signatures or unknowns.

    Where the model `demands_signatures`, the documented stand-in takes their place. `None` if nothing is left.
    """
    typed = (_typed(part) for part in turn.parts)
    parts = tuple(_resigned(part, turn, demands_signatures) for part in typed if _travels(part))
    return Turn(role=turn.role, parts=parts) if parts else None


def _first_candidate(document: JsonValue) -> Sequence[JsonValue]:
    candidates = pick_list(unwrapped(document), "candidates") if isinstance(document, dict) else []
    return part_documents(candidates[0]) if candidates else ()


def _exact(raw_parts: Iterable[JsonValue]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for raw in raw_parts:
        part = part_from_wire(raw)
        if isinstance(part, str):  # a picture without bytes, or no part at all
            continue
        is_exact = not isinstance(raw, dict) or part_to_wire(part) == raw
        parts.append(part if is_exact else OtherPart(document=raw))
    return tuple(parts)


def _typed(part: Part) -> Part:
    found = part_from_wire(part.document) if isinstance(part, OtherPart) else part
    return part if isinstance(found, str) else found


def _belongs(part: Part) -> bool:
    typed = _typed(part)
    if isinstance(typed, OtherPart):
        return pick(typed.document, "inlineData") is None  # a picture that nobody could read
    if typed.signature is not None:
        return True
    if isinstance(typed, TextPart):
        return bool(typed.text) and not typed.thought
    return not (isinstance(typed, ImagePart) and typed.thought)


def _travels(part: Part) -> bool:
    if isinstance(part, OtherPart):
        return False
    if isinstance(part, TextPart):
        return bool(part.text) and not part.thought
    return not (isinstance(part, ImagePart) and part.thought)


def _resigned(part: Part, turn: Turn, demands_signatures: bool) -> Part:
    if isinstance(part, OtherPart) or turn.role == "user":
        return part
    needed = demands_signatures and (part.signature is not None or isinstance(part, ImagePart))
    return replace(part, signature=FOREIGN_SIGNATURE if needed else None)
