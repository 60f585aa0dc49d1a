"""Workflows for the tests of the runner: the examples, small ones made on the spot, and a program to run them with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limner._json import JsonObject, JsonValue
from limner.app import App
from limner.runner.workflows import Inputs, Workflows
from limner.workflow.load import load
from limner.workflow.model import Workflow
from limner.workflow.places import Choice

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
KEY = "AIza" + "T" * 35
SANDBOX = Choice(connection="sandbox")
FAST = Choice(connection="sandbox", model="sandbox-1-fast")


def example(name: str) -> Path:
    return EXAMPLES / f"{name}.workflow.json"


@contextmanager
def opened(folder: Path, **variables: str) -> Iterator[Workflows]:
    """The program with a data folder of its own."""
    environment = {"LIMNER_HOME": str(folder / "home"), "HOME": str(folder), **variables}
    with App.open(environment) as app, Workflows(app) as workflows:
        yield workflows


def run_of(workflows: Workflows, source: Path | JsonObject, inputs: Inputs, choice: Choice = FAST) -> JsonObject:
    """A finished run, with the first picture wherever somebody would choose."""
    run_id = workflows.create(source, choice=choice, unattended=True, select="first")
    workflows.give(run_id, inputs, fill=True)
    return workflows.wait(run_id)


def workflow_of(document: JsonObject) -> Workflow:
    import json

    loaded = load(json.dumps(document))
    assert loaded.workflow is not None, loaded.diagnostics
    return loaded.workflow


def flow(*stages: JsonObject, **more: JsonValue) -> JsonObject:
    return {"id": "w", "name": "W", "stages": list(stages), **more}


def form(stage_id: str, *fields: JsonObject) -> JsonObject:
    return {"id": stage_id, "title": stage_id, "inputType": "form", "outputType": "json", "formFields": list(fields)}


def text_field(name: str, *, required: bool = True) -> JsonObject:
    return {"name": name, "type": "text", "validation": {"required": required}}


def ask(stage_id: str, prompt: str, out: str = "image_output", **more: JsonValue) -> JsonObject:
    """An AI stage; what its templates use, it depends on."""
    return {"id": stage_id, "title": stage_id, "outputType": out, "promptTemplate": prompt, **more}
