"""An answer of the sandbox, ready to be sent: lifted documents, the pictures they refer to, and how they are framed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from limner._json import JsonValue
from limner.core.blob import BlobRef
from limner.core.sink import Shelf
from limner.providers.sandbox.protocol.faults import NO_FAULTS, Faults
from limner.providers.sandbox.protocol.memory import MemoryBlobs
from limner.wire.lower import lower

Framing = Literal["json", "array", "sse", "sse-relay", "page"]
"""One document; an array of them; events as Google writes them, or as relays do; or no JSON but `page`."""

SANDBOX_HEADER = "x-limner-sandbox"
MODEL_VERSION = "sandbox-1"

CONTENT_TYPES: Mapping[Framing, str] = {
    "json": "application/json; charset=UTF-8",
    "array": "application/json; charset=UTF-8",
    "sse": "text/event-stream",
    "sse-relay": "text/event-stream; charset=utf-8",
    "page": "text/html; charset=UTF-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxReply:
    """Status, headers and body of one answer.

    `faults` is what shall happen to it on its way; `first_picture` the picture that a fault may cut after.
    """

    status: int = 200
    extra_headers: tuple[tuple[str, str], ...] = ()
    documents: tuple[JsonValue, ...] = ()
    pictures: Shelf = field(default_factory=MemoryBlobs)
    framing: Framing = "json"
    page: str = ""
    faults: Faults = NO_FAULTS
    first_picture: BlobRef | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """All headers, names in lower case; one says that nothing here was made by a real model."""
        return {"content-type": CONTENT_TYPES[self.framing], SANDBOX_HEADER: MODEL_VERSION, **dict(self.extra_headers)}

    def body(self) -> Iterator[bytes]:
        """The whole body, undisturbed by faults, in pieces of at most 256 KiB."""
        match self.framing:
            case "page":
                yield self.page.encode()
            case "json":
                yield from lower(self.documents[0], self.pictures)
            case "array":
                yield from self._framed(b"[", b",\r\n", b"]")
            case "sse":
                yield from self._framed(b"data: ", b"\r\n\r\ndata: ", b"\r\n\r\n")
            case "sse-relay":
                yield from self._framed(b": ping\n\ndata:", b"\n\n: ping\n\ndata:", b"\n\ndata: [DONE]\n\n")

    def _framed(self, before: bytes, between: bytes, after: bytes) -> Iterator[bytes]:
        for number, document in enumerate(self.documents):
            yield between if number else before
            yield from lower(document, self.pictures)
        yield after
