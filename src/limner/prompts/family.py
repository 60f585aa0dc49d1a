"""The family of a model, by its name: families differ in what prompts they like."""

from __future__ import annotations

from limner.catalog import catalog
from limner.prompts.finding import Family

_MARKS: dict[str, Family] = {
    "imagen": "imagen",
    "3-pro": "gemini-3",
    "gemini-2.0": "gemini-2.0",
    "gemini-2.5": "gemini-2.5",
}
"""What in a name tells the family."""


def family_of(model: str) -> Family:
    """The family of a model, however it is called; the newest where the name tells nothing.

    Nicknames of the catalog are known too.
    """
    found = catalog.load().find(model)
    name = (found.id if found is not None else model).lower()
    return next((family for mark, family in _MARKS.items() if mark in name), "gemini-3.1")
