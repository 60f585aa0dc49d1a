"""Imagen's method: the same artist, asked in another language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from limner.catalog.model import Model
from limner.core.request import GenerateRequest
from limner.core.sink import Shelf
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.call import Call
from limner.providers.sandbox.protocol.cards import Card
from limner.providers.sandbox.protocol.conversation import Inputs
from limner.providers.sandbox.protocol.faults import Faults
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.providers.sandbox.protocol.reshape import reshaped
from limner.providers.sandbox.protocol.signature import Signer
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.refusals import broken, invalid
from limner.wire.imagen.reply import Prediction, predictions_to_wire
from limner.wire.imagen.request import PredictRequest, predict_from_wire

FILTERED = (
    "Unable to show generated images. All images were filtered out because they violated Google's Responsible AI "
    "practices. Try rephrasing the prompt. If you think this was an error, send feedback. Support codes: "
)
_CODES = {"person": "39322892", "child": "58061214", "card": "29310472"}
"""Support codes by what was filtered. Source: Vertex AI's page on responsible AI for Imagen."""

_PEOPLE = re.compile(
    r"(?i)\b(?:man|men|woman|women|person|people|human|lady|gentleman|portrait|couple|crowd|bride|groom|"
    r"grandmother|grandfather|mother|father|dancer|musician|farmer|doctor|nurse|chef|worker|king|queen)s?\b"
)
_CHILDREN = re.compile(r"(?i)\b(?:boy|girl|child|children|kid|baby|babies|toddler|infant)s?\b")

_KINDS = {"capability": ("edit",), "upscale": ("upscale",), "generate": ("generate", "upscale")}
"""What a model does, by a word of its name."""

_EMPTY_CARDS = (
    "text-only",
    "empty",
    "empty-candidates",
    "no-parts",
    "no-image",
    "empty-data",
    "max-tokens",
    "draft-only",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictCall:
    """A request to an Imagen model, read and checked. `call` knows its cards and the size of its pictures."""

    request: PredictRequest
    call: Call


ReadCards = Callable[[str, str | None], tuple[str, tuple[Card, ...]]]
"""Takes the cards out of a prompt and a header; gives the rest of the prompt, and the cards."""


def read_predict(asked: Asked, model: Model, read_cards: ReadCards) -> PredictCall:
    """Read the body. Raises `RefusedError` for what is wrong, or is not this model's task."""
    request = _body(asked)
    prompt, cards = read_cards(request.prompt, asked.card)
    kinds = next((kinds for word, kinds in _KINDS.items() if word in model.id), None)
    if kinds is None:
        raise invalid(f"The sandbox does not stand in for {model.id}: try-on and segmentation are not drawn.")
    if request.kind not in kinds:
        raise invalid(f"{model.id} does not {request.kind}; it does {' and '.join(kinds)}.")
    generated = GenerateRequest(
        model=model.id,
        prompt=prompt,
        aspect_ratio=request.aspect_ratio,
        resolution=request.resolution,
        seed=None if request.seed is None else request.seed & 0x7FFFFFFF,
    )
    call = Call(model=model, method="predict", request=generated, config={}, cards=cards, sse=False)
    return PredictCall(request=replace(request, prompt=prompt), call=call)


def _body(asked: Asked) -> PredictRequest:
    try:
        return predict_from_wire(asked.document, vertex=asked.service == "vertex")
    except WireError as problem:
        raise broken(problem) from problem


class Predictor:
    """Answers calls with the installation's `signer`."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def answer(self, predict: PredictCall, shelf: Shelf, faults: Faults) -> SandboxReply:
        """The pictures, or what a card makes of them. Raises `RefusedError` for an input that cannot be used."""
        request, call = predict.request, predict.call
        predictions = list(self._predictions(predict, shelf))
        document = predictions_to_wire(
            predictions, rai_reasons=request.rai_reasons, safety_attributes=request.safety_attributes
        )
        (document,) = reshaped((document,), {card.name for card in call.cards}, shelf)
        first = next((each.blob for each in predictions if each.blob is not None), None)
        return SandboxReply(documents=(document,), pictures=shelf, faults=faults, first_picture=first)

    def _predictions(self, predict: PredictCall, shelf: Shelf) -> Iterator[Prediction]:
        request, call = predict.request, predict.call
        if call.card(*_EMPTY_CARDS) is not None:
            return
        reason = _filtered(predict)
        if reason is not None:
            yield from (Prediction(filtered=FILTERED + _CODES[reason]) for _ in range(request.count))
            return
        mime_type = "image/jpeg" if call.card("wrong-mime") else request.mime_type or "image/png"
        declared = "" if call.card("no-mime") else "image/png" if call.card("wrong-mime") else mime_type
        prompt = f"{request.prompt}, highly detailed" if request.enhance else None
        for data in self._files(predict, shelf, mime_type, prompt or request.prompt):
            yield Prediction(blob=shelf.put(data), mime_type=declared, prompt=prompt)

    def _files(self, predict: PredictCall, shelf: Shelf, mime_type: str, prompt: str) -> Iterator[bytes]:
        # Pillow and numpy are loaded only where something is drawn.
        from limner.providers.sandbox.artist import Artist, Wish
        from limner.providers.sandbox.retouch import Retoucher

        request, call = predict.request, predict.call
        if request.kind == "generate":
            wish = Wish(
                prompt=prompt,
                negative=request.negative_prompt,
                inputs=Inputs(),
                size=call.size(Inputs(), {}),
                seed=call.seed,
                mime_type=mime_type,
                quality=request.quality,
            )
            artist = Artist(shelf.read, self._signer)
            yield from (artist.paint(replace(wish, sample=number)).data for number in range(request.count))
            return
        retoucher = Retoucher(shelf.read, self._signer)
        for number in range(request.count):
            yield retoucher.retouched(request, seed=call.seed + number, mime_type=mime_type)


def _filtered(predict: PredictCall) -> str | None:
    """Why no picture may be shown: a card, or people where none are allowed."""
    request = predict.request
    if predict.call.card("blocked", "finish") is not None:
        return "card"
    if request.person_generation != "allow_all" and _CHILDREN.search(request.prompt):
        return "child"
    if request.person_generation == "dont_allow" and _PEOPLE.search(request.prompt):
        return "person"
    return None
