"""The answer of a text or JSON stage: words trimmed, JSON read and held against the schema of the stage."""

from __future__ import annotations

import json
import re

from limner._json import JsonObject, JsonValue

_FENCE = re.compile(r"^```[\w-]*[ \t]*\n(?P<inside>.*?)\n?```$", re.DOTALL)
_MAX_PROBLEMS = 3


class NotTheJson(Exception):
    """The answer is no JSON, or not the one that was asked for; the message is for the model and the person."""


def read_json(text: str, schema: JsonObject | None) -> JsonValue:
    """The one JSON value of an answer; a code fence around it is taken off. Raises `NotTheJson`."""
    bare = text.strip()
    match = _FENCE.match(bare)
    try:
        value = json.loads(match["inside"] if match else bare, parse_constant=_refuse)
    except (ValueError, RecursionError) as problem:
        raise NotTheJson(f"{problem}.") from problem
    if schema is not None:
        _check(value, schema)
    return value


def _refuse(name: str) -> JsonValue:
    raise ValueError(f"{name} is no JSON")


def _check(value: JsonValue, schema: JsonObject) -> None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        problems = list(Draft202012Validator(schema).iter_errors(value))
    except (SchemaError, RecursionError) as problem:
        raise NotTheJson(f"the stage's outputSchema is broken: {str(problem)[:200]}.") from problem
    if problems:
        told = [f"at {each.json_path}: {each.message[:160]}" for each in problems[:_MAX_PROBLEMS]]
        raise NotTheJson("; ".join(told) + ".")
