from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator

from limner._json import JsonObject
from limner.workflow import schema
from workflow.example_files import EXAMPLES, example

BOTH = pytest.mark.parametrize("strict", [False, True])


def document(name: str = "example-image") -> JsonObject:
    result: JsonObject = json.loads(example(name))
    return result


def messages(value: object, *, strict: bool = False) -> list[str]:
    return [each.message for each in schema.problems(value, strict)]


def settings(value: JsonObject) -> JsonObject:
    result: JsonObject = value["stages"][1]["imageGenerationSettings"]
    return result


def field(value: JsonObject, index: int) -> JsonObject:
    result: JsonObject = value["stages"][0]["formFields"][index]
    return result


@BOTH
def test_the_schema_is_a_valid_schema(strict: bool) -> None:
    Draft202012Validator.check_schema(schema.strict_schema() if strict else schema.open_schema())


@BOTH
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_fit_both_schemas(name: str, strict: bool) -> None:
    assert messages(document(name), strict=strict) == []


def without_id(value: JsonObject) -> None:
    del value["id"]


def form_without_fields(value: JsonObject) -> None:
    del value["stages"][0]["formFields"]


def select_without_options(value: JsonObject) -> None:
    del field(value, 1)["options"]


def image_without_prompt(value: JsonObject) -> None:
    del value["stages"][1]["promptTemplate"]


def asks_nobody(value: JsonObject) -> None:
    value["stages"].append({"id": "c", "title": "C", "outputType": "text"})


REJECTED: list[tuple[Callable[[JsonObject], object], str]] = [
    (without_id, "id is missing."),
    (
        lambda value: value["stages"][0].update(id="config"),
        'stages[0].id must not be "config": templates use this word.',
    ),
    (
        lambda value: settings(value)["gemini"].update(responseModalities=["TEXT"]),
        'stages[1].imageGenerationSettings.gemini.responseModalities must contain "IMAGE": '
        "without it the model answers with text only.",
    ),
    (
        lambda value: settings(value)["imagen"].update(numberOfImages=5),
        "stages[1].imageGenerationSettings.imagen.numberOfImages must be 1 to 4, is 5.",
    ),
    (lambda value: settings(value).update(provider="dalle"), "Unsupported image provider: dalle"),
    (form_without_fields, 'stages[0].formFields is missing: "inputType": "form" needs at least one field.'),
    (select_without_options, 'stages[0].formFields[1].options is missing: a field of type "select" needs them.'),
    (image_without_prompt, "stages[1].promptTemplate is missing: a stage that makes images needs one."),
    (lambda value: value["stages"][1].update(temperature=3), "stages[1].temperature must be 0 to 2, is 3."),
    (
        lambda value: settings(value).update(aspectRatio="wide"),
        'stages[1].imageGenerationSettings.aspectRatio must be a ratio such as "16:9", "model_default", "auto" '
        'or a {{template}}, is "wide".',
    ),
    (lambda value: value.update(stages=[]), "stages must not be empty."),
    (
        lambda value: value["stages"][1].update(outputType="picture"),
        'stages[1].outputType must be "json", "text", "image_output" or "image", is "picture".',
    ),
    (
        lambda value: field(value, 0).update(name="user-prompt"),
        'stages[0].formFields[0].name must be a letter or "_", then at most 63 letters, digits or "_" (no hyphen), '
        'is "user-prompt".',
    ),
    (
        lambda value: value["stages"][1].update(autoRun="yes"),
        'stages[1].autoRun must be true, false or "always", is "yes".',
    ),
    (
        asks_nobody,
        'stages[2]: the stage asks nobody anything. It has no "promptTemplate" and no "inputType".',
    ),
]


@BOTH
@pytest.mark.parametrize(("change", "message"), REJECTED)
def test_what_the_schema_rejects_is_said_once_in_plain_words(
    change: Callable[[JsonObject], object], message: str, strict: bool
) -> None:
    changed = copy.deepcopy(document())
    change(changed)
    assert messages(changed, strict=strict) == [message]


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ({"name": 5}, "name must be text, is 5.", None),
        ({"name": None}, "name must be text, is null.", "Leave the field out where there is no value."),
        ({"name": ""}, "name must not be empty.", None),
        ({"name": "x" * 121}, "name must have at most 120 characters, has 121.", None),
        ({"tags": ["a", "a"]}, 'tags holds "a" twice.', "Keep one of them."),
        ({"stages": {}}, "stages must be a list, is an object.", None),
        ({"id": "w\n"}, 'id must be a letter, then at most 63 letters, digits, "-" or "_", is "w\\n".', None),
        ({"budget": {"maxCost": 0}}, "budget.maxCost must be more than 0, is 0.", None),
        ({"budget": {"maxImages": 0}}, "budget.maxImages must be at least 1, is 0.", None),
        ({"budget": {"maxImages": 1.5}}, "budget.maxImages must be a whole number, is 1.5.", None),
        (
            {"budget": {"currency": "usd"}},
            'budget.currency must be three capital letters such as "USD", is "usd".',
            None,
        ),
        ({"specVersion": "one"}, 'specVersion must be a version such as "1", is "one".', None),
        (
            {"defaults": {"imageGenerationSettings": {"imageSize": "1k"}}},
            'defaults.imageGenerationSettings.imageSize must be "512", "1K", "2K", "4K", "model_default", "auto" '
            'or a {{template}}, is "1k".',
            'Did you mean "1K"?',
        ),
    ],
)
def test_each_kind_of_violation_has_its_words(change: JsonObject, message: str, hint: str | None) -> None:
    found = list(schema.problems(document() | change, False))
    assert [(each.message, each.hint) for each in found] == [(message, hint)]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            {"inputImages": ["x"]},
            ['stages[1].inputImages[0] must be text with a {{template}} or an object with "from", is "x".'],
        ),
        ({"inputImages": [{}]}, ["stages[1].inputImages[0].from is missing."]),
        (
            {"inputImages": [{"from": "x"}]},
            ['stages[1].inputImages[0].from must hold a {{template}} that stands for pictures, is "x".'],
        ),
        ({"inputImages": ["{{a.output}}"] * 15}, ["stages[1].inputImages must have at most 14 entries, has 15."]),
        ({"forEach": "all"}, ['stages[1].forEach must be one {{template}} or an object with "items", is "all".']),
        (
            {"forEach": {"items": [], "maxItems": 0}},
            [
                "stages[1].forEach.items must be one {{template}} or a list with at least one entry, is an empty list.",
                "stages[1].forEach.maxItems must be 1 to 100, is 0.",
            ],
        ),
        (
            {"redo": {"styles": [5, {"label": "x"}]}},
            [
                'stages[1].redo.styles[0] must be text or an object with "value", is 5.',
                "stages[1].redo.styles[1].value is missing.",
            ],
        ),
        ({"selection": "al"}, ['stages[1].selection must be "auto", "manual" or "all", is "al".']),
    ],
)
def test_the_branch_that_was_meant_is_explained(change: JsonObject, found: list[str]) -> None:
    changed = document()
    changed["stages"][1].update(change)
    assert messages(changed) == found


def test_every_leaf_is_reported() -> None:
    changed = document()
    changed["stages"][1].update(temperature=3, autoRun="yes", title="")
    assert len(messages(changed)) == 3


def test_a_file_that_is_no_object_says_so() -> None:
    assert messages([1]) == ["The file must be an object, is a list."]


def test_strict_refuses_unknown_keys_and_leaves_notes_alone() -> None:
    changed = document() | {"x-note": 1, "nam": "W"}
    changed["stages"][0]["x-note"] = "mine"
    assert messages(changed) == []
    assert [(each.message, each.hint) for each in schema.problems(changed, True)] == [
        ("nam is not a known field.", 'Did you mean "name"?')
    ]


def test_free_objects_stay_free_in_the_strict_schema() -> None:
    changed = document() | {"config": {"anything": 1}}
    changed["stages"][1].update(outputType="json", outputSchema={"anything": 1})
    assert messages(changed, strict=True) == []


def test_a_changed_copy_of_the_schema_changes_nothing_here() -> None:
    schema.open_schema()["required"].append("nothing")
    assert messages(document()) == []


def test_messages_never_use_the_words_of_the_validator() -> None:
    changed = document()
    for key in ("autoRun", "inputImages", "forEach", "redo", "imageGenerationSettings", "outputSchema", "model"):
        changed["stages"][1][key] = [[]]
    jargon = ("schema", "valid", "instance", "pattern", "anyOf", "does not match", "enum")
    assert len(messages(changed)) >= 6
    assert [text for text in messages(changed) for word in jargon if word in text.replace("outputSchema", "")] == []
