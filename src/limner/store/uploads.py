"""Which pictures lie with which provider already, and until when: nothing is uploaded twice while it lives."""

from __future__ import annotations

from dataclasses import dataclass

from limner.core.blob import BlobRef
from limner.store.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A blob that was uploaded. `checked_at_ms` is when the provider last said that it is there."""

    name: str
    uri: str
    mime_type: str
    expires_at_ms: int
    checked_at_ms: int


class Uploads:
    """The uploads noted in `database`, by connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, connection: str, blob: BlobRef) -> Upload | None:
        """The upload of a blob that lives longest, whether it still lives or not."""
        query = "SELECT * FROM uploads WHERE connection = ? AND sha256 = ? ORDER BY expires_at_ms DESC LIMIT 1"
        rows = self._database.rows(query, connection, blob.sha256)
        if not rows:
            return None
        row = rows[0]
        return Upload(
            name=row["name"],
            uri=row["uri"],
            mime_type=row["mime_type"],
            expires_at_ms=row["expires_at_ms"],
            checked_at_ms=row["checked_at_ms"],
        )

    def blob_of(self, uri: str) -> tuple[BlobRef, str] | None:
        """The blob that was uploaded to this address, and its type; `None` for addresses of others."""
        rows = self._database.rows("SELECT sha256, size, mime_type FROM uploads WHERE uri = ?", uri)
        return (BlobRef(sha256=rows[0]["sha256"], size=rows[0]["size"]), rows[0]["mime_type"]) if rows else None

    def note(self, connection: str, blob: BlobRef, upload: Upload) -> None:
        """Remember an upload. Earlier ones of the same blob stay known by their addresses."""
        with self._database.transaction() as transaction:
            transaction.execute(
                """INSERT OR REPLACE INTO uploads
                       (connection, sha256, size, name, uri, mime_type, expires_at_ms, checked_at_ms)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    connection,
                    blob.sha256,
                    blob.size,
                    upload.name,
                    upload.uri,
                    upload.mime_type,
                    upload.expires_at_ms,
                    upload.checked_at_ms,
                ),
            )

    def forget(self, connection: str, name: str) -> None:
        """A file was deleted: it is not used again. What was at its address stays known, for old conversations."""
        with self._database.transaction() as transaction:
            transaction.execute(
                "UPDATE uploads SET expires_at_ms = 0 WHERE connection = ? AND name = ?", (connection, name)
            )
