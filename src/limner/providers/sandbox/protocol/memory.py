"""Blobs kept in memory: the pictures of one answer, until it has been sent."""

from __future__ import annotations

import hashlib
import io

from limner.core.blob import BlobRef


class MemoryBlobs:
    """A blob sink without a disk."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def put(self, data: bytes) -> BlobRef:
        """Keep `data`."""
        blob = BlobRef(sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        self._bytes[blob.sha256] = data
        return blob

    def read(self, blob: BlobRef) -> bytes:
        """The bytes of a blob that was put; `KeyError` for another."""
        return self._bytes[blob.sha256]

    def open(self, blob: BlobRef) -> io.BytesIO:
        """The bytes, for reading."""
        return io.BytesIO(self.read(blob))

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
