"""Asking the sandbox as Limner's own client does: over the transport, lifted, read and judged."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.outcome import Outcome
from limner.core.parts import ImagePart
from limner.core.picture import Picture, measure
from limner.core.result import Reply
from limner.core.transport import TransportFault, WireCall
from limner.providers.gemini import read_reply
from limner.providers.sandbox.prompt.scene import Scene
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.memory import MemoryBlobs
from limner.providers.sandbox.protocol.model import SandboxModel
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.providers.sandbox.protocol.signature import Signer
from limner.providers.sandbox.protocol.transport import SandboxTransport
from limner.providers.send import outcome_of_fault
from limner.wire import framing
from limner.wire.gemini.reply import reply_from_wire
from limner.wire.reference import Reference

KEY = b"a signing key of thirty-two bytes"
PLAIN = "a plain red background"
"""Draws fast."""

PNG = f"blob:{hashlib.sha256(b'?').hexdigest()}?size=1&as=base64"
"""Data of a picture that is a question mark."""


@dataclass
class Desk:
    """A sandbox and the blobs that its requests and replies refer to; one of them holds a question mark."""

    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    stands_in_for: tuple[str, ...] = ()
    revived: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.blobs.put(b"?")
        self.model = SandboxModel(self.blobs, KEY, stands_in_for=self.stands_in_for, revived=self.revived)

    def picture(self, data: bytes, mime_type: str = "image/png") -> JsonObject:
        """A part with this picture, as it stands in a lifted request."""
        blob = self.blobs.put(data)
        return {"inlineData": {"mimeType": mime_type, "data": str(Reference(blob=blob, encoding="base64"))}}

    def reply(self, prompt: str, *, model: str = "sandbox-1", **config: JsonValue) -> SandboxReply:
        """The answer to one prompt."""
        return self.respond(ask(prompt, **config), model=model)

    def respond(
        self, body: JsonValue, *, model: str = "sandbox-1", method: str = "generateContent", **how: Any
    ) -> SandboxReply:
        """The answer to a lifted body; `how` are further fields of `Asked`."""
        return self.model.prepare(Asked(model=model, method=method, document=body, **how)).answer()

    def document(self, prompt: str, *, model: str = "sandbox-1", **config: JsonValue) -> JsonObject:
        """The only document of the answer to one prompt."""
        (document,) = self.reply(prompt, model=model, **config).documents
        assert isinstance(document, dict)
        return document

    def answer(self, body: JsonValue, *, model: str = "sandbox-1") -> Reply:
        """What Limner's client makes of the answer to a body; the pictures are put into `blobs`."""
        return self.read(self.respond(body, model=model))

    def read(self, reply: SandboxReply) -> Reply:
        """A reply, lifted and judged as the client does it."""
        documents = lifted(self.blobs, [b"".join(reply.body())], reply.headers["content-type"])
        return reply_from_wire(documents, status=reply.status, headers=reply.headers)

    def bytes_of(self, part: ImagePart) -> bytes:
        """The picture's file."""
        return self.blobs.read(part.blob)

    def measured(self, part: ImagePart) -> Picture:
        """The picture's real type and size."""
        return measure(io.BytesIO(self.bytes_of(part)))

    def outcome(
        self, prompt: str, *, method: str = "generateContent", model: str = "sandbox-1", **config: JsonValue
    ) -> Outcome:
        """How a call over the transport ends, as the send loop of the client sees it."""
        call = WireCall(
            method="POST",
            url=f"https://sandbox/v1beta/models/{model}:{method}",
            document=ask(prompt, size="512", **config),
        )
        transport = SandboxTransport(self.model)
        try:
            reply = transport.open(call, body=(), length=None, before_sending=lambda: None)
        except TransportFault as fault:
            return outcome_of_fault(fault)
        pieces: list[bytes] = []
        complete = True
        try:
            while piece := reply.read():
                pieces.append(piece)
        except TransportFault:
            complete = False
        documents, complete = lifted_leniently(self.blobs, pieces, reply.headers["content-type"], complete)
        return read_reply(documents, reply.status, reply.headers, complete).outcome


def ask(prompt: str, *, ratio: str | None = None, size: str | None = None, **config: JsonValue) -> JsonObject:
    """A request body with one prompt. `config` goes into `generationConfig`."""
    image_config = {name: value for name, value in (("aspectRatio", ratio), ("imageSize", size)) if value}
    config = {**config, **({"imageConfig": image_config} if image_config else {})}
    return {"contents": [{"role": "user", "parts": [{"text": prompt}]}], "generationConfig": config}


def conversation(*turns: tuple[str, Sequence[JsonValue]], size: str = "512") -> JsonObject:
    """A request body with several turns of role and parts."""
    contents = [{"role": role, "parts": list(parts)} for role, parts in turns]
    return {"contents": contents, "generationConfig": {"imageConfig": {"imageSize": size}}}


def lifted(blobs: MemoryBlobs, pieces: Sequence[bytes], content_type: str) -> list[JsonValue]:
    """The documents of a whole body, arrays flattened."""
    documents, complete = lifted_leniently(blobs, pieces, content_type, True)
    assert complete
    return documents


def lifted_leniently(
    blobs: MemoryBlobs, pieces: Sequence[bytes], content_type: str, complete: bool
) -> tuple[list[JsonValue], bool]:
    """The documents of a body that may have been cut, and whether it was whole."""
    spool = bytearray()
    reader = framing.BodyReader(blobs, spool.extend, content_type=content_type)
    for piece in pieces:
        reader.feed(piece)
    try:
        reader.close()
    except ValueError:
        complete = False
    if not complete:
        return _flat(framing.salvage(bytes(spool))), False
    try:
        return _flat(framing.documents(bytes(spool))), True
    except ValueError:
        return [bytes(spool).decode().strip("\x1e\r\n ")], True


def _flat(documents: Sequence[JsonValue]) -> list[JsonValue]:
    return [item for each in documents for item in (each if isinstance(each, list) else [each])]


def blob_in(text: JsonValue) -> BlobRef:
    """The blob that a reference in a document names."""
    found = Reference.parse(str(text))
    assert found is not None
    return found.blob


def tampered(signature: str) -> str:
    """The signature with one bit of its content changed."""
    data = bytearray(base64.b64decode(signature))
    data[-2] ^= 1
    return base64.b64encode(bytes(data)).decode()


def photograph(width: int = 320, height: int = 240) -> bytes:
    """A picture that nobody drew: a gradient with a darker patch, as PNG."""
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    image.paste((200, 60, 40), (width // 3, height // 3, width // 2, height // 2))
    return encoded(image, "PNG")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def parts_of(document: JsonObject) -> list[JsonObject]:
    found = document["candidates"][0]["content"]["parts"]
    assert isinstance(found, list)
    return found


def signed_scene(part: JsonObject | ImagePart) -> Scene:
    signature = part.signature if isinstance(part, ImagePart) else part["thoughtSignature"]
    assert isinstance(signature, str)
    scene = Signer(KEY).read(signature).scene
    assert scene is not None
    return scene


def message_of(desk: Desk, body: JsonValue, *, model: str = "sandbox-1", status: int = 400) -> str:
    """The message of a refusal with this status."""
    reply = desk.respond(body, model=model)
    assert reply.status == status
    message = reply.documents[0]["error"]["message"]
    assert isinstance(message, str)
    return message
