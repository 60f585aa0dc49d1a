from __future__ import annotations

import pytest

from studio.visiting import Visited, Visitor

pytestmark = pytest.mark.slow


def test_the_trash_is_emptied_only_after_a_second_word(studio: Visited, visitor: Visitor) -> None:
    wish = studio.wished(prompt="a grey mouse")
    visitor.post(f"/i/{wish.call_ids[0]}/trash")
    assert visitor.get("/library/trash").says("1 picture.")
    asked = visitor.post("/library/trash/empty")
    assert asked.says("Erase 1 picture for good?")
    assert studio.app.store.history.count(trashed=True) == 1
    done = visitor.post("/library/trash/empty", {"sure": "yes"})
    assert done.says("1 answer erased for good")
    assert studio.app.store.wishes.find(wish.id) is None
    assert list((studio.app.store.home / "thumbs").glob("*/*.webp")) == []
    assert done.says("The trash is empty")
    assert visitor.get(f"/i/{wish.call_ids[0]}").status == 404


def test_ticked_pictures_are_taken_back(studio: Visited, visitor: Visitor) -> None:
    wish = studio.wished(prompt="a white mouse")
    visitor.post(f"/i/{wish.call_ids[0]}/trash")
    assert visitor.get(f"/i/{wish.call_ids[0]}").says("This picture is in the trash.")
    visitor.post("/library/trash/restore", {"pick": wish.call_ids[0]})
    assert f"/i/{wish.call_ids[0]}" in visitor.get("/library").links("/i/")
