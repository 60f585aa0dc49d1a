from __future__ import annotations

from studio.visiting import Visitor


def test_help_tells_how_to_begin_and_the_keys(visitor: Visitor) -> None:
    page = visitor.get("/help")
    for words in ("How to begin", "Ctrl Enter", "never repeated by itself"):
        assert page.says(words)
