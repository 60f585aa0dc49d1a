"""Reading a workflow file: JSON with comments and trailing commas, every value with its place in the text."""

from __future__ import annotations

import json.decoder
import math
import re
from bisect import bisect_right
from dataclasses import dataclass

from limner._json import JsonObject, JsonValue
from limner.workflow.diagnostic import Diagnostic
from limner.workflow.problem import shown, to_pointer

MAX_BYTES = 1 << 20
"""Largest file, in bytes of UTF-8."""

MAX_DEPTH = 64
"""Most objects and arrays inside each other. It also bounds the recursion of the reader."""

MAX_DIGITS = 1000
"""Most characters of a number: Python refuses to read integers of several thousand digits."""

MAX_TWICE = 100
"""Most keys that are reported as standing twice."""

_SPACE = re.compile(r"[ \t\r\n]*")
_BREAK = re.compile(r"\r\n?|\n")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z0-9_+.-]+")
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class SourceError(ValueError):
    """The text is no JSON, too large, or says one key twice. `diagnostics` has everything that was found."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


@dataclass(slots=True)
class _Mark:
    """Where a value begins, and its key where it has one: offsets into the text."""

    value: int
    key: int | None = None
    members: dict[str, _Mark] | None = None
    """Of an object by key, of an array by index; `None` of a scalar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as it was read: `document` is plain JSON; lines and columns count from 1, columns in code points."""

    document: JsonValue
    _root: _Mark
    _lines: tuple[int, ...]

    def place(self, pointer: str) -> tuple[int, int]:
        """Line and column of the value at a JSON Pointer; of the nearest value around it where there is none."""
        return _place(self._lines, self._find(pointer).value)

    def key_place(self, pointer: str) -> tuple[int, int]:
        """As `place`, but of the key where the value is a member of an object."""
        mark = self._find(pointer)
        return _place(self._lines, mark.value if mark.key is None else mark.key)

    def _find(self, pointer: str) -> _Mark:
        mark = self._root
        for part in pointer.split("/")[1:]:
            inner = (mark.members or {}).get(part.replace("~1", "/").replace("~0", "~"))
            if inner is None:
                break
            mark = inner
        return mark


def read(text: str | bytes) -> Source:
    """The file as a plain document with places.

    Raises `SourceError` with E100 (not JSON, not UTF-8), E101 (a key twice, each of them) or E102 (more than
    `MAX_BYTES` bytes, more than `MAX_DEPTH` levels).
    """
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        message = f"The file has {size:,} bytes; at most {MAX_BYTES:,} are read."
        raise SourceError((Diagnostic(code="E102", message=message, hint="Keep pictures and data out of the file."),))
    reader = _Reader((_decode(text) if isinstance(text, bytes) else text).removeprefix("\ufeff"))
    document, root = reader.read()
    return Source(document=document, _root=root, _lines=reader.lines)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix("\ufeff")
        line, column = _place(_line_starts(before), len(before))
        message = f"The file is not UTF-8: byte 0x{data[error.start]:02X} stands where no character can."
        hint = "Save the file as UTF-8."
        raise SourceError((Diagnostic(code="E100", message=message, line=line, column=column, hint=hint),)) from None


def _line_starts(text: str) -> tuple[int, ...]:
    return (0, *(match.end() for match in _BREAK.finditer(text)))


def _place(lines: tuple[int, ...], offset: int) -> tuple[int, int]:
    line = bisect_right(lines, offset)
    return line, offset - lines[line - 1] + 1


class _Reader:
    """A strict JSON parser that knows where it is. Every character is looked at a bounded number of times."""

    def __init__(self, text: str) -> None:
        self.lines = _line_starts(text)
        self._text = text
        self._at = 0
        self._path: list[str] = []
        self._twice: list[Diagnostic] = []

    def read(self) -> tuple[JsonValue, _Mark]:
        """The document and the places in it."""
        self._blank()
        if self._at >= len(self._text):
            message = "Not JSON: there is nothing in the file."
            raise self._error("E100", message, self._at, hint="A workflow has at least an id, a name and stages.")
        document, root = self._value()
        self._blank()
        if self._at < len(self._text):
            raise self._expected("the end of the file", hint="A file holds one object and nothing after it.")
        if self._twice:
            raise SourceError(tuple(self._twice))
        return document, root

    def _value(self) -> tuple[JsonValue, _Mark]:
        mark = _Mark(self._at)
        character = self._peek()
        if character == "{":
            return self._object(mark), mark
        if character == "[":
            return self._array(mark), mark
        if character == '"':
            return self._string(), mark
        return self._scalar(), mark

    def _object(self, mark: _Mark) -> JsonObject:
        members = self._open(mark)
        result: JsonObject = {}
        while self._peek() != "}":
            key_at = self._at
            if self._peek() != '"':
                raise self._expected('a key in double quotes or "}"', hint=self._quotes_hint())
            key = self._string()
            self._blank()
            if self._peek() != ":":
                raise self._expected('":" after the key')
            self._at += 1
            self._blank()
            self._path.append(key)
            value, inner = self._value()
            inner.key = key_at
            if key in result:
                self._note_twice(key, key_at, members[key])
            result[key] = value
            members[key] = inner
            self._path.pop()
            self._separator("}")
        self._at += 1
        return result

    def _array(self, mark: _Mark) -> list[JsonValue]:
        members = self._open(mark)
        result: list[JsonValue] = []
        while self._peek() != "]":
            index = str(len(result))
            self._path.append(index)
            value, members[index] = self._value()
            self._path.pop()
            result.append(value)
            self._separator("]")
        self._at += 1
        return result

    def _open(self, mark: _Mark) -> dict[str, _Mark]:
        if len(self._path) >= MAX_DEPTH:
            message = f"Objects and arrays stand more than {MAX_DEPTH} levels deep."
            raise self._error("E102", message, mark.value, hint="Move the innermost part further out.")
        self._at += 1
        self._blank()
        mark.members = {}
        return mark.members

    def _separator(self, end: str) -> None:
        """Past the comma, if there is one; then a value or the end may follow."""
        self._blank()
        character = self._peek()
        if character == ",":
            self._at += 1
            self._blank()
        elif character != end:
            starts_value = character != "" and (character in '"{[' or character.isalnum())
            raise self._expected(f'"," or "{end}"', hint="A comma is missing before this." if starts_value else None)

    def _string(self) -> str:
        begin = self._at
        try:
            value, self._at = json.decoder.scanstring(self._text, begin + 1, True)  # type: ignore[attr-defined]
        except json.JSONDecodeError as error:
            raise self._string_error(error, begin) from None
        return str(value)

    def _string_error(self, error: json.JSONDecodeError, begin: int) -> SourceError:
        if error.msg.startswith("Unterminated"):
            hint = 'End it with a double quote; write a double quote inside as \\".'
            return self._error("E100", "Not JSON: the string that begins here has no end.", begin, hint=hint)
        if error.msg.startswith("Invalid control"):
            found = self._text[error.pos]
            what = "a line break" if found in "\r\n" else "a tab" if found == "\t" else f"character U+{ord(found):04X}"
            hint = "Write a line break as \\n and a tab as \\t, or end the string with a double quote."
            return self._error("E100", f"Not JSON: {what} cannot stand inside a string.", error.pos, hint=hint)
        hint = 'After a backslash may stand one of " \\ / b f n r t, or u and four hexadecimal digits.'
        return self._error("E100", "Not JSON: expected an escape after the backslash.", error.pos, hint=hint)

    def _scalar(self) -> JsonValue:
        match = _NUMBER.match(self._text, self._at)
        word = _WORD.match(self._text, self._at)
        if match is not None and word is not None and match.end() == word.end():
            return self._number(match)
        if word is not None and word[0] in _LITERALS:
            self._at = word.end()
            return _LITERALS[word[0]]
        if word is None:
            raise self._expected("a value", hint=self._quotes_hint())
        hint = (
            "A number is written in decimal digits, such as 12, -3 or 0.5."
            if word[0][0] in "+-.0123456789" or word[0] in ("NaN", "Infinity")
            else "Write true, false, null, a number, or text in double quotes."
        )
        raise self._error("E100", f"Not JSON: expected a value, found {shown(word[0])}.", self._at, hint=hint)

    def _number(self, match: re.Match[str]) -> int | float:
        if len(match[0]) > MAX_DIGITS:
            raise self._error("E100", f"Not JSON: a number has more than {MAX_DIGITS:,} digits.", self._at)
        is_whole = match[1] is None and match[2] is None
        value = int(match[0]) if is_whole else float(match[0])
        if isinstance(value, float) and math.isinf(value):
            raise self._error("E100", "Not JSON: this number is too large to be read.", self._at)
        self._at = match.end()
        return value

    def _blank(self) -> None:
        """Past white space and comments."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space is not None else self._at
            if self._text.startswith("//", self._at):
                end = _BREAK.search(self._text, self._at)
                self._at = end.start() if end is not None else len(self._text)
            elif self._text.startswith("/*", self._at):
                end_at = self._text.find("*/", self._at + 2)
                if end_at < 0:
                    message = "Not JSON: the comment that begins here has no end."
                    raise self._error("E100", message, self._at, hint="End it with */.")
                self._at = end_at + 2
            else:
                return

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _quotes_hint(self) -> str | None:
        character = self._peek()
        if character in ("'", "“", "”", "„", "«"):
            return 'Text stands in straight double quotes: "so".'
        if character == ",":
            return "Remove this comma."
        return "Put keys in double quotes." if character.isalpha() else None

    def _note_twice(self, key: str, at: int, first: _Mark) -> None:
        if len(self._twice) >= MAX_TWICE:
            return
        line, column = _place(self.lines, at)
        first_line, _ = _place(self.lines, first.value if first.key is None else first.key)
        self._twice.append(
            Diagnostic(
                code="E101",
                message=f"The key {shown(key)} stands twice in one object: first on line {first_line}.",
                path=to_pointer(self._path),
                line=line,
                column=column,
                hint="Keep one of them.",
            )
        )

    def _expected(self, what: str, *, hint: str | None = None) -> SourceError:
        found = shown(self._peek()) if self._at < len(self._text) else "the end of the file"
        return self._error("E100", f"Not JSON: expected {what}, found {found}.", self._at, hint=hint)

    def _error(self, code: str, message: str, at: int, *, hint: str | None = None) -> SourceError:
        line, column = _place(self.lines, at)
        error = Diagnostic(code=code, message=message, line=line, column=column, hint=hint)
        return SourceError((*self._twice, error))
