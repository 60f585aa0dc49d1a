"""The text of one field of a JSON document: what its name, its format and its limits ask for."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonObject
from limner.providers.sandbox.words.brief import singular, words_of
from limner.providers.sandbox.words.sentences import COLORS, MOODS, Writer, capitalized, pick

_TITLES = frozenset(("title", "heading", "headline", "name", "label", "slogan", "tagline"))
_SCENES = frozenset(("scene", "illustration", "image", "picture", "visual", "shot", "prompt", "background"))
_TAGS = frozenset(("tag", "keyword", "category", "topic", "word"))
_IDS = frozenset(("id", "key", "slug"))

_FORMATS = {
    "date": "2026-06-01",
    "date-time": "2026-06-01T09:30:00Z",
    "time": "09:30:00Z",
    "duration": "PT15M",
    "email": "somebody@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_PADDING = " and so on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where in the document a value stands.

    `name` is the nearest field's name. `label`, `number` (from 1) and `count` are those of the nearest list: "Page",
    2 of 6. `depth` counts objects and lists around it, `refs` are the references that led here.
    """

    name: str = ""
    label: str = ""
    number: int = 1
    count: int = 1
    depth: int = 0
    refs: tuple[str, ...] = ()


def text_for(schema: JsonObject, spot: Spot, writer: Writer) -> str:
    """A text for the field at `spot`, within the lengths that `schema` sets."""
    form = _FORMATS.get(str(schema.get("format", "")))
    text = form or _by_name(spot, writer)
    return fitted(text, bound(schema, "minLength") or 0, bound(schema, "maxLength"))


def bound(schema: JsonObject, name: str) -> int | None:
    """A limit of the schema that is a whole number, not negative; else `None`."""
    value = schema.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value < 0 or value > 1e15:
        return None
    return int(value)


def fitted(text: str, lowest: int, highest: int | None) -> str:
    """The text, filled up or cut between words to a number of characters; cut hard where no word ends."""
    while len(text) < lowest:
        text += _PADDING
    if highest is None or len(text) <= highest:
        return text
    cut = text[:highest]
    between = cut[: cut.rfind(" ")].rstrip(" ,;:") if " " in cut else ""
    return between if len(between) >= max(lowest, highest // 2) else cut


def _by_name(spot: Spot, writer: Writer) -> str:
    names = {singular(word) for word in words_of(spot.name)}
    number, count = spot.number, spot.count
    place = f"{spot.label} {number}: " if spot.label else ""
    if names & _SCENES:
        return place + writer.scene(number, count)
    if names & _TITLES:
        return place + " ".join(writer.event(number, count).split()[:8]) if spot.label else writer.title()
    simple = {
        "color": pick(COLORS, writer.seed, number),
        "colour": pick(COLORS, writer.seed, number),
        "mood": pick(MOODS, writer.seed, number),
        "language": "en",
        "light": writer.light(number),
        "place": writer.place(number),
        "location": writer.place(number),
        "camera": writer.camera(number),
        "hero": writer.brief.about,
        "url": _FORMATS["uri"],
        "email": _FORMATS["email"],
        "date": _FORMATS["date"],
    }
    known = next((text for name, text in simple.items() if name in names), None)
    if known is not None:
        return known
    if names & _IDS:
        return f"{(spot.label or 'item').lower()}-{number}"
    if names & _TAGS:
        words = [word for word in writer.brief.about.lower().split() if len(word) > 3] or ["picture"]
        return words[(number - 1) % len(words)].strip(".,;:!?\"'()") or "picture"
    return f"{capitalized(writer.event(number, count))}."
