"""A workflow file as it is written: strict JSON in one layout, and old spellings made canonical."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

from limner._json import JsonObject, JsonValue, dumps
from limner.workflow.check_file import SPEC_VERSION
from limner.workflow.problem import Part, shown, spoken
from limner.workflow.schema import properties, root

WIDTH = 100
"""Most characters of a line that holds a whole object or array."""

INDENT = "  "

_ALWAYS_OPEN = 3
"""The file, the list of stages and each stage are never put on one line."""


def format(document: JsonValue) -> str:
    """The document as strict JSON, two spaces deep, with a last line break.

    Known keys come in the order in which the format describes them, then the others in their own order. What fits
    into `WIDTH` columns stands on one line. Formatting twice changes nothing more.
    """
    return _lines(_ordered(document, root()), "", level=1) + "\n"


def _ordered(value: JsonValue, schema: JsonObject) -> JsonValue:
    found, known = properties(schema, value)
    if isinstance(value, list):
        return [_ordered(each, found.get("items", {})) for each in value]
    if isinstance(value, dict):
        keys = [key for key in known if key in value] + [key for key in value if key not in known]
        return {key: _ordered(value[key], known.get(key, {})) for key in keys}
    return value


def _lines(value: JsonValue, before: str, *, level: int, after: int = 0) -> str:
    """The value after `before` (indent and key), with room for `after` more characters behind it."""
    flat = _flat(value)
    is_nested = isinstance(value, dict | list) and len(value) > 0
    is_open = level <= _ALWAYS_OPEN and isinstance(value, dict | list) and _is_frame(value, level)
    if not is_nested or (not is_open and len(before) + len(flat) + after <= WIDTH):
        return before + flat
    indent = INDENT * level
    members = _members(value)
    last = len(members) - 1
    inner = [
        _lines(member, indent + key, level=level + 1, after=1 if number < last else 0) + ("," if number < last else "")
        for number, (key, member) in enumerate(members)
    ]
    left, right = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return "\n".join([before + left, *inner, INDENT * (level - 1) + right])


def _is_frame(value: JsonValue, level: int) -> bool:
    """Whether this is the file, a list of objects right inside it, or one of these objects."""
    if level == 1:
        return True
    if level == 2:
        return isinstance(value, list) and any(isinstance(each, dict) for each in value)
    return isinstance(value, dict) and ("outputType" in value or "title" in value)


def _members(value: JsonValue) -> list[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        return [(f"{dumps(key)}: ", member) for key, member in value.items()]
    return [("", member) for member in value]


def _flat(value: JsonValue) -> str:
    """The value on one line, with spaces inside braces."""
    if isinstance(value, dict) and value:
        return "{ " + ", ".join(f"{dumps(key)}: {_flat(member)}" for key, member in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_flat(member) for member in value) + "]"
    return dumps(value)


def migrate(document: JsonObject) -> tuple[JsonObject, list[str]]:
    """A copy with canonical spellings, and in words what was changed; the document must fit the schema."""
    result = copy.deepcopy(document)
    changes: list[str] = []
    if "specVersion" not in result:
        result = {"specVersion": SPEC_VERSION, **result}
        changes.append(f'specVersion "{SPEC_VERSION}" added')
    for number, stage in enumerate(result["stages"]):
        path = ("stages", number)
        _respell(stage, "outputType", {"image": "image_output"}, path, changes)
        _respell(stage, "inputType", {"context": "text"}, path, changes)
        for index, field in enumerate(stage.get("formFields", ())):
            _respell(field, "type", {"checkbox": "boolean"}, (*path, "formFields", index), changes)
    changes.extend(_move_redo(result))
    return result, changes


def _respell(
    holder: JsonObject, key: str, spellings: Mapping[str, str], path: tuple[Part, ...], changes: list[str]
) -> None:
    old = holder.get(key)
    if isinstance(old, str) and old in spellings:
        holder[key] = spellings[old]
        changes.append(f"{spoken((*path, key))}: {shown(old)} is now {shown(spellings[old])}")


def _move_redo(document: JsonObject) -> Iterator[str]:
    """`aiRedoEnabled` out of the image settings; what the stage itself says stays."""
    settings = document.get("defaults", {}).get("imageGenerationSettings", {})
    inherited = settings.pop("aiRedoEnabled", None)
    if inherited is not None:
        yield "defaults.imageGenerationSettings.aiRedoEnabled moved to the stages"
    for number, stage in enumerate(document["stages"]):
        own = stage.get("imageGenerationSettings", {}).pop("aiRedoEnabled", None)
        if own is not None:
            yield f"stages[{number}].imageGenerationSettings.aiRedoEnabled moved to the stage"
        value = inherited if own is None else own
        asks_model = "promptTemplate" in stage or stage.get("outputType") == "image_output"
        if value is not None and asks_model:
            stage.setdefault("aiRedoEnabled", value)
