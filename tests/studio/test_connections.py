from __future__ import annotations

import pytest

from studio.visiting import Visited, Visitor

pytestmark = pytest.mark.slow

KEY = "sk-secret-0123456789abcdef"


def test_a_connection_is_added_used_and_removed_and_its_key_never_shown(studio: Visited, visitor: Visitor) -> None:
    fields = {"name": "work", "preset": "new-api", "base_url": "https://gateway.example.com", "key": KEY}
    page = visitor.post("/settings/connections", fields)
    assert page.says("Connection 'work' is there.")
    assert KEY not in page.text
    assert "work" in studio.app.settings.connections
    assert visitor.post("/settings/connections/work/default").says("work is used unless you say otherwise.")
    assert visitor.get("/create").text.count("<option selected>work</option>") == 1
    assert visitor.post("/settings/connections/work/remove").says("its stored key is forgotten")
    assert studio.app.settings.default_connection != "work"
    assert KEY not in (studio.app.settings.home / "config.toml").read_text()


def test_what_is_wrong_with_one_is_said(visitor: Visitor) -> None:
    assert visitor.post("/settings/connections", {"name": "bad name", "preset": "google"}).says("bad name")
    assert visitor.post("/settings/connections/none/test").says("no connection")


def test_the_sandbox_answers_a_test(visitor: Visitor) -> None:
    assert visitor.post("/settings/connections/sandbox/test").says("sandbox:")


def test_models_are_listed_with_their_state_and_price(visitor: Visitor) -> None:
    page = visitor.get("/settings/models")
    assert page.says("Nano Banana")
    assert page.says("gone")
