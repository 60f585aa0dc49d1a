"""One part of a turn, both ways."""

from __future__ import annotations

from typing import Literal, TypedDict, cast

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.parts import FilePart, ImagePart, OtherPart, Part, TextPart
from limner.wire.gemini.fields import pick, pick_flag, pick_text, plain_text
from limner.wire.reference import Reference, escape

PartFault = Literal["empty_image", "unreadable"]


class BlobBody(TypedDict, total=False):
    """`inlineData`: `data` is a reference to the picture's bytes."""

    mimeType: str
    data: str


class FileDataBody(TypedDict, total=False):
    """`fileData`."""

    fileUri: str
    mimeType: str


class PartBody(TypedDict, total=False):
    """One part, as we send it."""

    text: str
    inlineData: BlobBody
    fileData: FileDataBody
    thought: bool
    thoughtSignature: str


def part_to_wire(part: Part) -> PartBody:
    """The part as lifted JSON in camelCase; a part Limner has no word for goes out as it came."""
    match part:
        case TextPart():
            body = PartBody(text=escape(part.text))
        case ImagePart():
            body = PartBody(inlineData=_blob_body(part))
        case FilePart():
            body = PartBody(fileData=_file_body(part))
        case OtherPart():
            return cast(PartBody, part.document)
    if not isinstance(part, FilePart) and part.thought:
        body["thought"] = True
    if part.signature is not None:
        body["thoughtSignature"] = part.signature
    return body


def _blob_body(part: ImagePart) -> BlobBody:
    body = BlobBody(mimeType=escape(part.mime_type)) if part.mime_type else BlobBody()
    body["data"] = picture_reference(part.blob)
    return body


def _file_body(part: FilePart) -> FileDataBody:
    body = FileDataBody(fileUri=escape(part.uri))
    if part.mime_type:
        body["mimeType"] = escape(part.mime_type)
    return body


def picture_reference(blob: BlobRef) -> str:
    """The string that becomes the blob's standard, padded base64 when the document is lowered."""
    return str(Reference(blob=blob, encoding="base64"))


def part_from_wire(value: JsonValue) -> Part | PartFault:
    """The part in any spelling. A picture wins over a text beside it.

    `empty_image` is `inlineData` without data; `unreadable` is what is no part at all. Fields that only qualify a
    part (`mediaResolution`, `videoMetadata`, `displayName`) are not carried; they stay in the lifted document.
    """
    if isinstance(value, str):
        return _text_part(value, {"text": value})
    if not isinstance(value, dict) or not value:
        return "unreadable"
    inline = pick(value, "inlineData")
    if isinstance(inline, dict):
        return _image_part(value, inline)
    uri = pick_text(pick(value, "fileData"), "fileUri")
    if uri:
        mime_type = pick_text(pick(value, "fileData"), "mimeType") or ""
        return FilePart(uri=uri, mime_type=mime_type, signature=_signature(value))
    text = pick(value, "text")
    return _text_part(text, value) if isinstance(text, str) else OtherPart(document=value)


def _text_part(text: str, document: JsonObject) -> Part:
    """A text; a picture if all of it is a data URL; untouched if it is too long to stand in the document."""
    plain = plain_text(text)
    thought, signature = pick_flag(document, "thought"), _signature(document)
    if plain is not None:
        return TextPart(text=plain, thought=thought, signature=signature)
    picture = picture_of(text)
    if picture is None:
        return OtherPart(document=document)
    return ImagePart(blob=picture.blob, mime_type=picture.mime_type, thought=thought, signature=signature)


def _image_part(document: JsonObject, inline: JsonObject) -> Part | PartFault:
    data = pick(inline, "data")
    if data is None or data == "":
        return "empty_image"
    picture = picture_of(data)
    mime_type = pick_text(inline, "mimeType") or ""
    if picture is not None and not picture.blob.size:
        return "empty_image"
    if picture is not None:
        return ImagePart(
            blob=picture.blob,
            mime_type=mime_type or picture.mime_type,
            thought=pick_flag(document, "thought"),
            signature=_signature(document),
        )
    address = plain_text(data)
    if address and address.startswith("https://"):
        return FilePart(uri=address, mime_type=mime_type, signature=_signature(document))
    return OtherPart(document=document)


def picture_of(value: JsonValue, *, mime_type: str = "") -> ImagePart | None:
    """The picture that a lifted string stands for: base64 or a data URL, whose type then wins over `mime_type`."""
    found = Reference.parse(value) if isinstance(value, str) else None
    blob = found.picture_blob() if found is not None else None
    if found is None or blob is None:
        return None
    declared = found.prefix[len("data:") :].partition(";")[0].lower()
    return ImagePart(blob=blob, mime_type=declared or mime_type)


def long_text(part: Part) -> BlobRef | None:
    """The blob that holds this part's text (UTF-8), where the text was too long to stand in the document."""
    text = pick(part.document, "text") if isinstance(part, OtherPart) else None
    found = Reference.parse(text) if isinstance(text, str) else None
    return found.blob if found is not None else None


def _signature(document: JsonObject) -> str | None:
    found = pick(document, "thoughtSignature")
    return found if isinstance(found, str) else None
