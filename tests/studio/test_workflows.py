from __future__ import annotations

import json

import pytest

from limner.workflow import starters
from studio.visiting import Visited, Visitor

pytestmark = pytest.mark.slow


def test_every_starter_is_there_with_its_stages_and_its_price(visitor: Visitor) -> None:
    page = visitor.get("/workflows")
    assert {f"/workflows/{name}" for name in starters.names()} <= set(page.links("/workflows/"))
    for name in starters.names():
        overview = visitor.get(f"/workflows/{name}")
        assert (overview.status, overview.says("free")) == (200, True), name


def test_a_starter_is_started(visitor: Visitor) -> None:
    page = visitor.post("/workflows/logo/start")
    assert page.address.startswith("/runs/run_")
    assert page.says("What kind of business is it?")


def test_saving_a_starter_makes_a_copy_that_can_be_changed(visitor: Visitor) -> None:
    text = starters.text("image").replace("A picture from words", "My pictures")
    page = visitor.post("/workflows/image/file", {"text": text, "do": "save"})
    assert page.address == "/workflows/image-2/file"
    assert visitor.get("/workflows").says("My pictures")
    visitor.post("/workflows/image-2/file", {"text": text.replace("My pictures", "Ours"), "do": "save"})
    assert visitor.get("/workflows").says("Ours")


def test_mistakes_are_told_with_their_lines_and_saved_all_the_same(visitor: Visitor) -> None:
    broken = json.dumps({"id": "x", "name": "X", "stages": [{"id": "a"}]}, indent=1)
    visitor.post("/workflows/logo/duplicate")
    page = visitor.post("/workflows/logo-2/check", {"text": broken})
    assert page.says("line 5")
    saved = visitor.post("/workflows/logo-2/file", {"text": broken, "do": "save"})
    assert saved.says("Saved, with")
    assert visitor.get("/workflows/logo-2").says("Fix")
    for text in ("", "{", "null", "[]", "\0", '{"a": 1} // comment'):
        assert visitor.post("/workflows/logo-2/file", {"text": text, "do": "format"}).status == 200


def test_a_file_of_ones_own_is_put_on_the_shelf(studio: Visited, visitor: Visitor) -> None:
    data = starters.text("logo").replace('"name": "Logo"', '"name": "<b>Mine</b>"').encode()
    page = visitor.post("/workflows", {}, [("file", "My Logo.workflow.json", data)])
    assert page.address == "/workflows/my-logo"
    assert "<b>Mine</b>" not in page.text
    assert visitor.get("/workflows/my-logo/download").body == data
    assert (studio.app.store.home / "workflows" / "my-logo.workflow.json").read_bytes() == data


def test_names_lead_nowhere_else(visitor: Visitor) -> None:
    for name in ("..", "%2e%2e%2fconfig", "no-such", "A%20B", "x" * 99):
        assert visitor.get(f"/workflows/{name}").status == 404
