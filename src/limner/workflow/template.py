"""Templates: text with `{{path | filter}}` in it, filled in one pass; what is inserted is never read again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from limner._json import JsonObject, JsonValue, dumps
from limner.errors import InvalidRequestError
from limner.workflow.filters import (
    MISSING,
    Filter,
    Filtered,
    FilterError,
    Missing,
    TemplateError,
    apply,
    words,
)
from limner.workflow.template_reader import Placeholder, Template, either, parse, position

__all__ = [
    "MISSING",
    "Filter",
    "FilterError",
    "Found",
    "ImageNotAllowed",
    "Missing",
    "Placeholder",
    "Template",
    "TemplateError",
    "Unresolved",
    "Values",
    "is_image",
    "parse",
    "position",
    "render",
    "value_of",
]

Attach = Callable[[JsonObject], int]
"""Takes a picture along with the prompt and gives its number, counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a path leads to. `may_be_sentinel`: there, `model_default` and `auto` mean the model's own choice."""

    value: JsonValue | Missing
    may_be_sentinel: bool = False


class Values(Protocol):
    """Where placeholders find their values."""

    def find(self, path: tuple[str, ...]) -> Found:
        """The value at a path, `MISSING` where it leads nowhere."""

    def near(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Up to three paths that lead somewhere and look like this one."""


class Unresolved(InvalidRequestError):
    """A placeholder that has no value. An empty text in its place would be paid for and wrong."""

    def __init__(self, placeholder: Placeholder, near: tuple[str, ...] = (), *, null: bool = False) -> None:
        self.placeholder = placeholder
        self.near = near
        what = "is null" if null else "has no value"
        guess = f" Did you mean {either(near)}?" if near else ""
        super().__init__(
            f"{placeholder.text} {what} ({_place(placeholder)}).{guess}",
            code="workflow.template_unresolved",
            hint='`| optional` leaves the line out where there is no value, `| default:"…"` puts a text there.',
        )


class ImageNotAllowed(InvalidRequestError):
    """A placeholder that stands for a picture, in a text that takes none along."""

    def __init__(self, placeholder: Placeholder) -> None:
        self.placeholder = placeholder
        super().__init__(
            f"{placeholder.text} is a picture, and only text can stand here ({_place(placeholder)}).",
            code="workflow.template_image",
            hint="Pictures go into promptTemplate or inputImages.",
        )


def is_image(value: JsonValue) -> bool:
    """Whether a value is a picture: an object with the hash and the media type of one."""
    return isinstance(value, dict) and "sha256" in value and "mimeType" in value


def render(template: Template, values: Values, attach: Attach | None) -> str:
    """Fill in a template.

    `attach` takes a picture along and gives its number; without it a picture is refused. Raises `Unresolved` and
    `ImageNotAllowed`.
    """
    kept: list[str] = []
    for line in _lines(template.pieces):
        if _gone(line, values):
            if kept and not _ends_with_break(line):
                # The last line has no break of its own: the one before it goes.
                kept[-1] = kept[-1].removesuffix("\n").removesuffix("\r")
            continue
        kept.append("".join(piece if isinstance(piece, str) else _filled(piece, values, attach) for piece in line))
    return "".join(kept)


def value_of(template: Template, values: Values) -> JsonValue | Missing:
    """The value of a template that is one placeholder and nothing else; a sentinel and null are given as they are.

    `MISSING` only where the filter `optional` allows it. Raises `TemplateError` for any other template, `Unresolved`
    where there is no value.
    """
    placeholder = template.single
    if placeholder is None:
        raise TemplateError("This must be exactly one placeholder, such as {{stage.output.images}}.", 0)
    found = values.find(placeholder.path)
    filtered = _through(placeholder, found, None)
    if filtered.value is MISSING and not filtered.gone:
        raise Unresolved(placeholder, values.near(placeholder.path))
    return filtered.value


def _filled(placeholder: Placeholder, values: Values, attach: Attach | None) -> str:
    filtered = _through(placeholder, values.find(placeholder.path), attach)
    value = filtered.value
    if value is MISSING:
        raise Unresolved(placeholder, values.near(placeholder.path))
    if value is None:
        raise Unresolved(placeholder, null=True)
    return _text(words(value, filtered.sentinel), ", ", placeholder, attach)


def _through(placeholder: Placeholder, found: Found, attach: Attach | None) -> Filtered:
    def to_text(value: JsonValue, separator: str) -> str:
        return _text(value, separator, placeholder, attach)

    return apply(placeholder.filters, found.value, found.may_be_sentinel, to_text)


def _gone(line: list[str | Placeholder], values: Values) -> bool:
    """Whether `optional` takes this line away; looked at first, so that a line that goes takes no picture along."""
    return any(
        apply(piece.filters, found.value, found.may_be_sentinel, _words_only).gone
        for piece in line
        if not isinstance(piece, str) and piece.has("optional")
        for found in (values.find(piece.path),)
    )


def _words_only(value: JsonValue, separator: str) -> str:
    return _text(value, separator, Placeholder(path=()), lambda image: 1)


def _text(value: JsonValue, separator: str, placeholder: Placeholder, attach: Attach | None) -> str:
    if isinstance(value, str):
        return value
    if is_image(value):
        if attach is None:
            raise ImageNotAllowed(placeholder)
        return f"image {attach(value)}"
    if isinstance(value, list) and (all(map(_is_scalar, value)) or all(map(is_image, value))):
        return separator.join(_text(each, separator, placeholder, attach) for each in value)
    return _number(value) if isinstance(value, float) else dumps(value)


def _is_scalar(value: JsonValue) -> bool:
    return isinstance(value, str | int | float)


def _number(value: float) -> str:
    # From 1e16 on a float no longer holds every whole number, and its shortest form has an exponent.
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)


def _lines(pieces: tuple[str | Placeholder, ...]) -> Iterator[list[str | Placeholder]]:
    """The pieces of each line of the template; a placeholder never ends a line, whatever stands in it."""
    line: list[str | Placeholder] = []
    for piece in pieces:
        if isinstance(piece, Placeholder):
            line.append(piece)
            continue
        *ended, rest = piece.split("\n")
        for text in ended:
            line.append(text + "\n")
            yield line
            line = []
        if rest:
            line.append(rest)
    if line:
        yield line


def _ends_with_break(line: list[str | Placeholder]) -> bool:
    last = line[-1]
    return isinstance(last, str) and last.endswith("\n")


def _place(placeholder: Placeholder) -> str:
    return f"line {placeholder.line}, column {placeholder.column} of the template"
