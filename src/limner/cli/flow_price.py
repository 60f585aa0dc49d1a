"""What a run is about to cost, said before anything is paid, and the question whether that is wanted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from limner._json import JsonObject
from limner.cli.flow_watch import counted
from limner.cli.generate import dollars
from limner.cli.output import Output, one_line

if TYPE_CHECKING:
    from limner.app import App
    from limner.cli.flow_ask import Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What some stages of a plan would do. Dollars are `None` where a price is not known."""

    requests: int
    requests_up_to: int
    expected_usd: Decimal | None
    upper_usd: Decimal | None
    only_sandbox: bool

    @property
    def free(self) -> bool:
        """Whether it costs nothing for sure."""
        return self.upper_usd == 0

    def words(self) -> str:
        """Requests and price in a few words."""
        more = f" (up to {self.requests_up_to})" if self.requests_up_to != self.requests else ""
        return f"{counted(self.requests, 'request')}{more}, {price_words(self.expected_usd, self.upper_usd)}"


def estimate(app: App, plan: JsonObject, *, only: Collection[str] | None = None) -> Estimate:
    """What the stages of a plan that make requests would cost; those in `only`, if given."""
    stages = [each for each in plan["stages"] if each["requests"] and (only is None or each["id"] in only)]
    sandboxes = {name for name, each in app.settings.connections.items() if each.protocol == "sandbox"}
    return Estimate(
        requests=sum(each["requests"] for each in stages),
        requests_up_to=sum(each["requestsUpTo"] for each in stages),
        expected_usd=_sum([each["price"]["expected"] for each in stages]),
        upper_usd=_sum([each["price"]["upper"] for each in stages]),
        only_sandbox=all(each["connection"] in sandboxes for each in stages),
    )


def announce(output: Output, found: Estimate, *, chosen: bool) -> None:
    """Say what is about to be made and what it costs; nothing where there is nothing to make."""
    if not found.requests:
        return
    if found.only_sandbox and not chosen:
        output.note("Sandbox: drawn offline, free, no real model. Set GEMINI_API_KEY for one.", "cyan")
    elif not found.only_sandbox:
        output.note(f"{found.words()}.", "dim")


def tell_problems(output: Output, plan: JsonObject) -> None:
    """Say what of a plan would go wrong."""
    for problem in plan["problems"]:
        where = f"{problem['stage']}: " if problem["stage"] else ""
        hint = f" {problem['hint']}" if problem["hint"] else ""
        output.warning(one_line(f"{where}{problem['message']}{hint}"))


def agreed(output: Output, found: Estimate, asker: Asker | None, *, doubtful: bool = False) -> None:
    """Ask a person, if there is one, whether to spend it; `doubtful` where something would go wrong.

    Raises `click.Abort` for a no.
    """
    costs = found.requests and not found.free
    if asker is None or not (costs or doubtful):
        return
    question = f"Spend {price_words(found.expected_usd, found.upper_usd)}" if costs else "Start it"
    if not asker.agrees(f"{question}{' all the same' if doubtful else ''}?"):
        output.note("Nothing was sent.")
        raise click.Abort


def price_words(expected: Decimal | float | None, upper: Decimal | float | None) -> str:
    """`about $0.13, $0.20 at most`; `free`; `price unknown`."""
    if expected is None:
        return "price unknown"
    low, high = _decimal(expected), None if upper is None else _decimal(upper)
    most = "" if high is None or high == low else f", {dollars(high)} at most"
    return f"about {dollars(low)}{most}" if low or high else "free"


def _sum(amounts: list[float | None]) -> Decimal | None:
    known = [_decimal(each) for each in amounts if each is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _decimal(amount: Decimal | float) -> Decimal:
    return Decimal(str(amount))
