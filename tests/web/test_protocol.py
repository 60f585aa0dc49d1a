from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from limner.web.limits import Limits
from server.asking import GENERATE, Asker, words

QUICK = Limits(header_s=0.05, look_s=0.01, write_s=0.2)


def error_in(said: bytes) -> dict[str, object]:
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"Content-Type: application/json" in head
    error = json.loads(body)["error"]
    assert isinstance(error, dict)
    return error


@pytest.mark.parametrize("beginning", [b"", b"G", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: 127."])
def test_headers_that_do_not_come_end_the_connection(serve: Callable[..., Asker], beginning: bytes) -> None:
    said = serve(limits=QUICK).said(beginning)
    assert error_in(said) == {
        "code": 408,
        "message": "The headers did not come within 0.05 s.",
        "status": "UNKNOWN",
    }


def test_headers_of_a_second_request_have_their_time_too(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=QUICK)
    request = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{asker.port}\r\n\r\n".encode()
    said = asker.said(request, request[:20])
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 408" in said


@pytest.mark.parametrize(
    ("bytes_sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nx: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 20_000, 431),
    ],
)
def test_what_is_no_http_is_answered_in_googles_shape(lasting: Asker, bytes_sent: bytes, status: int) -> None:
    assert error_in(lasting.said(bytes_sent))["code"] == status


def test_a_client_that_takes_nothing_is_given_up(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=QUICK)
    body = json.dumps(words("a lake [[story]]", imageConfig={"imageSize": "4K"})).encode()
    target = GENERATE.replace("gemini-nano-banana-2.1", "sandbox-1-fast")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1:{asker.port}\r\nx-goog-api-key: k\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with asker.raw(head.encode() + body) as connection:
        connection.recv(1)
        (event,) = asker.server.wait_for_requests(1)
        assert 0 < event["bytes"] < 50_000_000


def test_more_connections_than_there_are_places_are_told_so(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=Limits(connections=3))
    held = [asker.raw() for _ in range(3)]
    said = asker.said(b"")
    for connection in held:
        connection.close()
    assert error_in(said)["message"] == "Too many connections are open."
