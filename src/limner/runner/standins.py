"""Outputs that nobody knows yet, so that the prompts of a plan can be written: each says where it will come from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from limner._json import JsonObject, JsonValue
from limner.workflow.grounds import templates_of
from limner.workflow.model import FormField, Stage, Workflow
from limner.workflow.scope import ITEM_NAMES
from limner.workflow.template import Placeholder, parse

Path = tuple[str, ...]
_Tree = dict[str, "_Tree"]

_EACH = "*"
"""The name, in a tree of paths, of every element of an array; no path has it."""
_MAX_LENGTH = 100
"""Most elements of an array that stands for an unknown one: as many as `forEach` ever takes."""
_ALIASES = ("image", "images", "text", "url")
"""What a path says of the pictures of a stage, beside the keys of its output."""


def mark(path: Path) -> str:
    """The text that stands for a value which is not known yet: `‹logo.output.image›`."""
    return f"‹{'.'.join(path)}›"


def output_of(workflow: Workflow, stage: Stage, pictures: int) -> JsonValue:
    """An output for an AI stage that did not run, with something at every path that a template of the file reads.

    `pictures` is how many an image stage is expected to bring.
    """
    base = (stage.id, "output")
    tree = _tree_of(workflow, stage.id)
    if stage.kind != "image":
        return _value(tree, base)
    used = [int(name) for name in tree.get("images", {}) if name.isdigit()]
    many = max(pictures, 1, *(number + 1 for number in used if number < _MAX_LENGTH))
    images = [picture((*base, "image") if at == 0 else (*base, "images", str(at))) for at in range(many)]
    rest = {name: _value(inner, (*base, name)) for name, inner in tree.items() if name not in _ALIASES}
    return {**rest, "images": images, "selectedIndex": 0, "accompanyingText": mark((*base, "accompanyingText"))}


def values_of(stage: Stage, values: JsonObject, missing: tuple[str, ...]) -> JsonObject:
    """The values of a form with something in the fields that nobody filled in."""
    kinds = {field.name: field for field in stage.fields}
    return {name: _field_value(stage, kinds[name]) if name in missing else value for name, value in values.items()}


def picture(path: Path) -> JsonObject:
    """A picture that is not there yet; its `name` is its mark."""
    words = {name: mark((*path, name)) for name in ("promptUsed", "alt", "seed", "width", "height")}
    sha256 = hashlib.sha256(mark(path).encode()).hexdigest()
    url = mark((*path[:2], "url"))
    return {
        **words,
        "id": mark(path),
        "name": mark(path),
        "url": url,
        "sha256": sha256,
        "mimeType": "image/png",
        "bytes": 0,
    }


def without_position(workflow: Workflow, stage_id: str) -> Workflow:
    """The workflow with marks instead of `{{item}}`, `{{index}}` and `{{count}}` in the prompt of a stage.

    For a `forEach` whose elements are not known: neither is how many there are.
    """

    def changed(stage: Stage) -> Stage:
        if stage.id != stage_id:
            return stage
        return replace(
            stage, prompt_template=_marked(stage.prompt_template), system_instruction=_marked(stage.system_instruction)
        )

    return replace(workflow, stages=tuple(changed(stage) for stage in workflow.stages))


def _marked(template: str | None) -> str | None:
    if template is None:
        return None
    return "".join(_piece(piece) for piece in parse(template).pieces)


def _piece(piece: str | Placeholder) -> str:
    if isinstance(piece, str):
        return piece.replace("{{", "\\{{")
    return mark(piece.path) if piece.path[0] in ITEM_NAMES else piece.text


def _field_value(stage: Stage, field: FormField) -> JsonValue:
    path = (stage.id, "output" if stage.kind == "input" else "input", field.name)
    if field.type == "image":
        return picture(path)
    return [picture(path)] if field.type == "images" else mark(path)


def _tree_of(workflow: Workflow, stage_id: str) -> _Tree:
    """What is read of a stage's output, as nested names."""
    tree: _Tree = {}
    for stage in workflow.stages:
        paths = [placeholder.path for placeholder in _placeholders(stage)]
        for path in paths:
            if path[:2] == (stage_id, "output"):
                _grow(tree, path[2:])
        items = _items_path(stage)
        if items[:2] == (stage_id, "output"):
            _grow(tree, (*items[2:], _EACH))
            for path in paths:
                if path[0] == "item":
                    _grow(tree, (*items[2:], _EACH, *path[1:]))
    return tree


def _items_path(stage: Stage) -> Path:
    if stage.for_each is None or not isinstance(stage.for_each.items, str):
        return ()
    single = parse(stage.for_each.items).single
    return () if single is None else single.path


def _placeholders(stage: Stage) -> Iterator[Placeholder]:
    for text in (*templates_of(stage), stage.image.style_guidance or ""):
        yield from parse(text).placeholders


def _grow(tree: _Tree, path: Path) -> None:
    for name in path:
        tree = tree.setdefault(name, {})


def _value(tree: _Tree, path: Path) -> JsonValue:
    if not tree:
        return mark(path)
    numbers = [int(name) for name in tree if name.isdigit() and int(name) < _MAX_LENGTH]
    if _EACH in tree or len(numbers) == len(tree):
        return [_element(tree, path, at) for at in range(max(numbers, default=0) + 1)]
    return {name: _value(inner, (*path, name)) for name, inner in tree.items()}


def _element(tree: _Tree, path: Path, at: int) -> JsonValue:
    """An element of an array: what is read of it by its number, and what is read of every one."""
    own = _value(tree.get(str(at), {}), (*path, str(at)))
    if _EACH not in tree:
        return own
    each = _value(tree[_EACH], ("item",))
    return {**own, **each} if isinstance(own, dict) and isinstance(each, dict) else each
