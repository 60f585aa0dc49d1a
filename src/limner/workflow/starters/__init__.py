"""Workflows to begin with: each is complete, runs as it is, and is meant to be changed."""

from __future__ import annotations

import json
from pathlib import Path

from limner.errors import InvalidRequestError
from limner.workflow.problem import near

_FOLDER = Path(__file__).parent
_SUFFIX = ".workflow.json"

_ORDER = (
    "image",
    "variations",
    "logo",
    "product-poster",
    "photo-edit",
    "social-set",
    "illustrated-recipe",
    "storybook",
)
"""From the simplest to the one with the most stages."""


def names() -> dict[str, str]:
    """The name of every starter with one line that says what it makes."""
    return {name: str(json.loads(_read(name))["description"]) for name in _ORDER}


def text(name: str) -> str:
    """The file of a starter, as it is to be written. Raises `InvalidRequestError` for a name that is none."""
    if name not in _ORDER:
        nearest = near(name, _ORDER)
        guess = f"Did you mean {nearest!r}?" if nearest else "`limner new` lists them."
        raise InvalidRequestError(
            f"There is no starter {name[:60]!r}.\nAccepted: {', '.join(_ORDER)}.", code="workflow.starter", hint=guess
        )
    return _read(name)


def _read(name: str) -> str:
    return (_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
