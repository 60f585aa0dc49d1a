"""Files of requests, one JSON object a line, of up to gigabytes: read line by line, lifted, never held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from limner._json import dumps
from limner.core.sink import BlobSink
from limner.server.intake import parsed
from limner.web.limits import Limits
from limner.wire.gemini.batches import InlineRequest, line_from_wire
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.refusals import RefusedError, broken, invalid
from limner.wire.lift import Lifter, SkeletonTooLarge, Truncated

MAX_LINES = 200_000
"""Requests in one file. Google names no number."""

_READ_BYTES = 1 << 18


def staged_lines(source: BinaryIO, scratch: Path, sink: BlobSink, limits: Limits) -> Iterator[InlineRequest]:
    """The requests of a file, each checked before the first is given; what is lifted goes to `sink`.

    `scratch` holds the lifted lines meanwhile, so that a database is not held while gigabytes are read. Raises
    `RefusedError`, naming the line.
    """
    with scratch.open("x", encoding="utf-8") as file:
        for request in _lines(source, sink, limits):
            file.write(dumps([request.request, request.metadata]) + "\n")
    return _read(scratch)


def _read(scratch: Path) -> Iterator[InlineRequest]:
    with scratch.open(encoding="utf-8") as file:
        for text in file:
            request, metadata = json.loads(text)
            yield InlineRequest(request=request, metadata=metadata)


def _lines(source: BinaryIO, sink: BlobSink, limits: Limits) -> Iterator[InlineRequest]:
    number = 0
    for number, skeleton in enumerate(_skeletons(source, sink, limits), 1):
        if number > MAX_LINES:
            raise invalid(f"The file has more than {MAX_LINES} lines.")
        try:
            yield line_from_wire(parsed(skeleton, limits), number)
        except WireError as problem:
            raise broken(problem) from problem
        except RefusedError as problem:
            raise invalid(f"Line {number}: {problem.refusal.message}") from problem
    if not number:
        raise invalid("The file has no lines.")


def _skeletons(source: BinaryIO, sink: BlobSink, limits: Limits) -> Iterator[bytes]:
    """The skeleton of each line that is not blank."""
    line = _Line(sink, limits)
    number = 1
    while piece := source.read(_READ_BYTES):
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            line.feed(piece[start:end], number)
            skeleton = line.end(number)
            if skeleton:
                yield skeleton
            line, start, number = _Line(sink, limits), end + 1, number + 1
        line.feed(piece[start:], number)
    skeleton = line.end(number)
    if skeleton:
        yield skeleton


class _Line:
    """One line being lifted."""

    def __init__(self, sink: BlobSink, limits: Limits) -> None:
        self._skeleton = bytearray()
        self._lifter = Lifter(sink, self._skeleton.extend, max_skeleton_bytes=limits.document_bytes)

    def feed(self, data: bytes, number: int) -> None:
        try:
            self._lifter.feed(data)
        except SkeletonTooLarge as problem:
            raise invalid(f"Line {number} is too large: {problem}.") from problem

    def end(self, number: int) -> bytes:
        try:
            self._lifter.close()
        except Truncated as problem:
            raise invalid(f"Line {number} is no JSON: it ends in the middle.") from problem
        return bytes(self._skeleton).strip()
