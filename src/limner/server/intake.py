"""A request's body on its way in: bounded in size, depth and time, unzipped, lifted; never held in memory."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.requests import Request

from limner._json import JsonObject, JsonValue
from limner.core.sink import BlobSink
from limner.web.limits import Limits
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.refusals import RefusedError, broken, failed
from limner.wire.gemini.violations import Violation
from limner.wire.lift import Lifter, SkeletonTooLarge, Truncated

MAX_VALUES = 200_000
"""Most values in one document: as Python objects they take a hundred times their bytes."""

_ZIPPED = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_UNZIP_BYTES = 1 << 18


async def read_document(request: Request, sink: BlobSink, limits: Limits) -> JsonValue:
    """The lifted JSON body, its long strings put into `sink`; `{}` where there is none.

    Raises `RefusedError`: 400 for what is no JSON, 408 where it comes too slowly, 413 where it is too large.
    """
    skeleton = bytearray()
    lifter = Lifter(sink, skeleton.extend, max_skeleton_bytes=limits.document_bytes)
    try:
        async for piece in body_of(request, limits, limits.json_bytes):
            lifter.feed(piece)
        lifter.close()
    except SkeletonTooLarge as problem:
        raise failed(413, f"Request payload is too large: {problem}.") from problem
    except Truncated as problem:
        raise _no_json("unexpected end of the body") from problem
    finally:
        lifter.abort()
    return parsed(bytes(skeleton), limits) if skeleton.strip() else {}


async def body_of(request: Request, limits: Limits, most_bytes: int) -> AsyncIterator[bytes]:
    """The body in pieces, unzipped, each within its time; raises `RefusedError` as soon as it is too large."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        raise too_large(most_bytes)
    unzip = _unzipper(request.headers.get("content-encoding", "identity"))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    received = given = 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout_at(begun + limits.body_deadline_s(received)):
                piece = await anext(stream)
        except StopAsyncIteration:
            break
        except TimeoutError as problem:
            raise failed(408, "The body came too slowly.", name="DEADLINE_EXCEEDED") from problem
        received += len(piece)
        for part in unzip(piece):
            given += len(part)
            if max(received, given) > most_bytes:
                raise too_large(most_bytes)
            yield part


def too_large(most_bytes: int) -> RefusedError:
    """413: the body is larger than is taken here."""
    return failed(413, f"Request payload size exceeds the limit: {most_bytes} bytes.")


def parsed(text: bytes, limits: Limits) -> JsonObject:
    """A JSON object of bounded depth and number of values; 400 for anything else."""
    if sum(text.count(mark) for mark in (b",", b"[", b"{", b":")) > MAX_VALUES:
        raise failed(413, f"Request payload has more than {MAX_VALUES} values.")
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except RecursionError as problem:
        raise _too_deep(limits) from problem
    except ValueError as problem:
        raise _no_json(str(problem)) from problem
    if not isinstance(document, dict):
        raise _no_json("Root element must be a message")
    _check_shape(document, limits)
    return document


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is no JSON")


def _no_json(why: str) -> RefusedError:
    description = f"Invalid JSON payload received. {why}"
    return broken(WireError([Violation(field="", description=description)]))


def _too_deep(limits: Limits) -> RefusedError:
    return _no_json(f"Message too deep. Max recursion depth reached ({limits.depth})")


def _check_shape(document: JsonValue, limits: Limits) -> None:
    """Refuse what is too deep or has too long a list."""
    level = [document]
    for _ in range(limits.depth):
        if any(isinstance(value, list) and len(value) > limits.list_items for value in level):
            raise _no_json(f"A list has more than {limits.list_items} items")
        level = [inner for value in level for inner in _inner(value)]
        if not level:
            return
    raise _too_deep(limits)


def _inner(value: JsonValue) -> Iterator[JsonValue]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (each for each in values if isinstance(each, dict | list))


def _unzipper(encoding: str) -> Callable[[bytes], Iterator[bytes]]:
    """What undoes a `Content-Encoding`, in bounded pieces; 400 for one that is not understood."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return lambda piece: iter((piece,))
    if name not in _ZIPPED:
        raise failed(400, f"Content-Encoding {name[:40]!r} is not understood; accepted: gzip, deflate, identity.")
    inflater = zlib.decompressobj(_ZIPPED[name])

    def unzip(piece: bytes) -> Iterator[bytes]:
        try:
            while piece:
                yield inflater.decompress(piece, _UNZIP_BYTES)
                piece = inflater.unconsumed_tail
        except zlib.error as problem:
            raise failed(400, f"The body is not {name}.") from problem

    return unzip
