"""What stands around every screen: where one begins, the line at the bottom, the count beside the queue."""

from __future__ import annotations

from decimal import Decimal

from limner import _clock
from limner.studio.visit import Answer, Go, Part, Visit, get


def begin(visit: Visit) -> Answer:
    """The first screen: Create, or the welcome where nothing is configured and nothing was made."""
    return Go(to="/create" if _is_used(visit) else "/welcome")


def status(visit: Visit, _: str) -> Part:
    """The connection in use, what is under way, and what today cost."""
    app, open_wishes = visit.context.app, visit.context.app.store.wishes.open()
    spent = sum(row.cost for row in app.store.ledger.rows("model", since_ms=_clock.day_start_ms()))
    return Part(
        template="parts/status.html",
        values={
            "connection": app.settings.default_connection,
            "running": sum(wish.state == "running" for wish in open_wishes),
            "waiting": sum(wish.state == "waiting" for wish in open_wishes),
            "paused": visit.context.making.paused,
            "spent_usd": Decimal(spent) / 1_000_000,
        },
    )


def queue_count(visit: Visit, _: str) -> Part:
    """How many wishes run or wait."""
    return Part(template="parts/queue_count.html", values={"count": len(visit.context.app.store.wishes.open())})


def _is_used(visit: Visit) -> bool:
    app = visit.context.app
    return app.store.history.count() > 0 or len(app.settings.connections) > 2


ROUTES = (get("/", begin),)
PARTS = {"status": status, "queue-count": queue_count}
