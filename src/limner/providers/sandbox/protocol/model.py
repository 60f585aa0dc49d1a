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

from limner import _clock
from limner._json import JsonValue
from limner.catalog import catalog
from limner.catalog.model import Model
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import Part
from limner.core.result import Reply
from limner.core.size import Size
from limner.providers.sandbox.protocol import listing, refusals, strict, wrap
from limner.providers.sandbox.protocol.answers import ANSWER_CARDS, Hollow
from limner.providers.sandbox.protocol.call import MODEL, QUICK_MODEL, Call, Method
from limner.providers.sandbox.protocol.cards import Card, CardRefusedError, read_cards, read_header
from limner.providers.sandbox.protocol.conversation import Conversation, Inputs
from limner.providers.sandbox.protocol.faults import NO_FAULTS, Faults, faults_of
from limner.providers.sandbox.protocol.memory import MemoryBlobs
from limner.providers.sandbox.protocol.refusals import REFUSAL_CARDS, Refusal, RefusedError
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.providers.sandbox.protocol.signature import Signer
from limner.providers.sandbox.protocol.strict import ReadBlob
from limner.wire.gemini.errors import WireError
from limner.wire.gemini.fields import pick, pick_object
from limner.wire.gemini.request import request_from_wire

_MAX_COUNTED_PROMPTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request that was read. `faults` may forbid that it ever arrives; `answer` is called at most once."""

    answer: Callable[[], SandboxReply]
    faults: Faults = NO_FAULTS


class SandboxModel:
    """Answers as `sandbox-1`, `sandbox-1-fast`, and as each living model in `stands_in_for`, with its rules.

    `read_blob` gives the bytes of pictures in requests; `signing_key` (16 bytes or more, secret, kept with the
    installation) makes scenes trustworthy when they come back. Where a key is checked, `accepted_keys` are the good
    ones, `None` any that is not empty. Safe to use from several threads.
    """

    def __init__(
        self,
        read_blob: ReadBlob,
        signing_key: bytes,
        *,
        stands_in_for: Collection[str] = (),
        accepted_keys: Collection[str] | None = None,
    ) -> None:
        self._read_blob = read_blob
        self._signer = Signer(signing_key)
        self._names = tuple(
            dict.fromkeys((MODEL, QUICK_MODEL, *(name.removeprefix("models/") for name in stands_in_for)))
        )
        self._accepted_keys = accepted_keys
        self._failures: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def respond(
        self,
        model: str,
        method: str,
        body: JsonValue,
        *,
        key: str | None = None,
        card: str | None = None,
        sse: bool = True,
    ) -> SandboxReply:
        """The answer to one request: `prepare` and `answer` in one."""
        return self.prepare(model, method, body, key=key, card=card, sse=sse).answer()

    def prepare(
        self,
        model: str,
        method: str,
        body: JsonValue,
        *,
        key: str | None = None,
        card: str | None = None,
        sse: bool = True,
    ) -> Prepared:
        """Read and check a lifted request body. Never raises for what a client may send; a refusal is an answer.

        `key` is `None` where keys are not checked (calls in this process), "" where one is missing. `card` is the
        header that plays test cards. `sse` decides how `streamGenerateContent` is framed: events, or an array.
        """
        as_stream = method == "streamGenerateContent" and sse
        try:
            self._check_key(key)
            call = self._read(model, method, body, card, sse=sse)
        except RefusedError as error:
            refusal = error.refusal
            return Prepared(answer=lambda: wrap.refused(refusal, as_stream=as_stream))
        faults = faults_of(call.cards)
        return Prepared(answer=lambda: self._answer(call, faults, as_stream=as_stream), faults=faults)

    def list_models(self) -> SandboxReply:
        """The answer to `GET /models`."""
        return SandboxReply(documents=(listing.models_document(self._models()),))

    def get_model(self, name: str) -> SandboxReply:
        """The answer to `GET /models/{name}`."""
        found = self._find(name)
        if found is None:
            return wrap.refused(refusals.unknown_model(name, "generateContent"))
        return SandboxReply(documents=(listing.model_document(found),))

    def _find(self, name: str) -> Model | None:
        return next((model for model in self._models() if model.id == name.removeprefix("models/")), None)

    def _models(self) -> tuple[Model, ...]:
        """The models that answer today: a model that was shut down is gone here too, and Imagen speaks no Gemini."""
        today = _clock.today()
        models = (_known(name) for name in self._names)
        return tuple(each for each in models if each.protocol != "imagen" and each.life.state(today) != "gone")

    def _check_key(self, key: str | None) -> None:
        if key is None:
            return
        if not key:
            raise RefusedError(refusals.missing_key())
        if self._accepted_keys is not None and key not in self._accepted_keys:
            raise RefusedError(refusals.bad_key())

    def _read(self, model: str, method: str, body: JsonValue, header: str | None, *, sse: bool) -> Call:
        found = self._find(model)
        if found is None or method not in get_args(Method):
            raise RefusedError(refusals.unknown_model(model.removeprefix("models/"), method))
        known_method: Method = next(name for name in get_args(Method) if name == method)
        document = _counted(body) if method == "countTokens" else body
        try:
            request = request_from_wire(document, model=found.id)
        except WireError as error:
            raise refusals.broken(error) from error
        prompt, cards = _played(request.prompt, header)
        config = pick_object(document, "generationConfig")
        strict.check(request, config, found)
        request = replace(request, prompt=prompt)
        return Call(model=found, method=known_method, request=request, config=config, cards=cards, sse=sse)

    def _answer(self, call: Call, faults: Faults, *, as_stream: bool) -> SandboxReply:
        blobs = MemoryBlobs()
        try:
            refusal = self._played_refusal(call)
            if refusal is not None:
                return wrap.refused(refusal, as_stream=as_stream, faults=faults)
            if call.method == "countTokens":
                return wrap.token_count(call, faults)
            hollow = next((ANSWER_CARDS[card.name](card) for card in call.cards if card.name in ANSWER_CARDS), None)
            said = hollow or Hollow(reply=self._drawn(call, blobs))
        except RefusedError as error:
            return wrap.refused(error.refusal, as_stream=as_stream, faults=faults)
        return wrap.answered(call, said, blobs, faults)

    def _played_refusal(self, call: Call) -> Refusal | None:
        for card in call.cards:
            if card.name in REFUSAL_CARDS and (card.name != "503" or self._fails_again(call, card)):
                return REFUSAL_CARDS[card.name](card, call.model.id)
        return None

    def _fails_again(self, call: Call, card: Card) -> bool:
        """Whether `[[503:2]]` still fails for this prompt; without a number it always does."""
        if not card.number:
            return True
        prompt = hashlib.blake2b(f"{card.argument} {call.request.prompt}".encode("utf-8", "replace")).digest()
        with self._lock:
            if len(self._failures) >= _MAX_COUNTED_PROMPTS:
                self._failures.clear()
            self._failures[prompt] += 1
            return self._failures[prompt] <= card.number

    def _drawn(self, call: Call, blobs: MemoryBlobs) -> Reply:
        demands = call.model.capabilities.needs_signatures
        measured = strict.measured(call.request, self._read_blob)
        inputs = Conversation(self._signer, self._read_blob, demands_signatures=demands).inputs(call.request)
        parts = self._painted(call, inputs, call.size(inputs, measured), blobs)
        return Reply(outcome=Outcome(kind=OutcomeKind.IMAGE), parts=parts, finish_reason="STOP")

    def _painted(self, call: Call, inputs: Inputs, size: Size, blobs: MemoryBlobs) -> tuple[Part, ...]:
        # Pillow and numpy are loaded only where something is drawn, so that every other answer is quick.
        from limner.providers.sandbox.artist import Artist, Wish
        from limner.providers.sandbox.compose import Composer, composition_of

        wish = Wish(
            prompt=call.request.prompt,
            inputs=inputs,
            size=size,
            seed=call.seed,
            mime_type=call.mime_type,
            quick=call.is_quick,
        )
        artist = Artist(self._read_blob, self._signer)
        return Composer(artist, self._signer, blobs).parts(wish, composition_of(call))


def _known(name: str) -> Model:
    """The catalog's model under the name asked for; one that it does not list gets the sandbox's own rules."""
    found = catalog.load().find(name)
    if found is None:
        own = catalog.load().get(MODEL)
        return replace(own, id=name, capabilities=replace(own.capabilities, needs_signatures=False))
    return replace(found, id=name)


def _counted(body: JsonValue) -> JsonValue:
    """The request whose tokens are counted: given whole, or by its contents alone."""
    inner = pick(body, "generateContentRequest")
    return body if inner is None else inner


def _played(prompt: str, header: str | None) -> tuple[str, tuple[Card, ...]]:
    try:
        rest, cards = read_cards(prompt)
        return rest, (*cards, *read_header(header or ""))
    except CardRefusedError as problem:
        raise refusals.invalid(str(problem)) from problem
