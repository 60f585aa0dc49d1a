"""How a call that brought no picture is told: one line why, one line money, one thing to do."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from limner.core.outcome import MEANINGS, OutcomeKind
from limner.redaction import redact
from limner.store.journal import CallRecord
from limner.store.wishes import Wish
from limner.studio.words import money

BILLED = {"no": "Not billed.", "yes": "Billed.", "unknown": "Whether it was billed is unknown."}

_OUR_WORDS = {
    OutcomeKind.TEXT_ONLY: "The model answered with text only.",
    OutcomeKind.BLOCKED: "The provider refused.",
    OutcomeKind.NO_QUOTA: "This key has no quota for pictures. Free keys often have none.",
    OutcomeKind.RATE_LIMITED: "Too many requests in a short time.",
    OutcomeKind.TIMEOUT: "No complete answer came in time.",
    OutcomeKind.NETWORK: "The provider could not be reached.",
    OutcomeKind.BUDGET: "This would exceed a budget.",
    OutcomeKind.INTERRUPTED: "The program ended before the answer was complete.",
    OutcomeKind.CANCELLED: "Cancelled.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """`why` and `money` are a line each, `said` the model's or the provider's own words.

    `action` is what to do first: its words, and the address that does it (`again` asks for the same once more).
    """

    why: str
    money: str
    said: str = ""
    action: str = "Again"
    address: str = ""
    code: str = ""


def failure_of(record: CallRecord, words: str = "") -> Failure:
    """A call that has ended without a picture; `words` are what the model said."""
    kind = OutcomeKind(record.outcome or "protocol")
    action, address = _action(kind, record)
    said = words or ("" if record.message == MEANINGS[kind].sentence else record.message or "")
    return Failure(
        why=_OUR_WORDS.get(kind, MEANINGS[kind].sentence),
        money=_money(record),
        said=redact(said),
        action=action,
        address=address,
        code=f"outcome.{kind.value}" + (f" {record.reason}" if record.reason else ""),
    )


def failure_of_wish(wish: Wish) -> Failure:
    """A wish that made no call, or whose end is not known."""
    error = wish.error or {}
    code = str(error.get("code", ""))
    address = "/settings/connections" if code.startswith("config.") else "/costs" if code == "outcome.budget" else ""
    return Failure(
        why=redact(str(error.get("message", "It was not made."))).splitlines()[0],
        money=BILLED[str(error.get("billed", "no"))],
        said=redact(str(error.get("hint") or "")),
        action={"/settings/connections": "Open connections", "/costs": "Open budget"}.get(address, "Again"),
        address=address,
        code=code,
    )


def _money(record: CallRecord) -> str:
    if record.billed == "yes" and record.cost_usd is not None:
        return "Billed: free." if money(record.cost_usd) == "free" else f"Billed: {money(record.cost_usd)}."
    return BILLED[record.billed or "unknown"]


def _action(kind: OutcomeKind, record: CallRecord) -> tuple[str, str]:
    if kind is OutcomeKind.TEXT_ONLY:
        return "Ask for an image", "/create?" + urlencode({"prompt": f"Generate an image of {record.prompt}"})
    if kind in (OutcomeKind.BLOCKED, OutcomeKind.REFUSED_REQUEST):
        return "Change the prompt", "/create?" + urlencode({"prompt": record.prompt})
    if kind is OutcomeKind.AUTH:
        return "Open connections", "/settings/connections"
    if kind in (OutcomeKind.NO_QUOTA, OutcomeKind.REGION):
        return "Use another connection", "/settings/connections"
    if kind is OutcomeKind.BUDGET:
        return "Open budget", "/costs"
    return "Again", ""
