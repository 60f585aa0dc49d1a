"""The shape a picture gets where the request names none."""

from __future__ import annotations

import re
from collections.abc import Sequence

from limner.core.size import AspectRatio, Size

SQUARE = AspectRatio(1, 1)

_LITERAL = re.compile(r"(?<![\d:.])(\d{1,2}:\d{1,2})(?!\d|[:.]\d)")
_LITERALS = frozenset(
    (
        *("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1"),
        *("9:21", "1:2", "2:1", "1:3", "3:1", "16:10", "10:16", "5:7", "7:5"),
    )
)
"""Ratios people write; anything else with a colon may be a time of day."""

_READ_CHARACTERS = 4_000
_FORMAT = r"(?:format|orientation|shape|mode|aspect|ratio|layout)"
_PICTURE = r"(?:picture|image|photo|video|banner|poster)"

_SAID: tuple[tuple[str, str], ...] = (
    (r"ultra-?\s?wide|panorama|panoramic|cinemascope", "21:9"),
    (r"wide-?\s?screen|wide (?:format|banner)", "16:9"),
    (rf"(?:portrait|upright) {_FORMAT}|vertical (?:{_FORMAT}|{_PICTURE})", "3:4"),
    (rf"landscape {_FORMAT}|horizontal (?:{_FORMAT}|{_PICTURE})", "4:3"),
    (rf"square (?:{_FORMAT}|{_PICTURE}|crop)|(?:it|to|into) (?:a )?square", "1:1"),
)
"""Words that name a shape, in an instruction as well."""

_MEANT: tuple[tuple[str, str], ...] = (
    (
        r"(?:phone|mobile|lock ?screen) (?:wall)?paper|(?:instagram|tiktok) (?:story|reel)|vertical video|9 by 16",
        "9:16",
    ),
    (r"(?:desktop )?wallpaper|thumbnail|film still|movie still|cinematic|storyboard|presentation slide", "16:9"),
    (r"website (?:banner|header)|web banner|cover photo|billboard", "21:9"),
    (r"poster|plakat|affiche|cartel|póster|flyer|leaflet|infographic|海报|海報|ポスター", "3:4"),
    (r"(?:book|magazine|comic) cover|playing card|tarot card", "2:3"),
    (r"postcard|greeting card|business card", "3:2"),
    (r"bookmark", "1:4"),
)
"""Things that usually have a shape; they count only for a new picture."""


def shape_of_prompt(prompt: str, allowed: Sequence[AspectRatio]) -> AspectRatio | None:
    """The allowed ratio nearest to what a prompt for a new picture says or means; `None` if it says nothing."""
    return _found(prompt, (*_SAID, *_MEANT), allowed)


def shape_of_instruction(instruction: str, allowed: Sequence[AspectRatio]) -> AspectRatio | None:
    """The allowed ratio nearest to the one that an edit asks for in words; `None` to keep the picture's own."""
    return _found(instruction, _SAID, allowed)


def shape_of_picture(size: Size, allowed: Sequence[AspectRatio]) -> AspectRatio:
    """The allowed ratio nearest to a picture's."""
    return size.ratio.nearest(allowed) if allowed else SQUARE


def _found(text: str, words: Sequence[tuple[str, str]], allowed: Sequence[AspectRatio]) -> AspectRatio | None:
    if not allowed:
        return None
    start = text[:_READ_CHARACTERS].lower()
    literal = next((match[1] for match in _LITERAL.finditer(start) if match[1] in _LITERALS), None)
    if literal is not None:
        return AspectRatio.parse(literal).nearest(allowed)
    for pattern, ratio in words:
        if re.search(rf"(?<![a-z])(?:{pattern})(?![a-z])", start):
            return AspectRatio.parse(ratio).nearest(allowed)
    return None
