"""Reading a JSON Schema: references followed, branches chosen, parts merged. Nothing here writes a value."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonObject, JsonValue

_MAX_HOPS = 32
"""How many references and branches are followed before a schema is taken as allowing anything."""

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_HINTS = (
    ("object", ("properties", "required", "additionalProperties")),
    ("array", ("items", "prefixItems", "minItems", "maxItems")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)


@dataclass(frozen=True, slots=True)
class SchemaReader:
    """Reads parts of `root`, which references point into."""

    root: JsonObject

    def resolved(self, schema: JsonValue, refs: tuple[str, ...]) -> tuple[JsonObject, tuple[str, ...]]:
        """The schema without `$ref`, `allOf`, `anyOf` and `oneOf`, and `refs` with the references that were followed.

        Of several branches the first is taken that is not null and does not lead back to where it came from.
        """
        found: JsonObject = schema if isinstance(schema, dict) else {}
        for _ in range(_MAX_HOPS):
            if isinstance(found.get("$ref"), str):
                refs = (*refs, found["$ref"])
                beside = {key: value for key, value in found.items() if key != "$ref"}
                found = _merged(self._target(refs[-1]), beside)
            elif isinstance(found.get("allOf"), list):
                parts = found["allOf"]
                found = {key: value for key, value in found.items() if key != "allOf"}
                for part in parts:
                    found = _merged(found, part if isinstance(part, dict) else {})
            elif self._branches(found):
                branch = self._chosen(found, refs)
                found = _merged({key: value for key, value in found.items() if key not in ("anyOf", "oneOf")}, branch)
            else:
                return found, refs
        return {}, refs

    def recurs(self, schema: JsonValue, refs: tuple[str, ...]) -> bool:
        """Whether the schema, its items or all its branches lead back to a reference that led here."""
        if not isinstance(schema, dict):
            return False
        if schema.get("$ref") in refs:
            return True
        if self.recurs(schema.get("items"), refs):
            return True
        branches = [branch for branch in self._branches(schema) if not is_null(branch)]
        return bool(branches) and all(self.recurs(branch, refs) for branch in branches)

    def _branches(self, schema: JsonObject) -> list[JsonValue]:
        found = schema.get("anyOf") or schema.get("oneOf")
        return found if isinstance(found, list) else []

    def _chosen(self, schema: JsonObject, refs: tuple[str, ...]) -> JsonObject:
        branches = self._branches(schema)
        good = [branch for branch in branches if not is_null(branch) and not self.recurs(branch, refs)]
        best = next(iter(good), None) or next((branch for branch in branches if is_null(branch)), branches[0])
        return best if isinstance(best, dict) else {}

    def _target(self, reference: str) -> JsonObject:
        """What a reference points to; `{}` where there is nothing."""
        if not reference.startswith("#/"):
            return self.root if reference == "#" else self._anchored(reference.removeprefix("#"))
        found: JsonValue = self.root
        for step in reference[2:].split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdigit():
                found = found[int(name)] if int(name) < len(found) else {}
            else:
                found = found.get(name, {}) if isinstance(found, dict) else {}
        return found if isinstance(found, dict) else {}

    def _anchored(self, name: str) -> JsonObject:
        definitions = self.root.get("$defs")
        inner = definitions.values() if isinstance(definitions, dict) else ()
        named = (each for each in inner if isinstance(each, dict) and name in (each.get("$anchor"), each.get("$id")))
        return next(named, {})


def kind_of(schema: JsonObject) -> str:
    """The type of value to write; `string` where the schema names none and nothing hints at one."""
    given = schema.get("type")
    names = [str(name).lower() for name in (given if isinstance(given, list) else [given]) if name is not None]
    known = [name for name in names if name in _TYPES]
    if known:
        return next((name for name in known if name != "null"), "null")
    return next((kind for kind, keys in _HINTS if any(key in schema for key in keys)), "string")


def is_null(schema: JsonValue) -> bool:
    """Whether the schema allows nothing but null."""
    return isinstance(schema, dict) and (schema.get("type") in ("null", ["null"]) or schema.get("const", 0) is None)


def _merged(first: JsonObject, second: JsonObject) -> JsonObject:
    """Both schemas at once, as far as putting their keywords together does it."""
    merged = {**first, **second}
    for key in ("properties", "$defs"):
        if isinstance(first.get(key), dict) and isinstance(second.get(key), dict):
            merged[key] = {**first[key], **second[key]}
    if isinstance(first.get("required"), list) and isinstance(second.get("required"), list):
        merged["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    return merged
