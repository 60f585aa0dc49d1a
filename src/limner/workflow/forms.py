"""The forms of a workflow: what they show at first, what they accept, and what a value typed as text becomes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Final, Literal

from limner._json import JsonObject, JsonValue
from limner.errors import InvalidRequestError
from limner.workflow.form_schema import ACCEPTED, option_text, to_json_schema, whole
from limner.workflow.model import FormField, Option

__all__ = ["FieldError", "FormValueError", "convert", "defaults", "to_json_schema", "validate"]

FieldCode = Literal[
    "required",
    "too_short",
    "too_long",
    "pattern",
    "not_a_number",
    "too_small",
    "too_large",
    "step",
    "not_an_option",
    "too_few",
    "too_many",
    "not_a_color",
    "not_accepted",
    "too_big",
    "unknown_field",
    "wrong_type",
]

PATTERN_CHARACTERS: Final = 10_000
"""A pattern sees no more of a value than this: some patterns take quadratic time."""

_ASSET: Final[dict[str, type]] = {
    "assetId": str,
    "mimeType": str,
    "width": int,
    "height": int,
    "bytes": int,
    "sha256": str,
}
_TRUE: Final = ("yes", "true", "on", "1")
_FALSE: Final = ("no", "false", "off", "0")
_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,300}(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with the value of one field. `code` is stable, `message` is for the person at the form."""

    field: str
    code: FieldCode
    message: str

    def to_json(self) -> JsonObject:
        """The error as one flat JSON object."""
        return {"field": self.field, "code": self.code, "message": self.message}


class FormValueError(InvalidRequestError):
    """A text that is no value of its field; `error` says which field and why."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(error.message, code="workflow.form_value")
        self.error = error


Problem = tuple[FieldCode, str]
Checked = tuple[JsonValue, list[Problem]]


def defaults(fields: Sequence[FormField]) -> JsonObject:
    """What a form shows before anyone has typed: the defaults, and what is empty for each of the other fields."""
    return {field.name: _default(field) for field in fields}


def validate(
    fields: Sequence[FormField], values: Mapping[str, JsonValue], *, fill: bool
) -> tuple[JsonObject, tuple[FieldError, ...]]:
    """The cleaned values, one for every field, and every error at once.

    With `fill` a field that is not among the values takes its default, as where nobody is asked; else it is empty.
    Values are usable only if there are no errors.
    """
    known = [field.name for field in fields]
    errors = [_unknown(name, known) for name in values if name not in known]
    clean: JsonObject = {}
    for field in fields:
        if field.type == "hidden":
            clean[field.name] = _default(field)
            continue
        value = values[field.name] if field.name in values else _default(field) if fill else None
        clean[field.name], problems = _checked(field, value)
        errors += (_error(field, code, message) for code, message in problems)
    return clean, tuple(errors)


def convert(field: FormField, text: str) -> JsonValue:
    """The value of a field from what was typed in a terminal. Whether it fits is for `validate` to say.

    Raises `FormValueError` where the text is no value of this kind, and for pictures, which are no text.
    """
    if field.type in ("text", "textarea"):
        return text
    if field.type in ("image", "images"):
        raise _unusable(field, "wrong_type", "takes a picture, not a text: name a file.")
    if field.type == "hidden":
        raise _unusable(field, "wrong_type", "is filled in by the workflow itself: leave it out.")
    typed = text.strip()
    if field.type == "multiselect":
        whole = _chosen(field.options, typed)
        # An option may have a comma in it.
        parts = [typed] if whole else [part.strip() for part in typed.split(",") if part.strip()]
        return [_option(field, part) for part in parts]
    if field.type == "boolean":
        return _boolean(field, typed)
    if field.type in ("select", "radio"):
        return _option(field, typed) if typed else ""
    if not typed:
        return None
    return _number(field, typed) if field.type == "number" else typed


def _default(field: FormField) -> JsonValue:
    if field.default is not None:
        return deepcopy(field.default)
    match field.type:
        case "number" | "color" | "image":
            return None
        case "boolean":
            return False
        case "multiselect" | "images":
            return []
        case _:
            return ""


def _checked(field: FormField, value: JsonValue) -> Checked:
    match field.type:
        case "text" | "textarea" | "hidden":
            return _text(field, value)
        case "number":
            return _checked_number(field, value)
        case "boolean":
            return _checked_boolean(field, value)
        case "select" | "radio":
            return _one_option(field, value)
        case "color":
            return _color(field, value)
        case "image":
            return _one_image(field, value)
        case "multiselect":
            return _several(field, value, lambda each: _as_option(field, each))
        case "images":
            return _several(field, value, lambda each: _as_image(field, each))


def _text(field: FormField, value: JsonValue) -> Checked:
    if value is not None and not isinstance(value, str):
        return "", [("wrong_type", "must be a text.")]
    text = (value or "").rstrip() if field.type == "textarea" else (value or "").strip()
    if not text:
        return "", _missing(field)
    return text, list(_text_problems(field, text))


def _text_problems(field: FormField, text: str) -> Iterator[Problem]:
    rules = field.validation
    if field.type == "text" and ("\n" in text or "\r" in text):
        yield "wrong_type", "must be one line."
    if rules.min_length is not None and len(text) < rules.min_length:
        yield "too_short", f"needs at least {_count(rules.min_length, 'character')}, has {len(text)}."
    if rules.max_length is not None and len(text) > rules.max_length:
        yield "too_long", f"takes at most {_count(rules.max_length, 'character')}, has {len(text)}."
    if rules.pattern is not None:
        try:
            fits = re.fullmatch(rules.pattern, text[:PATTERN_CHARACTERS]) is not None
        except (re.error, OverflowError, RecursionError) as error:
            yield "pattern", f"cannot be checked: the workflow's pattern {rules.pattern!r} is broken ({error})."
            return
        if not fits:
            yield "pattern", rules.pattern_message or f"does not fit the pattern {rules.pattern!r}."


def _checked_number(field: FormField, value: JsonValue) -> Checked:
    if value is None or value == "":
        return None, _missing(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None, [("not_a_number", "must be a number.")]
    rules = field.validation
    problems: list[Problem] = []
    if rules.min is not None and value < rules.min:
        problems.append(("too_small", f"must be at least {_shown(rules.min)}, is {_shown(value)}."))
    if rules.max is not None and value > rules.max:
        problems.append(("too_large", f"must be at most {_shown(rules.max)}, is {_shown(value)}."))
    if rules.step is not None and not _on_step(value, rules.min, rules.step):
        start = f" from {_shown(rules.min)} on" if rules.min else ""
        problems.append(("step", f"must be in steps of {_shown(rules.step)}{start}, is {_shown(value)}."))
    return whole(value), problems


def _on_step(value: float, least: float | None, step: float) -> bool:
    """Whether a value is a whole number of steps away from the least one; as decimals, for 0.3 is three times 0.1."""
    distance = Fraction(repr(value)) - Fraction(repr(least or 0))
    return (distance / Fraction(repr(step))).denominator == 1


def _shown(value: float) -> str:
    return str(whole(value))


def _checked_boolean(field: FormField, value: JsonValue) -> Checked:
    if value is not None and not isinstance(value, bool):
        return False, [("wrong_type", "must be true or false.")]
    refused = field.validation.required and value is not True
    return value is True, [("required", "must be accepted.")] if refused else []


def _one_option(field: FormField, value: JsonValue) -> Checked:
    if value is None or value == "":
        return "", _missing(field)
    chosen, problems = _as_option(field, value)
    return ("" if problems else chosen), problems


def _as_option(field: FormField, value: JsonValue) -> Checked:
    chosen = next((option for option in field.options if _is_option(option, value)), None)
    if chosen is not None:
        return chosen.value, []
    if not isinstance(value, str | int | float):
        return None, [("wrong_type", "must be one of its options.")]
    return None, [("not_an_option", f"has no option {value!r}. {_choices(field, str(value))}")]


def _is_option(option: Option, value: JsonValue) -> bool:
    """Whether a value is this option: the same value, or for a number or a truth value its text."""
    if isinstance(option.value, bool) or isinstance(value, bool):
        return option.value is value or (isinstance(value, str) and value == option_text(option))
    if isinstance(option.value, str) or not isinstance(value, str):
        return bool(option.value == value)
    return value == option_text(option)


def _choices(field: FormField, wrong: str) -> str:
    names = [option_text(option) for option in field.options]
    near = get_close_matches(wrong, names, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"Options: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}."


def _color(field: FormField, value: JsonValue) -> Checked:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, _missing(field)
    if isinstance(value, str) and _COLOR.fullmatch(value.strip()):
        return value.strip(), []
    return None, [("not_a_color", "must be a color such as #1E90FF.")]


def _one_image(field: FormField, value: JsonValue) -> Checked:
    if value is None or value == "":
        return None, _missing(field)
    return _as_image(field, value)


def _as_image(field: FormField, value: JsonValue) -> Checked:
    if not isinstance(value, dict):
        return None, [("wrong_type", "must be a picture.")]
    wrong = [name for name, kind in _ASSET.items() if not _has_type(value.get(name), kind)]
    if wrong:
        return None, [("wrong_type", f"must be a picture; its {', '.join(wrong)} is missing or of the wrong type.")]
    rules = field.validation
    problems: list[Problem] = []
    accept = rules.accept or ACCEPTED
    if value["mimeType"] not in accept:
        problems.append(("not_accepted", f"takes {', '.join(accept)}, not {value['mimeType']}."))
    if rules.max_bytes is not None and value["bytes"] > rules.max_bytes:
        problems.append(
            ("too_big", f"takes pictures of at most {rules.max_bytes} bytes, this one has {value['bytes']}.")
        )
    name = value.get("name")
    return {**{key: value[key] for key in _ASSET}, "name": name if isinstance(name, str) else None}, problems


def _has_type(value: JsonValue, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _several(field: FormField, value: JsonValue, one: Callable[[JsonValue], Checked]) -> Checked:
    if value is None or value == "" or value == []:
        return [], _missing(field)
    if not isinstance(value, list):
        return [], [("wrong_type", "must be a list.")]
    rules = field.validation
    problems: list[Problem] = []
    if rules.min_items is not None and len(value) < rules.min_items:
        problems.append(("too_few", f"needs at least {rules.min_items}, has {len(value)}."))
    if rules.max_items is not None and len(value) > rules.max_items:
        problems.append(("too_many", f"takes at most {rules.max_items}, has {len(value)}."))
    clean = []
    for each in value:
        element, wrong = one(each)
        clean.append(element)
        problems += wrong
    return clean, problems


def _missing(field: FormField) -> list[Problem]:
    return [("required", "must be filled in.")] if field.validation.required else []


def _unknown(name: str, known: list[str]) -> FieldError:
    near = get_close_matches(name, known, n=3)
    guess = f"Did you mean {' or '.join(near)}?" if near else f"Fields: {', '.join(known) or 'none'}."
    return FieldError(field=name, code="unknown_field", message=f"There is no field {name!r} in this form. {guess}")


def _error(field: FormField, code: FieldCode, message: str) -> FieldError:
    if code == "pattern" and message == field.validation.pattern_message:
        return FieldError(field=field.name, code=code, message=message)
    return FieldError(field=field.name, code=code, message=f"{field.label}: {message}")


def _unusable(field: FormField, code: FieldCode, message: str) -> FormValueError:
    return FormValueError(_error(field, code, message))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _boolean(field: FormField, typed: str) -> bool | None:
    if not typed:
        return None
    if typed.lower() in _TRUE:
        return True
    if typed.lower() in _FALSE:
        return False
    raise _unusable(field, "wrong_type", f"must be yes or no, is {typed!r}.")


def _number(field: FormField, typed: str) -> int | float:
    if _NUMBER.fullmatch(typed) is None or not math.isfinite(float(typed)):
        raise _unusable(field, "not_a_number", f"must be a number such as 3 or 2.5, is {typed!r}.")
    return int(typed) if typed.lstrip("+-").isdigit() else whole(float(typed))


def _option(field: FormField, typed: str) -> JsonValue:
    chosen = _chosen(field.options, typed)
    if chosen is None:
        raise _unusable(field, "not_an_option", f"has no option {typed!r}. {_choices(field, typed)}")
    return chosen.value


def _chosen(options: Sequence[Option], typed: str) -> Option | None:
    """The option that was typed: by its value, else its label, else its place in the list, counted from 1."""
    for option in options:
        if option_text(option) == typed:
            return option
    for option in options:
        if option.label.casefold() == typed.casefold():
            return option
    if typed.isascii() and typed.isdigit() and len(typed) <= 3 and 1 <= int(typed) <= len(options):
        return options[int(typed) - 1]
    return None
