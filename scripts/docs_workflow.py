"""The page `docs/workflow-format.md`: types, bounds and defaults from the schema, the rest told here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import docs_workflow_words as words

from limner._json import JsonObject, JsonValue
from limner.workflow.failure import KINDS
from limner.workflow.filters import ARGUMENTS
from limner.workflow.forms import FieldCode
from limner.workflow.schema import open_schema

_ARGUMENTS = {"none": "", "text": ':"text"', "number": ":200"}


def markdown() -> str:
    """The page. Raises `KeyError` for a field of the schema that nobody explained."""
    schema = open_schema()
    parts = schema["$defs"]
    sections = (
        ("The file", schema, words.TOP),
        ("`defaults`", parts["defaults"], words.DEFAULTS),
        ("`budget`", parts["budget"], words.BUDGET),
        ("Stage", parts["stage"], words.STAGE),
    )
    more = (
        ("`inputImages`", _object(parts["inputImage"]), words.INPUT_IMAGE),
        ("`forEach`", _object(parts["forEach"]), words.FOR_EACH),
        ("`redo`", parts["redo"], words.REDO),
        ("`imageGenerationSettings`", parts["imageSettings"], words.SETTINGS),
        ("`imageGenerationSettings.gemini`", parts["imageSettings"]["properties"]["gemini"], words.GEMINI),
        ("`imageGenerationSettings.imagen`", parts["imageSettings"]["properties"]["imagen"], words.IMAGEN),
    )
    return "".join(
        [
            words.BEFORE,
            *(_section(head, part, fields) for head, part, fields in sections),
            words.KINDS_OF_STAGES,
            *_form(parts),
            words.TEMPLATES,
            _filters(),
            *(_section(head, part, fields) for head, part, fields in more),
            words.RATIO,
            words.PROMPT,
            words.OUTPUT,
            _diagnostics(),
            words.ERRORS,
            *(
                f"| `{code}` | {'yes' if kind.retryable else 'no'} | {_cell(kind.hint)} |\n"
                for code, kind in KINDS.items()
            ),
        ]
    )


def _cell(text: str) -> str:
    """Text in which a bar is no border."""
    return text.replace("|", "\\|")


def _form(parts: JsonObject) -> Iterator[str]:
    yield _section("`formFields`", parts["formField"], words.FIELD)
    kinds = [name for name in parts["formField"]["properties"]["type"]["enum"] if name != "checkbox"]
    yield "\n| type | value |\n|---|---|\n" + "".join(
        f"| `{name}` | {words.KINDS_OF_FIELDS[name]} |\n" for name in kinds
    )
    yield _section("`options`", _object(parts["option"]), words.OPTION, level="###")
    yield _section("`validation`", parts["validation"], words.VALIDATION, level="###")
    yield words.FORM_ERRORS.format(codes=", ".join(f"`{code}`" for code in get_args(FieldCode)))


def _filters() -> str:
    rows = (f"| `{name}{_ARGUMENTS[kind]}` | {words.FILTERS[name]} |\n" for name, kind in ARGUMENTS.items())
    return "\n| filter | gives |\n|---|---|\n" + "".join(rows)


def _diagnostics() -> str:
    head = "\n## Diagnostics\n\n`E` stops the load, `W` is a warning, `I` a note.\n\n| code | meaning |\n|---|---|\n"
    return head + "".join(f"| `{code}` | {meaning} |\n" for code, meaning in words.CODES.items())


def _section(head: str, part: JsonObject, fields: dict[str, str], *, level: str = "##") -> str:
    required = part.get("required", [])
    rows = [
        f"| `{name}` | {_type(schema)} | {_default(name, schema, required)} | {fields[name]} |\n"
        for name, schema in part["properties"].items()
    ]
    unknown = set(fields) - set(part["properties"])
    assert not unknown, f"{head} has no {sorted(unknown)}"
    return f"\n{level} {head}\n\n| field | value | default | meaning |\n|---|---|---|---|\n" + "".join(rows)


def _default(name: str, schema: JsonObject, required: list[str]) -> str:
    if name in required:
        return "**required**"
    default = schema.get("default")
    return "" if default is None or default == [] else f"`{_json(default)}`"


def _json(value: JsonValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _object(schema: JsonObject) -> JsonObject:
    """The branch for an object."""
    branches: list[JsonObject] = schema["anyOf"]
    return next(branch for branch in branches if branch.get("type") == "object")


_REFERENCES = {
    "id": "id",
    "fieldName": "letters, digits, `_`",
    "template": "template",
    "model": "name of a model",
    "aspectRatio": "`16:9`, `model_default`, `auto`, template",
    "imageSize": "`512`, `1K`, `2K`, `4K`, `model_default`, `auto`, template",
    "temperature": "0 to 2",
    "option": "text or object",
    "inputImage": "template or object",
    "forEach": "template or object",
    "stage": "stage",
    "formField": "field",
}


def _type(schema: JsonObject) -> str:
    """The kind of a value in a few words."""
    if "$ref" in schema:
        return _REFERENCES.get(schema["$ref"].rpartition("/")[2], "object")
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        return ", ".join(_type(branch) for branch in schema["anyOf"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "any value")
    if kind == "array":
        return f"list of: {_type(schema['items']) if 'items' in schema else 'any value'}{_bounds(schema, 'Items')}"
    if kind == "string":
        return "template" if "\\{\\{" in schema.get("pattern", "") else f"text{_bounds(schema, 'Length')}"
    if isinstance(kind, list):
        return ", ".join(_NAMES[each] for each in kind)
    return f"{_NAMES.get(kind, kind)}{_range(schema)}"


_NAMES = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text"}


def _bounds(schema: JsonObject, what: str) -> str:
    most = schema.get(f"max{what}")
    return "" if most is None else f", at most {most:,}"


def _range(schema: JsonObject) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    if low is None:
        return ""
    return f", {low} or more" if high is None else f", {low} to {high}"
