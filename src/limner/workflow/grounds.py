"""What a stage's result stands on: its fingerprint, and in words why it is out of date."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from limner._json import JsonObject, JsonValue
from limner.workflow.context import Sources, current_sources, scope_of
from limner.workflow.model import Stage
from limner.workflow.scope import Scope
from limner.workflow.state import RunState
from limner.workflow.template import MISSING, Placeholder, TemplateError, parse

_FIELD_WORDS = {
    "model": "the model was changed",
    "connection": "the connection was changed",
    "temperature": "the temperature was changed",
    "systemInstruction": "the system instruction was edited",
    "promptTemplate": "the prompt template was edited",
    "inputImages": "the input images were changed",
    "forEach": "`forEach` was changed",
    "outputSchema": "the output schema was changed",
    "imageGenerationSettings": "the image settings were changed",
    "aspectRatio": "another aspect ratio was chosen for the run",
}
_ITEM_ROOTS = ("item", "index", "count")


def grounds_of(state: RunState, stage: Stage, *, sources: Sources | None = None) -> JsonObject:
    """The fields, values and own input that shape the requests of a stage, each as a digest, and all of them as one.

    What a template cannot find counts as missing: it is an error when the stage runs, not here.
    """
    found = current_sources(state, stage) if sources is None else sources
    own_input = state.stages[stage.id].user_input if stage.fields else None
    scope = scope_of(state, stage, sources=found, own_input=own_input)
    fields = {name: _digest(value) for name, value in _fields(state, stage)}
    values = {placeholder: _digest(value) for placeholder, value in _values(stage, scope, state, found)}
    grounds: JsonObject = {"fields": fields, "values": values, "input": _digest(own_input)}
    return {**grounds, "fingerprint": "sha256:" + hashlib.sha256(_canonical(grounds).encode()).hexdigest()}


def differences(state: RunState, old: JsonObject, new: JsonObject) -> tuple[str, ...]:
    """In words what changed between two grounds, the most telling first."""
    if old.get("fingerprint") == new.get("fingerprint"):
        return ()
    before, now = old.get("values", {}), new.get("values", {})
    told = [_value_words(state, path) for path in now if path in before and before[path] != now[path]]
    told += [
        words for name, words in _FIELD_WORDS.items() if old.get("fields", {}).get(name) != new["fields"].get(name)
    ]
    if old.get("input") != new["input"]:
        told.append("its own form was filled in anew")
    return tuple(dict.fromkeys(told)) or ("what it is made from was changed",)


def templates_of(stage: Stage) -> Iterator[str]:
    """Every template text of a stage."""
    settings = stage.image
    for text in (
        stage.prompt_template,
        stage.system_instruction,
        stage.for_each.items if stage.for_each is not None else None,
        settings.aspect_ratio,
        settings.image_size,
        settings.negative_prompt,
        *(image.source for image in stage.input_images),
    ):
        if isinstance(text, str):
            yield text


def _fields(state: RunState, stage: Stage) -> Iterator[tuple[str, JsonValue]]:
    document = stage.document
    yield "model", state.choice.model or stage.model
    yield "connection", state.choice.connection or stage.connection
    yield "temperature", stage.temperature
    for name in ("systemInstruction", "promptTemplate", "inputImages", "forEach", "outputSchema"):
        yield name, document.get(name)
    yield "imageGenerationSettings", stage.image.document if stage.kind == "image" else None
    yield "aspectRatio", state.choice.aspect_ratio if stage.kind == "image" else None


def _values(stage: Stage, scope: Scope, state: RunState, sources: Sources) -> Iterator[tuple[str, JsonValue]]:
    for placeholder in _placeholders(stage):
        if placeholder.path[0] not in _ITEM_ROOTS:
            value = scope.find(placeholder.path).value
            yield ".".join(placeholder.path), "missing" if value is MISSING else _essence(value)
    if stage.kind == "image":
        yield from _ratios(stage, state, sources)


def _ratios(stage: Stage, state: RunState, sources: Sources) -> Iterator[tuple[str, JsonValue]]:
    """The ratio that a form before it may decide, whether or not a template names it."""
    for dependency, (attempt_id, _) in sources.items():
        output = state.attempts[attempt_id].output
        if state.stage(dependency).kind == "input" and isinstance(output, dict) and "aspectRatio" in output:
            yield f"{dependency}.output.aspectRatio", output["aspectRatio"]


def _placeholders(stage: Stage) -> Iterator[Placeholder]:
    for text in templates_of(stage):
        try:
            yield from parse(text).placeholders
        except TemplateError:
            continue


def _essence(value: JsonValue) -> JsonValue:
    """A picture is its content; everything else is itself."""
    if isinstance(value, dict):
        if "sha256" in value and "mimeType" in value:
            return value["sha256"]
        if "images" in value and "selectedIndex" in value:
            return [_essence(image) for image in value["images"]]
        return {name: _essence(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_essence(each) for each in value]
    return value


def _value_words(state: RunState, path: str) -> str:
    stage_id, _, rest = path.partition(".")
    kind, _, names = rest.partition(".")
    is_stage = state.workflow.has(stage_id)
    if is_stage and state.stage(stage_id).kind == "image" and kind == "output":
        return f"`{stage_id}`: another image was chosen"
    if is_stage and kind in ("output", "input"):
        return f"`{stage_id}.{names}` changed" if names else f"`{stage_id}` changed"
    return f"`{path}` changed"


def _digest(value: JsonValue) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()[:16]


def _canonical(value: JsonValue) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
