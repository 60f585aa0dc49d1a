from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from limner.core.blob import BlobRef
from limner.core.outcome import Outcome, OutcomeKind
from limner.errors import StorageError
from limner.store.db import MIGRATIONS
from limner.store.journal import Ending, Intent, StoredImage
from limner.store.store import Store

PICTURE = BlobRef(sha256="ab" * 32, size=1234)


def intent(call_id: str = "call1", prompt: str = "a fox") -> Intent:
    return Intent(
        call_id=call_id,
        group_id="group",
        kind="generate",
        connection="google",
        model="gemini-nano-banana-2.1",
        prompt=prompt,
        asked={"aspectRatio": "16:9"},
        request={"contents": []},
        inputs=(StoredImage(role="input", blob=BlobRef(sha256="cd" * 32, size=9), mime_type="image/png"),),
    )


def ending(*, delivered: bool = True) -> Ending:
    return Ending(
        outcome=Outcome(kind=OutcomeKind.IMAGE),
        http_status=200,
        reply=[{"candidates": []}],
        images=(StoredImage(role="result", blob=PICTURE, mime_type="image/jpeg", width=1376, height=768),),
        usage={"totalTokens": 1694},
        cost_usd="0.033600",
        warnings=("a warning",),
        delivered=delivered,
    )


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


def test_a_call_goes_from_sent_to_done_with_all_that_came(store: Store) -> None:
    store.journal.sent(intent(), 1)
    sent = store.journal.find("call1")
    assert sent is not None
    assert (sent.state, sent.outcome, sent.attempts) == ("sent", None, 1)
    store.journal.done(intent(), ending())
    done = store.journal.find("call1")
    assert done is not None
    assert (done.state, done.outcome, done.billed, done.cost_usd) == ("done", "image", "yes", "0.033600")
    assert [(image.role, image.blob.sha256[:4], image.width) for image in done.images] == [
        ("input", "cdcd", None),
        ("result", "abab", 1376),
    ]
    assert store.journal.request("call1") == {"contents": []}
    assert store.journal.reply("call1") == [{"candidates": []}]


def test_a_call_that_never_left_is_recorded_as_such(store: Store) -> None:
    outcome = Outcome(kind=OutcomeKind.NETWORK, billed_override="no")
    store.journal.done(intent(), Ending(outcome=outcome), was_sent=False)
    record = store.journal.find("call1")
    assert record is not None
    assert (record.outcome, record.billed, record.attempts) == ("network", "no", 0)


def test_a_repeated_sending_counts_attempts_and_stays_one_call(store: Store) -> None:
    store.journal.sent(intent(), 1)
    store.journal.sent(intent(), 2)
    assert [(record.call_id, record.attempts) for record in store.journal.list_calls(limit=9)] == [("call1", 2)]


def test_a_finished_call_cannot_end_again(store: Store) -> None:
    store.journal.sent(intent(), 1)
    store.journal.done(intent(), ending())
    store.journal.finish_claimed("call1", Ending(outcome=Outcome(kind=OutcomeKind.INTERRUPTED)))
    record = store.journal.find("call1")
    assert record is not None
    assert record.outcome == "image"


def test_a_call_of_a_living_process_is_no_orphan(store: Store) -> None:
    store.journal.sent(intent(), 1)
    assert store.journal.orphans() == []


def test_a_call_of_a_killed_process_is_an_orphan_that_one_other_can_claim(
    tmp_path: Path, open_store: Callable[[], Store]
) -> None:
    program = f"""
import os
from pathlib import Path
from limner.store.store import Store
from limner.store.journal import Intent
store = Store(Path({str(tmp_path / "home")!r}))
store.journal.sent(Intent(call_id="c", group_id="g", kind="generate", connection="google", model="m", prompt="p",
                          asked={{}}, request={{}}), 1)
os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    first, second = open_store(), open_store()
    orphan = first.journal.orphans()[0]
    assert orphan.call_id == "c"
    assert first.journal.claim(orphan)
    assert not second.journal.claim(orphan)
    assert second.journal.orphans() == []


def test_undelivered_pictures_of_a_closed_process_are_found(open_store: Callable[[], Store]) -> None:
    first = open_store()
    first.journal.sent(intent(), 1)
    first.journal.done(intent(), ending(delivered=False))
    second = open_store()
    assert second.journal.undelivered() == []
    first.close()
    assert [record.call_id for record in second.journal.undelivered()] == ["call1"]
    second.journal.delivered("call1", ["/pictures/fox.jpg"])
    assert second.journal.undelivered() == []
    record = second.journal.find("call1")
    assert record is not None
    assert record.images[1].path == "/pictures/fox.jpg"


def test_calls_are_found_by_prefix_and_picture(store: Store) -> None:
    for number, prompt in enumerate(["a red fox", "100% wool_", "A RED car"]):
        store.journal.sent(intent(f"call{number}", prompt), 1)
    store.journal.done(intent("call1"), ending())
    assert [record.call_id for record in store.journal.find_by_prefix("call")] == ["call2", "call1", "call0"]
    assert store.journal.find_by_prefix("c_ll") == []
    assert [record.call_id for record in store.journal.find_by_picture("ab" * 32)] == ["call1"]


def test_a_provider_message_with_broken_characters_is_stored(store: Store) -> None:
    store.journal.sent(intent(), 1)
    outcome = Outcome(kind=OutcomeKind.BLOCKED, reason="X\ud800", message="\udfff")
    store.journal.done(intent(), Ending(outcome=outcome, reply=[{"text": "\ud800"}]))
    record = store.journal.find("call1")
    assert record is not None
    assert record.reason == "X?"
    assert store.journal.reply("call1") == [{"text": "\ud800"}]


def test_the_journal_is_durable_by_its_own_settings(store: Store) -> None:
    assert store.database.rows("PRAGMA synchronous")[0][0] == 2  # FULL
    assert store.database.rows("PRAGMA journal_mode")[0][0] == "wal"
    assert store.database.check() is None


def test_a_database_of_a_newer_limner_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    with store.database.transaction() as connection:
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    store.close()
    with pytest.raises(StorageError, match="written by a newer Limner"):
        Store(tmp_path / "home")
    assert list((tmp_path / "home" / "running").iterdir()) == []


FIRST_OPENING = """
import sys
from pathlib import Path
from limner.store.db import Database
print("ready", flush=True)
sys.stdin.readline()
Database(Path(sys.argv[1])).close()
"""


def test_processes_that_open_a_new_database_at_once_all_succeed(tmp_path: Path) -> None:
    for number in range(4):
        path = tmp_path / f"{number}.db"
        processes = [
            subprocess.Popen([sys.executable, "-c", FIRST_OPENING, str(path)], stdin=-1, stdout=-1, stderr=-1)
            for _ in range(8)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"go\n")
            process.stdin.flush()
        ended = [process.communicate()[1].decode() for process in processes]
        assert [process.returncode for process in processes] == [0] * 8, "".join(ended)
