from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner import _clock
from limner.core.money import from_micro, to_micro
from limner.core.outcome import Outcome, OutcomeKind
from limner.store.db import MIGRATIONS, Database
from limner.store.journal import Ending, Intent
from limner.store.ledger import BudgetSpent, CostKey, Limit
from limner.store.store import Store

DAY = Limit(name="The budget of a day", micro_usd=100_000)


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


def intent(call_id: str, usd: str | None = "0.04", *limits: Limit, connection: str = "google") -> Intent:
    return Intent(
        call_id=call_id,
        group_id="run1",
        kind="generate",
        connection=connection,
        model="m",
        prompt="a fox",
        asked={},
        request={},
        reserve_micro_usd=None if usd is None else to_micro(Decimal(usd)),
        limits=limits,
    )


def ending(cost: str | None, kind: OutcomeKind = OutcomeKind.IMAGE) -> Ending:
    return Ending(outcome=Outcome(kind=kind), cost_usd=cost)


def test_a_call_under_way_counts_with_its_reservation_and_a_finished_one_with_its_cost(store: Store) -> None:
    call = intent("a")
    store.journal.sent(call, 1)
    assert store.ledger.spent(DAY) == 40_000
    store.journal.done(call, ending("0.033600"))
    assert store.ledger.spent(DAY) == 33_600


def test_what_was_not_billed_frees_its_reservation(store: Store) -> None:
    call = intent("a")
    store.journal.sent(call, 1)
    store.journal.done(call, ending("0.000000", OutcomeKind.REFUSED_REQUEST))
    assert store.ledger.spent(DAY) == 0


def test_a_call_whose_fate_is_in_doubt_keeps_its_reservation(store: Store) -> None:
    call = intent("a")
    store.journal.sent(call, 1)
    store.journal.done(call, ending(None, OutcomeKind.TIMEOUT))
    assert store.ledger.spent(DAY) == 40_000
    (row,) = store.ledger.rows("model")
    assert (row.cost, row.reserved, row.unknown) == (0, 40_000, 0)


def test_a_call_that_does_not_fit_is_not_recorded(store: Store) -> None:
    store.journal.sent(intent("a", "0.04", DAY), 1)
    store.journal.sent(intent("b", "0.06", DAY), 1)
    with pytest.raises(BudgetSpent, match=r"The budget of a day is \$0\.10, of which \$0\.1000 are spent") as caught:
        store.journal.sent(intent("c", "0.000001", DAY), 1)
    assert caught.value.limit is DAY
    assert store.journal.find("c") is None


def test_a_repeated_sending_reserves_once(store: Store) -> None:
    call = intent("a", "0.08", DAY)
    store.journal.sent(call, 1)
    store.journal.sent(call, 2)
    assert store.ledger.spent(DAY) == 80_000


def test_a_free_call_passes_a_spent_budget(store: Store) -> None:
    store.journal.sent(intent("a", "0", replace(DAY, micro_usd=0)), 1)
    assert store.journal.find("a") is not None


def test_each_budget_counts_only_what_it_is_about(store: Store) -> None:
    store.journal.sent(intent("a", connection="comet"), 1)
    assert store.ledger.spent(replace(DAY, connection="google")) == 0
    assert store.ledger.spent(replace(DAY, connection="comet")) == 40_000
    assert store.ledger.spent(replace(DAY, group_id="run1")) == 40_000
    assert store.ledger.spent(replace(DAY, group_id="run2")) == 0
    assert store.ledger.spent(replace(DAY, since_ms=_clock.now_ms() + 1)) == 0


def test_a_call_of_unknown_price_is_counted_as_such(store: Store) -> None:
    call = intent("a", None)
    store.journal.sent(call, 1)
    store.journal.done(call, ending(None))
    (row,) = store.ledger.rows("kind")
    assert (row.key, row.calls, row.cost, row.reserved, row.unknown) == ("generate", 1, 0, 0, 1)


amounts = st.integers(0, 10**9).map(from_micro)


@given(calls=st.lists(st.tuples(st.sampled_from("xyz"), amounts, st.none() | amounts), max_size=12))
def test_every_way_of_adding_up_gives_the_same_sum(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[str, Decimal, Decimal | None]]
) -> None:
    store = Store(tmp_path_factory.mktemp("home"))
    for number, (name, reserved, cost) in enumerate(calls):
        call = replace(intent(f"c{number}", str(reserved), connection=name), model=name)
        store.journal.sent(call, 1)
        store.journal.done(call, ending(None if cost is None else str(cost)))
    known = sum(to_micro(cost) for _, _, cost in calls if cost is not None)
    doubtful = sum(to_micro(reserved) for _, reserved, cost in calls if cost is None)
    keys: tuple[CostKey, ...] = ("day", "month", "model", "connection", "kind")
    for key in keys:
        rows = store.ledger.rows(key)
        assert (sum(row.cost for row in rows), sum(row.reserved for row in rows)) == (known, doubtful)
        assert sum(row.calls for row in rows) == len(calls)
    assert store.ledger.spent(Limit(name="all", micro_usd=0)) == known + doubtful
    store.close()


def test_the_books_of_the_first_schema_are_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "limner.db"
    old = Database(path, MIGRATIONS[:1])
    with old.transaction() as connection:
        connection.execute(
            """INSERT INTO calls (id, group_id, state, owner, attempts, created_at_ms, kind, connection, model, prompt,
                                  asked, request, outcome, billed, cost_usd, delivered)
               VALUES ('c', 'g', 'done', 'o', 1, 5, 'edit', 'google', 'm', 'a fox', '{}', '{}', 'image', 'yes', ?, 1)
            """,
            ("0.067123",),
        )
    old.close()
    store = Store(tmp_path)
    (row,) = store.ledger.rows("kind")
    assert (row.key, row.cost) == ("edit", 67_123)
    record = store.journal.find("c")
    assert record is not None
    assert (record.prompt, record.reserved_micro_usd) == ("a fox", None)
    assert json.dumps(record.asked) == "{}"
    store.close()
