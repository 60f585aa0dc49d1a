"""Where the placeholders of one stage find their values: outputs, forms, settings, constants, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

from limner._json import JsonObject, JsonValue
from limner.workflow.filters import Missing, is_sentinel
from limner.workflow.model import FormField, Stage, Workflow
from limner.workflow.template import MISSING, Found, parse, render, value_of

SETTINGS: Final = ("config", "imageGenerationSettings")
TEMPLATES: Final = ("aspectRatio", "imageSize", "styleGuidanceInternal", "negativePrompt")
"""Settings that are templates themselves; they are filled in when a placeholder reads them."""

ITEM_NAMES: Final = ("item", "index", "count")
RATIO_NAMES: Final = ("aspectRatio", "imageSize")
MAX_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The element of `forEach` that a request is for. `index` counts from 1."""

    value: JsonValue
    index: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a template may know about the run; `date` is `YYYY-MM-DD`."""

    id: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The values that the templates of one stage can name; see `Values`.

    `outputs` and `inputs` belong to the active attempts, by stage id; `own_input` is the stage's own form. `reading`
    are the settings that are being filled in: one that leads back to itself has no value.
    """

    workflow: Workflow
    stage: Stage
    outputs: Mapping[str, JsonValue]
    inputs: Mapping[str, JsonObject | None]
    run: RunFacts
    own_input: JsonObject | None = None
    item: Item | None = None
    reading: tuple[str, ...] = ()

    def find(self, path: tuple[str, ...]) -> Found:
        """The value at a path. Raises `Unresolved` where a setting is a template that has no value itself."""
        if len(path) == 1 and path[0] not in ITEM_NAMES:
            # A stage or `config` is no value by itself; its parts are.
            return Found(value=MISSING)
        if path[:2] == SETTINGS and len(path) == 3 and path[2] in TEMPLATES and self.stage.image.document:
            return self._setting(path[2])
        value = self._value(path)
        return Found(value=value, may_be_sentinel=path[-1] in RATIO_NAMES or self._is_choice(path, value))

    def near(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Up to three paths that lead somewhere and differ from this one in one name."""
        depth = next((at for at in range(1, len(path) + 1) if self._value(path[:at], whole=True) is MISSING), None)
        if depth is None:
            return ()
        before, name, after = path[: depth - 1], path[depth - 1], path[depth:]
        if depth == 2 and self.workflow.has(path[0]):
            forgotten = [(path[0], part, *path[1:]) for part in ("output", "input")]
            if found := [".".join(each) for each in forgotten if self._value(each) is not MISSING]:
                return tuple(found)
        names = get_close_matches(name, [*self._names(before)], n=3)
        return tuple(".".join((*before, each, *after)) for each in names)

    def _names(self, path: tuple[str, ...]) -> Iterator[str]:
        """The names that can follow a path."""
        if not path:
            yield from (stage.id for stage in self.workflow.stages)
            yield from ("config", "self", "workflow", "run", *(ITEM_NAMES if self.item else ()))
            return
        value = self._value(path, whole=True)
        if isinstance(value, dict):
            yield from (name for name in value if isinstance(name, str))

    def _value(self, path: tuple[str, ...], *, whole: bool = False) -> JsonValue | Missing:
        """The value at a path; `whole` gives the parts of an image stage's output instead of its picture."""
        value = self._root(path[0])
        for name in path[1:]:
            value = _part(value, name)
        if len(path) == 2 and path[1] == "output" and not whole and self._makes_images(path[0]):
            return _part(value, "image")
        return value

    def _root(self, name: str) -> JsonValue | Missing:
        if self.workflow.has(name):
            return self._stage_parts(name)
        match name:
            case "config":
                return self._config()
            case "self":
                return {} if self.own_input is None else {"input": self.own_input}
            case "workflow":
                return _known(id=self.workflow.id, name=self.workflow.name, version=self.workflow.version)
            case "run":
                return _known(id=self.run.id, date=self.run.date)
        return MISSING if self.item is None else _part(_item_parts(self.item), name)

    def _config(self) -> JsonObject:
        stage = self.stage
        own = _known(
            model=stage.model, temperature=stage.temperature, imageGenerationSettings=stage.image.document or None
        )
        return {**self.workflow.config, **own}

    def _stage_parts(self, stage_id: str) -> JsonObject:
        parts: JsonObject = {}
        if stage_id in self.outputs:
            output = self.outputs[stage_id]
            is_images = self._makes_images(stage_id) and isinstance(output, dict)
            parts["output"] = _image_parts(output, self.workflow.stage(stage_id).selection) if is_images else output
        if self.inputs.get(stage_id) is not None:
            parts["input"] = self.inputs[stage_id]
        return parts

    def _makes_images(self, stage_id: str) -> bool:
        return self.workflow.has(stage_id) and self.workflow.stage(stage_id).kind == "image"

    def _setting(self, name: str) -> Found:
        """A setting that may be a template: filled in once, with the values of the same stage."""
        text = self._value((*SETTINGS, name))
        if not isinstance(text, str) or name in self.reading:
            return Found(value=MISSING if name in self.reading else text, may_be_sentinel=name in RATIO_NAMES)
        inner = replace(self, reading=(*self.reading, name))
        template = parse(text)
        if template.single is None:
            return Found(value=render(template, inner, None), may_be_sentinel=name in RATIO_NAMES)
        # A sentinel must stay one, so that the filters outside see it.
        value = value_of(template, inner)
        if is_sentinel(value) and inner.find(template.single.path).may_be_sentinel:
            return Found(value=value, may_be_sentinel=True)
        if value is MISSING or value is None:
            return Found(value=value)
        return Found(value=render(template, inner, None), may_be_sentinel=name in RATIO_NAMES)

    def _is_choice(self, path: tuple[str, ...], value: JsonValue | Missing) -> bool:
        """Whether a value was chosen in a form that offers exactly this value."""
        if not is_sentinel(value) or len(path) < 3:
            return False
        field = self._field(path)
        return field is not None and any(option.value == value for option in field.options)

    def _field(self, path: tuple[str, ...]) -> FormField | None:
        root, part, name = path[:3]
        if root == "self":
            stage = self.stage if part == "input" else None
        elif self.workflow.has(root):
            stage = self.workflow.stage(root)
        else:
            stage = None
        if stage is None or (part == "output" and stage.kind != "input") or part not in ("input", "output"):
            return None
        return next((field for field in stage.fields if field.name == name), None)


def _item_parts(item: Item) -> JsonObject:
    return {"item": item.value, "index": item.index, "count": item.count}


def _known(**values: JsonValue) -> JsonObject:
    return {name: value for name, value in values.items() if value is not None}


def _part(value: JsonValue | Missing, name: str) -> JsonValue | Missing:
    """A key of an object or an element of an array; nothing else has parts, and no attribute is ever read."""
    if isinstance(value, dict):
        return value.get(name, MISSING)
    if isinstance(value, list) and name.isascii() and name.isdigit() and len(name) <= MAX_DIGITS:
        return value[int(name)] if int(name) < len(value) else MISSING
    return MISSING


def _image_parts(output: JsonObject, selection: str) -> JsonObject:
    """The output of an image stage with the short names that templates have for its parts."""
    images = output.get("images")
    images = images if isinstance(images, list) else []
    at = 0 if selection == "all" else output.get("selectedIndex") or 0
    parts = {**output, "images": images, "text": output.get("accompanyingText")}
    if isinstance(at, int) and 0 <= at < len(images):
        parts["image"] = images[at]
        if isinstance(images[at], dict):
            parts["url"] = images[at].get("storageUrl") or images[at].get("url")
    return parts
