"""Blobs kept in memory: the pictures of one answer, until it has been sent."""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO

from limner.core.blob import BlobRef
from limner.core.sink import BlobSource, NoBlobs


class MemoryBlobs:
    """A shelf without a disk; a blob that was not put here is looked for `behind` it."""

    def __init__(self, behind: BlobSource | None = None) -> None:
        self._bytes: dict[str, bytes] = {}
        self._behind = behind or NoBlobs()

    def put(self, data: bytes) -> BlobRef:
        """Keep `data`."""
        blob = BlobRef(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        self._bytes[blob.sha256] = data
        return blob

    def read(self, blob: BlobRef) -> bytes:
        """The bytes of a blob; `KeyError` where nobody has it."""
        with self.open(blob) as file:
            return file.read()

    def open(self, blob: BlobRef) -> BinaryIO:
        """The bytes, for reading."""
        data = self._bytes.get(blob.sha256)
        return self._behind.open(blob) if data is None else io.BytesIO(data)

    def writer(self) -> MemoryWriter:
        """Begin a new blob."""
        return MemoryWriter(self)


class MemoryWriter:
    """A blob being written."""

    def __init__(self, blobs: MemoryBlobs) -> None:
        self._blobs = blobs
        self._buffer = bytearray()

    def write(self, data: bytes | memoryview) -> None:
        """Add `data`."""
        self._buffer += data

    def commit(self) -> BlobRef:
        """Keep what was written."""
        return self._blobs.put(bytes(self._buffer))

    def abort(self) -> None:
        """Forget what was written."""
        self._buffer.clear()
