"""Workflow files: a new one, what is wrong with one, its usual form, its schema."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner._json import JsonObject, JsonValue
from limner.cli.command import Command, Session
from limner.cli.flow_watch import counted
from limner.cli.generate import display_path
from limner.cli.options import json_option
from limner.cli.output import Output, Style, shorten, width
from limner.errors import InvalidRequestError

if TYPE_CHECKING:
    from limner.workflow.diagnostic import Diagnostic
    from limner.workflow.load import Loaded

EXIT_WRONG = 1
"""There are errors in a file, or it is not in its usual form."""
SUFFIX = ".workflow.json"

_STRING_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(?P<comment>//|/\*)')
_BREAK = re.compile(r"\r\n?|\n")
_LEVELS: dict[str, Style] = {"error": "red", "warning": "yellow", "info": "cyan"}
_FRAME_COLUMNS = 100

_yes_option = click.option("--yes", "-y", is_flag=True, help="Write it although comments are lost.")


@click.command(
    cls=Command, examples=("limner new", "limner new logo", "limner new storybook books/hedgehog.workflow.json")
)
@click.argument("name", metavar="[NAME]", required=False)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def new(session: Session, /, name: str | None, file: Path | None) -> int:
    """A workflow to begin with.

    Without a NAME the list of them. With one it is written to FILE, or NAME.workflow.json here; no file is replaced.
    """
    from limner.workflow import starters

    output = session.output
    if name is None:
        known = starters.names()
        output.table([[(each, "bold"), words] for each, words in known.items()])
        output.note(f"Next: limner new {next(iter(known))}", "dim")
        return 0
    text = starters.text(name)
    target = file or Path(f"{name}{SUFFIX}")
    if not _write(target, text, overwrite=False):
        raise InvalidRequestError(
            f"There is a file {str(target)!r} already; it is left alone.",
            code="workflow.file",
            hint=f"Give another name: limner new {name} other{SUFFIX}",
        )
    output.path(display_path(target))
    output.note(f"Next: limner plan {display_path(target)}, then limner run {display_path(target)}", "dim")
    return 0


@click.command(
    cls=Command,
    examples=(
        "limner validate poster.workflow.json",
        "limner validate *.workflow.json --strict",
        "limner validate a.json --json",
    ),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Warnings count as well; unknown fields are errors.")
@json_option
@click.pass_obj
def validate(session: Session, /, files: tuple[Path, ...], strict: bool, as_json: bool) -> int:
    """What is wrong with a workflow file.

    Each finding with its place: file:line:column. Exits with 0 if there is no error, else 1.
    """
    from limner.app import App
    from limner.runner.workflows import Workflows

    output = session.output
    with App.open(session.environment) as app, Workflows(app) as flows:
        found = [(file, flows.load(file, strict=strict)) for file in files]
    bad = [loaded for _, loaded in found if not _passes(loaded, strict=strict)]
    if as_json:
        documents = [_to_json(file, loaded, ok=loaded not in bad) for file, loaded in found]
        output.json({"ok": not bad, "files": documents})
    else:
        for file, loaded in found:
            _tell(output, file, loaded.diagnostics)
        _tell_sum(output, [loaded for _, loaded in found])
    return EXIT_WRONG if bad else 0


@click.command(cls=Command, examples=("limner fmt poster.workflow.json", "limner fmt --check *.workflow.json"))
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file is not in its usual form.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it instead of writing the file.")
@_yes_option
@click.pass_obj
def fmt(session: Session, /, files: tuple[Path, ...], check: bool, to_stdout: bool, yes: bool) -> int:
    """Write a workflow file in its usual form.

    Strict JSON, keys in the order of the format, two spaces deep. Comments are lost, which is said first.
    """
    from limner.workflow.format import format

    output = session.output
    code = 0
    for file, text in [(file, _read(file)) for file in files]:
        wanted = format(_document(file, text))
        if to_stdout:
            _print(output, wanted)
        elif text == wanted:
            output.note(f"{file} is in its usual form.", "dim")
        elif check:
            output.path(display_path(file))
            code = EXIT_WRONG
        elif _may_write(output, file, text, yes=yes):
            _write(file, wanted, overwrite=True)
            output.note(f"{file} is written anew.", "green")
    return code


@click.command(cls=Command, examples=("limner migrate old.workflow.json", "limner migrate old.workflow.json --write"))
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Write the file; else it is printed.")
@_yes_option
@click.pass_obj
def migrate(session: Session, /, file: Path, write: bool, yes: bool) -> int:
    """Bring a workflow file up to date.

    Old spellings become those of today, and each change is said. What the workflow does stays the same.
    """
    from limner.workflow.format import format
    from limner.workflow.format import migrate as migrated

    output = session.output
    text = _read(file)
    document = _document(file, text)
    _check_valid(file, text)
    changed, changes = migrated(document)
    for change in changes:
        output.note(f"  {change}", "cyan")
    if not changes:
        output.note(f"{file} is up to date.")
    if not write:
        _print(output, format(changed))
    elif changes and _may_write(output, file, text, yes=yes):
        _write(file, format(changed), overwrite=True)
        output.note(f"{file} is written anew.", "green")
    return 0


@click.command(cls=Command, examples=("limner schema > workflow.schema.json", "limner schema --strict"))
@click.option("--strict", is_flag=True, help="Keys that are not known are wrong in it.")
@click.pass_obj
def schema(session: Session, /, strict: bool) -> int:
    """The JSON Schema of workflow files.

    For editors, which complete and check a file that names it as its $schema.
    """
    from limner.workflow.schema import open_schema, strict_schema

    session.output.json(strict_schema() if strict else open_schema())
    return 0


def has_comments(text: str) -> bool:
    """Whether there is a comment in a workflow file, outside its strings."""
    return any(match["comment"] for match in _STRING_OR_COMMENT.finditer(text))


def frame(text: str, line: int, column: int, columns: int) -> list[str]:
    """The line of a source with a caret below the column, both counted from 1; cut to `columns`."""
    lines = _BREAK.split(text.removeprefix("\ufeff"))
    if not 1 <= line <= len(lines):
        return []
    source = lines[line - 1].replace("\t", " ")
    number = f"{line:5} "
    room = max(min(columns, _FRAME_COLUMNS) - len(number) - 1, 20)
    start = max(column - room // 2, 0) if len(source) > room else 0
    shown = shorten(source[start:], room)
    before = width(source[start : column - 1])
    return [f"{number}{shown}", " " * (len(number) + before) + "^"]


def _passes(loaded: Loaded, *, strict: bool) -> bool:
    wrong = ("error", "warning") if strict else ("error",)
    return not any(each.level in wrong for each in loaded.diagnostics)


def _to_json(file: Path, loaded: Loaded, *, ok: bool) -> JsonObject:
    workflow = loaded.workflow
    about = None
    if workflow is not None:
        about = {"id": workflow.id, "name": workflow.name, "stages": list(workflow.order), "sha256": workflow.sha256}
    return {
        "file": str(file),
        "ok": ok,
        "workflow": about,
        "diagnostics": [each.to_json() for each in loaded.diagnostics],
    }


def _tell(output: Output, file: Path, diagnostics: Sequence[Diagnostic]) -> None:
    text = _read(file, errors="replace") if diagnostics and output.result_on_terminal else ""
    for each in diagnostics:
        place = f"{display_path(file)}:{each.line}:{each.column}"
        output.result(f"{place}: {each.level} {each.code} {each.message}", _LEVELS[each.level])
        for line in frame(text, each.line, each.column, output.columns) if text else ():
            output.result(line)
        if each.hint:
            output.result(f"  {each.hint}", "dim")


def _tell_sum(output: Output, found: Sequence[Loaded]) -> None:
    levels = [each.level for loaded in found for each in loaded.diagnostics]
    words = [counted(levels.count(level), level) for level in ("error", "warning") if level in levels]
    files = counted(len(found), "file")
    good = "error" not in levels
    output.note(f"{files}: {', '.join(words) or 'nothing is wrong'}.", "green" if good else "red")


def _read(file: Path, errors: str = "strict") -> str:
    try:
        return file.read_bytes().decode("utf-8", errors)
    except OSError as problem:
        raise InvalidRequestError(
            f"{str(file)!r} cannot be read: {problem.strerror}.",
            code="workflow.file",
            hint="Check the name of the file.",
        ) from problem
    except UnicodeDecodeError as problem:
        raise InvalidRequestError(
            f"{str(file)!r} is not text in UTF-8.", code="workflow.file", hint=f"See: limner validate {file}"
        ) from problem


def _document(file: Path, text: str) -> JsonValue:
    """The JSON in a file. Raises `InvalidRequestError` where it is none."""
    from limner.workflow.source import SourceError, read

    try:
        return read(text).document
    except SourceError as error:
        raise _invalid(file, error.diagnostics) from error


def _check_valid(file: Path, text: str) -> None:
    from limner.workflow.load import load

    loaded = load(text)
    if not loaded.ok:
        raise _invalid(file, [each for each in loaded.diagnostics if each.level == "error"])


def _invalid(file: Path, diagnostics: Sequence[Diagnostic]) -> InvalidRequestError:
    return InvalidRequestError(
        "\n".join(f"{file}:{each.line}:{each.column}: {each.code} {each.message}" for each in diagnostics),
        code="workflow.invalid",
        hint=diagnostics[0].hint or f"See: limner validate {file}",
    )


def _may_write(output: Output, file: Path, text: str, *, yes: bool) -> bool:
    """Whether a file may be written anew. Raises `InvalidRequestError` where nobody can say whether comments may go."""
    if not has_comments(text):
        return True
    if yes:
        output.warning(f"{file}: its comments are lost.")
        return True
    if sys.stdin.isatty() and output.on_terminal:
        return click.confirm(f"{file} has comments, which would be lost. Write it all the same?", err=True)
    raise InvalidRequestError(
        f"{str(file)!r} has comments, which would be lost.",
        code="workflow.comments",
        hint="Add --yes to write it all the same.",
    )


def _print(output: Output, text: str) -> None:
    """Text of a file as it is; on a terminal without what steers it."""
    if output.result_on_terminal:
        output.result(text.removesuffix("\n"))
    else:
        output.path(text.removesuffix("\n"))


def _write(file: Path, text: str, *, overwrite: bool) -> bool:
    """Write a file, all or nothing; false if it is there and must stay."""
    from limner.store import disk

    target = file.expanduser()
    target = target.resolve() if overwrite else target
    try:
        disk.make_folder(target.absolute().parent)
        return disk.place_pieces([text.encode("utf-8")], target, overwrite=overwrite)
    except OSError as problem:
        raise disk.storage_error(problem, target) from problem
