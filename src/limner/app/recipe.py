"""How a picture was made, for whoever gets it: as a file beside a copy, or inside the copy.

A recipe holds what was asked, of which model, when, and from which pictures. It is made from the journal alone, which
never holds a key, and passes the redactor all the same. The original is never touched; a copy with content credentials
(C2PA) is not written into either, because that would break them.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from limner._json import JsonObject
from limner._version import __version__
from limner.app.result import with_extension
from limner.core.blob import BlobRef
from limner.core.picture import EXTENSIONS, measure
from limner.core.provenance import COMPOSITE_SOURCE_TYPE, DIGITAL_SOURCE_TYPE, find_credentials
from limner.errors import InvalidRequestError
from limner.redaction import redact
from limner.store import disk
from limner.store.journal import CallRecord
from limner.store.store import Store

RecipePlace = Literal["side", "inside", "none"]
SIDE_SUFFIX = ".limner.json"
"""Ending of the file beside a copy: `fox.png` has `fox.png.limner.json`."""

PNG_KEYWORD = "limner"
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_MAX_SEGMENT = 65_533 - len(_XMP_HEAD)
_READ_BYTES = 1 << 20


def recipe_of(store: Store, record: CallRecord, blob: BlobRef) -> JsonObject:
    """How the picture was made. Times are ISO 8601 in UTC, cost is US dollars as text.

    It is a composite (IPTC) where it was made of a picture that no call here made.
    """
    inputs = [image.blob.sha256 for image in record.images if image.role == "input"]
    from_outside = any(not store.journal.find_by_picture(sha256) for sha256 in inputs)
    made = datetime.fromtimestamp(record.created_at_ms / 1000, UTC).isoformat(timespec="seconds")
    document: JsonObject = {
        "recipe": 1,
        "program": f"limner {__version__}",
        "sha256": blob.sha256,
        "model": record.model,
        "prompt": record.prompt,
        "asked": {name: value for name, value in record.asked.items() if value is not None and name != "out"},
        "createdAt": made.replace("+00:00", "Z"),
        "call": record.call_id,
        "parents": inputs,
        "continues": record.parent_id,
        "costUsd": record.cost_usd,
        "digitalSourceType": COMPOSITE_SOURCE_TYPE if from_outside else DIGITAL_SOURCE_TYPE,
    }
    return _redacted(document)


def save_copy(
    store: Store, record: CallRecord, blob: BlobRef, target: Path, *, place: RecipePlace, overwrite: bool = False
) -> tuple[list[Path], str | None]:
    """Put a copy of a picture at `target` with its recipe; gives the files written, and what to tell.

    `inside` is for PNG and JPEG without content credentials; others get the file beside it, and that is told. Raises
    `InvalidRequestError` if a file is there and `overwrite` is not set, `StorageError` if the disk refuses.
    """
    with store.blobs.open(blob) as file:
        mime_type = measure(file).mime_type
        credentials = find_credentials(file)
    path = with_extension(target, "." + EXTENSIONS[mime_type])
    recipe, notice = recipe_of(store, record, blob), None
    if place == "inside" and credentials is not None:
        place, notice = "side", "It carries content credentials, which a recipe inside would break: it is beside it."
    elif place == "inside" and mime_type not in ("image/png", "image/jpeg"):
        place, notice = "side", f"{mime_type} takes no recipe inside: it is beside it."
    pieces = _with_recipe(store, blob, mime_type, recipe) if place == "inside" else _plain(store, blob)
    written = [_placed(pieces, path, overwrite=overwrite)]
    if place == "side":
        side = path.with_name(path.name + SIDE_SUFFIX)
        text = json.dumps(recipe, indent=2, ensure_ascii=False).encode() + b"\n"
        written.append(_placed(iter([text]), side, overwrite=overwrite))
    return written, notice


def xmp_of(recipe: JsonObject) -> bytes:
    """The recipe as an XMP packet: IPTC's source type, the prompt as description, and the whole as JSON."""
    source = quoteattr(str(recipe["digitalSourceType"]))
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'xmlns:limner="https://limner.invalid/ns/1/" Iptc4xmpExt:DigitalSourceType={source} '
        f"xmp:CreatorTool={quoteattr(str(recipe['program']))} limner:model={quoteattr(str(recipe['model']))}>"
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{_xml(str(recipe["prompt"]))}</rdf:li></rdf:Alt>'
        f"</dc:description><limner:recipe>{_xml(json.dumps(recipe, ensure_ascii=False))}</limner:recipe>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _xml(text: str) -> str:
    """Text that XML 1.0 can hold: other control characters become a replacement character."""
    kept = "".join(
        each if each in "\t\n\r" or (each >= " " and each not in "\ufffe\uffff") else "\ufffd" for each in text
    )
    return escape(kept)


def _plain(store: Store, blob: BlobRef) -> Iterator[bytes]:
    with store.blobs.open(blob) as file:
        while piece := file.read(_READ_BYTES):
            yield piece


def _with_recipe(store: Store, blob: BlobRef, mime_type: str, recipe: JsonObject) -> Iterator[bytes]:
    """The file with chunks put in after its head; every byte of the picture itself stays."""
    with store.blobs.open(blob) as file:
        if mime_type == "image/png":
            yield file.read(33)  # signature and IHDR
            text = json.dumps(recipe, ensure_ascii=False).encode()
            yield _png_text(PNG_KEYWORD.encode(), text)
            yield _png_text(_XMP_KEYWORD, xmp_of(recipe))
        else:
            yield file.read(2)
            packet = xmp_of(recipe)
            if len(packet) > _MAX_SEGMENT:
                packet = xmp_of({**recipe, "prompt": str(recipe["prompt"])[:8000]})[:_MAX_SEGMENT]
            segment = _XMP_HEAD + packet
            yield b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
        while piece := file.read(_READ_BYTES):
            yield piece


def _png_text(keyword: bytes, text: bytes) -> bytes:
    """An iTXt chunk: UTF-8, not compressed, as XMP in PNG wants it."""
    data = keyword + b"\0\0\0\0\0" + text
    body = b"iTXt" + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def _placed(pieces: Iterator[bytes], path: Path, *, overwrite: bool) -> Path:
    try:
        disk.make_folder(path.absolute().parent)
        placed = disk.place_pieces(pieces, path, overwrite=overwrite)
    except OSError as problem:
        raise disk.storage_error(problem, path) from problem
    if not placed:
        raise InvalidRequestError(
            f"{str(path)!r} is there already.", code="invalid.exists", hint="Choose another name or --overwrite."
        )
    return path


def _redacted(document: JsonObject) -> JsonObject:
    return {name: redact(value) if name == "prompt" else value for name, value in document.items()}
