from __future__ import annotations

from collections.abc import Callable

import pytest

from limner.web.limits import Limits
from server.asking import GENERATE, KEY, Asker, pieces, words

BODY = bytes(30_000_000)


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        (GENERATE, {}, 403),
        ("/nowhere", KEY, 404),
        (GENERATE, {**KEY, "Host": "evil.example"}, 403),
        (GENERATE, KEY, 413),
    ],
)
def test_a_refusal_reaches_a_client_that_is_still_sending(
    serve: Callable[..., Asker], target: str, headers: dict[str, str], status: int
) -> None:
    asker = serve(limits=Limits(json_bytes=1_000_000))
    assert asker.post(target, BODY, headers=headers).status == status
    assert asker.post(target, pieces(*[BODY[:65_536]] * 400), headers=headers).status == status


def test_who_sends_nothing_more_is_not_waited_for_long(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=Limits(linger_idle_s=0.1))
    head = f"POST {GENERATE} HTTP/1.1\r\nHost: 127.0.0.1:{asker.port}\r\nConnection: close\r\n"
    assert asker.said(f"{head}Content-Length: 1000\r\n\r\n".encode()).startswith(b"HTTP/1.1 403")


def test_who_asks_whether_to_send_is_told_no(lasting: Asker) -> None:
    head = (
        f"POST {GENERATE} HTTP/1.1\r\nHost: 127.0.0.1:{lasting.port}\r\nConnection: close\r\nExpect: 100-continue\r\n"
    )
    assert lasting.said(f"{head}Content-Length: 1000\r\n\r\n".encode()).startswith(b"HTTP/1.1 403")


def test_who_asks_whether_to_send_is_told_to_go_on(lasting: Asker) -> None:
    body = str(words("[[text-only]]")).replace("'", '"').encode()
    head = (
        f"POST {GENERATE} HTTP/1.1\r\nHost: 127.0.0.1:{lasting.port}\r\nx-goog-api-key: k\r\nExpect: 100-continue\r\n"
    )
    with lasting.raw(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert b"".join(iter(lambda: connection.recv(1 << 16), b"")).startswith(b"HTTP/1.1 200")
