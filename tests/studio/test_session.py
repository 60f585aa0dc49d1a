from __future__ import annotations

import pytest
from starlette.requests import Request

from limner import _clock
from limner.studio.session import COOKIE, LASTS_S, Sessions


def request(cookie: str) -> Request:
    return Request({"type": "http", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())]})


def test_a_session_outlives_the_process_and_no_other_installation_takes_it() -> None:
    cookie = Sessions(b"key").begin()
    assert Sessions(b"key").find(request(cookie)) == cookie
    assert Sessions(b"another").find(request(cookie)) is None


@pytest.mark.parametrize("forged", ["", "a", "a.b.c", "..", "x.999999999999.0", "x.-1.0"])
def test_what_nobody_signed_is_no_session(forged: str) -> None:
    assert Sessions(b"key").find(request(forged)) is None


def test_a_session_ends_after_a_month(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(b"key")
    cookie = sessions.begin()
    later = _clock.now_ms() + (LASTS_S + 60) * 1000
    monkeypatch.setattr(_clock, "now_ms", lambda: later)
    assert sessions.find(request(cookie)) is None


def test_each_start_has_a_token_and_each_session_a_word_of_its_own() -> None:
    one, other = Sessions(b"key"), Sessions(b"key")
    assert one.token != other.token
    assert one.is_token(one.token)
    assert not one.is_token(other.token)
    assert one.word("a") != one.word("b")
