from __future__ import annotations

import pytest

from limner.prompts.family import family_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("imagen-4.0-generate-001", "imagen"),
        ("gemini-2.0-flash-preview-image-generation", "gemini-2.0"),
        ("gemini-2.5-flash-image", "gemini-2.5"),
        ("gemini-3-pro-image", "gemini-3"),
        ("gemini-3-pro-image-preview", "gemini-3"),
        ("gemini-3.1-flash-image", "gemini-3.1"),
        ("gemini-nano-banana-2.1", "gemini-3.1"),
        ("sandbox-1", "gemini-3.1"),
        ("", "gemini-3.1"),
    ],
)
def test_each_model_has_its_family(model: str, family: str) -> None:
    assert family_of(model) == family
