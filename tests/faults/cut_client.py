"""A client in this process whose replies are cut, and what must be true of each call."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from faults.bench import memory_folder
from faults.cuts import Cutter, End, Wire
from faults.replies import Canned
from limner.app.app import App
from limner.app.plan import Ask, Plan
from limner.core.outcome import OutcomeKind
from limner.providers.retry import RetryPolicy

CUT_OFF = frozenset({OutcomeKind.NETWORK, OutcomeKind.TRUNCATED, OutcomeKind.PROTOCOL})
NO_BODY = frozenset({OutcomeKind.EMPTY})
"""A body that ends with the connection may be empty."""

_FILES = Path("/dev/fd")


class CutClient:
    """Makes calls to a server that cuts. Retries are on: none may happen once a request was sent."""

    def __init__(self, app: App, cutter: Cutter, home: Path) -> None:
        self._app = app
        self._cutter = cutter
        self._home = home
        self._plan: Plan = app.plan(Ask(prompt="a red fox", connection="relay"))
        self._open_files = 0

    def check(self, reply: Canned, travelling: Wire, length: int, end: End) -> None:
        """Make a call whose reply ends after `length` bytes, and assert everything about it."""
        cutter = self._cutter
        cutter.wire, cutter.length, cutter.end = travelling, length, end
        before = cutter.requests
        (call,) = self._app.run(self._plan).calls
        where = f"cut by {end} after {length} of {len(travelling.data)} bytes: {call.outcome}"
        hashes = [image.sha256 for image in call.images]
        assert hashes == ([reply.sha256] if length >= travelling.picture_end else []), where
        assert call.outcome.ok == bool(hashes), where
        without_body = travelling.before_reply - len(b"data: ") <= length <= travelling.before_reply
        assert call.outcome.ok or call.outcome.kind in CUT_OFF or (without_body and call.outcome.kind in NO_BODY), where
        assert call.billed == ("yes" if hashes else "unknown"), where
        assert cutter.requests == before + 1, where
        record = self._app.store.journal.find(call.call_id)
        assert record is not None, where
        assert (record.state, record.outcome, record.billed) == ("done", call.outcome.kind.value, call.billed), where
        self._count_open_files(where)

    def left_behind(self) -> list[str]:
        """Temporary files and spools that calls left, though all have ended."""
        running = [path for path in (self._home / "running").glob("*/*")]
        return sorted(path.name for path in [*running, *(self._home / "spool").iterdir()])

    def _count_open_files(self, where: str) -> None:
        """Files and sockets open after a call: as many as after the first."""
        if not _FILES.is_dir():
            return
        count = len(os.listdir(_FILES))
        self._open_files = self._open_files or count
        assert count <= self._open_files + 1, where


@contextlib.contextmanager
def cut_client(cutter: Cutter) -> Iterator[CutClient]:
    """A client with a data folder of its own, in memory where the system offers that."""
    with tempfile.TemporaryDirectory(prefix="limner-cuts-", dir=memory_folder()) as folder:
        yield from _client(Path(folder), cutter)


def _client(home: Path, cutter: Cutter) -> Iterator[CutClient]:
    (home / "config.toml").write_text(
        f'[connections.relay]\nbase_url = "http://127.0.0.1:{cutter.port}"\nkey_env = "RELAY_KEY"\n',
        encoding="utf-8",
    )
    environment = {"LIMNER_HOME": str(home), "HOME": str(home), "RELAY_KEY": "sk-" + "0123456789abcdef" * 2}
    with App(environment, retry=RetryPolicy(base_delay_s=0.0)) as app:
        yield CutClient(app, cutter, home)
