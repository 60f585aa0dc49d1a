"""What a prompt asks to see, as plain data: the sandbox model parses it, stores it, edits it and draws it.

A scene travels through clients (in a thought signature), so `Scene.from_json` trusts nothing it is given.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Literal, Self, get_args

from limner.providers.sandbox.prompt.words import COLORS

Kind = Literal["scene", "poster", "logo"]

VERSION = 1
MAX_SUBJECTS = 8
MAX_COUNT = 12
MAX_TEXTS = 6
MAX_TEXT_CHARS = 120
MAX_PROMPT_CHARS = 8_000
MAX_WORDS = 12
MAX_SEED = 2**63

_WORD = re.compile(r"[\w .'&+-]{1,60}")


class Role(StrEnum):
    """How a subject stands to the main one."""

    MAIN = "main"
    WEAR = "wear"
    HOLD = "hold"
    RIDE = "ride"
    BESIDE = "beside"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing to draw: an icon name, the word that asked for it, and what is known about it.

    `count` is 1 to 12; `color` is a key of `words.COLORS`, or None for the icon's own colors.
    """

    glyph: str
    word: str
    role: Role = Role.MAIN
    count: int = 1
    color: str | None = None

    def to_json(self) -> dict[str, object]:
        """Plain JSON; what has its default is left out."""
        data: dict[str, object] = {"glyph": self.glyph, "word": self.word, "role": self.role.value}
        if self.count != 1:
            data["count"] = self.count
        if self.color is not None:
            data["color"] = self.color
        return data

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read `to_json` back; `ValueError` for anything else."""
        if not isinstance(data, Mapping):
            raise ValueError(f"a subject must be an object, not {type(data).__name__}")
        _refuse_unknown(data, {"glyph", "word", "role", "count", "color"}, "subject")
        count = data.get("count", 1)
        if type(count) is not int or not 1 <= count <= MAX_COUNT:
            raise ValueError(f"a subject's count must be a whole number from 1 to {MAX_COUNT}, not {count!r}")
        return cls(
            glyph=_word(data.get("glyph"), "glyph"),
            word=_word(data.get("word"), "word"),
            role=Role(_word(data.get("role", "main"), "role")),
            count=count,
            color=_color(data.get("color"), "color"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything the painter needs; two equal scenes make equal pictures.

    `places`, `time`, `season`, `weather`, `styles`, `camera`, `landmarks` hold ids of the tables in `words`.
    `flowers` is a color name or "mixed". `background` is the color of a plain backdrop; `flat` leaves out its light
    and shadow. `texts` are set in letters. `undrawn` are words that were understood as things but have no picture.
    """

    prompt: str
    kind: Kind = "scene"
    texts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    landmarks: tuple[str, ...] = ()
    time: str = "day"
    season: str | None = None
    weather: str | None = None
    styles: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    mood: str | None = None
    flowers: str | None = None
    greenery: bool = False
    colors: tuple[str, ...] = ()
    background: str | None = None
    studio: bool = False
    flat: bool = False
    material: str | None = None
    subjects: tuple[Subject, ...] = ()
    flying: bool = False
    undrawn: tuple[str, ...] = ()
    seed: int = 0
    sample: int = 0

    @property
    def stream(self) -> int:
        """The number all chance comes from; sample k of seed s has the stream of sample 0 of seed s + k."""
        text = f"{self.prompt}\0{self.seed + self.sample}"
        return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).digest(), "big")

    def to_json(self) -> dict[str, object]:
        """Plain JSON with a version; fields that have their default are left out."""
        data: dict[str, object] = {"v": VERSION, "prompt": self.prompt}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("prompt", "subjects") or value == field.default:
                continue
            data[field.name] = list(value) if isinstance(value, tuple) else value
        if self.subjects:
            data["subjects"] = [subject.to_json() for subject in self.subjects]
        return data

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read `to_json` back; `ValueError` for a wrong version, type, name or size anywhere."""
        if not isinstance(data, Mapping):
            raise ValueError(f"a scene must be an object, not {type(data).__name__}")
        _refuse_unknown(data, {"v", *(field.name for field in fields(cls))}, "scene")
        if data.get("v") != VERSION:
            raise ValueError(f"a scene of version {data.get('v')!r} cannot be read; accepted: {VERSION}")
        kind = data.get("kind", "scene")
        if kind not in get_args(Kind):
            raise ValueError(f"kind {kind!r} is not one of: {', '.join(get_args(Kind))}")
        return cls(
            prompt=_text(data.get("prompt"), "prompt", MAX_PROMPT_CHARS),
            kind=kind,
            texts=tuple(_text(text, "texts", MAX_TEXT_CHARS) for text in _list(data, "texts", MAX_TEXTS)),
            places=_words(data, "places"),
            landmarks=_words(data, "landmarks"),
            time=_word(data.get("time", "day"), "time"),
            season=_optional_word(data.get("season"), "season"),
            weather=_optional_word(data.get("weather"), "weather"),
            styles=_words(data, "styles"),
            camera=_words(data, "camera"),
            mood=_optional_word(data.get("mood"), "mood"),
            flowers=_color(data.get("flowers"), "flowers", also=("mixed",)),
            greenery=_flag(data.get("greenery", False), "greenery"),
            colors=tuple(_known_color(color, "colors") for color in _words(data, "colors")),
            background=_color(data.get("background"), "background"),
            studio=_flag(data.get("studio", False), "studio"),
            flat=_flag(data.get("flat", False), "flat"),
            material=_optional_word(data.get("material"), "material"),
            subjects=tuple(Subject.from_json(item) for item in _list(data, "subjects", MAX_SUBJECTS)),
            flying=_flag(data.get("flying", False), "flying"),
            undrawn=_words(data, "undrawn"),
            seed=_number(data.get("seed", 0), "seed"),
            sample=_number(data.get("sample", 0), "sample"),
        )


def _refuse_unknown(data: Mapping[object, object], known: set[str], what: str) -> None:
    unknown = sorted(repr(key) for key in data if key not in known)
    if unknown:
        raise ValueError(f"a {what} has no field {', '.join(unknown[:3])}; accepted: {', '.join(sorted(known))}")


def _list(data: Mapping[object, object], name: str, limit: int) -> tuple[object, ...]:
    value = data.get(name, ())
    if not isinstance(value, list | tuple) or len(value) > limit:
        raise ValueError(f"{name} must be a list of at most {limit}")
    return tuple(value)


def _words(data: Mapping[object, object], name: str) -> tuple[str, ...]:
    return tuple(_word(value, name) for value in _list(data, name, MAX_WORDS))


def _text(value: object, name: str, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit:
        raise ValueError(f"{name} must be text of at most {limit} characters")
    return value


def _word(value: object, name: str) -> str:
    if not isinstance(value, str) or _WORD.fullmatch(value) is None:
        raise ValueError(f"{name} must be a short plain name, not {str(value)[:80]!r}")
    return value


def _optional_word(value: object, name: str) -> str | None:
    return None if value is None else _word(value, name)


def _color(value: object, name: str, also: tuple[str, ...] = ()) -> str | None:
    return None if value is None else _known_color(_word(value, name), name, also)


def _known_color(value: str, name: str, also: tuple[str, ...] = ()) -> str:
    if value not in COLORS and value not in also:
        raise ValueError(f"{name} {value!r} is not a known color; accepted: {', '.join((*also, *COLORS))}")
    return value


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {str(value)[:80]!r}")
    return value


def _number(value: object, name: str) -> int:
    if type(value) is not int or not 0 <= value < MAX_SEED:
        raise ValueError(f"{name} must be a whole number from 0 to {MAX_SEED - 1}, not {str(value)[:80]!r}")
    return value
