"""Short sentences about a brief: what happens, what a picture of it would show, what it could be called."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from limner.providers.sandbox.words.brief import Brief

T = TypeVar("T")

PLACES = ("in a quiet meadow", "at the edge of a forest", "beside a still lake", "on a cobbled street")
LIGHTS = ("in soft morning light", "at golden hour", "under a clear sky", "in light rain", "by the light of the moon")
CAMERAS = ("seen from close by", "seen from a distance", "seen from above", "at eye level")
COLORS = ("red", "blue", "green", "yellow", "orange", "white")
MOODS = ("calm", "cheerful", "curious", "tender")

_ACTIONS = (
    "looks around",
    "goes for a walk",
    "stops and listens",
    "finds something small",
    "meets a friend",
    "comes home",
)
_AGAIN = ("Still, ", "Little by little, ", "Once more, ", "All the while, ")
_DETAILS = ("There are wildflowers in front.", "Birches stand behind.", "A few birds fly far away.")
_SINGULAR = ("he", "she", "it")


def pick(options: Sequence[T], *salt: object) -> T:
    """One of `options`, always the same for the same `salt`."""
    digest = hashlib.blake2b("|".join(map(str, salt)).encode("utf-8", "replace"), digest_size=4).digest()
    return options[int.from_bytes(digest) % len(options)]


def capitalized(text: str) -> str:
    """The text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes about `brief`. The same `seed` writes the same words."""

    brief: Brief
    seed: int

    def event(self, number: int, count: int) -> str:
        """What happens in part `number` (from 1) of `count`, as a sentence without its full stop."""
        beats, hero = self.brief.beats, self.brief.hero
        if not beats:
            return self._invented(number)
        index = min((number - 1) * len(beats) // max(count, 1), len(beats) - 1)
        told = _told(beats[index], hero)
        told_before = number > 1 and (number - 2) * len(beats) // max(count, 1) == index
        return pick(_AGAIN, self.seed, number) + _lowered(told, hero) if told_before else told

    def scene(self, number: int, count: int) -> str:
        """What a picture of that part shows: who, where, in which light, seen from where."""
        beats, hero = self.brief.beats, self.brief.hero
        told = self.event(number, count)
        if beats:
            index = min((number - 1) * len(beats) // max(count, 1), len(beats) - 1)
            told = _told(beats[index], hero)
        if hero is not None and hero.lower() not in told.lower():
            told += f", with {hero} in the picture"
        return f"{told}, {self.light(number)}, {self.camera(number)}."

    def title(self) -> str:
        """What the whole could be called."""
        about = " ".join(self.brief.about.split()[:6]).strip(" ,;:")
        return f"The story of {about}" if self.brief.hero is not None else capitalized(about)

    def light(self, number: int) -> str:
        """The light of a part; parts that follow each other differ."""
        return _turning(LIGHTS, self.seed, number)

    def place(self, number: int) -> str:
        """The place of a part."""
        return _turning(PLACES, self.seed, number)

    def camera(self, number: int) -> str:
        """From where a part is seen."""
        return _turning(CAMERAS, self.seed, number)

    def prose(self, pictures: int) -> str:
        """Two to four sentences about the brief; `pictures` came with the request and were not looked at."""
        if pictures:
            came = "A picture came" if pictures == 1 else f"{pictures} pictures came"
            return f"{came} with the request, but the sandbox looks at none. It was asked about {self.brief.about}."
        if self.brief.hero is not None or self.brief.beats:
            count = min(len(self.brief.beats), 2) or 1
            told = [self.event(number, count) for number in range(1, count + 1)]
            sentences = [f"This is a story about {self.brief.about}", *told, f"It all happens {self.light(1)}"]
        else:
            sentences = [f"This is about {self.brief.topic}", f"Picture it {self.place(1)}, {self.light(1)}"]
        text = " ".join(f"{capitalized(sentence)}." for sentence in sentences)
        return text if len(sentences) > 2 else f"{text} {pick(_DETAILS, self.seed, self.brief.topic)}"

    def _invented(self, number: int) -> str:
        if self.brief.hero is not None:
            return f"{capitalized(self.brief.hero)} {_turning(_ACTIONS, self.seed, number)} {self.place(number)}"
        return f"{capitalized(self.brief.topic)} {self.place(number)}"


def _turning(options: Sequence[str], seed: int, number: int) -> str:
    """Options one after the other, from one that the seed chooses."""
    return options[(seed + number) % len(options)]


def _told(clause: str, hero: str | None) -> str:
    """A clause of the plot as a sentence about the hero, where it is one."""
    first, _, rest = clause.partition(" ")
    if hero is not None and rest and first.lower() in _SINGULAR:
        return f"{capitalized(hero)} {rest}"
    if hero is not None and rest and first.islower() and first.endswith("s") and first not in ("this", "its", "his"):
        return f"{capitalized(hero)} {clause}"
    return capitalized(clause)


def _lowered(told: str, hero: str | None) -> str:
    """The sentence as it goes on after a comma: names keep their capital."""
    first = told.split(" ", 1)[0]
    is_plain = first in ("The", "A", "An", "They", "Her", "His", "Their", "In", "On", "At")
    is_hero = hero is not None and hero[:1].islower() and told.lower().startswith(hero.lower())
    return told[:1].lower() + told[1:] if is_plain or is_hero else told
