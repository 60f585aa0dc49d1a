"""The Files API's documents: a file as clients see it, and what they say of one before they send it."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.fields import pick, pick_text, whole
from limner.wire.gemini.violations import Violation, unknown_names
from limner.wire.reference import escape

MAX_DISPLAY_NAME = 512

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_MIME_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,80}(?:;[ -~]{1,100})?")
_KINDS = ("application", "audio", "font", "image", "message", "model", "multipart", "text", "video")
"""The kinds of MIME types there are. Source: IANA's registry."""
_FIELDS = (
    *("name", "displayName", "mimeType", "sizeBytes", "createTime", "updateTime", "expirationTime", "sha256Hash"),
    *("uri", "downloadUri", "state", "source", "error", "videoMetadata"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDescription:
    """What a client says of a file that it is about to send; `id` is its name without `files/`."""

    id: str | None = None
    display_name: str = ""
    mime_type: str | None = None
    size_bytes: int | None = None


def description_from_wire(body: JsonValue) -> FileDescription:
    """The description in the body that begins an upload, in either casing; all of it may be left out.

    Raises `WireError` with everything that is wrong.
    """
    found = [*unknown_names(body, ("file",), "CreateFileRequest", "")]
    file = pick(body, "file")
    found += unknown_names({} if file is None else file, _FIELDS, "File", "file")
    name = (pick_text(file, "name") or "").removeprefix("files/")
    display_name, mime_type = pick_text(file, "displayName") or "", pick_text(file, "mimeType")
    if name and not _ID.fullmatch(name):
        found.append(
            _refused("file.name", "A file's name is 1 to 40 lower-case letters, digits and dashes, none at its ends.")
        )
    if len(display_name) > MAX_DISPLAY_NAME:
        found.append(_refused("file.display_name", f"A display name has up to {MAX_DISPLAY_NAME} characters."))
    if mime_type and not is_mime_type(mime_type):
        found.append(_refused("file.mime_type", f"Unsupported MIME type: {mime_type[:40]}"))
    if found:
        raise WireError(found)
    return FileDescription(
        id=name or None,
        display_name=display_name,
        mime_type=mime_type or None,
        size_bytes=whole(pick(file, "sizeBytes")),
    )


def is_mime_type(text: str) -> bool:
    """Whether it is a type that a file can have; Google refuses types of no registered kind."""
    return _MIME_TYPE.fullmatch(text) is not None and text.partition("/")[0].lower() in _KINDS


def file_to_wire(
    *,
    file_id: str,
    display_name: str,
    mime_type: str,
    blob: BlobRef,
    created_at_ms: int,
    expires_at_ms: int,
    source: Literal["UPLOADED", "GENERATED"],
    base_url: str,
) -> JsonObject:
    """The File resource; `base_url` is the address of the API with its version, such as `http://host/v1beta`."""
    created = timestamp(created_at_ms)
    document: JsonObject = {
        "name": f"files/{file_id}",
        "displayName": escape(display_name),
        "mimeType": escape(mime_type),
        "sizeBytes": str(blob.size),
        "createTime": created,
        "updateTime": created,
        "expirationTime": timestamp(expires_at_ms),
        "sha256Hash": base64.b64encode(bytes.fromhex(blob.sha256)).decode(),
        "uri": f"{base_url}/files/{file_id}",
        "state": "ACTIVE",
        "source": source,
    }
    if source == "GENERATED":
        document["downloadUri"] = f"{base_url}/files/{file_id}:download?alt=media"
    return {name: value for name, value in document.items() if value != ""}


def files_to_wire(files: Sequence[JsonObject], next_page_token: str | None) -> JsonObject:
    """One page of a list of files."""
    return {"files": list(files), **({"nextPageToken": next_page_token} if next_page_token else {})}


def timestamp(at_ms: int) -> str:
    """A moment in RFC 3339, in UTC with microseconds, as Google writes them."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _refused(field: str, description: str) -> Violation:
    return Violation(field=field, description=description)
