"""The colours of the studio can be read by everybody: every pair that is used is measured from the style sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from limner.studio import static

SHEET = (Path(static.__file__).parent / "static" / "css" / "1-tokens.css").read_text(encoding="utf-8")
TEXT, EDGE = 4.5, 3.0
"""Least contrast of text, and of what must be seen to be used. Source: WCAG 2.2, 1.4.3 and 1.4.11."""

GROUNDS = ("bg", "surface", "surface-2")
PAIRS = [
    *((text, ground, TEXT) for text in ("text", "text-2", "text-3", "accent-text") for ground in GROUNDS),
    ("text", "canvas", TEXT),
    *(("border-strong", ground, EDGE) for ground in (*GROUNDS, "canvas")),
    *(("focus", ground, EDGE) for ground in (*GROUNDS, "canvas")),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    ("on-accent-soft", "accent-soft", TEXT),
    *((kind, ground, TEXT) for kind in ("success", "warn", "danger", "info", "stale") for ground in ("surface",)),
    *((kind, f"{kind}-soft", TEXT) for kind in ("success", "warn", "danger", "info", "stale")),
    ("accent", "surface", EDGE),
    ("accent", "bg", EDGE),
]


def tokens(theme: str) -> dict[str, str]:
    block = re.search(rf'\[data-theme="{theme}"\] {{\n(.*?--shadow)', SHEET, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6})", block[1]))


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_every_pair_of_colors_can_be_read(theme: str, front: str, ground: str, least: float) -> None:
    found = tokens(theme)
    assert contrast(found[front], found[ground]) >= least


def test_dark_by_the_system_is_the_same_as_dark_by_choice() -> None:
    chosen = tokens("dark")
    system = re.search(r":root:not\(\[data-theme\]\) {\n(.*?--shadow)", SHEET, re.DOTALL)
    assert system is not None
    assert dict(re.findall(r"--([a-z0-9-]+): (#[0-9A-F]{6})", system[1])) == chosen
