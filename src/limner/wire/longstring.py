"""A long string on its way out of a document: into the store as a picture if it is one, else as text."""

from __future__ import annotations

from limner.core.blob import BlobRef
from limner.core.sink import BlobSink, BlobWriter
from limner.wire.base64text import LenientDecoder, NotBase64Error, RegularDecoder, encoded
from limner.wire.escapes import Unescaper
from limner.wire.reference import MAX_PREFIX_BYTES, Reference, is_data_url_head

_READ_BYTES = 1 << 17


class PictureString:
    """A string that should be base64. `prefix` is the head of its data URL, which the written text does not repeat.

    While the base64 is regular only its bytes are kept. Where it stops being so, everything is kept as text from
    there on, and at the end that text is decoded leniently.
    """

    def __init__(self, sink: BlobSink, prefix: str) -> None:
        self._sink = sink
        self._prefix = prefix
        self._decoder = RegularDecoder()
        self._bytes: BlobWriter | None = sink.writer()
        self._text: BlobWriter | None = None
        self._decoded_bytes = 0

    def write(self, text: bytes | memoryview) -> None:
        """Add a piece, escapes undone."""
        if self._text is not None:
            self._text.write(text)
            return
        try:
            decoded = self._decoder.feed(text)
        except NotBase64Error:
            self._continue_as_text().write(text)
        else:
            self._keep(decoded)

    def finish(self) -> Reference:
        """Store what was written and tell how to write it again."""
        if self._text is None:
            try:
                self._keep(self._decoder.finish())
            except NotBase64Error:
                self._continue_as_text()
        if self._text is not None:
            return self._finish_text(self._text)
        assert self._bytes is not None
        return Reference(
            blob=self._bytes.commit(),
            encoding="base64url" if self._decoder.url_safe else "base64",
            padded=self._decoder.padded,
            prefix=self._prefix,
        )

    def abort(self) -> None:
        """Remove what was written."""
        for writer in (self._bytes, self._text):
            if writer is not None:
                writer.abort()

    def _keep(self, decoded: bytes) -> None:
        assert self._bytes is not None
        if decoded:
            self._bytes.write(decoded)
            self._decoded_bytes += len(decoded)

    def _continue_as_text(self) -> BlobWriter:
        assert self._bytes is not None
        self._text = self._sink.writer()
        self._text.write(self._prefix.encode())
        if self._decoded_bytes:
            with self._sink.open(self._bytes.commit()) as source:
                for piece in encoded(source, url_safe=self._decoder.url_safe, padded=True):
                    self._text.write(piece)
        self._bytes.abort()
        self._text.write(self._decoder.held)
        return self._text

    def _finish_text(self, text: BlobWriter) -> Reference:
        kept = text.commit()
        self._bytes = self._sink.writer()
        decoded = _decode_kept(self._sink, kept, len(self._prefix), self._bytes)
        return Reference(blob=kept, encoding="text", decoded=decoded)


class TextString:
    """A string that is kept as it is."""

    def __init__(self, sink: BlobSink) -> None:
        self._writer = sink.writer()

    def write(self, text: bytes | memoryview) -> None:
        """Add a piece, escapes undone."""
        self._writer.write(text)

    def finish(self) -> Reference:
        """Store what was written and tell how to write it again."""
        return Reference(blob=self._writer.commit(), encoding="text")

    def abort(self) -> None:
        """Remove what was written."""
        self._writer.abort()


class LongString:
    """A string that arrives raw, in pieces, with the escapes of JSON still in it."""

    def __init__(self, target: PictureString | TextString) -> None:
        self._target = target
        self._unescaper = Unescaper()

    def write(self, data: bytes, start: int, stop: int, *, skip_bytes: int = 0) -> None:
        """Add `data[start:stop]`, leaving out the first `skip_bytes` of what it means."""
        text = self._unescaper.feed(data, start, stop)
        self._target.write(text[skip_bytes:] if skip_bytes else text)

    def finish(self) -> Reference:
        """Store the string and tell how to write it again."""
        rest = self._unescaper.finish()
        if rest:
            self._target.write(rest)
        return self._target.finish()

    def abort(self) -> None:
        """Remove what was written."""
        self._target.abort()


def split_data_url(text: bytes) -> tuple[str, bytes]:
    """The head of a data URL up to its comma (empty for any other text) and what follows it."""
    comma = text.find(b",", 0, MAX_PREFIX_BYTES)
    head = text[: comma + 1].decode("latin-1")
    return (head, text[comma + 1 :]) if is_data_url_head(head) else ("", text)


def lift_short(sink: BlobSink, prefix: str, payload: bytes, *, lenient: bool) -> Reference | None:
    """Store a string whose text is all here; `None`, and nothing stored, if it is not base64 of at least one byte.

    Only regular base64 counts unless `lenient`.
    """
    decoder = RegularDecoder()
    try:
        data = decoder.feed(payload) + decoder.finish()
    except NotBase64Error:
        return _lift_irregular(sink, prefix, payload) if lenient else None
    if not data:
        return None
    return Reference(
        blob=_put(sink, data),
        encoding="base64url" if decoder.url_safe else "base64",
        padded=decoder.padded,
        prefix=prefix,
    )


def _lift_irregular(sink: BlobSink, prefix: str, payload: bytes) -> Reference | None:
    decoder = LenientDecoder()
    try:
        data = decoder.feed(payload) + decoder.finish()
    except NotBase64Error:
        return None
    if not data:
        return None
    text = _put(sink, prefix.encode() + payload)
    return Reference(blob=text, encoding="text", decoded=_put(sink, data))


def _put(sink: BlobSink, data: bytes) -> BlobRef:
    writer = sink.writer()
    try:
        writer.write(data)
        return writer.commit()
    except BaseException:
        writer.abort()
        raise


def _decode_kept(sink: BlobSink, text: BlobRef, skip_bytes: int, writer: BlobWriter) -> BlobRef | None:
    """The bytes of a stored text that is base64 of some spelling after `skip_bytes`; `None` if it is not."""
    decoder = LenientDecoder()
    size = 0
    with sink.open(text) as source:
        source.read(skip_bytes)
        try:
            while piece := source.read(_READ_BYTES):
                size += _write(writer, decoder.feed(piece))
            size += _write(writer, decoder.finish())
        except NotBase64Error:
            size = 0
    if size:
        return writer.commit()
    writer.abort()
    return None


def _write(writer: BlobWriter, data: bytes) -> int:
    writer.write(data)
    return len(data)
