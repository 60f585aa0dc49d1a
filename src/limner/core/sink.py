"""Where lifted bytes go and come from: the blob store, or a substitute in tests."""

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


class BlobSink(Protocol):
    """A place that takes blobs and gives them back."""

    def writer(self) -> BlobWriter:
        """Begin a new blob."""
        ...

    def open(self, blob: BlobRef) -> BinaryIO:
        """Exactly the bytes of `blob`, for reading from the start."""
        ...
