"""The data folder as one thing: opens the journal, the blobs and the spool, and knows where each lies."""

from __future__ import annotations

from pathlib import Path

from limner.store import disk, owner
from limner.store.blobs import BlobStore
from limner.store.chats import Chats
from limner.store.db import Database
from limner.store.gallery import Gallery
from limner.store.history import History
from limner.store.journal import Journal
from limner.store.ledger import Ledger
from limner.store.runs import Runs
from limner.store.spool import Spool
from limner.store.transfer import Transfer
from limner.store.trash import Trash
from limner.store.uploads import Uploads
from limner.store.wishes import Wishes


class Store:
    """Everything Limner keeps under `home`. Several processes may have it open at once."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._running = home / "running"
        self._spools = home / "spool"
        try:
            for folder in (home / "blobs", self._running, self._spools):
                disk.make_folder(folder, mode=0o700)
            owner.sweep(self._running)
            self._owner = owner.Owner(self._running)
        except OSError as problem:
            raise disk.storage_error(problem, home) from problem
        self.blobs = BlobStore(home / "blobs", self._owner.folder)
        try:
            self.database = Database(home / "limner.db")
        except BaseException:
            self._owner.close()
            raise
        self.journal = Journal(self.database, self._running, self._owner.token)
        self.ledger = Ledger(self.database)
        self.chats = Chats(self.database)
        self.uploads = Uploads(self.database)
        self.history = History(self.database)
        self.transfer = Transfer(self.database)
        self.runs = Runs(self.database)
        self.gallery = Gallery(self.database)
        self.wishes = Wishes(self.database)
        self.trash = Trash(self.database, self.blobs)

    @property
    def token(self) -> str:
        """The name of this process, as long as it has the store open."""
        return self._owner.token

    def is_alive(self, token: str) -> bool:
        """Whether the process of that name still has the store open."""
        return owner.is_alive(self._running, token)

    def spool(self, call_id: str) -> Spool:
        """The spool of a call, empty."""
        return Spool(self.spool_path(call_id))

    def spool_path(self, call_id: str) -> Path:
        """Where the spool of a call lies, whether it is there or not."""
        return self._spools / call_id

    def spooled_calls(self) -> list[str]:
        """The identifiers of the calls that have a spool; empty where the folder cannot be read."""
        try:
            return sorted(path.name for path in self._spools.iterdir())
        except OSError:
            return []

    def close(self) -> None:
        """Close everything. Calls still marked sent become orphans."""
        self.database.close()
        self._owner.close()
