"""Where lifted bytes go and come from: the blob store, or a substitute for one exchange."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from limner.core.blob import BlobRef


class BlobWriter(Protocol):
    """One blob being written: any number of `write`, then `commit` or `abort`."""

    def write(self, data: bytes | memoryview) -> None:
        """Add `data`, which the writer must not keep: its memory may be used again."""
        ...

    def commit(self) -> BlobRef:
        """Make the bytes durable and give their name. What fails here has already cleaned up."""
        ...

    def abort(self) -> None:
        """Remove what was written. Harmless when repeated and after `commit`."""
        ...


class BlobSource(Protocol):
    """A place that gives blobs back."""

    def open(self, blob: BlobRef) -> BinaryIO:
        """Exactly the bytes of `blob`, for reading from the start."""
        ...


class BlobSink(BlobSource, Protocol):
    """A place that takes blobs and gives them back."""

    def writer(self) -> BlobWriter:
        """Begin a new blob."""
        ...


class Shelf(BlobSink, Protocol):
    """A sink that also takes and gives whole blobs: the pictures of one request and its answer stand on it."""

    def put(self, data: bytes) -> BlobRef:
        """Keep `data`."""
        ...

    def read(self, blob: BlobRef) -> bytes:
        """All the bytes of `blob` at once."""
        ...


class NoBlobs:
    """What stands behind a shelf that has nothing behind it."""

    def open(self, blob: BlobRef) -> BinaryIO:
        """`KeyError`: there are none."""
        raise KeyError(blob.sha256)
