"""Blob sinks for tests: in memory, and on disk."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import BinaryIO

from limner.core.blob import BlobRef


class MemorySink:
    """Keeps blobs in a dictionary and counts the writers that are open."""

    def __init__(self) -> None:
        self.blobs: dict[BlobRef, bytes] = {}
        self.open_writers = 0
        self.opened: list[BlobRef] = []

    def writer(self) -> MemoryWriter:
        self.open_writers += 1
        return MemoryWriter(self)

    def open(self, blob: BlobRef) -> BinaryIO:
        self.opened.append(blob)
        return io.BytesIO(self.blobs[blob])


class MemoryWriter:
    def __init__(self, sink: MemorySink) -> None:
        self._sink = sink
        self._data = bytearray()
        self._open = True

    def write(self, data: bytes | memoryview) -> None:
        assert self._open
        self._data += data

    def commit(self) -> BlobRef:
        assert self._open
        blob = BlobRef(sha256=hashlib.sha256(self._data).hexdigest(), size=len(self._data))
        self._sink.blobs[blob] = bytes(self._data)
        self._close()
        return blob

    def abort(self) -> None:
        if self._open:
            self._close()

    def _close(self) -> None:
        self._open = False
        self._sink.open_writers -= 1


class FolderSink:
    """Keeps each blob in a file of `folder`, without syncing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def writer(self) -> FileWriter:
        self._count += 1
        return FileWriter(self.folder / f"part-{self._count}")

    def open(self, blob: BlobRef) -> BinaryIO:
        return (self.folder / blob.sha256).open("rb")


class FileWriter:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb", buffering=0)
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes | memoryview) -> None:
        self._hash.update(data)
        self._file.write(data)
        self._size += len(data)

    def commit(self) -> BlobRef:
        self._file.close()
        blob = BlobRef(sha256=self._hash.hexdigest(), size=self._size)
        self._path.rename(self._path.with_name(blob.sha256))
        return blob

    def abort(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
