"""A conversation: say something, look, go on, go back, try another way. Every turn is a call in the journal."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from limner._json import JsonObject
from limner.app.chat_history import Exchange, Target, carry, exchanges
from limner.app.conclude import image_of
from limner.app.delivery import Destination
from limner.app.document import Document, Item, Speaker
from limner.app.inputs import ImageSource
from limner.app.plan import Ask, choose_model, quote_of, typed_ratio, typed_resolution
from limner.app.result import Image, Result
from limner.catalog.prices import Quote
from limner.core.event import Event
from limner.core.money import from_micro
from limner.core.parts import FilePart, ImagePart, TextPart
from limner.core.picture import measure
from limner.core.request import GenerateRequest
from limner.errors import InvalidRequestError
from limner.store.blobs import BlobStore
from limner.store.chats import ChatRecord, Place
from limner.store.journal import ANSWERS, CallRecord, StoredImage

if TYPE_CHECKING:
    from limner.app.app import App

TITLE_CHARACTERS = 60
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    """One exchange as a person sees it: what was said, with which pictures, and what came back."""

    call_id: str
    model: str
    said: str
    given: tuple[Image, ...]
    answer: str
    images: tuple[Image, ...]
    cost: Decimal | None


class SendOptions(TypedDict, total=False):
    """What `Chat.send` and `Chat.retry` take; each as in `GenerateOptions` of the client."""

    out: str | Path | Destination | None
    stream: bool
    drafts: bool
    text: bool
    seed: int | None
    budget_usd: Decimal | float | None
    check: bool
    on_event: Callable[[Event], None]


class Chat:
    """A conversation that goes on after a restart, from any of its turns.

    A failed call leaves it where it stood. `id` finds it again: `Client.chat(id=...)`, `limner chat --continue ID`.
    Safe to use from several threads, one call at a time.
    """

    def __init__(self, app: App, record: ChatRecord) -> None:
        self._app = app
        self._id = record.chat_id
        self._lock = threading.RLock()

    @classmethod
    def begin(cls, app: App, settings: JsonObject, *, after: str | None = None) -> Chat:
        """A new conversation, from the call `after` on if one is given.

        `settings` hold connection, model, aspectRatio, size and system, each `None` where nothing is wished.
        """
        return cls(app, app.store.chats.create(settings, head=after))

    @property
    def id(self) -> str:
        """What finds this conversation again."""
        return self._id

    @property
    def record(self) -> ChatRecord:
        """The conversation as it is stored now."""
        found = self._app.store.chats.find(self._id)
        assert found is not None
        return found

    @property
    def branch_name(self) -> str:
        """The current branch."""
        return self.record.branch

    @property
    def branches(self) -> dict[str, str | None]:
        """Every branch and the call it stands at."""
        return self.record.branches

    @property
    def turns(self) -> list[ChatTurn]:
        """The exchanges of the current branch, the first one first."""
        return [self._turn(exchange) for exchange in self._history()]

    def price(self) -> tuple[str, str, Quote]:
        """Who gets the next turn and what one picture of a short one will cost: connection, model, quote."""
        settings = self.record.settings
        target = self._target(settings)
        request = GenerateRequest(
            model=target.model_id, prompt="", resolution=typed_resolution(_fitting(settings, target)[0]["size"])
        )
        connection = self._app.settings.connection(target.connection)
        return target.connection, target.model_id, quote_of(target.model, request, 1, connection)

    @property
    def cost(self) -> Decimal:
        """US dollars of all calls of this conversation, branches and failures too, as far as they are known."""
        return from_micro(self._app.store.ledger.spent_in_chat(self._id))

    def document(self) -> Document:
        """The current branch as a document, to be saved as Markdown, HTML or JSON."""
        items: list[Item] = []
        for exchange in self._history():
            turn = self._turn(exchange)
            items += [Speaker(name="You"), turn.said, *turn.given, Speaker(name=turn.model)]
            items += [turn.answer] if turn.answer.strip() else []
            items += turn.images
        return Document(title=self.record.title or "A conversation", items=tuple(items))

    def send(self, prompt: str, *, images: Sequence[ImageSource] = (), **options: Unpack[SendOptions]) -> Result:
        """Say the next thing, with `images`, and wait for the answer; options as in `SendOptions`.

        An answer in words alone is an answer: it raises nothing. Raises what `Client.generate` raises; the conversation
        then stands where it stood, and `retry` says it again.
        """
        with self._lock:
            return self._say(self.record, prompt, images, options)

    def retry(self, **options: Unpack[SendOptions]) -> Result:
        """Say the last thing again: the one that failed, or the one just answered. The earlier answer is kept.

        Raises `InvalidRequestError` where nothing was said yet.
        """
        with self._lock:
            record = self.record
            last = self._last_said(record)
            asked = exchanges(self._app.store.journal, self._app.store.uploads, last.call_id)[-1].asked
            pictures = [part for part in asked.parts if isinstance(part, ImagePart | FilePart)]
            if record.head == last.call_id:
                self._app.store.chats.move(self._id, record.branch, last.parent_id)
                record = self.record
            return self._say(record, last.prompt, pictures, options)

    def undo(self) -> bool:
        """Go back by one exchange; nothing is deleted. False at the beginning."""
        with self._lock:
            record = self.record
            if record.head is None:
                return False
            before = self._app.store.journal.find(record.head)
            self._app.store.chats.move(self._id, record.branch, None if before is None else before.parent_id)
            return True

    def branch(self, name: str | None = None) -> str:
        """Begin another branch here, leaving the current one as it is; gives its name. Chosen, if none is given."""
        with self._lock:
            record = self.record
            name = name or _free_name(record.branches)
            if not _BRANCH.fullmatch(name):
                raise InvalidRequestError(
                    f"{name[:60]!r} is no name for a branch.",
                    code="invalid.branch",
                    hint="Accepted: up to 40 letters, digits, dots, dashes and underscores.",
                )
            if name in record.branches:
                raise InvalidRequestError(
                    f"There is a branch {name!r} already.", code="invalid.branch", hint=f"Go to it with /switch {name}."
                )
            self._app.store.chats.move(self._id, name, record.head)
            return name

    def switch(self, name: str) -> None:
        """Go to another branch, or, by the beginning of its id, to any turn of this conversation, on a new branch."""
        with self._lock:
            record = self.record
            if name in record.branches:
                self._app.store.chats.move(self._id, name, record.branches[name])
                return
            calls = [call for call in self._app.store.journal.find_by_prefix(name) if call.chat_id == self._id]
            if len(calls) != 1 or not name:
                raise InvalidRequestError(
                    f"There is no branch {name[:60]!r}.",
                    code="invalid.branch",
                    hint=f"Branches: {', '.join(record.branches)}.",
                )
            self._app.store.chats.move(self._id, _free_name(record.branches), calls[0].call_id)

    def use(self, **changes: str | bool | None) -> tuple[str, ...]:
        """Change `model`, `connection`, `aspectRatio`, `size`, `system` or `unlisted` from the next turn on.

        Gives what has to be left behind: the signatures of another model, turns or pictures it does not take. Raises
        `UsageError` where the model or connection does not exist.
        """
        with self._lock:
            record = self.record
            settings = {**record.settings, **changes}
            target = self._target(settings)
            self._app.store.chats.set_settings(self._id, settings)
            _, notices = _fitting(settings, target)
            return (*notices, *carry(self._history(), target).notices)

    def _say(self, record: ChatRecord, prompt: str, images: Sequence[ImageSource], options: SendOptions) -> Result:
        from limner.app.app import ignore_event

        target = self._target(record.settings)
        settings, notices = _fitting(record.settings, target)
        carried = carry(self._history(), target)
        budget_usd = options.get("budget_usd")
        plan = self._app.plan(
            Ask(
                prompt=prompt,
                images=(*carried.images, *images),
                connection=settings["connection"],
                model=settings["model"],
                unlisted=settings["unlisted"],
                aspect_ratio=settings["aspectRatio"],
                resolution=settings["size"],
                system=settings["system"],
                seed=options.get("seed"),
                text=options.get("text", True),
                budget_usd=None if budget_usd is None else Decimal(str(budget_usd)),
                stream=options.get("stream", False),
                drafts=options.get("drafts", False),
                history=carried.turns,
                place=Place(chat_id=self._id, branch=record.branch, parent_id=record.head),
            )
        )
        plan = replace(plan, warnings=(*plan.warnings, *notices, *carried.notices))
        out = options.get("out")
        destination = out if isinstance(out, Destination) or out is None else Destination.parse(str(out))
        result = self._app.run(plan, destination=destination, on_event=options.get("on_event", ignore_event))
        if not record.title:
            self._app.store.chats.set_title(self._id, " ".join(prompt.split())[:TITLE_CHARACTERS])
        result = self._settled(result)
        error = result.error() if options.get("check", True) and result.outcome.kind not in ANSWERS else None
        if error is not None:
            raise error
        return result

    def _settled(self, result: Result) -> Result:
        """Where another window went on from the same turn first, this answer gets a branch of its own."""
        record = self.record
        call = result.calls[0]
        if call.outcome.kind not in ANSWERS or record.head == call.call_id:
            return result
        name = _free_name(record.branches)
        self._app.store.chats.move(self._id, name, call.call_id)
        notice = f"This conversation went on elsewhere meanwhile; the answer is on a branch of its own, {name!r}."
        return replace(result, notices=(*result.notices, notice))

    def _history(self) -> list[Exchange]:
        return exchanges(self._app.store.journal, self._app.store.uploads, self.record.head)

    def _target(self, settings: JsonObject) -> Target:
        ask = Ask(prompt="", model=settings["model"], connection=settings["connection"], unlisted=settings["unlisted"])
        connection, name, model, _ = choose_model(ask, self._app.settings, self._app.catalog)
        return Target(connection=connection.name, model_id=name, model=model)

    def _last_said(self, record: ChatRecord) -> CallRecord:
        journal = self._app.store.journal
        failed = [call for call in journal.children(record.head, chat_id=self._id) if call.outcome not in ANSWERS]
        head = None if record.head is None else journal.find(record.head)
        candidates = [call for call in (*failed[:1], head) if call is not None and call.state == "done"]
        if not candidates:
            raise InvalidRequestError("Nothing was said yet.", code="invalid.prompt", hint="Say something first.")
        return max(candidates, key=lambda call: call.call_id)

    def _turn(self, exchange: Exchange) -> ChatTurn:
        record, blobs = exchange.record, self._app.store.blobs
        words = exchange.answered.parts if exchange.answered is not None else ()
        return ChatTurn(
            call_id=record.call_id,
            model=record.model,
            said=record.prompt,
            given=tuple(_given(part, record, blobs) for part in exchange.asked.parts if isinstance(part, ImagePart)),
            answer="".join(part.text for part in words if isinstance(part, TextPart) and not part.thought),
            images=tuple(image_of(each, record.call_id, blobs) for each in record.images if each.role == "result"),
            cost=None if record.cost_usd is None else Decimal(record.cost_usd),
        )


def chat_settings(
    *,
    connection: str | None = None,
    model: str | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    system: str | None = None,
    unlisted: bool = False,
) -> JsonObject:
    """The settings of a conversation as they are stored."""
    return {
        "connection": connection,
        "model": model,
        "aspectRatio": aspect_ratio,
        "size": resolution,
        "system": system,
        "unlisted": unlisted,
    }


def _given(part: ImagePart, record: CallRecord, blobs: BlobStore) -> Image:
    """A picture that was said something about; its size is measured now, since nobody needed it before."""
    with blobs.open(part.blob) as file:
        picture = measure(file)
    stored = StoredImage(
        role="input",
        blob=part.blob,
        mime_type=picture.mime_type,
        width=picture.shown_size.width,
        height=picture.shown_size.height,
    )
    return image_of(stored, record.call_id, blobs)


def _fitting(settings: JsonObject, target: Target) -> tuple[JsonObject, tuple[str, ...]]:
    """The settings that the model takes, and what is said of the others. Only a change of model brings this about."""
    abilities, kept, notices = target.model.capabilities, dict(settings), []
    ratio, size = typed_ratio(settings["aspectRatio"]), typed_resolution(settings["size"])
    unfit = (
        (
            "aspectRatio",
            "aspect ratio",
            ratio is not None and abilities.ratios is not None and ratio not in abilities.ratios,
        ),
        ("size", "size", size is not None and abilities.resolutions is not None and size not in abilities.resolutions),
        ("system", "system instruction", settings["system"] is not None and not abilities.system_instruction),
    )
    for name, words, is_unfit in unfit:
        if is_unfit:
            kept[name] = None
            notices.append(f"{target.model_id} does not take the {words} {settings[name]!r}: it is not asked for.")
    return kept, tuple(notices)


def _free_name(branches: dict[str, str | None]) -> str:
    number = 2
    while f"branch-{number}" in branches:
        number += 1
    return f"branch-{number}"
