"""What a prompt says about the text it wants: who it is about, what happens, and how many of what.

Nothing is understood. Lines such as `Hero: ...` and `Plot: ...` are looked for, and numbers before nouns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MAX_PROMPT_CHARACTERS = 8_000
MAX_CLAUSE_WORDS = 24
MAX_TOPIC_WORDS = 12

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_LABELLED = re.compile(r"\s{0,9}(?:[-*]\s{1,3})?([A-Za-z][A-Za-z' -]{1,30}):\s{1,9}(\S.{0,2000})")
_HERO_LABELS = ("hero", "heroine", "main character", "character", "protagonist", "subject", "product")
_PLOT_LABELS = ("plot", "story", "what happens", "events", "summary")
_TOPIC_LABELS = ("topic", "theme", "idea", "about", "description", "scene", "title")
_CLAUSE_ENDS = re.compile(r"(?<=[.!?;])\s+|,?\s+(?:and )?then\s+")
_THEN = re.compile(r"^(?:and )?then ", re.IGNORECASE)
_NAME_ENDS = re.compile(r"\s*(?:[,;.(]|\b(?:with|who|wearing|in|that|which)\b)")
_ABOUT = re.compile(r"\b(?:about|describing|featuring|called|named)\s+([^.,;:!?\n]{2,120})", re.IGNORECASE)
_FOR = re.compile(r"\b(?:for|of)\s+([^.,;:!?\n]{2,120})", re.IGNORECASE)
_COMMAND = re.compile(
    r"^(?:please\s+)?(?:write|give|describe|list|tell|make|create|suggest|name|invent|explain|draft)\s+(?:me\s+|us\s+)?",
    re.IGNORECASE,
)
_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNTED = re.compile(
    rf"\b(?P<bound>at most |up to |no more than |about |around )?(?P<number>\d{{1,3}}|{'|'.join(_SMALL)})"
    r"\s+(?P<nouns>[a-z][a-z -]{1,60})",
    re.IGNORECASE,
)
_SIZED = re.compile(r"\b([A-Za-z]{3,20})\s(?:of |is |: ?|= ?)?(\d{1,6})\b")
_EXACTLY = re.compile(rf"\bexactly\s+(\d{{1,3}}|{'|'.join(_SMALL)})\b", re.IGNORECASE)
_NO_NOUNS = frozenset(("for", "of", "in", "with", "and", "or", "to", "that", "from", "on", "each", "per", "by", "as"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What was found in a prompt.

    `hero` is a name to use in sentences ("Tilda the hedgehog", "the small hedgehog"), if anybody is named. `beats` are
    the things that happen, in order. `topic` is what it is about otherwise. `counts` are numbers of things by their
    singular, `exact` the number after "exactly", `sizes` numbers after a word ("size 10").
    """

    hero: str | None
    beats: tuple[str, ...]
    topic: str
    counts: Mapping[str, int]
    exact: int | None
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """The hero, or the topic."""
        return self.hero or self.topic

    def count_of(self, name: str) -> int | None:
        """How many of `name` (`pages`, `pageCount`, `story_pages`) are asked for, if that is said."""
        return _of(self.counts, name)

    def number_of(self, name: str) -> int | None:
        """The number that the prompt gives for a field called `name`, before or after that word."""
        after = _of(self.sizes, name)
        return self.count_of(name) if after is None else after


def read_brief(prompt: str) -> Brief:
    """The brief in a prompt; never fails, whatever the text."""
    text = _CONTROL.sub(" ", prompt[:MAX_PROMPT_CHARACTERS].replace("\r", "\n"))
    labelled = dict(_labelled(text))
    hero = _first(labelled, _HERO_LABELS)
    plot = _first(labelled, _PLOT_LABELS)
    return Brief(
        hero=None if hero is None else _named(hero),
        beats=() if plot is None else tuple(_clauses(plot)),
        topic=_first(labelled, _TOPIC_LABELS) or _topic(text),
        counts=_counts(text),
        exact=next((_number(match[1]) for match in _EXACTLY.finditer(text)), None),
        sizes={singular(match[1]): int(match[2]) for match in _SIZED.finditer(text)},
    )


def _of(numbers: Mapping[str, int], name: str) -> int | None:
    found = (numbers.get(singular(word)) for word in words_of(name))
    return next((number for number in found if number is not None), None)


def words_of(name: str) -> list[str]:
    """The words of a field's name, in small letters: `sceneText` and `scene_text` are `scene`, `text`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", " ", name[:100]).lower().split()


def singular(word: str) -> str:
    """`pages` as `page`; a guess that is good enough for names of fields."""
    word = word.lower()
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _labelled(text: str) -> Iterator[tuple[str, str]]:
    for line in reversed(text.split("\n")):  # the first line with a label wins
        match = _LABELLED.match(line)
        if match is not None:
            yield match[1].strip().lower(), match[2].strip()


def _first(labelled: Mapping[str, str], labels: tuple[str, ...]) -> str | None:
    return next((labelled[label] for label in labels if label in labelled), None)


def _named(description: str) -> str:
    """A short name for whoever is described at length: "A small hedgehog with glasses" is "the small hedgehog"."""
    end = _NAME_ENDS.search(description, 1)
    name = " ".join((description[: end.start()] if end else description).split()[:8]) or "the hero"
    first, _, rest = name.partition(" ")
    return f"the {rest}" if first.lower() in ("a", "an", "the") and rest else name


def _clauses(plot: str) -> Iterator[str]:
    for clause in _CLAUSE_ENDS.split(plot):
        text = _THEN.sub("", " ".join(clause.split()[:MAX_CLAUSE_WORDS])).strip(" .!?;,")
        if text:
            yield text


def _topic(text: str) -> str:
    for pattern in (_ABOUT, _FOR):
        match = pattern.search(text)
        if match is not None:
            return " ".join(match[1].split()[:MAX_TOPIC_WORDS])
    first = re.split(r"[.!?\n]", text.strip(), maxsplit=1)[0]
    return " ".join(_COMMAND.sub("", first).split()[:MAX_TOPIC_WORDS]).strip(" ,;:") or "the picture"


def _counts(text: str) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for match in _COUNTED.finditer(text):
        if match["bound"]:
            continue
        for word in match["nouns"].lower().split()[:4]:
            if word in _NO_NOUNS:
                break
            found.setdefault(singular(word), _number(match["number"]))
    return found


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _SMALL.index(text.lower()) + 1
