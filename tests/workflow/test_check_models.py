from __future__ import annotations

import json

import pytest

from limner._json import JsonObject
from limner.workflow.load import load
from workflow.diagnostic_cases import ASK, picture
from workflow.example_files import codes, example, file, places

RETIRED = "gemini-2.0-flash-preview-image-generation"
IMAGEN = "imagen-4.0-generate-001"


def found(default: str = "google", top: str = "", **fields: object) -> list[str]:
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items()]
    return codes(load(file(picture(*lines), top=top), places(default)))


def settings(default: str = "google", model: str | None = None, **values: object) -> list[str]:
    fields: JsonObject = {"imageGenerationSettings": values} | ({} if model is None else {"model": model})
    return found(default, **fields)


def test_a_retired_model_is_replaced_directly_and_sent_as_written_through_a_relay() -> None:
    assert found("google", model=RETIRED) == ["W405"]
    assert found("vertex", model=RETIRED) == ["W405"]
    assert found("relay", model=RETIRED) == []
    assert found("google", model=RETIRED, connection="relay") == []


def test_a_connection_that_is_not_configured_is_taken_for_a_relay() -> None:
    assert found(model=RETIRED, connection="unheard-of") == []


def test_a_model_that_is_ending_but_not_gone_says_nothing() -> None:
    assert found(model="gemini-3.1-flash-image") == []


def test_nothing_is_checked_of_a_model_that_nobody_knows() -> None:
    assert settings(model="house-model-7", aspectRatio="7:5", imageSize="4K", negativePrompt="x") == []
    assert settings(model="vendor/house-model-7", aspectRatio="7:5") == []


def test_models_are_checked_only_where_connections_are_known() -> None:
    assert codes(load(file(picture('"imageGenerationSettings": {"aspectRatio": "7:5"}')))) == []


@pytest.mark.parametrize(
    ("ratio", "size", "model", "expected"),
    [
        ("21:9", None, None, []),
        ("7:5", None, None, ["E407"]),
        ("1:8", None, "gemini-3-pro-image", ["E407"]),
        ("model_default", "auto", None, []),
        ("", None, None, []),
        ("{{item}}:1", "{{item}}", None, ["E304", "E304"]),
        (None, "512", "gemini-3.1-flash-image", []),
        (None, "512", None, ["E407"]),
        (None, "4K", "gemini-2.5-flash-image", ["E407"]),
        ("7:5", None, "sandbox-1", ["E407"]),
    ],
)
def test_constant_ratios_and_sizes_must_be_offered(
    ratio: str | None, size: str | None, model: str | None, expected: list[str]
) -> None:
    values = {"aspectRatio": ratio, "imageSize": size}
    assert settings(model=model, **{key: value for key, value in values.items() if value is not None}) == expected


def test_the_ratio_of_imagen_counts_only_for_imagen_and_only_where_no_other_is_set() -> None:
    assert settings("vertex", IMAGEN, imagen={"aspectRatio": "21:9"}) == ["E407"]
    assert settings("vertex", IMAGEN, imagen={"aspectRatio": "21:9"}, aspectRatio="1:1") == []
    assert settings("google", imagen={"aspectRatio": "21:9"}) == []


@pytest.mark.parametrize(
    ("provider", "model", "connection", "expected"),
    [
        ("gemini", IMAGEN, "vertex", ["E400"]),
        ("imagen", "gemini-3-pro-image", "vertex", ["E400"]),
        ("imagen", IMAGEN, "vertex", []),
        ("imagen", "sandbox-1", "sandbox", []),
        ("gemini", IMAGEN, "relay", ["E400"]),
        (None, IMAGEN, "vertex", []),
        ("imagen", None, "vertex", []),
        ("imagen", None, "google", ["W406"]),
        ("imagen", None, "relay", []),
        (None, IMAGEN, "google", ["W405"]),
        ("imagen", IMAGEN, "google", ["W405", "W406"]),
        (None, IMAGEN, "vertex-without-imagen", ["W406"]),
    ],
)
def test_provider_model_and_connection_must_fit(
    provider: str | None, model: str | None, connection: str, expected: list[str]
) -> None:
    values = {} if provider is None else {"provider": provider}
    assert sorted(settings(connection, model, **values)) == expected


def test_a_provider_among_the_defaults_counts_too() -> None:
    top = '"defaults": {"imageGenerationSettings": {"provider": "gemini"}}, '
    assert found("vertex", top=top, model=IMAGEN) == ["E400"]


def test_words_cannot_be_left_out_by_a_model_that_always_writes() -> None:
    only_image = {"responseModalities": ["IMAGE"]}
    assert settings("relay", RETIRED, gemini=only_image) == ["E402"]
    assert settings("relay", "gemini-3-pro-image", gemini=only_image) == []
    assert settings("google", RETIRED, gemini=only_image) == ["W405"]


@pytest.mark.parametrize(("count", "expected"), [(4, []), (5, ["E403"]), (8, ["E403"])])
def test_imagen_makes_four_at_most(count: int, expected: list[str]) -> None:
    assert settings("vertex", IMAGEN, count=count) == expected
    assert settings("google", count=count) == []


def test_a_negative_prompt_that_the_template_places_itself_is_not_folded() -> None:
    text = picture('"imageGenerationSettings": {"negativePrompt": "text"}')
    used = text.replace("A cat", "A cat without {{ config.imageGenerationSettings.negativePrompt }}")
    assert codes(load(file(text), places())) == ["W404"]
    assert codes(load(file(used), places())) == []


def test_imagen_takes_no_temperature() -> None:
    assert found("vertex", model=IMAGEN, temperature=1) == ["W408"]
    assert found("vertex", top='"defaults": {"temperature": 1}, ', model=IMAGEN) == ["W408"]
    assert found("google", temperature=1) == []


def test_a_storage_target_must_be_configured() -> None:
    text = file(picture('"imageGenerationSettings": {"storeInFirebase": true}'))
    assert codes(load(text, places(), targets=("attic",))) == ["W410"]
    assert codes(load(text, places(), targets=("firebase",))) == []
    (finding,) = load(text, places(), targets=("b", "a")).diagnostics
    assert finding.hint == "Configured are: a, b."


@pytest.mark.parametrize(
    ("model", "sure", "optional", "expected"),
    [
        ("gemini-2.5-flash-image", 3, 2, []),
        ("gemini-2.5-flash-image", 4, 0, ["W414"]),
        ("gemini-3-pro-image", 14, 0, []),
        (IMAGEN, 0, 1, []),
        (IMAGEN, 1, 0, ["E413"]),
    ],
)
def test_input_images_that_are_sure_to_be_sent_are_counted(
    model: str, sure: int, optional: int, expected: list[str]
) -> None:
    source = "{{src.output.image}}"
    images: list[object] = [source] * sure + [{"from": source, "optional": True}] * optional
    person = '{"id": "src", "title": "S", "inputType": "image", "outputType": "json"},'
    lines = [f'"inputImages": {json.dumps(images)}', '"dependencies": ["src"]', f'"model": "{model}"']
    assert codes(load(file(person, picture(*lines)), places("vertex"))) == expected


def test_what_the_defaults_say_is_reported_once_and_in_its_place() -> None:
    top = '"defaults": {"imageGenerationSettings": {"aspectRatio": "7:5"}}, '
    first = picture().replace('"pic"', '"one"')
    found = [each for each in load(file(first + ",", picture(), top=top), places()).diagnostics if each.code == "E407"]
    assert [(each.path, each.line) for each in found] == [("/defaults/imageGenerationSettings/aspectRatio", 1)]


def test_stages_that_ask_a_person_are_not_checked() -> None:
    text = file(ASK[:-1] + ', "model": "imagen-4.0-generate-001", "temperature": 1}')
    assert codes(load(text, places("vertex"))) == ["W411", "W411"]


def test_the_example_for_a_relay_is_checked_against_what_the_catalog_knows() -> None:
    text = example("product-poster-relay").replace('"{{product.output.ratio}}"', '"1:8"')
    assert "E407" in codes(load(text, places()))
