"""Immutable bytes, named by their SHA-256, on the local disk.

A blob is written to a temporary file, synced, renamed to `ab/cd...` and its folder synced, in this order: a name
that exists always stands for complete bytes, also after a power cut.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import threading
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from limner import _clock
from limner.core.blob import BlobRef
from limner.errors import BlobCorruptError, StorageError
from limner.store import disk

YOUNG_MS = 3_600_000
"""A blob stored within this time is never removed, in milliseconds."""

_COPY_BYTES = 1 << 18
_PREFIX = re.compile(r"[0-9a-f]{3,64}")


class BlobStore:
    """The blobs under `root`. Temporary files go to `scratch`, which must be on the same disk.

    After a failed sync the store takes no more writes: what the system then says about the disk cannot be trusted.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self._scratch = scratch
        self._counter = 0
        self._lock = threading.Lock()
        self._broken = False

    def writer(self) -> BlobFile:
        """Begin a new blob."""
        if self._broken:
            raise StorageError(
                "The store takes no more writes, because syncing to the disk failed before.",
                code="storage.broken",
                hint="Check the disk, then start again and run `limner recover`.",
            )
        with self._lock:
            self._counter += 1
            path = self._scratch / f"blob-{self._counter}"
        return BlobFile(self, path)

    def put(self, data: bytes) -> BlobRef:
        """Store `data`, which may be stored already."""
        return self.put_file(io.BytesIO(data))

    def put_file(self, source: BinaryIO) -> BlobRef:
        """Store everything that is left to read in `source`, in pieces."""
        writer = self.writer()
        try:
            while piece := source.read(_COPY_BYTES):
                writer.write(piece)
            return writer.commit()
        except BaseException:
            writer.abort()
            raise

    def path(self, blob: BlobRef) -> Path:
        """Where the bytes are, whether they are there or not."""
        return self.root / blob.sha256[:2] / blob.sha256[2:]

    def __contains__(self, blob: BlobRef) -> bool:
        return self.path(blob).is_file()

    def open(self, blob: BlobRef) -> BufferedReader:
        """The bytes, for reading; `BlobCorruptError` if they are missing or have another length."""
        try:
            file = self.path(blob).open("rb")
        except FileNotFoundError:
            raise _corrupt(blob, "is missing") from None
        except OSError as problem:
            raise StorageError(
                f"The stored picture {str(self.path(blob))!r} cannot be read: {problem.strerror}.",
                code="storage.io",
                hint="Check the disk; `limner doctor` tells which parts work.",
            ) from problem
        if os.fstat(file.fileno()).st_size != blob.size:
            file.close()
            raise _corrupt(blob, "has another length")
        return file

    def read(self, blob: BlobRef) -> bytes:
        """All the bytes at once."""
        with self.open(blob) as file:
            return file.read()

    def verify(self, blob: BlobRef) -> None:
        """Read all bytes and compare them with the name; `BlobCorruptError` where they differ."""
        with self.open(blob) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != blob.sha256:
                raise _corrupt(blob, "no longer matches its hash")

    def find_by_prefix(self, prefix: str) -> BlobRef | None:
        """A blob whose SHA-256 begins so, in 3 or more hexadecimal digits; `None` where there is none."""
        if not _PREFIX.fullmatch(prefix):
            return None
        try:
            with os.scandir(self.root / prefix[:2]) as entries:
                found = next((entry for entry in entries if entry.name.startswith(prefix[2:])), None)
                return None if found is None else BlobRef(sha256=prefix[:2] + found.name, size=found.stat().st_size)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise disk.storage_error(problem, self.root) from problem

    def remove(self, blob: BlobRef) -> bool:
        """Erase a blob that nothing refers to any more; False if it was stored within the last hour, or is not there.

        A call that is about to be made stores its pictures before it is recorded: what is that new may be one of them.
        """
        path = self.path(blob)
        try:
            if _clock.now_ms() - path.stat().st_mtime * 1000 < YOUNG_MS:
                return False
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem
        return True

    def failed_to_sync(self) -> None:
        """Take no more writes."""
        self._broken = True


class BlobFile:
    """A blob being written: `write` pieces, then `commit` or `abort`."""

    def __init__(self, store: BlobStore, path: Path) -> None:
        self._store = store
        self._path = path
        self._hash = hashlib.sha256()
        self._size = 0
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem

    def write(self, data: bytes | memoryview) -> None:
        """Add `data`."""
        self._hash.update(data)
        self._size += len(data)
        try:
            disk.write_all(self._descriptor, data)
        except OSError as problem:
            raise disk.storage_error(problem, self._path) from problem

    def commit(self) -> BlobRef:
        """Make the bytes durable under their name."""
        blob = BlobRef(sha256=self._hash.hexdigest(), size=self._size)
        target = self._store.path(blob)
        try:
            disk.make_folder(target.parent)
            disk.sync(self._descriptor)
            self._path.replace(target)
            disk.sync_folder(target.parent)
        except OSError as problem:
            self.abort()
            if problem.errno not in disk.FULL:
                self._store.failed_to_sync()
            raise disk.storage_error(problem, target) from problem
        self._close()
        return blob

    def abort(self) -> None:
        """Forget the bytes. Harmless after `commit`."""
        if self._descriptor >= 0:
            self._close()
            with contextlib.suppress(OSError):  # what cannot be removed now, the next start removes
                self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1


def _corrupt(blob: BlobRef, what: str) -> BlobCorruptError:
    return BlobCorruptError(
        f"The stored picture {blob.sha256[:12]}… ({blob.size} bytes) {what}.",
        code="storage.corrupt",
        hint="Restore the data folder from a backup; `limner doctor --verify` reads all the others.",
    )
