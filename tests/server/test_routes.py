from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.catalog.model import Service
from limner.server.background import BackgroundServer
from limner.server.routes import ROUTES, Route
from limner.server.settings import ServeSettings
from limner.web.limits import Limits
from server.asking import KEY, MODEL, Answer, Asker

NAMES = {"model:path": MODEL, "batch": "b", "file": "f", "interaction": "i"}
KEYLESS = {"health", "readiness", "continueUpload"}
WITHOUT_BODY = {"cancelBatch", "cancelInteraction", "continueUpload", "beginUpload", "notOffered"}
INTENDED = {200, 400, 403, 404, 409, 413, 429, 501, 503}


def place(route: Route, service: Service = "gemini") -> str:
    """An address of the route."""
    path = route.path
    for name, value in NAMES.items():
        path = path.replace(f"{{{name}}}", value)
    lead = "/upload" if route.upload else ""
    version = "/v1beta1/projects/p/locations/global/publishers/google" if service == "vertex" else "/v1beta"
    if route.operation in ("health", "readiness", "metrics", "layCards", "listCards", "clearCards"):
        version = ""
    return f"{lead}{version}{path}" + (f"?{route.query}=x" if route.query else "")


def named(route: Route) -> str:
    return f"{route.method} {route.path}" + ("?" + route.query if route.query else "")


every_route = pytest.mark.parametrize("route", ROUTES, ids=named)
every_body = pytest.mark.parametrize(
    "route",
    [each for each in ROUTES if each.method == "POST" and each.operation not in WITHOUT_BODY],
    ids=named,
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """A server that takes little."""
    limits = Limits(json_bytes=2_000, header_bytes=4_000)
    with BackgroundServer(tmp_path_factory.mktemp("home"), ServeSettings(limits=limits)) as server:
        yield Asker(server)


def test_only_what_says_nothing_or_is_unguessable_needs_no_key() -> None:
    assert {route.operation for route in ROUTES if route.keyless} == KEYLESS


@every_route
def test_every_address_demands_a_key(lasting: Asker, route: Route) -> None:
    answer = lasting.ask(route.method, place(route), headers={})
    if route.operation in KEYLESS:
        assert answer.status in (200, 404)
    else:
        assert (answer.status, answer.error["status"]) == (403, "PERMISSION_DENIED")


@every_route
def test_no_address_answers_to_another_name_or_to_a_strangers_page(lasting: Asker, route: Route) -> None:
    strangers = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"})
    for strange in ({"Host": "evil.example"}, *strangers):
        answer = lasting.ask(route.method, place(route), headers={**KEY, **strange})
        assert (answer.status, answer.error["status"]) == (403, "PERMISSION_DENIED")
        assert "access-control-allow-origin" not in answer.headers


@every_route
def test_every_address_limits_its_headers(small: Asker, route: Route) -> None:
    answer = small.ask(route.method, place(route), headers={**KEY, "x-long": "x" * 5_000})
    assert answer.error["code"] == 431


@every_body
def test_every_address_with_a_body_limits_it(small: Asker, route: Route) -> None:
    answer = small.ask(route.method, place(route), {"contents": "x" * 3_000})
    assert answer.error["code"] == 413


@every_route
def test_every_answer_is_named_and_inert(lasting: Asker, route: Route) -> None:
    answer = lasting.ask(route.method, place(route), headers=KEY)
    assert answer.headers["x-limner-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.status in INTENDED
    if answer.status >= 400:
        assert answer.error["message"]
    event = lasting.noted(answer)
    assert (event["operation"], event["status"]) == (route.operation, answer.status)


@every_route
def test_vertex_has_only_the_addresses_that_are_said_to_be_there(lasting: Asker, route: Route) -> None:
    if place(route, "vertex") == place(route).removeprefix("/v1beta"):
        return
    answer = lasting.ask(route.method, place(route, "vertex"), headers=KEY)
    is_nowhere = answer.status == 404 and answer.error["message"].startswith("Nothing is at")
    assert is_nowhere is ("vertex" not in route.services)


def test_to_look_at_something_changes_nothing_on_the_disk(tmp_path: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        found = ((str(path), path.stat()) for path in tmp_path.rglob("*") if path.is_file())
        return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in found}

    with BackgroundServer(tmp_path) as server:
        asker = Asker(server)
        asker.post("/v1beta/interactions", {"model": MODEL, "input": "a fox [[text-only]]"})
        before = state()
        for route in ROUTES:
            if route.method == "GET":
                asker.get(place(route))
        assert state() == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    *("contents", "generationConfig", "systemInstruction", "model", "instances", "parameters", "input", "batch"),
    *("inputConfig", "requests", "response_modalities", "imageConfig", "parts", "text", "inlineData", "data"),
    *("mimeType", "fileData", "fileUri", "role", "prompt", "sampleCount", "cards", "times", "stream", "background"),
    *("previous_interaction_id", "file", "displayName", "generateContentRequest", "thoughtSignature", "cachedContent"),
)
KNOWN = st.recursive(
    JSON | st.sampled_from(["user", "a fox", "[[429]]", "[[nothing]]", "image/png", "iVBORw0KGgo=", "data:,", MODEL]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=16,
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), KNOWN, max_size=5)


def sensible(body: Any) -> Iterator[Any]:
    """The body itself, and with something that could be asked, so that what else it says is looked at too."""
    yield body
    yield {**body, "contents": [{"parts": [{"text": "[[text-only]] a fox"}]}]}


@pytest.mark.parametrize("route", [each for each in ROUTES if each.method == "POST"], ids=named)
def test_no_json_makes_an_address_fail(lasting: Asker, route: Route) -> None:
    @given(BODIES)
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(body: Any) -> None:
        for each in sensible(body):
            judge(lasting.post(place(route), each))

    ask()
    assert [event for event in lasting.server.requests if "fault" in event] == []
    assert lasting.get("/healthz").status == 200


def judge(answer: Answer) -> None:
    assert answer.status in INTENDED
    if answer.status >= 400 and answer.headers["content-type"].startswith("application/json"):
        assert answer.error["message"]


PATHS = st.lists(
    st.sampled_from(
        [
            *("v1beta", "v1", "upload", "models", "files", "batches", "interactions", "projects", "locations", MODEL),
            *("p", "publishers", "google", "limner", "cards", "%2e%2e", "..", "%00", "a:b", ":", "", "%", "é", "~"),
            *(f"{MODEL}:generateContent", "metrics", "healthz", "x:cancel", "f:download"),
        ]
    ),
    max_size=7,
)
QUERIES = st.sampled_from(
    ["", "?", "?alt=sse", "?upload_id=", "?key=k", "?pageSize=-1", "?pageToken=%FF", "?%", "?a=b&a"]
)


@given(PATHS, QUERIES, st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "FOO"]))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_address_makes_the_server_fail(lasting: Asker, path: list[str], query: str, method: str) -> None:
    target = "/" + "/".join(path) + query
    said = lasting.said(
        f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{lasting.port}\r\nx-goog-api-key: k\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    status = int(said.split(b" ", 2)[1])
    assert status in INTENDED | {204, 431}


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *(
                    "Host",
                    "Content-Length",
                    "Transfer-Encoding",
                    "Content-Encoding",
                    "Content-Type",
                    "Origin",
                    "Expect",
                ),
                *("x-goog-api-key", "Authorization", "x-limner-card", "X-Goog-Upload-Command", "Range", "Upgrade"),
                *("X-Goog-Upload-Protocol", "X-Goog-Upload-Offset", "Accept-Encoding", "Connection", "Cookie"),
            ]
        ),
        st.sampled_from(
            [b"", b"0", b"-1", b"9" * 30, b"chunked", b"gzip", b"a", b"\xff\xfe", b"start", b"100-continue"]
        )
        | st.binary(max_size=20),
    ),
    max_size=6,
)


@given(HEADERS, st.binary(max_size=60), st.sampled_from(ROUTES))
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_bytes_make_the_server_fail(
    lasting: Asker, headers: list[tuple[str, bytes]], body: bytes, route: Route
) -> None:
    lines = [f"{route.method} {place(route)} HTTP/1.1".encode(), f"Host: 127.0.0.1:{lasting.port}".encode()]
    lines += [name.encode() + b": " + value for name, value in headers]
    with lasting.raw(b"\r\n".join(lines) + b"\r\n\r\n" + body) as connection:
        connection.shutdown(1)
        said = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    if said:
        assert int(said.split(b" ", 2)[1]) in INTENDED | {100, 204, 206, 408, 411, 416, 431}
    assert [event for event in lasting.server.requests if "fault" in event] == []
