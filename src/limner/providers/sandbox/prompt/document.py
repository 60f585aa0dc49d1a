"""Prompts for words and pictures in turn: "4 numbered steps, with one image directly after each step"."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_PICTURES = 8
"""Most pictures in one document; each takes as long as a picture of its own."""

_USUAL_PICTURES = 3
_READ_CHARACTERS = 4_000

_FLAGS = re.IGNORECASE | re.MULTILINE
_PICTURE = r"(?:image|picture|illustration|photo|drawing)s?"
_PART = r"(?:step|part|chapter|section|stage|paragraph|verse|stanza)"
_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
}  # fmt: skip
_ASKED = re.compile(
    rf"\b{_PICTURE} as you go\b|\binterleav(?:e|ed|ing)\b"
    rf"|\b(?:an?|one) (?:\w+ ){{0,2}}{_PICTURE} (?:directly |right |immediately )?"
    rf"(?:after|for|with|to|per|beside|below|under) (?:each|every) (?:\w+ )?{_PART}\b"
    rf"|\billustrate (?:each|every) {_PART}\b",
    _FLAGS,
)
_COUNTED = re.compile(rf"\b(\d{{1,3}}|{'|'.join(_NUMBERS)}) (?:\w+ ){{0,2}}?({_PART}|{_PICTURE})s?\b", _FLAGS)
_TITLE = re.compile(
    r"\b(?:generate|create|write|make|give me|produce) (?:an? |the )?(?:\w+ ){0,2}?"
    r"(?:recipe|guide|tutorial|story|instructions?|how-?to|explanation|article|lesson) "
    r"(?:for|of|on|about|to|that (?:tells|shows|explains))\b",
    _FLAGS,
)
_WRITING = re.compile(
    r"(?:^|(?<=[.!?] ))[ \t]*(?:please )?(?:write|name|list|explain|describe|provide|include|start|begin|give|use"
    r"|illustrate)\b[^.!?\n]{0,200}\b(?:ingredients?|instructions?|"
    rf"{_PART}s?|{_PICTURE}|text)\b[^.!?\n]{0, 300}?(?P<look>\ball in (?:the same |an? )?[^.!?\n]{0, 200})?(?:[.!?]|$)",
    _FLAGS,
)
_EACH = re.compile(rf"\b(?:every|each|all(?: the)?) {_PICTURE}\b(?: (?:is|are|be|should be) )?", _FLAGS)
_FROM_ABOVE = re.compile(r"\b(?:seen |shot |photographed )?(?:from above|top[ -]down)\b", _FLAGS)


_CAMERAS: tuple[tuple[str, ...], ...] = ((), ("closeup",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """How many pictures stand in a document (1 to 8), what each belongs to ("step"), and what they show."""

    pictures: int
    part: str
    scene: str


def document_in(prompt: str) -> Document | None:
    """The document with pictures that the prompt asks for; `None` if it asks for no such thing."""
    text = prompt[:_READ_CHARACTERS]
    if _ASKED.search(text) is None:
        return None
    counted = _COUNTED.search(text)
    number, part = (counted[1].lower(), counted[2].lower()) if counted else ("", "picture")
    pictures = _NUMBERS.get(number) or int(number or _USUAL_PICTURES)
    return Document(
        pictures=min(MAX_PICTURES, max(1, pictures)), part=part.removesuffix("s"), scene=_scene_of(text).strip()
    )


def seen_at(number: int) -> tuple[str, ...]:
    """How picture `number`, from 0, of a document is seen, so that no two in a row are alike: ids of `words.CAMERA`."""
    return _CAMERAS[number % len(_CAMERAS)]


def _scene_of(text: str) -> str:
    """What the pictures show: the topic and the words on their look, without what is to be written."""
    text = _WRITING.sub(lambda match: f" {match['look'] or ''}. " if match["look"] else " ", text)
    text = _EACH.sub(" ", _TITLE.sub(" ", text))
    # A dish from above is a dish on a table; the view from the air is for landscapes.
    return _FROM_ABOVE.sub("on a table", text)
