"""Lowering: a lifted document becomes JSON bytes again, each reference the string it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from limner import _json
from limner._json import JsonValue
from limner.core.sink import BlobSink
from limner.wire.base64text import encoded, encoded_length
from limner.wire.escapes import Escaper
from limner.wire.reference import Reference

PIECE_BYTES = 256 << 10
"""Largest piece of a lowered document."""

_READ_BYTES = 16 << 10
_SLICE_CHARS = PIECE_BYTES // 4
_SCHEME = re.compile(r'(?<!\\)"blob:')
"""Only an opening quote matches: no string can follow a closing one, and a quote inside a string has a backslash."""


def lower(document: JsonValue, sink: BlobSink) -> Iterator[bytes]:
    """The JSON text of a lifted `document`, in pieces of at most 256 KiB; blobs are read as they are needed.

    Raises `ValueError` for a string that begins with `blob:` and is neither a reference nor escaped, before the piece
    that would hold it; what the sink raises comes through.
    """
    for segment in _segments(document):
        if isinstance(segment, Reference):
            yield from _lowered(segment, sink)
        else:
            for start in range(0, len(segment), _SLICE_CHARS):
                yield segment[start : start + _SLICE_CHARS].encode()


def lowered_length(document: JsonValue, sink: BlobSink) -> int:
    """How many bytes `lower` gives. Blobs of pictures are not opened; texts are read, for their escapes count."""
    total = 0
    for segment in _segments(document):
        if not isinstance(segment, Reference):
            total += len(segment.encode())
        elif segment.encoding == "text":
            total += sum(map(len, _lowered(segment, sink)))
        else:
            total += len(segment.prefix) + encoded_length(segment.blob.size, padded=segment.padded)
    return total


def _segments(document: JsonValue) -> Iterator[str | Reference]:
    """The JSON text of `document`, cut where its references stand; the quotes around them stay."""
    text = _json.dumps(document)
    position = 0
    for match in _SCHEME.finditer(text):
        start = match.start() + 1
        if text.startswith("blob:=", start):
            yield text[position:start]
            position = start + len("blob:=")
            continue
        end = text.index('"', start)
        reference = Reference.parse(text[start:end])
        if reference is None:
            raise ValueError(
                f"{text[start : min(end, start + 80)]!r} begins like a reference to a blob and is none; "
                "ordinary text must be escaped before it is put into a lifted document"
            )
        yield text[position:start]
        yield reference
        position = end
    yield text[position:]


def _lowered(reference: Reference, sink: BlobSink) -> Iterator[bytes]:
    if reference.prefix:
        yield reference.prefix.encode()
    with sink.open(reference.blob) as source:
        if reference.encoding != "text":
            yield from encoded(source, url_safe=reference.encoding == "base64url", padded=reference.padded)
            return
        escaper = Escaper()
        while piece := source.read(_READ_BYTES):
            yield escaper.feed(piece)
        yield escaper.finish()
