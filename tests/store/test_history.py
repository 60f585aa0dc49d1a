from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner import _clock
from limner.core.blob import BlobRef
from limner.core.outcome import Outcome, OutcomeKind
from limner.store.chats import Place
from limner.store.history import Query
from limner.store.journal import Ending, Intent, StoredImage
from limner.store.store import Store


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


def keep(store: Store, prompt: str, call_id: str = "c", **more: Any) -> None:
    cost = str(more.pop("cost", "0.040000"))
    outcome = more.pop("outcome", OutcomeKind.IMAGE)
    images = more.pop("images", ())
    intent = replace(
        Intent(
            call_id=call_id, group_id="g", kind="generate", connection="google", model="gemini-nano-banana-2.1",
            prompt=prompt, asked={}, request={},
        ),
        **more,
    )  # fmt: skip
    store.journal.sent(intent, 1)
    store.journal.done(intent, Ending(outcome=Outcome(kind=outcome), cost_usd=cost, images=images))


def found(store: Store, **query: Any) -> list[str]:
    return [record.call_id for record in store.history.find(Query(**query), limit=50)]


def test_words_are_found_in_any_order_script_and_case(store: Store) -> None:
    for number, prompt in enumerate(
        ["a RED fox in snow", '100% wool_ "quoted"', "雪の中の赤い狐", "snowfall, reddish"]
    ):
        keep(store, prompt, f"c{number}")
    assert found(store, words="snow red") == ["c3", "c0"]
    assert found(store, words="Fox") == ["c0"]
    assert found(store, words="fox wool") == []
    assert found(store, words='0% "quoted"') == ["c1"]
    assert found(store, words="赤い狐") == ["c2"]
    assert found(store, words="狐") == ["c2"]
    assert found(store, words="l_ wo") == ["c1"]
    assert found(store, words="x%") == []


@given(st.text(max_size=40))
def test_no_words_break_the_search(tmp_path_factory: pytest.TempPathFactory, words: str) -> None:
    store = Store(tmp_path_factory.mktemp("home"))
    prompt = "".join(each for each in words if not 0xD800 <= ord(each) < 0xE000)
    keep(store, f"a {prompt} b")
    for word in prompt.split():
        assert found(store, words=word) == ["c"] or "\0" in word or not word.isascii()
    found(store, words=prompt)
    store.close()


def test_each_condition_narrows(store: Store) -> None:
    keep(store, "a fox", "c1", model="gemini-3-pro-image", cost="0.134000")
    keep(store, "a fox", "c2", connection="comet")
    keep(store, "a fox", "c3", outcome=OutcomeKind.BLOCKED, cost="0.000000")
    keep(store, "a fox", "c4", kind="edit")
    assert found(store, model="gemini-3") == ["c1"]
    assert found(store, connection="comet") == ["c2"]
    assert found(store, outcome="blocked") == ["c3"]
    assert found(store, kind="edit") == ["c4"]
    assert found(store, min_cost=100_000) == ["c1"]
    assert found(store, max_cost=0, words="fox") == ["c3"]
    assert found(store, since_ms=_clock.now_ms() + 1000) == []
    assert found(store, until_ms=_clock.now_ms() + 1000, model="gemini-3-pro-image") == ["c1"]


def test_a_parent_is_a_call_or_a_picture(store: Store) -> None:
    picture = StoredImage(role="input", blob=BlobRef(sha256="ab" * 32, size=3), mime_type="image/png")
    keep(store, "first", "c1")
    keep(store, "edit", "c2", inputs=(picture,))
    keep(store, "turn", "c3", place=Place(chat_id="chat", branch="main", parent_id="c1"))
    assert found(store, parent="ab" * 32) == ["c2"]
    assert found(store, parent="c1") == ["c3"]


def test_pages_follow_one_another_without_gaps(store: Store) -> None:
    for number in range(10):
        keep(store, f"fox {number}", f"c{number}")
    for words in ("", "fox"):
        seen: list[str] = []
        while True:
            page = store.history.find(Query(words=words), limit=3, before=seen[-1] if seen else None)
            seen += [record.call_id for record in page]
            if len(page) < 3:
                break
        assert seen == [f"c{number}" for number in reversed(range(10))]


def result_of(store: Store, data: bytes) -> StoredImage:
    return StoredImage(role="result", blob=store.blobs.put(data), mime_type="image/png")


def test_the_trash_takes_away_and_gives_back(store: Store) -> None:
    keep(store, "a fox", "c1", images=(result_of(store, b"fox"),))
    assert store.trash.put(["c1", "nothing"]) == 1
    assert (found(store), found(store, trashed=True)) == ([], ["c1"])
    assert store.history.count(trashed=True) == 1
    assert store.trash.restore(["c1"]) == 1
    assert (found(store, words="fox"), found(store, trashed=True)) == (["c1"], [])
    assert store.trash.restore(["c1"]) == 0


def test_a_call_under_way_is_not_put_away(store: Store) -> None:
    intent = Intent(
        call_id="c1", group_id="g", kind="generate", connection="g", model="m", prompt="p", asked={}, request={}
    )
    store.journal.sent(intent, 1)
    assert store.trash.put(["c1"]) == 0


def aged(store: Store, *blobs: BlobRef) -> None:
    for blob in blobs:
        os.utime(store.blobs.path(blob), (0, 0))


def test_emptying_erases_words_and_pictures_and_keeps_the_books(store: Store) -> None:
    image = result_of(store, b"fox")
    keep(store, "a secret fox", "c1", images=(image,), cost="0.067000")
    before = store.ledger.rows("model")
    store.trash.put(["c1"])
    aged(store, image.blob)
    erased = store.trash.empty()
    assert (erased.calls, erased.blobs, erased.freed_bytes, erased.needed) == (1, 1, 3, ())
    assert image.blob not in store.blobs
    record = store.journal.find("c1")
    assert record is not None
    assert (record.prompt, record.images, store.journal.request("c1")) == ("", (), None)
    assert found(store, words="secret") == found(store, trashed=True) == []
    assert [row.cost for row in store.ledger.rows("model")] == [row.cost for row in before]
    assert store.trash.restore(["c1"]) == 0


def test_a_picture_that_another_call_has_is_kept(store: Store) -> None:
    image = result_of(store, b"fox")
    keep(store, "made", "c1", images=(image,))
    keep(store, "given", "c2", inputs=(replace(image, role="input"),))
    quoted = result_of(store, b"hare")
    keep(store, "made too", "c3", images=(quoted,))
    keep(store, "turn", "c4", request={"contents": f"blob:{quoted.blob.sha256}?size=4"})
    store.trash.put(["c1", "c3"])
    aged(store, image.blob, quoted.blob)
    assert store.trash.empty().blobs == 0
    assert image.blob in store.blobs
    assert quoted.blob in store.blobs


def test_a_young_picture_goes_with_the_next_emptying(store: Store) -> None:
    image = result_of(store, b"fox")
    keep(store, "a fox", "c1", images=(image,))
    store.trash.put(["c1"])
    assert store.trash.empty().blobs == 0
    assert image.blob in store.blobs
    aged(store, image.blob)
    assert store.trash.empty().blobs == 1
    assert image.blob not in store.blobs


def test_a_turn_that_a_conversation_goes_on_from_is_left(store: Store) -> None:
    keep(store, "first", "c1")
    keep(store, "second", "c2", place=Place(chat_id="chat", branch="main", parent_id="c1"))
    store.trash.put(["c1"])
    assert store.trash.empty().needed == ("c1",)
    store.trash.put(["c2"])
    assert store.trash.empty().calls == 2


def test_only_what_was_put_away_before_a_day_is_erased(store: Store) -> None:
    keep(store, "a fox", "c1")
    store.trash.put(["c1"])
    assert store.trash.empty(before_ms=_clock.now_ms() - 1000).calls == 0
    assert store.trash.empty(before_ms=_clock.now_ms() + 1000).calls == 1
