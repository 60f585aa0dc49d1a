"""The pictures of docs/workflows.md: two of the examples, run on the sandbox with one fixed seed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import docs_pictures
from PIL import Image

from limner import Client, _clock
from limner.runner.run import WorkflowRun
from limner.runner.workflows import Inputs

EXAMPLES = Path(__file__).parent.parent / "examples"
SEED = 3
"""For every request: requests run side by side, so that seeds in turn would not fall on the same ones each time."""

SEASONS = {"place": {"seasons": ["autumn", "winter"]}}
STORY = {
    "idea": {
        "hero": "A small fox with a green scarf",
        "plot": "The small fox rests on the beach. Then it rests in the mountains. Then it rests in the city.",
        "pages": 3,
    }
}


def pictures() -> Iterator[tuple[str, Image.Image]]:
    """Every picture by its name in `docs/images/`."""
    drawn_before = _clock.new_seed
    _clock.new_seed = lambda: SEED
    try:
        with tempfile.TemporaryDirectory() as home, Client(connection="sandbox", home=home) as limner:
            seasons = _run(limner, "four-seasons", SEASONS)
            yield "workflow-seasons.jpg", docs_pictures.sheet(_shown(seasons, "view", "seasons"), columns=3)
            story = _run(limner, "storybook", STORY)
            yield "workflow-storybook.jpg", docs_pictures.sheet(_shown(story, "illustrations"), columns=3)
    finally:
        _clock.new_seed = drawn_before


def _run(limner: Client, name: str, inputs: Inputs) -> WorkflowRun:
    return limner.run_workflow(
        EXAMPLES / f"{name}.workflow.json", inputs=inputs, select="first", model="sandbox-1-fast"
    )


def _shown(run: WorkflowRun, *stages: str) -> list[Image.Image]:
    """The chosen picture of the stage before the last, where there is one, and all pictures of the last."""
    *first, last = stages
    chosen = [run.image(stage) for stage in first]
    return [docs_pictures.read_rgb(image.path) for image in [*chosen, *run.images(last)] if image is not None]
