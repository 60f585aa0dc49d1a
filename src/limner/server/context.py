"""What the handlers of one server share, and one request on its way through them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from limner import _clock
from limner._json import JsonValue
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.cards import HEADER
from limner.server.answerer import Answerer
from limner.server.auth import Caller, Doorman
from limner.server.deck import Deck
from limner.server.intake import read_document
from limner.server.metrics import Metrics
from limner.server.open_uploads import Uploads
from limner.server.queue import FairQueue
from limner.server.settings import ServeSettings
from limner.server.target import Target
from limner.store.scratch import ScratchBlobs
from limner.store.served import ServedStore
from limner.web.guard import Guard
from limner.web.limits import Limits
from limner.web.listening import Log

if TYPE_CHECKING:
    from limner.server.flows import Flows


class Context:
    """One server's shared parts. `start` and `stop` are called in its event loop."""

    def __init__(
        self,
        settings: ServeSettings,
        *,
        answerer: Answerer,
        store: ServedStore,
        doorman: Doorman,
        guard: Guard,
        log: Log,
        flows: Flows | None = None,
    ) -> None:
        self.settings = settings
        self.answerer = answerer
        self.store = store
        self.doorman = doorman
        self.guard = guard
        self.log = log
        self.flows = flows
        """The owner's workflows, where they are offered."""
        self.deck = Deck()
        self.uploads = Uploads()
        self.batch_added = asyncio.Event()
        self.queue = FairQueue(settings.limits.drawing, settings.limits.waiting_per_owner)
        self.metrics = Metrics(lambda: self.queue.waiting)
        self.under_way = 0
        self.stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def limits(self) -> Limits:
        """What a client may take."""
        return self.settings.limits

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do `work` beside the requests; it is cancelled when the server stops."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            self.log({"event": "fault", "error": f"{type(problem).__name__}: {problem}"})

    async def stop(self) -> None:
        """End what runs beside the requests and close the store."""
        self.stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self.store.close)


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request under way. `parameters` are those of its route, `caller` who asks, `shelf` where its blobs stand."""

    id: str
    request: Request
    context: Context
    target: Target
    parameters: Mapping[str, str]
    caller: Caller
    operation: str
    notes: dict[str, Any] = field(default_factory=dict)
    """What the log says of it beside the usual."""
    _shelf: ScratchBlobs | None = None

    @property
    def shelf(self) -> ScratchBlobs:
        """The pictures of this request and its answer; behind them those that the server keeps."""
        if self._shelf is None:
            self._shelf = ScratchBlobs(self.context.store.scratch / self.id, self.context.store.blobs)
        return self._shelf

    async def document(self) -> JsonValue:
        """The lifted body. Raises `RefusedError` for what is no JSON object or beyond a limit."""
        return await read_document(self.request, self.shelf, self.context.limits)

    def asked(self, model: str, method: str, document: JsonValue) -> Asked:
        """The request to the model, with every test card that lies for it."""
        return Asked(
            model=model,
            method=method,
            document=document,
            card=self.cards(model),
            sse=self.request.query_params.get("alt") == "sse",
            service=self.target.service,
            lenient=self.context.settings.lenient,
            shelf=self.shelf,
        )

    def cards(self, model: str | None) -> str | None:
        """The test cards of the header, of the key and of the deck; drawing from the deck takes them out."""
        found = (self.request.headers.get(HEADER), self.caller.cards, self.context.deck.draw(model))
        return ", ".join(card for card in found if card) or None

    def close(self) -> None:
        """Forget the pictures. Harmless when repeated."""
        if self._shelf is not None:
            self._shelf.close()
            self._shelf = None


Handler = Callable[[Exchange], Awaitable[Response]]


def new_exchange_id() -> str:
    """The name of a request in the log and in its answer's headers."""
    return _clock.new_id()
