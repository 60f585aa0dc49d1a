"""The example files, and connections to check them against on a day when some models are gone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from limner.catalog.catalog import load as load_catalog
from limner.workflow.load import Loaded, load
from limner.workflow.model import Workflow
from limner.workflow.places import Place, Places

FOLDER = Path(__file__).parent / "files"
EXAMPLES = (
    "example-image",
    "logo-generator",
    "product-poster-relay",
    "illustrated-recipe",
    "storybook",
    "photo-edit",
)
TODAY = date(2026, 11, 27)


def example(name: str) -> str:
    return (FOLDER / f"{name}.workflow.json").read_text(encoding="utf-8")


def places(default: str = "google") -> Places:
    known = (
        Place(name="google"),
        Place(name="vertex", is_vertex=True, has_imagen=True),
        Place(name="vertex-without-imagen", is_vertex=True),
        Place(name="relay", relayed=True),
        Place(name="sandbox", is_sandbox=True),
    )
    return Places({place.name: place for place in known}, default, load_catalog(), TODAY)


def file(*lines: str, top: str = "") -> str:
    """A workflow whose stages are given from line 2 on; `top` are more fields of the file, in line 1."""
    return "\n".join((f'{{"id": "w", "name": "W", {top}"stages": [', *lines, "]}"))


def codes(loaded: Loaded) -> list[str]:
    return [each.code for each in loaded.diagnostics]


def workflow_of(text: str) -> Workflow:
    loaded = load(text)
    assert loaded.workflow is not None, loaded.diagnostics
    return loaded.workflow
