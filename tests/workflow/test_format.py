from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner._json import JsonObject, JsonValue
from limner.workflow.format import WIDTH, format, migrate
from limner.workflow.load import load
from limner.workflow.source import read
from workflow.diagnostic_cases import ASK, picture
from workflow.example_files import EXAMPLES, example, file

Scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
Keys = st.sampled_from(["id", "stages", "title", "config", "defaults", "formFields", "gemini", "x-y"]) | st.text()
Documents = st.recursive(Scalars, lambda inner: st.lists(inner) | st.dictionaries(Keys, inner), max_leaves=40)


@given(Documents)
def test_formatting_keeps_every_value_and_a_second_time_changes_nothing(document: JsonValue) -> None:
    text = format(document)
    assert json.loads(text) == document
    assert read(text.encode()).document == document
    assert format(json.loads(text)) == text


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_formatted_example_loads_as_before(name: str) -> None:
    text = format(json.loads(example(name)))
    before, after = load(example(name)).workflow, load(text).workflow
    assert before is not None
    assert before == after
    assert text.endswith("}\n")


@pytest.mark.parametrize("name", EXAMPLES)
def test_only_long_texts_pass_the_margin(name: str) -> None:
    long = [line for line in format(json.loads(example(name))).splitlines() if len(line) > WIDTH]
    assert [line for line in long if line.count('": ') != 1 or "{ " in line] == []


def test_the_layout_is_this() -> None:
    text = file(
        picture('"imageGenerationSettings": {"count": 2, "mine": [], "provider": "gemini"}', '"autoRun": true'),
        top='"x-note": {"b": 1, "a": {}}, "tags": ["a", "b"], "specVersion": "1", ',
    )
    assert format(read(text).document) == (
        "{\n"
        '  "specVersion": "1",\n'
        '  "id": "w",\n'
        '  "name": "W",\n'
        '  "tags": ["a", "b"],\n'
        '  "stages": [\n'
        "    {\n"
        '      "id": "pic",\n'
        '      "title": "Picture",\n'
        '      "outputType": "image_output",\n'
        '      "autoRun": true,\n'
        '      "promptTemplate": "A cat",\n'
        '      "imageGenerationSettings": { "provider": "gemini", "count": 2, "mine": [] }\n'
        "    }\n"
        "  ],\n"
        '  "x-note": { "b": 1, "a": {} }\n'
        "}\n"
    )


def test_a_line_of_exactly_the_width_stays_one_line() -> None:
    def lines(length: int) -> int:
        return len(format({"config": {"a": "x" * length}, "x-z": 1}).splitlines())

    fits = WIDTH - len('  "config": { "a": "" },')
    assert lines(fits) == 4
    assert lines(fits + 1) == 6


def test_keys_that_are_no_file_of_ours_keep_their_order() -> None:
    assert json.loads(format({"z": 1, "id": "w", "a": 2})) == {"id": "w", "z": 1, "a": 2}
    assert list(json.loads(format({"z": 1, "id": "w", "a": 2}))) == ["id", "z", "a"]


def test_lone_surrogates_are_escaped_so_that_the_text_can_be_stored() -> None:
    assert format({"a": "\ud800"}).encode() == b'{\n  "a": "\\ud800"\n}\n'


def document(text: str) -> JsonObject:
    result: JsonObject = json.loads(text)
    return result


def test_old_spellings_become_canonical() -> None:
    person = '{"id": "ask", "title": "A", "inputType": "context", "outputType": "text"},'
    form = (
        '{"id": "f", "title": "F", "inputType": "form", "outputType": "json", '
        '"formFields": [{"name": "a", "type": "checkbox"}]},'
    )
    old = picture('"imageGenerationSettings": {"aiRedoEnabled": true, "count": 2}').replace("image_output", "image")
    result, changes = migrate(document(file(person, form, old)))
    assert changes == [
        'specVersion "1" added',
        'stages[0].inputType: "context" is now "text"',
        'stages[1].formFields[0].type: "checkbox" is now "boolean"',
        'stages[2].outputType: "image" is now "image_output"',
        "stages[2].imageGenerationSettings.aiRedoEnabled moved to the stage",
    ]
    assert result["specVersion"] == "1"
    assert result["stages"][2]["aiRedoEnabled"] is True
    assert result["stages"][2]["imageGenerationSettings"] == {"count": 2}


def test_what_the_stage_says_about_redo_stays() -> None:
    text = file(picture('"aiRedoEnabled": false', '"imageGenerationSettings": {"aiRedoEnabled": true}'))
    assert migrate(document(text))[0]["stages"][0]["aiRedoEnabled"] is False


def test_redo_among_the_defaults_goes_to_every_stage_that_asks_a_model() -> None:
    top = '"specVersion": "1", "defaults": {"imageGenerationSettings": {"aiRedoEnabled": true}}, '
    result, changes = migrate(document(file(ASK + ",", picture(), top=top)))
    assert [stage.get("aiRedoEnabled") for stage in result["stages"]] == [None, True]
    assert changes == ["defaults.imageGenerationSettings.aiRedoEnabled moved to the stages"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_migration_changes_spelling_not_meaning(name: str) -> None:
    before = document(example(name))
    kept = copy.deepcopy(before)
    result, _ = migrate(before)
    assert before == kept
    assert migrate(result) == (result, [])
    old, new = load(example(name)).workflow, load(json.dumps(result)).workflow
    assert old is not None
    assert new is not None
    assert new.sha256 == old.sha256
    assert [stage.redo_enabled for stage in new.stages] == [stage.redo_enabled for stage in old.stages]
