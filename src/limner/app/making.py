"""Wishes made one after the other in the background: asked for now, made when there is room, kept across a restart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from limner import _clock
from limner._json import JsonObject
from limner.app.app import App
from limner.app.plan import Ask, Plan
from limner.core.blob import BlobRef
from limner.core.event import Event
from limner.core.parts import ImagePart
from limner.errors import LimnerError
from limner.redaction import redact
from limner.store.journal import CallRecord
from limner.store.wishes import Wish

ROLES = ("subject", "scene", "style", "product", "logo", "pose")
"""What a picture that is given can be; said in words before the prompt."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """A wish under way. `phases` is the last phase of each call, `bytes` what has come of it."""

    since_s: float = field(default_factory=_clock.monotonic_s)
    phases: dict[int, str] = field(default_factory=dict)
    bytes: dict[int, int] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)


class Making:
    """Makes the wishes of `app`'s data folder, `parallel` at once. `changed` hears of progress, `made` of pictures."""

    def __init__(
        self,
        app: App,
        *,
        parallel: int,
        changed: Callable[[], None],
        made: Callable[[Sequence[BlobRef]], None] = lambda blobs: None,
    ) -> None:
        self._app = app
        self._parallel = parallel
        self._changed = changed
        self._made = made
        self._news = threading.Condition()
        self._ended = False
        self._progress: dict[str, Progress] = {}
        self._threads: list[threading.Thread] = []
        self.paused = False
        """True while what waits is left waiting; what runs goes on."""

    def open(self) -> None:
        """Begin to work. What an ended process left waiting stays so until somebody says to go on."""
        wishes, store = self._app.store.wishes, self._app.store
        for wish in wishes.open():
            if wish.state == "running" and not store.is_alive(wish.owner):
                wishes.end(wish.id, "done" if self.calls(wish) else "cancelled", _LOST)
            elif wish.state == "waiting" and not store.is_alive(wish.owner):
                self.paused = True
        for number in range(self._parallel):
            thread = threading.Thread(target=self._work, name=f"limner-making-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Begin nothing more, and wait for what runs."""
        with self._news:
            self._ended = True
            self._news.notify_all()
        for thread in self._threads:
            thread.join()

    def plan(self, document: JsonObject) -> Plan:
        """Decide and check everything about a wish; nothing is sent. Raises a `UsageError` for what cannot be done."""
        return self._app.plan(ask_of(document))

    def add(self, document: JsonObject, *, first: bool = False, wish_id: str | None = None) -> Wish:
        """Wish for something. Raises a `UsageError`, and nothing is kept, for what cannot be done.

        A `wish_id` that is known already, as that of a form that was sent twice, gives the wish that it made.
        """
        known = None if wish_id is None else self._app.store.wishes.find(wish_id)
        if known is not None:
            return known
        plan = self.plan(document)
        wish = self._app.store.wishes.add(
            document, calls=len(plan.requests), owner=self._app.store.token, first=first, wish_id=wish_id
        )
        with self._news:
            self._news.notify_all()
        self._changed()
        return wish

    def cancel(self, wish_id: str) -> None:
        """Take back a wish that waits, or break off its calls; pictures that have come are kept."""
        if self._app.store.wishes.withdraw([wish_id]) == 0:
            progress = self._progress.get(wish_id)
            if progress is not None:
                progress.cancelled.set()
        self._changed()

    def pause(self, paused: bool) -> None:
        """Leave waiting what waits, or go on."""
        self.paused = paused
        with self._news:
            self._news.notify_all()
        self._changed()

    def progress(self, wish_id: str) -> Progress | None:
        """How far a wish of this process is; `None` where it does not run here."""
        return self._progress.get(wish_id)

    def calls(self, wish: Wish) -> list[CallRecord]:
        """The calls of a wish that were made so far, in their order."""
        found = (self._app.store.journal.find(call_id) for call_id in wish.call_ids)
        return [record for record in found if record is not None]

    def _work(self) -> None:
        while True:
            wish = self._next()
            if wish is None:
                return
            self._make(wish)

    def _next(self) -> Wish | None:
        """The next wish, as soon as there is one; `None` at the end."""
        while True:
            with self._news:
                if self._ended:
                    return None
            wish = None if self.paused else self._app.store.wishes.begin(self._app.store.token)
            if wish is not None:
                return wish
            with self._news:
                if not self._ended:
                    self._news.wait(LOOK_S)

    def _make(self, wish: Wish) -> None:
        progress = self._progress[wish.id] = Progress()

        def hear(event: Event) -> None:
            if progress.phases.get(event.call) != event.phase:
                progress.phases[event.call] = event.phase
                self._changed()
            progress.bytes[event.call] = event.bytes

        self._changed()
        try:
            plan = self.plan(wish.ask)
            result = self._app.run(
                plan, on_event=hear, cancelled=progress.cancelled, call_ids=wish.call_ids, group_id=wish.id
            )
            self._made([BlobRef(sha256=image.sha256, size=image.size_bytes) for image in result.images])
            self._app.store.wishes.end(wish.id, "done")
        except LimnerError as problem:
            self._app.store.wishes.end(wish.id, "failed", dict(problem.to_json()))
        except Exception as problem:
            error = {"code": "fault", "message": redact(f"{type(problem).__name__}: {problem}"), "hint": None}
            self._app.store.wishes.end(wish.id, "failed", {**error, "billed": "unknown"})
        finally:
            self._progress.pop(wish.id, None)
            self._changed()


LOOK_S = 1.0
"""How often wishes of other processes are looked for."""

_LOST: JsonObject = {
    "code": "interrupted",
    "message": "The program ended while this was being made.",
    "hint": "What had arrived is kept. Whether the rest was billed is unknown, so it is not repeated by itself.",
    "billed": "unknown",
}


def ask_of(document: JsonObject) -> Ask:
    """What a wish asks of the app. `images` have a role each, or none: it is said in words before the prompt."""
    images = document.get("images", [])
    return Ask(
        prompt=with_roles(document.get("prompt", ""), [image.get("role", "") for image in images]),
        images=tuple(_part(image) for image in images),
        aspect_ratio=document.get("ratio") or None,
        resolution=document.get("size") or None,
        count=int(document.get("count", 1)),
        seed=document.get("seed"),
        model=document.get("model") or None,
        connection=document.get("connection") or None,
        text=not document.get("pictureOnly", False),
        unlisted=bool(document.get("unlisted", False)),
        styles=tuple(document.get("styles", ())),
    )


def with_roles(prompt: str, roles: Sequence[str]) -> str:
    """The prompt with a sentence before it for each picture that has a role."""
    told = [f"Image {number} is the {role}." for number, role in enumerate(roles, start=1) if role in ROLES]
    return " ".join([*told, prompt])


def _part(image: JsonObject) -> ImagePart:
    return ImagePart(blob=BlobRef(sha256=image["sha256"], size=image["size"]), mime_type=image["mimeType"])
