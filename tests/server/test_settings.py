from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from limner.core.secret import Secret
from limner.errors import ConfigError
from limner.server.settings import ServeSettings
from limner.web.guard import is_loopback

LOCAL = ("127.0.0.1", "::1", "localhost")
OPEN = ("0.0.0.0", "::", "192.0.2.7")
TOKEN = Secret("a-token-of-some-length")
CERTIFICATE = {"certificate": Path("c.pem"), "private_key": Path("k.pem")}


@pytest.mark.parametrize(
    ("host", "token", "transport"),
    list(itertools.product((*LOCAL, *OPEN), (None, TOKEN), ({}, CERTIFICATE, {"plain": True}))),
)
def test_an_address_beyond_this_machine_needs_a_token_and_tls_or_a_flag(
    host: str, token: Secret | None, transport: dict[str, object]
) -> None:
    settings = ServeSettings(host=host, token=token, **transport)  # type: ignore[arg-type]
    if host in LOCAL or (token is not None and transport):
        settings.check()
    else:
        with pytest.raises(ConfigError) as caught:
            settings.check()
        assert caught.value.code == ("config.serve_token" if token is None else "config.serve_tls")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_these_addresses_stay_on_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0", "0.0.0.0", "::", "127.1", "localhost.example", "::ffff:10.0.0.1", "limner"])
def test_every_other_address_does_not(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("half", [{"certificate": Path("c")}, {"private_key": Path("k")}])
def test_half_of_tls_is_refused(half: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match="both a certificate and its private key"):
        ServeSettings(**half).check()  # type: ignore[arg-type]


@pytest.mark.parametrize("origin", ["localhost:3000", "ftp://a", "http://", "http://a/b", "*", "null"])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ConfigError, match="is not an origin"):
        ServeSettings(origins=(origin,)).check()


def test_recording_and_replaying_at_once_is_refused() -> None:
    with pytest.raises(ConfigError, match="records or replays"):
        ServeSettings(record=Path("a"), replay=Path("b")).check()
