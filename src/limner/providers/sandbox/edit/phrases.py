"""Operations put into words for the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from limner.providers.sandbox.edit.ops import (
    Add,
    Background,
    Blur,
    Combine,
    Crop,
    Extend,
    Flip,
    Frame,
    Invert,
    Level,
    Mockup,
    Move,
    Op,
    Recolor,
    Remove,
    Replace,
    Rotate,
    Scale,
    Season,
    Sharpen,
    Style,
    Text,
    Time,
    Tint,
    Unknown,
    Weather,
)
from limner.providers.sandbox.prompt.scene import Subject

_LEVELS = {
    "brightness": ("Brightened", "Darkened"),
    "contrast": ("More contrast", "Less contrast"),
    "saturation": ("Stronger colors", "Weaker colors"),
    "warmth": ("Warmer", "Cooler"),
}


def phrase(op: Op) -> str:
    """The operation as a short sentence without its full stop; empty for what is reported elsewhere."""
    return _PHRASES[type(op)](op)


def _thing(subject: Subject) -> str:
    parts = [str(subject.count)] if subject.count > 1 else []
    parts += [subject.color] if subject.color else []
    return " ".join([*parts, subject.word])


def _recolor(op: Recolor) -> str:
    was = f" (what was {op.was})" if op.was else ""
    return f"Recolored: {op.target or 'main subject'} to {op.color}{was}"


def _add(op: Add) -> str:
    where = f" beside the {op.near}" if op.near else f" ({op.spot})" if op.spot else ""
    return f"Added: {_thing(op.subject)}{where}"


def _background(op: Background) -> str:
    if op.place is not None:
        return f"Background: {op.words or op.place}"
    return f"Background: plain {op.color}" if op.color else "Background removed"


def _text(op: Text) -> str:
    if not op.texts:
        return "Lettering removed"
    return "Text: " + ", ".join(f'"{text}"' for text in op.texts)


def _extend(op: Extend) -> str:
    return f"Extended to {op.ratio:.2f}:1" if op.ratio else "Zoomed out"


def _crop(op: Crop) -> str:
    return f"Cropped to {op.ratio:.2f}:1" if op.ratio else f"Cropped to {op.keep:.0%} of each side"


def _level(op: Level) -> str:
    words = _LEVELS[op.quality][0 if op.factor > 1 else 1]
    return f"{words} (background)" if op.part == "background" else words


def _scale(op: Scale) -> str:
    return f"{'Enlarged' if op.factor > 1 else 'Made smaller'}: {op.target or 'main subject'}"


_PHRASES: dict[type[Any], Callable[[Any], str]] = {
    Add: _add,
    Background: _background,
    Blur: lambda op: "Blurred the background" if op.part == "background" else "Blurred",
    Combine: lambda op: "Combined the pictures",
    Crop: _crop,
    Extend: _extend,
    Flip: lambda op: "Mirrored" if op.axis == "horizontal" else "Turned upside down",
    Frame: lambda op: f"Frame: {op.color}",
    Invert: lambda op: "Inverted the colors",
    Level: _level,
    Mockup: lambda op: f"Printed on a card, on {op.ground}",
    Move: lambda op: f"Moved the main subject to the {op.spot}",
    Recolor: _recolor,
    Remove: lambda op: f"Removed: {op.target}",
    Replace: lambda op: f"Replaced: {op.target or 'main subject'} by {_thing(op.subject)}",
    Rotate: lambda op: f"Rotated by {op.degrees:g} degrees",
    Scale: _scale,
    Season: lambda op: f"Season: {op.season}",
    Sharpen: lambda op: "Sharpened",
    Style: lambda op: f"Style: {op.style}",
    Text: _text,
    Time: lambda op: f"Time: {op.time}",
    Tint: lambda op: "A warm tint was laid over the picture",
    Unknown: lambda op: "",
    Weather: lambda op: f"Weather: {op.weather}",
}
