"""A prompt, read once: its words, its quoted phrases, and which of them are to be lettered."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple

_QUOTED = re.compile(r'"([^"\n]*)"|“([^”\n]*)”|「([^」\n]*)」|(?<![^\W_])\'([^\'\n]{1,200})\'(?![^\W_])')
_FOREIGN_CUES = ("标题", "文字", "标语")
_WORD = re.compile(r"[^\W_]+")
_WIDE = re.compile("[⺀-鿿가-힯豈-﫿　-ヿ]")
_CUE_REACH = 60
_NEXT_REACH = 6


class Span(NamedTuple):
    """Characters `start` to `end` of the prompt."""

    start: int
    end: int


class Quoted(NamedTuple):
    """A quoted phrase with its marks; `text` is without them."""

    start: int
    end: int
    text: str


def vocabulary(name: str) -> frozenset[str]:
    """A list of English words, in small letters, hyphens as blanks."""
    return _vocabularies()[name]


@cache
def _vocabularies() -> Mapping[str, frozenset[str]]:
    text = files("limner.prompts").joinpath("english.toml").read_text(encoding="utf-8")
    return {name: frozenset(map(_plain, words)) for name, words in tomllib.loads(text).items()}


def _plain(word: str) -> str:
    return word.lower().replace("-", " ")


class Reading:
    """One prompt. `outside` is the text with blanks in the place of quoted phrases, so that places stay the same."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.quoted = tuple(
            Quoted(found.start(), found.end(), next(group for group in found.groups() if group is not None))
            for found in _QUOTED.finditer(text)
        )
        self.outside = _QUOTED.sub(lambda found: " " * len(found[0]), text)

    @cached_property
    def tokens(self) -> int:
        """About how many tokens: a quarter of the characters; Chinese, Japanese and Korean ones count one each."""
        wide = len(_WIDE.findall(self.text))
        return wide + -(-(len(self.text.strip()) - wide) // 4)

    @cached_property
    def words(self) -> tuple[tuple[int, int], ...]:
        """Where the words outside quotes stand: start and end of each."""
        return tuple(found.span() for found in _WORD.finditer(self.outside))

    @cached_property
    def _lowered(self) -> tuple[str, ...]:
        return tuple(self.outside[start:end].lower() for start, end in self.words)

    @cached_property
    def is_english(self) -> bool:
        """Whether English words may be looked for: most letters outside quotes are Latin."""
        if self.outside.isascii():
            return True
        letters = [character for character in self.outside if character.isalpha()]
        latin = sum(character < "ɐ" for character in letters)
        return not letters or latin >= 0.7 * len(letters)

    @cached_property
    def _places(self) -> Mapping[str, list[int]]:
        """Which words outside quotes are this one, in small letters; also without a last -s."""
        found: dict[str, list[int]] = {}
        for place, word in enumerate(self._lowered):
            found.setdefault(word, []).append(place)
            if len(word) > 3 and word.endswith("s"):
                found.setdefault(word[:-1], []).append(place)
        return found

    def _spans(self, phrase: str) -> Iterator[Span]:
        """Where one or several words in a row stand, with a blank or a hyphen between them."""
        first, *rest = phrase.split()
        for place in self._places.get(first, ()):
            start, end = self.words[place]
            if all(self._follows(place + number, word) for number, word in enumerate(rest, 1)):
                yield Span(start, self.words[place + len(rest)][1] if rest else end)

    def _follows(self, place: int, word: str) -> bool:
        if place >= len(self.words) or self._lowered[place] not in (word, f"{word}s"):
            return False
        return self.outside[self.words[place - 1][1] : self.words[place][0]] in (" ", "-")

    def find(self, name: str) -> tuple[Span, ...]:
        """Where words of a vocabulary stand outside quotes, in their order."""
        return self.find_words(vocabulary(name))

    def find_words(self, phrases: Iterable[str]) -> tuple[Span, ...]:
        """Where these words stand outside quotes, in their order; they are plain."""
        return tuple(sorted({span for phrase in phrases if phrase.split() for span in self._spans(phrase)}))

    def has(self, *names: str) -> bool:
        """Whether a word of one of these vocabularies stands outside quotes."""
        return any(next(self._spans(phrase), None) is not None for name in names for phrase in vocabulary(name))

    @cached_property
    def lettering(self) -> tuple[Quoted, ...]:
        """The quoted phrases that are to be written into the picture: after a cue, or right after another of them."""
        found: list[Quoted] = []
        cue_ends = [span.end for span in self.find("cues")]
        for quote in self.quoted:
            follows_cue = any(quote.start - _CUE_REACH <= end <= quote.start for end in cue_ends)
            before = self.text[max(0, quote.start - _CUE_REACH) : quote.start]
            follows_other = bool(found) and quote.start - found[-1].end <= _NEXT_REACH
            foreign = self.text[quote.start] == "「" or any(cue in before for cue in _FOREIGN_CUES)
            if follows_cue or follows_other or foreign:
                found.append(quote)
        return tuple(found)

    @property
    def lettered_characters(self) -> int:
        """How many characters are to be written."""
        return sum(len(quote.text) for quote in self.lettering)

    def at(self, span: Span | Quoted) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]
