from __future__ import annotations

import pytest

from studio.visiting import Visited, Visitor

pytestmark = pytest.mark.slow

SLOW = {"prompt": "a slow snail [[slow:30]]", "connection": "sandbox", "ratio": "1:1", "size": "512"}


def test_what_waits_is_moved_taken_back_and_what_runs_is_broken_off(studio: Visited, visitor: Visitor) -> None:
    making = studio.studio.context.making
    making.pause(True)
    first, second, third = (making.add({**SLOW, "prompt": f"wish {number}"}) for number in (1, 2, 3))
    page = visitor.get("/queue")
    assert page.says("waiting 3 · paused")
    visitor.post(f"/queue/{third.id}/move", {"how": "first"})
    visitor.post(f"/queue/{first.id}/move", {"how": "down"})
    waiting = [wish.id for wish in studio.app.store.wishes.open()]
    assert waiting == [third.id, second.id, first.id]
    visitor.post(f"/create/{second.id}/cancel", {"back": "/queue"})
    visitor.post("/queue/pause", {"paused": "no"})
    assert studio.ended(first.id).state == "done"
    assert studio.ended(third.id).state == "done"
    assert studio.ended(second.id).state == "cancelled"
    assert visitor.get("/queue").says("Nothing is waiting")


def test_all_that_waits_is_taken_back_at_once(studio: Visited, visitor: Visitor) -> None:
    studio.studio.context.making.pause(True)
    wishes = [studio.studio.context.making.add({**SLOW, "prompt": f"later {number}"}) for number in (1, 2)]
    assert visitor.post("/queue/withdraw").says("2 taken back.")
    visitor.post("/queue/pause", {"paused": "no"})
    assert [studio.ended(wish.id).state for wish in wishes] == ["cancelled", "cancelled"]
