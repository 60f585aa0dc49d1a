"""The queue: what runs, what waits and in which order."""

from __future__ import annotations

from limner import _clock
from limner.studio.screens.feed import wish_card
from limner.studio.visit import Answer, Go, Page, Part, Visit, get, post

MOST_ENDED = 20


def show(_: Visit) -> Answer:
    """The queue."""
    return Page(template="queue.html", title="Queue", screen="queue")


def queue(visit: Visit, _: str) -> Part:
    """What runs and waits now, and what ended today."""
    wishes = visit.context.app.store.wishes
    open_cards = [wish_card(visit, wish) for wish in wishes.open()]
    ended = [wish for wish in wishes.since(_clock.day_start_ms(), limit=200) if wish.ended_at_ms is not None]
    values = {
        "running": [card for card in open_cards if card.state == "running"],
        "waiting": [card for card in open_cards if card.state == "waiting"],
        "done": sum(wish.state == "done" for wish in ended),
        "failed": sum(wish.state == "failed" for wish in ended),
        "ended": [wish_card(visit, wish) for wish in ended[:MOST_ENDED]],
        "paused": visit.context.making.paused,
    }
    return Part(template="parts/queue.html", values=values)


def move(visit: Visit) -> Answer:
    """Move one that waits: up, down, or to the front."""
    how = visit.text("how")
    visit.context.app.store.wishes.move(visit.path["wish"], "first" if how == "first" else -1 if how == "up" else 1)
    return Go(to="/queue")


def withdraw(visit: Visit) -> Answer:
    """Take back all that waits; what runs goes on."""
    count = visit.context.app.store.wishes.withdraw()
    return Go(to="/queue", notice=f"{count} taken back." if count else "Nothing was waiting.")


def pause(visit: Visit) -> Answer:
    """Leave waiting what waits, or go on."""
    visit.context.making.pause(visit.text("paused") == "yes")
    return Go(to="/queue")


ROUTES = (
    get("/queue", show),
    post("/queue/withdraw", withdraw),
    post("/queue/pause", pause),
    post("/queue/{wish}/move", move),
)
PARTS = {"queue": queue}
