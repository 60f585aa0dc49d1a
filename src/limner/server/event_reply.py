"""The events of an interaction as they are framed: named, LF only, with a mark at the end.

Google's clients demand no less of this API, and would choke on it from generateContent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from limner._json import JsonObject
from limner.core.sink import Shelf
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.wire.lower import lower

LAST_EVENT = b"event: done\ndata: [DONE]\n\n"
"""After it nothing comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReply(SandboxReply):
    """A reply whose documents are events, each with its `event_type`; `framing` is `sse`."""

    def body(self) -> Iterator[bytes]:
        """The events and the mark at their end."""
        for document in self.documents:
            yield from event_to_sse(document, self.pictures)
        yield LAST_EVENT


def event_to_sse(event: JsonObject, pictures: Shelf) -> Iterator[bytes]:
    """One lifted event as bytes, in pieces."""
    yield f"event: {event['event_type']}\ndata: ".encode()
    yield from lower(event, pictures)
    yield b"\n\n"
