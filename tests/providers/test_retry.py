from __future__ import annotations

import pytest

from limner import _clock
from limner.core.outcome import Outcome, OutcomeKind
from limner.providers.retry import RetryPolicy


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_clock, "jitter", lambda: 0.0)


def limited(after_s: float | None = None) -> Outcome:
    return Outcome(kind=OutcomeKind.RATE_LIMITED, retry_after_s=after_s, resend=True)


def test_waits_double_up_to_a_bound() -> None:
    policy = RetryPolicy(max_attempts=9)
    waits = [policy.wait_s(limited(), attempt=attempt, waited_s=0) for attempt in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_longer_wait_asked_for_is_obeyed() -> None:
    assert RetryPolicy().wait_s(limited(26.0), attempt=1, waited_s=0) == 26.0


def test_a_shorter_wait_asked_for_does_not_shorten_the_own_one() -> None:
    assert RetryPolicy().wait_s(limited(0.5), attempt=3, waited_s=0) == 4.0


def test_a_wait_of_an_hour_ends_the_call_instead() -> None:
    assert RetryPolicy().wait_s(limited(3600.0), attempt=1, waited_s=0) is None


def test_attempts_and_total_waiting_are_bounded() -> None:
    policy = RetryPolicy(max_attempts=3, total_wait_s=10)
    assert policy.wait_s(limited(), attempt=3, waited_s=0) is None
    assert policy.wait_s(limited(), attempt=1, waited_s=9.5) is None


def test_what_may_have_been_billed_is_never_sent_again() -> None:
    for kind in OutcomeKind:
        assert RetryPolicy().wait_s(Outcome(kind=kind), attempt=1, waited_s=0) is None


def test_jitter_spreads_the_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_clock, "jitter", lambda: 0.5)
    assert RetryPolicy().wait_s(limited(), attempt=2, waited_s=0) == 2.5
