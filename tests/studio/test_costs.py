from __future__ import annotations

from decimal import Decimal

import pytest

from studio.visiting import Visited, Visitor

pytestmark = pytest.mark.slow


def test_costs_are_added_up_in_each_way(studio: Visited, visitor: Visitor) -> None:
    studio.wished(prompt="a fox")
    for group, key in (("model", "sandbox-1"), ("connection", "sandbox"), ("kind", "generate")):
        assert visitor.get(f"/costs?group={group}&range=today").says(key)
    assert visitor.get("/costs/csv?group=model").text.splitlines()[0].startswith("model,calls,pictures")
    assert visitor.get("/costs?range=ever&group=none").status == 200


def test_budgets_are_kept_and_taken_away(studio: Visited, visitor: Visitor) -> None:
    assert visitor.post("/costs", {"per_day_usd": "5.50", "per_run_usd": ""}).says("each day: $5.50")
    assert studio.app.settings.budget.per_day_usd == Decimal("5.50")
    assert visitor.post("/costs", {"per_day_usd": "much"}).says("is no amount of dollars")
    visitor.post("/costs", {"per_day_usd": "", "per_run_usd": ""})
    assert studio.app.settings.budget.per_day_usd is None
