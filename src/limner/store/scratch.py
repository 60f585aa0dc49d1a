"""The blobs of one exchange: on disk once they are large, never synced, gone when the exchange is over."""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
from pathlib import Path
from typing import BinaryIO

from limner.core.blob import BlobRef
from limner.core.sink import BlobSource, NoBlobs
from limner.store import disk

IN_MEMORY_BYTES = 64 << 10
"""Blobs up to this size are kept in memory: a signature or a thumbnail costs no file."""


class ScratchBlobs:
    """A shelf in `folder`, which is made with the first large blob and removed by `close`.

    A blob that was not put here is looked for `behind` it. For one exchange: not for several threads at once.
    """

    def __init__(self, folder: Path, behind: BlobSource | None = None) -> None:
        self._folder = folder
        self._behind = behind or NoBlobs()
        self._small: dict[str, bytes] = {}
        self._large: set[str] = set()
        self._counter = 0

    def put(self, data: bytes) -> BlobRef:
        """Keep `data`."""
        writer = self.writer()
        writer.write(data)
        return writer.commit()

    def read(self, blob: BlobRef) -> bytes:
        """All the bytes at once; what stands behind decides what happens for a blob nobody has."""
        with self.open(blob) as file:
            return file.read()

    def open(self, blob: BlobRef) -> BinaryIO:
        """The bytes, for reading."""
        data = self._small.get(blob.sha256)
        if data is not None:
            return io.BytesIO(data)
        if blob.sha256 in self._large:
            return (self._folder / blob.sha256).open("rb")
        return self._behind.open(blob)

    def writer(self) -> ScratchWriter:
        """Begin a new blob."""
        self._counter += 1
        return ScratchWriter(self, self._folder / f"writing-{self._counter}")

    def close(self) -> None:
        """Forget everything."""
        self._small.clear()
        if self._large or self._counter:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._large.clear()

    def keep_small(self, sha256: str, data: bytes) -> None:
        """Take a finished small blob."""
        self._small[sha256] = data

    def keep_large(self, sha256: str, path: Path) -> None:
        """Take a finished file."""
        path.replace(self._folder / sha256)
        self._large.add(sha256)


class ScratchWriter:
    """A blob being written: in memory at first, in a file once it is large."""

    def __init__(self, blobs: ScratchBlobs, path: Path) -> None:
        self._blobs = blobs
        self._path = path
        self._hash = hashlib.sha256()
        self._size = 0
        self._buffer = bytearray()
        self._file: BinaryIO | None = None

    def write(self, data: bytes | memoryview) -> None:
        """Add `data`. Raises `StorageError` where the disk is full."""
        self._hash.update(data)
        self._size += len(data)
        if self._file is None and len(self._buffer) + len(data) <= IN_MEMORY_BYTES:
            self._buffer += data
            return
        try:
            if self._file is None:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = self._path.open("xb")
                self._file.write(self._buffer)
                self._buffer.clear()
            self._file.write(data)
        except OSError as problem:
            raise disk.storage_error(problem, self._path) from problem

    def commit(self) -> BlobRef:
        """Keep what was written."""
        blob = BlobRef(sha256=self._hash.hexdigest(), size=self._size)
        if self._file is None:
            self._blobs.keep_small(blob.sha256, bytes(self._buffer))
            return blob
        try:
            self._file.close()
            self._blobs.keep_large(blob.sha256, self._path)
        except OSError as problem:
            self.abort()
            raise disk.storage_error(problem, self._path) from problem
        return blob

    def abort(self) -> None:
        """Forget what was written. Harmless after `commit`."""
        self._buffer.clear()
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
                self._path.unlink(missing_ok=True)
