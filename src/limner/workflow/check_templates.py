"""What is wrong with the templates of a workflow, as far as it shows before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from limner._json import JsonObject, JsonValue
from limner.workflow.template import FilterError, Placeholder, Template, TemplateError, parse
from limner.workflow.template_shapes import RESERVED, Lost, Shape, Shapes, anything, element_of, is_image_stage

SETTING_TEMPLATES: Final = ("aspectRatio", "imageSize", "styleGuidanceInternal", "negativePrompt")
"""The image settings that are templates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: `pointer` is the JSON Pointer of the string it is about."""

    code: str
    message: str
    pointer: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A template in the file. `takes_images`: a picture can stand there. `single`: it must be one placeholder.

    `has_item`: `item`, `index` and `count` have values there, if the stage has a `forEach`. `setting` is the name of
    the image setting that it is.
    """

    pointer: str
    text: str
    takes_images: bool = False
    single: bool = False
    has_item: bool = True
    setting: str | None = None


def check(document: JsonObject) -> Iterator[Finding]:
    """Every finding about templates in a document that fits the schema, in the order of its stages."""
    seen: set[tuple[str, str]] = set()
    for number, stage in enumerate(document["stages"]):
        for finding in _check_stage(document, stage, f"/stages/{number}"):
            # A template among the defaults is checked for each stage that it serves; once said is enough.
            if (finding.pointer, finding.message) not in seen:
                seen.add((finding.pointer, finding.message))
                yield finding
    yield from _check_plain(document, _template_pointers(document))


def used_stages(stage: JsonObject) -> tuple[str, ...]:
    """The stages that a stage's templates name, in order of first use, its own id left out.

    Names that are no stage's id are given too. Templates among the workflow's `defaults` count only if they were
    merged into the stage before.
    """
    used: dict[str, None] = {}
    for spot in _spots(stage, "", stage.get("imageGenerationSettings", {}), {}):
        template = _parsed(spot.text)
        if isinstance(template, Template):
            used.update((placeholder.path[0], None) for placeholder in template.placeholders)
    return tuple(name for name in used if name not in RESERVED and name != stage.get("id"))


def _check_stage(document: JsonObject, stage: JsonObject, pointer: str) -> Iterator[Finding]:
    defaults = document.get("defaults", {}).get("imageGenerationSettings", {})
    own = stage.get("imageGenerationSettings", {})
    shapes = Shapes(document, stage, {**defaults, **own})
    item = _item(stage, shapes)
    for spot in _spots(stage, pointer, own, defaults if is_image_stage(stage) else {}):
        yield from _check_spot(spot, shapes, item if spot.has_item else None)


def _spots(stage: JsonObject, pointer: str, own: JsonObject, defaults: JsonObject) -> Iterator[Spot]:
    """Every place of a stage where a template is read; of the default settings those that the stage does not set."""
    each = stage.get("forEach")
    if isinstance(each, str):
        yield Spot(pointer=f"{pointer}/forEach", text=each, takes_images=True, single=True, has_item=False)
    elif isinstance(each, dict) and isinstance(each.get("items"), str):
        text = each["items"]
        yield Spot(pointer=f"{pointer}/forEach/items", text=text, takes_images=True, single=True, has_item=False)
    for number, image in enumerate(stage.get("inputImages", ())):
        place, text = f"{pointer}/inputImages/{number}", image
        if isinstance(image, dict):
            place, text = f"{place}/from", image["from"]
        yield Spot(pointer=place, text=text, takes_images=True, single=True)
    if "systemInstruction" in stage:
        yield Spot(pointer=f"{pointer}/systemInstruction", text=stage["systemInstruction"])
    if "promptTemplate" in stage:
        yield Spot(pointer=f"{pointer}/promptTemplate", text=stage["promptTemplate"], takes_images=True)
    for name in SETTING_TEMPLATES:
        if name in own:
            yield Spot(pointer=f"{pointer}/imageGenerationSettings/{name}", text=own[name], setting=name)
        elif name in defaults:
            yield Spot(pointer=f"/defaults/imageGenerationSettings/{name}", text=defaults[name], setting=name)


def _item(stage: JsonObject, shapes: Shapes) -> Shape | None:
    """What is known about the elements of a stage's `forEach`; `None` where it has none."""
    each = stage.get("forEach")
    if each is None:
        return None
    items = each["items"] if isinstance(each, dict) else each
    template = _parsed(items) if isinstance(items, str) else None
    if isinstance(template, Template) and template.single is not None:
        return element_of(shapes.find(template.single.path, None))
    return anything("item")


def _parsed(text: str) -> Template | TemplateError:
    try:
        return parse(text)
    except TemplateError as error:
        return error


def _check_spot(spot: Spot, shapes: Shapes, item: Shape | None) -> Iterator[Finding]:
    template = _parsed(spot.text)
    if isinstance(template, TemplateError):
        code = "E305" if isinstance(template, FilterError) else "E300"
        yield Finding(code=code, message=template.message, pointer=spot.pointer, hint=template.hint)
        return
    if spot.single and template.single is None:
        message = "This must be exactly one placeholder, such as {{stage.output.images}}, and nothing else."
        yield Finding(code="E300", message=message, pointer=spot.pointer)
    for placeholder in template.placeholders:
        found = shapes.find(placeholder.path, item)
        problem = found if isinstance(found, Lost) else _unfit(placeholder, found, spot)
        if problem is not None:
            yield _finding(problem, placeholder, spot.pointer)


def _unfit(placeholder: Placeholder, shape: Shape, spot: Spot) -> Lost | None:
    """What is wrong with a value of this shape in this place."""
    if spot.setting is not None and placeholder.path == ("config", "imageGenerationSettings", spot.setting):
        return Lost(code="E302", message=f"{spot.setting} reads itself, so it never gets a value.")
    if shape.kind == "unset" and not placeholder.has("default", "optional"):
        hint = 'Set it, or say `| optional` or `| default:"…"`.'
        return Lost(code="E302", message=f"{placeholder.name} is not set.", hint=hint)
    is_picture = shape.kind == "image" or (shape.element is not None and shape.element.kind == "image")
    if not is_picture or spot.takes_images or placeholder.has("json"):
        return None
    hint = "Pictures go into promptTemplate or inputImages."
    if placeholder.path[1:] == ("output",):
        return Lost(code="E303", message=f"{placeholder.name} is a picture, and only text can stand here.", hint=hint)
    return Lost(code="E307", message=f"{placeholder.name} is a picture, and only text can stand here.", hint=hint)


def _finding(problem: Lost, placeholder: Placeholder, pointer: str) -> Finding:
    where = f"{placeholder.text}, line {placeholder.line}, column {placeholder.column} of the template"
    hint = f"Did you mean {' or '.join(problem.near)}?" if problem.near else problem.hint
    return Finding(code=problem.code, message=f"{problem.message} ({where})", pointer=pointer, hint=hint)


def _template_pointers(document: JsonObject) -> set[str]:
    pointers = {f"/defaults/imageGenerationSettings/{name}" for name in SETTING_TEMPLATES}
    for number, stage in enumerate(document["stages"]):
        spots = _spots(stage, f"/stages/{number}", stage.get("imageGenerationSettings", {}), {})
        pointers.update(spot.pointer for spot in spots)
    return pointers


def _check_plain(document: JsonObject, templates: set[str]) -> Iterator[Finding]:
    """Placeholders in strings that nobody reads as templates."""
    open_values: list[tuple[str, JsonValue]] = [("", document)]
    while open_values:
        pointer, value = open_values.pop()
        if isinstance(value, str):
            if "{{" in value and pointer not in templates:
                message = "'{{' is plain text here: no template is read in this place."
                hint = "Placeholders work in prompts, system instructions, input images, forEach and image settings."
                yield Finding(code="W306", message=message, pointer=pointer, hint=hint)
            continue
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        # The stack gives back the last one first.
        below = [(f"{pointer}/{_escaped(str(name))}", each) for name, each in members if not str(name).startswith("x-")]
        open_values.extend(reversed(below))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
