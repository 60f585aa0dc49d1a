"""Recovery where something is wrong: no call stands in the way of another, and nothing is put there twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from limner.app import recovery
from limner.app.conclude import Expectation
from limner.app.delivery import Destination
from limner.app.recovery import Recovery
from limner.catalog.catalog import unknown_model
from limner.config import Connection
from limner.core.blob import BlobRef
from limner.core.outcome import Outcome, OutcomeKind
from limner.store.journal import CallRecord, Ending, Intent, StoredImage
from limner.store.store import Store
from loopback import PNG_1X1

OVERLOADED = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}


@pytest.fixture
def dead(tmp_path: Path) -> Store:
    """The store of a process that is about to end: each test closes it."""
    return Store(tmp_path / "home")


def intent(call_id: str, out: Path | None = None) -> Intent:
    asked = {} if out is None else {"out": Destination(path=out, is_folder=True).to_json()}
    return Intent(
        call_id=call_id,
        group_id="g",
        kind="generate",
        connection="relay",
        model="m",
        prompt="a red fox",
        asked=asked,
        request={},
    )


def spool_reply(store: Store, call_id: str, document: object, *, status: int = 200, attempt: int = 1) -> None:
    spool = store.spool(call_id)
    spool.begin(status, {"content-type": "application/json"}, attempt=attempt)
    spool.write(b"\x1e" + json.dumps(document).encode() + b"\n")
    spool.end()
    spool.close()


def picture_reply(blob: BlobRef) -> object:
    data = f"blob:{blob.sha256}?size={blob.size}&as=base64"
    part = {"inlineData": {"mimeType": "image/png", "data": data}}
    return {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]}


def finish_undelivered(store: Store, call: Intent) -> None:
    image = StoredImage(role="result", blob=store.blobs.put(PNG_1X1), mime_type="image/png", width=1, height=1)
    store.journal.sent(call, 1)
    store.journal.done(call, Ending(outcome=Outcome(kind=OutcomeKind.IMAGE), images=(image,), delivered=False))


def recovered(home: Path) -> tuple[Recovery, dict[str, CallRecord]]:
    def expect(record: CallRecord) -> tuple[Connection | None, Expectation]:
        return None, recovery.expectation(record, unknown_model("m"), free=False)

    store = Store(home)
    try:
        found = recovery.recover(store, expect, lambda connection, reply: reply)
        return found, {record.call_id: record for record in store.journal.list_calls(limit=9)}
    finally:
        store.close()


def test_a_reply_to_an_earlier_attempt_says_nothing_of_the_last_one(dead: Store) -> None:
    dead.journal.sent(intent("call"), 1)
    spool_reply(dead, "call", OVERLOADED, status=503, attempt=1)
    dead.journal.sent(intent("call"), 2)
    dead.close()
    _, calls = recovered(dead.home)
    assert (calls["call"].outcome, calls["call"].billed) == ("interrupted", "unknown")


def test_a_missing_picture_makes_its_own_call_doubtful_and_no_other(dead: Store) -> None:
    for call_id, blob in (("1", BlobRef(sha256="0" * 64, size=9)), ("2", dead.blobs.put(PNG_1X1))):
        dead.journal.sent(intent(call_id), 1)
        spool_reply(dead, call_id, picture_reply(blob))
    dead.close()
    _, calls = recovered(dead.home)
    assert (calls["1"].outcome, calls["1"].billed) == ("interrupted", "unknown")
    assert "is missing" in (calls["1"].message or "")
    assert calls["2"].outcome == "image"


def test_a_folder_that_takes_no_picture_stops_neither_the_start_nor_other_pictures(dead: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    finish_undelivered(dead, intent("1", tmp_path / "file" / "folder"))
    finish_undelivered(dead, intent("2", tmp_path / "out"))
    dead.close()
    found, _ = recovered(dead.home)
    assert [record.call_id for record, _ in found.undelivered] == ["1"]
    assert found.delivered == (tmp_path / "out" / "a-red-fox.png",)
    assert "could not be put where it was wanted: 'a red fox'" in recovery.notices(found)[-1]


def test_a_picture_that_could_not_be_put_there_is_put_there_by_a_later_start(dead: Store, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"in the way")
    finish_undelivered(dead, intent("1", tmp_path / "out"))
    dead.close()
    recovered(dead.home)
    (tmp_path / "out").unlink()
    found, calls = recovered(dead.home)
    assert found.delivered == (tmp_path / "out" / "a-red-fox.png",)
    assert calls["1"].delivered


def test_a_picture_that_was_put_there_before_the_crash_is_not_put_there_twice(dead: Store, tmp_path: Path) -> None:
    finish_undelivered(dead, intent("1", tmp_path / "out"))
    dead.close()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a-red-fox.png").write_bytes(b"another picture")
    (tmp_path / "out" / "a-red-fox-2.png").write_bytes(PNG_1X1)
    _, calls = recovered(dead.home)
    assert calls["1"].images[0].path == str(tmp_path / "out" / "a-red-fox-2.png")
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_the_spool_of_a_call_that_is_done_goes(dead: Store, tmp_path: Path) -> None:
    finish_undelivered(dead, intent("1", tmp_path / "out"))
    spool_reply(dead, "1", {})
    spool_reply(dead, "unknown", {})
    dead.close()
    recovered(dead.home)
    assert [path.name for path in (dead.home / "spool").iterdir()] == ["unknown"]
