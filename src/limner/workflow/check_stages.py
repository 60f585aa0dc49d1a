"""What the schema cannot say about stages: ids used once, old spellings, fields that do nothing where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from limner._json import JsonObject
from limner.workflow.model import Kind
from limner.workflow.problem import Part, Problem, shown, spoken, to_pointer
from limner.workflow.read_stage import kind_of, settings_of
from limner.workflow.schema import schema_problems

MAX_SCHEMA_PROBLEMS = 20
"""Most problems of one `outputSchema` that are reported."""

_STYLE = "styleGuidanceInternal"
_USES_STYLE = re.compile(rf"(?<!\\)\{{\{{\s*config\.imageGenerationSettings\.{_STYLE}(?![A-Za-z0-9_-])")
_WORDS: dict[Kind, str] = {
    "input": "a stage that asks a person",
    "text": "a stage that writes text",
    "json": "a stage that writes JSON",
    "image": "a stage that makes images",
}
_AI_ONLY = (
    "autoRun",
    "model",
    "connection",
    "temperature",
    "systemInstruction",
    "inputImages",
    "forEach",
    "aiRedoEnabled",
    "redo",
    "timeoutSeconds",
)
_IMAGE_ONLY = ("selection", "imageGenerationSettings")


def check(document: JsonObject) -> Iterator[Problem]:
    """E200, W111, W409 and W411, and E103 for an `outputSchema` that is none."""
    yield from _ids(document)
    yield from _old_places(document)
    for number, stage in enumerate(document["stages"]):
        yield from _without_effect(number, stage)
        yield from _output_schema(number, stage)
    yield from _style_guidance(document)


def _ids(document: JsonObject) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, stage in enumerate(document["stages"]):
        stage_id = stage["id"]
        if stage_id in first:
            where = ("stages", number, "id")
            message = f"{spoken(where)} is {shown(stage_id)}, and stages[{first[stage_id]}] has this id already."
            yield Problem(code="E200", message=message, pointer=to_pointer(where), hint="Give one of them another id.")
        first.setdefault(stage_id, number)


def _old_places(document: JsonObject) -> Iterator[Problem]:
    holders: list[tuple[tuple[Part, ...], JsonObject]] = [(("defaults",), document.get("defaults", {}))]
    for number, stage in enumerate(document["stages"]):
        holders.append((("stages", number), stage))
        if stage.get("inputType") == "context":
            where: tuple[Part, ...] = ("stages", number, "inputType")
            message = f'{spoken(where)}: "context" is read as "text".'
            yield Problem(code="W111", message=message, pointer=to_pointer(where), hint='Write "text".')
    for path, holder in holders:
        if "aiRedoEnabled" in holder.get("imageGenerationSettings", {}):
            where = (*path, "imageGenerationSettings", "aiRedoEnabled")
            message = f"{spoken(where)} is read, but its place is the stage itself."
            hint = 'Move it out of "imageGenerationSettings".'
            yield Problem(code="W111", message=message, pointer=to_pointer(where), hint=hint, on_key=True)


def _without_effect(number: int, stage: JsonObject) -> Iterator[Problem]:
    kind = kind_of(stage)
    useless: tuple[str, ...] = _IMAGE_ONLY if kind != "image" else ()
    useless += _AI_ONLY if kind == "input" else ()
    useless += ("outputSchema",) if kind != "json" else ()
    for key in stage:
        if key in useless:
            yield _useless(("stages", number, key), f"on {_WORDS[kind]}", "Remove it.")
    input_type = stage.get("inputType", "none")
    if "formFields" in stage and input_type != "form":
        because = f'while "inputType" is {shown(input_type)}'
        yield _useless(("stages", number, "formFields"), because, 'Write "inputType": "form" to show the form.')


def _useless(path: tuple[Part, ...], where: str, hint: str) -> Problem:
    message = f"{spoken(path)} has no effect {where}."
    return Problem(code="W411", message=message, pointer=to_pointer(path), hint=hint, on_key=True)


def _output_schema(number: int, stage: JsonObject) -> Iterator[Problem]:
    path: tuple[Part, ...] = ("stages", number, "outputSchema")
    # Several rules of the meta-schema report the same place.
    found = set(islice(schema_problems(stage.get("outputSchema", {})), 10 * MAX_SCHEMA_PROBLEMS))
    for inner in sorted(found, key=str)[:MAX_SCHEMA_PROBLEMS]:
        where = (*path, *inner)
        message = f"{spoken(where)} is not valid in a JSON Schema (draft 2020-12)."
        hint = "Types are string, number, integer, boolean, object, array and null."
        yield Problem(code="E103", message=message, pointer=to_pointer(where), hint=hint)


def _style_guidance(document: JsonObject) -> Iterator[Problem]:
    """W409 once for each place that sets it: the guidance of the defaults may be used by any stage."""
    set_by_defaults = bool(document.get("defaults", {}).get("imageGenerationSettings", {}).get(_STYLE))
    used_from_defaults = False
    for number, stage in enumerate(document["stages"]):
        if kind_of(stage) != "image":
            continue
        uses = _uses_style(document, stage)
        if stage.get("imageGenerationSettings", {}).get(_STYLE) and not uses:
            yield _unused_style(("stages", number, "imageGenerationSettings", _STYLE))
        used_from_defaults = used_from_defaults or uses
    if set_by_defaults and not used_from_defaults:
        yield _unused_style(("defaults", "imageGenerationSettings", _STYLE))


def _uses_style(document: JsonObject, stage: JsonObject) -> bool:
    settings = {key: value for key, value in settings_of(document, stage).items() if key != _STYLE}
    texts = [stage.get("promptTemplate", ""), stage.get("systemInstruction", "")]
    texts += [value for value in settings.values() if isinstance(value, str)]
    return any(_USES_STYLE.search(text) for text in texts)


def _unused_style(path: tuple[Part, ...]) -> Problem:
    return Problem(
        code="W409",
        message=f"{spoken(path)} is set, but no template uses it: it does not reach the model.",
        pointer=to_pointer(path),
        hint=f"Put {{{{config.imageGenerationSettings.{_STYLE}}}}} into the promptTemplate.",
        on_key=True,
    )
