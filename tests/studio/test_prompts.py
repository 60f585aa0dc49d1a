from __future__ import annotations

import pytest

from studio.visiting import Visited, Visitor

pytestmark = pytest.mark.slow


def test_a_prompt_that_was_used_fills_the_composer_again(studio: Visited, visitor: Visitor) -> None:
    studio.wished(prompt="a fox & a hen")
    assert visitor.get("/prompts").links("/create?prompt=") == ["/create?prompt=a%20fox%20%26%20a%20hen"]
    assert visitor.get("/prompts?q=zebra").says("No prompts here yet")


def test_a_template_asks_for_what_it_needs(visitor: Visitor) -> None:
    page = visitor.get("/prompts?tab=templates")
    assert page.says("Logo")
    filled = visitor.post("/prompts/logo", {"v.brand_name": "Luma"})
    assert filled.status == 200
    assert visitor.post("/prompts/none").status == 404


def test_looks_fill_the_composer(visitor: Visitor) -> None:
    assert len(visitor.get("/prompts?tab=looks").links("/create?style=")) > 20
