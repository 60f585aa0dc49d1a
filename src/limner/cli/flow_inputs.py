"""What `--input` and `--inputs` say, as values for the forms of a workflow, with everything that is wrong with it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from limner._json import JsonObject, JsonValue
from limner.errors import InvalidRequestError, LimnerError

if TYPE_CHECKING:
    from limner.app import App
    from limner.workflow.model import FormField, Stage, Workflow

F = TypeVar("F", bound=Callable[..., Any])

MAX_TEXT_BYTES = 1 << 20
"""Largest text file that fills a field, in bytes; no field takes as much."""

_LISTS = ("images", "multiselect")
"""Kinds of fields that take several values: given twice, they add up."""


class MissingInputError(InvalidRequestError):
    """A form has required fields that nobody gave."""

    exit_code = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong with one field, or with a part of `--input`."""

    where: str
    message: str
    missing: bool = False


@dataclass(slots=True)
class Typed:
    """The values that were given, by stage and field, and what is wrong with some of them."""

    values: dict[str, JsonObject] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def of(self, stage_id: str) -> JsonObject:
        """The values of one form."""
        return self.values.get(stage_id, {})

    def check(self, workflow: Workflow, *, fill: bool, skip: Collection[str] = ()) -> None:
        """Hold the values against the forms. `fill` takes defaults, and tells what is missing, except in `skip`.

        Raises `MissingInputError` if something is missing and nothing wrong, else `InvalidRequestError`: all at once.
        """
        from limner.workflow.forms import validate

        troubles = list(self.troubles)
        told = {each.where for each in troubles}
        for stage in _with_forms(workflow):
            given = self.of(stage.id)
            labels = {each.name: each.label for each in stage.fields}
            _, errors = validate(stage.fields, given, fill=fill)
            wanted = (each for each in errors if each.field in given or (fill and stage.id not in skip))
            for error in wanted:
                where = f"{stage.id}.{error.field}"
                if where not in told:
                    missing = error.code == "required" and error.field not in given
                    label = labels.get(error.field, "")
                    message = error.message.removeprefix(f"{label}: ")
                    if missing:
                        message = f"{message.removesuffix('.')} ({label})."
                    troubles.append(Trouble(where=where, message=message, missing=missing))
        raise_troubles(troubles)


def input_options(function: F) -> F:
    """`--input` and `--inputs`."""
    for option in reversed(_INPUT_OPTIONS):
        function = option(function)
    return function


_INPUT_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--input",
        "-i",
        "inputs",
        multiple=True,
        metavar="STAGE.FIELD=VALUE",
        help="A field of a form, repeatable; =@FILE reads it from a file.",
    ),
    click.option(
        "--inputs",
        "inputs_file",
        metavar="FILE.json",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Fields as JSON: {stage: {field: value}}.",
    ),
)


def read_inputs(app: App, workflow: Workflow, texts: Sequence[str], file: Path | None) -> Typed:
    """What was given, converted by the kind of each field; what is wrong is noted, for `Typed.check` to raise.

    Raises `InvalidRequestError` where `file` is no such JSON document.
    """
    typed = Typed()
    if file is not None:
        _take_document(app, workflow, _read_document(file), typed)
    seen: dict[tuple[str, str], int] = {}
    for text in texts:
        try:
            stage, form_field, value = _parted(workflow, text)
            place = (stage.id, form_field.name)
            seen[place] = seen.get(place, 0) + 1
            where = ".".join(place)
            if seen[place] > 1 and form_field.type not in _LISTS:
                raise _Wrong(where, "it is given twice; give it once.")
            found = _converted(app, form_field, where, value)
        except _Wrong as wrong:
            typed.troubles.append(Trouble(where=wrong.where, message=wrong.message))
            continue
        own = typed.values.setdefault(stage.id, {})
        own[form_field.name] = [*own[form_field.name], *found] if seen[place] > 1 else found
    return typed


def raise_troubles(troubles: Iterable[Trouble]) -> None:
    """Raise one error for all of them; nothing if there are none."""
    found = list(troubles)
    if not found:
        return
    lines = [f"{each.where}: {each.message}" for each in found]
    if all(each.missing for each in found):
        example = f"--input {found[0].where}=…"
        raise MissingInputError(
            "\n".join(["Something is missing.", *lines]),
            code="workflow.missing_input",
            hint=f"Give it with {example}, or run it on a terminal, where it is asked for.",
        )
    hint = "Accepted: --input STAGE.FIELD=VALUE, or STAGE.FIELD=@FILE; `limner plan FILE` shows stages and fields."
    raise InvalidRequestError("\n".join(lines), code="workflow.input", hint=hint)


def near_names(name: str, known: Iterable[str]) -> str:
    """`Did you mean …?` where something is near, else what there is."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"Accepted: {', '.join(names)}." if names else "There is none at all."


class _Wrong(Exception):
    def __init__(self, where: str, message: str) -> None:
        super().__init__(message)
        self.where, self.message = where, message


def _with_forms(workflow: Workflow) -> list[Stage]:
    stages = (workflow.stage(stage_id) for stage_id in workflow.order)
    return [stage for stage in stages if stage.fields]


def _parted(workflow: Workflow, text: str) -> tuple[Stage, FormField, str]:
    """The stage, the field and the value of `STAGE.FIELD=VALUE`."""
    target, equals, value = text.partition("=")
    if not equals or not target.strip():
        raise _Wrong("--input", f"{text[:60]!r} is not STAGE.FIELD=VALUE.")
    stage_id, _, name = target.strip().partition(".")
    stage = _stage(workflow, stage_id)
    known = {each.name: each for each in stage.fields if each.type != "hidden"}
    if not name and len(known) == 1:
        name = next(iter(known))
    if not name:
        raise _Wrong(stage_id, f"say which field: {', '.join(f'{stage_id}.{each}' for each in known)}.")
    if name not in known:
        raise _Wrong(f"{stage_id}.{name[:60]}", f"there is no such field. {near_names(name, known)}")
    return stage, known[name], value


def _stage(workflow: Workflow, stage_id: str) -> Stage:
    forms = {stage.id: stage for stage in _with_forms(workflow)}
    if stage_id in forms:
        return forms[stage_id]
    if workflow.has(stage_id):
        raise _Wrong(stage_id, f"this stage has no form. {near_names('', forms)}")
    raise _Wrong(stage_id[:60] or "--input", f"there is no such stage. {near_names(stage_id, forms)}")


def _converted(app: App, form_field: FormField, where: str, text: str) -> JsonValue:
    """The value of a field from the command line, with what `@` names read from its file."""
    from limner.workflow.forms import FormValueError, convert

    path = text[1:] if text.startswith("@") and not text.startswith("@@") else None
    if form_field.type in ("image", "images"):
        asset = _asset(app, where, text if path is None else path)
        return [asset] if form_field.type == "images" else asset
    try:
        if path is not None:
            return convert(form_field, _text_of(where, Path(path)))
        return convert(form_field, text.removeprefix("@") if text.startswith("@@") else text)
    except FormValueError as problem:
        raise _Wrong(where, problem.message.removeprefix(f"{form_field.label}: ")) from problem


def _asset(app: App, where: str, source: JsonValue) -> JsonValue:
    from limner.runner.assets import asset_of

    try:
        return asset_of(app, source)
    except LimnerError as problem:
        raise _Wrong(where, problem.message) from problem


def _text_of(where: str, path: Path) -> str:
    try:
        with path.expanduser().open("rb") as file:
            data = file.read(MAX_TEXT_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as problem:
        raise _Wrong(where, f"{str(path)!r} cannot be read: {problem.strerror}.") from problem
    except UnicodeDecodeError:
        raise _Wrong(where, f"{str(path)!r} is not text in UTF-8.") from None
    if len(data) > MAX_TEXT_BYTES:
        raise _Wrong(where, f"{str(path)!r} is larger than {MAX_TEXT_BYTES >> 20} MB.")
    return text.replace("\r\n", "\n")


def _read_document(file: Path) -> Mapping[str, JsonValue]:
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise InvalidRequestError(
            f"{str(file)!r} cannot be read: {problem.strerror}.", code="workflow.input", hint="Check the file."
        ) from problem
    except (ValueError, RecursionError) as problem:
        raise InvalidRequestError(
            f"{str(file)!r} is not JSON: {problem}.",
            code="workflow.input",
            hint='Accepted: {"stage": {"field": "value"}}.',
        ) from problem
    if not isinstance(document, dict):
        raise InvalidRequestError(
            f"{str(file)!r} holds no object.", code="workflow.input", hint='Accepted: {"stage": {"field": "value"}}.'
        )
    return document


def _take_document(app: App, workflow: Workflow, document: Mapping[str, JsonValue], typed: Typed) -> None:
    for stage_id, given in document.items():
        try:
            stage = _stage(workflow, stage_id)
            if stage.is_text_input and isinstance(given, str):
                given = {stage.fields[0].name: given}
            if not isinstance(given, dict):
                raise _Wrong(stage_id, "its value must be an object: {field: value}.")
        except _Wrong as wrong:
            typed.troubles.append(Trouble(where=wrong.where, message=wrong.message))
            continue
        kinds = {each.name: each.type for each in stage.fields}
        own = typed.values.setdefault(stage_id, {})
        for name, value in given.items():
            try:
                own[name] = _pictures(app, f"{stage_id}.{name}", kinds.get(name), value)
            except _Wrong as wrong:
                typed.troubles.append(Trouble(where=wrong.where, message=wrong.message))


def _pictures(app: App, where: str, kind: str | None, value: JsonValue) -> JsonValue:
    """The value, with pictures that are named by their paths stored."""
    if kind == "image" and isinstance(value, str) and value:
        return _asset(app, where, value)
    if kind == "images" and value:
        several = value if isinstance(value, list) else [value]
        return [_asset(app, where, each) if isinstance(each, str) else each for each in several]
    return value
