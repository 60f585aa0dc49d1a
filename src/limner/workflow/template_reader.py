"""Reads a template: text, placeholders and escapes, in one go from left to right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from limner.workflow.filters import Filter, FilterError, TemplateError, problem

LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
DIGITS: Final = frozenset("0123456789")
NAME: Final = LETTERS | DIGITS | {"-"}
SPACE: Final = frozenset(" \t\r\n")
MAX_DIGITS = 9
"""Longest number in a template: no array and no prompt is longer than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """One `{{…}}`. `text` is as written, `offset` counts from 0, `line` and `column` from 1, inside the template."""

    path: tuple[str, ...]
    filters: tuple[Filter, ...] = ()
    offset: int = 0
    text: str = ""
    line: int = 1
    column: int = 1

    @property
    def name(self) -> str:
        """The path as one word: `stage.output.field`."""
        return ".".join(self.path)

    def has(self, *filters: str) -> bool:
        """Whether one of these filters is applied."""
        return any(each.name in filters for each in self.filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template as it was read: text and placeholders in turn, escapes already undone."""

    text: str
    pieces: tuple[str | Placeholder, ...]

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """The placeholders in their order, repeated ones as often as they stand there."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Placeholder))

    @property
    def single(self) -> Placeholder | None:
        """The placeholder that is all there is, apart from white space around it."""
        rest = [piece for piece in self.pieces if isinstance(piece, Placeholder) or piece.strip()]
        return rest[0] if len(rest) == 1 and isinstance(rest[0], Placeholder) else None


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@lru_cache(maxsize=256)
def parse(text: str) -> Template:
    """Read a template. Raises `TemplateError`, and `FilterError` for a filter that cannot be."""
    return Template(text=text, pieces=tuple(_Reader(text).pieces()))


def either(names: tuple[str, ...]) -> str:
    """The names as a choice in words: `a, b or c`."""
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


class _Reader:
    """Reads a template from left to right; every character is looked at a fixed number of times."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._start = 0
        self._line = 1
        self._line_start = 0
        self._counted = 0

    def pieces(self) -> Iterator[str | Placeholder]:
        """Text and placeholders in turn; texts that touch are one."""
        literal: list[str] = []
        while (start := self._text.find("{{", self._at)) >= 0:
            if start > self._at and self._text[start - 1] == "\\":
                literal += (self._text[self._at : start - 1], "{{")
                self._at = start + 2
                continue
            literal.append(self._text[self._at : start])
            if joined := "".join(literal):
                yield joined
            literal = []
            self._at = start
            yield self._placeholder()
        literal.append(self._text[self._at :])
        if joined := "".join(literal):
            yield joined

    def _placeholder(self) -> Placeholder:
        self._start = self._at
        self._at += 2
        self._space()
        path = self._path()
        self._space()
        filters: list[Filter] = []
        while self._peek() == "|":
            self._at += 1
            self._space()
            filters.append(self._filter())
            self._space()
        if not self._text.startswith("}}", self._at):
            raise self._error(
                "'}}', '|' and a filter, or '.' and a name" if not filters else "'}}' or '|' and a filter"
            )
        self._at += 2
        line, column = self._count(self._start)
        return Placeholder(
            path=path,
            filters=tuple(filters),
            offset=self._start,
            text=self._text[self._start : self._at],
            line=line,
            column=column,
        )

    def _path(self) -> tuple[str, ...]:
        path = [self._name("a name, such as a stage's id")]
        while self._peek() == ".":
            self._at += 1
            if self._peek() in DIGITS:
                path.append(self._digits())
                if self._peek() in NAME:
                    raise self._error("'.' or '}}' after the number")
            else:
                path.append(self._name("a name or a number after '.'"))
        return tuple(path)

    def _filter(self) -> Filter:
        offset = self._at
        name = self._name("the name of a filter")
        argument: str | int | None = None
        if self._peek() == ":":
            self._at += 1
            argument = self._argument()
        written = Filter(name=name, argument=argument)
        wrong = problem(written)
        if wrong is not None:
            message, near = wrong
            guess = f" Did you mean {either(near)}?" if near else ""
            raise FilterError(f"In the template {message} ({self._where(offset)}).{guess}", offset, near=near)
        return written

    def _argument(self) -> str | int:
        if self._peek() in DIGITS:
            return int(self._digits())
        if self._peek() != '"':
            raise self._error('a text in double quotes or a whole number after ":"')
        return self._quoted()

    def _quoted(self) -> str:
        opened = self._at
        self._at += 1
        found: list[str] = []
        while (letter := self._peek()) != '"':
            if letter == "\\":
                self._at += 1
                letter = self._peek()
                # An author who has escaped twice still means a line break, not the letter n.
                found.append({"n": "\n", "t": "\t"}.get(letter, letter))
            else:
                found.append(letter)
            if not letter:
                raise TemplateError(f"The quote is never closed ({self._where(opened)}).", opened)
            self._at += 1
        self._at += 1
        return "".join(found)

    def _digits(self) -> str:
        start = self._at
        while self._peek() in DIGITS:
            self._at += 1
        if self._at - start > MAX_DIGITS:
            self._at = start
            raise self._error(f"a number of at most {MAX_DIGITS} digits")
        return self._text[start : self._at]

    def _name(self, expected: str) -> str:
        start = self._at
        if self._peek() not in LETTERS:
            raise self._error(expected)
        while self._peek() in NAME:
            self._at += 1
        return self._text[start : self._at]

    def _space(self) -> None:
        while self._peek() in SPACE:
            self._at += 1

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _count(self, offset: int) -> tuple[int, int]:
        """Line and column, counted on from the last placeholder: from the start each time would be quadratic."""
        breaks = self._text.count("\n", self._counted, offset)
        if breaks:
            self._line += breaks
            self._line_start = self._text.rfind("\n", self._counted, offset) + 1
        self._counted = offset
        return self._line, offset - self._line_start + 1

    def _where(self, offset: int) -> str:
        line, column = position(self._text, offset)
        return f"line {line}, column {column} of the template"

    def _error(self, expected: str) -> TemplateError:
        if not (letter := self._peek()):
            message = f"The placeholder is never closed with '}}}}' ({self._where(self._start)})."
            return TemplateError(message, self._start, hint="A literal {{ is written \\{{.")
        message = f"Expected {expected}, found {letter!r} ({self._where(self._at)})."
        return TemplateError(message, self._at, hint="A literal {{ is written \\{{.")
