"""What any provider on the Gemini wire must do for us; `scripts/live.py` says what these calls cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from limner import Client, LimnerError, OutcomeKind


def test_text_to_image(client: Client) -> None:
    result = client.generate("A red fox in snow, flat illustration.", aspect_ratio="16:9", resolution="1K")
    (image,) = result.images
    assert image.mime_type in ("image/png", "image/jpeg", "image/webp")
    assert abs(image.width / image.height - 16 / 9) < 0.03
    assert result.usage is not None
    assert result.usage.total_tokens > 1000
    assert result.cost is not None
    assert result.calls[0].outcome.kind is OutcomeKind.IMAGE


def test_an_edit_of_a_picture(client: Client, tmp_path: Path) -> None:
    first = client.generate("A blue car on an empty street.", aspect_ratio="1:1").images[0]
    edited = client.edit("Make the car yellow.", images=[first.save(tmp_path / "car")]).images[0]
    assert edited.sha256 != first.sha256
    assert abs(edited.width / edited.height - first.width / first.height) < 0.05


def test_an_unknown_model_is_gone_and_costs_nothing(client: Client) -> None:
    result = client.generate("x", model="gemini-no-such-image-model", unlisted=True, check=False)
    assert (result.outcome.kind, result.billed) == (OutcomeKind.MODEL_GONE, "no")


def test_a_wrong_size_is_refused_by_us_before_it_is_sent(client: Client) -> None:
    with pytest.raises(LimnerError, match="does not accept resolution"):
        client.generate("x", resolution="512")
