"""Pictures that a relay hides in the text of its answer: data URLs and https links in Markdown or HTML.

Data URLs are decoded into the blob store in pieces, whatever their size. Links are fetched only where the connection
allows it, from public addresses only and without a key.
"""

from __future__ import annotations

import binascii
import mmap
import re
from collections.abc import Iterator
from dataclasses import replace

import pybase64

from limner.core.blob import BlobRef
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import FilePart, ImagePart, Part, TextPart
from limner.core.picture import NotAPicture, measure
from limner.core.result import Reply
from limner.core.sink import BlobSink
from limner.core.transport import TransportFault, WireCall
from limner.store.blobs import BlobStore
from limner.wire.gemini.markdown import Link, Span, picture_links, split
from limner.wire.gemini.parts import long_text

MAX_FETCH_BYTES = 64 << 20
"""Largest linked picture that is fetched, in bytes: twice the largest 4K PNG seen."""

_DATA_URL = re.compile(rb"data:image/[\w.+-]{1,60}(?:;[\w.=+-]{1,60}){0,4};base64,", re.IGNORECASE)
_PAYLOAD_END = re.compile(rb"[^A-Za-z0-9+/=_-]")
_DECODE_BYTES = 1 << 18
_STANDARD = bytes.maketrans(b"-_", b"+/")


def harvest(reply: Reply, blobs: BlobStore, *, fetch: bool) -> Reply:
    """The reply with pictures in its text as picture parts of their own, in the order of the text."""
    parts: list[Part] = []
    problems: list[str] = []
    for part in reply.parts:
        parts += _harvested(part, blobs, fetch, problems)
    if not any(isinstance(part, ImagePart) and not part.thought for part in parts):
        if problems and reply.outcome.kind in (OutcomeKind.TEXT_ONLY, OutcomeKind.EMPTY):
            return replace(reply, outcome=replace(reply.outcome, message="; ".join(problems)))
        return reply
    outcome = reply.outcome
    if outcome.kind in (OutcomeKind.TEXT_ONLY, OutcomeKind.EMPTY):
        outcome = Outcome(kind=OutcomeKind.IMAGE)
    return replace(reply, parts=tuple(parts), outcome=outcome)


def _harvested(part: Part, blobs: BlobStore, fetch: bool, problems: list[str]) -> tuple[Part, ...]:
    if isinstance(part, FilePart):
        picture = _linked(part.uri, blobs, fetch, problems) if part.uri.startswith("https://") else None
        return (part,) if picture is None else (replace(picture, signature=part.signature),)
    if isinstance(part, TextPart):
        if part.thought or ("data:image" not in part.text and "https://" not in part.text):
            return (part,)
        text, pictures = _shorten(part.text.encode("utf-8", "surrogatepass"), blobs)
    else:
        blob = long_text(part)
        if blob is None:
            return (part,)
        with blobs.open(blob) as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            text, pictures = _shorten(mapped, blobs)
    replaced: dict[Span, ImagePart] = {}
    for link in picture_links(text):
        picture = _picture(link, pictures, blobs, fetch, problems)
        if picture is not None:
            replaced[link.span] = picture
    if not replaced:
        return (part,)
    found = split(text, replaced)
    signature = part.signature if isinstance(part, TextPart) else None
    first = found[0]
    if signature is not None and isinstance(first, (TextPart, ImagePart)):
        found = (replace(first, signature=signature), *found[1:])
    return found


def _shorten(text: bytes | mmap.mmap, blobs: BlobStore) -> tuple[str, list[ImagePart]]:
    """The text with the payload of each data URL replaced by its number, and the pictures decoded."""
    pieces: list[bytes] = []
    pictures: list[ImagePart] = []
    position = 0
    for head in _DATA_URL.finditer(text):
        end = _PAYLOAD_END.search(text, head.end())
        stop = len(text) if end is None else end.start()
        blob = _decoded(text, head.end(), stop, blobs)
        if blob is None or head.start() < position:
            continue
        pieces += [text[position : head.end()], str(len(pictures)).encode()]
        declared = head[0][len(b"data:") :].partition(b";")[0].decode().lower()
        pictures.append(ImagePart(blob=blob, mime_type=declared))
        position = stop
    pieces.append(text[position:])
    return b"".join(pieces).decode("utf-8", "replace"), pictures


def _decoded(text: bytes | mmap.mmap, start: int, stop: int, blobs: BlobStore) -> BlobRef | None:
    writer = blobs.writer()
    try:
        for piece in _pieces(text, start, stop):
            writer.write(pybase64.b64decode(piece, validate=True))
        return writer.commit()
    except binascii.Error:
        writer.abort()
        return None
    except BaseException:
        writer.abort()
        raise


def _pieces(text: bytes | mmap.mmap, start: int, stop: int) -> Iterator[bytes]:
    while start < stop:
        piece = bytes(text[start : min(start + _DECODE_BYTES, stop)]).translate(_STANDARD)
        start += len(piece)
        yield piece + b"=" * (-len(piece) % 4)


def _picture(
    link: Link, pictures: list[ImagePart], blobs: BlobStore, fetch: bool, problems: list[str]
) -> ImagePart | None:
    if link.kind == "https":
        return _linked(link.url, blobs, fetch, problems)
    number = link.url.rpartition(",")[2]
    return pictures[int(number)] if number.isdigit() and int(number) < len(pictures) else None


def _linked(url: str, blobs: BlobStore, fetch: bool, problems: list[str]) -> ImagePart | None:
    if not fetch:
        problems.append(f"it links to a picture at {_shown(url)}, which this connection does not fetch")
        return None
    try:
        return fetch_picture(url, blobs)
    except (TransportFault, NotAPicture) as problem:
        problems.append(f"the picture at {_shown(url)} could not be fetched: {problem}")
        return None


def fetch_picture(url: str, blobs: BlobSink) -> ImagePart:
    """The picture at an https address, put into `blobs`: from public addresses only, no redirect, without a key.

    Raises `TransportFault`, or `NotAPicture` for what is none or larger than `MAX_FETCH_BYTES`.
    """
    from limner._http import LinkTransport

    call = WireCall(method="GET", url=url, timeout_s=60.0, total_timeout_s=300.0)
    transport = LinkTransport()
    reply = transport.open(call, body=(), length=0, before_sending=lambda: None)
    writer = blobs.writer()
    try:
        if reply.status != 200:
            raise NotAPicture(f"the server answers {reply.status}")
        count = 0
        while piece := reply.read():
            count += len(piece)
            if count > MAX_FETCH_BYTES:
                raise NotAPicture(f"it is larger than {MAX_FETCH_BYTES >> 20} MB")
            writer.write(piece)
        blob = writer.commit()
    except BaseException:
        writer.abort()
        raise
    finally:
        reply.close()
        transport.close()
    with blobs.open(blob) as file:
        return ImagePart(blob=blob, mime_type=measure(file).mime_type)


def _shown(url: str) -> str:
    return url.partition("?")[0][:120]
