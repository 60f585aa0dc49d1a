"""Reading `generationConfig`: the few settings that decide what is drawn, wherever they are written."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonValue
from limner.wire.gemini.fields import pick, pick_list, pick_text
from limner.wire.gemini.schema import IMAGE_SIZE_NAMES, MODALITIES, ratio_of_name
from limner.wire.gemini.violations import enum_name

CONFIG_PATH = "generation_config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A value and the path it was written at."""

    path: str
    value: str


def aspect_ratios(config: JsonValue) -> tuple[Setting, ...]:
    """Every aspect ratio given, `imageConfig` first; Vertex's names as `16:9`."""
    return tuple(
        Setting(path=setting.path, value=ratio_of_name(setting.value) or setting.value)
        for setting in _image_settings(config, "aspectRatio", "aspect_ratio")
        if setting.value != "ASPECT_RATIO_UNSPECIFIED"
    )


def image_sizes(config: JsonValue) -> tuple[Setting, ...]:
    """Every image size given, `imageConfig` first; Vertex's names as `2K`."""
    return tuple(
        Setting(path=setting.path, value=IMAGE_SIZE_NAMES.get(setting.value, setting.value))
        for setting in _image_settings(config, "imageSize", "image_size")
        if setting.value != "IMAGE_SIZE_UNSPECIFIED"
    )


def _image_settings(config: JsonValue, name: str, snake_name: str) -> tuple[Setting, ...]:
    places = [(f"{CONFIG_PATH}.image_config", pick(config, "imageConfig"))]
    places += [
        (f"{CONFIG_PATH}.response_format.image", pick(item, "image")) for item in pick_list(config, "responseFormat")
    ]
    found = ((path, pick_text(place, name)) for path, place in places)
    return tuple(Setting(path=f"{path}.{snake_name}", value=text) for path, text in found if text)


def modalities(config: JsonValue) -> tuple[str, ...]:
    """The kinds of content asked for, in capitals; empty where the choice is left to the model."""
    found = pick(config, "responseModalities")
    names = (enum_name(item, MODALITIES) for item in (found if isinstance(found, list) else [found]))
    return tuple(name for name in names if name is not None and name != "MODALITY_UNSPECIFIED")
