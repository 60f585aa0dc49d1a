from __future__ import annotations

from collections.abc import Callable

import pytest

from limner.core.outcome import Outcome, OutcomeKind
from limner.store.chats import Place
from limner.store.journal import Ending, Intent
from limner.store.store import Store


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


def turn(chat_id: str, call_id: str, parent: str | None, branch: str = "main") -> Intent:
    return Intent(
        call_id=call_id, group_id=call_id, kind="generate", connection="c", model="m", prompt=call_id, asked={},
        request={"contents": []}, place=Place(chat_id=chat_id, branch=branch, parent_id=parent),
    )  # fmt: skip


def ended(kind: OutcomeKind = OutcomeKind.IMAGE) -> Ending:
    return Ending(outcome=Outcome(kind=kind))


def head(store: Store, chat_id: str) -> str | None:
    chat = store.chats.find(chat_id)
    assert chat is not None
    return chat.head


def test_a_branch_goes_on_with_the_answer_and_not_before(store: Store) -> None:
    chat = store.chats.create({})
    store.journal.sent(turn(chat.chat_id, "a", None), 1)
    assert head(store, chat.chat_id) is None
    store.journal.done(turn(chat.chat_id, "a", None), ended())
    assert head(store, chat.chat_id) == "a"


@pytest.mark.parametrize("kind", [kind for kind in OutcomeKind if kind not in ("image", "text_only")])
def test_a_call_that_failed_moves_nothing(store: Store, kind: OutcomeKind) -> None:
    chat = store.chats.create({})
    store.journal.sent(turn(chat.chat_id, "a", None), 1)
    store.journal.done(turn(chat.chat_id, "a", None), ended(kind))
    assert head(store, chat.chat_id) is None


def test_an_answer_that_a_crash_left_behind_belongs_to_its_branch(open_store: Callable[[], Store]) -> None:
    first, second = open_store(), open_store()
    chat = first.chats.create({})
    first.journal.sent(turn(chat.chat_id, "a", None), 1)
    first.close()
    (orphan,) = second.journal.orphans()
    assert second.journal.claim(orphan)
    second.journal.finish_claimed("a", ended())
    assert head(second, chat.chat_id) == "a"


def test_only_one_of_two_answers_to_one_turn_moves_the_branch(store: Store) -> None:
    chat = store.chats.create({})
    for call_id in ("a", "b"):
        store.journal.sent(turn(chat.chat_id, call_id, None), 1)
    for call_id in ("b", "a"):
        store.journal.done(turn(chat.chat_id, call_id, None), ended())
    assert head(store, chat.chat_id) == "b"
    assert [call.call_id for call in store.journal.children(None, chat_id=chat.chat_id)] == ["b", "a"]


def test_the_chain_leads_to_the_first_turn(store: Store) -> None:
    chat = store.chats.create({})
    parent = None
    for call_id in ("a", "b", "c"):
        store.journal.sent(turn(chat.chat_id, call_id, parent), 1)
        store.journal.done(turn(chat.chat_id, call_id, parent), ended())
        parent = call_id
    assert [call.call_id for call in store.journal.chain("c")] == ["a", "b", "c"]
    assert store.journal.chain("nothing") == []


def test_branches_keep_their_order_and_stand_where_they_are_put(store: Store) -> None:
    chat = store.chats.create({"model": "m"}, head="x")
    store.chats.move(chat.chat_id, "night", "y")
    store.chats.move(chat.chat_id, "main", None)
    found = store.chats.find(chat.chat_id)
    assert found is not None
    assert (list(found.branches.items()), found.branch) == ([("main", None), ("night", "y")], "main")
    assert [each.chat_id for each in store.chats.find_by_prefix(chat.chat_id[:5])] == [chat.chat_id]
