"""The form asked of an answer: `responseMimeType` with `responseJsonSchema`, or with the older `responseSchema`.

`responseJsonSchema` takes JSON Schema, of which Google supports part; the keywords come from the description of that
field in google-genai 3.6. `responseSchema` takes the Gemini API's own `Schema`, after OpenAPI 3.0: types in capitals,
`nullable`, counts as text.
"""

from __future__ import annotations

from collections.abc import Iterator

from limner._json import JsonObject, JsonValue
from limner.wire.gemini.fields import number, pick, pick_text, whole
from limner.wire.gemini.violations import Violation, unknown_names
from limner.wire.reference import escape, unescape

JSON_TYPE = "application/json"
ENUM_TYPE = "text/x.enum"
MIME_TYPES = ("text/plain", JSON_TYPE, ENUM_TYPE)
"""What `responseMimeType` may be."""

MAX_SCHEMA_DEPTH = 32
"""How many levels of a schema are read; what lies below is taken as allowing anything."""

_KEPT = (
    *("$id", "$ref", "$anchor", "type", "format", "title", "description", "enum", "minItems", "maxItems"),
    *("minimum", "maximum", "required", "propertyOrdering"),
)
_LISTS = ("anyOf", "oneOf", "prefixItems")
_ONES = ("items", "additionalProperties")
_OWN_FIELDS = (
    *("type", "format", "title", "description", "nullable", "enum", "items", "minItems", "maxItems", "properties"),
    *("required", "minProperties", "maxProperties", "minimum", "maximum", "minLength", "maxLength", "pattern"),
    *("example", "anyOf", "propertyOrdering", "default"),
)
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_SAME = ("format", "title", "description", "enum", "required", "pattern", "propertyOrdering", "default")


def schema_to_wire(schema: JsonObject) -> JsonObject:
    """`schema` as `responseJsonSchema` takes it, lifted.

    Left out is what Google does not support: `$schema`, `$comment`, lengths and patterns of strings, exclusive bounds,
    `multipleOf`, `uniqueItems`, `allOf`, `not`, `if` and the rest, and whatever stands beside a `$ref`. A `const` text
    or number becomes an `enum` of one, `definitions` become `$defs`. The answer is therefore to be checked by whoever
    needs more.
    """
    written = _written(schema, 0)
    return written if isinstance(written, dict) else {}


def _written(schema: JsonValue, depth: int) -> JsonValue:
    if not isinstance(schema, dict) or depth > MAX_SCHEMA_DEPTH:
        return schema if isinstance(schema, bool) else {}
    if "$ref" in schema:
        beside = {key: schema[key] for key in ("$ref", "$anchor", "$id") if key in schema}
        return {**_escaped(_renamed(beside)), **_definitions(schema, depth)}
    written: JsonObject = {key: _escaped(value) for key, value in schema.items() if key in _KEPT}
    if isinstance(schema.get("const"), str | int | float) and not isinstance(schema["const"], bool):
        written.setdefault("enum", [_escaped(schema["const"])])
    if isinstance(schema.get("properties"), dict):
        written["properties"] = {name: _written(value, depth + 1) for name, value in schema["properties"].items()}
    for key in _LISTS:
        if isinstance(schema.get(key), list):
            written[key] = [_written(value, depth + 1) for value in schema[key]]
    for key in _ONES:
        if isinstance(schema.get(key), dict | bool):
            written[key] = _written(schema[key], depth + 1)
    return {**written, **_definitions(schema, depth)}


def _definitions(schema: JsonObject, depth: int) -> JsonObject:
    """`$defs` and the older `definitions`, as one."""
    found: JsonObject = {}
    for key in ("definitions", "$defs"):
        if isinstance(schema.get(key), dict):
            found.update({name: _written(value, depth + 1) for name, value in schema[key].items()})
    return {"$defs": found} if found else {}


def _renamed(beside: JsonObject) -> JsonObject:
    reference = beside["$ref"]
    if isinstance(reference, str) and reference.startswith("#/definitions/"):
        return {**beside, "$ref": reference.replace("#/definitions/", "#/$defs/", 1)}
    return beside


def _escaped(value: JsonValue) -> JsonValue:
    return _texts(value, escape_all=True)


def _texts(value: JsonValue, *, escape_all: bool) -> JsonValue:
    """Every text in `value` as it stands in a lifted document, or as it stood before."""
    if isinstance(value, str):
        return escape(value) if escape_all else unescape(value)
    if isinstance(value, list):
        return [_texts(item, escape_all=escape_all) for item in value]
    if isinstance(value, dict):
        return {name: _texts(item, escape_all=escape_all) for name, item in value.items()}
    return value


def mime_type(config: JsonValue) -> str | None:
    """What `responseMimeType` asks for, in small letters; `None` where nothing is asked."""
    return (pick_text(config, "responseMimeType") or "").strip().lower() or None


def schema_from_wire(config: JsonValue) -> JsonObject | None:
    """The JSON Schema that a `generationConfig` asks for, of either kind; `{}` for JSON of any shape, else `None`."""
    given = pick(config, "responseJsonSchema")
    if isinstance(given, dict):
        found = _texts(given, escape_all=False)
        return found if isinstance(found, dict) else {}
    own = pick(config, "responseSchema")
    if isinstance(own, dict):
        return _read(own, 0)
    return {} if mime_type(config) == JSON_TYPE else None


def _read(schema: JsonValue, depth: int) -> JsonObject:
    """The Gemini API's own `Schema` as JSON Schema."""
    if not isinstance(schema, dict) or depth > MAX_SCHEMA_DEPTH:
        return {}
    found: JsonObject = {
        name: _texts(pick(schema, name), escape_all=False) for name in _SAME if pick(schema, name) is not None
    }
    found.update({name: count for name in _COUNTS if (count := whole(pick(schema, name))) is not None})
    found.update({name: bound for name in ("minimum", "maximum") if (bound := number(pick(schema, name))) is not None})
    kind = (pick_text(schema, "type") or "").lower()
    if kind and kind != "type_unspecified":
        found["type"] = [kind, "null"] if pick(schema, "nullable") is True else kind
    if isinstance(pick(schema, "properties"), dict):
        found["properties"] = {name: _read(value, depth + 1) for name, value in pick(schema, "properties").items()}
    if isinstance(pick(schema, "items"), dict):
        found["items"] = _read(pick(schema, "items"), depth + 1)
    if isinstance(pick(schema, "anyOf"), list):
        found["anyOf"] = [_read(value, depth + 1) for value in pick(schema, "anyOf")]
    return found


def form_refusals(config: JsonObject) -> Iterator[Violation]:
    """What Google refuses in the form asked of an answer. Unsupported keywords of JSON Schema are no reason."""
    path = "generation_config"
    asked = mime_type(config)
    has_json, has_own = (pick(config, name) is not None for name in ("responseJsonSchema", "responseSchema"))
    if asked is not None and asked not in MIME_TYPES:
        accepted = ", ".join(f"`{name}`" for name in MIME_TYPES)
        yield _refused(
            f"{path}.response_mime_type",
            f"* GenerateContentRequest.{path}.response_mime_type: allowed mimetypes are {accepted}.",
        )
    if has_json and has_own:
        yield _refused(
            f"{path}.response_json_schema",
            f"* GenerateContentRequest.{path}: only one of response_schema and response_json_schema may be set.",
        )
    if (has_json or has_own) and asked in (None, "text/plain"):
        kind = "response_json_schema" if has_json else "response_schema"
        yield _refused(
            f"{path}.response_mime_type",
            f"* GenerateContentRequest.{path}.{kind}: response_mime_type must be `{JSON_TYPE}` where a schema is set.",
        )
    if has_own and asked == ENUM_TYPE and not isinstance(pick(pick(config, "responseSchema"), "enum"), list):
        yield _refused(
            f"{path}.response_schema",
            f"* GenerateContentRequest.{path}.response_schema: `{ENUM_TYPE}` takes a STRING schema with an enum only.",
        )
    if has_json and not isinstance(pick(config, "responseJsonSchema"), dict):
        yield _refused(f"{path}.response_json_schema", "response_json_schema must be a JSON Schema object.")
    if has_own:
        yield from own_schema_violations(pick(config, "responseSchema"), f"{path}.response_schema", 0)


def own_schema_violations(schema: JsonValue, path: str, depth: int) -> Iterator[Violation]:
    """Fields that the Gemini API's own `Schema` does not have, such as `$schema` or `const`."""
    yield from unknown_names(schema, _OWN_FIELDS, "Schema", path)
    if depth > MAX_SCHEMA_DEPTH or not isinstance(schema, dict):
        return
    properties = pick(schema, "properties")
    inner = list(properties.values()) if isinstance(properties, dict) else []
    for index, value in enumerate(inner):
        yield from own_schema_violations(value, f"{path}.properties[{index}].value", depth + 1)
    if pick(schema, "items") is not None:
        yield from own_schema_violations(pick(schema, "items"), f"{path}.items", depth + 1)
    branches = pick(schema, "anyOf")
    for index, value in enumerate(branches if isinstance(branches, list) else []):
        yield from own_schema_violations(value, f"{path}.any_of[{index}]", depth + 1)


def _refused(field: str, description: str) -> Violation:
    return Violation(field=field, description=description)
