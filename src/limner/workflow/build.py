"""The request that an attempt makes: its words, its pictures in order, its parameters. The same each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from limner._json import JsonObject, JsonValue
from limner.workflow.context import output_at, scope_of
from limner.workflow.model import SENTINELS, Stage
from limner.workflow.places import Choice, Places, Served
from limner.workflow.scope import Item, Scope
from limner.workflow.state import Attempt, RunState
from limner.workflow.template import MISSING, Unresolved, parse, render, value_of

_NEGATIVE_MODELS = ("imagen-3.0-generate-001", "imagen-3.0-fast-generate-001", "imagegeneration")
"""Names of models that take a negative prompt as a parameter. Later ones dropped it."""


class CannotBuild(Exception):
    """A request cannot be made: `code` is one of `failure.KINDS`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `prompt` is what is sent, byte for byte; `images` are assets or pictures of outputs, in order.

    `samples` is how many pictures it is to bring, `words` whether text is wanted beside them.
    """

    kind: Literal["text", "json", "image"]
    prompt: str
    model: str
    connection: str
    served: Served
    system: str | None = None
    images: tuple[JsonObject, ...] = ()
    aspect_ratio: str | None = None
    image_size: str | None = None
    samples: int = 1
    words: bool = True
    schema: JsonObject | None = None
    temperature: float | None = None
    timeout_s: int | None = None
    parameters: tuple[tuple[str, JsonValue], ...] = field(default_factory=tuple)


def build(state: RunState, attempt: Attempt, number: int, places: Places, *, complaint: str | None = None) -> Request:
    """Request `number` (from 0) of an attempt. `complaint` is what was wrong with the JSON that came before.

    Raises `CannotBuild`, `template.Unresolved` and `template.ImageNotAllowed`.
    """
    stage = state.revisions[attempt.revision].stage(attempt.stage)
    scope = scope_of(
        state,
        stage,
        sources=attempt.sources,
        own_input=attempt.user_input,
        revision=attempt.revision,
        item=_item(state, attempt, stage, number),
    )
    choice = choice_of(state, attempt)
    served = places.served(stage, choice)
    pictures = _Pictures(list(_input_images(stage, scope)))
    filled = _filled(stage, scope, pictures, served)
    prompt = _with_redo(state, attempt, stage, pictures, filled)
    if complaint is not None:
        prompt += f"\n\nThe answer before was not the JSON that was asked for: {complaint} Answer with the JSON alone."
    is_picture = stage.kind == "image"
    return Request(
        kind="json" if stage.kind == "json" else "image" if is_picture else "text",
        prompt=pictures.roles() + prompt,
        model=served.requested,
        connection=served.connection,
        served=served,
        system=None if stage.system_instruction is None else render(parse(stage.system_instruction), scope, None),
        images=tuple(pictures.images),
        aspect_ratio=_ratio(state, attempt, stage, scope, choice) if is_picture else None,
        image_size=_size(attempt, stage, scope) if is_picture else None,
        samples=attempt.samples[number % len(attempt.samples)],
        words="TEXT" in stage.image.response_modalities,
        schema=stage.output_schema if stage.kind == "json" else None,
        temperature=None if served.model.protocol == "imagen" else stage.temperature,
        timeout_s=stage.timeout_s,
        parameters=tuple(_parameters(stage, scope, served)),
    )


def choice_of(state: RunState, attempt: Attempt) -> Choice:
    """What a person chose for an attempt: for it alone, else for the whole run."""
    return Choice(
        model=attempt.overrides.get("model") or state.choice.model,
        connection=attempt.overrides.get("connection") or state.choice.connection,
        aspect_ratio=attempt.overrides.get("aspectRatio") or state.choice.aspect_ratio,
    )


def items_of(stage: Stage, scope: Scope) -> list[JsonValue] | None:
    """The elements of `forEach`, or `None` for a stage without it. Raises `CannotBuild`, `template.Unresolved`."""
    each = stage.for_each
    if each is None:
        return None
    found = value_of(parse(each.items), scope) if isinstance(each.items, str) else list(each.items)
    if not isinstance(found, list):
        raise CannotBuild("foreach_not_array", f"{each.items} is not an array.")
    if len(found) > each.max_items:
        raise CannotBuild("foreach_too_many", f"{each.items} has {len(found)} elements; at most {each.max_items}.")
    return found


def takes_negative_prompt(served: Served) -> bool:
    """Whether the model has a parameter for what to avoid."""
    return served.id.startswith(_NEGATIVE_MODELS)


class _Pictures:
    """The pictures of a request: each once, by content, with the roles of those that have one."""

    def __init__(self, given: list[tuple[JsonObject, str | None]]) -> None:
        self.images: list[JsonObject] = []
        self._roles: dict[int, str] = {}
        for image, role in given:
            number = self.attach(image)
            if role is not None:
                self._roles.setdefault(number, role)

    def attach(self, image: JsonObject) -> int:
        """The number (from 1) of a picture; it is added unless it is there."""
        for number, known in enumerate(self.images, start=1):
            if known["sha256"] == image["sha256"]:
                return number
        self.images.append(image)
        return len(self.images)

    def roles(self) -> str:
        """A line for each picture with a role."""
        return "".join(f"Image {number}: {role}.\n" for number, role in sorted(self._roles.items()))


def _item(state: RunState, attempt: Attempt, stage: Stage, number: int) -> Item | None:
    if not attempt.is_for_each:
        return None
    scope = scope_of(state, stage, sources=attempt.sources, own_input=attempt.user_input, revision=attempt.revision)
    items = items_of(stage, scope)
    assert items is not None
    index = attempt.item_of(number)
    return Item(value=items[index], index=index + 1, count=len(items))


def _input_images(stage: Stage, scope: Scope) -> Iterator[tuple[JsonObject, str | None]]:
    for wanted in stage.input_images:
        value = _optional_value(wanted.source, scope) if wanted.optional else value_of(parse(wanted.source), scope)
        images = [each for each in (value if isinstance(value, list) else [value]) if each is not None]
        images = [each for each in images if each is not MISSING and each != ""]
        if not images and not wanted.optional:
            raise CannotBuild("missing_input", f"{wanted.source} gives no picture.")
        for image in images:
            if not (isinstance(image, dict) and "sha256" in image):
                raise CannotBuild("missing_input", f"{wanted.source} is not a picture.")
            yield image, wanted.role


def _optional_value(source: str, scope: Scope) -> JsonValue:
    try:
        return value_of(parse(source), scope)
    except Unresolved:
        return None


def _filled(stage: Stage, scope: Scope, pictures: _Pictures, served: Served) -> str:
    assert stage.prompt_template is not None
    text = render(parse(stage.prompt_template), scope, pictures.attach).replace("\r\n", "\n")
    negative = stage.image.negative_prompt if stage.kind == "image" else None
    if not negative or takes_negative_prompt(served) or _names_negative(stage.prompt_template):
        return text
    avoided = render(parse(negative), scope, None).strip()
    return f"{text}\nAvoid: {avoided}." if avoided else text


def _names_negative(template: str) -> bool:
    wanted = ("config", "imageGenerationSettings", "negativePrompt")
    return any(placeholder.path == wanted for placeholder in parse(template).placeholders)


def _with_redo(state: RunState, attempt: Attempt, stage: Stage, pictures: _Pictures, filled: str) -> str:
    """The words of a redo; the picture to change becomes the last one."""
    if stage.kind != "image":
        return _with_notes(state, attempt, filled)
    earlier = len(pictures.images)
    if attempt.basis is not None:
        number = pictures.attach(attempt.basis)
    lines = [] if attempt.style is None else [f"Style: {attempt.style}"]
    alone = attempt.operation == "edit" and attempt.prompt_mode == "notes"
    if attempt.notes is not None:
        if alone:
            lines.append(attempt.notes)
        elif attempt.basis is not None and earlier:
            lines.append(f"Refinement of image {number} (the current result): {attempt.notes}")
        else:
            lines.append(f"Refinement: {attempt.notes}")
    return "\n".join(lines if alone else [filled, *lines])


def _with_notes(state: RunState, attempt: Attempt, filled: str) -> str:
    if attempt.notes is None:
        return filled
    before = None if attempt.parent is None else output_at(state, (attempt.parent, 0))
    shown = before if isinstance(before, str) else json.dumps(before, ensure_ascii=False)
    return f"{filled}\n\nPrevious answer:\n{shown}\n\nRefinement: {attempt.notes}"


def _ratio(state: RunState, attempt: Attempt, stage: Stage, scope: Scope, choice: Choice) -> str | None:
    """The first ratio set, of the run, the stage, a form before it, Imagen's own; a sentinel ends the search."""
    settings = stage.image
    own = _setting(settings.aspect_ratio, scope)
    for found in (choice.aspect_ratio, own, *_form_ratios(state, attempt, stage), settings.imagen_aspect_ratio):
        if found in SENTINELS:
            return None
        if found:
            return found
    return None


def _form_ratios(state: RunState, attempt: Attempt, stage: Stage) -> Iterator[str]:
    for dependency in stage.dependencies:
        source = attempt.sources.get(dependency)
        if source is None or state.attempts[source[0]].operation != "input":
            continue
        output = state.attempts[source[0]].output
        if isinstance(output, dict) and isinstance(output.get("aspectRatio"), str):
            yield output["aspectRatio"]


def _size(attempt: Attempt, stage: Stage, scope: Scope) -> str | None:
    chosen = attempt.overrides.get("imageSize") or _setting(stage.image.image_size, scope)
    return None if not chosen or chosen in SENTINELS else str(chosen)


def _setting(text: str | None, scope: Scope) -> str | None:
    """The value of a setting that may be a template; one placeholder alone gives its value as it is."""
    if text is None:
        return None
    template = parse(text)
    if template.single is None:
        return render(template, scope, None)
    found = value_of(template, scope)
    return None if found is None or found is MISSING else str(found)


def _parameters(stage: Stage, scope: Scope, served: Served) -> Iterator[tuple[str, JsonValue]]:
    settings = stage.image
    if served.model.protocol == "imagen":
        if settings.person_generation is not None:
            yield "personGeneration", settings.person_generation
        if settings.imagen_seed is not None:
            yield "seed", settings.imagen_seed
        if settings.negative_prompt and takes_negative_prompt(served):
            yield "negativePrompt", render(parse(settings.negative_prompt), scope, None)
        return
    if stage.kind != "image":
        return
    if settings.thinking_level is not None:
        yield "thinkingConfig.thinkingLevel", settings.thinking_level
    if settings.google_search:
        yield "tools", [{"googleSearch": {}}]
