from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from limner.web.limits import Limits
from server.asking import GENERATE, KEY, Asker, words

BODY = json.dumps(words("a fox [[text-only]]")).encode()


def test_a_body_is_read_with_a_length_and_in_chunks(lasting: Asker) -> None:
    assert lasting.post(GENERATE, BODY).status == 200
    assert lasting.post(GENERATE, iter([BODY[:7], BODY[7:20], BODY[20:]])).status == 200


@pytest.mark.parametrize(
    ("encoding", "zip_up"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)]
)
def test_a_zipped_body_is_unzipped(lasting: Asker, encoding: str, zip_up: Callable[[bytes], bytes]) -> None:
    assert lasting.post(GENERATE, zip_up(BODY), headers={**KEY, "Content-Encoding": encoding}).status == 200


def test_what_is_not_zipped_as_it_says_is_refused(lasting: Asker) -> None:
    for encoding, message in (("gzip", "The body is not gzip."), ("br", "Content-Encoding 'br' is not understood")):
        answer = lasting.post(GENERATE, BODY, headers={**KEY, "Content-Encoding": encoding})
        assert answer.error["message"].startswith(message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "Invalid JSON payload received. unexpected end of the body"),
        (b'{"contents": "', "Invalid JSON payload received. unexpected end of the body"),
        (b"[1]", "Invalid JSON payload received. Root element must be a message"),
        (b"<html>", "Invalid JSON payload received. Expecting value"),
        (b'{"a": NaN}', "Invalid JSON payload received. NaN is no JSON"),
        (b'{"a": 1} x', "Invalid JSON payload received. Extra data"),
        (b'{"contents":' + b"[" * 101 + b"]" * 101 + b"}", "Invalid JSON payload received. Message too deep."),
        (b"[" * 100_000 + b"]" * 100_000, "Invalid JSON payload received. Message too deep."),
    ],
)
def test_what_is_no_json_object_is_refused_in_googles_words(lasting: Asker, body: bytes, message: str) -> None:
    answer = lasting.post(GENERATE, body)
    assert (answer.status, answer.error["status"]) == (400, "INVALID_ARGUMENT")
    assert answer.error["message"].startswith(message)


def test_an_empty_body_is_an_empty_request(lasting: Asker) -> None:
    assert "contents is not specified" in lasting.post(GENERATE, b"").error["message"]


def small(serve: Callable[..., Asker], **limits: Any) -> Asker:
    return serve(limits=Limits(**limits))


def test_a_body_that_is_announced_too_large_is_refused_before_it_is_read(serve: Callable[..., Asker]) -> None:
    asker = small(serve, json_bytes=1000)
    said = asker.said(
        f"POST {GENERATE} HTTP/1.1\r\nHost: 127.0.0.1:{asker.port}\r\nx-goog-api-key: k\r\n"
        "Content-Length: 99999999\r\n\r\n".encode()
    )
    assert said.startswith(b"HTTP/1.1 413")
    assert b"Request payload size exceeds the limit: 1000 bytes." in said


def test_a_body_that_grows_too_large_is_refused_while_it_comes(serve: Callable[..., Asker]) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"x": "'
        while True:
            yield b"a" * 1000

    asker = small(serve, json_bytes=100_000)
    head = (
        f"POST {GENERATE} HTTP/1.1\r\nHost: 127.0.0.1:{asker.port}\r\nx-goog-api-key: k\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    with asker.raw(head.encode()) as connection:
        for piece, _ in zip(endless(), range(200), strict=False):
            try:
                connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            except OSError:
                break
        assert connection.recv(12) == b"HTTP/1.1 413"


def test_a_bomb_is_measured_unzipped(serve: Callable[..., Asker]) -> None:
    asker = small(serve, json_bytes=1_000_000)
    bomb = gzip.compress(b'{"x": "' + b"a" * 50_000_000)
    answer = asker.post(GENERATE, bomb, headers={**KEY, "Content-Encoding": "gzip"})
    assert (len(bomb) < 100_000, answer.status) == (True, 413)


def test_a_document_with_too_many_values_is_refused(lasting: Asker) -> None:
    body = b'{"contents":[' + b",".join(b"{}" for _ in range(150_000)) + b"]}"
    assert lasting.post(GENERATE, body).error["message"] == "Request payload has more than 200000 values."


def test_a_list_has_a_limit(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=Limits(list_items=3))
    assert asker.post(GENERATE, {"contents": [{"parts": [{"text": "[[text-only]]"}] * 3}]}).status == 200
    error = asker.post(GENERATE, {"contents": [{"parts": [{"text": "[[text-only]]"}] * 4}]}).error
    assert (error["code"], "A list has more than 3 items" in error["message"]) == (400, True)


def test_pictures_have_a_limit_whatever_the_model(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=Limits(pictures=2))
    part = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    error = asker.post(GENERATE, {"contents": [{"parts": [part, part]}, {"parts": [part]}]}).error
    assert error["message"] == "A request has at most 2 pictures."


def test_too_much_beside_pictures_is_refused(serve: Callable[..., Asker]) -> None:
    asker = small(serve, document_bytes=10_000)
    many = words("a fox")
    many["contents"][0]["parts"] *= 1000
    assert asker.post(GENERATE, many).error["message"].startswith("Request payload is too large")


def test_a_body_that_comes_too_slowly_is_refused(serve: Callable[..., Asker]) -> None:
    asker = small(serve, body_s=0.05)
    said = asker.said(
        f"POST {GENERATE} HTTP/1.1\r\nHost: 127.0.0.1:{asker.port}\r\nx-goog-api-key: k\r\n"
        "Content-Length: 100\r\n\r\n{".encode()
    )
    assert said.startswith(b"HTTP/1.1 408")
    assert b"DEADLINE_EXCEEDED" in said


def test_a_quick_client_has_time_for_a_large_body() -> None:
    assert Limits().body_deadline_s(100_000_000) > 1_500
