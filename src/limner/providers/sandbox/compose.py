"""The parts of an answer with pictures: words, drafts, pictures and signatures, in the order a model sends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from limner.core.parts import ImagePart, Part, TextPart
from limner.core.sink import Shelf
from limner.core.size import Size
from limner.providers.sandbox.artist import Artist, Painting, Wish
from limner.providers.sandbox.prompt.document import Document, document_in
from limner.providers.sandbox.protocol.call import Call
from limner.providers.sandbox.protocol.signature import Signed, Signer

_DRAFT_SIDE_PX = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What an answer consists of beside its one wish.

    `declared_type` is what the pictures are called; `signature_bytes` pads their signatures to that length before
    base64. A `story` alternates words and pictures; each picture belongs to a `part` of it.
    """

    declared_type: str
    text: bool = True
    signed: bool = True
    thoughts: bool = False
    drafts: int = 0
    pictures: int = 1
    story: bool = False
    part: str = "picture"
    signature_bytes: int = 0


def composition_of(call: Call) -> Composition:
    """What the request and its test cards ask for."""
    thinks = call.request.include_thoughts and bool(call.model.capabilities.thinks)
    big = call.card("big-signature")
    document = _document(call)
    pictures = document.pictures if document is not None else 1
    return Composition(
        declared_type=call.declared_type,
        text=call.request.text and call.card("bad-base64") is None,
        signed=call.model.capabilities.needs_signatures or big is not None,
        thoughts=thinks,
        drafts=2 if call.card("drafts") else 1 if thinks or call.card("draft-only") else 0,
        pictures=0 if call.card("draft-only") else 2 if call.card("two-pictures", "story") else pictures,
        story=call.card("story") is not None or document is not None,
        part="picture" if document is None else document.part,
        signature_bytes=0 if big is None else int(big.number * 1024),
    )


def _document(call: Call) -> Document | None:
    """The document that the words ask for, unless a test card says what the answer is or there is a picture to edit."""
    if not call.request.text or call.request.images or call.card("story", "two-pictures", "draft-only", "bad-base64"):
        return None
    return document_in(call.request.prompt)


class Composer:
    """Paints with `artist`, puts the files into `blobs` and signs with `signer`."""

    def __init__(self, artist: Artist, signer: Signer, blobs: Shelf) -> None:
        self._artist = artist
        self._signer = signer
        self._blobs = blobs

    def parts(self, wish: Wish, composition: Composition) -> tuple[Part, ...]:
        """All parts in order; the last picture that is no draft is the answer."""
        finished = [self._artist.paint(replace(wish, sample=number)) for number in range(composition.pictures)]
        drafts = [self._artist.paint(_draft(wish, number)) for number in range(composition.drafts)]
        answer = list(self._answer(finished, composition))
        if composition.signed and answer:
            answer = self._signed(answer, finished, composition)
        return (*self._thoughts(drafts, composition), *answer)

    def _thoughts(self, drafts: list[Painting], composition: Composition) -> Iterator[Part]:
        if drafts and composition.thoughts:
            yield TextPart(text=f"Trying a composition. {drafts[0].report}", thought=True)
        for draft in drafts:
            yield ImagePart(blob=self._blobs.put(draft.data), mime_type=composition.declared_type, thought=True)

    def _answer(self, finished: list[Painting], composition: Composition) -> Iterator[Part]:
        if composition.text and finished and not composition.story:
            yield TextPart(text=finished[0].report)
        for number, painting in enumerate(finished, 1):
            if composition.story:
                yield TextPart(
                    text=f"{composition.part.capitalize()} {number} of {len(finished)}. {painting.report}\n\n"
                )
            yield ImagePart(blob=self._blobs.put(painting.data), mime_type=composition.declared_type)
        if composition.story:
            yield TextPart(text=f"That was the last {composition.part}.")

    def _signed(self, answer: list[Part], finished: list[Painting], composition: Composition) -> list[Part]:
        """Signatures stand on the first part and on every picture, as Gemini 3 sets them."""
        painted = iter(finished)
        signed = [self._with_signature(part, painted, composition) for part in answer]
        first = signed[0]
        if isinstance(first, TextPart):
            signed[0] = replace(first, signature=self._signer.sign(Signed(scene=finished[0].scene)))
        return signed

    def _with_signature(self, part: Part, painted: Iterator[Painting], composition: Composition) -> Part:
        if not isinstance(part, ImagePart):
            return part
        signed = Signed(scene=next(painted).scene)
        return replace(part, signature=self._signer.sign(signed, at_least_bytes=composition.signature_bytes))


def _draft(wish: Wish, number: int) -> Wish:
    """A smaller picture of another sample; it costs a quarter of the time or less."""
    factor = min(0.5, _DRAFT_SIDE_PX / max(wish.size.width, wish.size.height))
    size = Size(max(8, round(wish.size.width * factor)), max(8, round(wish.size.height * factor)))
    return replace(wish, size=size, sample=wish.sample + 1 + number)
