from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limner.core.blob import BlobRef
from limner.store.served import SWEEP_GRACE_MS, ServedStore
from limner.store.served_batches import LIFETIME_MS as BATCH_MS
from limner.store.served_batches import Batch, Item
from limner.store.served_files import LIFETIME_MS, FileExistsAlreadyError, Files, QuotaExceededError, StoredFile
from limner.store.served_interactions import Interaction

NOW = 1_800_000_000_000


@pytest.fixture
def open_served(tmp_path: Path) -> Iterator[Callable[[], ServedStore]]:
    """Opens the store of the test's folder, as one process more each time."""
    opened: list[ServedStore] = []

    def one_more() -> ServedStore:
        opened.append(ServedStore(tmp_path / "home"))
        return opened[-1]

    yield one_more
    for store in opened:
        store.close()


@pytest.fixture
def store(open_served: Callable[[], ServedStore]) -> ServedStore:
    return open_served()


def file(
    store: ServedStore, name: str = "fox", *, owner: str = "a", data: bytes = b"bytes", at: int = NOW
) -> StoredFile:
    return StoredFile(
        id=name,
        owner=owner,
        display_name=name,
        mime_type="image/png",
        blob=store.blobs.put(data),
        created_at_ms=at,
    )


def batch(name: str = "b-1", *, owner: str = "a", priority: int = 0, at: int = NOW) -> Batch:
    return Batch(
        id=name,
        owner=owner,
        model="sandbox-1",
        display_name="d",
        priority=priority,
        from_file=False,
        created_at_ms=at,
    )


def items(count: int) -> list[Item]:
    return [
        Item(position=number, request={"prompt": number}, metadata={"key": f"k{number}"}) for number in range(count)
    ]


def test_a_file_is_found_by_its_owner_only_and_while_it_lives(store: ServedStore) -> None:
    kept = file(store)
    store.files.add(kept)
    assert store.files.get("a", "fox", NOW + LIFETIME_MS - 1) == kept
    assert store.files.get("b", "fox", NOW) is None
    assert store.files.get("a", "fox", NOW + LIFETIME_MS) is None


def test_files_are_listed_newest_first(store: ServedStore) -> None:
    for number, name in enumerate(("old", "middle", "new")):
        store.files.add(file(store, name, at=NOW + number))
    assert [each.id for each in store.files.all("a", NOW + 3)] == ["new", "middle", "old"]


def test_a_name_is_taken_until_its_file_has_expired(store: ServedStore) -> None:
    store.files.add(file(store))
    with pytest.raises(FileExistsAlreadyError):
        store.files.add(file(store, data=b"other"))
    store.files.add(file(store, owner="b"))
    store.files.add(file(store, data=b"other", at=NOW + LIFETIME_MS))


def test_an_owner_may_keep_only_so_many_bytes(tmp_path: Path, store: ServedStore) -> None:
    store.files = Files(store.files._database, max_owner_bytes=10)
    store.files.add(file(store, "one", data=b"12345"))
    store.files.add(file(store, "two", data=b"67890"))
    with pytest.raises(QuotaExceededError, match="10 bytes are kept for this key already"):
        store.files.add(file(store, "three", data=b"1"))
    store.files.add(file(store, "other", owner="b", data=b"1"))
    assert store.files.delete("a", "one", NOW)
    store.files.add(file(store, "three", data=b"1"))
    assert store.files.used_bytes("a", NOW) == 6


def test_deleting_what_is_not_there_says_so(store: ServedStore) -> None:
    assert store.files.delete("a", "fox", NOW) is False
    assert store.batches.delete("a", "b-1") is False
    assert store.interactions.delete("a", "i-1") is False


def test_a_batch_is_worked_off_item_by_item_and_counted(store: ServedStore) -> None:
    store.batches.add(batch(), items(3))
    assert store.batches.next_item("b-1") is None
    claimed = store.batches.claim()
    assert claimed is not None
    assert claimed.total == 3
    for failed in (False, True, False):
        item = store.batches.next_item("b-1")
        assert item is not None
        store.batches.answer("b-1", item.position, {"said": item.request}, failed=failed, now_ms=NOW + 1)
    assert store.batches.next_item("b-1") is None
    assert store.batches.end("b-1", "SUCCEEDED", now_ms=NOW + 2)
    ended = store.batches.get("a", "b-1")
    assert ended is not None
    assert (ended.state, ended.succeeded, ended.failed, ended.pending, ended.ended_at_ms) == (
        "SUCCEEDED",
        2,
        1,
        0,
        NOW + 2,
    )
    assert [(item.metadata, item.answer, item.failed) for item in store.batches.items("b-1")] == [
        ({"key": "k0"}, {"said": {"prompt": 0}}, False),
        ({"key": "k1"}, {"said": {"prompt": 1}}, True),
        ({"key": "k2"}, {"said": {"prompt": 2}}, False),
    ]


def test_a_batch_is_kept_whole_or_not_at_all(store: ServedStore) -> None:
    def broken() -> Iterator[Item]:
        yield Item(position=0, request={})
        raise ValueError("line 2")

    with pytest.raises(ValueError, match="line 2"):
        store.batches.add(batch(), broken())
    assert store.batches.all("a") == ()


def test_the_most_urgent_batch_is_claimed_first_and_by_one_process_only(open_served: Callable[[], ServedStore]) -> None:
    one, two = open_served(), open_served()
    one.batches.add(batch("b-1"), items(1))
    one.batches.add(batch("b-2", priority=5, at=NOW + 1), items(1))
    names = [each.id for each in (one.batches.claim(), two.batches.claim()) if each is not None]
    assert names == ["b-2", "b-1"]
    assert (one.batches.claim(), two.batches.claim()) == (None, None)


def test_what_an_ended_process_left_goes_on_at_the_first_item_without_an_answer(
    open_served: Callable[[], ServedStore],
) -> None:
    first = open_served()
    first.batches.add(batch(), items(3))
    assert first.batches.claim() is not None
    first.batches.answer("b-1", 0, {}, failed=False, now_ms=NOW)
    first.close()
    second = open_served()
    assert second.batches.claim() is not None
    item = second.batches.next_item("b-1")
    assert item is not None
    assert item.position == 1


def test_an_answer_is_never_replaced(store: ServedStore) -> None:
    store.batches.add(batch(), items(1))
    store.batches.answer("b-1", 0, "first", failed=False, now_ms=NOW)
    store.batches.answer("b-1", 0, "second", failed=True, now_ms=NOW)
    assert next(store.batches.items("b-1")).answer == "first"


def test_a_cancelled_batch_gives_no_more_items_and_ends_once(store: ServedStore) -> None:
    store.batches.add(batch(), items(2))
    store.batches.claim()
    assert store.batches.end("b-1", "CANCELLED", now_ms=NOW)
    assert store.batches.next_item("b-1") is None
    assert store.batches.end("b-1", "SUCCEEDED", now_ms=NOW) is False


def test_a_batch_expires_and_is_forgotten_a_week_later(store: ServedStore) -> None:
    store.batches.add(batch(), items(1))
    store.expire(NOW + BATCH_MS)
    expired = store.batches.get("a", "b-1")
    assert expired is not None
    assert expired.state == "EXPIRED"
    store.expire(NOW + BATCH_MS + 7 * 24 * 3_600_000)
    assert store.batches.all("a") == ()


def interaction(name: str = "i-1", *, status: str = "in_progress") -> Interaction:
    return Interaction(
        id=name, owner="a", status=status, contents=[{"role": "user"}], resource={"id": name}, created_at_ms=NOW
    )


def test_an_interaction_ends_once_and_is_found_by_its_owner_only(store: ServedStore) -> None:
    store.interactions.add(interaction())
    assert store.interactions.get("a", "i-1", NOW) == interaction()
    ended = interaction(status="completed")
    assert store.interactions.end(ended)
    assert store.interactions.end(interaction(status="cancelled")) is False
    assert store.interactions.get("a", "i-1", NOW) == ended
    assert store.interactions.get("b", "i-1", NOW) is None
    assert store.interactions.get("a", "i-1", ended.expires_at_ms) is None


def test_an_interaction_is_abandoned_when_its_process_has_ended(open_served: Callable[[], ServedStore]) -> None:
    first, second = open_served(), open_served()
    first.interactions.add(interaction())
    assert second.interactions.abandoned() == ()
    first.close()
    assert second.interactions.abandoned() == (interaction(),)


def grow_old(store: ServedStore) -> None:
    """Make every blob older than the grace."""
    for path in store.blobs.root.glob("??/*"):
        os.utime(path, (NOW / 1000 - SWEEP_GRACE_MS / 1000 - 1,) * 2)


def reference(blob: BlobRef) -> str:
    return f"blob:{blob.sha256}?size={blob.size}&as=base64"


def test_bytes_that_nothing_names_are_removed_and_no_others(store: ServedStore) -> None:
    put = store.blobs.put
    stray, young = put(b"stray"), put(b"young")
    named = [put(name.encode()) for name in ("request", "answer", "contents", "resource")]
    kept = file(store, data=b"kept")
    store.files.add(kept)
    store.batches.add(batch(), [Item(position=0, request=[{"data": reference(named[0])}])])
    store.batches.answer("b-1", 0, {"data": reference(named[1])}, failed=False, now_ms=NOW)
    store.interactions.add(
        Interaction(
            id="i-1",
            owner="a",
            status="completed",
            contents=[reference(named[2])],
            resource={"x": reference(named[3])},
            created_at_ms=NOW,
        )
    )
    grow_old(store)
    os.utime(store.blobs.path(young), (NOW / 1000,) * 2)
    store.expire(NOW)
    assert stray not in store.blobs
    assert all(blob in store.blobs for blob in (young, kept.blob, *named))


def test_a_file_that_expired_takes_its_bytes_along(store: ServedStore) -> None:
    kept = file(store)
    store.files.add(kept)
    grow_old(store)
    store.expire(NOW + LIFETIME_MS)
    assert kept.blob not in store.blobs


def test_what_is_kept_survives_the_end_of_the_process(open_served: Callable[[], ServedStore]) -> None:
    first = open_served()
    kept = file(first)
    first.files.add(kept)
    first.close()
    second = open_served()
    assert second.blobs.read(kept.blob) == b"bytes"
    assert second.files.get("a", "fox", NOW) == kept
