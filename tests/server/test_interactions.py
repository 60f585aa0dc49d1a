from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from limner.server.background import BackgroundServer
from limner.server.settings import ServeSettings
from limner.web.limits import Limits
from server.asking import Asker
from server.test_files import png, upload

PATH = "/v1/interactions"
OTHER = {"x-goog-api-key": "another-key"}
SMALL = {"type": "image", "image_size": "512"}


def make(asker: Asker, wish: Any, **fields: Any) -> Any:
    """A small interaction, as the answer's document."""
    body = {"model": "sandbox-1", "input": wish, "response_format": [{"type": "text"}, SMALL], **fields}
    return asker.post(PATH, body).document


def said(interaction: Any) -> str:
    contents = [content for step in interaction["steps"] for content in step.get("content", [])]
    return "".join(content.get("text", "") for content in contents)


def test_an_interaction_is_answered_kept_and_forgotten(asker: Asker) -> None:
    made = make(asker, "a blue car")
    assert made["status"] == "completed"
    assert asker.get(f"{PATH}/{made['id']}").document == made
    assert asker.get(f"{PATH}/{made['id']}", headers=OTHER).status == 404
    assert asker.ask("DELETE", f"{PATH}/{made['id']}").document == {}
    assert asker.get(f"{PATH}/{made['id']}").status == 404


def test_a_later_interaction_continues_an_earlier_one_without_sending_it(asker: Asker) -> None:
    first = make(asker, "a blue car")
    second = make(asker, "make the car yellow", previous_interaction_id=first["id"])
    third = make(asker, "add a llama", previous_interaction_id=second["id"])
    assert (said(second), said(third)) == ("Recolored: car to yellow.", "Added: llama.")
    branch = make(asker, "make the car red", previous_interaction_id=first["id"])
    assert said(branch) == "Recolored: car to red."


def test_what_is_not_stored_cannot_be_continued(asker: Asker) -> None:
    made = make(asker, "a blue car", store=False)
    body = {"model": "sandbox-1", "input": "x", "previous_interaction_id": made["id"]}
    assert asker.post(PATH, body).error["status"] == "NOT_FOUND"


def test_pictures_come_inline_and_by_name(asker: Asker) -> None:
    data = png()
    named = {"type": "image", "uri": upload(asker, data)["uri"]}
    inline = {"type": "image", "mime_type": "image/png", "data": base64.b64encode(data).decode()}
    for content in (named, inline):
        assert said(make(asker, [{"type": "text", "text": "make it night"}, content])) == "Time: night."


def events(body: bytes) -> list[tuple[str, Any]]:
    found = []
    for block in body.decode().split("\n\n"):
        if block:
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), data.removeprefix("data: ")))
    return found


def test_events_are_named_and_end_with_a_mark(asker: Asker) -> None:
    body = {"model": "sandbox-1", "input": "a plain red background", "response_format": SMALL, "stream": True}
    answer = asker.post(PATH, body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = events(answer.body)
    assert found[-1] == ("done", "[DONE]")
    documents = [json.loads(data) for _, data in found[:-1]]
    assert [document["event_type"] for document in documents] == [name for name, _ in found[:-1]]
    assert documents[-1]["interaction"]["status"] == "completed"
    again = asker.get(
        f"{PATH}/{documents[0]['interaction']['id']}?stream=true&last_event_id={documents[3]['event_id']}"
    )
    assert events(again.body) == found[4:]


@pytest.mark.parametrize(("card", "status"), [("429:5", 429), ("503", 503), ("400", 400)])
def test_an_error_comes_before_any_event(asker: Asker, card: str, status: int) -> None:
    body = {"model": "sandbox-1", "input": f"a fox [[{card}]]", "stream": True}
    assert asker.post(PATH, body).error["code"] == status


def test_events_end_in_the_middle_of_a_picture_where_a_card_says_so(asker: Asker) -> None:
    for stream in (False, True):
        with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
            make(asker, "a plain red background [[reset:0.5]]", stream=stream)


def test_an_error_that_is_called_a_success_comes_as_it_is(asker: Asker) -> None:
    assert make(asker, "a fox [[200-error]]")["error"]["code"] == 503
    ended = until_ended(asker, make(asker, "a fox [[200-error]]", background=True)["id"])
    assert (ended["status"], ended["errors"][0]["code"]) == ("failed", "UNAVAILABLE")


def test_a_lenient_server_only_warns(serve: Callable[..., Asker]) -> None:
    body = {"model": "sandbox-1", "input": "a plain red background", "response_format": SMALL, "x_extra": 1}
    answer = serve(lenient=True).post(PATH, body)
    assert answer.document["status"] == "completed"
    assert 'Unknown name "x_extra": Cannot find field.' in answer.headers["x-limner-warning"]


@pytest.mark.parametrize("said", ["blob:abc", f"blob:{'0' * 64}?size=5&as=text"])
def test_a_text_cannot_forge_a_reference(asker: Asker, said: str) -> None:
    made = make(asker, "a plain red background", system_instruction=said)
    assert (made["status"], made["system_instruction"]) == ("completed", said)


def test_a_system_instruction_that_is_too_long_is_refused_not_forgotten(asker: Asker) -> None:
    refused = make(asker, "a fox", system_instruction="x" * 100_000)
    assert refused["error"]["message"] == "A system instruction takes text of up to 64 KiB only."


def test_the_input_comes_back_for_those_who_ask_for_it(asker: Asker) -> None:
    picture = {"type": "image", "mime_type": "image/png", "data": base64.b64encode(png()).decode()}
    given = [{"type": "text", "text": "make it night"}, picture]
    made = make(asker, given)
    assert "input" not in made
    assert asker.get(f"{PATH}/{made['id']}?include_input=true").document == {**made, "input": given}


def until_ended(asker: Asker, name: str) -> Any:
    for _ in range(2_000):
        found = asker.get(f"{PATH}/{name}").document
        if found["status"] != "in_progress":
            return found
    raise AssertionError("the interaction did not end")


def test_one_in_the_background_ends_later(asker: Asker) -> None:
    begun = make(asker, "a plain red background", background=True)
    assert (begun["status"], begun["steps"]) == ("in_progress", [])
    ended = until_ended(asker, begun["id"])
    assert ended["status"] == "completed"
    failed = until_ended(asker, make(asker, "a fox [[503]]", background=True)["id"])
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", "UNAVAILABLE")


def test_the_events_of_one_in_the_background_are_told_until_it_ends(asker: Asker) -> None:
    wish = "a plain red background [[slow:0.5]]"
    body = {"model": "sandbox-1", "input": wish, "response_format": SMALL, "background": True, "stream": True}
    told = events(asker.post(PATH, body).body)
    first = json.loads(told[0][1])["interaction"]
    assert first["status"] == "in_progress"
    assert [name for name, _ in told[-2:]] == ["interaction.completed", "done"]
    assert json.loads(told[-2][1])["interaction"]["status"] == "completed"
    assert events(asker.get(f"{PATH}/{first['id']}?stream=true").body) == told
    last = json.loads(told[1][1])["event_id"]
    assert events(asker.get(f"{PATH}/{first['id']}?stream=true&last_event_id={last}").body) == told[2:]


def test_one_that_finds_too_many_waiting_fails_instead_of_running_for_ever(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=Limits(drawing=1, waiting_per_owner=1))
    begun = [make(asker, "a cat in a forest", background=True)["id"] for _ in range(8)]
    ended = [until_ended(asker, name) for name in begun]
    assert {each["status"] for each in ended} == {"completed", "failed"}
    codes = {each["errors"][0]["code"] for each in ended if each["status"] == "failed"}
    assert codes == {"RESOURCE_EXHAUSTED"}


def test_one_in_the_background_can_be_cancelled_once(asker: Asker) -> None:
    begun = make(asker, "a fox [[slow:600]]", background=True)
    assert asker.post(f"{PATH}/{begun['id']}/cancel").document["status"] == "cancelled"
    again = asker.post(f"{PATH}/{begun['id']}/cancel").error
    assert again["message"] == "The interaction is cancelled; only one in progress can be cancelled."


def test_one_that_its_server_left_behind_is_said_to_have_failed(tmp_path: Path) -> None:
    with BackgroundServer(tmp_path, ServeSettings()) as server:
        name = make(Asker(server), "a fox [[slow:600]]", background=True)["id"]
    with BackgroundServer(tmp_path, ServeSettings()) as server:
        ended = until_ended(Asker(server), name)
    assert (ended["status"], ended["errors"][0]["code"]) == ("failed", "UNAVAILABLE")


def test_an_interaction_survives_the_server(tmp_path: Path) -> None:
    with BackgroundServer(tmp_path, ServeSettings()) as server:
        first = make(Asker(server), "a blue car")
    with BackgroundServer(tmp_path, ServeSettings()) as server:
        asker = Asker(server)
        assert asker.get(f"{PATH}/{first['id']}").document == first
        assert (
            said(make(asker, "make the car yellow", previous_interaction_id=first["id"])) == "Recolored: car to yellow."
        )
