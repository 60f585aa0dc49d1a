"""Lifting a whole body in a test."""

from __future__ import annotations

import json
from typing import Any

from limner.wire.lift import Lifter
from limner.wire.reference import Reference
from wire.bodies import split
from wire.sinks import MemorySink


def skeleton_of(body: bytes, sink: MemorySink, sizes: list[int] | None = None) -> bytes:
    emitted: list[bytes] = []
    lifter = Lifter(sink, emitted.append)
    for piece in split(body, sizes or [max(1, len(body))]):
        lifter.feed(piece)
    lifter.close()
    return b"".join(emitted)


def lifted(body: bytes, sink: MemorySink, sizes: list[int] | None = None) -> Any:
    """The lifted document of `body`, fed in pieces of `sizes`."""
    return json.loads(skeleton_of(body, sink, sizes).decode("utf-8", "surrogatepass"), strict=False)


def reference(text: Any) -> Reference:
    """The reference that `text` is."""
    found = Reference.parse(text)
    assert found is not None, text
    return found


def picture(text: Any, sink: MemorySink) -> bytes | None:
    """The bytes of the picture that `text` refers to."""
    blob = reference(text).picture_blob()
    return None if blob is None else sink.blobs[blob]
