"""The pictures themselves: as they are, small, and to be saved."""

from __future__ import annotations

import re

from limner.core.blob import BlobRef
from limner.studio.thumbs import WIDTHS
from limner.studio.visit import Answer, Bytes, Missing, Visit, get

_HASH = re.compile(r"[0-9a-f]{64}")
_SMALL = re.compile(r"thumb-([0-9]{1,5})")


def picture(visit: Visit) -> Answer:
    """The bytes as they came; `?download=NAME` has them saved under that name."""
    blob = _blob(visit)
    head = visit.context.app.store.blobs.open(blob)
    with head:
        mime_type = _type_of(head.read(16))
    return Bytes(mime_type=mime_type, blob=blob, name=visit.query.get("download"), lasts=True)


def small(visit: Visit) -> Answer:
    """A small one, of the next offered width."""
    found = _SMALL.fullmatch(visit.path["size"])
    if found is None:
        raise Missing("There is no such size of a picture.")
    width = next((each for each in WIDTHS if each >= int(found[1])), WIDTHS[-1])
    return Bytes(mime_type="image/webp", path=visit.context.thumbs.find(_blob(visit), width), lasts=True)


def _blob(visit: Visit) -> BlobRef:
    """The picture of an address. Raises `Missing` for one that is not in the data folder."""
    sha256, size = visit.path["sha256"], visit.query.get("size", "")
    if _HASH.fullmatch(sha256) is None:
        raise Missing("There is no such picture.")
    blobs = visit.context.app.store.blobs
    blob = BlobRef(sha256=sha256, size=int(size)) if size.isdigit() and len(size) < 13 else blobs.find_by_prefix(sha256)
    if blob is None or blob not in blobs:
        raise Missing("This picture is not in the data folder.")
    return blob


def _type_of(head: bytes) -> str:
    """The type by the first bytes, whatever anybody said of it."""
    for start, mime_type in ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif")):
        if head.startswith(start):
            return mime_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


ROUTES = (get("/assets/{sha256}", picture), get("/assets/{sha256}/{size}", small))
