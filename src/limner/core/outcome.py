"""How a call ended: exactly one of a closed set, with what it means and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from limner.errors import (
    AuthError,
    Billed,
    BlockedError,
    CallError,
    NoImageError,
    ProtocolError,
    QuotaError,
    UnavailableError,
)


class OutcomeKind(StrEnum):
    """The closed set. The names are stored in journals: never rename one."""

    IMAGE = "image"
    TEXT_ONLY = "text_only"
    BLOCKED = "blocked"
    EMPTY = "empty"
    DRAFT_ONLY = "draft_only"
    TRUNCATED = "truncated"
    REFUSED_REQUEST = "refused_request"
    AUTH = "auth"
    NO_QUOTA = "no_quota"
    RATE_LIMITED = "rate_limited"
    REGION = "region"
    MODEL_GONE = "model_gone"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    NETWORK = "network"
    PROTOCOL = "protocol"
    BUDGET = "budget"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an outcome means to each of its readers.

    `later` is true where the same call may succeed later; whether Limner repeats it by itself is the retry
    policy's decision, which also asks whether the call may have been billed.
    """

    sentence: str
    next_action: str
    exit_code: int
    http_status: int
    billed: Billed
    later: bool
    error: type[CallError]


def _meaning(
    sentence: str,
    next_action: str,
    *,
    exit_code: int,
    http_status: int,
    billed: Billed,
    later: bool = False,
    error: type[CallError] = CallError,
) -> Meaning:
    return Meaning(
        sentence=sentence,
        next_action=next_action,
        exit_code=exit_code,
        http_status=http_status,
        billed=billed,
        later=later,
        error=error,
    )


MEANINGS: dict[OutcomeKind, Meaning] = {
    OutcomeKind.IMAGE: _meaning("The picture arrived.", "Nothing to do.", exit_code=0, http_status=200, billed="yes"),
    OutcomeKind.TEXT_ONLY: _meaning(
        "The model answered with words instead of a picture.",
        'Ask for the picture itself: begin the prompt with "Generate an image of ...".',
        exit_code=10,
        http_status=422,
        billed="yes",
        error=NoImageError,
    ),
    OutcomeKind.BLOCKED: _meaning(
        "The provider refused to show this picture.",
        "Change the prompt or the input pictures; the same call would be refused again.",
        exit_code=11,
        http_status=422,
        billed="unknown",
        error=BlockedError,
    ),
    OutcomeKind.EMPTY: _meaning(
        "The provider answered without any content.",
        "Try once more; if it stays empty, use a plainer prompt or another model.",
        exit_code=12,
        http_status=502,
        billed="unknown",
        later=True,
        error=NoImageError,
    ),
    OutcomeKind.DRAFT_ONLY: _meaning(
        "Only drafts arrived, no finished picture.",
        "The drafts are kept in the history; try again for the finished picture.",
        exit_code=13,
        http_status=502,
        billed="unknown",
        later=True,
        error=NoImageError,
    ),
    OutcomeKind.TRUNCATED: _meaning(
        "The answer was cut off before a picture was complete.",
        "Try again; whatever had fully arrived is kept in the history.",
        exit_code=14,
        http_status=502,
        billed="unknown",
        later=True,
        error=NoImageError,
    ),
    OutcomeKind.REFUSED_REQUEST: _meaning(
        "The provider refused the request as wrong.",
        "Read its message below; `--dry-run` shows the exact request.",
        exit_code=20,
        http_status=400,
        billed="no",
    ),
    OutcomeKind.AUTH: _meaning(
        "The provider did not accept the key.",
        "Check the key with `limner connections test`, or set another one.",
        exit_code=21,
        http_status=401,
        billed="no",
        error=AuthError,
    ),
    OutcomeKind.NO_QUOTA: _meaning(
        "The key has no quota left for this model.",
        "Image models have no free tier: turn on billing, wait for the quota to reset, or use another connection.",
        exit_code=22,
        http_status=429,
        billed="no",
        error=QuotaError,
    ),
    OutcomeKind.RATE_LIMITED: _meaning(
        "Too many requests in a short time.",
        "Wait as long as the provider asks, then try again; a lower --count helps.",
        exit_code=23,
        http_status=429,
        billed="no",
        later=True,
        error=UnavailableError,
    ),
    OutcomeKind.REGION: _meaning(
        "The provider does not offer this where you are.",
        "Use a relay that serves your region.",
        exit_code=24,
        http_status=403,
        billed="no",
    ),
    OutcomeKind.MODEL_GONE: _meaning(
        "The provider does not know this model, or no longer.",
        "`limner models` lists the living ones and what replaces the others.",
        exit_code=25,
        http_status=404,
        billed="no",
    ),
    OutcomeKind.UNAVAILABLE: _meaning(
        "The provider is overloaded or had a fault of its own.",
        "Try again in a few minutes.",
        exit_code=30,
        http_status=503,
        billed="no",
        later=True,
        error=UnavailableError,
    ),
    OutcomeKind.TIMEOUT: _meaning(
        "No complete answer came in time.",
        "It may have been billed, so it is not repeated by itself. Try again, or raise the time limit.",
        exit_code=31,
        http_status=504,
        billed="unknown",
        later=True,
        error=UnavailableError,
    ),
    OutcomeKind.NETWORK: _meaning(
        "The provider could not be reached.",
        "Check the connection with `limner doctor`.",
        exit_code=32,
        http_status=502,
        billed="no",
        later=True,
        error=UnavailableError,
    ),
    OutcomeKind.PROTOCOL: _meaning(
        "The answer is not in a shape Limner knows.",
        "The answer is kept: `limner show --full` prints it. Check the base URL of the connection.",
        exit_code=33,
        http_status=502,
        billed="unknown",
        error=ProtocolError,
    ),
    OutcomeKind.BUDGET: _meaning(
        "The call would exceed the budget, so it was not made.",
        "Raise the budget or choose a cheaper model or size.",
        exit_code=40,
        http_status=402,
        billed="no",
        error=QuotaError,
    ),
    OutcomeKind.CANCELLED: _meaning(
        "The call was cancelled.",
        "If it had been sent it may have been billed; `limner history` says.",
        exit_code=130,
        http_status=499,
        billed="unknown",
    ),
    OutcomeKind.INTERRUPTED: _meaning(
        "The program stopped after the call was sent and before the answer was complete.",
        "It may have been billed, so it is not repeated by itself. Run the command again if you want it.",
        exit_code=41,
        http_status=500,
        billed="unknown",
        later=True,
        error=UnavailableError,
    ),
}


_OUR_WORDS = frozenset(
    {
        OutcomeKind.IMAGE,
        OutcomeKind.TRUNCATED,
        OutcomeKind.TIMEOUT,
        OutcomeKind.NETWORK,
        OutcomeKind.PROTOCOL,
        OutcomeKind.BUDGET,
        OutcomeKind.INTERRUPTED,
    }
)
"""Outcomes whose message is Limner's own observation, not a provider's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one call ended.

    `reason` is the provider's own word (`IMAGE_SAFETY`, `RESOURCE_EXHAUSTED`), kept even if Limner does not
    know it; `message` its text; `billed` overrides what the kind usually means; `retry_after_s` is the wait
    in seconds it asked for.
    """

    kind: OutcomeKind
    reason: str | None = None
    message: str | None = None
    billed_override: Billed | None = None
    retry_after_s: float | None = None
    resend: bool = False
    """True where the provider documents that it did no work and billed nothing: safe to send again."""

    @property
    def meaning(self) -> Meaning:
        """The fixed part: sentence, next action, codes."""
        return MEANINGS[self.kind]

    @property
    def billed(self) -> Billed:
        """Whether the call cost money, as far as anyone can know."""
        return self.billed_override or self.meaning.billed

    @property
    def ok(self) -> bool:
        """True if a finished picture arrived."""
        return self.kind is OutcomeKind.IMAGE

    def sentence(self) -> str:
        """One sentence for a person, with the provider's reason and message where there are any."""
        text = self.meaning.sentence
        if self.reason:
            text = f"{text[:-1]} ({self.reason})."
        if not self.message:
            return text
        if self.kind in _OUR_WORDS:
            return f"{text[:-1]}: {self.message.rstrip('.')}."
        return f"{text} It says: {self.message}"

    def to_error(self, call_id: str | None = None) -> CallError:
        """The exception that stands for this outcome."""
        return self.meaning.error(
            self.sentence(),
            outcome=self.kind.value,
            exit_code=self.meaning.exit_code,
            hint=self.meaning.next_action,
            billed=self.billed,
            call_id=call_id,
        )
