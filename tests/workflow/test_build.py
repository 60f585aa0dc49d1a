"""The words, the pictures and the parameters of a request, row by row as the format says."""

from __future__ import annotations

from typing import Any

import pytest

from limner._json import JsonObject
from limner.workflow import operations
from limner.workflow.build import Request, build
from limner.workflow.operations import RedoWish
from limner.workflow.source import read as read_commented
from workflow.example_files import example
from workflow.world import PLACES, World, form, image_of, picture, result, words, workflow_of

FILLED = "a fox in a wood"
BRIEF = form(subject="fox", place="wood")
PROMPT = "a {{brief.output.subject}} in a {{brief.output.place}}"


def asset(name: str) -> JsonObject:
    """A picture that a person gave."""
    found = image_of(name)
    return {**found, "assetId": found["id"], "name": f"{name}.png"}


def run_of(*stages: JsonObject, **more: Any) -> World:
    """A run whose form is filled in."""
    world = World(workflow_of(BRIEF, *stages), unattended=True, **more)
    world.perform(operations.give, "brief", {}, fill=True)
    return world


def request(world: World, number: int = 0, **keywords: Any) -> Request:
    """A request of the newest attempt of an AI stage."""
    attempt = [each for each in world.state.attempts.values() if each.operation != "input"][-1]
    return build(world.state, attempt, number, PLACES, **keywords)


def redone(stage: JsonObject, **wish: Any) -> Request:
    """The request of a redo of a stage that has a picture."""
    world = run_of(stage)
    world.answer_all()
    world.perform(operations.redo, "p", PLACES, RedoWish(**wish))
    return request(world)


def test_the_first_example_has_the_prompt_that_the_format_prints() -> None:
    world = World(read_commented(example("example-image-commented")).document)
    world.perform(
        operations.give,
        "image-prompt-input",
        {"userPrompt": "A lighthouse in a storm", "aspectRatio": "model_default"},
    )
    world.perform(operations.run, "image-generation-execution", PLACES)
    made = request(world)
    assert made.prompt == (
        'Create an image based on the user\'s request: "A lighthouse in a storm". \n\n'
        "Internal style guidance: Maintain a slightly cinematic and dramatic lighting style.\n"
        "Ensure the image adheres to the aspect ratio: any suitable.\n"
        "Avoid: ugly, blurry, disfigured, watermark, text."
    )
    assert made.aspect_ratio is None
    assert (made.model, made.served.id) == ("gemini-2.0-flash-preview-image-generation", "gemini-nano-banana-2.1")


@pytest.mark.parametrize(
    ("wish", "text", "pictures"),
    [
        ({}, FILLED, 0),
        ({"notes": "rounder"}, f"{FILLED}\nRefinement: rounder", 1),
        ({"notes": "rounder", "new": True}, f"{FILLED}\nRefinement: rounder", 0),
        ({"style": "Sketch"}, f"{FILLED}\nStyle: Sketch", 0),
        ({"notes": "rounder", "style": "Sketch"}, f"{FILLED}\nStyle: Sketch\nRefinement: rounder", 1),
        ({"notes": "rounder", "style": "Sketch", "new": True}, f"{FILLED}\nStyle: Sketch\nRefinement: rounder", 0),
        ({"style": "Sketch", "keep": True}, f"{FILLED}\nStyle: Sketch", 1),
        ({"notes": "rounder", "prompt_mode": "notes"}, "rounder", 1),
        ({"notes": "rounder", "style": "Sketch", "prompt_mode": "notes"}, "Style: Sketch\nrounder", 1),
    ],
)
def test_the_text_and_the_pictures_of_each_redo(wish: dict[str, Any], text: str, pictures: int) -> None:
    made = redone(picture("p", PROMPT), **wish)
    assert (made.prompt, len(made.images)) == (text, pictures)


def test_with_input_images_the_current_result_comes_last_and_is_named_by_its_number() -> None:
    source = form("brief", subject="fox", place="wood")
    source["formFields"].append({"name": "photo", "type": "image"})
    stage = picture("p", PROMPT, inputImages=[{"from": "{{brief.output.photo}}", "role": "the photo"}])
    world = World(workflow_of(source, stage), unattended=True)
    world.perform(operations.give, "brief", {"photo": asset("photo")}, fill=True)
    world.answer_all()
    world.perform(operations.redo, "p", PLACES, RedoWish(notes="rounder"))
    made = request(world)
    assert made.prompt == (f"Image 1: the photo.\n{FILLED}\nRefinement of image 2 (the current result): rounder")
    assert [image["sha256"] for image in made.images] == [image_of("photo")["sha256"], image_of("att_2/0/0")["sha256"]]


def test_a_picture_in_the_words_is_attached_once_and_named() -> None:
    world = run_of(picture("a"), picture("p", "Edit {{a.output.image}} so that {{a.output.image}} is a cartoon."))
    world.answer_all()
    attempt = next(each for each in world.state.attempts.values() if each.stage == "p")
    made = build(world.state, attempt, 0, PLACES)
    assert made.prompt == "Edit image 1 so that image 1 is a cartoon."
    assert len(made.images) == 1


def test_an_optional_input_image_that_is_not_there_is_left_out() -> None:
    source = form("brief", subject="fox", place="wood")
    source["formFields"].append({"name": "more", "type": "images"})
    stage = picture("p", PROMPT, inputImages=[{"from": "{{brief.output.more}}", "optional": True}])
    world = World(workflow_of(source, stage), unattended=True)
    world.perform(operations.give, "brief", {}, fill=True)
    assert request(world).images == ()


@pytest.mark.parametrize(
    ("image_settings", "form_ratio", "chosen", "expected"),
    [
        ({}, None, None, None),
        ({}, "4:3", None, "4:3"),
        ({"aspectRatio": "1:1"}, "4:3", None, "1:1"),
        ({"aspectRatio": "1:1"}, "4:3", "16:9", "16:9"),
        ({"aspectRatio": "auto"}, "4:3", None, None),
        ({"aspectRatio": "1:1"}, None, "model_default", None),
        ({}, "model_default", None, None),
        ({"imagen": {"aspectRatio": "3:4"}}, None, None, "3:4"),
        ({"imagen": {"aspectRatio": "3:4"}}, "4:3", None, "4:3"),
        ({"imagen": {"aspectRatio": "3:4"}}, "auto", None, None),
        ({"aspectRatio": "{{brief.output.shape}}"}, None, None, "9:16"),
        ({"aspectRatio": ""}, "4:3", None, "4:3"),
    ],
)
def test_which_ratio_is_asked_for(
    image_settings: JsonObject, form_ratio: str | None, chosen: str | None, expected: str | None
) -> None:
    fields = {"shape": "9:16"} if form_ratio is None else {"shape": "9:16", "aspectRatio": form_ratio}
    stage = picture("p", "a fox", dependencies=["brief"], imageGenerationSettings=image_settings)
    world = World(workflow_of(form(**fields), stage), unattended=True, choice={"aspectRatio": chosen})
    world.perform(operations.give, "brief", {}, fill=True)
    assert request(world).aspect_ratio == expected


def test_what_is_to_be_avoided_is_said_once() -> None:
    avoid = {"negativePrompt": "text, blur"}
    assert request(run_of(picture("p", "a fox", imageGenerationSettings=avoid))).prompt == "a fox\nAvoid: text, blur."
    own = picture("p", "a fox, no {{config.imageGenerationSettings.negativePrompt}}", imageGenerationSettings=avoid)
    assert request(run_of(own)).prompt == "a fox, no text, blur"


def test_each_item_is_rendered_with_its_number() -> None:
    stage = picture("p", "{{index}} of {{count}}: {{item.scene}}", forEach={"items": [{"scene": "a"}, {"scene": "b"}]})
    world = run_of(stage)
    assert [request(world, number).prompt for number in (0, 1)] == ["1 of 2: a", "2 of 2: b"]


def test_a_text_stage_is_redone_with_what_it_said_and_the_notes() -> None:
    world = run_of(words("p", "say it"))
    world.answer(world.open_calls[0], {"result": result(value="hello")})
    world.perform(operations.redo, "p", PLACES, RedoWish(notes="louder"))
    assert request(world).prompt == "say it\n\nPrevious answer:\nhello\n\nRefinement: louder"


def test_the_second_try_for_json_says_what_was_wrong() -> None:
    world = run_of(words("p", "say it", "json", outputSchema={"type": "object"}))
    made = request(world, complaint="Expecting value.")
    assert made.prompt.startswith("say it\n\nThe answer before was not the JSON that was asked for: Expecting value.")
    assert made.schema == {"type": "object"}


def test_imagen_gets_its_own_parameters_and_several_pictures_in_one_request() -> None:
    imagen = {"provider": "imagen", "imagen": {"numberOfImages": 3, "personGeneration": "dont_allow", "seed": 7}}
    stage = picture(
        "p", model="imagen-4.0-generate-001", connection="vertex", temperature=1.0, imageGenerationSettings=imagen
    )
    world = run_of(stage)
    made = request(world)
    assert (made.samples, len(world.open_calls), made.temperature) == (3, 1, None)
    assert dict(made.parameters) == {"personGeneration": "dont_allow", "seed": 7}


def test_what_a_person_typed_is_never_read_as_a_template() -> None:
    world = World(workflow_of(BRIEF, picture("p", PROMPT)), unattended=True)
    world.perform(operations.give, "brief", {"subject": "{{config.secret}}", "place": "\\{{x}}"})
    assert request(world).prompt == "a {{config.secret}} in a \\{{x}}"


def test_settings_for_gemini_go_where_the_wire_has_them() -> None:
    gemini = {"gemini": {"thinkingLevel": "high", "googleSearch": True, "responseModalities": ["IMAGE"]}}
    made = request(run_of(picture("p", imageGenerationSettings=gemini)))
    assert dict(made.parameters) == {"thinkingConfig.thinkingLevel": "high", "tools": [{"googleSearch": {}}]}
    assert made.words is False
