"""The published JSON Schema of workflow.json, and what in a document it does not allow, in the author's words."""

from __future__ import annotations

import copy
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from limner._json import JsonObject, JsonValue
from limner.workflow.problem import Part, Problem, near, shown, spoken, to_pointer, without_secrets
from limner.workflow.wording import explain

_OWN_KEY = "^x-"
_HOMES = (
    ("stage", "in the stage"),
    ("imageSettings", 'in "imageGenerationSettings"'),
    ("formField", "in a form field"),
    ("validation", 'in "validation"'),
    ("forEach", 'in "forEach"'),
    ("redo", 'in "redo"'),
)
_IN_MANY_HOMES = ("description", "label", "value", "items")


@cache
def _published() -> JsonObject:
    text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
    schema: JsonObject = json.loads(text)
    return schema


def open_schema() -> JsonObject:
    """The published schema (draft 2020-12); unknown keys are valid in it. The caller may change it."""
    return copy.deepcopy(_published())


def strict_schema() -> JsonObject:
    """As `open_schema`, but keys that are neither known nor begin with `x-` are invalid."""
    schema = open_schema()
    _close(schema)
    return schema


def _close(schema: JsonValue) -> None:
    """Close every description of an object; a condition (`if`) has `properties` too, and must stay open."""
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    elif isinstance(schema, dict):
        for each in schema.values():
            _close(each)
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False
            schema["patternProperties"] = {_OWN_KEY: {}}


def problems(document: JsonValue, strict: bool) -> Iterator[Problem]:
    """What the schema does not allow: E103, or E401 where the modalities lack IMAGE. One for each leaf, none twice."""
    seen: set[tuple[str, str]] = set()
    for error in _validator(strict).iter_errors(document):
        for problem in explain(error):
            if (problem.pointer, problem.message) not in seen:
                seen.add((problem.pointer, problem.message))
                yield problem


def schema_problems(schema: JsonObject) -> Iterator[tuple[Part, ...]]:
    """The places at which `schema`, written by an author, is no JSON Schema (draft 2020-12)."""
    for error in _meta_validator().iter_errors(schema):
        yield tuple(error.absolute_path)


def is_pattern(text: JsonValue) -> bool:
    """Whether the text is a regular expression; everything else than text is none of our business."""
    if not isinstance(text, str):
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError):
            return False
    return True


@cache
def _validator(strict: bool) -> Any:
    from jsonschema import Draft202012Validator, validators  # costs start-up

    changed = {"pattern": _pattern, "uniqueItems": _unique_items, "items": _items}
    extended: Any = validators.extend(Draft202012Validator, changed)  # type: ignore[no-untyped-call]  # of the library
    return extended(strict_schema() if strict else _published())


@cache
def _meta_validator() -> Any:
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    checker.checks("regex")(is_pattern)
    return Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=checker)


def _pattern(_validator: Any, pattern: str, value: JsonValue, _schema: JsonObject) -> Iterator[Exception]:
    """As the library's, but `$` is the end of the text: in Python it also stands before a last line break."""
    from jsonschema import ValidationError

    if isinstance(value, str) and re.search(re.sub(r"\$$", r"\\Z", pattern), value) is None:
        yield ValidationError("pattern")


def _unique_items(_validator: Any, wanted: bool, value: JsonValue, _schema: JsonObject) -> Iterator[Exception]:
    """As the library's, but in linear time."""
    from jsonschema import ValidationError

    if wanted and isinstance(value, list):
        seen = {json.dumps(each, sort_keys=True) for each in value}
        if len(seen) < len(value):
            yield ValidationError("uniqueItems")


def _items(validator: Any, items: JsonObject, value: JsonValue, schema: JsonObject) -> Iterator[Exception]:
    """As the library's, but a list that is too long is not read: that it is too long says enough."""
    if isinstance(value, list) and len(value) <= schema.get("maxItems", len(value)):
        for index, item in enumerate(value):
            yield from validator.descend(item, items, path=index)


def properties(schema: JsonObject, value: JsonValue) -> tuple[JsonObject, Mapping[str, JsonObject]]:
    """What describes `value`, which `schema` allows, and its properties in their order; empty where nothing does."""
    if "$ref" in schema:
        return properties(_published()["$defs"][schema["$ref"].rpartition("/")[2]], value)
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else None
    for branch in schema.get("anyOf", ()):
        if kind is not None and branch.get("type") == kind:
            return properties(branch, value)
    return schema, schema.get("properties", {})


def root() -> JsonObject:
    """The schema to begin with, for `properties`. Not to be changed."""
    return _published()


def unknown_fields(document: JsonValue) -> Iterator[Problem]:
    """W110 for every key that is not known where it stands; keys that begin with `x-` are the author's own."""
    yield from _unknown((), document, _published())


def _unknown(path: tuple[Part, ...], value: JsonValue, schema: JsonObject) -> Iterator[Problem]:
    found, known = properties(schema, value)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown((*path, index), item, found.get("items", {}))
    elif isinstance(value, dict) and known:
        for key, member in value.items():
            if key in known:
                yield from _unknown((*path, key), member, known[key])
            elif not key.startswith("x-"):
                yield _unknown_field((*path, key), known)


def _unknown_field(path: tuple[Part, ...], known: Mapping[str, JsonObject]) -> Problem:
    key = str(path[-1])
    home = None if key in _IN_MANY_HOMES else _home(key)
    nearest = near(key, known) if home is None else None
    message = f"{spoken(path)} is not a known field"
    message += f": did you mean {nearest}?" if nearest else f"; it belongs {home}." if home else "."
    if path[-2:-1] in (("gemini",), ("imagen",)):
        message += " It is kept and not sent."
    own = shown(f"x-{without_secrets(key)}")
    hint = f"Rename it to {nearest}" if nearest else f"Move {shown(key)} there" if home else "Remove it"
    return Problem(
        code="W110",
        message=message,
        pointer=to_pointer(path),
        hint=f"{hint}, or call it {own} if it is a note of your own.",
        on_key=True,
    )


def _home(key: str) -> str | None:
    definitions = _published()["$defs"]
    for name, words in _HOMES:
        if key in properties(definitions[name], {})[1]:
            return words
    return None
