"""Prompts with variables: each has a type and a bound, and is put in once, as it is, never interpreted."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from limner.errors import InvalidRequestError

SHORT_CHARACTERS, LONG_CHARACTERS = 80, 600
VariableType = Literal["text", "long", "number", "choice"]

_VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What may stand in a place of a template.

    `limit` bounds a text in characters; `minimum` and `maximum` a number. A choice takes its `choices`, and anything
    else only if it is `open`. Without a `default` it must be given.
    """

    name: str
    type: VariableType
    help: str
    limit: int = SHORT_CHARACTERS
    choices: tuple[str, ...] = ()
    open: bool = False
    minimum: int = 1
    maximum: int = 1_000_000
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A prompt with `{variables}`; `edit` is true where it needs a picture."""

    id: str
    name: str
    text: str
    when: str
    source: str
    variables: tuple[Variable, ...]
    edit: bool = False


@cache
def templates() -> tuple[Template, ...]:
    """All templates, in the order of the file."""
    document = tomllib.loads(Path(__file__).with_name("templates.toml").read_text(encoding="utf-8"))
    return tuple(_template(table) for table in document["templates"])


def find_template(name: str) -> Template:
    """The template with this id. Raises `InvalidRequestError` with near ones."""
    known = {template.id: template for template in templates()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.4)
    raise InvalidRequestError(
        f"There is no template {name[:60]!r}." + (f"\nNearest: {', '.join(near)}." if near else ""),
        code="invalid.template",
        hint="`limner prompt templates` lists them.",
    )


def missing(template: Template, values: Mapping[str, str]) -> tuple[Variable, ...]:
    """The variables that have neither a value nor a default."""
    return tuple(each for each in template.variables if each.name not in values and each.default is None)


def fill(template: Template, values: Mapping[str, str]) -> str:
    """The prompt with every variable filled. Raises `InvalidRequestError` that lists everything that is wrong."""
    known = {each.name: each for each in template.variables}
    problems = [f"{name!r} is no variable of it.{_near(name, known)}" for name in values if name not in known]
    problems += [f"{each.name!r} is missing: {each.help}." for each in missing(template, values)]
    problems += [problem for name, value in values.items() if name in known for problem in _wrong(known[name], value)]
    if problems:
        raise InvalidRequestError(
            f"Template {template.id!r} cannot be filled:\n" + "\n".join(problems),
            code="invalid.variable",
            hint=f"limner prompt template {template.id} shows its variables; give them with --set NAME=VALUE.",
        )
    given = {each.name: values.get(each.name, each.default or "") for each in template.variables}
    return _VARIABLE.sub(lambda match: given[match[1]].strip(), template.text)


def _wrong(variable: Variable, value: str) -> list[str]:
    text = value.strip()
    if not text:
        return [f"{variable.name!r} is empty: {variable.help}."]
    if variable.type == "choice" and not variable.open and text not in variable.choices:
        return [f"{variable.name!r} cannot be {text[:40]!r}. Accepted: {', '.join(variable.choices)}."]
    if variable.type == "number" and not (
        text.isascii() and text.isdecimal() and len(text) < 8 and variable.minimum <= int(text) <= variable.maximum
    ):
        return [f"{variable.name!r} must be a number from {variable.minimum} to {variable.maximum}."]
    if len(text) > variable.limit:
        return [f"{variable.name!r} has {len(text)} characters; accepted: up to {variable.limit}."]
    return []


def _near(name: str, known: Mapping[str, Variable]) -> str:
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Did you mean {found[0]!r}?" if found else f" Accepted: {', '.join(known)}."


def _template(table: dict[str, Any]) -> Template:
    variables = tuple(_variable(name, each) for name, each in table.pop("variables", {}).items())
    return Template(**table, variables=variables)


def _variable(name: str, table: dict[str, Any]) -> Variable:
    choices = tuple(table.pop("choices", ()))
    kind: VariableType = table.pop("type", "choice" if choices else "text")
    limit = table.pop("limit", LONG_CHARACTERS if kind == "long" else SHORT_CHARACTERS)
    return Variable(name=name, type=kind, limit=limit, choices=choices, **table)
