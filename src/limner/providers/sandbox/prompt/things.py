"""The things a prompt names, in what is left once style, light and place are read off it."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field, replace

from limner.providers.sandbox.paint import glyphs
from limner.providers.sandbox.prompt import words
from limner.providers.sandbox.prompt.scene import MAX_COUNT, MAX_SUBJECTS, Role, Subject
from limner.providers.sandbox.prompt.word_lists import BUSINESS_LINES

WEARABLES = frozenset(
    [
        "top-hat",
        "womans-hat",
        "billed-cap",
        "crown",
        "graduation-cap",
        "rescue-workers-helmet",
        "military-helmet",
        "sunglasses",
        "coffee-beans",
        "glasses",
        "goggles",
        "scarf",
        "necktie",
        "wing",
        "gloves",
        "ribbon",
        "headphone",
        "ring",
        "running-shoe",
        "hiking-boot",
        "high-heeled-shoe",
        "backpack",
    ]
)
SEATS = frozenset(
    [
        "horse",
        "unicorn",
        "camel",
        "two-hump-camel",
        "elephant",
        "donkey",
        "llama",
        "skateboard",
        "surfing",
        "bicycle",
        "motorcycle",
        "motor-scooter",
        "kick-scooter",
        "couch-and-lamp",
        "sofa",
        "chair",
        "bed",
        "rocket",
        "flying-saucer",
        "dragon",
        "whale",
        "dolphin",
        "turtle",
        "ostrich",
        "tractor",
        "sled",
        "skis",
        "rock",
        "automobile",
        "broom",
        "pig",
        "cow",
        "bear",
        "tiger",
        "lion",
        "shark",
        "cloud",
        "wood",
    ]
)
VESSELS = frozenset(
    [
        "amphora",
        "basket",
        "jar",
        "bucket",
        "potted-plant",
        "bowl-with-spoon",
        "package",
        "shopping-cart",
        "bathtub",
        "canoe",
        "sailboat",
        "honey-pot",
        "teacup-without-handle",
        "hot-beverage",
        "wrapped-gift",
        "backpack",
        "nest-with-eggs",
        "glass-of-milk",
        "tumbler-glass",
        "wine-glass",
    ]
)
PLURAL_GLYPHS = frozenset(
    [
        "sunglasses",
        "coffee-beans",
        "glasses",
        "goggles",
        "beans",
        "jeans",
        "pancakes",
        "scissors",
        "skis",
        "gloves",
        "socks",
        "french-fries",
        "shopping-bags",
        "books",
        "headphone",
        "wing",
        "running-shoe",
        "hiking-boot",
        "high-heeled-shoe",
        "noodles",
        "grapes",
        "blueberries",
        "cherries",
        "crossed-swords",
        "spaghetti",
        "fireworks",
        "bouquet",
        "people-hugging",
        "steaming-bowl",
        "hot-beverage",
        "coin",
        "bubbles",
        "peanuts",
        "candy",
    ]
)
FLOWERS = frozenset({"rose", "tulip", "sunflower", "blossom", "hibiscus", "bouquet", "white-flower", "hyacinth"})
UNPROTECTED = frozenset(
    [
        "full moon",
        "new moon",
        "crescent moon",
        "milky way",
        "national park",
        "water wave",
        "cherry blossom",
        "office building",
        "desert island",
        "snow capped mountain",
        "bridge at night",
        "cityscape at dusk",
        "night with stars",
        "sunrise over mountains",
        "oil drum",
        "mount fuji",
        "foggy mountain",
        "shooting star",
        "white flower",
        "hot face",
        "cold face",
        "red square",
        "round pushpin",
        "house with garden",
    ]
)
NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
    "several": 4, "many": 6, "few": 3, "some": 3, "couple": 2, "pair": 2, "both": 2, "dozen": 12,
}  # fmt: skip
GROUPS = {
    "bouquet": 5, "bunch": 5, "herd": 5, "flock": 6, "group": 4, "pile": 5, "stack": 4, "pair": 2, "couple": 2,
    "basket": 5, "row": 4, "swarm": 7, "school": 6, "family": 3, "field": 6, "lot": 5, "lots": 5, "pack": 4,
    "cup": 1, "glass": 1, "bowl": 1, "plate": 1, "slice": 1, "piece": 1, "bottle": 1, "mug": 1, "jar": 1, "kind": 1,
    "statue": 1,
    "figurine": 1,
    "sculpture": 1,
    "toy": 1,
    "sort": 1, "picture": 1, "photo": 1, "image": 1, "drawing": 1, "painting": 1, "portrait": 1, "view": 1, "scene": 1,
}  # fmt: skip
COMPANIES = {"family": 3, "friends": 3, "crowd": 6, "team": 4}
RELATIONS = {
    "wearing": "wear", "wears": "wear", "dressed": "wear", "holding": "hold", "holds": "hold", "carrying": "hold",
    "playing": "hold", "eating": "hold", "drinking": "hold", "reading": "hold", "using": "hold", "riding": "ride",
    "rides": "ride", "driving": "ride", "on": "on", "in": "in", "inside": "in", "atop": "on", "sitting": "on",
    "with": "with", "next": "beside", "beside": "beside", "near": "beside", "by": "beside", "behind": "beside",
    "over": "beside", "above": "beside", "under": "beside", "around": "beside", "between": "beside", "and": "and",
    "to": "beside",
    "for": "beside",
    "chasing": "beside", "facing": "beside",
}  # fmt: skip
DETERMINERS = frozenset(
    [
        "a",
        "an",
        "the",
        "his",
        "her",
        "its",
        "their",
        "my",
        "your",
        "our",
        "this",
        "that",
        "these",
        "those",
        "another",
        "one",
        "of",
    ]
)
_TOKEN = re.compile(r"[a-z0-9_]+(?:['-][a-z0-9]+)*|[·.;,]")
_NOT_A_NOUN = re.compile(r"(?:ly|ing|ed|est|ous|ful|ive|ish|like|less)$|\d")


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: subjects with the main one first, colors bound to none of them, nouns without a picture."""

    subjects: tuple[Subject, ...]
    colors: tuple[str, ...]
    undrawn: tuple[str, ...]


@dataclass(slots=True)
class _Phrase:
    """What is known of the noun that must come soon."""

    certain: bool = False
    count: int | None = None
    color: str | None = None
    relation: str | None = None


@dataclass(slots=True)
class _Walk:
    """One pass over the words, left to right."""

    tokens: list[str]
    phrase: _Phrase = field(default_factory=_Phrase)
    subjects: list[Subject] = field(default_factory=list)
    free_colors: list[str] = field(default_factory=list)
    undrawn: list[str] = field(default_factory=list)
    proper: frozenset[str] = frozenset()


def protected(text: str) -> str:
    """The text with labels of two and three words joined by "_", so that no table tears them apart."""
    parts = re.split(r"(\W+)", text)
    place = 0
    while place < len(parts) - 2:
        for length in (3, 2):
            window = parts[place : place + 2 * length - 1]
            if len(window) == 2 * length - 1 and all(gap in (" ", "-") for gap in window[1::2]):
                label = " ".join(window[::2])
                if label not in UNPROTECTED and _is_label(label):
                    parts[place : place + 2 * length - 1] = ["_".join(window[::2])]
                    break
        place += 2
    return "".join(parts)


def read(text: str, *, logo: bool = False, proper: frozenset[str] = frozenset()) -> Found:
    """The things named in blanked text; for a logo, lines of business count as things.

    `proper` are words (lower case) that were written as names: unknown ones are things without a picture.
    """
    walk = _Walk(_TOKEN.findall(text), proper=proper)
    place = 0
    while place < len(walk.tokens):
        place += _step(walk, place)
    _end_phrase(walk, None)
    if logo and not walk.subjects:
        walk.subjects = _business(walk.tokens)
    walk.subjects += _chinese(text) if not walk.subjects else []
    walk.subjects = _arranged(walk.subjects)
    bound = {subject.color for subject in walk.subjects}
    return Found(
        tuple(walk.subjects[:MAX_SUBJECTS]),
        tuple(dict.fromkeys(color for color in walk.free_colors if color not in bound))[:6],
        tuple(dict.fromkeys(walk.undrawn))[:6],
    )


def _arranged(subjects: list[Subject]) -> list[Subject]:
    """A vase with roses becomes roses in a vase."""
    if len(subjects) < 2 or subjects[0].glyph not in ("amphora", "basket", "jar", "bucket"):
        return subjects
    vessel, first, *rest = subjects
    if first.glyph not in FLOWERS:
        return subjects
    flowers = replace(first, role=Role.MAIN, count=max(3, first.count))
    return [flowers, replace(vessel, role=Role.RIDE, count=1), *rest]


def _step(walk: _Walk, place: int) -> int:
    """Read the word at `place`; gives how many words were read."""
    word = walk.tokens[place]
    following = walk.tokens[place + 1] if place + 1 < len(walk.tokens) else "."
    phrase = walk.phrase
    color = _color(walk, word, following)
    if word in ".;":
        _end_phrase(walk, None)
    elif word in "·,":
        pass
    elif word in NUMBERS or word.isdigit():
        phrase.count = NUMBERS.get(word) or min(MAX_COUNT, max(1, int(word[:3])))
        phrase.certain = True
    elif word in GROUPS and following == "of":
        if GROUPS[word] > 1 or phrase.count is None:
            phrase.count = GROUPS[word] if GROUPS[word] > 1 else phrase.count
        phrase.certain = True
        return 2
    elif color is not None:
        phrase.color, phrase.certain = color, True
    elif word in RELATIONS:
        _end_phrase(walk, RELATIONS[word])
    elif word in DETERMINERS:
        phrase.certain = True
    else:
        _noun(walk, word.replace("'s", ""), following)
    return 1


def _color(walk: _Walk, word: str, following: str) -> str | None:
    """The color a word names here; "an orange" on its own is a fruit."""
    name = words.COLOR_SPELLINGS.get(word, word)
    if name not in words.COLORS:
        return None
    alone = following in ".;,·" or following in RELATIONS
    fruit = word == "orange" and alone and walk.phrase.certain
    return None if fruit else name


def _end_phrase(walk: _Walk, relation: str | None) -> None:
    """Close the noun phrase; "and" keeps the relation that was open."""
    phrase = walk.phrase
    if phrase.color is not None:
        walk.free_colors.append(phrase.color)
    kept = phrase.relation if relation in ("and", None) and phrase.relation in ("wear", "with") else relation
    walk.phrase = _Phrase(certain=relation in ("hold", "ride", "wear"), relation=kept if relation is not None else None)


def _noun(walk: _Walk, word: str, following: str) -> None:
    phrase = walk.phrase
    label = word.replace("_", " ")
    single = words.singular(label)
    if label in words.NOT_THINGS:
        return
    if label in words.SCENERY or single in words.SCENERY:
        _end_phrase(walk, phrase.relation)
        return
    glyph = "tangerine" if single == "orange" else glyphs.find(label, strict=not phrase.certain)
    follower = None if following in words.NOT_THINGS else glyphs.find(following.replace("_", " "))
    if follower is not None and glyph != follower and following not in RELATIONS:
        return
    if glyph is None:
        _unknown(walk, label)
    elif all(subject.glyph != glyph for subject in walk.subjects):
        walk.subjects.append(_subject(walk, glyph, label, plural=single != label))
        walk.phrase = _Phrase(relation=phrase.relation)


def _unknown(walk: _Walk, label: str) -> None:
    noun_like = len(label) > 2 and _NOT_A_NOUN.search(label) is None
    if label in walk.proper or (walk.phrase.certain and noun_like):
        walk.undrawn.append(words.singular(label)[:40])
        _end_phrase(walk, walk.phrase.relation)


def _subject(walk: _Walk, glyph: str, word: str, *, plural: bool) -> Subject:
    phrase = walk.phrase
    several = 3 if plural and glyph not in PLURAL_GLYPHS else 1
    many = COMPANIES.get(word, several)
    role = _role(walk, glyph) if walk.subjects else Role.MAIN
    count = 1 if role is Role.WEAR else min(MAX_COUNT, phrase.count or many)
    return Subject(glyph=glyph, word=word[:40], role=role, count=count, color=phrase.color)


def _role(walk: _Walk, glyph: str) -> Role:
    relation = walk.phrase.relation
    alive = glyphs.is_animal(glyph) or glyphs.is_person(glyph)
    if alive and relation in ("hold", "with"):
        return Role.BESIDE
    if glyph in WEARABLES and relation in ("wear", "with", "in", "and", "on", None):
        return Role.WEAR
    if relation == "hold" or (relation == "with" and can_hold(walk.subjects[0].glyph) and glyph not in SEATS):
        return Role.HOLD
    if relation == "ride" or (relation == "on" and glyph in SEATS | VESSELS):
        return Role.RIDE
    if relation == "in" and glyph in VESSELS | {"automobile", "sofa", "bed"}:
        return Role.RIDE
    return Role.BESIDE if relation in ("beside", "and", "on", "in") else Role.EXTRA


def can_hold(glyph: str) -> bool:
    """Whether the icon has hands, or nearly."""
    return glyph in ("robot", "monkey", "teddy-bear", "alien", "bear", "panda", "koala") or glyphs.is_person(glyph)


def _is_label(label: str) -> bool:
    first, _, _ = label.partition(" ")
    if label in words.ALIASES or words.singular(label) in words.ALIASES:
        return True
    if first in words.COLORS or first in words.NOT_THINGS:
        return False
    return words.singular(label) in _long_labels()


@functools.cache
def _long_labels() -> frozenset[str]:
    spaced = (name.replace("-", " ") for name in glyphs.names() if 1 <= name.count("-") <= 2)
    return frozenset(label for label in spaced if not label.startswith(("man ", "woman ", "person ")))


@functools.cache
def _business_words() -> dict[str, str]:
    lines = (line.partition(":") for line in BUSINESS_LINES.strip().splitlines())
    return {word.strip(): glyph for glyph, _, text in lines for word in text.split(",")}


def _business(tokens: list[str]) -> list[Subject]:
    for word in tokens:
        glyph = _business_words().get(word) or _business_words().get(words.singular(word))
        if glyph is not None:
            return [Subject(glyph=glyph, word=word)]
    return []


def _chinese(text: str) -> list[Subject]:
    found: dict[str, str] = {}
    for word in sorted(words.CHINESE, key=len, reverse=True):
        if word in text:
            found.setdefault(words.CHINESE[word], word)
            text = text.replace(word, " ")
    pairs = list(found.items())[:3]
    return [
        Subject(glyph=glyph, word=word, role=Role.MAIN if place == 0 else Role.BESIDE)
        for place, (glyph, word) in enumerate(pairs)
    ]
