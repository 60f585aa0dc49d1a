"""A stage as it is used, from a document that the schema allows: defaults filled in, every spelling made canonical."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from limner._json import JsonObject, JsonValue
from limner.workflow.model import MAX_ITEMS, ForEach, ImageSettings, InputImage, Kind, Provider, Redo, Stage
from limner.workflow.read_fields import read_fields, read_options, whole

OutputType = Literal["json", "text", "image_output"]

_IMAGEN = re.compile(r"(?:.*/)?imagen-.*", re.IGNORECASE | re.DOTALL)


def read_stages(document: JsonObject, dependencies: Mapping[str, Sequence[str]]) -> tuple[Stage, ...]:
    """The stages in file order; `dependencies` are the effective ones of each id."""
    defaults = document.get("defaults", {})
    return tuple(_stage(each, defaults, tuple(dependencies.get(each["id"], ()))) for each in document["stages"])


def kind_of(stage: JsonObject) -> Kind:
    """What the stage is, derived from its types and whether it has a prompt."""
    output_type = stage["outputType"]
    if output_type in ("image", "image_output"):
        return "image"
    if "promptTemplate" not in stage:
        return "input"
    return "json" if output_type == "json" else "text"


def settings_of(document: JsonObject, stage: JsonObject) -> JsonObject:
    """The stage's `imageGenerationSettings` merged into those of `defaults`, key by key."""
    return _settings(document.get("defaults", {}), stage)


def _settings(defaults: JsonObject, stage: JsonObject) -> JsonObject:
    return dict(_merged(defaults.get("imageGenerationSettings", {}), stage.get("imageGenerationSettings", {})))


def _merged(below: JsonValue, above: JsonValue) -> JsonValue:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {key: _merged(below[key], value) if key in below else value for key, value in above.items()}


def _stage(document: JsonObject, defaults: JsonObject, dependencies: tuple[str, ...]) -> Stage:
    kind = kind_of(document)
    output_type: OutputType = "image_output" if kind == "image" else document["outputType"]
    common = Stage(
        id=document["id"],
        title=document["title"],
        kind=kind,
        output_type=output_type,
        description=document.get("description"),
        fields=read_fields(document),
        dependencies=dependencies,
        is_text_input=kind == "input" and output_type == "text" and document.get("inputType") in ("text", "context"),
        document=document,
    )
    return common if kind == "input" else _asking_a_model(common, defaults)


def _asking_a_model(stage: Stage, defaults: JsonObject) -> Stage:
    document = stage.document
    settings = _settings(defaults, document)
    inherited = defaults | document
    model = inherited.get("model")
    redo = document.get("redo", {})
    redo_enabled = bool(document.get("aiRedoEnabled", settings.get("aiRedoEnabled", False)))
    return replace(
        stage,
        auto_run=document.get("autoRun", False),
        model=model,
        connection=inherited.get("connection"),
        temperature=inherited.get("temperature"),
        system_instruction=document.get("systemInstruction"),
        prompt_template=document.get("promptTemplate"),
        input_images=tuple(_input_image(each) for each in document.get("inputImages", [])),
        output_schema=document.get("outputSchema"),
        for_each=_for_each(document.get("forEach")),
        selection=document.get("selection", "auto"),
        redo_enabled=redo_enabled,
        redo=Redo(
            prompt_mode=redo.get("promptMode", "full"),
            styles=read_options(redo.get("styles", [])),
            notes_placeholder=redo.get("notesPlaceholder"),
        ),
        image=_image_settings(settings, model),
        timeout_s=whole(document.get("timeoutSeconds")),
    )


def _input_image(document: JsonValue) -> InputImage:
    if isinstance(document, str):
        return InputImage(source=document)
    return InputImage(source=document["from"], role=document.get("role"), optional=document.get("optional", False))


def _for_each(document: JsonValue) -> ForEach | None:
    if document is None:
        return None
    if isinstance(document, str):
        return ForEach(items=document)
    items = document["items"]
    return ForEach(
        items=items if isinstance(items, str) else tuple(items),
        max_items=int(document.get("maxItems", MAX_ITEMS)),
        concurrency=int(document.get("concurrency", 2)),
        on_error=document.get("onError", "continue"),
    )


def provider_of(settings: JsonObject, model: str | None) -> Provider:
    """The call shape: as the settings say, else by the name of the model."""
    said: Provider | None = settings.get("provider")
    if said is not None:
        return said
    return "imagen" if model is not None and _IMAGEN.fullmatch(model) else "gemini"


def _image_settings(settings: JsonObject, model: str | None) -> ImageSettings:
    provider = provider_of(settings, model)
    gemini, imagen = settings.get("gemini", {}), settings.get("imagen", {})
    storage = settings.get("storage", {})
    in_firebase = "firebase" if settings.get("storeInFirebase", False) else None
    pictures = imagen.get("numberOfImages", 1) if provider == "imagen" else 1
    return ImageSettings(
        provider=provider,
        count=int(settings.get("count", pictures)),
        aspect_ratio=settings.get("aspectRatio"),
        image_size=settings.get("imageSize"),
        style_guidance=settings.get("styleGuidanceInternal"),
        negative_prompt=settings.get("negativePrompt"),
        storage_target=storage.get("target", in_firebase),
        storage_prefix=storage.get("prefix"),
        response_modalities=tuple(gemini.get("responseModalities", ("TEXT", "IMAGE"))),
        thinking_level=gemini.get("thinkingLevel"),
        google_search=gemini.get("googleSearch"),
        imagen_aspect_ratio=imagen.get("aspectRatio"),
        person_generation=imagen.get("personGeneration", "allow_adult" if provider == "imagen" else None),
        imagen_seed=whole(imagen.get("seed")),
        document=settings,
    )
