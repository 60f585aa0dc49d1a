from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from limner import _faults
from limner._json import JsonObject
from limner.core.blob import BlobRef
from limner.errors import StorageError
from limner.store import disk
from limner.workflow.failure import KINDS
from limner.workflow.operations import RedoWish
from limner.workflow.places import Choice
from loopback import PNG_1X1
from runner.flows import flow, form
from runner.wired import IMAGE_MODEL, Wired, error_of, picture, stage, wired

RELAY = Choice(connection="relay")


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    with wired(tmp_path_factory.mktemp("perform")) as made:
        yield made


def failed(document: JsonObject, stage_id: str, code: str) -> JsonObject:
    error = error_of(document, stage_id)
    assert error["code"] == code, error
    assert error["message"]
    assert error["hint"]
    assert error["retryable"] is KINDS[code].retryable
    return error


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("text-only", "no_image"),
        ("empty", "no_image"),
        ("draft-only", "no_image"),
        ("max-tokens", "no_image"),
        ("blocked:SAFETY", "blocked_prompt"),
        ("finish:IMAGE_SAFETY", "blocked_image"),
        ("bad-key", "auth"),
        ("403", "auth"),
        ("region", "permission"),
        ("quota-day", "quota"),
        ("429-header:0", "rate_limited"),
        ("400", "unsupported_parameter"),
        ("gone", "unsupported_parameter"),
        ("504", "timeout"),
        ("disconnect", "network"),
        ("refused-connection", "network"),
        ("500", "provider_error"),
        ("html", "provider_error"),
        ("bad-base64", "provider_error"),
    ],
)
def test_each_misfortune_of_a_picture_has_its_code(wire: Wired, card: str, code: str) -> None:
    document = wire.run(flow(picture("p", f"a fox [[{card}]]")))
    error = failed(document, "p", code)
    assert error["provider"]["outcome"]
    assert error["callId"]


def test_words_instead_of_a_picture_are_told(wire: Wired) -> None:
    error = failed(wire.run(flow(picture("p", "a red owl [[text-only]]"))), "p", "no_image")
    assert "red owl" in error["modelText"] or error["modelText"]


def test_a_blocked_prompt_says_why(wire: Wired) -> None:
    error = failed(wire.run(flow(picture("p", "a fox [[blocked:PROHIBITED_CONTENT]]"))), "p", "blocked_prompt")
    assert error["provider"]["reason"] == "PROHIBITED_CONTENT"


@pytest.mark.parametrize("out", ["text", "json"])
def test_a_stage_of_words_that_gets_none_has_failed_at_the_provider(wire: Wired, out: str) -> None:
    failed(wire.run(flow(stage("s", "say it [[empty]]", out))), "s", "provider_error")


def test_an_unknown_connection_is_named(wire: Wired) -> None:
    error = failed(wire.run(flow(picture("p", "a fox")), choice=Choice(connection="atlantis")), "p", "auth")
    assert "atlantis" in error["message"]
    assert error["cost"] == "0"


def test_a_connection_without_a_key_says_how_to_give_one(wire: Wired) -> None:
    error = failed(wire.run(flow(picture("p", "a fox")), choice=Choice(connection="keyless")), "p", "auth")
    assert "keyless" in error["message"]
    assert "limner connections" in error["hint"] or "KEY_THAT_NOBODY_SET" in error["hint"]


def test_a_hundred_items_without_a_key_fail_one_by_one(wire: Wired) -> None:
    items = {"items": list(range(100)), "maxItems": 100, "concurrency": 1, "onError": "continue"}
    document = wire.run(flow(picture("p", "a fox {{index}}", forEach=items)), choice=Choice(connection="keyless"))
    failed(document, "p", "auth")


def test_a_place_that_nobody_listens_at_is_a_network_error(wire: Wired) -> None:
    failed(wire.run(flow(picture("p", "a fox")), choice=Choice(connection="nowhere")), "p", "network")


def test_a_ratio_that_the_model_does_not_offer_is_refused_before_anything_is_sent(wire: Wired) -> None:
    settings = {"aspectRatio": "{{brief.output.ratio}}"}
    fields = {"name": "ratio", "type": "text", "defaultValue": "7:3"}
    document = flow(form("brief", fields), picture("p", "a fox", after=["brief"], imageGenerationSettings=settings))
    error = failed(wire.run(document, {"brief": {}}, choice=RELAY), "p", "unsupported_aspect_ratio")
    assert "7:3" in error["message"]
    assert error["billed"] == "no"


def test_json_in_a_code_fence_is_read(wire: Wired) -> None:
    document = wire.run(flow(stage("s", "a list [[json-fence]]", "json", outputSchema=_LINES)))
    assert document["status"] == "completed", document["stages"]["s"]["error"]
    assert isinstance(document["result"]["lines"], list)


_LINES: JsonObject = {
    "type": "object",
    "required": ["lines"],
    "properties": {"lines": {"type": "array", "items": {"type": "string"}}},
}


def test_json_that_is_broken_once_is_asked_for_again(wire: Wired) -> None:
    run_id = wire.flows.create(flow(stage("s", "one list [[json-broken:1]]", "json")), unattended=True)
    document = wire.flows.wait(run_id)
    assert document["status"] == "completed", document["stages"]["s"]["error"]
    events = wire.flows.app.store.runs.events(run_id)
    assert [event["try"] for event in events if event["type"] == "call.ended"] == [1, 2]
    assert len(document["stages"]["s"]["attempts"]) == 1


def test_json_that_is_broken_twice_fails_with_what_came(wire: Wired) -> None:
    run_id = wire.flows.create(flow(stage("s", "two lists [[json-broken]]", "json")), unattended=True)
    error = failed(wire.flows.wait(run_id), "s", "invalid_json")
    assert error["modelText"].startswith("{")
    prompts = [call.prompt for call in wire.flows.app.store.journal.list_calls(limit=2)]
    assert "The answer before was not the JSON" in prompts[0]
    assert "The answer before" not in prompts[1]


def test_json_of_another_form_than_asked_for_is_no_answer(wire: Wired) -> None:
    schema: JsonObject = {"type": "object", "required": ["lines", "title"]}
    error = failed(wire.run(flow(stage("s", "lines", "json", outputSchema=schema)), choice=RELAY), "s", "invalid_json")
    assert "title" in error["message"]


def test_a_path_that_the_answer_does_not_have_is_unresolved(wire: Wired) -> None:
    document = flow(stage("s", "any lines", "json"), picture("p", "a fox, {{s.output.nothing}}", after=["s"]))
    error = failed(wire.run(document), "p", "template_unresolved")
    assert "nothing" in error["message"]


def test_a_picture_that_is_needed_and_not_given_is_missing_input(wire: Wired) -> None:
    fields = {"name": "photo", "type": "image"}
    document = flow(
        form("brief", fields), picture("p", "a fox", after=["brief"], inputImages=[{"from": "{{brief.output.photo}}"}])
    )
    failed(wire.run(document, {"brief": {}}), "p", "missing_input")


@pytest.mark.parametrize(
    ("limit", "path", "code"), [(5, "title", "foreach_not_array"), (1, "lines", "foreach_too_many")]
)
def test_items_that_are_none_or_too_many_fail_the_stage(wire: Wired, limit: int, path: str, code: str) -> None:
    items = {"items": f"{{{{s.output.{path}}}}}", "maxItems": limit}
    document = flow(stage("s", "lines", "json"), picture("p", "a fox {{item}}", after=["s"], forEach=items))
    title = wire.run(document, choice=RELAY)
    failed(title, "p", code if path == "lines" else "template_unresolved")


def test_text_that_is_taken_for_a_list_is_none(wire: Wired) -> None:
    items = {"items": "{{s.output}}"}
    failed(
        wire.run(flow(stage("s", "lines", "json"), picture("p", "a fox", after=["s"], forEach=items)), choice=RELAY),
        "p",
        "foreach_not_array",
    )


def test_the_first_item_that_fails_can_stop_the_others(wire: Wired) -> None:
    items = {"items": ["a [[empty]]", "b", "c"], "concurrency": 1, "onError": "stop"}
    error = failed(wire.run(flow(picture("p", "a fox {{item}}", forEach=items))), "p", "item_failed")
    assert "Item 1" in error["message"]


def test_items_that_fail_leave_those_that_came_and_are_told(wire: Wired) -> None:
    items = {"items": ["a", "b [[empty]]", "c"], "onError": "continue"}
    document = wire.run(flow(picture("p", "a fox {{item}}", forEach=items)))
    output = document["result"]
    assert document["status"] == "completed"
    assert [each["status"] for each in output["items"]] == ["completed", "error", "completed"]
    assert [image["itemIndex"] for image in output["images"]] == [0, 2]
    assert "item_failed: 2" in output["warnings"]


def test_a_picture_that_is_gone_from_the_data_folder_is_missed(wire: Wired) -> None:
    document = flow(picture("p", "a fox that goes"), picture("q", "again", after=["p"], inputImages=_FROM_P))
    run_id = wire.flows.create(document, choice=Choice(connection="sandbox"))
    wire.flows.run(run_id, "p")
    image = wire.flows.wait(run_id)["stages"]["p"]["output"]["images"][0]
    wire.flows.app.store.blobs.path(BlobRef(sha256=image["sha256"], size=image["bytes"])).unlink()
    wire.flows.run(run_id, "q")
    failed(wire.flows.wait(run_id), "q", "asset_missing")


_FROM_P = [{"from": "{{p.output.image}}"}]


def test_a_disk_that_is_nearly_full_is_told_before_anything_is_sent(
    wire: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "MIN_FREE_BYTES", 1 << 60)
    error = failed(wire.run(flow(picture("p", "a fox on a full disk")), choice=RELAY), "p", "storage")
    assert error["billed"] == "no"
    assert wire.asked("a fox on a full disk") == []


def test_the_budget_of_pictures_holds(wire: Wired) -> None:
    settings = {"count": 3}
    document = flow(picture("p", "many foxes", imageGenerationSettings=settings), budget={"maxImages": 2})
    found = wire.run(document)
    assert len(found["result"]["images"]) == 2
    assert "budget" in found["result"]["warnings"][0]
    none = flow(picture("p", "one fox"), picture("q", "no fox", after=["p"]), budget={"maxImages": 1})
    failed(wire.run(none), "q", "budget_exceeded")


def test_the_budget_of_dollars_is_kept_by_the_ledger(wire: Wired) -> None:
    document = flow(
        picture("p", "a dear fox", model=IMAGE_MODEL),
        picture("q", "a second dear fox", model=IMAGE_MODEL, after=["p"]),
        budget={"maxCost": 0.07, "currency": "USD"},
    )
    found = wire.run(document, choice=RELAY)
    failed(found, "q", "budget_exceeded")
    assert found["cost"]["amount"] == pytest.approx(0.05, abs=0.02)
    assert len(wire.asked("dear fox")) == 1


def test_a_request_that_was_sent_and_has_no_answer_is_interrupted_and_not_sent_again(wire: Wired) -> None:
    run_id = wire.flows.create(flow(picture("p", "a fox in doubt")), choice=RELAY)
    with _disk_full_before_the_end():
        wire.flows.run(run_id, "p")
        error = failed(wire.flows.wait(run_id), "p", "interrupted")
    assert error["billed"] == "unknown"
    assert len(wire.asked("a fox in doubt")) == 1
    wire.flows.resume(run_id)
    assert wire.flows.wait(run_id)["status"] == "failed"
    assert len(wire.asked("a fox in doubt")) == 1
    wire.flows.run(run_id, "p")
    assert wire.flows.wait(run_id)["status"] == "completed"
    assert len(wire.asked("a fox in doubt")) == 2


@contextmanager
def _disk_full_before_the_end() -> Iterator[None]:
    def full() -> None:
        raise StorageError("The disk is full.", code="storage.full")

    _faults.arm("after-spool", full)
    try:
        yield
    finally:
        _faults.disarm()


def test_what_is_canceled_says_so(wire: Wired) -> None:
    run_id = wire.flows.create(flow(picture("p", "a slow fox [[slow:0.4]]")), choice=Choice(connection="sandbox"))
    wire.flows.run(run_id, "p")
    wire.flows.cancel(run_id)
    attempt = wire.flows.wait(run_id)["stages"]["p"]["attempts"][0]
    assert (attempt["outcome"], attempt["error"]["code"]) == ("cancelled", "cancelled")


def test_an_edit_sends_the_picture_then_the_words_and_nothing_else(wire: Wired) -> None:
    settings = {"aspectRatio": "16:9", "gemini": {"responseModalities": ["TEXT", "IMAGE"]}}
    document = flow(picture("p", "the wired fox", temperature=0.4, model=IMAGE_MODEL, imageGenerationSettings=settings))
    run_id = wire.flows.create(document, choice=RELAY)
    wire.flows.run(run_id, "p")
    wire.flows.wait(run_id)
    wire.flows.redo(run_id, "p", RedoWish(notes="make it blue"))
    found = wire.flows.wait(run_id)
    first, second = wire.asked("the wired fox")
    assert first.document["contents"][0]["parts"] == [{"text": "the wired fox"}]
    image, words = second.document["contents"][0]["parts"]
    assert base64.b64decode(image["inlineData"]["data"]) == PNG_1X1
    output = found["stages"]["p"]["output"]
    assert words == {"text": output["images"][0]["promptUsed"]}
    assert "make it blue" in words["text"]
    for request in (first, second):
        settings_sent = request.document["generationConfig"]
        assert settings_sent["responseModalities"] == ["TEXT", "IMAGE"]
        assert settings_sent["imageConfig"] == {"aspectRatio": "16:9"}
        assert settings_sent["temperature"] == 0.4
    assert found["stages"]["p"]["attempts"][1]["parentImageId"] == output["images"][0]["parentImageId"]


def test_a_retired_model_is_sent_to_a_relay_as_written(wire: Wired) -> None:
    name = "gemini-2.0-flash-preview-image-generation"
    found = wire.run(flow(picture("p", "a fox of old", model=name)), choice=RELAY, unlisted=True)
    (request,) = wire.asked("a fox of old")
    assert f"/models/{name}:" in request.target
    assert (found["result"]["modelRequested"], found["result"]["model"]) == (name, name)


def test_a_price_that_nobody_knows_must_be_allowed(wire: Wired) -> None:
    error = failed(wire.run(flow(picture("p", "a fox", model="nano-giant-9")), choice=RELAY), "p", _UNSUPPORTED)
    assert "--unlisted" in error["hint"]


_UNSUPPORTED = "unsupported_parameter"


def test_a_model_that_nobody_knows_goes_to_a_relay_as_written(wire: Wired) -> None:
    found = wire.run(flow(picture("p", "a fox of tomorrow", model="nano-giant-9")), choice=RELAY, unlisted=True)
    (request,) = wire.asked("a fox of tomorrow")
    assert "/models/nano-giant-9:" in request.target
    assert found["cost"]["unknown"] == 1
    assert found["result"]["cost"]["amount"] is None


def test_three_pictures_are_three_requests_of_one_attempt(wire: Wired) -> None:
    found = wire.run(flow(picture("p", "three foxes", imageGenerationSettings={"count": 3})), choice=RELAY)
    assert len(wire.asked("three foxes")) == 3
    (attempt,) = found["stages"]["p"]["attempts"]
    assert attempt["requests"] == 3
    assert len(found["result"]["images"]) == 3


def test_a_system_instruction_and_the_schema_of_the_answer_are_sent(wire: Wired) -> None:
    document = flow(stage("s", "lines that are sent", "json", systemInstruction="Be brief.", outputSchema=_LINES))
    assert wire.run(document, choice=RELAY)["result"] == {"lines": ["one", "two"]}
    (request,) = wire.asked("lines that are sent")
    assert request.document["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    sent = request.document["generationConfig"]
    assert sent["responseMimeType"] == "application/json"
    assert "responseModalities" not in sent or sent["responseModalities"] == ["TEXT"]


def test_a_defect_of_ours_ends_the_request_and_is_told(wire: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("limner.runner.workers.perform", broken)
    error = failed(wire.run(flow(picture("p", "a fox by zero"))), "p", "provider_error")
    assert "ZeroDivisionError" in error["message"]
    assert any("ZeroDivisionError" in problem for problem in wire.flows.problems)


def test_every_code_that_a_run_can_end_with_is_reached_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    # A run that needs a choice waits for it; only the command gives up, with this code.
    assert [code for code in KINDS if code != "selection_needed" and f'"{code}"' not in source] == []
