from __future__ import annotations

import json
from dataclasses import replace

import pytest

from limner.workflow.load import MAX_PROBLEMS, load
from limner.workflow.model import ImageSettings, Workflow
from workflow.diagnostic_cases import ASK, TEXT, picture
from workflow.example_files import EXAMPLES, codes, example, file, places, workflow_of

KEYS = ("AIza" + "Sy0_-" * 7, "AQ." + "Ab1_-" * 4, "sk-" + "a1b2c3d4" * 2)


def without_documents(workflow: Workflow) -> Workflow:
    stages = tuple(replace(stage, document={}) for stage in workflow.stages)
    return replace(workflow, document={}, stages=stages)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_load_without_errors(name: str) -> None:
    loaded = load(example(name), places())
    assert loaded.ok
    assert codes(loaded) == (["W405", "W404"] if name == "example-image" else [])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_load_for_any_connection(name: str) -> None:
    for default in ("google", "vertex", "relay", "sandbox"):
        assert load(example(name), places(default)).ok


def test_comments_change_nothing_but_the_places() -> None:
    plain, commented = load(example("example-image")), load(example("example-image-commented"))
    assert commented.workflow == plain.workflow


def test_a_trailing_comma_after_the_last_stage_is_taken() -> None:
    assert load(file(ASK + ",")).ok


def test_both_spellings_of_the_image_type_give_the_same_workflow() -> None:
    text = example("example-image")
    old, new = workflow_of(text), workflow_of(text.replace('"outputType": "image"', '"outputType": "image_output"'))
    assert old.document != new.document
    assert without_documents(old) == without_documents(new)


def test_an_unknown_field_is_kept_and_only_a_warning() -> None:
    loaded = load(file(picture('"promptTemplat": "x"')))
    assert codes(loaded) == ["W110"]
    assert loaded.workflow is not None
    assert loaded.workflow.document["stages"][0]["promptTemplat"] == "x"


def test_strict_refuses_unknown_fields_undeclared_dependencies_and_retired_models() -> None:
    text = file(
        ASK + ",",
        picture('"nothing": 1', '"systemInstruction": "{{ask.output}}"', '"model": "gemini-2.5-flash-image-preview"'),
    )
    assert load(text, places()).ok
    strict = load(text, places(), strict=True)
    assert not strict.ok
    assert sorted(codes(strict)) == ["W110", "W204", "W405"]
    assert {each.level for each in strict.diagnostics} == {"error"}


def test_other_warnings_stay_warnings_when_strict() -> None:
    loaded = load(file(picture('"imageGenerationSettings": {"negativePrompt": "text"}')), places(), strict=True)
    assert loaded.ok
    assert [(each.code, each.level) for each in loaded.diagnostics] == [("W404", "warning")]


def test_notes_of_the_author_are_silent_and_kept() -> None:
    loaded = load(
        file(picture('"x-note": "mine"', '"imageGenerationSettings": {"x-y": 1}'), top='"x-a": [], '), strict=True
    )
    assert codes(loaded) == []
    assert loaded.workflow is not None
    assert loaded.workflow.document["stages"][0]["x-note"] == "mine"


def test_a_format_that_is_too_new_is_not_judged_by_the_old_rules() -> None:
    assert codes(load('{"specVersion": "2.1", "stages": 7}')) == ["E104"]


@pytest.mark.parametrize("version", ["1", "1.0", "01", "1.00"])
def test_a_version_that_is_read_says_nothing(version: str) -> None:
    assert codes(load(file(ASK, top=f'"specVersion": "{version}", '))) == []


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "lines",
    [
        '"connection": "{key}"',
        '"promptTemplat": "x {key} y"',
        '"x-note": [{{"deep": "see {key}"}}]',
        '"imageGenerationSettings": {{"provider": "{key}"}}',
        '"selection": "{key}"',
        '"{key}": "{key}"',
    ],
)
def test_a_key_in_a_file_is_refused_and_never_repeated(key: str, lines: str) -> None:
    loaded = load(file(picture(lines.format(key=key))))
    assert "E105" in codes(loaded)
    assert key not in json.dumps([each.to_json() for each in loaded.diagnostics])


@pytest.mark.parametrize("key", KEYS)
def test_not_even_the_beginning_of_a_key_is_repeated(key: str) -> None:
    for text in (f'{{"id": {key}}}', file(picture(f'"selection": "{"long " * 10}{key}"'))):
        assert key[:8] not in json.dumps([each.to_json() for each in load(text).diagnostics])


def test_a_key_that_stands_twice_as_a_name_is_not_repeated_either() -> None:
    text = f'{{"{KEYS[0]}": 1, "{KEYS[0]}": 2}}'
    assert KEYS[0] not in json.dumps([each.to_json() for each in load(text).diagnostics])


@pytest.mark.parametrize(
    "text",
    [
        "task-oriented-photography-style",
        "sk-short",
        "AIza",
        "disk-shaped-objects-in-a-row",
        "FAQ.about-the-things-of-life",
    ],
)
def test_words_that_only_resemble_keys_are_taken(text: str) -> None:
    assert codes(load(file(picture(f'"systemInstruction": "{text}"')))) == []


def test_an_undeclared_dependency_runs_in_the_right_order() -> None:
    workflow = workflow_of(file(picture('"systemInstruction": "{{ask.output}}"') + ",", ASK))
    assert workflow.order == ("ask", "pic")
    assert workflow.stage("pic").dependencies == ("ask",)


def test_declared_dependencies_come_before_used_ones() -> None:
    other = ASK.replace("ask", "zeta")
    workflow = workflow_of(
        file(
            ASK + ",",
            other + ",",
            picture('"dependencies": ["zeta"]', '"systemInstruction": "{{ask.output}}{{zeta.output}}"'),
        )
    )
    assert workflow.stage("pic").dependencies == ("zeta", "ask")


def test_a_template_among_the_defaults_makes_image_stages_depend_on_what_it_uses() -> None:
    top = '"defaults": {"imageGenerationSettings": {"negativePrompt": "{{ask.output}}"}}, '
    workflow = workflow_of(file(ASK + ",", picture(), top=top))
    assert workflow.stage("pic").dependencies == ("ask",)


def test_a_dependency_may_stand_later_in_the_file() -> None:
    workflow = workflow_of(file(picture('"dependencies": ["ask"]') + ",", ASK))
    assert workflow.order == ("ask", "pic")
    assert workflow.result == "pic"


@pytest.mark.parametrize(
    ("top", "stages", "result"),
    [
        ("", [("a", ""), ("b", "a")], "b"),
        ("", [("a", ""), ("b", "a"), ("c", "a")], "c"),
        ("", [("c", "a"), ("a", "")], "c"),
        ('"finalStage": "a", ', [("a", ""), ("b", "a")], "a"),
    ],
)
def test_the_result_is_the_last_stage_that_no_other_needs(top: str, stages: list[tuple[str, str]], result: str) -> None:
    lines = [
        TEXT.replace("ID", each).replace('["OTHER"]', json.dumps([needs] if needs else [])) for each, needs in stages
    ]
    assert workflow_of(file(",\n".join(lines), top=top)).result == result


def test_every_circle_is_reported_with_its_whole_path() -> None:
    pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "e"), ("e", "d")]
    text = file(",\n".join(TEXT.replace("ID", each).replace("OTHER", other) for each, other in pairs))
    assert [each.message for each in load(text).diagnostics if each.code == "E203"] == [
        "Stages wait for each other in a circle: a → b → c → a.",
        "Stages wait for each other in a circle: d → e → d.",
    ]


def test_an_unknown_form_field_in_a_template_is_reported_with_the_near_one() -> None:
    text = example("example-image").replace("output.userPrompt}}", "output.userPromt}}")
    (found,) = [each for each in load(text).diagnostics if each.code == "E302"]
    assert "userPrompt" in (found.hint or "")
    assert found.path == "/stages/1/promptTemplate"
    assert found.line == text[: text.index('"promptTemplate"')].count("\n") + 1


def test_findings_come_in_the_order_of_the_file() -> None:
    loaded = load(file(picture('"temperature": 3', '"autoRun": 1', '"nothing": 2'), top='"nam": 1, '))
    assert [(each.line, each.column) for each in loaded.diagnostics] == sorted(
        (each.line, each.column) for each in loaded.diagnostics
    )
    assert codes(loaded) == ["W110", "E103", "E103", "W110"]


def test_very_many_problems_are_cut_with_a_word() -> None:
    found = load(file(picture(f'"dependencies": {json.dumps(list(range(1000)))}'))).diagnostics
    assert len(found) == MAX_PROBLEMS + 1
    assert "There are more than 200 problems of this kind; the others are left out." in {each.message for each in found}


def test_a_default_setting_used_by_some_stage_is_used() -> None:
    style = "{{config.imageGenerationSettings.styleGuidanceInternal}}"
    top = '"defaults": {"imageGenerationSettings": {"styleGuidanceInternal": "soft"}}, '
    first, second = picture().replace('"pic"', '"one"'), picture(f'"systemInstruction": "{style}"')
    assert codes(load(file(first + ",", second, top=top))) == ["I206"]
    assert codes(load(file(first, top=top))) == ["W409"]
    escaped = second.replace("{{config", "\\\\{{config")
    assert "W409" in codes(load(file(first + ",", escaped, top=top)))


def test_the_whole_workflow_is_read() -> None:
    workflow = workflow_of(example("storybook"))
    assert (workflow.id, workflow.name) == ("storybook", "Storybook with one consistent character")
    assert workflow.order == ("idea", "script", "character-sheet", "illustrations")
    assert workflow.result == "illustrations"
    assert workflow.config == {"artStyle": "soft watercolour and ink, muted pastel palette, textured paper"}
    assert (workflow.budget.max_images, str(workflow.budget.max_cost), workflow.budget.currency) == (20, "3.0", "USD")
    assert [stage.kind for stage in workflow.stages] == ["input", "json", "image", "image"]
    assert workflow.document == json.loads(example("storybook"))


def test_the_digest_is_of_the_meaning_not_of_the_layout() -> None:
    text = example("photo-edit")
    other_layout = json.dumps(json.loads(text), sort_keys=True, indent=7)
    assert workflow_of(text).sha256 == workflow_of(other_layout).sha256
    assert workflow_of(text).sha256 != workflow_of(text.replace("Photo and wish", "Photo")).sha256
    assert len(workflow_of(text).sha256) == 64


def test_a_stage_that_asks_a_person_has_no_image_settings() -> None:
    top = '"defaults": {"model": "m", "temperature": 1, "imageGenerationSettings": {"count": 3}}, '
    stage = workflow_of(file(ASK, top=top)).stage("ask")
    assert (stage.model, stage.temperature, stage.image) == (None, None, ImageSettings())
