"""What is known about a value before anything has run: whether it is text, a picture, or has parts and which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Literal

from limner._json import JsonObject, JsonValue

RESERVED: Final = ("config", "self", "item", "index", "count", "workflow", "run", "env", "secrets")
"""Names that no stage can have; `env` and `secrets` lead nowhere, ever."""

IMAGE_FIELDS: Final = (
    *("id", "dataUrl", "storageUrl", "url", "promptUsed", "seed", "mimeType", "width", "height", "bytes", "sha256"),
    *("alt", "parentImageId", "itemIndex", "assetId", "name"),
)
OUTPUT_FIELDS: Final = (
    *("provider", "accompanyingText", "blocks", "selectedIndex", "modelRequested", "model", "connection", "usage"),
    *("cost", "warnings", "items"),
)
SETTINGS: Final = (
    *("provider", "styleGuidanceInternal", "negativePrompt", "storeInFirebase", "storage", "aspectRatio", "imageSize"),
    *("count", "aiRedoEnabled", "gemini", "imagen"),
)
OWN_FIELDS: Final = ("model", "temperature", "imageGenerationSettings")
"""Fields of a stage that `config.` reads, before it looks into the workflow's own `config`."""

ShapeKind = Literal["any", "text", "image", "object", "list", "unset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a path leads to. `any` is not known before a run, `unset` is known to have no value.

    `what` names it for a person. `parts` are the names of an `object`, `element` is what each index of a `list` is.
    """

    kind: ShapeKind
    what: str
    parts: Mapping[str, Shape] = field(default_factory=dict)
    element: Shape | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A path that leads nowhere. `code` is that of the finding, `near` are whole paths that do lead somewhere."""

    code: str
    message: str
    near: tuple[str, ...] = ()
    hint: str | None = None


class Shapes:
    """The roots that the templates of one stage can name, and what is known about each."""

    def __init__(self, document: JsonObject, stage: JsonObject, settings: JsonObject) -> None:
        self._stages: dict[str, JsonObject] = {}
        for each in document["stages"]:
            self._stages.setdefault(each["id"], each)
        self._own_id = stage["id"]
        self._own = {
            "config": _config(document, stage, settings),
            "self": _object("the stage itself", {"input": _form(stage, "the stage itself")}),
            "workflow": _object(
                "the workflow", {name: _constant(document.get(name), f"workflow.{name}") for name in _WORKFLOW}
            ),
            "run": _object("the run", {"id": _TEXT, "date": _TEXT}),
            "index": Shape(kind="text", what="the number of the element"),
            "count": Shape(kind="text", what="the number of elements"),
        }

    def find(self, path: tuple[str, ...], item: Shape | None) -> Shape | Lost:
        """What a path leads to; `item` is the element of `forEach`, `None` where there is none."""
        root = path[0]
        if root in ("item", "index", "count") and item is None:
            return Lost(
                code="E304",
                message=f"{root} has a value only in a stage with forEach, and not in forEach.items itself.",
                hint="Give the stage a forEach, or name the stage whose output is meant.",
            )
        shape = item if root == "item" else self._own.get(root) or self._stage(root)
        if shape is None:
            return self._unknown_root(path)
        if isinstance(shape, Lost):
            return shape
        if len(path) == 1 and root in (*self._stages, "config", "self", "workflow", "run"):
            near = tuple(f"{root}.{name}" for name in list(shape.parts)[:3])
            return Lost(code="E302", message=f"{root} alone is no value.", near=near)
        return _walk(shape, path, self._stages)

    def _stage(self, stage_id: str) -> Shape | Lost | None:
        stage = self._stages.get(stage_id)
        if stage is None:
            return None
        if stage_id == self._own_id:
            message = f"Stage {stage_id!r} reads itself."
            return Lost(code="E202", message=message, hint="The stage's own form is self.input.")
        parts = {"output": _output(stage), "input": _form(stage, f"stage {stage_id!r}")}
        return _object(f"stage {stage_id!r}", parts)

    def _unknown_root(self, path: tuple[str, ...]) -> Lost:
        root = path[0]
        if root in ("env", "secrets"):
            message = f"Templates cannot read {root}: there is no way from a workflow to keys, files or variables."
            return Lost(code="E301", message=message, hint="Put constants into the workflow's config.")
        known = [name for name in (*self._stages, *RESERVED[:-2]) if name != self._own_id]
        near = tuple(".".join((name, *path[1:])) for name in get_close_matches(root, known, n=3))
        stages = ", ".join(name for name in self._stages if name != self._own_id)
        hint = f"Other stages here: {stages[:300]}." if stages else "There is no other stage in this workflow."
        return Lost(code="E301", message=f"There is no stage {root!r}.", near=near, hint=hint)


_WORKFLOW: Final = ("id", "name", "version")
_TEXT: Final = Shape(kind="text", what="a text")
_IMAGE: Final = Shape(kind="image", what="a picture", parts={name: _TEXT for name in IMAGE_FIELDS})


def element_of(shape: Shape | Lost) -> Shape:
    """What each element of an array is."""
    if isinstance(shape, Shape) and shape.kind == "list" and shape.element is not None:
        return shape.element
    return anything("item")


def anything(what: str) -> Shape:
    """A value that nobody knows before it is there."""
    return Shape(kind="any", what=what)


def _walk(shape: Shape, path: tuple[str, ...], stages: Mapping[str, JsonObject]) -> Shape | Lost:
    for depth, name in enumerate(path[1:], start=1):
        if shape.kind in ("any", "unset"):
            return shape
        if shape.kind == "text":
            message = f"{_begun(shape.what)} has no parts, so {name!r} cannot be read from it."
            return Lost(code="E303", message=message, near=(".".join(path[:depth]),))
        if shape.kind == "list":
            if not name.isdigit():
                message = f"{_begun(shape.what)}: this is a list, and {name!r} is no number of an element."
                return Lost(code="E303", message=message, near=(".".join((*path[:depth], "0", *path[depth:])),))
            shape = shape.element or anything(name)
            continue
        found = shape.parts.get(name)
        if found is None:
            return _unknown_part(shape, path, depth, path[0] in stages)
        shape = found
    return shape


def _unknown_part(shape: Shape, path: tuple[str, ...], depth: int, is_stage: bool) -> Lost:
    name = path[depth]
    names = [each for each, part in shape.parts.items() if part.kind != "unset"]
    near = [".".join((*path[:depth], each, *path[depth + 1 :])) for each in get_close_matches(name, names, n=3)]
    if is_stage and depth == 1:
        # Who forgets `output` has usually written the rest well.
        near = [
            ".".join((path[0], each, *path[1:]))
            for each in ("output", "input")
            if name in shape.parts[each].parts or (each == "output" and shape.parts[each].kind == "any")
        ] or near
    hint = f"It has: {', '.join(names)[:300]}." if names else None
    return Lost(code="E302", message=f"{_begun(shape.what)} has no {name!r}.", near=tuple(near), hint=hint)


def _begun(what: str) -> str:
    return what[:1].upper() + what[1:]


def _object(what: str, parts: Mapping[str, Shape]) -> Shape:
    return Shape(kind="object", what=what, parts=parts)


def _constant(value: JsonValue, what: str) -> Shape:
    if value is None:
        return Shape(kind="unset", what=what)
    return anything(what) if isinstance(value, dict | list) else Shape(kind="text", what=what)


def _config(document: JsonObject, stage: JsonObject, settings: JsonObject) -> Shape:
    constants = {name: _constant(value, f"config.{name}") for name, value in document.get("config", {}).items()}
    # A model that nobody names is found at run time; its name cannot be read from here.
    defaults = document.get("defaults", {})
    own = {name: _constant(stage.get(name, defaults.get(name)), f"config.{name}") for name in OWN_FIELDS[:2]}
    merged = {**own, **constants, **{name: shape for name, shape in own.items() if shape.kind != "unset"}}
    if settings or "imageGenerationSettings" not in constants:
        known = {name: None for name in SETTINGS} | settings
        parts = {name: _constant(value, f"config.imageGenerationSettings.{name}") for name, value in known.items()}
        merged["imageGenerationSettings"] = _object("the stage's imageGenerationSettings", parts)
    return _object("config", merged)


def form_fields(stage: JsonObject) -> Iterator[tuple[str, str]]:
    """Name and type of the fields that a stage shows, those that its `inputType` stands for among them."""
    kind = stage.get("inputType", "none")
    if kind == "form":
        yield from ((each["name"], each["type"]) for each in stage.get("formFields", ()))
    elif kind in ("text", "context"):
        yield "text", "textarea"
    elif kind == "image":
        yield "image", "image"


def _form(stage: JsonObject, whose: str) -> Shape:
    return _object(f"the form of {whose}", {name: _field(name, kind) for name, kind in form_fields(stage)})


def _field(name: str, kind: str) -> Shape:
    what = f"the form field {name!r}"
    if kind == "image":
        return Shape(kind="image", what=what, parts=_IMAGE.parts)
    if kind == "images":
        return Shape(kind="list", what=what, element=_IMAGE)
    if kind == "multiselect":
        return Shape(kind="list", what=what, element=_TEXT)
    return Shape(kind="text", what=what)


def asks_person(stage: JsonObject) -> bool:
    """Whether a stage only asks a person: it has a form and no prompt."""
    return "promptTemplate" not in stage and stage.get("inputType", "none") != "none" and not is_image_stage(stage)


def is_image_stage(stage: JsonObject) -> bool:
    """Whether a stage makes pictures."""
    return stage["outputType"] in ("image", "image_output")


def _output(stage: JsonObject) -> Shape:
    what = f"the output of stage {stage['id']!r}"
    if is_image_stage(stage):
        return _image_output(what)
    if asks_person(stage):
        if stage["outputType"] == "text" and stage.get("inputType") != "form":
            return Shape(kind="text", what=what)
        return _object(what, _form(stage, "").parts)
    one = Shape(kind="text", what=what) if stage["outputType"] == "text" else anything(what)
    return Shape(kind="list", what=what, element=one) if "forEach" in stage else one


def _image_output(what: str) -> Shape:
    parts = {
        "image": _IMAGE,
        "images": Shape(kind="list", what="the pictures", element=_IMAGE),
        "text": _TEXT,
        "url": _TEXT,
        **{name: anything(name) for name in OUTPUT_FIELDS},
        "accompanyingText": _TEXT,
    }
    return Shape(kind="image", what=what, parts=parts)
