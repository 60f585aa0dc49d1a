"""The closed set of edits that an instruction can be read as, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from limner.providers.sandbox.prompt.scene import Subject

Spot = Literal["left", "right", "top", "bottom", "center", "sky", "behind", "worn", "beside"]
Band = Literal["top", "center", "bottom"]
Side = Literal["left", "right"]
Goal = Literal["left", "right", "top", "bottom", "center"]
Ground = Literal["stone", "wood", "dark", "paper"]
Quality = Literal["brightness", "contrast", "saturation", "warmth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recolor:
    """Give a thing another colour. No target: the main subject. `was` narrows it to what has that colour now."""

    color: str
    target: str | None = None
    glyph: str | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """Put something new in. `near` is the word of what it goes beside."""

    subject: Subject
    spot: Spot | None = None
    near: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Take something away and fill the hole. `was` narrows it to what has that colour."""

    target: str
    glyph: str | None = None
    was: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Put something new where another thing was. No target: the main subject."""

    subject: Subject
    target: str | None = None
    glyph: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Another place or a plain colour behind the subject; neither: nothing, the picture gets real alpha.

    `words` describe the place more closely ("a snowy mountain at night"), for `parse`.
    """

    place: str | None = None
    color: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blur:
    """Softness, for the whole picture or behind the subject only."""

    part: Literal["all", "background"] = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpen:
    """Crisper detail and a full tone scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Another time of day: an id of `words.TIMES`."""

    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Another season: an id of `words.SEASONS`."""

    season: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Other weather: an id of `words.WEATHER`, or "clear"."""

    weather: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Another style: an id of `styles.STYLES`; `colors` for those printed in few inks."""

    style: str
    colors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words to set; none: take the lettering away. None in the rest leaves the choice to the picture."""

    texts: tuple[str, ...]
    place: Band | None = None
    side: Side | None = None
    color: str | None = None
    face: str | None = None
    sign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend:
    """More picture around the present one, to width / height = `ratio`; None: a quarter more on every side."""

    ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """Less picture: `keep` of each side around the subject, or the largest part with the given ratio."""

    keep: float = 1.0
    ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """Mirrored left to right ("horizontal") or upside down ("vertical")."""

    axis: Literal["horizontal", "vertical"] = "horizontal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate:
    """Turned clockwise by so many degrees."""

    degrees: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One quality of light or colour stronger (factor above 1) or weaker, everywhere or behind the subject."""

    quality: Quality
    factor: float
    part: Literal["all", "background"] = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invert:
    """A negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A thing larger or smaller in place. No target: the main subject."""

    factor: float
    target: str | None = None
    glyph: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The main subject put elsewhere."""

    spot: Goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A plain border around the picture."""

    color: str = "white"


@dataclass(frozen=True, slots=True, kw_only=True)
class Combine:
    """The subjects of the further input images put into the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mockup:
    """The picture printed on a card that lies on a ground; to width / height = `ratio`, or the picture's own."""

    ground: Ground
    ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tint:
    """A visible warm cast: what happens when nothing else was understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A part of the instruction that could not be read; it changes nothing and is reported."""

    words: str


Op: TypeAlias = (
    Recolor
    | Add
    | Remove
    | Replace
    | Background
    | Blur
    | Sharpen
    | Time
    | Season
    | Weather
    | Style
    | Text
    | Extend
    | Crop
    | Flip
    | Rotate
    | Level
    | Invert
    | Scale
    | Move
    | Frame
    | Combine
    | Mockup
    | Tint
    | Unknown
)
