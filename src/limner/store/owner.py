"""Which process a half-finished thing belongs to: a lock file that the system frees when the process ends.

Each process that opens the store holds one lock for its lifetime. What it leaves behind (temporary files, calls
marked "sent") is orphaned as soon as its lock is free, however it ended; no clock and no process table is asked.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path

from limner import _clock


class Owner:
    """This process, as the store knows it: a token, a locked file and a private folder for temporary files."""

    def __init__(self, running: Path) -> None:
        self._running = running
        self.token = _clock.new_id()
        self.folder = running / self.token
        self._lock_path = running / f"{self.token}.lock"
        self._descriptor = _create_locked(self._lock_path)
        self.folder.mkdir(mode=0o700)

    def close(self) -> None:
        """Remove what is left of this process and free its lock; what cannot be removed, the next start will.

        Harmless when repeated.
        """
        if self._descriptor < 0:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._lock_path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = -1


def _create_locked(path: Path) -> int:
    """Create and lock `path`; once more if a sweep removed it between the two."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def is_alive(running: Path, token: str) -> bool:
    """True while the process behind `token` holds its lock."""
    try:
        descriptor = os.open(running / f"{token}.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def sweep(running: Path) -> None:
    """Remove the temporary files of processes that have ended, also where a power cut took the lock alone."""
    for token in {path.stem for path in running.iterdir()}:
        if not is_alive(running, token):
            shutil.rmtree(running / token, ignore_errors=True)
            (running / f"{token}.lock").unlink(missing_ok=True)
