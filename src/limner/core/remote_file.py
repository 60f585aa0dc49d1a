"""A file that lies with a provider."""

from __future__ import annotations

from dataclasses import dataclass

from limner._json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file at the provider. `name` is `files/…`; `expires_at_ms` is in milliseconds since 1970 UTC."""

    name: str
    uri: str
    mime_type: str
    size_bytes: int
    state: str
    expires_at_ms: int
    display_name: str = ""
    source: str = ""

    def to_json(self) -> JsonObject:
        """The file as `limner files --json` prints it."""
        return {
            "name": self.name,
            "uri": self.uri,
            "mimeType": self.mime_type,
            "bytes": self.size_bytes,
            "state": self.state,
            "expiresAtMs": self.expires_at_ms,
            "displayName": self.display_name,
            "source": self.source,
        }
