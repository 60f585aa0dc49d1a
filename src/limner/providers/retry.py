"""When and after how long a call is sent again: the only retry in Limner."""

from __future__ import annotations

from dataclasses import dataclass

from limner import _clock
from limner.core.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Repeats only what was not sent or what the provider documents as not billed (`Outcome.resend`).

    Waits double from `base_delay_s` up to `max_delay_s`, with jitter; a longer wait asked for by the provider is
    obeyed up to `max_asked_s`, beyond which the call ends instead. All waits together stay under `total_wait_s`.
    """

    max_attempts: int = 5
    base_delay_s: float = 1.0
    max_delay_s: float = 30.0
    max_asked_s: float = 120.0
    total_wait_s: float = 240.0

    def wait_s(self, outcome: Outcome, *, attempt: int, waited_s: float) -> float | None:
        """Seconds to wait before sending again after `attempt` ended in `outcome`; `None` to stop."""
        if not outcome.resend or attempt >= self.max_attempts:
            return None
        asked_s = outcome.retry_after_s or 0.0
        if asked_s > self.max_asked_s:
            return None
        backoff_s = min(self.base_delay_s * 2.0 ** (attempt - 1), self.max_delay_s)
        wait_s = max(asked_s, backoff_s) + _clock.jitter() * self.base_delay_s
        return wait_s if waited_s + wait_s <= self.total_wait_s else None
