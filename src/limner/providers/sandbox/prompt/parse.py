"""A prompt read into a scene: patterns first, then the things named in what is left.

Every span read as style, light, lens or place is blanked out before things are looked for, so that "the sun sets"
asks for a sunset and for no set square. Takes well under a millisecond for an everyday prompt.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import cast

from limner.providers.sandbox.prompt import things, words
from limner.providers.sandbox.prompt.lettering_words import texts_of
from limner.providers.sandbox.prompt.scene import MAX_PROMPT_CHARS, MAX_TEXT_CHARS, MAX_TEXTS, MAX_WORDS, Kind, Scene

MAX_PROMPT_WORDS = 400
MAX_WORD_CHARS = 60

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_POLITE = re.compile(
    r"\b(?:hi|hello|hey)\b[,!]?|\b(?:can|could|would|will) you\b|\bplease\b|\bi(?:'d| would)? (?:want|like|need)\b"
)
_NEGATED = re.compile(r"\b(?:no|without(?: any)?|not|don't \w+)(?: an?)? [a-z]+(?: or [a-z]+)?\b")
_COLOR = "|".join((*words.COLORS, *words.COLOR_SPELLINGS))
_BACKGROUND = re.compile(
    rf"\b(?:(?:on|against|with|over|in front of) )?(?:an? |the )?(?:[\w-]+ )?({_COLOR})(?: colou?r(?:ed)?)?"
    r" (?:studio )?(?:background|backdrop|wall)\b"
)
_MATERIAL = re.compile(
    r"\b(?:made (?:out )?of|made from|carved (?:from|out of)|built (?:from|of|out of)) (?:\w+ )??(\w+)\b"
)
_FIELD_OF = re.compile(
    r"\bfields? of (?:(\w+) )?(?:wild ?)?(flowers?|poppies|tulips|daisies|sunflowers|lavender|roses)\b"
)
_WILDFLOWERS = re.compile(
    r"\b(?:(\w+) )?(?:wild ?flowers?|poppies|daisies)\b|\b(\w+) flowers\b(?= (?:in|on|across|by|all))"
)
_FLOWER_COLORS = {"poppies": "red", "sunflowers": "yellow", "lavender": "lavender", "daisies": "white"}
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+|[A-Z][a-z]+(?: [A-Z][a-z]+)+")
_WINTRY = frozenset({"snowman", "snowman-without-snow", "christmas-tree", "santa-claus", "sled", "polar-bear"})
_SEAGOING = frozenset({"sailboat", "ship", "passenger-ship", "ferry", "speedboat", "motor-boat", "canoe"}) | {
    "whale",
    "spouting-whale",
    "dolphin",
    "shark",
    "man-surfing",
    "man-rowing-boat",
}
_BLANK = " · "


@dataclass(slots=True)
class _Page:
    """Text still to be read; `take` reads a table off it and blanks what it read."""

    text: str

    def take(self, table: words.Table, *, keep: bool = False) -> tuple[str, ...]:
        """Ids that occur, in table order."""
        found = []
        for name, pattern in words.compiled(table):
            if pattern.search(self.text) is not None:
                found.append(name)
                if not keep:
                    self.text = pattern.sub(_BLANK, self.text)
        return tuple(found[:MAX_WORDS])

    def take_first(self, table: words.Table, *, keep: bool = False) -> str | None:
        """The first id in table order; all of the table's spans are blanked."""
        found = self.take(table, keep=keep)
        return found[0] if found else None

    def take_one(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """One match, blanked."""
        match = pattern.search(self.text)
        if match is not None:
            self.text = self.text[: match.start()] + _BLANK + self.text[match.end() :]
        return match

    def has(self, pattern: str) -> bool:
        """Whether the pattern occurs; nothing is blanked."""
        return re.search(pattern, self.text) is not None


def parse(prompt: str, *, seed: int = 0, sample: int = 0) -> Scene:
    """The scene a prompt asks for; never fails, whatever the text."""
    prompt = normalised(prompt)
    texts, body = texts_of(prompt)
    page = _Page(f" {body.lower()} ")
    page.text = _POLITE.sub(" ", _NEGATED.sub(" ", page.text))
    kind = cast("Kind", page.take_first(words.KINDS) or "scene")
    scene = Scene(
        prompt=prompt,
        kind=kind,
        texts=tuple(text[:MAX_TEXT_CHARS] for text in texts[:MAX_TEXTS]),
        seed=seed,
        sample=sample,
    )
    return _read_things(page, _read_setting(page, scene), _names(body))


def normalised(prompt: str) -> str:
    """The prompt without control characters and lone surrogates, of at most 400 words and 8,000 characters."""
    plain = unicodedata.normalize("NFC", _CONTROL.sub(" ", prompt[: 2 * MAX_PROMPT_CHARS]))
    parts = [part[:MAX_WORD_CHARS] if part.isascii() else part for part in plain.split()]
    return " ".join(parts[:MAX_PROMPT_WORDS])[:MAX_PROMPT_CHARS]


def color_of(word: str | None) -> str | None:
    """The color a word names, in the spelling of `words.COLORS`, or None."""
    if word is None:
        return None
    spelled = words.COLOR_SPELLINGS.get(word, word)
    return spelled if spelled in words.COLORS else None


def _read_setting(page: _Page, scene: Scene) -> Scene:
    background = page.take_one(_BACKGROUND)
    style_first = page.take(words.STYLES[:-2]) if "made of" in page.text else ()
    material = page.take_one(_MATERIAL)
    page.text = things.protected(page.text)
    flowers = _read_flowers(page)
    styles = _without_repeats((*style_first, *page.take(words.STYLES)))
    camera = page.take(words.CAMERA)
    studio = background is not None or page.has(words.STUDIO)
    flat = background is not None and page.has(words.FLAT)
    page.text = re.sub(words.FLAT, _BLANK, re.sub(words.STUDIO, _BLANK, page.text))
    time = page.take_first(words.TIMES)
    mood = page.take_first(words.MOODS)
    weather = page.take_first(words.WEATHER)
    season = page.take_first(words.SEASONS, keep=True)
    flying = page.has(words.FLYING)
    greenery = page.has(words.GREENERY)
    places = page.take(words.PLACES, keep=True)
    landmarks = page.take(words.LANDMARKS) if scene.kind != "logo" else ()
    if scene.kind != "logo":
        page.take(words.PLACES)
        page.take(words.SEASONS)
    else:
        places = ()
    if not places and "".join(scene.texts):
        places = _Page(" ".join(scene.texts).lower()).take((*words.PLACES, ("beach", r"\bsummer\w*|夏")))
    return replace(
        scene,
        places=tuple(dict.fromkeys(places)),
        landmarks=landmarks,
        time=time or _time_of(landmarks, mood),
        season=season,
        weather=weather,
        styles=styles,
        camera=camera,
        mood=mood,
        flowers=flowers or ("mixed" if "meadow" in places and season == "spring" else None),
        greenery=greenery,
        background=color_of(background[1]) if background else None,
        studio=studio,
        flat=flat,
        material=material[1] if material else None,
        flying=flying,
    )


def _without_repeats(styles: tuple[str, ...]) -> tuple[str, ...]:
    """Styles without those that another one already contains: noir is black and white."""
    colorless = {"noir", "pencil", "charcoal"}.intersection(styles)
    painted = {"impressionist", "renaissance", "watercolor", "pastel"}.intersection(styles)
    dropped = {"bw"} if colorless else set()
    dropped |= {"painting"} if painted else set()
    dropped |= {"neon"} if "pixel" in styles else set()
    return tuple(style for style in dict.fromkeys(styles) if style not in dropped)


def _time_of(landmarks: tuple[str, ...], mood: str | None) -> str:
    at_night = {"moon", "fireworks", "aurora"}.intersection(landmarks) or mood == "dark"
    return "night" if at_night else "day"


def _read_flowers(page: _Page) -> str | None:
    field = _FIELD_OF.search(page.text)
    if field is not None:
        page.text = page.text.replace(field[0], " field ")
        return color_of(field[1]) or _FLOWER_COLORS.get(field[2], "mixed")
    wild = _WILDFLOWERS.search(page.text)
    if wild is None:
        return None
    color = color_of(wild[1] or wild[2])
    if wild[2] and color is None:
        return None
    page.text = page.text.replace(wild[0], " meadow ")
    return color or _FLOWER_COLORS.get(wild[0].strip(), "mixed")


def _names(body: str) -> frozenset[str]:
    """Words written as names: capitalised inside a sentence, or beside another capitalised word."""
    return frozenset(word.lower() for match in _NAME.findall(body) for word in match.split() if len(word) > 2)


def _read_things(page: _Page, scene: Scene, names: frozenset[str]) -> Scene:
    found = things.read(page.text, logo=scene.kind == "logo", proper=names)
    subjects = found.subjects
    if "space" in scene.places:
        subjects = tuple(subject for subject in subjects if subject.glyph != "ringed-planet")
    wintry = any(subject.glyph in _WINTRY for subject in subjects) and not scene.places
    season = scene.season or ("winter" if wintry else None)
    afloat = not scene.places and not scene.studio and subjects and subjects[0].glyph in _SEAGOING
    return replace(
        scene,
        subjects=subjects,
        colors=found.colors,
        undrawn=found.undrawn,
        season=season,
        places=("water",) if afloat and scene.kind == "scene" and not scene.styles else scene.places,
        landmarks=tuple(name for name in scene.landmarks if name != "moon" or "lunar" not in scene.places),
    )
