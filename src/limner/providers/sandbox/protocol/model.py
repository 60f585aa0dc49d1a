"""The sandbox as a model: Gemini's documents in, Gemini's documents out, drawn offline and for nothing.

prepare    the request is read and checked; what is wrong is refused in Google's words
answer     a test card answers, or the picture is drawn
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import get_args

from limner._json import JsonObject, JsonValue
from limner.catalog.model import Model, Service
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import Part, TextPart
from limner.core.result import Reply
from limner.core.sink import BlobSource, Shelf
from limner.core.size import Size
from limner.providers.sandbox.protocol import listing, strict, wrap
from limner.providers.sandbox.protocol.answers import ANSWER_CARDS, Hollow
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.call import Call, Method
from limner.providers.sandbox.protocol.cards import Card, CardRefusedError, read_cards, read_header
from limner.providers.sandbox.protocol.conversation import Conversation, Inputs
from limner.providers.sandbox.protocol.faults import NO_FAULTS, Faults, faults_of
from limner.providers.sandbox.protocol.memory import MemoryBlobs
from limner.providers.sandbox.protocol.predict import Predictor, read_predict
from limner.providers.sandbox.protocol.refusals import REFUSAL_CARDS
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.providers.sandbox.protocol.roster import Roster, has_only_words
from limner.providers.sandbox.protocol.signature import Signer
from limner.wire.gemini import refusals
from limner.wire.gemini.answer_schema import ENUM_TYPE, mime_type
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.fields import pick, pick_object
from limner.wire.gemini.refusals import Refusal, RefusedError
from limner.wire.gemini.request import request_from_wire
from limner.wire.gemini.settings import modalities
from limner.wire.gemini.violations import unknown_names, violations

_MAX_COUNTED_PROMPTS = 10_000
_COUNTED_CHARACTERS = 80
_COUNT_FIELDS = ("model", "contents", "generateContentRequest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request that was read. `faults` may forbid that it ever arrives; `answer` is called at most once."""

    answer: Callable[[], SandboxReply]
    faults: Faults = NO_FAULTS


class SandboxModel:
    """Answers as `sandbox-1`, `sandbox-1-fast`, and as each model in `stands_in_for` while it lives, with its rules.

    `revived` names answer even if their model is gone or unknown. `blobs` holds pictures of requests that stand on
    no shelf of their own; `signing_key` (16 bytes or more, secret, kept with the installation) makes scenes
    trustworthy when they come back. Safe to use from several threads.
    """

    def __init__(
        self,
        blobs: BlobSource,
        signing_key: bytes,
        *,
        stands_in_for: Collection[str] = (),
        revived: Collection[str] = (),
    ) -> None:
        self._blobs = blobs
        self._signer = Signer(signing_key)
        self._predictor = Predictor(self._signer)
        self._roster = Roster(stands_in_for, revived)
        self._failures: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def prepare(self, asked: Asked) -> Prepared:
        """Read and check a request. Never raises for what a client may send; a refusal is an answer."""
        try:
            model, method = self._asked_of(asked)
            predict = read_predict(asked, model, _played) if method == "predict" else None
            call = self._read(asked, model, method) if predict is None else predict.call
        except RefusedError as error:
            refusal = error.refusal
            return Prepared(answer=lambda: wrap.refused(refusal, as_stream=asked.as_stream))
        faults = faults_of(call.cards)
        shelf = asked.shelf or MemoryBlobs(self._blobs)

        def answer() -> SandboxReply:
            try:
                played = self._played_refusal(call)
                if played is not None:
                    return wrap.refused(played, as_stream=asked.as_stream, faults=faults)
                if predict is not None:
                    return self._predictor.answer(predict, shelf, faults)
                return self._answer(call, faults, shelf)
            except RefusedError as error:
                return wrap.refused(error.refusal, as_stream=asked.as_stream, faults=faults)

        return Prepared(answer=answer, faults=faults)

    def models(self, service: Service = "gemini") -> tuple[JsonObject, ...]:
        """The documents of all models that answer there, in the order of the catalog."""
        return tuple(listing.model_document(model, service) for model in self._roster.all(service))

    def get_model(self, name: str, service: Service = "gemini") -> SandboxReply:
        """The answer to `GET /models/{name}`."""
        found = self._roster.find(name, service)
        if found is None:
            return wrap.refused(refusals.unknown_model(name, "generateContent"))
        return SandboxReply(documents=(listing.model_document(found, service),))

    def _asked_of(self, asked: Asked) -> tuple[Model, Method]:
        """The model and method of a request. Raises `RefusedError` (404) for those that are not to be had."""
        found = self._roster.find(asked.model_id, asked.service)
        method = next((name for name in get_args(Method) if name == asked.method), None)
        if found is None or method is None or (found.protocol == "imagen") is not (method == "predict"):
            raise RefusedError(refusals.unknown_model(asked.model_id, asked.method))
        return found, method

    def _read(self, asked: Asked, model: Model, method: Method) -> Call:
        document = _counted(asked) if method == "countTokens" else asked.document
        return self._checked(asked, document, model, method)

    def _checked(self, asked: Asked, document: JsonValue, model: Model, method: Method) -> Call:
        vertex = asked.service == "vertex"
        try:
            request = request_from_wire(document, model=model.id, vertex=vertex, strict=not asked.lenient)
        except WireError as error:
            raise refusals.broken(error) from error
        if pick(document, "cachedContent"):
            raise refusals.failed(403, "CachedContent not found (or permission denied)")
        prompt, cards = _played(request.prompt, asked.card)
        config = pick_object(document, "generationConfig")
        if not modalities(config) and has_only_words(model):
            request = replace(request, image=False)
        warnings: tuple[str, ...] = ()
        if asked.lenient:
            warnings = tuple(each.description for each in violations(document, vertex=vertex))
            request, adapted = strict.adapted(request, config, model)
            warnings += adapted
        else:
            strict.check(request, config, model)
        return Call(
            model=model,
            method=method,
            request=replace(request, prompt=prompt),
            config=config,
            cards=cards,
            sse=asked.sse,
            demands_signatures=model.capabilities.needs_signatures and not asked.lenient,
            warnings=warnings,
        )

    def _answer(self, call: Call, faults: Faults, shelf: Shelf) -> SandboxReply:
        if call.method == "countTokens":
            return wrap.token_count(call, faults)
        hollow = next((ANSWER_CARDS[card.name](card) for card in call.cards if card.name in ANSWER_CARDS), None)
        said = hollow or Hollow(reply=self._drawn(call, shelf) if call.request.image else self._worded(call))
        return wrap.answered(call, said, shelf, faults)

    def _played_refusal(self, call: Call) -> Refusal | None:
        for card in call.cards:
            if card.name in REFUSAL_CARDS and (card.name != "503" or self._fails_again(card, call.request.prompt)):
                return REFUSAL_CARDS[card.name](card, call.model.id)
        return None

    def _fails_again(self, card: Card, prompt: str) -> bool:
        """Whether a card such as `[[503:2]]` still fails for this prompt; without a number it always does."""
        if not card.number:
            return True
        key = hashlib.blake2b(f"{card.name} {card.argument} {prompt}".encode("utf-8", "replace")).digest()
        with self._lock:
            if len(self._failures) >= _MAX_COUNTED_PROMPTS:
                self._failures.clear()
            self._failures[key] += 1
            return self._failures[key] <= card.number

    def _worded(self, call: Call) -> Reply:
        """What is said where only words were asked for. 400 for a form that no document of sensible size has."""
        from limner.providers.sandbox.words import answer
        from limner.providers.sandbox.words.fill import TooComplexError

        try:
            text = answer.written(call.request, seed=call.seed, as_enum=mime_type(call.config) == ENUM_TYPE)
        except TooComplexError as problem:
            raise refusals.invalid(
                "The specified schema produces a constraint that has too many states for serving.",
                field="generation_config.response_schema",
                hint=f"{str(problem).capitalize()}.",
            ) from problem
        fence, cut = call.card("json-fence"), call.card("json-broken")
        if cut is not None and self._fails_again(cut, _first_line(call.request.prompt)):
            text = answer.broken(text)
        part = TextPart(text=text if fence is None else answer.fenced(text))
        return Reply(outcome=Outcome(kind=OutcomeKind.TEXT_ONLY), parts=(part,), finish_reason="STOP")

    def _drawn(self, call: Call, shelf: Shelf) -> Reply:
        measured = strict.measured(call.request, shelf.read)
        inputs = Conversation(self._signer, shelf.read, demands_signatures=call.demands_signatures).inputs(call.request)
        parts = self._painted(call, inputs, call.size(inputs, measured), shelf)
        return Reply(outcome=Outcome(kind=OutcomeKind.IMAGE), parts=parts, finish_reason="STOP")

    def _painted(self, call: Call, inputs: Inputs, size: Size, shelf: Shelf) -> tuple[Part, ...]:
        # Pillow and numpy are loaded only where something is drawn, so that every other answer is quick.
        from limner.providers.sandbox.artist import Artist, Wish
        from limner.providers.sandbox.compose import Composer, composition_of

        wish = Wish(
            prompt=call.request.prompt,
            inputs=inputs,
            size=size,
            seed=call.seed,
            mime_type=call.mime_type,
            quality=call.jpeg_quality,
            quick=call.is_quick,
        )
        artist = Artist(shelf.read, self._signer)
        return Composer(artist, self._signer, shelf).parts(wish, composition_of(call))


def _first_line(prompt: str) -> str:
    """By which prompts are counted that may come again with a remark at their end."""
    return prompt.partition("\n")[0][:_COUNTED_CHARACTERS]


def _counted(asked: Asked) -> JsonValue:
    """The request whose tokens are counted: given whole, or by its contents alone; on Vertex as a request is."""
    body = asked.document
    if asked.service == "gemini" and not asked.lenient:
        unknown = tuple(unknown_names(body, _COUNT_FIELDS, "CountTokensRequest", ""))
        if unknown:
            raise refusals.broken(WireError(unknown))
    inner = pick(body, "generateContentRequest")
    return body if inner is None else inner


def _played(prompt: str, header: str | None) -> tuple[str, tuple[Card, ...]]:
    try:
        rest, cards = read_cards(prompt)
        return rest, (*cards, *read_header(header or ""))
    except CardRefusedError as problem:
        raise refusals.invalid(str(problem)) from problem
