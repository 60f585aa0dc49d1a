"""Which budgets a call has to fit into, and how much is set aside for it."""

from __future__ import annotations

from decimal import Decimal

from limner import _clock
from limner.catalog.prices import Quote
from limner.config import Connection, Settings
from limner.core.money import to_micro
from limner.store.ledger import Limit


def limits_of(settings: Settings, connection: Connection, group_id: str, run_usd: Decimal | None) -> tuple[Limit, ...]:
    """The budgets of the run `group_id`, of today, and of today on `connection`, as far as there are any."""
    today_ms = _clock.day_start_ms()
    wanted = (
        ("The budget of this run", run_usd, 0, group_id, None),
        ("The budget of a day", settings.budget.per_day_usd, today_ms, None, None),
        (
            f"The budget of a day on {connection.name!r}",
            connection.budget_per_day_usd,
            today_ms,
            None,
            connection.name,
        ),
    )
    return tuple(
        Limit(name=name, micro_usd=to_micro(usd), since_ms=since_ms, group_id=group, connection=on)
        for name, usd, since_ms, group, on in wanted
        if usd is not None
    )


def reservation(quote: Quote, samples: int) -> int | None:
    """Millionths of a dollar to set aside for a call that brings `samples` of the quoted pictures.

    It is their upper estimate; `None` if that is unknown.
    """
    return None if quote.upper_usd is None else to_micro(quote.upper_usd * samples / quote.count)
