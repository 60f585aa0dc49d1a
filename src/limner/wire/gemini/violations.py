"""What in a request breaks the schema: unknown fields, wrong types, in Google's own words and with its paths."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from limner._json import JsonObject, JsonValue, dumps
from limner.wire.gemini.fields import number, snake, whole
from limner.wire.gemini.schema import MESSAGES, ROOT, Field
from limner.wire.reference import Reference

MAX_VIOLATIONS = 20
"""How many are collected before the rest is left unsaid."""

_SHOWN_CHARACTERS = 80
_INT32 = range(-(2**31), 2**31)
_TYPE_NAMES = {"string": "TYPE_STRING", "bytes": "TYPE_BYTES", "bool": "TYPE_BOOL", "int32": "TYPE_INT32"}
_PACKAGE = "type.googleapis.com/google.ai.generativelanguage.v1beta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing wrong with a request. `field` is its path in Google's snake_case (`generation_config.seed`).

    `description` is what Google would say, `hint` what Limner adds.
    """

    field: str
    description: str
    hint: str | None = None


def violations(body: JsonValue, *, vertex: bool = False, strict: bool = True) -> tuple[Violation, ...]:
    """Everything in a lifted request body that breaks the schema, at most `MAX_VIOLATIONS`, in document order.

    Without `strict`, unknown fields are no violation. With `vertex`, Vertex AI's own fields are known.
    """
    if not isinstance(body, dict):
        return (Violation(field="", description="Invalid JSON payload received. Root element must be a message."),)
    return tuple(islice(_Walk(vertex=vertex, strict=strict).message(body, ROOT, ""), MAX_VIOLATIONS))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    vertex: bool
    strict: bool

    def message(self, value: JsonObject, message: str, path: str) -> Iterator[Violation]:
        fields = _spellings(message)
        for key, found in value.items():
            name = fields.get(key)
            field = MESSAGES[message][name] if name is not None else None
            if field is None or (field.vertex_only and not self.vertex):
                if self.strict:
                    yield _unknown(key, message, path, known=field)
            elif found is not None:
                yield from self.value(found, field, f"{path}.{snake(key)}" if path else snake(key))

    def value(self, value: JsonValue, field: Field, path: str) -> Iterator[Violation]:
        if isinstance(value, list) and field.kind != "opaque":
            if not field.repeated:
                yield _not_repeating(path)
                return
            for index, item in enumerate(value):
                yield from self.single(item, field, f"{path}[{index}]")
        else:
            yield from self.single(value, field, path)

    def single(self, value: JsonValue, field: Field, path: str) -> Iterator[Violation]:
        if field.kind == "message":
            if isinstance(value, dict):
                yield from self.message(value, field.message, path)
            else:
                yield invalid_value(path, f"{_PACKAGE}.{field.message}", value)
        elif field.kind == "bytes":
            yield from _bytes_violations(value, path)
        elif not _fits(value, field):
            yield invalid_value(path, _type_name(field, path), value)


def unknown_names(value: JsonValue, names: Sequence[str], message: str, path: str) -> Iterator[Violation]:
    """The fields of an object that are none of `names` (given in camelCase), with near names.

    `message` is what Google calls the object, for one that is none.
    """
    if not isinstance(value, dict):
        yield invalid_value(path, f"{_PACKAGE}.{message}", value)
        return
    known = {spelling for name in names for spelling in (name, snake(name))}
    for key in value:
        if key not in known:
            near = difflib.get_close_matches(key[:_SHOWN_CHARACTERS], names, n=3)
            place = f" at '{path}'" if path else ""
            yield Violation(
                field=path,
                description=f"Invalid JSON payload received. Unknown name {_shown(key)}{place}: Cannot find field.",
                hint=f"Did you mean {' or '.join(map(repr, near))}?" if near else None,
            )


def _not_repeating(path: str) -> Violation:
    parent, _, name = path.rpartition(".")
    place = f" at '{parent}'" if parent else ""
    return Violation(
        field=parent,
        description=f'Invalid JSON payload received. Unknown name "{name}"{place}: '
        "Proto field is not repeating, cannot start list.",
    )


def invalid_value(path: str, type_name: str, value: JsonValue) -> Violation:
    """Google's sentence for a value of the wrong type."""
    return Violation(field=path, description=f"Invalid value at '{path}' ({type_name}), {_shown(value)}")


def _fits(value: JsonValue, field: Field) -> bool:
    match field.kind:
        case "string":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool) or value in ("true", "false")
        case "int32":
            found = whole(value)
            return found is not None and found in _INT32
        case "float":
            return number(value) is not None
        case "enum":
            return enum_name(value, field) is not None
    return True


def enum_name(value: JsonValue, field: Field) -> str | None:
    """The enum value's name from its name in any case, or its number; `None` if it has no such value."""
    if isinstance(value, str):
        return next((name for name in field.values if name == value.upper()), None)
    found = whole(value)
    return field.values[found] if found is not None and 0 <= found < len(field.values) else None


def _bytes_violations(value: JsonValue, path: str) -> Iterator[Violation]:
    found = Reference.parse(value) if isinstance(value, str) else None
    if found is not None and found.picture_blob() is not None and not found.prefix:
        return
    if value == "":
        yield Violation(field=path, description=f"{path} must not be empty.")
    elif not isinstance(value, str):
        yield invalid_value(path, "TYPE_BYTES", value)
    else:
        yield _not_base64(path, found.prefix if found is not None and found.prefix else value)


def _not_base64(path: str, value: str) -> Violation:
    description = f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed for {_shown(value)}"
    is_data_url = value[:5].lower() == "data:"
    hint = "Send the base64 alone, without the 'data:' prefix." if is_data_url else None
    return Violation(field=path, description=description, hint=hint)


def _unknown(key: str, message: str, path: str, *, known: Field | None) -> Violation:
    place = f" at '{path}'" if path else ""
    return Violation(
        field=path,
        description=f"Invalid JSON payload received. Unknown name {_shown(key)}{place}: Cannot find field.",
        hint=_hint(key, message, known),
    )


def _hint(key: str, message: str, known: Field | None) -> str | None:
    if known is not None:
        return f"{key!r} exists on Vertex AI only."
    elsewhere = [path for path in _places(key) if path]
    if elsewhere:
        return f"{key!r} belongs in {' or '.join(repr(path) for path in elsewhere)}."
    near = difflib.get_close_matches(key[:_SHOWN_CHARACTERS], list(MESSAGES[message]), n=3)
    return f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else None


def _places(key: str) -> Iterable[str]:
    """The paths of the settings objects that have a field `key`."""
    places = {
        "GenerationConfig": "generationConfig",
        "ImageConfig": "generationConfig.imageConfig",
        "ThinkingConfig": "generationConfig.thinkingConfig",
    }
    return (path for message, path in places.items() if key in _spellings(message))


def _spellings(message: str) -> dict[str, str]:
    """Both spellings of every field of a message, to its camelCase name."""
    return {spelling: name for name in MESSAGES[message] for spelling in (snake(name), name)}


def _type_name(field: Field, path: str) -> str:
    if field.kind == "float":
        return "TYPE_FLOAT"
    if field.kind == "enum":
        name = path.rpartition(".")[2].partition("[")[0]
        return f"{_PACKAGE}.{name.title().replace('_', '')}"
    return _TYPE_NAMES.get(field.kind, field.kind)


def _shown(value: JsonValue) -> str:
    """The value as short JSON; objects and lists only as such, since they may be large and deep."""
    if isinstance(value, dict | list):
        return "{...}" if isinstance(value, dict) else "[...]"
    if isinstance(value, str) and len(value) > _SHOWN_CHARACTERS:
        return dumps(value[:_SHOWN_CHARACTERS])[:-1] + '..."'
    return dumps(value)[: _SHOWN_CHARACTERS * 6]
