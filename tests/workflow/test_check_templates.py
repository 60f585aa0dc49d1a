from __future__ import annotations

import json
from typing import Any

import pytest

from limner._json import JsonObject
from limner.workflow.check_templates import Finding, check, used_stages

BRIEF: JsonObject = {
    "id": "image-brief",
    "title": "Brief",
    "inputType": "form",
    "outputType": "json",
    "formFields": [
        {"name": "userPrompt", "type": "textarea"},
        {"name": "mood", "type": "select", "options": ["calm", "wild"]},
        {"name": "styles", "type": "multiselect", "options": ["ink", "oil"]},
        {"name": "photo", "type": "image"},
        {"name": "photos", "type": "images"},
    ],
}
WRITER: JsonObject = {"id": "writer", "title": "W", "outputType": "text", "promptTemplate": "Write."}
PLAN: JsonObject = {"id": "plan", "title": "P", "outputType": "json", "promptTemplate": "Plan."}
SKETCH: JsonObject = {"id": "sketch", "title": "S", "outputType": "image", "promptTemplate": "Sketch."}
LINES: JsonObject = {
    "id": "lines",
    "title": "L",
    "outputType": "text",
    "promptTemplate": "{{item}}",
    "forEach": "{{plan.output.pages}}",
}
NOTE: JsonObject = {"id": "note", "title": "N", "inputType": "text", "outputType": "text"}


def document(**stage: Any) -> JsonObject:
    """A workflow with one stage of every kind, and `draw` as the test wants it."""
    draw = {"id": "draw", "title": "D", "outputType": "image_output", "promptTemplate": "Draw.", **stage}
    return {
        "id": "demo",
        "name": "Demo",
        "config": {"artStyle": "ink", "palette": {"main": "red"}},
        "stages": [BRIEF, WRITER, PLAN, SKETCH, LINES, NOTE, draw],
    }


def found(**stage: Any) -> list[tuple[str, str]]:
    """Code and pointer of each finding about `draw`."""
    return [(finding.code, finding.pointer.removeprefix("/stages/6/")) for finding in check(document(**stage))]


def first(prompt: str, **stage: Any) -> Finding:
    return next(check(document(promptTemplate=prompt, **stage)))


@pytest.mark.parametrize(
    "path",
    [
        "image-brief.output.userPrompt",
        "image-brief.output",
        "image-brief.input.mood",
        "image-brief.output.styles.0",
        "image-brief.output.photo",
        "image-brief.output.photo.mimeType",
        "image-brief.output.photos.1.name",
        "writer.output",
        "plan.output",
        "plan.output.pages.0.text",
        "lines.output",
        "lines.output.2",
        "note.output",
        "note.input.text",
        "sketch.output",
        "sketch.output.image",
        "sketch.output.images.0.promptUsed",
        "sketch.output.accompanyingText",
        "sketch.output.text",
        "sketch.output.url",
        "sketch.output.items.0.status",
        "config.artStyle",
        "config.palette.main",
        "config.palette.nobody.knows",
        "config.imageGenerationSettings.styleGuidanceInternal",
        "config.imageGenerationSettings.gemini.thinkingLevel",
        "config.model",
        "workflow.id",
        "workflow.name",
        "run.id",
        "run.date",
        "self.input.own",
    ],
)
def test_what_can_have_a_value_is_let_through(path: str) -> None:
    settings = {"styleGuidanceInternal": "soft", "gemini": {"responseModalities": ["IMAGE"]}}
    form = {"inputType": "form", "formFields": [{"name": "own", "type": "text"}], "model": "m"}
    assert found(promptTemplate=f"{{{{{path}}}}}", imageGenerationSettings=settings, **form) == []


@pytest.mark.parametrize(
    ("prompt", "code", "message", "hint"),
    [
        (
            "a {{b",
            "E300",
            "The placeholder is never closed with '}}' (line 1, column 3 of the template).",
            "A literal {{ is written \\{{.",
        ),
        (
            "{{image-breif.output.userPrompt}}",
            "E301",
            "There is no stage 'image-breif'. ({{image-breif.output.userPrompt}}, line 1, column 1 of the template)",
            "Did you mean image-brief.output.userPrompt?",
        ),
        (
            "{{nothing.output}}",
            "E301",
            "There is no stage 'nothing'. ({{nothing.output}}, line 1, column 1 of the template)",
            "Other stages here: image-brief, writer, plan, sketch, lines, note.",
        ),
        (
            "{{env.HOME}}",
            "E301",
            "Templates cannot read env: there is no way from a workflow to keys, files or variables. "
            "({{env.HOME}}, line 1, column 1 of the template)",
            "Put constants into the workflow's config.",
        ),
        (
            "x\n{{image-brief.output.userPromt}}",
            "E302",
            "The output of stage 'image-brief' has no 'userPromt'. "
            "({{image-brief.output.userPromt}}, line 2, column 1 of the template)",
            "Did you mean image-brief.output.userPrompt?",
        ),
        (
            "{{image-brief.input.weather}}",
            "E302",
            "The form of stage 'image-brief' has no 'weather'. "
            "({{image-brief.input.weather}}, line 1, column 1 of the template)",
            "It has: userPrompt, mood, styles, photo, photos.",
        ),
        (
            "{{image-brief.userPrompt}}",
            "E302",
            "Stage 'image-brief' has no 'userPrompt'. ({{image-brief.userPrompt}}, line 1, column 1 of the template)",
            "Did you mean image-brief.output.userPrompt or image-brief.input.userPrompt?",
        ),
        (
            "{{plan}}",
            "E302",
            "plan alone is no value. ({{plan}}, line 1, column 1 of the template)",
            "Did you mean plan.output or plan.input?",
        ),
        (
            "{{config.artStile}}",
            "E302",
            "Config has no 'artStile'. ({{config.artStile}}, line 1, column 1 of the template)",
            "Did you mean config.artStyle?",
        ),
        (
            "{{config.imageGenerationSettings.styleGuidanceIntern}}",
            "E302",
            "The stage's imageGenerationSettings has no 'styleGuidanceIntern'. "
            "({{config.imageGenerationSettings.styleGuidanceIntern}}, line 1, column 1 of the template)",
            None,
        ),
        (
            "{{config.imageGenerationSettings.negativePrompt}}",
            "E302",
            "config.imageGenerationSettings.negativePrompt is not set. "
            "({{config.imageGenerationSettings.negativePrompt}}, line 1, column 1 of the template)",
            'Set it, or say `| optional` or `| default:"…"`.',
        ),
        (
            "{{sketch.output.imge}}",
            "E302",
            "The output of stage 'sketch' has no 'imge'. ({{sketch.output.imge}}, line 1, column 1 of the template)",
            "Did you mean sketch.output.image or sketch.output.images?",
        ),
        (
            "{{self.output}}",
            "E302",
            "The stage itself has no 'output'. ({{self.output}}, line 1, column 1 of the template)",
            "It has: input.",
        ),
        (
            "{{writer.output.title}}",
            "E303",
            "The output of stage 'writer' has no parts, so 'title' cannot be read from it. "
            "({{writer.output.title}}, line 1, column 1 of the template)",
            "Did you mean writer.output?",
        ),
        (
            "{{image-brief.output.userPrompt.words}}",
            "E303",
            "The form field 'userPrompt' has no parts, so 'words' cannot be read from it. "
            "({{image-brief.output.userPrompt.words}}, line 1, column 1 of the template)",
            "Did you mean image-brief.output.userPrompt?",
        ),
        (
            "{{sketch.output.images.width}}",
            "E303",
            "The pictures: this is a list, and 'width' is no number of an element. "
            "({{sketch.output.images.width}}, line 1, column 1 of the template)",
            "Did you mean sketch.output.images.0.width?",
        ),
        (
            "{{item.scene}}",
            "E304",
            "item has a value only in a stage with forEach, and not in forEach.items itself. "
            "({{item.scene}}, line 1, column 1 of the template)",
            "Give the stage a forEach, or name the stage whose output is meant.",
        ),
        (
            "{{writer.output | uper}}",
            "E305",
            "In the template there is no filter 'uper' (line 1, column 19 of the template). Did you mean upper?",
            None,
        ),
        (
            "{{writer.output | truncate}}",
            "E305",
            "In the template the filter 'truncate' takes a whole number, as in truncate:200 "
            "(line 1, column 19 of the template).",
            None,
        ),
        (
            "{{draw.output}}",
            "E202",
            "Stage 'draw' reads itself. ({{draw.output}}, line 1, column 1 of the template)",
            "The stage's own form is self.input.",
        ),
    ],
)
def test_a_mistake_in_a_prompt_is_told(prompt: str, code: str, message: str, hint: str | None) -> None:
    assert first(prompt) == Finding(code=code, message=message, pointer="/stages/6/promptTemplate", hint=hint)


@pytest.mark.parametrize("name", ["index", "count", "item"])
def test_the_element_is_known_in_every_template_of_its_stage_but_the_list(name: str) -> None:
    text = f"{{{{{name}}}}}"
    places = {"promptTemplate": text, "systemInstruction": text, "imageGenerationSettings": {"negativePrompt": text}}
    assert found(**places, forEach={"items": ["a", "b"]}) == []
    assert [code for code, _ in found(**places)] == ["E304"] * 3
    assert found(forEach={"items": text}) == [("E304", "forEach/items")]


@pytest.mark.parametrize(
    ("stage", "pointer"),
    [
        ({"promptTemplate": "{{x.output}}"}, "promptTemplate"),
        ({"systemInstruction": "{{x.output}}"}, "systemInstruction"),
        ({"inputImages": ["{{x.output}}"]}, "inputImages/0"),
        ({"inputImages": ["{{sketch.output}}", {"from": "{{x.output}}"}]}, "inputImages/1/from"),
        ({"forEach": "{{x.output}}"}, "forEach"),
        ({"forEach": {"items": "{{x.output}}"}}, "forEach/items"),
        ({"imageGenerationSettings": {"aspectRatio": "{{x.output}}"}}, "imageGenerationSettings/aspectRatio"),
        ({"imageGenerationSettings": {"imageSize": "{{x.output}}"}}, "imageGenerationSettings/imageSize"),
        (
            {"imageGenerationSettings": {"styleGuidanceInternal": "{{x.output}}"}},
            "imageGenerationSettings/styleGuidanceInternal",
        ),
        ({"imageGenerationSettings": {"negativePrompt": "{{x.output}}"}}, "imageGenerationSettings/negativePrompt"),
    ],
)
def test_templates_are_read_in_these_places_and_used_stages_finds_them(stage: JsonObject, pointer: str) -> None:
    assert found(**stage) == [("E301", pointer)]
    assert "x" in used_stages({"id": "draw", **stage})


@pytest.mark.parametrize(
    ("stage", "pointer"),
    [
        ({"description": "See {{writer.output}}"}, "description"),
        ({"title": "{{"}, "title"),
        ({"forEach": {"items": ["{{writer.output}}"]}}, "forEach/items/0"),
        ({"redo": {"notesPlaceholder": "{{x}}"}}, "redo/notesPlaceholder"),
        ({"inputImages": [{"from": "{{sketch.output}}", "role": "{{x}}"}]}, "inputImages/0/role"),
        ({"imageGenerationSettings": {"imagen": {"seed": "{{x}}"}}}, "imageGenerationSettings/imagen/seed"),
        ({"formFields": [{"name": "a", "type": "text", "defaultValue": "{{x}}"}]}, "formFields/0/defaultValue"),
        ({"outputSchema": {"a/b~c": "{{x}}"}}, "outputSchema/a~1b~0c"),
    ],
)
def test_anywhere_else_braces_are_plain_text_and_said_to_be(stage: JsonObject, pointer: str) -> None:
    assert found(**stage) == [("W306", pointer)]


def test_braces_in_constants_are_reported_and_those_of_extensions_are_not() -> None:
    workflow = document()
    workflow["config"]["artStyle"] = "{{run.id}}"
    workflow["x-note"] = "{{anything}}"
    assert [(finding.code, finding.pointer) for finding in check(workflow)] == [("W306", "/config/artStyle")]


TEXT_ONLY: list[JsonObject] = [
    {"systemInstruction": "{{%s}}"},
    {"imageGenerationSettings": {"aspectRatio": "{{%s}}"}},
    {"imageGenerationSettings": {"imageSize": "{{%s}}"}},
    {"imageGenerationSettings": {"styleGuidanceInternal": "{{%s}}"}},
]


@pytest.mark.parametrize("stage", TEXT_ONLY)
@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("sketch.output.image", "E307"),
        ("sketch.output.images", "E307"),
        ("sketch.output.images.0", "E307"),
        ("image-brief.output.photo", "E307"),
        ("image-brief.input.photos", "E307"),
        ("sketch.output", "E303"),
        ("sketch.output.url", None),
        ("sketch.output.image.mimeType", None),
        ("sketch.output.image | json", None),
        ("image-brief.output.mood", None),
    ],
)
def test_a_picture_in_a_text_only_place_is_told(stage: JsonObject, path: str, code: str | None) -> None:
    stage = json.loads(json.dumps(stage).replace("%s", path))
    assert [each for each, _ in found(**stage)] == ([] if code is None else [code])


def test_an_element_that_is_a_picture_is_known_as_one() -> None:
    stage = {"forEach": "{{sketch.output.images}}", "promptTemplate": "Edit {{item}}."}
    assert found(**stage) == []
    assert found(**stage, systemInstruction="Edit {{item}}") == [("E307", "systemInstruction")]
    assert found(forEach="{{image-brief.output.styles}}", promptTemplate="{{item.name}}") == [
        ("E303", "promptTemplate")
    ]


@pytest.mark.parametrize("text", ["{{sketch.output}} and more", "none \\{{", "{{plan.output}}{{plan.output}}"])
def test_lists_and_input_images_are_one_placeholder_and_nothing_else(text: str) -> None:
    assert found(inputImages=[text]) == [("E300", "inputImages/0")]
    assert found(forEach={"items": text}) == [("E300", "forEach/items")]


@pytest.mark.parametrize("filters", ["optional", 'default:"none"'])
def test_what_is_not_set_is_fine_where_the_author_has_thought_of_it(filters: str) -> None:
    for path in ("config.imageGenerationSettings.negativePrompt", "workflow.version", "config.model"):
        assert found(promptTemplate=f"{{{{{path} | {filters}}}}}") == []
        assert found(promptTemplate=f"{{{{{path}}}}}") == [("E302", "promptTemplate")]


def test_a_setting_that_reads_itself_is_told() -> None:
    settings = {"negativePrompt": "no {{config.imageGenerationSettings.negativePrompt}}"}
    assert found(imageGenerationSettings=settings) == [("E302", "imageGenerationSettings/negativePrompt")]


def test_default_settings_are_checked_for_the_stages_they_serve_and_told_once() -> None:
    workflow = document()
    workflow["defaults"] = {
        "model": "m",
        "imageGenerationSettings": {"negativePrompt": "{{nobody.output}}", "styleGuidanceInternal": "soft"},
    }
    workflow["stages"][6]["promptTemplate"] = (
        "{{config.imageGenerationSettings.styleGuidanceInternal}} {{config.model}} "
        "{{config.imageGenerationSettings.negativePrompt}}"
    )
    assert [(finding.code, finding.pointer) for finding in check(workflow)] == [
        ("E301", "/defaults/imageGenerationSettings/negativePrompt")
    ]


def test_constants_named_like_the_settings_are_read_where_a_stage_has_none() -> None:
    workflow = document(promptTemplate="{{config.imageGenerationSettings.anything}}")
    workflow["config"]["imageGenerationSettings"] = {"anything": 1}
    assert list(check(workflow)) == []


def test_used_stages_are_those_of_all_templates_in_order_of_first_use() -> None:
    stage = {
        "id": "draw",
        "promptTemplate": "{{b.output}} {{config.x}} {{item}} {{self.input.y}} {{a.output}} {{draw.input.z}} \\{{no}}",
        "systemInstruction": "{{c.output}}",
        "inputImages": ["{{d.output}}", "{{b.output}}"],
        "forEach": {"items": "{{e.output}}"},
        "imageGenerationSettings": {"negativePrompt": "{{f.output}} {{run.id}}", "imageSize": "{{broken"},
    }
    assert used_stages(stage) == ("e", "d", "b", "c", "a", "f")
    assert used_stages({"id": "a"}) == ()


def test_every_finding_of_a_file_is_given_at_once() -> None:
    codes = [code for code, _ in found(promptTemplate="{{a.output}} {{plan.outpt}} {{item}}", title="{{x}}")]
    assert codes == ["E301", "E302", "E304", "W306"]
