from __future__ import annotations

from typing import Any

import pytest

from limner._json import JsonObject, JsonValue
from limner.workflow.scope import Item
from limner.workflow.template import MISSING, ImageNotAllowed, Unresolved, Values, parse, render, value_of
from workflow.template_samples import CAT, DOG, OUTPUTS, PICTURES, Attached, scope


def path(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image-brief.output.userPrompt", "A lighthouse"),
        ("image-brief.output", OUTPUTS["image-brief"]),
        ("image-brief.input.userPrompt", "A lighthouse"),
        ("writer.output", "Once upon a time"),
        ("plan.output.pages.1.text", "two"),
        ("plan.output.pages.1", {"text": "two", "n": 2}),
        ("plan.output.0", "zero"),
        ("plan.output.title", None),
        ("config.artStyle", "ink"),
        ("config.palette.main", "red"),
        ("workflow.id", "demo"),
        ("workflow.name", "A demo"),
        ("run.id", "run_1"),
        ("run.date", "2026-11-20"),
    ],
)
def test_each_root_has_its_values(name: str, value: JsonValue) -> None:
    assert scope().find(path(name)).value == value


def test_values_of_a_scope_are_values() -> None:
    values: Values = scope()
    assert render(parse("{{config.artStyle}}"), values, None) == "ink"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sketch.output", DOG),
        ("sketch.output.image", DOG),
        ("sketch.output.image.mimeType", "image/jpeg"),
        ("sketch.output.images", [CAT, DOG]),
        ("sketch.output.images.0", CAT),
        ("sketch.output.images.0.width", 640),
        ("sketch.output.images.2", MISSING),
        ("sketch.output.accompanyingText", "Here they are."),
        ("sketch.output.text", "Here they are."),
        ("sketch.output.url", "https://x/d"),
        ("sketch.output.provider", "gemini"),
        ("sketch.output.items.0.status", "completed"),
        ("sketch.output.width", MISSING),
    ],
)
def test_an_image_stage_has_short_names_for_its_picture(name: str, value: JsonValue) -> None:
    assert scope().find(path(name)).value == value


def test_where_all_pictures_are_the_output_the_first_one_stands_for_them() -> None:
    values = scope(selection="all")
    assert values.find(path("sketch.output.image")).value == CAT
    assert values.find(path("sketch.output")).value == CAT
    assert values.find(path("sketch.output.url")).value == "/assets/img_1"


@pytest.mark.parametrize("output", [{"images": []}, {}, {"images": [CAT], "selectedIndex": 5}, {"images": "none"}])
def test_without_a_picture_there_is_no_value(output: JsonObject) -> None:
    values = scope()
    values = type(values)(
        workflow=values.workflow, stage=values.stage, outputs={"sketch": output}, inputs={}, run=values.run
    )
    assert values.find(path("sketch.output")).value is MISSING
    assert values.find(path("sketch.output.image.url")).value is MISSING


def test_the_stage_s_own_fields_come_before_the_workflow_s_constants() -> None:
    assert scope().find(path("config.model")).value == "not this one"
    assert scope(model="gemini-2.5-flash-image", temperature=0.5).find(path("config.model")).value == (
        "gemini-2.5-flash-image"
    )
    assert scope(temperature=0.5).find(path("config.temperature")).value == 0.5
    assert scope({"count": 3}).find(path("config.imageGenerationSettings.count")).value == 3


def test_own_form_and_element_are_there_only_where_they_are() -> None:
    values = scope(own_input={"mood": "calm"}, item=Item(value={"scene": "a hill"}, index=2, count=3))
    assert render(parse("{{self.input.mood}} {{item.scene}} {{index}}/{{count}}"), values, None) == "calm a hill 2/3"
    for name in ("self.input.mood", "item", "item.scene", "index", "count"):
        assert scope().find(path(name)).value is MISSING


def test_an_element_may_be_a_picture() -> None:
    attached = Attached()
    assert render(parse("Edit {{item}}."), scope(item=Item(value=CAT, index=1, count=1)), attached) == "Edit image 1."
    assert attached.images == [CAT]


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("image-brief.output.aspectRatio", True),
        ("image-brief.output.shape", True),
        ("image-brief.input.shape", True),
        ("image-brief.output.mood", False),
        ("config.artStyle", False),
        ("anything.at.imageSize", True),
    ],
)
def test_a_sentinel_is_one_by_its_name_or_because_a_form_offers_it(name: str, may_be: bool) -> None:
    assert scope().find(path(name)).may_be_sentinel is may_be


def test_a_chosen_sentinel_of_the_own_form_counts_too() -> None:
    values = scope(own_input={"shape": "auto"}, fields=scope().workflow.stage("image-brief").fields)
    assert render(parse("{{self.input.shape}}"), values, None) == "any suitable"


def test_the_words_of_a_sentinel() -> None:
    text = "{{image-brief.output.aspectRatio}}, {{image-brief.output.shape}}, {{image-brief.output.mood}}"
    assert render(parse(text), scope(), None) == "any suitable, any suitable, auto"


def test_a_setting_that_is_a_template_is_filled_in_once() -> None:
    values = scope(
        {
            "styleGuidanceInternal": "In {{config.artStyle}}: {{image-brief.output.userPrompt}} \\{{x}}",
            "negativePrompt": "no {{config.imageGenerationSettings.styleGuidanceInternal}}",
        }
    )
    style = "{{config.imageGenerationSettings.styleGuidanceInternal}}"
    assert render(parse(style), values, None) == "In ink: A lighthouse {{x}}"
    assert render(parse("{{config.imageGenerationSettings.negativePrompt}}"), values, None) == (
        "no In ink: A lighthouse {{x}}"
    )


def test_what_a_setting_inserts_is_not_read_again() -> None:
    values = scope({"styleGuidanceInternal": "{{self.input.mood}}"}, own_input={"mood": "{{config.artStyle}} \\{{"})
    style = parse("<{{config.imageGenerationSettings.styleGuidanceInternal}}>")
    assert render(style, values, None) == "<{{config.artStyle}} \\{{>"


@pytest.mark.parametrize(
    "settings",
    [
        {"negativePrompt": "{{config.imageGenerationSettings.negativePrompt}}"},
        {"negativePrompt": "a {{config.imageGenerationSettings.negativePrompt}}"},
        {
            "negativePrompt": "{{config.imageGenerationSettings.styleGuidanceInternal}}",
            "styleGuidanceInternal": "{{config.imageGenerationSettings.negativePrompt}}",
        },
    ],
)
def test_a_setting_that_leads_back_to_itself_has_no_value(settings: JsonObject) -> None:
    with pytest.raises(Unresolved, match="has no value"):
        render(parse("{{config.imageGenerationSettings.negativePrompt}}"), scope(settings), None)


def test_a_sentinel_stays_one_through_a_setting() -> None:
    values = scope({"aspectRatio": "{{image-brief.output.shape}}", "imageSize": "auto"})
    ratio = "{{config.imageGenerationSettings.aspectRatio"
    assert render(parse(ratio + "}}"), values, None) == "any suitable"
    assert render(parse(f"a\n{ratio} | optional}}}}"), values, None) == "a"
    assert value_of(parse(ratio + "}}"), values) == "auto"
    assert render(parse("{{config.imageGenerationSettings.imageSize}}"), values, None) == "any suitable"


@pytest.mark.parametrize("setting", ["{{plan.output.none | optional}}", "{{plan.output.title}}"])
def test_a_setting_without_a_value_can_be_left_out(setting: str) -> None:
    values = scope({"negativePrompt": setting})
    assert render(parse("a\n{{config.imageGenerationSettings.negativePrompt | optional}}"), values, None) == "a"


def test_a_picture_cannot_come_through_a_setting() -> None:
    values = scope({"styleGuidanceInternal": "{{sketch.output.image}}"})
    with pytest.raises(ImageNotAllowed):
        render(parse("{{config.imageGenerationSettings.styleGuidanceInternal}}"), values, Attached())


def test_constants_are_never_templates() -> None:
    values = scope()
    values.workflow.config["artStyle"] = "{{run.id}}"
    values.workflow.config["imageGenerationSettings"] = {"negativePrompt": "{{run.id}}"}
    assert render(parse("{{config.artStyle}}"), values, None) == "{{run.id}}"
    assert render(parse("{{config.imageGenerationSettings.negativePrompt}}"), values, None) == "{{run.id}}"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("image-breif.output.userPrompt", ("image-brief.output.userPrompt",)),
        ("image-brief.output.userPromt", ("image-brief.output.userPrompt",)),
        ("image-brief.outputs.userPrompt", ("image-brief.output.userPrompt",)),
        ("image-brief.userPrompt", ("image-brief.output.userPrompt", "image-brief.input.userPrompt")),
        ("plan.output.page", ("plan.output.pages",)),
        ("plan.output.pages.0.txt", ("plan.output.pages.0.text",)),
        ("sketch.output.imge", ("sketch.output.image", "sketch.output.images")),
        ("config.artStile", ("config.artStyle",)),
        ("config.imageGenerationSettings.cont", ("config.imageGenerationSettings.count",)),
        ("workflow.nam", ("workflow.name",)),
        ("wrokflow.name", ("workflow.name",)),
        ("nothing.like.it", ()),
        ("image-brief.output.userPrompt", ()),
    ],
)
def test_near_names_are_whole_paths(name: str, near: tuple[str, ...]) -> None:
    assert scope({"count": 2}).near(path(name)) == near


def test_at_most_three_near_names_are_given() -> None:
    values = scope()
    values.workflow.config.update({f"style{number}": "" for number in range(9)})
    assert len(values.near(path("config.style"))) == 3


@pytest.mark.parametrize(
    "name",
    [
        "env.HOME",
        "secrets.google",
        "environ",
        "os.environ",
        "config.__class__",
        "config.keys",
        "config.palette.items",
        "workflow.config",
        "workflow.stages",
        "workflow.document",
        "workflow.__class__.__init__.__globals__",
        "run.__dict__",
        "writer.output.upper",
        "writer.output.0",
        "plan.output.pages.append",
        "plan.output.pages.99999999",
        "self.stage",
        "self.workflow",
        "sketch.output.images.__len__",
        "sketch.output.image.path",
        "_field",
        "find",
        "outputs",
        "etc.passwd",
    ],
)
def test_no_path_leads_out_of_the_values(name: str) -> None:
    values = scope(own_input={})
    assert values.find(path(name)).value is MISSING
    with pytest.raises(Unresolved):
        render(parse(f"{{{{{name}}}}}"), values, Attached())


@pytest.mark.parametrize("name", ["config", "self", "workflow", "run", "writer"])
def test_a_root_alone_is_no_value(name: str) -> None:
    assert scope(own_input={}).find((name,)).value is MISSING


def test_an_empty_field_is_empty_text_and_can_take_its_line_away() -> None:
    values: Any = scope(own_input={"mood": ""})
    assert render(parse("a [{{self.input.mood}}]"), values, None) == "a []"
    assert render(parse("a\nMood: {{self.input.mood | optional}}\nb"), values, None) == "a\nb"


def test_a_missing_key_of_json_is_an_error() -> None:
    with pytest.raises(Unresolved) as caught:
        render(parse("{{plan.output.pages.0.txt}}"), scope(), None)
    assert caught.value.message == (
        "{{plan.output.pages.0.txt}} has no value (line 1, column 1 of the template)."
        " Did you mean plan.output.pages.0.text?"
    )


def test_outputs_are_left_as_they_were() -> None:
    before = repr(PICTURES)
    scope().find(path("sketch.output.image"))
    assert repr(PICTURES) == before
