"""Form fields as they are used, from a stage that the schema allows."""

from __future__ import annotations

import re

from limner._json import JsonObject, JsonValue
from limner.workflow.model import FieldType, FormField, Option, Validation

ROWS = 3
PROMPT_ROWS = 7
"""Rows of the text area that an image prompt is typed into, where the file does not say."""

_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")


def read_fields(stage: JsonObject) -> tuple[FormField, ...]:
    """The fields of a stage: those of its form, or the one that its `inputType` stands for."""
    input_type = stage.get("inputType", "none")
    if input_type in ("text", "context"):
        return (
            FormField(
                name="text",
                label=stage["title"],
                type="textarea",
                validation=Validation(required=True),
                token_counter=True,
            ),
        )
    if input_type == "image":
        return (FormField(name="image", label=stage["title"], type="image", validation=Validation(required=True)),)
    if input_type != "form":
        return ()
    documents = stage["formFields"]
    prompt = next((number for number, each in enumerate(documents) if _is_prompt(each)), None)
    return tuple(_field(each, is_prompt=number == prompt) for number, each in enumerate(documents))


def _is_prompt(document: JsonObject) -> bool:
    return document["type"] == "textarea" and "prompt" in document["name"].lower()


def _field(document: JsonObject, *, is_prompt: bool) -> FormField:
    kind: FieldType = "boolean" if document["type"] == "checkbox" else document["type"]
    return FormField(
        name=document["name"],
        label=document.get("label") or label_of(document["name"]),
        type=kind,
        placeholder=document.get("placeholder"),
        help=document.get("help"),
        default=document.get("defaultValue"),
        options=read_options(document.get("options", [])),
        validation=_validation(document.get("validation", {})),
        rows=int(document.get("rows", PROMPT_ROWS if is_prompt else ROWS)),
        token_counter=document.get("tokenCounter", kind == "textarea"),
    )


def label_of(name: str) -> str:
    """A name in words: `aspectRatio` and `aspect_ratio` are "Aspect ratio"; abbreviations stay as they are."""
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORD_ENDS.split(name) if word]
    text = " ".join(words) or name
    return text[0].upper() + text[1:]


def read_options(documents: list[JsonValue]) -> tuple[Option, ...]:
    """The choices of a field or the styles of a redo; plain text is value and label at once."""
    return tuple(_option(each) for each in documents)


def _option(document: JsonValue) -> Option:
    if isinstance(document, str):
        return Option(value=document, label=document)
    value = document["value"]
    return Option(value=value, label=document.get("label") or _as_text(value), description=document.get("description"))


def _as_text(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _validation(document: JsonObject) -> Validation:
    accept = document.get("accept")
    return Validation(
        required=document.get("required", False),
        min_length=whole(document.get("minLength")),
        max_length=whole(document.get("maxLength")),
        pattern=document.get("pattern"),
        pattern_message=document.get("patternMessage"),
        min=document.get("min"),
        max=document.get("max"),
        step=document.get("step"),
        min_items=whole(document.get("minItems")),
        max_items=whole(document.get("maxItems")),
        accept=None if accept is None else tuple(accept),
        max_bytes=whole(document.get("maxBytes")),
    )


def whole(value: float | None) -> int | None:
    """A whole number as one: in JSON 3.0 is whole too."""
    return None if value is None else int(value)
