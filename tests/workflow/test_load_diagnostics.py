from __future__ import annotations

import re
from pathlib import Path

import pytest

from limner.workflow import load as load_module
from workflow.diagnostic_cases import ASK, TEXT, Case, form, picture
from workflow.example_files import file

ELSEWHERE = ("source.py", "check_models.py", "check_templates.py", "template_shapes.py")
"""Their codes are tested beside them."""

CASES = [
    Case(
        code="E103",
        text=file(picture('"imageGenerationSettings": {"provider": "dalle"}')),
        line=3,
        column=41,
        at='"dalle"}}',
        message="Unsupported image provider: dalle",
        hint='Write "gemini" or "imagen".',
    ),
    Case(
        code="E103",
        text=file(picture('"imageGenerationSettings": {"imagen": {"numberOfImages": 5}}')),
        line=3,
        column=58,
        at="5}}}",
        message="stages[0].imageGenerationSettings.imagen.numberOfImages must be 1 to 4, is 5.",
    ),
    Case(
        code="E103",
        text=file('{"id": "a", "title": "A", "outputType": "text"}'),
        line=2,
        column=1,
        at='{"id": "a", "title": "A"',
        message='stages[0]: the stage asks nobody anything. It has no "promptTemplate" and no "inputType".',
        hint='Add "promptTemplate" to ask a model, or "inputType": "form" or "text" to ask a person.',
    ),
    Case(
        code="E103",
        text=file('{"id": "a", "title": "A", "outputType": "json", "inputType": "fom", "promptTemplate": "x"}'),
        line=2,
        column=62,
        at='"fom", "promptTemplate":',
        message='stages[0].inputType must be "none", "form", "text", "image" or "context", is "fom".',
        hint='Did you mean "form"?',
    ),
    Case(
        code="E103",
        text=file(ASK.replace("ask", "config")),
        line=2,
        column=8,
        at='"config", "title": "Ask"',
        message='stages[0].id must not be "config": templates use this word.',
        hint=(
            'None of "config", "self", "item", "index", "count", "workflow", "run", "env" or "secrets" can be an id.'
        ),
    ),
    Case(
        code="E103",
        text=file(form('{"name": "a", "type": "text"}', '{"name": "a", "type": "text"}')),
        line=4,
        column=10,
        at='"a", "type": "text"}',
        message='stages[0].formFields[1].name must be used once, and stages[0].formFields[0] is "a" already.',
        hint="Rename one of them.",
    ),
    Case(
        code="E103",
        text=file(form('{"name": "a", "type": "number", "defaultValue": "1"}')),
        line=3,
        column=49,
        at='"1"}',
        message='stages[0].formFields[0].defaultValue must be a number, is "1".',
        hint="Write a value that the field itself accepts, or leave the default out.",
    ),
    Case(
        code="E103",
        text=file(form('{"name": "a", "type": "radio", "options": ["b"], "defaultValue": "c"}')),
        line=3,
        column=66,
        at='"c"}',
        message='stages[0].formFields[0].defaultValue must be one of the options ("b"), is "c".',
        hint="Write a value that the field itself accepts, or leave the default out.",
    ),
    Case(
        code="E103",
        text=file(form('{"name": "a", "type": "text", "validation": {"pattern": "("}}')),
        line=3,
        column=57,
        at='"("}}',
        message='stages[0].formFields[0].validation.pattern is no regular expression: "(".',
        hint="Parentheses and brackets need their partner; a backslash in JSON is written twice.",
    ),
    Case(
        code="E103",
        text=file(form('{"name": "a", "type": "text", "validation": {"minLength": 5, "maxLength": 2}}')),
        line=3,
        column=59,
        at='5, "maxLength": 2}}',
        message="stages[0].formFields[0].validation.minLength is 5, more than maxLength (2): no value fits.",
        hint="Swap the two.",
    ),
    Case(
        code="E103",
        text=file(
            '{"id": "a", "title": "A", "outputType": "json", "promptTemplate": "x",',
            '"outputSchema": {"type": "strin"}}',
        ),
        line=3,
        column=26,
        at='"strin"}}',
        message="stages[0].outputSchema.type is not valid in a JSON Schema (draft 2020-12).",
        hint="Types are string, number, integer, boolean, object, array and null.",
    ),
    Case(
        code="E104",
        text=file(ASK, top='"specVersion": "2", '),
        line=1,
        column=41,
        at='"2", "stages": [',
        message='The file needs a program that reads specVersion "2"; this one reads "1".',
        hint='Update the program, or write "1" if the file uses nothing newer.',
    ),
    Case(
        code="E105",
        text=file(picture('"connection": "sk-' + "a1" * 8 + '"')),
        line=3,
        column=15,
        at='"sk-a1a1a1a1a1a1a1a1"}',
        message="stages[0].connection holds what looks like a key; a workflow never holds one.",
        hint=('Keep the key in a connection, name that in "connection", and replace the key if others saw it.'),
    ),
    Case(
        code="W110",
        text=file(picture('"promptTemplat": "x"')),
        line=3,
        column=1,
        at='"promptTemplat": "x"}',
        message="stages[0].promptTemplat is not a known field: did you mean promptTemplate?",
        hint='Rename it to promptTemplate, or call it "x-promptTemplat" if it is a note of your own.',
    ),
    Case(
        code="W110",
        text=file(picture('"aspectRatio": "1:1"')),
        line=3,
        column=1,
        at='"aspectRatio": "1:1"}',
        message='stages[0].aspectRatio is not a known field; it belongs in "imageGenerationSettings".',
        hint='Move "aspectRatio" there, or call it "x-aspectRatio" if it is a note of your own.',
    ),
    Case(
        code="W110",
        text=file(picture('"imageGenerationSettings": {"imagen": {"addWatermark": true}}')),
        line=3,
        column=40,
        at='"addWatermark": true}}}',
        message=(
            "stages[0].imageGenerationSettings.imagen.addWatermark is not a known field. It is kept and not sent."
        ),
        hint='Remove it, or call it "x-addWatermark" if it is a note of your own.',
    ),
    Case(
        code="W111",
        text=file(ASK, top='"specVersion": "1.3", '),
        line=1,
        column=41,
        at='"1.3", "stages": [',
        message='specVersion "1.3" is newer than "1": fields that came later are not known here.',
        hint="Update the program if fields are missed.",
    ),
    Case(
        code="W111",
        text=file(ASK, top='"specVersion": "0", '),
        line=1,
        column=41,
        at='"0", "stages": [',
        message='specVersion "0" never was; the file is read as "1".',
        hint='Write "1".',
    ),
    Case(
        code="W111",
        text=file('{"id": "ask", "title": "Ask", "outputType": "text", "inputType": "context"}'),
        line=2,
        column=66,
        at='"context"}',
        message='stages[0].inputType: "context" is read as "text".',
        hint='Write "text".',
    ),
    Case(
        code="W111",
        text=file(picture('"imageGenerationSettings": {"aiRedoEnabled": true}')),
        line=3,
        column=29,
        at='"aiRedoEnabled": true}}',
        message="stages[0].imageGenerationSettings.aiRedoEnabled is read, but its place is the stage itself.",
        hint='Move it out of "imageGenerationSettings".',
    ),
    Case(
        code="E200",
        text=file(ASK + ",", ASK),
        line=3,
        column=8,
        at='"ask", "title": "Ask", "',
        message='stages[1].id is "ask", and stages[0] has this id already.',
        hint="Give one of them another id.",
    ),
    Case(
        code="E201",
        text=file(ASK + ",", picture('"dependencies": ["aks"]')),
        line=4,
        column=18,
        at='"aks"]}',
        message='stages[1].dependencies[0] names "aks", and no stage has this id.',
        hint='Did you mean "ask"?',
    ),
    Case(
        code="E202",
        text=file(picture('"dependencies": ["pic"]')),
        line=3,
        column=18,
        at='"pic"]}',
        message='stages[0].dependencies[0]: stage "pic" cannot depend on itself.',
        hint="Remove it; a template reads the stage's own form as {{self.input.…}}.",
    ),
    Case(
        code="E203",
        text=file(TEXT.replace("ID", "a").replace("OTHER", "b") + ",", TEXT.replace("ID", "b").replace("OTHER", "a")),
        line=2,
        column=72,
        at='"dependencies": ["b"]},',
        message="Stages wait for each other in a circle: a → b → a.",
        hint="Remove one of these dependencies, and what the templates use of it.",
    ),
    Case(
        code="W204",
        text=file(ASK + ",", picture('"systemInstruction": "{{ask.output}}"')),
        line=3,
        column=1,
        at='{"id": "pic", "title": "',
        message='stages[1] uses "ask" in a template without naming it in "dependencies".',
        hint='Add "ask" to its "dependencies".',
    ),
    Case(
        code="I206",
        text=file(ASK + ",", picture()),
        line=2,
        column=8,
        at='"ask", "title": "Ask", "',
        message='The output of "ask" is used by no other stage; the result is "pic".',
        hint='Name the stage that is the result in "finalStage", or remove this one.',
    ),
    Case(
        code="E207",
        text=file(ASK, top='"finalStage": "aks", '),
        line=1,
        column=40,
        at='"aks", "stages": [',
        message='finalStage names "aks", and no stage has this id.',
        hint='Did you mean "ask"?',
    ),
    Case(
        code="E401",
        text=file(picture('"imageGenerationSettings": {"gemini": {"responseModalities": ["TEXT"]}}')),
        line=3,
        column=62,
        at='["TEXT"]}}}',
        message=(
            'stages[0].imageGenerationSettings.gemini.responseModalities must contain "IMAGE": without '
            "it the model answers with text only."
        ),
        hint='Write ["TEXT", "IMAGE"].',
    ),
    Case(
        code="W409",
        text=file(picture('"imageGenerationSettings": {"styleGuidanceInternal": "soft"}')),
        line=3,
        column=29,
        at='"styleGuidanceInternal":',
        message=(
            "stages[0].imageGenerationSettings.styleGuidanceInternal is set, but no template uses it: "
            "it does not reach the model."
        ),
        hint="Put {{config.imageGenerationSettings.styleGuidanceInternal}} into the promptTemplate.",
    ),
    Case(
        code="W411",
        text=file(ASK[:-1] + ', "autoRun": true}'),
        line=2,
        column=74,
        at='"autoRun": true}',
        message="stages[0].autoRun has no effect on a stage that asks a person.",
        hint="Remove it.",
    ),
    Case(
        code="W411",
        text=file(form('{"name": "a", "type": "number", "validation": {"minLength": 1}}')),
        line=3,
        column=48,
        at='"minLength": 1}}',
        message='stages[0].formFields[0].validation.minLength has no effect on a field of type "number".',
        hint="Remove it.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.message[:40]}")
def test_each_finding_has_its_words_and_its_place(case: Case) -> None:
    case.check()


def test_the_table_has_every_code_that_the_loader_can_give() -> None:
    folder = Path(load_module.__file__).parent
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py") if path.name not in ELSEWHERE]
    known = {code for text in texts for code in re.findall(r'"([EWI][0-9]{3})"', text)}
    assert known - {case.code for case in CASES} == {"W405"}  # only named there, as one that strict reading refuses
