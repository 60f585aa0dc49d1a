"""From what the model says to the reply that is sent: documents, names, usage, refusals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.core.parts import ImagePart
from limner.core.result import Reply
from limner.core.sink import Shelf
from limner.providers.sandbox.protocol.answers import Hollow
from limner.providers.sandbox.protocol.call import MODEL, QUICK_MODEL, Call
from limner.providers.sandbox.protocol.faults import NO_FAULTS, Faults
from limner.providers.sandbox.protocol.reply import CONTENT_TYPES, SandboxReply
from limner.providers.sandbox.protocol.reshape import reshaped
from limner.providers.sandbox.protocol.usage import input_tokens, usage
from limner.wire.gemini.refusals import Refusal
from limner.wire.gemini.reply import reply_to_wire
from limner.wire.gemini.stream import reply_to_events

WARNING_HEADER = "x-limner-warning"
MAX_WARNING_CHARACTERS = 2000
"""Clients give up on long headers: Node's on 16 KiB of them all."""


def answered(call: Call, hollow: Hollow, blobs: Shelf, faults: Faults) -> SandboxReply:
    """The reply for what the model says; `blobs` hold its pictures."""
    reply = _named(call, hollow.reply)
    documents = _documents(reply, hollow, in_pieces=call.framing != "json")
    return SandboxReply(
        documents=reshaped(documents, {card.name for card in call.cards}, blobs),
        framing=call.framing,
        pictures=blobs,
        faults=faults,
        extra_headers=warning_headers(call.warnings),
        first_picture=next((part.blob for part in reply.parts if isinstance(part, ImagePart)), None),
    )


def warning_headers(warnings: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The header that tells a lenient reading's warnings, if any; HTTP headers hold printable ASCII."""
    text = "; ".join(" ".join(warning.split()) for warning in warnings)
    safe = "".join(character if " " <= character <= "~" else "?" for character in text)
    return ((WARNING_HEADER, safe[:MAX_WARNING_CHARACTERS]),) if safe else ()


def _named(call: Call, reply: Reply) -> Reply:
    """The reply with its usage, the model that really drew, and an identifier of its own."""
    return replace(
        reply,
        usage=usage(call.request, call.model, reply.parts, call.request.resolution),
        model_version=QUICK_MODEL if call.is_quick else MODEL,
        response_id=_clock.new_id(),
    )


def _documents(reply: Reply, hollow: Hollow, *, in_pieces: bool) -> tuple[JsonValue, ...]:
    if hollow.bare:
        return ({},)
    if hollow.no_candidates:
        return ({"candidates": [], **reply_to_wire(reply)},)
    return reply_to_events(reply) if in_pieces else (reply_to_wire(reply),)


def token_count(call: Call, faults: Faults) -> SandboxReply:
    """The reply to `countTokens`."""
    total, images = input_tokens(call.request, call.model)
    words = {"TEXT": total - images, "IMAGE": images}
    details = [{"modality": name, "tokenCount": count} for name, count in words.items() if count]
    document: JsonObject = {"totalTokens": total, "promptTokensDetails": details}
    return SandboxReply(documents=(document,), faults=faults)


def refused(refusal: Refusal, *, as_stream: bool = False, faults: Faults = NO_FAULTS) -> SandboxReply:
    """A refusal; before a stream Google sends it as bare JSON under the stream's content type."""
    if refusal.document is None:
        return SandboxReply(
            status=refusal.status,
            framing="page",
            page=refusal.page,
            extra_headers=refusal.headers,
            faults=faults,
        )
    stream = (("content-type", CONTENT_TYPES["sse"]),) if as_stream else ()
    return SandboxReply(
        status=refusal.status,
        documents=(refusal.document,),
        extra_headers=(*refusal.headers, *stream),
        faults=faults,
    )
