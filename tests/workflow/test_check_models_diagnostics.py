from __future__ import annotations

import re
from pathlib import Path

import pytest

from limner.workflow import load as load_module
from workflow.diagnostic_cases import ASK, TEXT, Case, picture
from workflow.example_files import file

IMAGEN = '"connection": "vertex", "model": "imagen-4.0-generate-001"'

CASES = [
    Case(
        code="E400",
        text=file(picture('"model": "imagen-4.0-generate-001"', '"imageGenerationSettings": {"provider": "gemini"}')),
        line=3,
        column=10,
        at='"imagen-4.0-generate-001',
        message=(
            "stages[0].model: 'imagen-4.0-generate-001' is a model of provider 'imagen', and the provider is 'gemini'."
        ),
        hint='Write "provider": "imagen", or leave the provider out: the model says it.',
    ),
    Case(
        code="E400",
        text=file(TEXT.replace("ID", "a").replace('["OTHER"]', '[], "model": "imagen-4.0-generate-001"')),
        line=2,
        column=101,
        at='"imagen-4.0-generate-001',
        message="stages[0].model: 'imagen-4.0-generate-001' makes images only, and this stage asks for text.",
        hint="Name a Gemini model, or leave the model out.",
    ),
    Case(
        code="E402",
        text=file(
            picture(
                '"connection": "relay"',
                '"model": "gemini-2.0-flash-preview-image-generation"',
                '"imageGenerationSettings": {"gemini": {"responseModalities": ["IMAGE"]}}',
            )
        ),
        line=5,
        column=62,
        at='["IMAGE"]}}}',
        message=(
            "stages[0].imageGenerationSettings.gemini.responseModalities: "
            "'gemini-2.0-flash-preview-image-generation' cannot answer with images alone."
        ),
        hint='Write ["TEXT", "IMAGE"].',
    ),
    Case(
        code="E403",
        text=file(picture(IMAGEN, '"imageGenerationSettings": {"count": 6}')),
        line=4,
        column=38,
        at="6}}",
        message="stages[0].imageGenerationSettings.count must be 1 to 4 for 'imagen-4.0-generate-001', is 6.",
        hint="Write 4.",
    ),
    Case(
        code="W404",
        text=file(picture('"imageGenerationSettings": {"negativePrompt": "text"}')),
        line=3,
        column=47,
        at='"text"}}',
        message=(
            "stages[0].imageGenerationSettings.negativePrompt: 'gemini-nano-banana-2.1' has no such "
            'input; the prompt ends with an "Avoid:" line instead.'
        ),
        hint=("Put {{config.imageGenerationSettings.negativePrompt}} into the promptTemplate to place it yourself."),
    ),
    Case(
        code="W405",
        text=file(picture('"model": "gemini-2.5-flash-image-preview"')),
        line=3,
        column=10,
        at='"gemini-2.5-flash-image-',
        message=(
            "Model 'gemini-2.5-flash-image-preview' was shut down on 2026-01-15 (announced: Gemini API "
            "deprecations page, late September 2026; changelog). 'gemini-nano-banana-2.1' is used "
            "instead."
        ),
        hint='Write "model": "gemini-nano-banana-2.1".',
    ),
    Case(
        code="W406",
        text=file(picture('"imageGenerationSettings": {"provider": "imagen", "imagen": {"numberOfImages": 3}}')),
        line=3,
        column=41,
        at='"imagen", "imagen": {"nu',
        message=(
            "Connection 'google' has no Imagen: 'gemini-nano-banana-2.1' makes 3 images instead, and "
            "personGeneration is not applied."
        ),
        hint='Write "provider": "gemini", or name a connection that has Imagen.',
    ),
    Case(
        code="E407",
        text=file(picture('"model": "gemini-3-pro-image"', '"imageGenerationSettings": {"aspectRatio": "7:5"}')),
        line=4,
        column=44,
        at='"7:5"}}',
        message=(
            "stages[0].imageGenerationSettings.aspectRatio: 'gemini-3-pro-image' does not offer \"7:5\". "
            "It offers 1:1, 2:3, 3:2, 3:4, 4:3, 4:5, 5:4, 9:16, 16:9, 21:9. Nearest: 4:3."
        ),
        hint='Write "4:3".',
    ),
    Case(
        code="E407",
        text=file(picture('"imageGenerationSettings": {"imageSize": "512"}')),
        line=3,
        column=42,
        at='"512"}}',
        message=(
            "stages[0].imageGenerationSettings.imageSize: 'gemini-nano-banana-2.1' does not offer "
            '"512". It offers 1K, 2K, 4K. Nearest: 1K.'
        ),
        hint='Write "1K".',
    ),
    Case(
        code="W408",
        text=file(picture(IMAGEN, '"temperature": 0.5')),
        line=4,
        column=16,
        at="0.5}",
        message="stages[0].temperature is not sent: 'imagen-4.0-generate-001' takes no temperature.",
        hint="Remove it.",
    ),
    Case(
        code="W410",
        text=file(picture('"imageGenerationSettings": {"storage": {"target": "attic"}}')),
        line=3,
        column=51,
        at='"attic"}}}',
        message=(
            'stages[0].imageGenerationSettings.storage.target: no storage target named "attic" is '
            "configured; images stay in the local library."
        ),
        hint="Add the target to the configuration.",
    ),
    Case(
        code="W410",
        text=file(picture('"imageGenerationSettings": {"storeInFirebase": true}')),
        line=3,
        column=48,
        at="true}}",
        message=(
            'stages[0].imageGenerationSettings.storeInFirebase: no storage target named "firebase" is '
            "configured; images stay in the local library."
        ),
        hint="Add the target to the configuration.",
    ),
    Case(
        code="W412",
        text=file(picture(IMAGEN, '"imageGenerationSettings": {"imagen": {"personGeneration": "allow_all"}}')),
        line=4,
        column=60,
        at='"allow_all"}}}',
        message=(
            'stages[0].imageGenerationSettings.imagen.personGeneration: "allow_all" may be refused in '
            "the EU, the UK, Switzerland, the Middle East and North Africa."
        ),
        hint='Write "allow_adult" to be accepted everywhere.',
    ),
    Case(
        code="E413",
        text=file(ASK + ",", picture(IMAGEN, '"dependencies": ["ask"]', '"inputImages": ["{{ask.output}}"]')),
        line=6,
        column=16,
        at='["{{ask.output}}"]}',
        message="stages[1].inputImages sends 1 or more images, and 'imagen-4.0-generate-001' takes none.",
        hint="Leave some out, or name another model.",
    ),
    Case(
        code="W414",
        text=file(
            ASK + ",",
            picture(
                '"model": "gemini-2.5-flash-image"',
                '"inputImages": ["{{ask.output}}", "{{ask.output}}", "{{ask.output}}", "{{ask.output}}"]',
            ),
        ),
        line=5,
        column=16,
        at='["{{ask.output}}", "{{as',
        message=("stages[1].inputImages sends 4 or more images; 'gemini-2.5-flash-image' is good with up to 3."),
        hint="Leave some out, or name another model.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.message[:40]}")
def test_each_finding_has_its_words_and_its_place(case: Case) -> None:
    case.check()


def test_the_table_has_every_code_that_the_check_can_give() -> None:
    text = (Path(load_module.__file__).parent / "check_models.py").read_text(encoding="utf-8")
    assert {case.code for case in CASES} == set(re.findall(r'"([EWI][0-9]{3})"', text))
