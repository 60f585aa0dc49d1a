"""Defects, each put into a run of the driver to prove that the harness sees it. Product code knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A defect: what is wrong, and how it is put into the program of this process."""

    wrong: str
    apply: Callable[[], None]


class _Changed:
    """A module with some functions replaced."""

    def __init__(self, module: object, **replaced: Callable[..., Any]) -> None:
        self.__dict__.update(replaced)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _nothing(*_: object) -> None:
    return None


def _blobs_unsynced() -> None:
    from limner.store import blobs, disk

    setattr(blobs, "disk", _Changed(disk, sync=_nothing))  # noqa: B010 - mypy refuses to replace a module


def _folders_unsynced() -> None:
    from limner.store import disk

    setattr(disk, "sync_folder", _nothing)  # noqa: B010 - mypy refuses to replace a function


def _synchronous_normal() -> None:
    from limner.store.db import Database

    original = Database.__init__

    def opened(self: Database, path: Path) -> None:
        original(self, path)
        self._connection.execute("PRAGMA synchronous=NORMAL")

    setattr(Database, "__init__", opened)  # noqa: B010 - mypy refuses to assign to a method


def _done_before_bytes() -> None:
    """The blob lies under its temporary name until the journal has said `done`."""
    from limner.core.blob import BlobRef
    from limner.store.blobs import BlobFile, BlobStore
    from limner.store.journal import Journal

    waiting: dict[BlobRef, BlobFile] = {}
    commit, path, done = BlobFile.commit, BlobStore.path, Journal.done

    def commit_later(self: BlobFile) -> BlobRef:
        blob = BlobRef(sha256=self._hash.hexdigest(), size=self._size)
        waiting[blob] = self
        return blob

    def path_meanwhile(self: BlobStore, blob: BlobRef) -> Path:
        return waiting[blob]._path if blob in waiting else path(self, blob)

    def done_then_commit(self: Journal, *values: Any, **options: Any) -> None:
        done(self, *values, **options)
        while waiting:
            commit(waiting.popitem()[1])

    for owner, name, replacement in (
        (BlobFile, "commit", commit_later),
        (BlobStore, "path", path_meanwhile),
        (Journal, "done", done_then_commit),
    ):
        setattr(owner, name, replacement)


def _sent_after_sending() -> None:
    from limner._http import HttpTransport

    original = HttpTransport.open

    def opened(self: HttpTransport, call: Any, *, before_sending: Callable[[], None], **rest: Any) -> Any:
        reply = original(self, call, before_sending=_nothing, **rest)
        before_sending()
        return reply

    setattr(HttpTransport, "open", opened)  # noqa: B010 - mypy refuses to assign to a method


def _picture_unsynced() -> None:
    from limner.store.spool import Spool

    setattr(Spool, "sync", _nothing)  # noqa: B010 - mypy refuses to assign to a method


def _spool_removed_early() -> None:
    from limner.providers.send import Sender

    original = Sender._with_retries

    def removed(self: Sender, task: Any, *rest: Any) -> Any:
        answer = original(self, task, *rest)
        self._store.spool_path(task.intent.call_id).unlink(missing_ok=True)
        return answer

    setattr(Sender, "_with_retries", removed)  # noqa: B010 - mypy refuses to assign to a method


def _attempts_not_told_apart() -> None:
    """Recovery takes a reply to an earlier attempt for the reply to the last one."""
    from dataclasses import replace

    from limner.store import spool

    read = spool.read

    class AnyAttempt(int):
        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

        __hash__ = int.__hash__

    def read_any(path: Path) -> spool.SpooledReply | None:
        reply = read(path)
        return None if reply is None else replace(reply, attempt=AnyAttempt(1))

    setattr(spool, "read", read_any)  # noqa: B010 - mypy refuses to replace a function


MUTANTS: dict[str, Mutant] = {
    "blobs-unsynced": Mutant(wrong="pictures are not synced", apply=_blobs_unsynced),
    "folders-unsynced": Mutant(wrong="folders are not synced", apply=_folders_unsynced),
    "synchronous-normal": Mutant(wrong="the journal commits with synchronous=NORMAL", apply=_synchronous_normal),
    "done-before-bytes": Mutant(wrong="the journal says done before the picture is there", apply=_done_before_bytes),
    "sent-after-sending": Mutant(wrong="the journal says sent after the call was sent", apply=_sent_after_sending),
    "picture-unsynced": Mutant(wrong="the spool is not synced when a picture arrived", apply=_picture_unsynced),
    "spool-removed-early": Mutant(
        wrong="the spool is removed before the journal says done", apply=_spool_removed_early
    ),
    "attempts-mixed-up": Mutant(wrong="recovery does not tell attempts apart", apply=_attempts_not_told_apart),
}
