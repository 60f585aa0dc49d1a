"""What the schema cannot say about form fields: names used once, defaults that the field itself would take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from limner._json import JsonObject, JsonValue
from limner.workflow.problem import Part, Problem, listed, shown, spoken, to_pointer
from limner.workflow.schema import is_pattern

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_TEXT_RULES = frozenset({"required", "minLength", "maxLength", "pattern", "patternMessage"})
_RULES: dict[str, frozenset[str]] = {
    "text": _TEXT_RULES,
    "textarea": _TEXT_RULES,
    "number": frozenset({"required", "min", "max", "step"}),
    "boolean": frozenset({"required"}),
    "select": frozenset({"required"}),
    "radio": frozenset({"required"}),
    "multiselect": frozenset({"required", "minItems", "maxItems"}),
    "color": frozenset({"required"}),
    "hidden": frozenset(),
    "image": frozenset({"required", "accept", "maxBytes"}),
    "images": frozenset({"required", "minItems", "maxItems", "accept", "maxBytes"}),
}
"""The keys of `validation` that each type of field reads."""

_ALL_RULES = frozenset().union(*_RULES.values())
_WITH_OPTIONS = ("select", "radio", "multiselect")
_BOUNDS = (("minLength", "maxLength"), ("min", "max"), ("minItems", "maxItems"))


def check(document: JsonObject) -> Iterator[Problem]:
    """E103 for names used twice, bad defaults and bounds; W411 for keys that the type of the field does not read."""
    for number, stage in enumerate(document["stages"]):
        if stage.get("inputType") == "form":
            fields = stage["formFields"]
            yield from _names(("stages", number, "formFields"), fields)
            for index, field in enumerate(fields):
                path = ("stages", number, "formFields", index)
                yield from _default(path, field)
                yield from _validation((*path, "validation"), field)
                yield from _without_effect(path, field)


def _names(path: tuple[Part, ...], fields: list[JsonObject]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, field in enumerate(fields):
        name = field["name"]
        if name in first:
            where = (*path, index, "name")
            message = f"{spoken(where)} must be used once, and {spoken((*path, first[name]))} is {shown(name)} already."
            yield Problem(code="E103", message=message, pointer=to_pointer(where), hint="Rename one of them.")
        first.setdefault(name, index)


def _type(field: JsonObject) -> str:
    return "boolean" if field["type"] == "checkbox" else str(field["type"])


def _values(field: JsonObject) -> list[JsonValue]:
    return [option if isinstance(option, str) else option["value"] for option in field.get("options", [])]


def _default(path: tuple[Part, ...], field: JsonObject) -> Iterator[Problem]:
    value = field.get("defaultValue")
    wanted = None if value is None else _wanted(_type(field), value, _values(field))
    if wanted is not None:
        where = (*path, "defaultValue")
        message = f"{spoken(where)} must be {wanted}, is {shown(value)}."
        hint = "Write a value that the field itself accepts, or leave the default out."
        yield Problem(code="E103", message=message, pointer=to_pointer(where), hint=hint)


def _wanted(kind: str, value: JsonValue, options: list[JsonValue]) -> str | None:
    """What a default must be, `None` where it is."""
    if kind in ("select", "radio"):
        return None if value == "" or _is_among(value, options) else f"one of the options ({listed(options[:12])})"
    if kind == "multiselect":
        good = isinstance(value, list) and all(_is_among(each, options) for each in value)
        return None if good else f"a list of options ({listed(options[:12])})"
    if kind == "number":
        return None if isinstance(value, int | float) and not isinstance(value, bool) else "a number"
    if kind == "boolean":
        return None if isinstance(value, bool) else "true or false"
    if kind == "color":
        return None if isinstance(value, str) and _COLOR.fullmatch(value) else 'a color such as "#1A2B3C"'
    if kind in ("text", "textarea", "hidden"):
        return None if isinstance(value, str) else "text"
    return None  # pictures are checked when they are there


def _is_among(value: JsonValue, options: list[JsonValue]) -> bool:
    """As `in`, but `true` is not 1."""
    return any(value == option and isinstance(value, bool) == isinstance(option, bool) for option in options)


def _validation(path: tuple[Part, ...], field: JsonObject) -> Iterator[Problem]:
    rules = field.get("validation", {})
    for low, high in _BOUNDS:
        if low in rules and high in rules and rules[low] > rules[high]:
            message = f"{spoken((*path, low))} is {rules[low]}, more than {high} ({rules[high]}): no value fits."
            yield Problem(code="E103", message=message, pointer=to_pointer((*path, low)), hint="Swap the two.")
    if "pattern" in rules and not is_pattern(rules["pattern"]):
        message = f"{spoken((*path, 'pattern'))} is no regular expression: {shown(rules['pattern'])}."
        hint = "Parentheses and brackets need their partner; a backslash in JSON is written twice."
        yield Problem(code="E103", message=message, pointer=to_pointer((*path, "pattern")), hint=hint)


def _without_effect(path: tuple[Part, ...], field: JsonObject) -> Iterator[Problem]:
    kind = _type(field)
    for key in field.get("validation", {}):
        if key in _ALL_RULES - _RULES[kind]:
            yield _useless((*path, "validation", key), kind)
    for key in ("rows", "tokenCounter"):
        if key in field and kind != "textarea":
            yield _useless((*path, key), kind)
    if "options" in field and kind not in _WITH_OPTIONS:
        yield _useless((*path, "options"), kind)


def _useless(path: tuple[Part, ...], kind: str) -> Problem:
    message = f"{spoken(path)} has no effect on a field of type {shown(kind)}."
    return Problem(code="W411", message=message, pointer=to_pointer(path), hint="Remove it.", on_key=True)
