"""From the shelf of one request to what the server keeps."""

from __future__ import annotations

from limner._json import JsonValue
from limner.core.sink import BlobSource
from limner.store.blobs import BlobStore
from limner.wire.reference import Reference


def keep(document: JsonValue, shelf: BlobSource, blobs: BlobStore) -> None:
    """Store every blob that a lifted document refers to; to be called in a thread, since it waits for the disk."""
    if isinstance(document, dict | list):
        for value in document.values() if isinstance(document, dict) else document:
            keep(value, shelf, blobs)
        return
    found = Reference.parse(document) if isinstance(document, str) else None
    for blob in (found.blob, found.decoded) if found is not None else ():
        if blob is not None and blob not in blobs:
            with shelf.open(blob) as file:
                blobs.put_file(file)
