from __future__ import annotations

from pathlib import Path

import pytest

from studio.visiting import Visited

pytestmark = pytest.mark.slow


def test_the_first_visit_is_welcomed_and_the_next_one_creates(tmp_path: Path) -> None:
    with Visited(tmp_path / "home", {"GEMINI_API_KEY": "AIza-not-a-real-key"}) as studio:
        page = studio.visitor.get("/")
        assert page.says("Open the sandbox")
        assert page.says("GEMINI_API_KEY")
        assert "AIza-not-a-real-key" not in page.text
        studio.wished()
        assert studio.visitor.get("/").says("What should the picture show?")
