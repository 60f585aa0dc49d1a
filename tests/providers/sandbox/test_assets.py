from __future__ import annotations

import io
from importlib import resources

import pytest
from PIL import ImageFont

ASSETS = resources.files("limner.providers.sandbox").joinpath("assets")
FONTS = (
    "bebas-neue",
    "inter-bold",
    "inter-regular",
    "playfair-display",
    "pacifico",
    "caveat",
    "limelight",
    "monoton",
    "press-start-2p",
    "noto-sans-sc",
)


def font_of(name: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(ASSETS.joinpath(f"fonts/{name}.woff2").read_bytes()), 40)


@pytest.mark.parametrize("name", FONTS)
def test_a_font_is_shipped_and_opens(name: str) -> None:
    assert font_of(name).getlength("Hello") > 20


@pytest.mark.parametrize("text", ["夏日海报", "春节快乐", "咖啡店开业", "桜の花", "アニメ", "，。！《》"])
def test_ordinary_chinese_and_japanese_lettering_has_its_characters(text: str) -> None:
    font = font_of("noto-sans-sc")
    missing = bytes(font.getmask("\U0010ffff"))
    assert [character for character in text if bytes(font.getmask(character)) == missing] == []


@pytest.mark.parametrize(
    "needed",
    [
        "Copyright (c) Microsoft Corporation",
        "Miles Johnson",
        "Mu-An Chiou",
        "SIL OPEN FONT LICENSE Version 1.1",
        "Permission is hereby granted, free of charge",
        "`@iconify-json/fluent-emoji-flat` 1.2.6",
        *FONTS,
    ],
)
def test_the_notice_names_every_set_and_its_licence(needed: str) -> None:
    assert needed in ASSETS.joinpath("LICENSES.md").read_text(encoding="utf-8")


def test_all_assets_together_stay_under_three_megabytes() -> None:
    files = [*ASSETS.iterdir(), *ASSETS.joinpath("fonts").iterdir()]
    sizes = [len(file.read_bytes()) for file in files if file.is_file()]
    assert len(sizes) >= len(FONTS) + 3
    assert sum(sizes) < 3_000_000
