from __future__ import annotations

import json
from typing import Any

import pytest

from limner._json import JsonObject, JsonValue
from limner.workflow.model import FormField, Option, Stage, Validation
from limner.workflow.read_fields import label_of
from workflow.diagnostic_cases import picture
from workflow.example_files import example, file, workflow_of


def stage_of(document: JsonObject, defaults: JsonObject | None = None) -> Stage:
    top = f'"defaults": {json.dumps(defaults)}, ' if defaults is not None else ""
    return workflow_of(file(json.dumps({"id": "s", "title": "Title"} | document), top=top)).stage("s")


def image(settings: JsonObject, defaults: JsonObject | None = None, **fields: Any) -> Stage:
    common = {"outputType": "image", "promptTemplate": "A cat", "imageGenerationSettings": settings}
    return stage_of(common | fields, None if defaults is None else {"imageGenerationSettings": defaults})


def only_field(**document: JsonValue) -> FormField:
    field = {"name": "a", "type": "text"} | document
    return stage_of({"inputType": "form", "outputType": "json", "formFields": [field]}).fields[0]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"outputType": "image_output", "promptTemplate": "x"}, "image"),
        ({"outputType": "image", "inputType": "text", "promptTemplate": "x"}, "image"),
        ({"outputType": "json", "promptTemplate": "x"}, "json"),
        ({"outputType": "text", "promptTemplate": "x"}, "text"),
        ({"outputType": "text", "inputType": "context"}, "input"),
        ({"outputType": "json", "inputType": "image"}, "input"),
    ],
)
def test_the_kind_is_derived(document: JsonObject, kind: str) -> None:
    assert stage_of(document).kind == kind


def test_a_stage_that_says_little_has_the_defaults_of_the_format() -> None:
    stage = image({})
    assert (stage.output_type, stage.auto_run, stage.selection, stage.redo_enabled) == (
        "image_output",
        False,
        "auto",
        False,
    )
    assert (stage.model, stage.connection, stage.temperature, stage.timeout_s) == (None, None, None, None)
    assert (stage.redo.prompt_mode, stage.redo.styles, stage.for_each, stage.input_images) == ("full", (), None, ())
    assert (stage.image.provider, stage.image.count, stage.image.response_modalities) == (
        "gemini",
        1,
        ("TEXT", "IMAGE"),
    )
    assert (stage.image.storage_target, stage.image.person_generation) == (None, None)


def test_defaults_are_merged_key_by_key_and_the_stage_wins() -> None:
    below = {
        "gemini": {"thinkingLevel": "low", "googleSearch": True},
        "count": 2,
        "storage": {"target": "a", "prefix": "p"},
    }
    stage = image({"gemini": {"thinkingLevel": "high"}, "storage": {"target": "b"}}, below)
    assert (stage.image.thinking_level, stage.image.google_search, stage.image.count) == ("high", True, 2)
    assert (stage.image.storage_target, stage.image.storage_prefix) == ("b", "p")
    assert stage.image.document == {
        "gemini": {"thinkingLevel": "high", "googleSearch": True},
        "count": 2,
        "storage": {"target": "b", "prefix": "p"},
    }
    assert stage.document["imageGenerationSettings"] == {
        "gemini": {"thinkingLevel": "high"},
        "storage": {"target": "b"},
    }


def test_model_connection_and_temperature_come_from_the_defaults() -> None:
    defaults = {"model": "m", "connection": "c", "temperature": 0.5}
    stage = stage_of({"outputType": "text", "promptTemplate": "x", "model": "mine"}, defaults)
    assert (stage.model, stage.connection, stage.temperature) == ("mine", "c", 0.5)


@pytest.mark.parametrize(
    ("settings", "model", "provider", "count"),
    [
        ({}, None, "gemini", 1),
        ({}, "gemini-3-pro-image", "gemini", 1),
        ({}, "imagen-4.0-generate-001", "imagen", 1),
        ({}, "models/imagen-4.0-generate-001", "imagen", 1),
        ({"imagen": {"numberOfImages": 3}}, None, "gemini", 1),
        ({"imagen": {"numberOfImages": 3}}, "imagen-4.0-generate-001", "imagen", 3),
        ({"provider": "imagen", "imagen": {"numberOfImages": 3}}, None, "imagen", 3),
        ({"provider": "imagen", "imagen": {"numberOfImages": 3}, "count": 2}, None, "imagen", 2),
        ({"provider": "imagen"}, None, "imagen", 1),
        ({"count": 3.0}, None, "gemini", 3),
    ],
)
def test_provider_and_count(settings: JsonObject, model: str | None, provider: str, count: int) -> None:
    own: dict[str, Any] = {} if model is None else {"model": model}
    stage = image(settings, **own)
    assert (stage.image.provider, stage.image.count) == (provider, count)
    assert isinstance(stage.image.count, int)


@pytest.mark.parametrize(
    ("settings", "target"),
    [
        ({}, None),
        ({"storeInFirebase": False}, None),
        ({"storeInFirebase": True}, "firebase"),
        ({"storeInFirebase": True, "storage": {"target": "attic"}}, "attic"),
    ],
)
def test_where_images_are_copied_to(settings: JsonObject, target: str | None) -> None:
    assert image(settings).image.storage_target == target


@pytest.mark.parametrize(
    ("stage", "settings", "enabled"),
    [(None, None, False), (True, None, True), (None, True, True), (False, True, False), (True, False, True)],
)
def test_redo_is_enabled_by_the_stage_before_the_settings(
    stage: bool | None, settings: bool | None, enabled: bool
) -> None:
    own: dict[str, Any] = {} if stage is None else {"aiRedoEnabled": stage}
    assert image({} if settings is None else {"aiRedoEnabled": settings}, **own).redo_enabled is enabled


def test_a_text_stage_has_one_text_area_that_must_be_filled() -> None:
    for input_type in ("text", "context"):
        stage = stage_of({"outputType": "text", "inputType": input_type})
        assert stage.is_text_input
        (field,) = stage.fields
        assert (field.name, field.type, field.label, field.rows) == ("text", "textarea", "Title", 3)
        assert field.validation == Validation(required=True)
        assert field.token_counter
    assert not stage_of({"outputType": "json", "inputType": "text"}).is_text_input


def test_an_image_stage_of_a_person_has_one_image_field() -> None:
    (field,) = stage_of({"outputType": "json", "inputType": "image"}).fields
    assert (field.name, field.type, field.validation) == ("image", "image", Validation(required=True))


def test_a_stage_that_asks_a_model_keeps_its_own_form() -> None:
    stage = image({}, inputType="form", formFields=[{"name": "mood", "type": "text"}])
    assert [field.name for field in stage.fields] == ["mood"]
    assert not image({}, inputType="text").is_text_input


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("aspectRatio", "Aspect ratio"),
        ("logo_style", "Logo style"),
        ("userPrompt2", "User prompt2"),
        ("imageURL", "Image URL"),
        ("x", "X"),
        ("_", "_"),
        ("__a__b", "A b"),
    ],
)
def test_a_label_is_the_name_in_words(name: str, label: str) -> None:
    assert label_of(name) == label
    assert only_field(name=name).label == label


def test_a_field_that_says_little_has_the_defaults_of_its_type() -> None:
    assert only_field() == FormField(name="a", label="A", type="text")
    assert only_field(type="checkbox").type == "boolean"
    assert only_field(type="textarea").token_counter
    assert not only_field(type="textarea", tokenCounter=False).token_counter


def test_only_the_first_text_area_for_a_prompt_is_tall() -> None:
    fields = [{"name": name, "type": "textarea"} for name in ("story", "userPrompt", "otherPrompt")]
    document = {"inputType": "form", "outputType": "json", "formFields": [{"name": "prompt", "type": "text"}, *fields]}
    assert [field.rows for field in stage_of(document).fields] == [3, 3, 7, 3]
    assert only_field(name="prompt", type="textarea", rows=5).rows == 5


def test_options_may_be_plain_text_or_objects() -> None:
    options = ["a", {"value": 1.0}, {"value": True}, {"value": "b", "label": "B", "description": "d"}]
    assert only_field(type="select", options=options).options == (
        Option(value="a", label="a"),
        Option(value=1.0, label="1"),
        Option(value=True, label="true"),
        Option(value="b", label="B", description="d"),
    )


def test_every_rule_of_a_field_is_read() -> None:
    rules = {"required": True, "minLength": 2, "maxLength": 9, "pattern": "a+", "patternMessage": "only a"}
    assert only_field(validation=rules).validation == Validation(
        required=True, min_length=2, max_length=9, pattern="a+", pattern_message="only a"
    )
    pictures = {"minItems": 1, "maxItems": 3, "accept": ["image/png"], "maxBytes": 10}
    assert only_field(type="images", validation=pictures).validation == Validation(
        min_items=1, max_items=3, accept=("image/png",), max_bytes=10
    )
    assert only_field(type="number", validation={"min": 1, "max": 2.5, "step": 0.5}).validation == Validation(
        min=1, max=2.5, step=0.5
    )


def test_input_images_repetition_and_redo_are_read() -> None:
    storybook = workflow_of(example("storybook")).stage("illustrations")
    assert storybook.for_each is not None
    assert (storybook.for_each.items, storybook.for_each.max_items, storybook.for_each.on_error) == (
        "{{script.output.pages}}",
        12,
        "continue",
    )
    assert [(each.source, each.role, each.optional) for each in storybook.input_images] == [
        ("{{character-sheet.output.image}}", "character sheet of the hero", False)
    ]
    logo = workflow_of(example("logo-generator")).stage("logo")
    assert [style.value for style in logo.redo.styles] == ["flat vector", "monogram", "hand-drawn", "neon sign"]
    edited = workflow_of(example("photo-edit")).stage("edited")
    assert (edited.redo.prompt_mode, edited.redo.notes_placeholder) == (
        "notes",
        "What would you like to change or add?",
    )
    assert [each.optional for each in edited.input_images] == [False, True]


def test_items_may_be_written_out() -> None:
    text = file(picture('"forEach": {"items": ["a", {"b": 1}], "concurrency": 4}'))
    each = workflow_of(text).stage("pic").for_each
    assert each is not None
    assert (each.items, each.max_items, each.concurrency) == (("a", {"b": 1}), 12, 4)
