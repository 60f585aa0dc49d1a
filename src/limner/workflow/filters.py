"""The filters of a placeholder: a closed set. Each takes a value and gives a value; none reads anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Final, Literal

from limner._json import JsonValue, dumps
from limner.errors import InvalidRequestError
from limner.workflow.model import SENTINELS

ANY_SUITABLE = "any suitable"
"""What a prompt says in the place of a sentinel."""


class Missing(Enum):
    """The type of `MISSING`: an enumeration, so that a type checker tells it from every JSON value."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""A path led nowhere. Not the same as null, which is a value that somebody gave."""


class TemplateError(InvalidRequestError):
    """A template that cannot be read. `offset` counts characters from 0; the message says line and column too."""

    def __init__(self, message: str, offset: int, *, hint: str | None = None) -> None:
        super().__init__(message, code="workflow.template", hint=hint)
        self.offset = offset


class FilterError(TemplateError):
    """A filter that does not exist, or one with the wrong argument. `near` are names like the one written."""

    def __init__(self, message: str, offset: int, *, near: tuple[str, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, offset, hint=hint)
        self.near = near


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter as it was written: `truncate:200` has the argument 200, `trim` has none."""

    name: str
    argument: str | int | None = None


ArgumentKind = Literal["none", "text", "number"]

ARGUMENTS: Final[dict[str, ArgumentKind]] = {
    "default": "text",
    "optional": "none",
    "join": "text",
    "json": "none",
    "trim": "none",
    "lower": "none",
    "upper": "none",
    "truncate": "number",
    "quote": "none",
}
"""Every filter there is, and what it takes."""

_EXAMPLES: Final[dict[ArgumentKind, str]] = {
    "none": "no argument",
    "text": 'a text in double quotes, as in {name}:"…"',
    "number": "a whole number, as in {name}:200",
}


def problem(written: Filter) -> tuple[str, tuple[str, ...]] | None:
    """What is wrong with a filter, and near names; `None` where nothing is."""
    kind = ARGUMENTS.get(written.name)
    if kind is None:
        near = tuple(get_close_matches(written.name, ARGUMENTS, n=3))
        return f"there is no filter {written.name!r}", near
    if _kind(written.argument) == kind:
        return None
    return f"the filter {written.name!r} takes {_EXAMPLES[kind].format(name=written.name)}", ()


def _kind(argument: str | int | None) -> ArgumentKind:
    if argument is None:
        return "none"
    return "text" if isinstance(argument, str) else "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """What filters made of a value. `sentinel`: the value may be one; `gone`: `optional` takes the line away."""

    value: JsonValue | Missing
    sentinel: bool = False
    gone: bool = False


ToText = Callable[[JsonValue, str], str]
"""Gives the words of a value; the second argument is what separates the elements of an array."""


def apply(filters: tuple[Filter, ...], value: JsonValue | Missing, sentinel: bool, to_text: ToText) -> Filtered:
    """The value after the filters, from left to right.

    `sentinel` says that the value stands for the model's own choice if it is one of the sentinels. A missing value
    and null pass every filter but `default` and `optional` unchanged.
    """
    for each in filters:
        if each.name == "default":
            if is_empty(value, sentinel):
                value, sentinel = each.argument, False
        elif each.name == "optional":
            if is_empty(value, sentinel) or value == []:
                return Filtered(value=MISSING, gone=True)
        elif value is not MISSING and value is not None:
            value, sentinel = _changed(each, words(value, sentinel), to_text), False
    return Filtered(value=value, sentinel=sentinel)


def is_empty(value: JsonValue | Missing, sentinel: bool) -> bool:
    """Whether `default` steps in: nothing there, null, no text, or a sentinel."""
    return value is MISSING or value is None or value == "" or (sentinel and is_sentinel(value))


def is_sentinel(value: JsonValue | Missing) -> bool:
    """Whether the value is exactly one of the words for what the model does by itself."""
    return isinstance(value, str) and value in SENTINELS


def words(value: JsonValue, sentinel: bool) -> JsonValue:
    """The value, or the words that a prompt has instead of a sentinel."""
    return ANY_SUITABLE if sentinel and is_sentinel(value) else value


def _changed(written: Filter, value: JsonValue, to_text: ToText) -> JsonValue:
    if written.name == "json":
        return dumps(value)
    if written.name == "join":
        # Only arrays have something to separate; any other value goes on as it is.
        return to_text(value, str(written.argument)) if isinstance(value, list) else value
    return _changed_text(written, to_text(value, ", "))


def _changed_text(written: Filter, text: str) -> str:
    match written.name:
        case "trim":
            return text.strip()
        case "lower":
            return text.lower()
        case "upper":
            return text.upper()
        case "quote":
            return '"' + text.replace('"', "'") + '"'
        case _:
            return _truncated(text, int(written.argument or 0))


def _truncated(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[: most - 1] + "…" if most else ""
