"""The one place that prints: results on stdout, everything else on stderr, nothing secret and nothing that steers.

Text from prompts, files and providers is untrusted: control characters in it never reach the terminal.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TextIO

from limner._json import JsonValue
from limner.errors import LimnerError
from limner.redaction import HIDDEN, known_secrets, redact

Style = Literal["bold", "dim", "red", "green", "yellow", "cyan"]

_CODES: Mapping[Style, int] = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MIN_COLUMNS = 40
_MIN_TEXT_COLUMNS = 10
_GAP = 2
_INDENT = " " * len("error: ")

Cell = str | tuple[str, Style]
"""Text of a table, plain or in a style."""

StyledText = tuple[str, Style | None]


class Output:
    """Where this run of the command writes. `quiet` leaves only results and errors."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._secrets = known_secrets(environment)
        self._plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
        self.quiet = False

    @property
    def on_terminal(self) -> bool:
        """Whether stderr is a terminal that a person looks at."""
        return _is_terminal(sys.stderr)

    @property
    def result_on_terminal(self) -> bool:
        """Whether stdout is a terminal."""
        return _is_terminal(sys.stdout)

    @property
    def has_color(self) -> bool:
        """Whether stderr takes colors."""
        return self.on_terminal and not self._plain

    @property
    def speaks_unicode(self) -> bool:
        """Whether stderr takes all characters."""
        return _is_unicode(sys.stderr)

    @property
    def result_speaks_unicode(self) -> bool:
        """Whether stdout takes all characters."""
        return _is_unicode(sys.stdout)

    @property
    def columns(self) -> int:
        """Width of the terminal in characters, 40 at least."""
        return max(shutil.get_terminal_size((100, 24)).columns, _MIN_COLUMNS)

    @property
    def lines(self) -> int:
        """Height of the terminal in lines."""
        return shutil.get_terminal_size((100, 24)).lines

    def result(self, text: str = "", style: Style | None = None) -> None:
        """A line of what was asked for."""
        _write(sys.stdout, self._styled(clean(self._without_secrets(text)), style, sys.stdout) + "\n")

    def path(self, text: str) -> None:
        """A path alone on its line, exactly as it is."""
        _write(sys.stdout, text + "\n")

    def json(self, document: JsonValue) -> None:
        """One JSON document."""
        text = json.dumps(document, ensure_ascii=False, indent=2)
        if not _encodes(text, sys.stdout):
            text = json.dumps(document, indent=2)
        _write(sys.stdout, self._without_secrets(text) + "\n")

    def note(self, text: str = "", style: Style | None = None) -> None:
        """A line beside the result; nothing if quiet."""
        if not self.quiet:
            self._tell(text, style)

    def warning(self, text: str) -> None:
        """A line that a person should read; nothing if quiet."""
        if not self.quiet:
            self._tell(f"warning: {text}", "yellow")

    def pieces(self, pieces: Iterable[tuple[str, str]]) -> None:
        """Words that were kept, added and removed, on one line of stderr; without colors marked by [+ +] and [- -]."""
        shown = []
        for kind, text in pieces:
            words = clean(redact(text, self._secrets))
            if kind == "kept":
                shown.append(words)
            elif self.has_color:
                shown.append(self._styled(words, "green" if kind == "added" else "red", sys.stderr))
            else:
                shown.append(f"[+{words}+]" if kind == "added" else f"[-{words}-]")
        if not self.quiet:
            _write(sys.stderr, "  " + "".join(shown) + "\n")

    def raw(self, text: str) -> None:
        """Text of ours for the terminal on stderr, with its control characters."""
        _write(sys.stderr, text)

    def error(self, problem: LimnerError) -> None:
        """What went wrong and what to try, in a few lines, never as a traceback."""
        lines = problem.message.split("\n")
        if problem.hint:
            lines.append(problem.hint)
        if problem.billed != "no":
            lines.append("This call was billed." if problem.billed == "yes" else "This call may have been billed.")
        label = self._styled("error:", "red", sys.stderr)
        for number, line in enumerate(self._fitted(lines)):
            _write(sys.stderr, f"{label} {line}\n" if number == 0 else f"{_INDENT}{line}\n")

    def error_document(self, problem: LimnerError) -> None:
        """The same as JSON on stdout. `outcome` is null where nothing was sent."""
        error = {
            key: redact(value, self._secrets) if isinstance(value, str) else value
            for key, value in problem.to_json().items()
        }
        self.json({"outcome": getattr(problem, "outcome", None), "error": error})

    def traceback(self, text: str) -> None:
        """A traceback, for `LIMNER_DEBUG=1`."""
        _write(sys.stderr, redact(text, self._secrets))

    def redacted(self, text: str) -> str:
        """`text` without anything secret that is known or looks so."""
        return redact(text, self._secrets)

    def table(self, rows: Iterable[Sequence[Cell]], *, flexible: Sequence[int] = (-1,)) -> None:
        """Rows in columns on stdout. On a terminal the columns `flexible` give way in turn, so that no line wraps."""
        cells = [[self._parted(cell) for cell in row] for row in rows]
        widths = _widths(cells)
        if self.result_on_terminal and widths:
            for column in flexible:
                excess = sum(widths) + _GAP * (len(widths) - 1) - self.columns
                widths[column] -= min(max(excess, 0), max(widths[column] - _MIN_TEXT_COLUMNS, 0))
        self._rows(cells, widths)

    def facts(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Rows in columns on stdout, nothing left out. On a terminal the last one is broken between words."""
        cells = [[self._parted(cell) for cell in row] for row in rows]
        widths = _widths(cells)
        if self.result_on_terminal and widths:
            room = max(self.columns - sum(widths[:-1]) - _GAP * (len(widths) - 1), _MIN_TEXT_COLUMNS)
            cells = [line for row in cells for line in _broken(row, room)]
        self._rows(cells, _widths(cells))

    def _rows(self, cells: list[list[StyledText]], widths: list[int]) -> None:
        for row in cells:
            fitted = [
                self._styled(pad(shorten(text, column), column), style, sys.stdout)
                for (text, style), column in zip(row, widths, strict=True)
            ]
            _write(sys.stdout, (" " * _GAP).join(fitted).rstrip() + "\n")

    def _fitted(self, lines: Sequence[str]) -> list[str]:
        """The lines without secrets; on a terminal broken between words."""
        shown = [clean(redact(line, self._secrets)) for line in lines]
        if not self.on_terminal:
            return shown
        room = self.columns - len(_INDENT)
        wrapped = [textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) or [""] for line in shown]
        return [piece for pieces in wrapped for piece in pieces]

    def _tell(self, text: str, style: Style | None) -> None:
        _write(sys.stderr, self._styled(clean(redact(text, self._secrets)), style, sys.stderr) + "\n")

    def _parted(self, cell: Cell) -> StyledText:
        text, style = (cell, None) if isinstance(cell, str) else cell
        return one_line(self._without_secrets(text)), style

    def _without_secrets(self, text: str) -> str:
        """By value only: signatures and hashes look like keys and must stay as they are."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def _styled(self, text: str, style: Style | None, stream: TextIO) -> str:
        if style is None or self._plain or not _is_terminal(stream):
            return text
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def clean(text: str) -> str:
    """`text` without characters that steer a terminal or turn the direction of writing; lines and tabs stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """`text` on one line, each run of spaces and line breaks as one space."""
    return clean(" ".join(text.split()))


def width(text: str) -> int:
    """Columns that `text` takes on a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def shorten(text: str, columns: int) -> str:
    """`text` in at most `columns` columns, with an ellipsis where something was left out."""
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) > columns - 1:
            break
        kept += character
    return kept.rstrip() + "…"


def pad(text: str, columns: int) -> str:
    """`text` filled with spaces to `columns` columns."""
    return text + " " * (columns - width(text))


def _widths(cells: list[list[StyledText]]) -> list[int]:
    return [max(width(text) for text, _ in column) for column in zip(*cells, strict=True)]


def _broken(row: list[StyledText], columns: int) -> list[list[StyledText]]:
    """The row as several, its last text broken between words to at most `columns`; long words stay whole."""
    text, style = row[-1]
    lines = textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False) or [""]
    blank: list[StyledText] = [("", None)] * (len(row) - 1)
    return [[*(row[:-1] if number == 0 else blank), (line, style)] for number, line in enumerate(lines)]


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # the stream is closed
        return False


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")


def _encodes(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _write(stream: TextIO, text: str) -> None:
    """Write and flush at once, so that stdout and stderr keep their order on a terminal."""
    if not _encodes(text, stream):
        encoding = stream.encoding or "utf-8"
        try:
            data = text.encode(encoding, "surrogateescape")  # a file name that is no text keeps its bytes
        except UnicodeEncodeError:
            data = text.encode(encoding, "backslashreplace")
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
        return
    stream.write(text)
    stream.flush()
