"""Reading a request's history: which picture is to be changed, and whether its signatures are the model's own."""

from __future__ import annotations

from dataclasses import dataclass

from limner.core.blob import BlobRef
from limner.core.parts import ImagePart, TextPart, Turn
from limner.core.request import GenerateRequest
from limner.providers.sandbox.prompt.scene import Scene
from limner.providers.sandbox.protocol.signature import MAX_SIGNATURE_BYTES, SignatureRefusedError, Signer, is_dummy
from limner.providers.sandbox.protocol.strict import ReadBlob
from limner.wire import reference
from limner.wire.gemini.refusals import RefusedError, invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The picture to be changed, and its scene where a signature told it."""

    blob: BlobRef
    scene: Scene | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What there is to work from: the picture to be changed, if any, and further ones to take things from.

    `continues` is true where the model drew the base earlier in the conversation.
    """

    base: Base | None = None
    others: tuple[BlobRef, ...] = ()
    continues: bool = False

    @property
    def blobs(self) -> tuple[BlobRef, ...]:
        """All pictures, the base first."""
        return (*((self.base.blob,) if self.base is not None else ()), *self.others)


class Conversation:
    """Reads histories with the installation's `signer`. `demands_signatures` as Gemini 3 image models do."""

    def __init__(self, signer: Signer, read_blob: ReadBlob, *, demands_signatures: bool) -> None:
        self._signer = signer
        self._read_blob = read_blob
        self._demands = demands_signatures

    def inputs(self, request: GenerateRequest) -> Inputs:
        """The pictures of a request. Raises `RefusedError` for a model's picture without its signature.

        The last picture the model drew is the base; without one the first picture of the last turn that has any.
        """
        drawn = [base for place, turn in enumerate(request.history, 1) for base in self._drawn(turn, place)]
        sent = [part.blob for part in request.images if isinstance(part, ImagePart)]
        if drawn:
            base = drawn[-1]
            return Inputs(base=base, others=tuple(blob for blob in sent if blob != base.blob), continues=True)
        sent = sent or _last_sent(request)
        return Inputs(base=Base(blob=sent[0]), others=tuple(sent[1:])) if sent else Inputs()

    def _drawn(self, turn: Turn, place: int) -> list[Base]:
        """The model's finished pictures in turn number `place`, counted from 1 as Google's message does."""
        if turn.role != "model":
            return []
        found = []
        for number, part in enumerate(turn.parts, 1):
            if isinstance(part, ImagePart) and not part.thought:
                scene = self._scene(part.signature, f"in content position {place}, part position {number}")
                found.append(Base(blob=part.blob, scene=scene))
            elif isinstance(part, TextPart) and part.signature:
                self._scene(part.signature, f"in content position {place}, part position {number}")
        return found

    def _scene(self, signature: str | None, where: str) -> Scene | None:
        if not signature:
            if self._demands:
                raise _missing(where, "")
            return None
        try:
            raw = self._resolved(signature)
            return None if is_dummy(raw) else self._signer.read(raw).scene
        except SignatureRefusedError as problem:
            if self._demands:
                raise _missing(where, f": {problem}") from problem
            return None

    def _resolved(self, signature: str) -> str | bytes:
        """The signature's base64 or bytes; a long one was lifted into a blob."""
        lifted = reference.Reference.parse(signature)
        if lifted is None:
            return reference.unescape(signature)
        blob = lifted.picture_blob()
        if blob is None or blob.size > MAX_SIGNATURE_BYTES:
            raise SignatureRefusedError(f"it is no base64 of up to {MAX_SIGNATURE_BYTES} bytes")
        return self._read_blob(blob)


def _last_sent(request: GenerateRequest) -> list[BlobRef]:
    for turn in reversed(request.history):
        sent = [part.blob for part in turn.parts if isinstance(part, ImagePart) and not part.thought]
        if sent:
            return sent
    return []


def _missing(where: str, why: str) -> RefusedError:
    return invalid(
        f"Image part is missing a thought_signature {where}{why}. Please refer to "
        "https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
        hint="Send the model's turn back exactly as it came, each thoughtSignature on its own part.",
    )
