from __future__ import annotations

import gzip
import select
import socket
import threading
import zlib
from collections.abc import Iterator

import pytest

from limner._http import HttpTransport, LinkTransport
from limner.core.secret import Secret
from limner.core.transport import TransportFault, WireCall
from loopback import Answer, chunked, reply, serving


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    transport.close()


def ask(transport: HttpTransport, url: str, *, body: bytes | None = b"{}", **more: object) -> tuple[int, bytes]:
    call = WireCall(method="POST", url=url, document=None if body is None else {}, **more)  # type: ignore[arg-type]
    answer = transport.open(
        call,
        body=[] if body is None else [body],
        length=None if body is None else len(body),
        before_sending=lambda: None,
    )
    try:
        return answer.status, b"".join(iter(answer.read, b""))
    finally:
        answer.close()


def wait_until_closed(transport: HttpTransport) -> None:
    ((connection, _),) = (idle for waiting in transport._idle.values() for idle in waiting)
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    assert poll.poll(30_000), "the server never closed its side"


def fault(transport: HttpTransport, url: str, **more: object) -> TransportFault:
    with pytest.raises(TransportFault) as caught:
        ask(transport, url, **more)  # type: ignore[arg-type]
    return caught.value


def test_a_body_goes_out_and_the_reply_comes_back(transport: HttpTransport) -> None:
    with serving(reply("hello")) as server:
        assert ask(transport, server.url + "/a?b=c", body=b"12345") == (200, b"hello")
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("POST", "/a?b=c", b"12345")
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["host"] == server.url.removeprefix("http://")


def test_secrets_are_revealed_only_on_the_wire(transport: HttpTransport) -> None:
    call = WireCall(method="GET", url="", headers=(("x-goog-api-key", Secret("AIza-canary")),))
    assert "canary" not in repr(call)
    with serving(reply("ok")) as server:
        headers = (("x-goog-api-key", Secret("AIza-canary")),)
        ask(transport, server.url, headers=headers, query_key=Secret("q&=/"))
    assert server.requests[0].headers["x-goog-api-key"] == "AIza-canary"
    assert server.requests[0].target == "/?key=q%26%3D%2F"


def test_a_connection_is_used_again(transport: HttpTransport) -> None:
    with serving(reply("one")) as server:
        ask(transport, server.url)
        assert len(transport._idle) == 1
        ask(transport, server.url)
        assert sum(len(idle) for idle in transport._idle.values()) == 1


def test_a_connection_the_server_closed_is_not_used_again(transport: HttpTransport) -> None:
    answer = reply("one")
    answer.then = "close"
    with serving(answer) as server:
        assert ask(transport, server.url) == (200, b"one")
        wait_until_closed(transport)
        assert ask(transport, server.url) == (200, b"one")


def test_the_call_is_announced_after_connecting_and_before_any_byte_leaves(transport: HttpTransport) -> None:
    with serving(reply("x")) as server:
        seen: list[int] = []
        call = WireCall(method="POST", url=server.url, document={})
        answer = transport.open(call, body=[b"{}"], length=2, before_sending=lambda: seen.append(len(server.requests)))
        answer.close()
    assert seen == [0]


def test_nothing_is_announced_where_no_connection_is_made(transport: HttpTransport) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    announced: list[int] = []
    call = WireCall(method="POST", url=url, document={})
    with pytest.raises(TransportFault) as caught:
        transport.open(call, body=[b"{}"], length=2, before_sending=lambda: announced.append(1))
    assert (caught.value.kind, caught.value.sent, announced) == ("connect", False, [])


def test_chunks_are_joined(transport: HttpTransport) -> None:
    with serving(chunked([b"a", b"bc", b"d" * 1000])) as server:
        assert ask(transport, server.url) == (200, b"abc" + b"d" * 1000)


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_reply_cut_short_is_a_fault_and_never_a_short_body(transport: HttpTransport, then: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    with serving(Answer(pieces=[head, b"only this"], then=then)) as server:
        problem = fault(transport, server.url)
    assert (problem.kind, problem.sent) == ("reset", True)


def test_headers_cut_between_two_lines_are_a_fault(transport: HttpTransport) -> None:
    with serving(Answer(pieces=[b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"], then="close")) as server:
        assert fault(transport, server.url).kind == "reset"


def test_chunks_cut_short_are_a_fault(transport: HttpTransport) -> None:
    answer = chunked([b"abc"])
    with serving(Answer(pieces=answer.pieces[:-1], then="close")) as server:
        assert fault(transport, server.url).kind == "reset"


def test_no_reply_at_all_is_a_reset_after_sending(transport: HttpTransport) -> None:
    with serving(Answer(pieces=[], then="close")) as server:
        problem = fault(transport, server.url)
    assert (problem.kind, problem.sent) == ("reset", True)


def test_what_is_not_http_is_a_protocol_fault(transport: HttpTransport) -> None:
    with serving(Answer(pieces=[b"SSH-2.0-OpenSSH\r\n"], then="close")) as server:
        assert fault(transport, server.url).kind == "protocol"


def test_silence_is_a_timeout(transport: HttpTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        problem = fault(transport, f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.05)
    assert (problem.kind, problem.sent) == ("timeout", True)


def test_the_total_time_is_bounded_even_while_bytes_drip(transport: HttpTransport) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    with serving(Answer(pieces=[head])) as server:
        assert fault(transport, server.url, total_timeout_s=0.05).kind == "timeout"


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [("gzip", gzip.compress(b"abc" * 9000, mtime=0)), ("deflate", zlib.compress(b"abc" * 9000))],
    ids=["gzip", "deflate"],
)
def test_a_compressed_reply_is_inflated_as_it_streams(transport: HttpTransport, encoding: str, packed: bytes) -> None:
    with serving(reply(packed, Content_Encoding=encoding)) as server:
        assert ask(transport, server.url) == (200, b"abc" * 9000)


def test_a_compressed_reply_cut_short_is_a_fault(transport: HttpTransport) -> None:
    packed = gzip.compress(bytes(range(256)) * 50)[:-20]
    with serving(reply(packed, Content_Encoding="gzip")) as server:
        assert fault(transport, server.url).kind == "reset"


def test_broken_compression_is_a_protocol_fault(transport: HttpTransport) -> None:
    with serving(reply(b"not gzip at all", Content_Encoding="gzip")) as server:
        assert fault(transport, server.url).kind == "protocol"


def test_an_early_refusal_is_read_although_the_body_was_not_taken(transport: HttpTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass

        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert ask(transport, url, body=bytes(1 << 20)) == (413, b"big")
        transport.close()
        thread.join()


def test_a_redirect_is_not_followed(transport: HttpTransport) -> None:
    with serving(reply("", status=302, Location="http://127.0.0.1:1/")) as server:
        assert ask(transport, server.url)[0] == 302
    assert len(server.requests) == 1


def test_cancelling_breaks_off_a_call_under_way(transport: HttpTransport) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"
    with serving(Answer(pieces=[head])) as server:
        call = WireCall(method="GET", url=server.url)
        answer = transport.open(call, body=[], length=0, before_sending=lambda: None)
        assert answer.read() == b"some"
        transport.cancel()
        with pytest.raises(TransportFault) as caught:
            answer.read()
        answer.close()
    assert caught.value.kind == "cancelled"


def test_a_proxy_is_used_only_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with serving(reply("direct")) as server:
        direct = HttpTransport()
        assert ask(direct, server.url) == (200, b"direct")
        direct.close()
        through = HttpTransport(proxy=server.url)
        assert ask(through, "http://example.invalid/path") == (200, b"direct")
        through.close()
    assert server.requests[1].target == "http://example.invalid/path"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "0.0.0.0", "192.168.1.1"]
)
def test_a_link_to_a_private_address_is_never_connected(host: str) -> None:
    with pytest.raises(TransportFault) as caught:
        ask(LinkTransport(), f"https://{host}/a.png", body=None)
    assert (caught.value.kind, caught.value.sent) == ("connect", False)


def test_a_link_without_tls_is_not_fetched() -> None:
    assert "only https" in str(fault(LinkTransport(), "http://93.184.215.14/a.png"))
