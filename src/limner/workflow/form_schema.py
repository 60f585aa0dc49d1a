"""A form as JSON Schema (draft 2020-12): accepts what the form accepts, so that others can check before they send."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from limner._json import JsonObject, JsonValue
from limner.workflow.model import FormField, Option

MAX_REPEAT: Final = 1_000_000
"""A length beyond this is not put into the schema's pattern; the form still checks it."""

MAX_STEPS: Final = 1_000
"""Most numbers that a schema lists, where their steps have no other expression."""

ACCEPTED: Final = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")
"""Pictures that a field takes where its author says nothing."""

EMPTY: Final[JsonObject] = {"enum": [None, ""]}

ASSET: Final[JsonObject] = {
    "type": "object",
    "required": ["assetId", "mimeType", "width", "height", "bytes", "sha256"],
    "properties": {
        "assetId": {"type": "string"},
        "mimeType": {"type": "string"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "bytes": {"type": "integer"},
        "sha256": {"type": "string"},
        "name": {"type": ["string", "null"]},
    },
}


def to_json_schema(fields: Sequence[FormField]) -> JsonObject:
    """The schema of a form's values, for values of which none is left to its default.

    `x-limner-order` lists the fields as the form shows them. What the schema cannot say (a step that is no multiple,
    a broken pattern) stands in `x-limner-step` and `x-limner-pattern` and is checked by the form alone.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": [field.name for field in fields if field.validation.required and field.type != "hidden"],
        "properties": {field.name: _described(field) for field in fields},
        "additionalProperties": False,
        "x-limner-order": [field.name for field in fields],
    }


def _described(field: FormField) -> JsonObject:
    described: JsonObject = {"title": field.label}
    if field.help is not None:
        described["description"] = field.help
    if field.default is not None:
        described["default"] = field.default
    return {**described, **_accepted(field)}


def _accepted(field: FormField) -> JsonObject:
    match field.type:
        case "hidden":
            return {"readOnly": True}
        case "text" | "textarea":
            return _text(field)
        case "number":
            return _or_empty(field, _number(field))
        case "boolean":
            return {"const": True} if field.validation.required else {"type": ["boolean", "null"]}
        case "select" | "radio":
            return _or_empty(field, _options(field))
        case "color":
            color: JsonObject = {"type": "string", "pattern": r"^\s*#[0-9A-Fa-f]{6}\s*$"}
            empty: list[JsonObject] = [{"type": "null"}, {"type": "string", "pattern": r"^\s*$"}]
            return color if field.validation.required else {"anyOf": [color, *empty]}
        case "image":
            return _or_empty(field, _image(field))
        case "multiselect":
            return _several(field, {"enum": _values(field.options)})
        case "images":
            return _several(field, _image(field))


def _or_empty(field: FormField, accepted: JsonObject) -> JsonObject:
    return accepted if field.validation.required else {"anyOf": [accepted, EMPTY]}


def _text(field: FormField) -> JsonObject:
    patterns = _length_patterns(field)
    own = _author_pattern(field)
    filled: JsonObject = {"type": "string", "allOf": [{"pattern": each} for each in (*patterns, *own)]}
    if field.validation.pattern is not None and not own:
        filled["x-limner-pattern"] = field.validation.pattern
    if field.validation.required:
        return filled
    return {"anyOf": [filled, {"type": "null"}, {"type": "string", "pattern": r"^\s*$"}]}


def _length_patterns(field: FormField) -> list[str]:
    r"""Patterns for lengths after trimming, which `minLength` and `maxLength` of JSON Schema do not know."""
    rules = field.validation
    least, most = max(rules.min_length or 1, 1), rules.max_length
    patterns = []
    if least > MAX_REPEAT:
        least = 1
    if field.type == "textarea":
        patterns.append(rf"^[\s\S]{{{least - 1},}}\S")
        if most is not None and most <= MAX_REPEAT:
            patterns.append(rf"^(?:[\s\S]{{0,{most - 1}}}\S)?\s*$" if most else r"^\s*$")
        return patterns
    patterns.append(r"\S" if least == 1 else rf"\S[\s\S]{{{least - 2},}}\S")
    patterns.append(r"^\s*(?:\S(?:[^\r\n]*\S)?)?\s*$")
    if most is not None and most <= MAX_REPEAT:
        inner = rf"(?:[\s\S]{{0,{most - 2}}}\S)?" if most > 1 else ""
        patterns.append(rf"^\s*(?:\S{inner})?\s*$" if most else r"^\s*$")
    return patterns


def _author_pattern(field: FormField) -> list[str]:
    """The author's pattern, made to fit the whole trimmed value; nothing where it is broken."""
    pattern = field.validation.pattern
    if pattern is None:
        return []
    # The whole value must fit anyway; an anchor of the author's would miss the white space around it.
    bare = pattern.removeprefix("^")
    if bare.endswith("$") and (len(bare) - len(bare[:-1].rstrip("\\")) - 1) % 2 == 0:
        bare = bare[:-1]
    before = "" if field.type == "textarea" else r"\s*(?=\S)"
    fitted = rf"^{before}(?:{bare})(?<=\S)\s*$"
    try:
        re.compile(fitted)
    except (re.error, OverflowError, RecursionError):
        return []
    return [fitted]


def _number(field: FormField) -> JsonObject:
    rules = field.validation
    number: JsonObject = {"type": "number"}
    if rules.min is not None:
        number["minimum"] = rules.min
    if rules.max is not None:
        number["maximum"] = rules.max
    return number if rules.step is None else {**number, **_steps(rules.min, rules.max, rules.step)}


def _steps(least: float | None, most: float | None, step: float) -> JsonObject:
    """Steps count from the least value; `multipleOf` counts from 0, and in binary fractions."""
    start, size = Fraction(repr(least or 0)), Fraction(repr(step))
    if size.denominator == 1 and (start / size).denominator == 1:
        return {"multipleOf": int(size)}
    if least is not None and most is not None:
        steps = (Fraction(repr(most)) - start) // size
        if steps < MAX_STEPS:
            return {"enum": [float(start + number * size) for number in range(steps + 1)]}
    return {"x-limner-step": step}


def _options(field: FormField) -> JsonObject:
    # An option "" is the same as no choice, and what that means is said beside the options.
    described = [{"const": option.value, "title": option.label} for option in field.options if option.value != ""]
    texts = [option_text(option) for option in field.options if not isinstance(option.value, str)]
    return {"anyOf": [*described, {"enum": texts}]} if texts else {"anyOf": described}


def _values(options: Sequence[Option]) -> list[JsonValue]:
    """Every spelling of the options: a number may come as its text."""
    return [*(option.value for option in options), *(option_text(option) for option in options)]


def option_text(option: Option) -> str:
    """The value of an option as it is typed: `2` for 2.0, `true` for true."""
    value = option.value
    if isinstance(value, str):
        return value
    return ("true" if value else "false") if isinstance(value, bool) else str(whole(value))


def whole(value: float) -> int | float:
    """6.0 and 6 are one number, and must be one text and one fingerprint."""
    return int(value) if abs(value) < 2**53 and value == int(value) else value


def _image(field: FormField) -> JsonObject:
    accept = field.validation.accept or ACCEPTED
    properties = {**ASSET["properties"], "mimeType": {"enum": list(accept)}}
    if field.validation.max_bytes is not None:
        properties["bytes"] = {"type": "integer", "maximum": field.validation.max_bytes}
    return {**ASSET, "properties": properties}


def _several(field: FormField, element: JsonObject) -> JsonObject:
    rules = field.validation
    several: JsonObject = {"type": "array", "items": element, "minItems": max(rules.min_items or 1, 1)}
    if rules.max_items is not None:
        several["maxItems"] = rules.max_items
    return several if rules.required else {"anyOf": [several, EMPTY, {"const": []}]}
