from __future__ import annotations

from collections.abc import Callable

import pytest

from limner.server.routes import ROUTES
from server.asking import GENERATE, KEY, Asker, words

LOCAL = "127.0.0.1:{port}"


def head(host: str, *lines: str, target: str = "/healthz", method: str = "GET") -> bytes:
    """A request with this Host line as written."""
    return "\r\n".join((f"{method} {target} HTTP/1.1", host, *lines, "Connection: close", "", "")).encode("latin-1")


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_the_names_of_this_machine_are_answered(lasting: Asker, host: str) -> None:
    said = lasting.said(head(f"Host: {host.format(port=lasting.port)}"))
    assert said.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.:{port}",
        "localhost:{port}.evil.example",
        "evil.example#127.0.0.1:{port}",
        "evil.example@127.0.0.1:{port}",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}@evil.example",
        "0.0.0.0:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "0x7f.1:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "l\xf6calhost:{port}",
        "localhost:{port}/",
        "http://localhost:{port}",
        "",
    ],
)
@pytest.mark.parametrize("target", ["/healthz", "/v1beta/models", "/upload/v1beta/files?upload_id=x", "/nowhere"])
def test_a_name_that_is_not_this_servers_is_never_answered(lasting: Asker, host: str, target: str) -> None:
    said = lasting.said(head(f"Host: {host.format(port=lasting.port)}", target=target))
    assert said.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))
    assert b"does not answer to the name" in said or said.startswith(b"HTTP/1.1 400")


OTHERS = ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "xn--lclhost-90a", "0177.0.0.1", "[::]")
OWN = ("127.0.0.1", "localhost", "[::1]")
JOINTS = ("#", "@", "/", "?", "\\", "%00", "%23", ".", ",", ";", "&", "\t", "%2f", ":80@", "\xa0", "//")


def test_300_odd_names_at_every_address_in_turn_are_never_answered(lasting: Asker) -> None:
    """What parsers of addresses disagree about: user names, fragments, signs, dots, ports."""
    pairs = [(one, other) for own in OWN for foreign in OTHERS for one, other in ((own, foreign), (foreign, own))]
    forms = [f"{one}{joint}{other}:{lasting.port}" for one, other in pairs for joint in JOINTS]
    assert len(forms) >= 300
    for number, form in enumerate(forms):
        route = ROUTES[number % len(ROUTES)]
        said = lasting.said(
            head(f"Host: {form}", target=route.path.replace("{", "").replace("}", ""), method=route.method)
        )
        assert said.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400")), form


def test_two_names_or_none_are_no_name(lasting: Asker) -> None:
    own = f"Host: {LOCAL.format(port=lasting.port)}"
    assert lasting.said(head(own, "Host: evil.example")).startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))
    assert lasting.said(head("X: y")).startswith((b"HTTP/1.1 400", b"HTTP/1.1 403"))


def test_an_absolute_address_does_not_overrule_the_name(lasting: Asker) -> None:
    own = f"Host: {LOCAL.format(port=lasting.port)}"
    for target in ("http://evil.example/healthz", "//evil.example/healthz", f"http://127.0.0.1:{lasting.port}/healthz"):
        assert b" 200 " not in lasting.said(head(own, target=target))[:13]


def test_further_names_can_be_allowed(serve: Callable[..., Asker]) -> None:
    asker = serve(hosts=("host.docker.internal",))
    assert asker.said(head("Host: host.docker.internal")).startswith(b"HTTP/1.1 200")
    assert asker.said(head(f"Host: host.docker.internal:{asker.port}")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_a_strangers_page_may_neither_ask_nor_read(asker: Asker, origin: str, content_type: str) -> None:
    headers = {**KEY, "Origin": origin, "Content-Type": content_type}
    answer = asker.post(GENERATE, words("a fox [[text-only]]"), headers=headers)
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers
    assert asker.server.wait_for_requests(1)[-1]["operation"] == "unknown"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_that_hides_its_origin_may_not_ask_either(lasting: Asker, site: str) -> None:
    assert lasting.generate("a fox", headers={**KEY, "Sec-Fetch-Site": site}).status == 403


def test_a_page_of_the_server_itself_may_ask(lasting: Asker) -> None:
    origin = f"http://localhost:{lasting.port}"
    answer = lasting.generate("a fox [[text-only]]", headers={**KEY, "Origin": origin})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, origin)


def test_an_allowed_page_asks_as_browsers_do(serve: Callable[..., Asker]) -> None:
    asker = serve(origins=("http://localhost:3000",))
    origin = {"Origin": "http://localhost:3000"}
    asks_first = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-goog-api-key"}
    greeting = asker.ask("OPTIONS", GENERATE, headers=asks_first)
    assert (greeting.status, greeting.headers["access-control-allow-headers"]) == (204, "x-goog-api-key")
    answer = asker.generate("a fox [[text-only]]", headers={**KEY, **origin})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "Origin" in answer.headers["vary"]
    refused = asker.generate("a fox [[429:1]]", headers={**KEY, **origin})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (429, "http://localhost:3000")
