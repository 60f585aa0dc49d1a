"""What a person does to a run: forms, redo by the table of the format, choosing, cancelling, bringing up to date."""

from __future__ import annotations

from typing import Any

import pytest

from limner._json import JsonObject
from limner.errors import InvalidRequestError
from limner.workflow import operations
from limner.workflow.operations import FormError, RedoWish
from workflow.world import PLACES, World, form, image_of, picture, result, words, workflow_of

BRIEF = form(subject="fox", place="wood")
PICTURE = picture("p", "a {{brief.output.subject}}")


def finished(*stages: JsonObject) -> World:
    """A run in which every stage is completed."""
    world = World(workflow_of(BRIEF, *(stages or (PICTURE,))), unattended=True)
    world.perform(operations.give, "brief", {}, fill=True)
    world.answer_all()
    return world


def redone(world: World, **wish: Any) -> Any:
    """The attempt that a redo queues."""
    world.perform(operations.redo, "p", PLACES, RedoWish(**wish))
    return world.state.attempts[f"att_{len(world.state.attempts)}"]


@pytest.mark.parametrize(
    ("wish", "operation", "has_basis"),
    [
        ({}, "retry", False),
        ({"notes": "  rounder  "}, "edit", True),
        ({"notes": "rounder", "new": True}, "refine", False),
        ({"style": "Sketch"}, "restyle", False),
        ({"style": "Sketch", "new": True}, "restyle", False),
        ({"notes": "rounder", "style": "Sketch"}, "edit", True),
        ({"notes": "rounder", "style": "Sketch", "new": True}, "refine", False),
        ({"style": "Sketch", "keep": True}, "edit", True),
        ({"notes": "   "}, "retry", False),
    ],
)
def test_each_row_of_the_redo_table(wish: dict[str, Any], operation: str, has_basis: bool) -> None:
    attempt = redone(finished(), **wish)
    assert (attempt.operation, attempt.basis is not None) == (operation, has_basis)
    assert attempt.parent == "att_2"


@pytest.mark.parametrize(
    ("wish", "operation"), [({"notes": "rounder"}, "refine"), ({"style": "x", "keep": True}, "restyle")]
)
def test_imagen_never_edits_here(wish: dict[str, Any], operation: str) -> None:
    stage = picture("p", model="imagen-4.0-generate-001", connection="vertex")
    attempt = redone(finished(stage), **wish)
    assert (attempt.operation, attempt.basis) == (operation, None)


def test_a_redo_begins_with_the_picture_that_is_displayed_or_another_one_that_is_given() -> None:
    world = finished(picture("p", dependencies=["brief"], imageGenerationSettings={"count": 2}))
    world.perform(operations.select, "p", 1)
    assert redone(world, notes="rounder").basis["sha256"] == image_of("att_2/1/0")["sha256"]
    world.answer_all()
    given = redone(world, notes="rounder", basis=image_of("mine"))
    assert given.basis == {
        key: image_of("mine")[key] for key in ("id", "sha256", "mimeType", "bytes", "width", "height")
    }


def test_a_redo_makes_what_follows_stale_until_the_first_picture_is_chosen_again() -> None:
    world = finished(PICTURE, picture("card", inputImages=["{{p.output.image}}"]))
    paid = len(world.asked())
    redone(world, notes="rounder")
    world.answer_all()
    assert (world.status("p"), world.status("card")) == ("completed", "stale")
    assert world.reasons("card") == ("`p`: another image was chosen",)
    world.perform(operations.select, "p", 0, "att_2")
    assert world.status("card") == "completed"
    assert len(world.asked()) == paid + 1


def test_a_redo_that_fails_leaves_the_old_picture_and_tells() -> None:
    world = finished()
    before = world.output("p")
    redone(world, notes="rounder")
    world.fail(world.open_calls[0])
    assert (world.status("p"), world.output("p")) == ("completed", before)


def test_cancelling_brings_the_stage_back_to_where_it_was() -> None:
    fresh = World(workflow_of(picture("p")))
    fresh.perform(operations.run, "p", PLACES)
    fresh.perform(operations.cancel, "p")
    assert (fresh.status("p"), fresh.open_calls) == ("ready", [])
    world = finished()
    redone(world)
    world.perform(operations.cancel)
    assert world.status("p") == "completed"


def test_what_arrives_after_a_cancel_is_counted_and_changes_nothing() -> None:
    world = World(workflow_of(picture("p")))
    world.perform(operations.run, "p", PLACES)
    call = world.open_calls[0]
    world.perform(operations.cancel, "p")
    world.answer(call, {"result": result("late")})
    assert (world.status("p"), float(world.state.cost_usd)) == ("ready", 0.04)


def test_the_same_text_upstream_makes_nothing_stale() -> None:
    world = finished(words("t", "say it"), picture("p", "{{t.output}}"))
    world.perform(operations.redo, "t", PLACES, RedoWish())
    world.answer_all()
    assert (world.status("t"), world.status("p")) == ("completed", "completed")


def test_another_text_upstream_makes_what_follows_stale_with_the_reason() -> None:
    world = finished(words("t", "say it"), picture("p", "{{t.output}}"), picture("q", "{{p.output.accompanyingText}}"))
    world.perform(operations.redo, "t", PLACES, RedoWish(notes="louder"))
    world.answer(world.open_calls[0], {"result": result(value="other words")})
    assert [world.status(each) for each in ("t", "p", "q")] == ["completed", "stale", "stale"]
    assert world.reasons("p") == ("`t` changed",)
    assert world.reasons("q") == ("`p` is out of date",)


def test_a_changed_form_says_which_field() -> None:
    world = finished()
    world.perform(operations.give, "brief", {"subject": "owl", "place": "wood"})
    assert world.reasons("p") == ("`brief.subject` changed",)
    world.perform(operations.give, "brief", {"subject": "fox", "place": "wood"})
    assert world.status("p") == "completed"


def test_a_field_that_no_prompt_uses_makes_nothing_stale() -> None:
    world = finished()
    world.perform(operations.give, "brief", {"subject": "fox", "place": "hill"})
    assert world.status("p") == "completed"


def test_an_edited_title_changes_nothing_and_an_edited_prompt_does() -> None:
    world = finished()
    titled = workflow_of(BRIEF, {**PICTURE, "title": "Another", "description": "d", "autoRun": True})
    world.do([{"type": "run.replaced", "workflow": titled}])
    assert (world.status("p"), world.open_calls) == ("completed", [])
    world.do(
        [
            {
                "type": "run.replaced",
                "workflow": workflow_of(BRIEF, {**PICTURE, "promptTemplate": "an {{brief.output.subject}}"}),
            }
        ]
    )
    assert (world.status("p"), world.reasons("p")) == ("stale", ("the prompt template was edited",))


def test_bringing_up_to_date_runs_the_stale_stages_in_order_and_no_other() -> None:
    world = finished(
        words("t", "about {{brief.output.subject}}"),
        picture("p", "{{t.output}}"),
        picture("q", inputImages=["{{p.output.image}}"]),
        picture("aside", "{{brief.output.place}}"),
    )
    world.perform(operations.give, "brief", {"subject": "owl", "place": "hill"})
    world.perform(operations.update, "q")
    order = []
    while calls := world.open_calls:
        order.append(world.state.attempts[calls[0][0]].stage)
        world.answer(calls[0], {"result": result("new" + calls[0][0], value="new words")})
    assert order == ["t", "p", "q"]
    assert [world.status(each) for each in ("t", "p", "q", "aside")] == ["completed", "completed", "completed", "stale"]


def test_running_on_something_that_is_out_of_date_has_to_be_asked_for() -> None:
    world = finished(PICTURE, picture("q", inputImages=["{{p.output.image}}"]))
    world.perform(operations.give, "brief", {"subject": "owl", "place": "wood"})
    with pytest.raises(InvalidRequestError) as caught:
        operations.run(world.state, "q", PLACES)
    assert caught.value.code == "workflow.stale_input"
    assert operations.run(world.state, "q", PLACES, force=True)


def test_a_reset_stage_waits_again_and_keeps_its_history() -> None:
    world = finished(PICTURE, picture("q", inputImages=["{{p.output.image}}"]))
    world.perform(operations.reset, "brief")
    assert [world.status(each) for each in ("brief", "p", "q")] == ["ready", "stale", "stale"]
    assert world.state.stages["brief"].attempts == ["att_1"]


def test_a_second_redo_waits_for_the_first_and_there_is_an_end_to_it() -> None:
    world = finished()
    for _ in range(9):
        redone(world)
    assert len(world.open_calls) == 1
    with pytest.raises(InvalidRequestError) as caught:
        redone(world)
    assert caught.value.code == "workflow.too_many"
    world.answer_all()
    assert len(world.state.stages["p"].attempts) == 10


def test_one_item_is_redone_and_the_others_are_kept() -> None:
    stage = picture("p", "draw {{item}}", dependencies=["brief"], forEach={"items": ["a", "b", "c"]})
    world = finished(stage)
    attempt = redone(world, notes="rounder", item=1)
    assert (attempt.operation, sorted(attempt.calls)) == ("edit", [0, 1, 2])
    assert [call[1] for call in world.open_calls] == [1]
    assert attempt.basis["sha256"] == image_of("att_2/1/0")["sha256"]
    world.answer_all()
    assert [image["itemIndex"] for image in world.output("p")["images"]] == [0, 1, 2]


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda world: operations.redo(world.state, "brief", PLACES, RedoWish()), "workflow.input_stage"),
        (lambda world: operations.redo(world.state, "nobody", PLACES, RedoWish()), "workflow.unknown_stage"),
        (lambda world: operations.redo(world.state, "p", PLACES, RedoWish(notes="x" * 4001)), "workflow.notes"),
        (lambda world: operations.redo(world.state, "fixed", PLACES, RedoWish()), "workflow.redo_not_enabled"),
        (lambda world: operations.redo(world.state, "each", PLACES, RedoWish()), "workflow.item"),
        (lambda world: operations.select(world.state, "p", 7), "workflow.image"),
        (lambda world: operations.select(world.state, "p", 0, "att_99"), "workflow.attempt"),
        (lambda world: operations.give(world.state, "p", {}), "workflow.no_form"),
        (lambda world: operations.give(world.state, "brief", {"subjekt": "x"}), "workflow.form"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_code(prepare: Any, code: str) -> None:
    world = finished(
        PICTURE,
        picture("fixed", aiRedoEnabled=False),
        picture("each", "{{item}}", forEach={"items": ["a", "b"]}),
    )
    with pytest.raises(InvalidRequestError) as caught:
        prepare(world)
    assert caught.value.code == code
    assert caught.value.hint


def test_nothing_can_be_redone_before_there_is_something() -> None:
    world = World(workflow_of(picture("p")))
    with pytest.raises(InvalidRequestError) as caught:
        operations.redo(world.state, "p", PLACES, RedoWish())
    assert caught.value.code == "workflow.nothing_to_redo"


def test_a_form_tells_everything_that_is_wrong_with_it_at_once() -> None:
    stage = form("brief")
    stage["formFields"] = [
        {"name": "name", "type": "text", "validation": {"required": True}},
        {"name": "pages", "type": "number", "validation": {"min": 2}},
    ]
    world = World(workflow_of(stage, picture("p")))
    with pytest.raises(FormError) as caught:
        operations.give(world.state, "brief", {"pages": 1})
    assert [(error.field, error.code) for error in caught.value.errors] == [
        ("name", "required"),
        ("pages", "too_small"),
    ]


def test_the_same_form_given_again_is_no_new_attempt() -> None:
    world = finished()
    assert operations.give(world.state, "brief", {"subject": "fox", "place": "wood"}) == []


def test_a_redo_with_the_recorded_prompt_stays_out_of_date() -> None:
    world = finished()
    world.perform(operations.give, "brief", {"subject": "owl", "place": "wood"})
    attempt = redone(world, recorded=True)
    assert attempt.sources == {"brief": ("att_1", 0)}
    world.answer_all()
    assert world.status("p") == "stale"
    redone(world)
    world.answer_all()
    assert world.status("p") == "completed"


def test_settings_for_one_redo_do_not_make_the_stage_stale() -> None:
    world = finished()
    attempt = redone(world, overrides={"count": 3, "aspectRatio": "16:9"})
    assert attempt.samples == (1, 1, 1)
    world.answer_all()
    assert world.status("p") == "completed"


def test_an_edit_makes_one_picture_however_many_the_stage_makes_unless_more_are_asked_for() -> None:
    world = finished(picture("p", dependencies=["brief"], imageGenerationSettings={"count": 4}))
    assert redone(world, notes="rounder").samples == (1,)
    assert redone(world, notes="rounder", overrides={"count": 2}).samples == (1, 1)
    assert redone(world).samples == (1, 1, 1, 1)
