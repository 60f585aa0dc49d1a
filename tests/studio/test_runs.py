from __future__ import annotations

import io
import re
import threading
import zipfile

import pytest

from limner._json import JsonObject
from studio.visiting import Reply, Visited, Visitor

pytestmark = pytest.mark.slow

TALK = {
    "id": "talk",
    "name": "A talk",
    "stages": [
        {
            "id": "about",
            "title": "About",
            "inputType": "form",
            "outputType": "json",
            "formFields": [
                {"name": "topic", "label": "Topic", "type": "text", "validation": {"required": True, "maxLength": 40}},
                {"name": "looks", "type": "multiselect", "options": ["bold", "calm"]},
            ],
        },
        {
            "id": "poster",
            "title": "Poster",
            "outputType": "image_output",
            "dependencies": ["about"],
            "promptTemplate": "A poster about {{about.output.topic}}",
            "selection": "manual",
            "aiRedoEnabled": True,
            "imageGenerationSettings": {"count": 2, "aspectRatio": "1:1", "imageSize": "512"},
        },
    ],
}


@pytest.fixture
def run(studio: Visited) -> str:
    """A run that waits for its form."""
    return studio.studio.context.working().create(TALK)


def stage(studio: Visited, run_id: str, name: str) -> JsonObject:
    document: JsonObject = studio.studio.context.workflows.document(run_id)["stages"][name]
    return document


def until(studio: Visited, visitor: Visitor, run_id: str, name: str, status: str) -> Reply:
    """The page of a run, once a stage has this status."""
    pause = threading.Event()
    for _ in range(3000):
        if stage(studio, run_id, name)["status"] == status:
            return visitor.get(f"/runs/{run_id}")
        pause.wait(0.01)
    raise AssertionError(stage(studio, run_id, name))


def test_a_form_filled_in_wrongly_comes_back_with_what_was_typed(visitor: Visitor, run: str) -> None:
    page = visitor.post(f"/runs/{run}/about", {"do": "give", "f.topic": "", "f.looks": "calm"})
    assert page.status == 422
    assert page.says("1 field needs another look")
    assert re.search(r'href="#about-topic"', page.text)
    assert re.search(r'value="calm"[^>]* checked', page.text)


def test_a_run_goes_from_its_form_to_a_chosen_picture_and_a_redo(studio: Visited, visitor: Visitor, run: str) -> None:
    visitor.post(f"/runs/{run}/about", {"do": "give", "f.topic": "Owls & <moons>", "f.looks": ["bold", "calm"]})
    page = until(studio, visitor, run, "poster", "ready")
    assert page.says("Ready to generate an image based on: “A poster about Owls & <moons>”")
    visitor.post(f"/runs/{run}/poster", {"do": "run", "seen": ""})
    page = until(studio, visitor, run, "poster", "review")
    assert page.says("choose one of 2")
    visitor.post(f"/runs/{run}/poster", {"do": "select", "index": "1"})
    page = until(studio, visitor, run, "poster", "completed")
    assert page.says("used by the next step")
    assert stage(studio, run, "poster")["output"]["selectedIndex"] == 1
    visitor.post(f"/runs/{run}/poster", {"do": "redo", "notes": "make it night", "basis": "edit", "seen": "att_2"})
    page = until(studio, visitor, run, "poster", "completed")
    assert [each["operation"] for each in stage(studio, run, "poster")["attempts"]] == ["run", "edit"]
    with zipfile.ZipFile(io.BytesIO(visitor.get(f"/runs/{run}/download").body)) as archive:
        assert any(name.endswith("poster.png") for name in archive.namelist())


def test_two_clicks_start_one_attempt(studio: Visited, visitor: Visitor, run: str) -> None:
    visitor.post(f"/runs/{run}/about", {"do": "give", "f.topic": "snails"})
    until(studio, visitor, run, "poster", "ready")
    replies = [visitor.post(f"/runs/{run}/poster", {"do": "run", "seen": ""}) for _ in range(2)]
    assert [reply.says("was started already") for reply in replies] == [False, True]
    until(studio, visitor, run, "poster", "review")
    assert sum(attempt["requests"] for attempt in stage(studio, run, "poster")["attempts"]) == 2


def test_what_cannot_be_done_is_said_and_nothing_happens(studio: Visited, visitor: Visitor, run: str) -> None:
    assert visitor.post(f"/runs/{run}/poster", {"do": "redo", "notes": "x", "seen": ""}).says("has no output yet")
    assert visitor.post(f"/runs/{run}/nothing", {"do": "give"}).status == 404
    assert visitor.get("/runs/run_none").status == 404


def test_the_list_says_which_runs_need_a_person(visitor: Visitor, run: str) -> None:
    assert f"/runs/{run}" in visitor.get("/runs?status=waiting").links("/runs/")
    assert f"/runs/{run}" not in visitor.get("/runs?status=completed").links("/runs/")
