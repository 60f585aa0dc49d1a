from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from limner._json import JsonObject
from limner.app import App
from limner.errors import InvalidRequestError
from limner.runner.workflows import WorkflowError, Workflows
from limner.workflow.operations import RedoWish
from limner.workflow.places import Choice
from loopback import PNG_1X1, Answer, Request
from runner.flows import flow, form, text_field
from runner.wired import SANDBOX, Wired, answer, environment_of, picture, stage, wired

RELAY = Choice(connection="relay")
TESTS = Path(__file__).parent.parent
PATIENCE_S = 30.0

EXAMPLE = flow(
    form(
        "image-prompt-input",
        {"name": "userPrompt", "type": "textarea", "validation": {"required": True, "minLength": 10}},
        {"name": "aspectRatio", "type": "select", "defaultValue": "16:9", "options": ["1:1", "16:9", "model_default"]},
    ),
    picture(
        "image-generation-execution",
        'Create an image based on the user\'s request: "{{image-prompt-input.output.userPrompt}}". \n\n'
        "Internal style guidance: {{config.imageGenerationSettings.styleGuidanceInternal}}\n"
        "Ensure the image adheres to the aspect ratio: {{image-prompt-input.output.aspectRatio}}.",
        after=["image-prompt-input"],
        autoRun=False,
        model="gemini-2.0-flash-preview-image-generation",
        imageGenerationSettings={
            "provider": "gemini",
            "styleGuidanceInternal": "Keep it dramatic.",
            "gemini": {"responseModalities": ["TEXT", "IMAGE"]},
            "negativePrompt": "ugly, watermark",
        },
    ),
)
ASKED = {"image-prompt-input": {"userPrompt": "A lighthouse in a storm"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workflows")


@pytest.fixture(scope="module")
def wire(folder: Path) -> Iterator[Wired]:
    with wired(folder) as made:
        yield made


def test_a_form_then_a_picture_of_what_was_typed(wire: Wired) -> None:
    flows = wire.flows
    run_id = flows.create(EXAMPLE, choice=SANDBOX)
    flows.give(run_id, ASKED, fill=True)
    ready = flows.wait(run_id)
    assert (ready["status"], ready["stages"]["image-generation-execution"]["status"]) == ("waiting", "ready")
    flows.run(run_id, "image-generation-execution")
    document = flows.wait(run_id)
    assert document["status"] == "completed"
    (image,) = document["result"]["images"]
    assert image["promptUsed"] == (
        'Create an image based on the user\'s request: "A lighthouse in a storm". \n\n'
        "Internal style guidance: Keep it dramatic.\n"
        "Ensure the image adheres to the aspect ratio: 16:9.\nAvoid: ugly, watermark."
    )
    assert image["width"] / image["height"] == pytest.approx(16 / 9, rel=0.05)


def test_a_file_with_errors_makes_no_run(wire: Wired) -> None:
    before = wire.flows.app.store.runs.list_runs()
    with pytest.raises(WorkflowError) as caught:
        wire.flows.create(flow(picture("p", "a fox", after=["nobody"])))
    assert caught.value.code == "workflow.invalid"
    assert wire.flows.app.store.runs.list_runs() == before


def test_a_wrong_form_changes_no_other(wire: Wired) -> None:
    document = flow(form("a", text_field("x")), form("b", text_field("y")), stage("s", "{{a.output.x}}", after=["a"]))
    run_id = wire.flows.create(document)
    with pytest.raises(InvalidRequestError) as caught:
        wire.flows.give(run_id, {"a": {"x": "fine"}, "b": {}})
    assert caught.value.code == "workflow.form"
    assert wire.flows.document(run_id)["stages"]["a"]["status"] == "ready"


def test_several_forms_given_at_once_are_attempts_of_their_own(wire: Wired) -> None:
    document = flow(form("a", text_field("x")), form("b", text_field("y")), stage("s", "{{a.output.x}}", after=["a"]))
    run_id = wire.flows.create(document)
    wire.flows.give(run_id, {"a": {"x": "one"}, "b": {"y": "two"}})
    stages = wire.flows.document(run_id)["stages"]
    assert [stages[name]["activeAttemptId"] for name in ("a", "b")] == ["att_1", "att_2"]


def test_a_choice_that_a_person_must_make_is_waited_for(wire: Wired) -> None:
    document = flow(
        picture("p", "some foxes", selection="manual", imageGenerationSettings={"count": 2}),
        picture("q", "on a hill", after=["p"], inputImages=[{"from": "{{p.output.image}}"}]),
    )
    run_id = wire.flows.create(document, choice=SANDBOX, unattended=True)
    waiting = wire.flows.wait(run_id)
    assert (waiting["status"], waiting["stages"]["p"]["status"]) == ("waiting", "review")
    wire.flows.select(run_id, "p", 1)
    done = wire.flows.wait(run_id)
    assert (done["status"], done["stages"]["p"]["output"]["selectedIndex"]) == ("completed", 1)


def test_another_choice_makes_what_follows_stale_until_it_is_updated(wire: Wired) -> None:
    document = flow(
        picture("p", "three foxes", imageGenerationSettings={"count": 2}),
        picture("q", "in the rain", after=["p"], inputImages=[{"from": "{{p.output.image}}"}]),
    )
    run_id = wire.flows.create(document, choice=SANDBOX, unattended=True, select="first")
    wire.flows.wait(run_id)
    wire.flows.select(run_id, "p", 1)
    stale = wire.flows.document(run_id)["stages"]["q"]
    assert (stale["status"], stale["staleReasons"]) == ("stale", ["`p`: another image was chosen"])
    wire.flows.update(run_id, "q")
    assert wire.flows.wait(run_id)["stages"]["q"]["status"] == "completed"


def test_a_redo_changes_the_picture_that_is_given(wire: Wired) -> None:
    run_id = wire.flows.create(flow(picture("p", "a fox to change")), choice=RELAY, unattended=True)
    wire.flows.wait(run_id)
    wire.flows.redo(run_id, "p", RedoWish(notes="in oil"), image=PNG_1X1)
    attempt = wire.flows.wait(run_id)["stages"]["p"]["attempts"][-1]
    assert (attempt["operation"], attempt["notes"]) == ("edit", "in oil")
    assert "inlineData" in wire.asked("a fox to change")[-1].document["contents"][0]["parts"][0]


def test_a_redo_that_fails_leaves_the_result_that_was_there(wire: Wired) -> None:
    run_id = wire.flows.create(flow(picture("p", "a lasting fox")), choice=SANDBOX, unattended=True)
    before = wire.flows.wait(run_id)["result"]
    wire.flows.redo(run_id, "p", RedoWish(notes="[[text-only]]"))
    after = wire.flows.wait(run_id)
    assert (after["status"], after["result"]) == ("completed", before)
    assert after["stages"]["p"]["lastAttempt"]["error"]["code"] == "no_image"


def test_an_edited_file_makes_stale_what_would_be_asked_otherwise(wire: Wired) -> None:
    run_id = wire.flows.create(flow(stage("a", "first"), stage("b", "second")), choice=SANDBOX, unattended=True)
    wire.flows.wait(run_id)
    wire.flows.use_file(run_id, flow(stage("a", "first"), stage("b", "another second")))
    stages = wire.flows.document(run_id)["stages"]
    assert [stages[name]["status"] for name in ("a", "b")] == ["completed", "stale"]


def test_a_stage_that_is_reset_can_be_run_again(wire: Wired) -> None:
    run_id = wire.flows.create(flow(stage("a", "forget me")), choice=SANDBOX, unattended=True)
    wire.flows.wait(run_id)
    wire.flows.reset(run_id, "a")
    document = wire.flows.wait(run_id)
    assert document["status"] == "completed"  # nobody watches it: it starts again by itself
    assert len(document["stages"]["a"]["attempts"]) == 2


def test_a_second_run_that_takes_what_there_is_pays_nothing(wire: Wired) -> None:
    document = flow(stage("s", "words to reuse"), picture("p", "{{s.output}}", after=["s"]))
    first = wire.run(document, choice=RELAY)
    asked = len(wire.relay.requests)
    second = wire.run(document, choice=RELAY, reuse=True)
    assert len(wire.relay.requests) == asked
    assert second["result"] == first["result"]
    assert (second["cost"]["amount"], first["cost"]["amount"] > 0) == (0, True)
    assert wire.run(document, choice=RELAY)["run"] != first["run"]
    assert len(wire.relay.requests) == asked + 2


def test_a_stage_that_always_runs_starts_again_when_all_is_quiet(wire: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.runner.workflows.QUIET_S", 0.05)
    document = flow(form("a", text_field("x")), stage("s", "say {{a.output.x}}", after=["a"], autoRun="always"))
    run_id = wire.flows.create(document, choice=SANDBOX)
    wire.flows.give(run_id, {"a": {"x": "one"}})
    wire.flows.wait(run_id)
    wire.flows.give(run_id, {"a": {"x": "two"}})
    found = wire.flows.wait(run_id)["stages"]["s"]
    assert (found["status"], len(found["attempts"])) == ("completed", 2)


@pytest.mark.parametrize("wait_before", [False, True])
def test_every_event_is_heard_once_to_the_last(wire: Wired, wait_before: bool) -> None:
    run_id = wire.flows.create(flow(*(stage(f"s{n}", "say it") for n in range(5))), choice=SANDBOX, unattended=True)
    if wait_before:
        wire.flows.wait(run_id)
    heard: list[int] = []
    document = wire.flows.wait(run_id, lambda event: heard.append(event["n"]))
    assert heard == list(range(1, document["events"] + 1))


def test_an_unknown_run_and_an_ambiguous_name_are_told(wire: Wired) -> None:
    with pytest.raises(InvalidRequestError, match="no run"):
        wire.flows.find("zzzz")
    with pytest.raises(InvalidRequestError, match="Several runs"):
        wire.flows.find("run_1")
    newest = wire.flows.app.store.runs.list_runs(limit=1)[0].run_id
    assert wire.flows.find(newest.removeprefix("run_")) == newest


def test_twenty_threads_read_and_change_one_run(wire: Wired) -> None:
    stages = [stage(f"s{number}", f"say {number}", aiRedoEnabled=True) for number in range(5)]
    run_id = wire.flows.create(flow(*stages), choice=SANDBOX, unattended=True)
    wire.flows.wait(run_id)

    def use(number: int) -> None:
        name = f"s{number % 5}"
        if number % 4 == 0:
            wire.flows.redo(run_id, name, RedoWish(notes=f"once more {number}"))
        elif number % 4 == 1:
            assert wire.flows.wait(run_id)["status"] == "completed"
        else:
            assert wire.flows.document(run_id)["run"] == run_id

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(use, range(60)))
    document = wire.flows.wait(run_id)
    attempts = [len(found["attempts"]) for found in document["stages"].values()]
    assert (document["status"], attempts) == ("completed", [4] * 5)
    events = wire.flows.app.store.runs.events(run_id)
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    calls = [event for event in events if event["type"] == "call.ended"]
    assert len(calls) == 20


def test_results_are_there_after_a_restart(wire: Wired, folder: Path) -> None:
    before = wire.run(flow(stage("s", "stay"), picture("p", "{{s.output}}", after=["s"])), choice=RELAY)
    wire.flows.close()
    asked = len(wire.relay.requests)
    with App(environment_of(folder)) as app, Workflows(app) as flows:
        assert flows.document(before["run"]) == before
        flows.resume(before["run"])
        assert flows.wait(before["run"]) == before
    assert len(wire.relay.requests) == asked


OTHER = """
import json, sys
from limner.app import App
from limner.runner.workflows import Workflows
from limner.workflow.places import Choice
from runner.wired import environment_of
from pathlib import Path
folder, what, argument = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with App(environment_of(folder)) as app, Workflows(app) as flows:
    if what == "give":
        flows.give(argument, {"a": {"x": "from the other side"}})
        print(flows.wait(argument)["status"], flush=True)
    else:
        document = json.loads(argument)
        print(flows.create(document, choice=Choice(connection="relay"), unattended=True), flush=True)
        flows.serve()
        sys.stdin.read()
"""


def other_process(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-B", "-c", OTHER, str(folder), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}"},
    )


def test_two_processes_work_on_one_run_and_pay_each_request_once(wire: Wired, folder: Path) -> None:
    stages = [stage(f"s{n}", f"shared link {n}.", after=[f"s{n - 1}"] if n else []) for n in range(8)]
    stages += [stage(f"t{n}", f"shared side {n}.") for n in range(8)]
    with other_process(folder, "create", json.dumps(flow(*stages))) as other:
        assert other.stdout is not None
        run_id = other.stdout.readline().strip()
        document = wire.flows.wait(run_id)
        other.communicate("")
    assert document["status"] == "completed"
    assert len(wire.asked("shared link")) == 8
    assert len(wire.asked("shared side")) == 8
    assert wire.flows.problems == ()


def test_what_another_process_does_is_seen_by_who_waits(wire: Wired, folder: Path) -> None:
    document = flow(
        form("a", text_field("x")), stage("t", "say {{a.output.x}}", after=["a"]), stage("s", "a gated side")
    )
    run_id = wire.flows.create(document, choice=RELAY, unattended=True)
    given, gate = threading.Event(), threading.Event()

    def gated(request: Request) -> Answer:
        assert b"a gated side" not in request.body or gate.wait(PATIENCE_S)
        return answer(request)

    def hear(event: JsonObject) -> None:
        if event["type"] == "input.given":
            given.set()

    wire.relay.answers[:] = [gated]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wire.flows.wait, run_id, hear)
        with other_process(folder, "give", run_id) as other:
            assert given.wait(PATIENCE_S)
            gate.set()
            told, _ = other.communicate()
        done = waiting.result()
    assert (told.strip(), done["status"]) == ("completed", "completed")
    assert done["stages"]["a"]["userInput"] == {"x": "from the other side"}
