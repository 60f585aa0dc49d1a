"""What a violation of the schema means to the person who wrote the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from limner._json import JsonObject, JsonValue
from limner.workflow.problem import Part, Problem, listed, near, shown, spoken, to_pointer


class Violation(Protocol):
    """An error of the validating library, as far as it is read here."""

    validator: str
    validator_value: JsonValue
    instance: JsonValue
    schema: JsonObject
    absolute_path: Iterable[Part]
    schema_path: Sequence[Part]
    context: Sequence[Violation]


_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}
_CHOICES = {
    "aspectRatio": 'a ratio such as "16:9", "model_default", "auto" or a {{template}}',
    "imageSize": '"512", "1K", "2K", "4K", "model_default", "auto" or a {{template}}',
    "autoRun": 'true, false or "always"',
    "forEach": 'one {{template}} or an object with "items"',
    "items": "one {{template}} or a list with at least one entry",
    "inputImages": 'text with a {{template}} or an object with "from"',
    "options": 'text or an object with "value"',
    "styles": 'text or an object with "value"',
}
"""What is accepted where the schema has several branches, by the name of the field."""

_NEAR = {"aspectRatio": ("model_default", "auto"), "imageSize": ("512", "1K", "2K", "4K", "model_default", "auto")}

_PATTERNS = {
    "name": 'must be a letter or "_", then at most 63 letters, digits or "_" (no hyphen)',
    "specVersion": 'must be a version such as "1"',
    "currency": 'must be three capital letters such as "USD"',
    "from": "must hold a {{template}} that stands for pictures",
}
_ID = 'must be a letter, then at most 63 letters, digits, "-" or "_"'


def explain(error: Violation) -> Iterator[Problem]:
    """The violation in words; of several branches the one that was meant, where that can be told."""
    if error.validator == "anyOf":
        branch = _meant(error)
        if branch is not None:
            for inner in branch:
                yield from explain(inner)
            return
    yield from _WORDS.get(error.validator, _other)(error, tuple(error.absolute_path))


def _meant(error: Violation) -> list[Violation] | None:
    """What is wrong in the branch for objects, if the value is one."""
    if isinstance(error.instance, dict):
        for index, branch in enumerate(error.validator_value):
            if branch.get("type") == "object":
                return [inner for inner in error.context if inner.schema_path[0] == index]
    return None


def _problem(path: tuple[Part, ...], words: str, hint: str | None = None) -> Problem:
    what = spoken(path) if path else "The file"
    return Problem(code="E103", message=f"{what} {words}.", pointer=to_pointer(path), hint=hint)


def _is(value: JsonValue) -> str:
    return f"is {shown(value)}"


def _type(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    words = " or ".join(_TYPES[each] for each in wanted)
    hint = "Leave the field out where there is no value." if error.instance is None else None
    yield _problem(path, f"must be {words}, {_is(error.instance)}", hint)


def _required(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    for name in error.validator_value:
        if name not in error.instance:
            yield _missing(name, error.instance, path)


def _missing(name: str, holder: JsonObject, path: tuple[Part, ...]) -> Problem:
    if name == "promptTemplate":
        return _no_prompt(holder, path)
    why = {
        "formFields": ': "inputType": "form" needs at least one field',
        "options": f": a field of type {shown(holder.get('type'))} needs them",
    }.get(name, "")
    return Problem(
        code="E103",
        message=f"{spoken((*path, name)) if path else name} is missing{why}.",
        pointer=to_pointer(path),
        hint=f"Add {shown(name)} to {spoken(path)}.",
    )


def _no_prompt(stage: JsonObject, path: tuple[Part, ...]) -> Problem:
    if stage.get("outputType") in ("image", "image_output"):
        message = f"{spoken(path)}.promptTemplate is missing: a stage that makes images needs one."
        return Problem(code="E103", message=message, pointer=to_pointer(path), hint='Add "promptTemplate".')
    message = f'{spoken(path)}: the stage asks nobody anything. It has no "promptTemplate" and no "inputType".'
    hint = 'Add "promptTemplate" to ask a model, or "inputType": "form" or "text" to ask a person.'
    return Problem(code="E103", message=message, pointer=to_pointer(path), hint=hint)


def _enum(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    if path[-1:] == ("provider",):
        value = error.instance
        value = value if isinstance(value, str) and value.isprintable() else shown(value)
        message = f"Unsupported image provider: {value}"
        yield Problem(code="E103", message=message, pointer=to_pointer(path), hint='Write "gemini" or "imagen".')
        return
    nearest = near(error.instance, error.validator_value) if isinstance(error.instance, str) else None
    hint = f"Did you mean {shown(nearest)}?" if nearest else None
    yield _problem(path, f"must be {listed(error.validator_value)}, {_is(error.instance)}", hint)


def _choice(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    nearest = near(error.instance, _NEAR.get(name, ())) if isinstance(error.instance, str) else None
    hint = f"Did you mean {shown(nearest)}?" if nearest else None
    yield _problem(path, f"must be {_CHOICES.get(name, 'something else')}, {_is(error.instance)}", hint)


def _bounds(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    schema = error.schema
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        words = f"more than {schema['exclusiveMinimum']}"
    elif low is not None and high is not None:
        words = f"{low} to {high}"
    else:
        words = f"at least {low}" if low is not None else f"at most {high}"
    yield _problem(path, f"must be {words}, {_is(error.instance)}")


def _length(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    if error.validator in ("minLength", "minItems"):
        yield _problem(path, "must not be empty")
        return
    unit = "characters" if error.validator == "maxLength" else "entries"
    yield _problem(path, f"must have at most {error.validator_value:,} {unit}, has {len(error.instance):,}")


def _pattern(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    yield _problem(path, f"{_PATTERNS.get(str(path[-1]), _ID)}, {_is(error.instance)}")


def _reserved(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    names = listed(error.validator_value["enum"])
    yield _problem(
        path, f"must not be {shown(error.instance)}: templates use this word", f"None of {names} can be an id."
    )


def _twice(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    seen: set[str] = set()
    for each in error.instance:
        text = json.dumps(each, sort_keys=True)
        if text in seen:
            yield _problem(path, f"holds {shown(each)} twice", "Keep one of them.")
            return
        seen.add(text)


def _lacks(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    yield Problem(
        code="E401",
        message=f'{spoken(path)} must contain "IMAGE": without it the model answers with text only.',
        pointer=to_pointer(path),
        hint='Write ["TEXT", "IMAGE"].',
    )


def _extra(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    known = error.schema["properties"]
    for key in error.instance:
        if key not in known and not key.startswith("x-"):
            nearest = near(key, known)
            hint = f"Did you mean {shown(nearest)}?" if nearest else None
            yield _problem((*path, key), "is not a known field", hint)


def _other(error: Violation, path: tuple[Part, ...]) -> Iterator[Problem]:
    yield _problem(path, f"is not accepted, {_is(error.instance)}")


_WORDS: dict[str, Callable[[Violation, tuple[Part, ...]], Iterator[Problem]]] = {
    "type": _type,
    "required": _required,
    "enum": _enum,
    "anyOf": _choice,
    "minimum": _bounds,
    "maximum": _bounds,
    "exclusiveMinimum": _bounds,
    "minLength": _length,
    "minItems": _length,
    "maxLength": _length,
    "maxItems": _length,
    "pattern": _pattern,
    "not": _reserved,
    "uniqueItems": _twice,
    "contains": _lacks,
    "additionalProperties": _extra,
}
