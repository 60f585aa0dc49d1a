"""Small pictures for lists, made once: when the studio saves a picture, or the first time one is shown."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from limner.core.blob import BlobRef
from limner.errors import LimnerError
from limner.imaging.thumbnail import webp_thumbnail
from limner.store import disk
from limner.store.store import Store

WIDTHS = (384, 768, 1600)
"""Longer sides in pixels: for lists, for dense screens, and for a page of its own."""


class Thumbs:
    """The small pictures beside `store`; they may be removed at any time, and are made again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.home / "thumbs"
        self._turns = threading.Semaphore(2)  # a large picture takes memory while it is made small

    def find(self, blob: BlobRef, width: int) -> Path:
        """The file of a small picture, made now if it is not there. Raises `InvalidRequestError` for what is none."""
        path = self._folder / blob.sha256[:2] / f"{blob.sha256}-{width}.webp"
        if path.exists():
            return path
        with self._turns:
            if not path.exists():
                with self._store.blobs.open(blob) as file:
                    data = webp_thumbnail(file, max_side_px=width)
                disk.make_folder(path.parent, mode=0o700)
                disk.place_pieces([data], path, overwrite=True)
        return path

    def keep_only(self, blobs: Iterable[BlobRef]) -> None:
        """Remove the small pictures of all others, as after erasing for good."""
        kept = {blob.sha256 for blob in blobs}
        for path in self._folder.glob("*/*.webp"):
            if path.name.partition("-")[0] not in kept:
                path.unlink(missing_ok=True)

    def prepare(self, blobs: Iterable[BlobRef]) -> None:
        """Make those that lists show; a picture that cannot be made small is left as it is."""
        for blob in blobs:
            try:
                self.find(blob, WIDTHS[0])
            except (LimnerError, OSError):
                continue
