"""Answers without a picture, for the test cards of the stage `answer`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import Part, TextPart
from limner.core.result import Reply
from limner.providers.sandbox.protocol.cards import Card

_BLOCKED_WORDS = "The prompt could not be submitted. It contains words that go against the usage guidelines."
_UNSHOWN_WORDS = (
    "Unable to show the generated image. The image could violate the usage guidelines. "
    "You will not be charged for blocked images. Try rephrasing the prompt."
)
_NO_IMAGE_WORDS = "Unable to generate an image for this prompt. Try rephrasing it."
_FINISH_WORDS = {
    "NO_IMAGE": _NO_IMAGE_WORDS,
    "IMAGE_OTHER": _NO_IMAGE_WORDS,
    "OTHER": _NO_IMAGE_WORDS,
    "SAFETY": _UNSHOWN_WORDS,
    "IMAGE_SAFETY": _UNSHOWN_WORDS,
    "PROHIBITED_CONTENT": _UNSHOWN_WORDS,
    "IMAGE_PROHIBITED_CONTENT": _UNSHOWN_WORDS,
    "RECITATION": _UNSHOWN_WORDS,
    "IMAGE_RECITATION": _UNSHOWN_WORDS,
}
_TEXT_WORDS = "I can describe that for you: a picture in words, since none was asked for clearly enough."
_CUT_WORDS = "Here is the picture you asked for, drawn with"

_DRAWS_NOTHING = Outcome(kind=OutcomeKind.EMPTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hollow:
    """A reply without a picture. `no_candidates` leaves an empty list of them, `bare` nothing but `{}`."""

    reply: Reply
    no_candidates: bool = False
    bare: bool = False


def _blocked(card: Card) -> Hollow:
    outcome = Outcome(kind=OutcomeKind.BLOCKED, reason=card.argument, message=_BLOCKED_WORDS)
    return Hollow(reply=Reply(outcome=outcome))


def _finished(card: Card) -> Hollow:
    return Hollow(reply=_ended(card.argument, _FINISH_WORDS.get(card.argument)))


def _no_image(_card: Card) -> Hollow:
    return Hollow(reply=_ended("NO_IMAGE", _NO_IMAGE_WORDS))


def _no_parts(_card: Card) -> Hollow:
    return Hollow(reply=_ended("STOP", None))


def _empty_data(_card: Card) -> Hollow:
    return Hollow(reply=replace(_ended("STOP", None), empty_images=1))


def _text_only(_card: Card) -> Hollow:
    return Hollow(reply=_ended("STOP", None, TextPart(text=_TEXT_WORDS)))


def _max_tokens(_card: Card) -> Hollow:
    return Hollow(reply=_ended("MAX_TOKENS", None, TextPart(text=_CUT_WORDS)))


def _ended(reason: str, message: str | None, *parts: Part) -> Reply:
    return Reply(outcome=replace(_DRAWS_NOTHING, message=message), finish_reason=reason, parts=parts)


def _empty(_card: Card) -> Hollow:
    return Hollow(reply=Reply(outcome=_DRAWS_NOTHING), bare=True)


def _empty_candidates(_card: Card) -> Hollow:
    return Hollow(reply=Reply(outcome=_DRAWS_NOTHING), no_candidates=True)


ANSWER_CARDS: dict[str, Callable[[Card], Hollow]] = {
    "blocked": _blocked,
    "finish": _finished,
    "text-only": _text_only,
    "empty": _empty,
    "empty-candidates": _empty_candidates,
    "no-parts": _no_parts,
    "no-image": _no_image,
    "empty-data": _empty_data,
    "max-tokens": _max_tokens,
}
"""What each card of the stage `answer` answers."""
