"""The same answer written as some relays write it: what the test cards of the stage `document` do to its JSON."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.sink import Shelf
from limner.wire.gemini.fields import snake
from limner.wire.reference import Reference

Reshape = Callable[[JsonValue, Shelf], JsonValue]

_LINE_CHARACTERS = 76
_MIXED = ("finishReason", "usageMetadata", "mimeType")
_PNG_END_BYTES = 12
_PICTURE_FIELDS = ("data", "bytesBase64Encoded")


def _snake(document: JsonValue, _blobs: Shelf) -> JsonValue:
    return _renamed(document, snake)


def _mixed_case(document: JsonValue, _blobs: Shelf) -> JsonValue:
    return _renamed(document, lambda name: snake(name) if name in _MIXED else name)


def _renamed(value: JsonValue, rename: Callable[[str], str]) -> JsonValue:
    if isinstance(value, list):
        return [_renamed(item, rename) for item in value]
    if isinstance(value, dict):
        return {rename(name): _renamed(item, rename) for name, item in value.items()}
    return value


def _base64url(document: JsonValue, blobs: Shelf) -> JsonValue:
    return _with_pictures(document, blobs, lambda found: replace(found, encoding="base64url"))


def _unpadded(document: JsonValue, blobs: Shelf) -> JsonValue:
    def without_padding(found: Reference) -> Reference:
        data = _needing_padding(blobs.read(found.blob))
        return replace(found, blob=blobs.put(data), padded=False)

    return _with_pictures(document, blobs, without_padding)


def _whitespace(document: JsonValue, blobs: Shelf) -> JsonValue:
    def in_lines(found: Reference) -> Reference:
        text = base64.b64encode(blobs.read(found.blob))
        lines = (text[start : start + _LINE_CHARACTERS] for start in range(0, len(text), _LINE_CHARACTERS))
        return _verbatim(blobs.put(b"\n".join(lines)), decoded=found.blob)

    return _with_pictures(document, blobs, in_lines)


def _bad_base64(document: JsonValue, blobs: Shelf) -> JsonValue:
    def with_a_hole(found: Reference) -> Reference:
        text = base64.b64encode(blobs.read(found.blob))
        middle = len(text) // 2
        return _verbatim(blobs.put(text[:middle] + b"****" + text[middle + 4 :]))

    return _with_pictures(document, blobs, with_a_hole)


def _with_pictures(document: JsonValue, blobs: Shelf, change: Callable[[Reference], Reference]) -> JsonValue:
    if isinstance(document, list):
        return [_with_pictures(item, blobs, change) for item in document]
    if not isinstance(document, dict):
        return document
    return {
        name: _changed(item, change) if name in _PICTURE_FIELDS else _with_pictures(item, blobs, change)
        for name, item in document.items()
    }


def _changed(data: JsonValue, change: Callable[[Reference], Reference]) -> JsonValue:
    found = Reference.parse(data) if isinstance(data, str) else None
    return data if found is None or found.encoding == "text" else str(change(found))


def _markdown(document: JsonValue, blobs: Shelf) -> JsonValue:
    if isinstance(document, list):
        return [_markdown(item, blobs) for item in document]
    if not isinstance(document, dict):
        return document
    inline = document.get("inlineData")
    if isinstance(inline, dict):
        return _picture_in_text(inline, blobs)
    return {name: _markdown(item, blobs) for name, item in document.items()}


def _picture_in_text(inline: JsonObject, blobs: Shelf) -> JsonObject:
    found = Reference.parse(str(inline.get("data", "")))
    if found is None or found.encoding == "text":
        return {"text": ""}
    head = f"![picture](data:{inline.get('mimeType', 'image/png')};base64,".encode()
    return {"text": str(_verbatim(blobs.put(head + base64.b64encode(blobs.read(found.blob)) + b")")))}


def _verbatim(text: BlobRef, decoded: BlobRef | None = None) -> Reference:
    return Reference(blob=text, encoding="text", decoded=decoded)


def _needing_padding(data: bytes) -> bytes:
    """The picture file, made longer by a harmless comment if its base64 would need no padding."""
    if len(data) % 3:
        return data
    if data.startswith(b"\x89PNG"):
        body = b"tEXt" + b"Comment\0"
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        return data[:-_PNG_END_BYTES] + chunk + data[-_PNG_END_BYTES:]
    return data[:2] + b"\xff\xfe\x00\x03-" + data[2:]


RESHAPES: dict[str, Reshape] = {
    "snake": _snake,
    "mixed-case": _mixed_case,
    "base64url": _base64url,
    "unpadded": _unpadded,
    "whitespace": _whitespace,
    "bad-base64": _bad_base64,
    "markdown": _markdown,
}
"""What each card of the stage `document` does to one document."""

_ORDER = ("markdown", "base64url", "unpadded", "whitespace", "bad-base64", "mixed-case", "snake")
"""Pictures before names: a renamed field would no longer be found."""


def reshaped(documents: tuple[JsonValue, ...], names: set[str], blobs: Shelf) -> tuple[JsonValue, ...]:
    """The documents after every named card, in the one order in which they can all be seen."""
    for name in _ORDER:
        if name in names:
            documents = tuple(RESHAPES[name](document, blobs) for document in documents)
    return documents
