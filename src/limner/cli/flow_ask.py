"""What a person is asked at the terminal while a workflow runs: forms, which picture, whether to spend money."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner._json import JsonObject, JsonValue
from limner.cli.flow_end import tell_places
from limner.cli.generate import can_preview, drawn_preview
from limner.cli.output import Style, clean, one_line, width
from limner.errors import LimnerError

if TYPE_CHECKING:
    from limner.app import App
    from limner.app.result import Image
    from limner.cli.command import Session
    from limner.workflow.model import FormField, Stage

MIN_CANDIDATE_COLUMNS = 24
"""Narrowest preview of a candidate beside others; with more of them the next ones go below."""
_GAP = 2
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_NOTHING = "-"
"""What a person types to leave a field empty that has a default."""


class Asker:
    """The one who asks. Only to be used where `can_ask` is true."""

    def __init__(self, session: Session, app: App) -> None:
        self._session = session
        self._app = app

    def form(self, stage: Stage, given: Mapping[str, JsonValue]) -> JsonObject:
        """The values of a form: those given, and what a person says to the others."""
        values = dict(given)
        missing = [field for field in stage.fields if field.type != "hidden" and field.name not in values]
        if missing:
            self._note()
            self._note(stage.title, "bold")
            if stage.description:
                self._note(stage.description, "dim")
        for field in missing:
            values[field.name] = self._field(field)
        return values

    def choice(self, title: str, images: Sequence[Image]) -> int:
        """Which of several pictures (from 0) a person wants."""
        self._note()
        self._note(f"{title}: which picture?", "bold")
        self._show(images)
        while True:
            text = self._read(f"1 to {len(images)} > ").strip()
            if text.isascii() and text.isdigit() and 1 <= int(text) <= len(images):
                return int(text) - 1
            self._note(f"Please type a number from 1 to {len(images)}, or press Ctrl-C to choose later.", "yellow")

    def agrees(self, question: str) -> bool:
        """Whether a person says yes; nothing typed means no."""
        return click.confirm(question, default=False, err=True)

    def _field(self, field: FormField) -> JsonValue:
        self._introduce(field)
        while True:
            try:
                return self._checked(field, self._value(field))
            except LimnerError as problem:
                self._note(problem.message, "yellow")

    def _checked(self, field: FormField, value: JsonValue) -> JsonValue:
        from limner.workflow.forms import FormValueError, validate

        clean_values, errors = validate([field], {field.name: value}, fill=False)
        if errors:
            raise FormValueError(errors[0])
        return clean_values[field.name]

    def _introduce(self, field: FormField) -> None:
        self._note()
        wanted = _wanted(field)
        self._note(f"{field.label}{f' ({wanted})' if wanted else ''}", "cyan")
        if field.help:
            self._note(f"  {field.help}", "dim")
        if field.placeholder:
            self._note(f"  such as: {one_line(field.placeholder)}", "dim")
        for number, option in enumerate(field.options, start=1):
            about = f"  {option.description}" if option.description else ""
            self._note(f"  {number:2}  {option.label}{about}")
        how = _how(field)
        if how:
            self._note(f"  {how}", "dim")

    def _value(self, field: FormField) -> JsonValue:
        from limner.workflow.forms import convert

        if field.type == "images":
            return [self._asset(path) for path in self._lines_until_empty()] or field.default
        text = self._long_text() if field.type == "textarea" else self._read(_prompt(field))
        if not text.strip():
            return field.default if field.default is not None else convert(field, "") if field.type != "image" else None
        if text.strip() == _NOTHING and field.default is not None and not field.validation.required:
            return None
        return self._asset(text) if field.type == "image" else convert(field, text)

    def _asset(self, typed: str) -> JsonValue:
        from limner.runner.assets import asset_of

        return asset_of(self._app, _path(typed))

    def _long_text(self) -> str:
        lines = [self._read("> ")]
        while lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1]
            lines.append(self._read("… " if self._session.output.speaks_unicode else ". "))
        return "\n".join(lines)

    def _lines_until_empty(self) -> Iterator[str]:
        while line := self._read("> ").strip():
            yield line

    def _read(self, prompt: str) -> str:
        """A line from the terminal. Raises `click.Abort` at its end."""
        if sys.stdout.isatty():
            with suppress(ImportError):
                import readline  # noqa: F401 - makes `input` editable
            try:
                return input(prompt)
            except EOFError:
                raise click.Abort from None
        self._session.output.raw(prompt)
        line = sys.stdin.readline()
        if not line:
            raise click.Abort
        return line.rstrip("\n")

    def _show(self, images: Sequence[Image]) -> None:
        output = self._session.output
        if can_preview(output):
            output.raw(previews(self._session, [image.path for image in images]))
        tell_places(output, [image.path for image in images])

    def _note(self, text: str = "", style: Style | None = None) -> None:
        self._session.output.note(clean(text), style)


def can_ask(session: Session, *, yes: bool, as_json: bool) -> bool:
    """Whether there is a person who can answer."""
    return not yes and not as_json and sys.stdin.isatty() and session.output.on_terminal


def previews(session: Session, paths: Sequence[Path]) -> str:
    """Pictures side by side, numbered below; where the terminal shows real pixels, one below the other."""
    from limner.imaging.preview import Protocol, detect, render

    output = session.output
    protocol = detect(session.environment, isatty=output.on_terminal)
    if protocol not in (Protocol.BLOCKS, Protocol.BLOCKS_256) or len(paths) == 1:
        draw = drawn_preview(session)
        return "".join(f"{draw(path)}{number}\n" for number, path in enumerate(paths, start=1))
    fitting = max((output.columns + _GAP) // (MIN_CANDIDATE_COLUMNS + _GAP), 1)
    at_once = -(-len(paths) // -(-len(paths) // fitting))  # so that the rows are about equally long
    columns = (output.columns - 1 - _GAP * (at_once - 1)) // at_once
    text = ""
    for start in range(0, len(paths), at_once):
        row = list(paths[start : start + at_once])
        drawn = [render(path, columns=columns, rows=output.lines // 2, protocol=protocol) for path in row]
        text += beside([[*each.splitlines(), str(start + place)] for place, each in enumerate(drawn, start=1)])
    return text


def beside(blocks: Sequence[Sequence[str]]) -> str:
    """Blocks of lines, which may have colors, next to each other."""
    widths = [max((_visible(line) for line in block), default=0) for block in blocks]
    height = max(len(block) for block in blocks)
    lines = []
    for number in range(height):
        cells = [block[number] if number < len(block) else "" for block in blocks]
        filled = [cell + " " * (columns - _visible(cell) + _GAP) for cell, columns in zip(cells, widths, strict=True)]
        lines.append("".join(filled).rstrip() + "\n")
    return "".join(lines)


def _visible(line: str) -> int:
    return width(_ESCAPE.sub("", line))


def _wanted(field: FormField) -> str:
    """What the field accepts, in a few words."""
    rules = field.validation
    words = [] if rules.required or field.default not in (None, "", []) else ["optional"]
    for least, most, noun in (
        (rules.min_length if (rules.min_length or 0) > 1 else None, rules.max_length, " characters"),
        (rules.min, rules.max, ""),
        (rules.min_items, rules.max_items, " of them"),
    ):
        low, high = (None if each is None else f"{each:g}" for each in (least, most))
        if low is not None and high is not None:
            words.append(f"{low} to {high}{noun}")
        elif low is not None or high is not None:
            words.append(f"at least {low}{noun}" if high is None else f"at most {high}{noun}")
    return ", ".join(words)


def _how(field: FormField) -> str:
    match field.type:
        case "textarea":
            how = "Enter ends it; a line that ends with \\ goes on."
        case "image":
            how = "The path of a picture."
        case "images":
            how = "Paths of pictures, one a line; an empty line ends."
        case "multiselect":
            how = "Several numbers or values, with commas."
        case "color":
            how = "Such as #1E90FF."
        case _:
            how = ""
    if field.default in (None, "", []):
        return how
    shown = _default(field)
    kept = f"Enter takes {shown}" + ("." if field.validation.required else f", {_NOTHING} leaves it empty.")
    return f"{how} {kept}".strip() if field.type in ("text", "textarea", "number", "color", "multiselect") else how


def _prompt(field: FormField) -> str:
    if field.type == "boolean":
        return "yes or no [yes] > " if field.default else "yes or no [no] > "
    if field.type in ("select", "radio") and field.default not in (None, ""):
        return f"[{_default(field)}] > "
    return "> "


def _default(field: FormField) -> str:
    """The default as a person reads it: the number of an option where there are options."""
    from limner.workflow.form_schema import option_text

    values = field.default if isinstance(field.default, list) else [field.default]
    words = []
    for value in values:
        place = next((number for number, each in enumerate(field.options, start=1) if each.value == value), None)
        words.append(option_text(field.options[place - 1]) if place is not None else str(value))
    return one_line(clean(", ".join(words)))


def _path(typed: str) -> str:
    """What was typed as a path; a terminal that pictures are dragged onto quotes them."""
    text = typed.strip()
    if Path(text).expanduser().is_file():
        return text
    with suppress(ValueError):
        parts = shlex.split(text)
        if len(parts) == 1:
            return parts[0]
    return text
