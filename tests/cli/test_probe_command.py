from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.relays import KEY, Relay
from cli.running import Ended, Run
from limner.server.background import BackgroundServer
from loopback import Loopback, reply, serving

MODEL = "gemini-3.1-flash-lite-image"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackgroundServer]:
    with BackgroundServer(tmp_path_factory.mktemp("server") / "home") as running:
        yield running


@pytest.fixture
def address() -> Iterator[Loopback]:
    with serving(reply("{}")) as running:
        yield running


def probed(limner: Run, address: Loopback, relay: Relay, *more: str) -> Ended:
    address.answers[:] = [relay]
    return limner("connections", "probe", address.url, "--key-env", "RELAY_KEY", "-m", MODEL, *more, RELAY_KEY=KEY)


@pytest.mark.parametrize("auth", ["x-goog-api-key", "bearer", "raw"])
@pytest.mark.parametrize("version", ["v1beta", "v1"])
def test_the_way_to_send_the_key_and_the_version_are_found_for_nothing(
    limner: Run, address: Loopback, server: BackgroundServer, auth: str, version: str
) -> None:
    relay = Relay(server=server, auth=auth, version=version)
    ended = probed(limner, address, relay, "--free", "--json")
    found = ended.document
    assert (ended.code, found["auth"], found["apiVersion"], found["paid"]) == (0, auth, version, None)
    assert found["countsTokens"] is True
    assert "gemini-nano-banana-2.1" in found["imageModels"]
    assert relay.paid == 0


def test_a_list_that_is_open_to_all_proves_no_way(limner: Run, address: Loopback, server: BackgroundServer) -> None:
    relay = Relay(server=server, auth="bearer", lists_for_all=True)
    assert probed(limner, address, relay, "--free", "--json").document["auth"] == "bearer"
    blind = Relay(server=server, auth="bearer", lists_for_all=True, counts=False)
    told = probed(limner, address, blind, "--free")
    assert "not sure: its list of models needs no key" in told.out


def test_a_wrong_key_is_told_with_every_way_that_was_tried(
    limner: Run, address: Loopback, server: BackgroundServer
) -> None:
    address.answers[:] = [Relay(server=server, auth="bearer")]
    told = limner(
        "connections", "probe", address.url, "--key-env", "RELAY_KEY", "--yes", RELAY_KEY="sk-other-123456789"
    )
    assert told.code == 1
    assert "takes the key in no way that was tried" in told.out
    assert "raw, v1: HTTP 404" in told.out
    assert "bearer, v1beta: HTTP 401" in told.out
    assert "sk-other" not in told.out + told.err


def test_nobody_at_the_address_is_said(limner: Run) -> None:
    told = limner("connections", "probe", "http://127.0.0.1:9", "--key-env", "RELAY_KEY", RELAY_KEY=KEY)
    assert (told.code, "Nobody answers at http://127.0.0.1:9" in told.err) == (2, True)
    assert limner("connections", "probe", "http://127.0.0.1:9", "--key-env", "RELAY_KEY").code == 2
    assert limner("connections", "probe", "ftp://x", "--key-env", "RELAY_KEY", RELAY_KEY=KEY).code == 2


def test_no_paid_call_is_made_unasked(limner: Run, address: Loopback, server: BackgroundServer) -> None:
    relay = Relay(server=server)
    told = probed(limner, address, relay)
    assert (told.code, relay.paid) == (0, 0)
    assert f"one call: {MODEL}, 1 picture, about $0.03" in told.err
    assert "Not made. Say --yes" in told.err


@pytest.mark.parametrize(
    ("habits", "expected"),
    [
        ({}, {"streams": True, "spelling": "camelCase", "shape": "inline", "ratioHonoured": True, "signed": True}),
        ({"cards": "snake"}, {"spelling": "snake_case", "shape": "inline"}),
        ({"cards": "mixed-case"}, {"spelling": "mixed"}),
        ({"cards": "markdown"}, {"shape": "in the text"}),
        ({"cards": "sse-relay"}, {"streams": True, "shape": "inline"}),
        ({"cards": "wrong-mime"}, {"declaredTypeRight": False}),
        ({"ratio": False}, {"ratioHonoured": False, "size": "1024x1024"}),
        ({"streams": False}, {"streams": False, "shape": "inline"}),
        ({"cards": "text-only"}, {"outcome": "text_only", "shape": "unknown", "ratioHonoured": None}),
    ],
)  # fmt: skip
def test_habits_are_found_with_one_paid_call(
    limner: Run, address: Loopback, server: BackgroundServer, habits: dict[str, Any], expected: dict[str, Any]
) -> None:
    relay = Relay(server=server, **habits)
    ended = probed(limner, address, relay, "--yes", "--json")
    paid = ended.document["paid"]
    assert {name: paid[name] for name in expected} == expected
    refused = 0 if relay.streams else 1
    assert relay.paid - refused == 1
    (call, *rest) = limner("history", "--json").document
    assert call["connection"] == "probed"
    assert len(rest) == refused
    assert ended.code == (0 if paid["outcome"] == "image" else 1)


def test_what_was_found_is_written_and_works(
    limner: Run, address: Loopback, server: BackgroundServer, environment: dict[str, str]
) -> None:
    relay = Relay(server=server, auth="raw", version="v1")
    assert probed(limner, address, relay, "--yes", "--save", "work").code == 0
    text = (Path(environment["LIMNER_HOME"]) / "config.toml").read_text("utf-8")
    assert 'auth = "raw"' in text
    assert 'api_version = "v1"' in text
    assert KEY not in text
    assert limner("generate", "a fox", "-c", "work", RELAY_KEY=KEY).code == 0


def test_a_key_from_a_pipe_is_stored_with_the_connection(
    limner: Run, address: Loopback, server: BackgroundServer
) -> None:
    address.answers[:] = [Relay(server=server, auth="bearer")]
    told = limner("connections", "probe", address.url, "--key-stdin", "--free", "--save", "work", stdin=KEY.encode())
    assert told.code == 0, told.err
    assert limner("connections", "test", "work").code == 0
