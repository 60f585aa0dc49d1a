"""How an answer ended: its outcome from everything that came."""

from __future__ import annotations

from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import FilePart, ImagePart, Part, TextPart
from limner.wire.gemini.chunks import Gathered
from limner.wire.gemini.dialects import RAI_FILTERED
from limner.wire.gemini.errors import outcome_of_error
from limner.wire.gemini.parts import long_text

_BLOCKED = frozenset(
    {
        "SAFETY",
        "IMAGE_SAFETY",
        "PROHIBITED_CONTENT",
        "IMAGE_PROHIBITED_CONTENT",
        "RECITATION",
        "IMAGE_RECITATION",
        "BLOCKLIST",
        "SPII",
        "LANGUAGE",
        "MODEL_ARMOR",
        "JAILBREAK",
        "ESCALATION",
        "PUP_LIMITED_DISABLED",
        "CONTENT_FILTER",
        RAI_FILTERED,
    }
)
"""Finish reasons after which the same call would end the same way. `CONTENT_FILTER` is OpenAI's word."""
_REFUSED = frozenset({"MISSING_THOUGHT_SIGNATURE"})
_CUT = frozenset({"MAX_TOKENS", "LENGTH"})
_NORMAL = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
_UNSPECIFIED_BLOCKS = frozenset({"BLOCKED_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED"})


def judge(found: Gathered, *, complete: bool = True) -> Outcome:
    """The outcome of a whole answer that came with a success status.

    A finished picture is `image` whatever else was said; `complete` is false where the body was cut.
    """
    if has_picture(found.parts):
        return picture_outcome(found, complete=complete)
    if found.error is not None:
        return outcome_of_error(200, found.error, {}, complete=complete and not found.parts)
    if found.block_reason and (found.block_reason not in _UNSPECIFIED_BLOCKS or not found.parts):
        unpaid = not found.parts and found.finish_reason is None
        return Outcome(
            kind=OutcomeKind.BLOCKED,
            reason=found.block_reason,
            message=found.block_message or found.finish_message,
            billed_override="no" if unpaid else None,
        )
    kind = _kind(found, complete=complete)
    return Outcome(kind=kind, reason=_reason(found), message=_message(found, kind))


def has_picture(parts: tuple[Part, ...]) -> bool:
    """True if a finished picture is among the parts."""
    return any(isinstance(part, ImagePart) and not part.thought for part in parts)


def picture_outcome(found: Gathered, *, complete: bool) -> Outcome:
    """`image`, with a message where something odd came with the picture."""
    notes = []
    odd = _reason(found)
    if odd is not None:
        said = f"{odd}: {found.finish_message}" if found.finish_message else odd
        notes.append(f"The picture arrived, but the provider ended with {said.rstrip('.')}.")
    if found.error is not None:
        error = outcome_of_error(200, found.error, {})
        said = error.message or error.reason or error.kind.value
        notes.append(f"An error followed the picture: {said.rstrip('.')}.")
    if not complete:
        notes.append("The answer was cut off after the picture had arrived.")
        if found.finish_reason is None and _has_thoughts(found.parts):
            notes.append("Drafts came with it, so the last picture may be one too.")
    return Outcome(kind=OutcomeKind.IMAGE, reason=odd, message=" ".join(notes) or None)


def _kind(found: Gathered, *, complete: bool) -> OutcomeKind:
    word = (found.finish_reason or "").upper()
    if word in _BLOCKED:
        return OutcomeKind.BLOCKED
    if word in _REFUSED:
        return OutcomeKind.REFUSED_REQUEST
    if not complete:
        return OutcomeKind.TRUNCATED
    if any(isinstance(part, ImagePart) for part in found.parts):
        return OutcomeKind.DRAFT_ONLY
    if word in _CUT:
        return OutcomeKind.TRUNCATED
    has_words = any(_is_answer_text(part) for part in found.parts)
    if has_words and not found.empty_images and not found.faults:
        return OutcomeKind.TEXT_ONLY
    return OutcomeKind.PROTOCOL if found.faults else OutcomeKind.EMPTY


def _reason(found: Gathered) -> str | None:
    """The finish reason where it says more than that the answer ended."""
    word = found.finish_reason
    return word if word is not None and word.upper() not in _NORMAL else None


def _message(found: Gathered, kind: OutcomeKind) -> str | None:
    if found.finish_message is not None or kind not in (OutcomeKind.PROTOCOL, OutcomeKind.EMPTY):
        return found.finish_message
    if kind is OutcomeKind.PROTOCOL:
        return "; ".join(dict.fromkeys(found.faults))
    addresses = [part.uri for part in found.parts if isinstance(part, FilePart)]
    if addresses:
        return f"The picture came as an address only: {addresses[0]}"
    return "An image part came without data." if found.empty_images else None


def _is_answer_text(part: Part) -> bool:
    if isinstance(part, TextPart):
        return not part.thought and bool(part.text.strip())
    return long_text(part) is not None


def _has_thoughts(parts: tuple[Part, ...]) -> bool:
    return any(isinstance(part, TextPart | ImagePart) and part.thought for part in parts)
