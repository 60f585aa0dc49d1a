from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from limner._json import JsonObject
from limner.errors import ConfigError
from limner.runner.uploads import TRIES, Uploads
from limner.targets.target import Target, TargetError
from runner.flows import flow
from runner.wired import Wired, picture, wired

TARGETS = """
[targets.shelf]
kind = "folder"
path = "{shelf}"

[targets.firebase]
kind = "folder"
path = "{firebase}"
base_url = "https://pictures.example.com/"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def wire(folder: Path) -> Iterator[Wired]:
    with wired(folder, TARGETS.format(shelf=folder / "shelf", firebase=folder / "firebase")) as made:
        yield made


def stored(target: str = "shelf", prompt: str = "a fox that is stored", **settings: object) -> JsonObject:
    return flow(picture("p", prompt, imageGenerationSettings={"storage": {"target": target}, **settings}))


class Stub:
    """A target that refuses as often as it is told to, then takes everything."""

    def __init__(self, refusals: int, *, temporary: bool = True) -> None:
        self.refusals = refusals
        self.temporary = temporary
        self.tries = 0
        self.is_open = True

    def put(self, key: str, file: Path, mime_type: str) -> str:
        self.tries += 1
        if self.tries <= self.refusals:
            raise TargetError("Storage target 'shelf' is busy.", temporary=self.temporary)
        return f"https://example.com/{key}"

    def check(self) -> None:
        raise AssertionError

    def close(self) -> None:
        self.is_open = False


def uploads_to(wire: Wired, target: Target) -> tuple[Uploads, list[float]]:
    waits: list[float] = []
    return Uploads(wire.flows.app, wire.flows.live, lambda _: target, sleep=waits.append), waits


def made_without_copies(wire: Wired, folder: Path) -> str:
    """A finished run whose pictures are to be copied, and could not be."""
    _block(folder)
    run_id = wire.flows.create(stored(), unattended=True)
    wire.flows.wait(run_id)
    _unblock(folder)
    return run_id


def _block(folder: Path) -> None:
    """Put a file where the folder of the target should be."""
    shelf = folder / "shelf"
    if shelf.exists():
        shelf.rename(folder / "put-away")
    shelf.write_text("in the way", encoding="utf-8")


def _unblock(folder: Path) -> None:
    (folder / "shelf").unlink()
    if (folder / "put-away").exists():
        (folder / "put-away").rename(folder / "shelf")


def test_every_picture_is_copied_before_the_run_is_given(wire: Wired, folder: Path) -> None:
    document = wire.run(stored(count=3, storage={"target": "shelf", "prefix": "team"}))
    images = document["result"]["images"]
    assert len(images) == 3
    for image in images:
        path = Path(image["storageUrl"].removeprefix("file://"))
        assert path.is_relative_to(folder / "shelf" / "team" / document["run"] / "p")
        assert path.stat().st_size == image["bytes"]


def test_store_in_firebase_is_the_target_of_that_name(wire: Wired) -> None:
    document = wire.run(flow(picture("p", "a fox in the cloud", imageGenerationSettings={"storeInFirebase": True})))
    assert document["result"]["images"][0]["storageUrl"].startswith("https://pictures.example.com/run_")


def test_a_target_that_is_not_configured_stores_nothing_and_fails_nothing(wire: Wired) -> None:
    document = wire.run(stored("elsewhere"))
    assert document["status"] == "completed"
    assert document["result"]["images"][0]["storageUrl"] is None


def test_a_copy_that_fails_is_a_warning_and_is_tried_again_when_the_run_is_resumed(wire: Wired, folder: Path) -> None:
    run_id = made_without_copies(wire, folder)
    failed = wire.flows.document(run_id)
    assert failed["status"] == "completed"
    assert failed["result"]["images"][0]["storageUrl"] is None
    assert "not stored at the target" in failed["result"]["warnings"][-1]
    wire.flows.resume(run_id)
    image = wire.flows.wait(run_id)["result"]["images"][0]
    assert Path(image["storageUrl"].removeprefix("file://")).exists()


def test_a_copy_that_failed_is_not_tried_at_every_look(wire: Wired, folder: Path) -> None:
    run_id = made_without_copies(wire, folder)
    events = wire.flows.document(run_id)["events"]
    assert wire.flows.wait(run_id)["events"] == events


def test_the_copy_is_told_as_an_event(wire: Wired) -> None:
    heard: list[JsonObject] = []
    run_id = wire.flows.create(stored(), unattended=True)
    wire.flows.wait(run_id, heard.append)
    assert heard[-1]["type"] == "stored"
    assert [event["n"] for event in heard] == list(range(1, len(heard) + 1))


def test_a_temporary_refusal_is_tried_again_after_a_wait(wire: Wired, folder: Path) -> None:
    run_id = made_without_copies(wire, folder)
    target = Stub(2)
    uploads, waits = uploads_to(wire, target)
    uploads.make(run_id)
    assert (target.tries, target.is_open) == (3, False)
    assert waits == [0.5, 2.0]
    assert wire.flows.document(run_id)["result"]["images"][0]["storageUrl"].startswith("https://example.com/")


@pytest.mark.parametrize(("temporary", "tries"), [(True, TRIES), (False, 1)])
def test_a_refusal_for_good_is_not_tried_again(wire: Wired, folder: Path, temporary: bool, tries: int) -> None:
    run_id = made_without_copies(wire, folder)
    target = Stub(99, temporary=temporary)
    uploads, _ = uploads_to(wire, target)
    uploads.make(run_id)
    assert target.tries == tries
    assert "is busy" in wire.flows.document(run_id)["result"]["warnings"][-1]


def test_a_target_that_cannot_be_opened_is_a_warning(wire: Wired, folder: Path) -> None:
    def refuse(name: str) -> Target:
        raise ConfigError(f"There is no password for {name}.", code="config.target")

    run_id = made_without_copies(wire, folder)
    Uploads(wire.flows.app, wire.flows.live, refuse).make(run_id)
    assert "no password" in wire.flows.document(run_id)["result"]["warnings"][-1]


def test_what_a_crash_left_uncopied_is_copied_by_the_next_start(wire: Wired, folder: Path) -> None:
    run_id = made_without_copies(wire, folder)
    store = wire.flows.app.store
    with store.database.transaction() as connection:  # as if the process had ended before it noted what to copy
        connection.execute("DELETE FROM run_uploads WHERE run_id = ?", (run_id,))
    wire.flows.resume(run_id)
    assert wire.flows.document(run_id)["result"]["images"][0]["storageUrl"] is not None
