from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from limner._json import JsonObject
from server.flowing import (
    FILLED,
    FORM,
    IMAGE_FILE,
    OWNER,
    PHOTO_FILE,
    PICTURE,
    Owner,
    faults,
    is_completed,
    owned,
    small_file,
)


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    with owned(tmp_path_factory.mktemp("home")) as found:
        yield found
        assert faults(found) == []


@pytest.fixture(scope="module")
def done(owner: Owner) -> str:
    """A run that is complete, and that no test changes."""
    run = owner.begin()
    assert owner.heard(run, is_completed)
    return run


def changed(**stage: Any) -> JsonObject:
    """The example with other settings of its image stage."""
    document = small_file()
    document["stages"][1].update(stage)
    return document


def test_a_run_is_worked_on_as_soon_as_it_is_there(owner: Owner) -> None:
    answer = owner.own("POST", "runs", {"workflow": IMAGE_FILE, "inputs": FILLED, "unattended": True})
    document = answer.document
    assert (answer.status, document["status"]) == (201, "running")
    assert answer.headers["location"] == f"/limner/v1/runs/{document['run']}"
    assert document["stages"][FORM]["output"] == {"userPrompt": "A lighthouse in a storm", "aspectRatio": "1:1"}
    ended = owner.ended(document["run"])
    assert ended["status"] == "completed"
    assert ended["result"]["images"][0]["mimeType"] == "image/jpeg"


def test_the_document_is_never_kept_by_a_cache(owner: Owner, done: str) -> None:
    answer = owner.own("GET", f"runs/{done}")
    assert answer.headers["cache-control"] == "no-store"
    assert "x-limner-sandbox" not in answer.headers


def test_a_person_fills_in_the_form_and_starts_the_stage(owner: Owner) -> None:
    run = owner.do("runs", {"workflow": small_file()})["run"]
    waiting = owner.see(f"runs/{run}")
    assert (waiting["status"], waiting["stages"][PICTURE]["waitsFor"]) == ("waiting", [FORM])
    assert owner.refused(f"runs/{run}/stages/{PICTURE}/run")[0] == 409
    given = owner.do(f"runs/{run}/inputs", {FORM: {"userPrompt": "A quiet harbor at dawn", "aspectRatio": "16:9"}})
    assert given["stages"][PICTURE]["status"] == "ready"
    assert owner.do(f"runs/{run}/stages/{PICTURE}/run", {})["status"] == "running"
    image = owner.ended(run)["result"]["images"][0]
    assert image["width"] > image["height"]


def test_the_list_has_the_newest_first(owner: Owner, done: str) -> None:
    runs = owner.see("runs")["runs"]
    assert [each["run"] for each in runs] == sorted((each["run"] for each in runs), reverse=True)
    listed = next(each for each in runs if each["run"] == done)
    assert listed["workflow"] == {
        "id": "example-image-workflow",
        "name": "Example Workflow with Image Generation",
    }
    assert listed["status"] == "completed"
    assert len(owner.see("runs?limit=1")["runs"]) == 1
    assert owner.see("runs?workflow=another")["runs"] == []


def test_a_redo_with_notes_changes_the_picture_and_the_first_one_can_be_chosen_again(owner: Owner) -> None:
    run = owner.begin()
    first = owner.ended(run)["stages"][PICTURE]["output"]["images"][0]["id"]
    redone = owner.do(f"runs/{run}/stages/{PICTURE}/redo", {"notes": "make it night"})
    assert redone["stages"][PICTURE]["attempts"][-1]["operation"] == "edit"
    stage = owner.ended(run)["stages"][PICTURE]
    assert stage["attempts"][-1]["parentImageId"] == first
    assert stage["output"]["images"][0]["id"] != first
    attempt = stage["attempts"][0]["id"]
    chosen = owner.do(f"runs/{run}/stages/{PICTURE}/select", {"index": 0, "attempt": attempt})
    assert chosen["result"]["images"][0]["id"] == first


def test_a_redo_can_begin_with_another_picture(owner: Owner, done: str) -> None:
    image = owner.see(f"runs/{done}")["result"]["images"][0]["id"]
    run = owner.begin(inputs={FORM: {"userPrompt": "A fox in the snow"}})
    owner.ended(run)
    owner.do(f"runs/{run}/stages/{PICTURE}/redo", {"notes": "make it night", "image": {"assetId": image}})
    assert owner.ended(run)["stages"][PICTURE]["attempts"][-1]["parentImageId"] == image


def test_what_stands_on_a_changed_form_is_stale_and_can_be_brought_up_to_date(owner: Owner) -> None:
    run = owner.begin()
    owner.ended(run)
    stale = owner.do(f"runs/{run}/inputs", {FORM: {"userPrompt": "A windmill in the fog"}})
    assert stale["stages"][PICTURE]["status"] == "stale"
    assert "userPrompt" in stale["stages"][PICTURE]["staleReasons"][0]
    owner.do(f"runs/{run}/stages/{PICTURE}/update")
    assert owner.ended(run)["stages"][PICTURE]["status"] == "completed"


def test_a_stage_that_always_runs_starts_again_once_it_is_quiet(owner: Owner) -> None:
    run = owner.begin(changed(autoRun="always"))
    owner.heard(run, is_completed)
    owner.do(f"runs/{run}/inputs", {FORM: {"userPrompt": "A windmill in the fog"}})
    after = str(owner.see(f"runs/{run}")["events"])
    owner.heard(run, lambda told: told.name == "stage.output" and told.data["stage"] == PICTURE, after)
    assert len(owner.see(f"runs/{run}")["stages"][PICTURE]["attempts"]) == 2


def test_a_reset_stage_begins_again(owner: Owner) -> None:
    run = owner.begin()
    owner.ended(run)
    reset = owner.do(f"runs/{run}/stages/{PICTURE}/reset")
    assert reset["stages"][PICTURE]["output"] is None
    owner.do(f"runs/{run}/cancel")
    owner.do(f"runs/{run}/stages/{PICTURE}/cancel")
    assert owner.do(f"runs/{run}/resume")["run"] == run


def test_an_edited_file_takes_the_place_of_the_old_one(owner: Owner) -> None:
    run = owner.begin()
    owner.ended(run)
    document = owner.do(f"runs/{run}/workflow", {"workflow": changed(promptTemplate="A drawing, nothing else.")})
    assert document["stages"][PICTURE]["status"] == "stale"


def test_a_run_can_hold_its_pictures(owner: Owner, done: str) -> None:
    image = owner.see(f"runs/{done}?inline=1")["result"]["images"][0]
    head, _, text = image["dataUrl"].partition(",")
    assert head == f"data:{image['mimeType']};base64"
    assert len(base64.b64decode(text)) == image["bytes"]
    plain = owner.see(f"runs/{done}")
    assert plain["result"]["images"][0] == {**image, "dataUrl": None}


def test_text_that_looks_like_a_reference_comes_back_as_it_is(owner: Owner) -> None:
    prompt = f"blob:{'0' * 64}?size=1&as=base64"
    run = owner.do("runs", {"workflow": IMAGE_FILE, "inputs": {FORM: {"userPrompt": prompt}}})["run"]
    for query in ("", "?inline=1"):
        assert owner.see(f"runs/{run}{query}")["stages"][FORM]["output"]["userPrompt"] == prompt


def test_a_long_text_comes_whole(owner: Owner) -> None:
    prompt = "A fox. " * 20_000
    run = owner.do("runs", {"workflow": IMAGE_FILE, "inputs": {FORM: {"userPrompt": prompt}}})["run"]
    assert owner.see(f"runs/{run}")["stages"][FORM]["output"]["userPrompt"] == prompt.rstrip()


def test_what_is_wrong_with_a_file_is_said_with_its_place(owner: Owner) -> None:
    found = owner.do("workflows/validate", {"workflow": '{\n  "id": "x",\n  "name": 3\n}'})
    assert (found["valid"], found["workflow"]) == (False, None)
    assert {"code", "level", "message", "path", "line", "column", "hint"} == set(found["diagnostics"][0])
    assert 3 in [each["line"] for each in found["diagnostics"]]
    status, error = owner.refused("runs", {"workflow": {"id": "x"}})
    assert (status, error["code"]) == (400, "workflow.invalid")
    assert error["diagnostics"][0]["code"].startswith("E")


def test_strict_refuses_what_is_only_warned_of(owner: Owner) -> None:
    unknown = changed(colour="red")
    assert owner.do("workflows/validate", {"workflow": unknown})["valid"]
    assert not owner.do("workflows/validate", {"workflow": unknown, "strict": True})["valid"]


def test_a_plan_sends_nothing(owner: Owner, done: str) -> None:
    before = len(owner.see("runs")["runs"])
    plan = owner.do("workflows/plan", {"workflow": small_file(), "inputs": FILLED})
    assert [(each["id"], each["action"]) for each in plan["stages"]] == [(FORM, "keep"), (PICTURE, "free")]
    assert "A lighthouse in a storm" in plan["stages"][1]["prompt"]
    assert len(owner.see("runs")["runs"]) == before
    kept = owner.do("workflows/plan", {"workflow": small_file(), "run": done})
    assert [each["action"] for each in kept["stages"]] == ["keep", "keep"]


def test_every_wrong_field_of_a_form_is_named(owner: Owner) -> None:
    wrong = {FORM: {"userPrompt": "short", "aspectRatio": "7:1", "color": "red"}}
    run = owner.do("runs", {"workflow": IMAGE_FILE})["run"]
    for status, error in (
        owner.refused("runs", {"workflow": IMAGE_FILE, "inputs": wrong}),
        owner.refused(f"runs/{run}/inputs", wrong),
    ):
        assert (status, error["code"]) == (422, "workflow.form")
        assert {(each["stage"], each["field"], each["code"]) for each in error["fields"]} == {
            (FORM, "userPrompt", "too_short"),
            (FORM, "aspectRatio", "not_an_option"),
            (FORM, "color", "unknown_field"),
        }


def test_wrong_inputs_leave_no_run_behind(owner: Owner) -> None:
    before = owner.see("runs")["runs"]
    assert owner.refused("runs", {"workflow": IMAGE_FILE, "inputs": {FORM: {}}})[0] == 422
    assert owner.refused("runs", {"workflow": IMAGE_FILE, "inputs": {"nowhere": {}}})[0] == 404
    assert owner.see("runs")["runs"] == before


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (f"stages/{FORM}/redo", {}, 400, "workflow.input_stage"),
        (f"stages/{PICTURE}/redo", {"notes": 3}, 400, "invalid.field"),
        (f"stages/{PICTURE}/redo", {"promptMode": "half"}, 400, "invalid.field"),
        (f"stages/{PICTURE}/redo", {"nots": "x"}, 400, "invalid.field"),
        (f"stages/{PICTURE}/redo", {"overrides": {"count": 99}}, 400, "invalid.field"),
        (f"stages/{PICTURE}/redo", {"overrides": {"seed": 1}}, 400, "invalid.field"),
        (f"stages/{PICTURE}/redo", {"notes": "x", "image": "/etc/hostname"}, 400, "invalid.image"),
        (f"stages/{PICTURE}/redo", {"notes": "x", "image": {"assetId": "img_" + "0" * 16}}, 400, "invalid.image"),
        (f"stages/{PICTURE}/redo", {"notes": "x" * 5000}, 400, "workflow.notes"),
        (f"stages/{PICTURE}/select", {"index": 5}, 409, "workflow.image"),
        (f"stages/{PICTURE}/select", {"index": 0, "attempt": "att_99"}, 409, "workflow.attempt"),
        (f"stages/{PICTURE}/select", {}, 400, "invalid.field"),
        ("stages/nowhere/run", {}, 404, "workflow.unknown_stage"),
        ("stages/nowhere/cancel", {}, 404, "workflow.unknown_stage"),
        ("inputs", {PICTURE: {}}, 400, "workflow.no_form"),
        ("workflow", {"workflow": 3}, 400, "invalid.field"),
        ("cancel", {"stage": PICTURE}, 400, "invalid.field"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    owner: Owner, done: str, path: str, body: JsonObject, status: int, code: str
) -> None:
    found, error = owner.refused(f"runs/{done}/{path}", body)
    assert (found, error["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid.field"),
        ({"workflow": IMAGE_FILE, "inputs": []}, "invalid.field"),
        ({"workflow": IMAGE_FILE, "choice": {"connection": "nowhere"}}, "config.connection"),
        ({"workflow": IMAGE_FILE, "choice": {"modell": "x"}}, "invalid.field"),
        ({"workflow": IMAGE_FILE, "select": "second"}, "invalid.field"),
        ({"workflow": IMAGE_FILE, "select": True}, "invalid.field"),
        ({"workflow": IMAGE_FILE, "unattended": "yes"}, "invalid.field"),
        ({"workflow": "not JSON"}, "workflow.invalid"),
    ],
)
def test_a_run_that_cannot_be_is_not_begun(owner: Owner, body: JsonObject, code: str) -> None:
    status, error = owner.refused("runs", body)
    assert (status, error["code"]) == (400, code)


def test_redo_is_refused_where_it_makes_no_sense(owner: Owner) -> None:
    run = owner.do("runs", {"workflow": IMAGE_FILE, "inputs": FILLED})["run"]
    status, error = owner.refused(f"runs/{run}/stages/{PICTURE}/redo")
    assert (status, error["code"]) == (409, "workflow.nothing_to_redo")
    run = owner.do("runs", {"workflow": changed(aiRedoEnabled=False)})["run"]
    status, error = owner.refused(f"runs/{run}/stages/{PICTURE}/redo")
    assert (status, error["code"]) == (409, "workflow.redo_not_enabled")


@pytest.mark.parametrize("run", ["run_0000000000000000", "run_", "x", "%00", "..%2f.."])
def test_an_unknown_run_is_404(owner: Owner, run: str) -> None:
    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("POST", f"/stages/{PICTURE}/run")):
        status, error = owner.refused(f"runs/{run}{path}", method=method)
        assert status == 404
        assert error["code"] in ("workflow.unknown_run", "server.address")


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=9999999999999999999", "limit="])
def test_a_limit_is_a_number(owner: Owner, query: str) -> None:
    assert owner.refused(f"runs?{query}", method="GET")[0] == 400


def test_a_text_is_never_taken_for_a_file_of_the_server(owner: Owner) -> None:
    stolen = owner.server._app.settings.home / "secret.png"
    stolen.write_bytes(base64.b64decode(ONE_PIXEL))
    for value in (str(stolen), f"file://{stolen}", "secret.png", ["secret.png"], {"sha256": "x"}, 3):
        status, error = owner.refused("runs", {"workflow": PHOTO_FILE, "inputs": {"source": {"photo": value}}})
        assert status == 422
        assert ("source", "photo") in [(each["stage"], each["field"]) for each in error["fields"]]
    found = owner.do("workflows/validate", {"workflow": str(stolen)})
    assert found["diagnostics"][0]["code"] == "E100"


def test_an_answer_can_be_zipped(owner: Owner, done: str) -> None:
    answer = owner.own("GET", f"runs/{done}", headers={**OWNER, "Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


ONE_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
