"""The uploads under way: what has come of each, and who may go on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from limner import _clock
from limner.store.blobs import BlobFile
from limner.wire.gemini.files import FileDescription
from limner.wire.gemini.refusals import failed

IDLE_S = 3_600.0
"""How long an upload may stand still before it is forgotten."""

_ID_BYTES = 32


@dataclass(slots=True, kw_only=True)
class Upload:
    """One upload under way; `received` counts the bytes that are safe in `writer`."""

    owner: str
    description: FileDescription
    mime_type: str
    writer: BlobFile
    used_s: float
    received: int = 0
    busy: bool = False


class Uploads:
    """The uploads under way of one server, by their unguessable ids. For one event loop."""

    def __init__(self) -> None:
        self._open: dict[str, Upload] = {}

    def begin(self, upload: Upload, most: int) -> str:
        """Take an upload and give its id. Raises `RefusedError` where its owner has `most` open already."""
        if sum(other.owner == upload.owner for other in self._open.values()) >= most:
            upload.writer.abort()
            raise failed(429, f"{most} uploads of this key are open already.", hint="Finish or cancel some.")
        upload_id = secrets.token_urlsafe(_ID_BYTES)
        self._open[upload_id] = upload
        return upload_id

    def get(self, upload_id: str) -> Upload:
        """The upload; 404 where it ended, was forgotten, or never was."""
        found = self._open.get(upload_id)
        if found is None:
            raise failed(404, "This upload is not known: it ended, stood still for an hour, or the server restarted.")
        found.used_s = _clock.monotonic_s()
        return found

    def forget(self, upload_id: str) -> None:
        """Drop an upload and what came of it. Harmless when repeated."""
        upload = self._open.pop(upload_id, None)
        if upload is not None:
            upload.writer.abort()

    def expire(self, now_s: float) -> None:
        """Drop what has stood still for too long."""
        for upload_id, upload in list(self._open.items()):
            if now_s - upload.used_s > IDLE_S and not upload.busy:
                self.forget(upload_id)
