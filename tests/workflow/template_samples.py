"""Values and stages that the tests of templates share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limner._json import JsonObject, JsonValue
from limner.workflow.model import FormField, ImageSettings, Option, Stage, Workflow
from limner.workflow.scope import Item, RunFacts, Scope
from limner.workflow.template import MISSING, Found, parse, render

CAT: JsonObject = {"id": "img_1", "sha256": "c1", "mimeType": "image/png", "url": "/assets/img_1", "width": 640}
DOG: JsonObject = {"id": "img_2", "sha256": "d2", "mimeType": "image/jpeg", "storageUrl": "https://x/d", "url": "/d"}
PICTURES: JsonObject = {
    "provider": "gemini",
    "images": [CAT, DOG],
    "accompanyingText": "Here they are.",
    "selectedIndex": 1,
    "items": [{"status": "completed"}],
}


class Tree:
    """Values in plain nested objects."""

    def __init__(self, tree: JsonObject, *, sentinel: bool = False) -> None:
        self._tree = tree
        self._sentinel = sentinel

    def find(self, path: tuple[str, ...]) -> Found:
        value: JsonValue = self._tree
        for name in path:
            value = value.get(name, MISSING) if isinstance(value, dict) else MISSING
        return Found(value=value, may_be_sentinel=self._sentinel)

    def near(self, path: tuple[str, ...]) -> tuple[str, ...]:
        return ("v.one", "v.two") if path[-1] == "oen" else ()


class Attached:
    """Numbers pictures as they come, each only once."""

    def __init__(self) -> None:
        self.images: list[JsonObject] = []

    def __call__(self, image: JsonObject) -> int:
        if image not in self.images:
            self.images.append(image)
        return self.images.index(image) + 1


def filled(text: str, value: JsonValue = None, *, sentinel: bool = False) -> str:
    """A template filled in, where `{{v}}` is the value."""
    return render(parse(text), Tree({"v": value}, sentinel=sentinel), Attached())


def stage(stage_id: str, kind: Any, **more: Any) -> Stage:
    types = {"text": "text", "image": "image_output"}
    return Stage(id=stage_id, title=stage_id, kind=kind, output_type=types.get(kind, "json"), **more)  # type: ignore[arg-type]  # one of the three


BRIEF = stage(
    "image-brief",
    "input",
    fields=(
        FormField(name="userPrompt", label="Prompt", type="textarea"),
        FormField(
            name="shape",
            label="Shape",
            type="select",
            options=(Option(value="1:1", label="Square"), Option(value="auto", label="Any")),
        ),
        FormField(name="mood", label="Mood", type="text"),
        FormField(name="aspectRatio", label="Aspect ratio", type="text"),
    ),
)
SKETCH = stage("sketch", "image")
WRITER = stage("writer", "text")
PLAN = stage("plan", "json")

OUTPUTS: Mapping[str, JsonValue] = {
    "image-brief": {"userPrompt": "A lighthouse", "shape": "auto", "mood": "auto", "aspectRatio": "model_default"},
    "sketch": PICTURES,
    "writer": "Once upon a time",
    "plan": {"pages": [{"text": "one", "n": 1}, {"text": "two", "n": 2}], "title": None, "0": "zero"},
}


def scope(
    settings: JsonObject | None = None,
    *,
    item: Item | None = None,
    own_input: JsonObject | None = None,
    selection: Any = "auto",
    **more: Any,
) -> Scope:
    """The values of a stage `draw` behind a form, a text, a JSON and an image stage."""
    sketch = stage("sketch", "image", selection=selection)
    draw = stage("draw", "image", image=ImageSettings(document=settings or {}), **more)
    stages = (BRIEF, sketch, WRITER, PLAN, draw)
    workflow = Workflow(
        id="demo",
        name="A demo",
        stages=stages,
        order=tuple(each.id for each in stages),
        result="draw",
        config={"artStyle": "ink", "palette": {"main": "red"}, "model": "not this one"},
    )
    return Scope(
        workflow=workflow,
        stage=draw,
        outputs=OUTPUTS,
        inputs={"image-brief": dict(OUTPUTS["image-brief"]), "sketch": None},
        own_input=own_input,
        item=item,
        run=RunFacts(id="run_1", date="2026-11-20"),
    )
