"""What happens next, whatever the order of events and wherever a run is cut."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner._json import JsonObject
from limner.workflow import operations
from limner.workflow.engine import start_event
from limner.workflow.status import run_status
from workflow.world import PLACES, World, form, picture, result, words, workflow_of

BRIEF = form(subject="fox", place="wood")


@st.composite
def graphs(draw: st.DrawFn) -> JsonObject:
    """A workflow of text, JSON and picture stages with random dependencies, in random file order."""
    count = draw(st.integers(1, 8))
    stages: list[JsonObject] = []
    for number in range(count):
        earlier = draw(st.lists(st.sampled_from(range(number)), unique=True, max_size=3)) if number else []
        prompt = " ".join(
            ["go", *(f"{{{{s{each}.output}}}}" for each in earlier if stages[each]["outputType"] == "text")]
        )
        kind = draw(st.sampled_from(["text", "json", "image_output"]))
        more: dict[str, Any] = {"dependencies": [f"s{each}" for each in earlier]}
        if kind == "image_output":
            more["imageGenerationSettings"] = {"count": draw(st.integers(1, 3))}
        stages.append(words(f"s{number}", prompt, kind, **more))
    return workflow_of(*draw(st.permutations(stages)))


def played(world: World, picks: list[int]) -> None:
    """Answer everything, each time the one of the open requests that `picks` says."""
    turn = 0
    while calls := world.open_calls:
        world.answer(calls[picks[turn % len(picks)] % len(calls)], {"result": world._usual(calls[0])})
        turn += 1


def asked_of(world: World) -> list[tuple[str, int, int]]:
    """Every request that was wanted, by its stage."""
    return [(world.state.attempts[attempt].stage, number, tries) for attempt, number, tries in world.asked()]


@settings(max_examples=60, deadline=None)
@given(graphs(), st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_every_stage_runs_once_and_after_its_inputs_whatever_ends_first(document: JsonObject, picks: list[int]) -> None:
    world = World(document, unattended=True)
    turn = 0
    while calls := world.open_calls:
        call = calls[picks[turn % len(picks)] % len(calls)]
        stage = world.state.stage(world.state.attempts[call[0]].stage)
        assert all(world.output(each) is not None for each in stage.dependencies)
        world.answer(call, {"result": world._usual(call)})
        turn += 1
    assert run_status(world.state) == "completed"
    assert set(Counter(attempt.stage for attempt in world.state.attempts.values()).values()) == {1}
    assert len(set(world.asked())) == len(world.asked())


@settings(max_examples=40, deadline=None)
@given(graphs(), st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(1, 200))
def test_a_run_cut_at_any_event_ends_as_it_would_have_and_pays_nothing_twice(
    document: JsonObject, picks: list[int], cut: int
) -> None:
    whole = World(document, unattended=True)
    played(whole, picks)
    kept = whole.events[: 1 + cut % len(whole.events)]
    resumed = World(events=kept)
    resumed.answer_all()
    assert run_status(resumed.state) == "completed"
    assert {stage: resumed.status(stage) for stage in resumed.state.stages} == {
        stage: whole.status(stage) for stage in whole.state.stages
    }
    assert Counter(asked_of(resumed)) == Counter(asked_of(whole))
    assert max(Counter(asked_of(resumed)).values()) == 1


@settings(max_examples=40, deadline=None)
@given(graphs(), st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_an_answer_that_is_told_twice_counts_once(document: JsonObject, picks: list[int]) -> None:
    world = World(document, unattended=True)
    turn = 0
    while calls := world.open_calls:
        call = calls[picks[turn % len(picks)] % len(calls)]
        answer = {"result": world._usual(call)}
        world.answer(call, answer)
        cost = world.state.cost_usd
        world.answer(call, answer)
        assert world.state.cost_usd == cost
        turn += 1
    assert run_status(world.state) == "completed"
    assert len(set(world.asked())) == len(world.asked())


def test_three_pictures_are_three_requests_of_one_attempt() -> None:
    world = World(workflow_of(picture("p", imageGenerationSettings={"count": 3})), unattended=True)
    assert [number for _, number, _ in world.open_calls] == [0, 1, 2]
    world.answer_all()
    assert len(world.output("p")["images"]) == 3
    assert len(world.state.attempts) == 1


def test_one_of_three_that_fails_leaves_two_pictures_and_a_warning() -> None:
    world = World(workflow_of(picture("p", imageGenerationSettings={"count": 3})), unattended=True)
    world.fail(world.open_calls[1])
    world.answer_all()
    assert world.status("p") == "completed"
    assert len(world.output("p")["images"]) == 2
    assert world.output("p")["warnings"] == ["1 of 3 requests brought nothing: nothing came"]


def test_a_stage_of_which_everything_fails_is_an_error_and_what_follows_never_starts() -> None:
    world = World(workflow_of(picture("a"), picture("b", dependencies=["a"])), unattended=True)
    world.fail(world.open_calls[0])
    assert (world.status("a"), world.status("b"), run_status(world.state)) == ("error", "idle", "failed")
    assert world.open_calls == []


def test_nothing_starts_by_itself_where_a_person_decides() -> None:
    world = World(workflow_of(BRIEF, picture("p", "{{brief.output.subject}}")))
    assert (world.status("brief"), world.status("p")) == ("ready", "idle")
    world.perform(operations.give, "brief", {}, fill=True)
    assert (world.status("brief"), world.status("p"), run_status(world.state)) == ("completed", "ready", "waiting")
    assert world.open_calls == []


def test_auto_run_starts_a_stage_once_and_not_again_when_its_input_changes() -> None:
    world = World(workflow_of(BRIEF, picture("p", "{{brief.output.subject}}", autoRun=True)))
    world.perform(operations.give, "brief", {}, fill=True)
    world.answer_all()
    world.perform(operations.give, "brief", {"subject": "owl", "place": "wood"})
    assert (world.status("p"), world.open_calls) == ("stale", [])


def test_auto_run_always_starts_a_stale_stage_again_after_a_quiet_while() -> None:
    world = World(workflow_of(BRIEF, picture("p", "{{brief.output.subject}}", autoRun="always")))
    world.perform(operations.give, "brief", {}, fill=True)
    world.answer_all()
    world.perform(operations.give, "brief", {"subject": "owl", "place": "wood"})
    assert world.open_calls == []
    world.do([], quiet=True)
    assert len(world.open_calls) == 1
    world.answer_all()
    assert world.status("p") == "completed"


def test_auto_run_does_not_start_again_after_an_error() -> None:
    world = World(workflow_of(picture("p", autoRun=True)))
    world.fail(world.open_calls[0])
    world.do([], quiet=True)
    assert (world.status("p"), world.open_calls) == ("error", [])


def test_opening_a_run_starts_nothing() -> None:
    world = World(workflow_of(picture("p")))
    opened = World(events=world.events)
    assert opened.open_calls == []
    assert len(opened.events) == len(world.events)


def test_a_budget_of_two_pictures_stops_the_third_before_it_is_sent() -> None:
    world = World(
        workflow_of(picture("p", imageGenerationSettings={"count": 3}), budget={"maxImages": 2}), unattended=True
    )
    assert len(world.open_calls) == 2
    world.answer_all()
    assert len(world.output("p")["images"]) == 2
    attempt = world.state.attempts["att_1"]
    assert attempt.calls[2].error is not None
    assert attempt.calls[2].error["code"] == "budget_exceeded"


def items(count: int, **each: Any) -> JsonObject:
    """A workflow that makes a picture of each of so many names."""
    for_each = {"items": [f"n{number}" for number in range(count)], **each}
    return workflow_of(picture("p", "draw {{item}}, {{index}} of {{count}}", forEach=for_each))


def test_for_each_keeps_to_its_concurrency_and_puts_pictures_in_the_order_of_the_items() -> None:
    world = World(items(5, concurrency=2), unattended=True)
    most = 0
    while calls := world.open_calls:
        most = max(most, len(calls))
        world.answer(calls[-1], {"result": result(f"of {calls[-1][1]}")})
    assert most == 2
    assert [image["itemIndex"] for image in world.output("p")["images"]] == [0, 1, 2, 3, 4]
    assert [item["status"] for item in world.output("p")["items"]] == ["completed"] * 5


def test_an_item_that_fails_is_told_and_retried_alone() -> None:
    world = World(items(3, onError="continue"), unattended=True)
    while calls := world.open_calls:
        if calls[0][1] == 1:
            world.fail(calls[0])
        else:
            world.answer(calls[0], {"result": result(f"of {calls[0][1]}")})
    assert world.status("p") == "completed"
    assert world.output("p")["warnings"] == ["item_failed: 2"]
    before = len(world.asked())
    world.perform(operations.run, "p", PLACES)
    assert [number for _, number, _ in world.open_calls] == [1]
    world.answer_all()
    assert len(world.asked()) == before + 1
    assert [image["itemIndex"] for image in world.output("p")["images"]] == [0, 1, 2]


def test_after_the_first_failure_nothing_new_starts_where_the_author_says_stop() -> None:
    world = World(items(4, concurrency=1, onError="stop"), unattended=True)
    world.answer(world.open_calls[0], {"result": result("first")})
    world.fail(world.open_calls[0])
    assert (world.status("p"), world.open_calls) == ("error", [])
    assert world.state.attempts["att_1"].error["code"] == "item_failed"  # type: ignore[index]
    world.perform(operations.run, "p", PLACES)
    world.answer_all()
    assert [call for call in world.asked() if call[1] == 0] == [("att_1", 0, 1)], "the finished item was paid again"
    assert len(world.output("p")["images"]) == 4


@pytest.mark.parametrize(
    ("items_given", "code"), [("{{brief.output.subject}}", "foreach_not_array"), (["x"] * 13, "foreach_too_many")]
)
def test_a_for_each_that_cannot_be_sends_nothing_and_says_why(items_given: object, code: str) -> None:
    stage = picture("p", "{{item}}", forEach={"items": items_given})
    world = World(workflow_of(BRIEF, stage), unattended=True)
    world.perform(operations.give, "brief", {}, fill=True)
    assert world.asked() == []
    assert world.state.attempts[world.state.stages["p"].last or ""].error["code"] == code  # type: ignore[index]


def test_json_that_is_none_is_asked_for_once_more_and_then_given_up() -> None:
    world = World(workflow_of(words("j", output_type="json")), unattended=True)
    world.fail(world.open_calls[0], "invalid_json")
    assert world.open_calls == [("att_1", 0, 2)]
    world.fail(world.open_calls[0], "invalid_json")
    assert (world.status("j"), world.open_calls) == ("error", [])
    assert float(world.state.cost_usd) == pytest.approx(0.02), "both tries are counted"


def test_the_second_json_is_taken() -> None:
    world = World(workflow_of(words("j", output_type="json")), unattended=True)
    world.fail(world.open_calls[0], "invalid_json")
    world.answer(world.open_calls[0], {"result": result(value={"a": 1})})
    assert world.output("j") == {"a": 1}


def test_a_call_in_doubt_is_not_repeated_by_itself() -> None:
    world = World(workflow_of(picture("p")), unattended=True)
    world.fail(world.open_calls[0], "interrupted")
    assert world.state.attempts["att_1"].outcome == "interrupted"
    resumed = World(events=world.events)
    assert (resumed.status("p"), resumed.open_calls) == ("error", [])


def test_several_candidates_wait_for_a_person_unless_a_policy_chooses() -> None:
    stages = (
        picture("logo", selection="manual", imageGenerationSettings={"count": 2}),
        picture("card", inputImages=["{{logo.output.image}}"]),
    )
    world = World(workflow_of(*stages), unattended=True)
    world.answer_all()
    assert (world.status("logo"), world.status("card"), run_status(world.state)) == ("review", "idle", "waiting")
    world.perform(operations.select, "logo", 1)
    world.answer_all()
    assert run_status(world.state) == "completed"
    chosen = World(workflow_of(*stages), unattended=True, select="2")
    chosen.answer_all()
    assert (run_status(chosen.state), chosen.state.attempts["att_1"].selected) == ("completed", 1)


def test_two_hundred_stages_in_a_row_need_no_deep_recursion() -> None:
    stages = [words("s0", "go")]
    stages += [words(f"s{number}", f"{{{{s{number - 1}.output}}}}") for number in range(1, 200)]
    world = World(workflow_of(*reversed(stages)), unattended=True)
    world.answer_all()
    assert run_status(world.state) == "completed"


def test_what_an_attempt_stands_on_is_fixed_when_it_is_queued() -> None:
    world = World(workflow_of(BRIEF, picture("p", "{{brief.output.subject}}")))
    world.perform(operations.give, "brief", {}, fill=True)
    world.do([start_event(world.state, world.state.stage("p"), PLACES)])
    world.perform(operations.give, "brief", {"subject": "owl", "place": "wood"})
    assert world.state.attempts["att_2"].sources == {"brief": ("att_1", 0)}
    world.answer_all()
    assert world.status("p") == "stale"
