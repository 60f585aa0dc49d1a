from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from limner import _clock
from limner._json import JsonValue
from limner.core.secret import Secret
from limner.core.transport import TransportFault, WireCall
from limner.providers.sandbox.protocol.transport import PIECE_BYTES, InProcessReply, SandboxTransport
from providers.sandbox.asking import PLAIN, Desk, ask, lifted

GENERATE = "https://sandbox/v1beta/models/sandbox-1-fast:generateContent"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every wait in seconds; none of them takes any time."""
    found: list[float] = []
    monkeypatch.setattr(_clock, "sleep", lambda seconds, cancelled=None: found.append(round(seconds, 6)))
    return found


def call(
    prompt: str = PLAIN,
    *,
    url: str = GENERATE,
    method: str = "POST",
    headers: tuple[tuple[str, str | Secret], ...] = (),
    timeout_s: float = 300.0,
    document: JsonValue = None,
) -> WireCall:
    return WireCall(
        method=method,
        url=url,
        headers=headers,
        document=document or ask(prompt, size="512"),
        timeout_s=timeout_s,
    )


def opened(desk: Desk, wanted: WireCall, before_sending: Callable[[], None] = lambda: None) -> InProcessReply:
    return SandboxTransport(desk.model).open(wanted, body=(), length=None, before_sending=before_sending)


def pieces(reply: InProcessReply) -> list[bytes]:
    found = []
    while piece := reply.read():
        found.append(piece)
    return found


def fault_of(action: Callable[[], object]) -> tuple[str, bool]:
    with pytest.raises(TransportFault) as raised:
        action()
    return raised.value.kind, raised.value.sent


def test_a_call_is_announced_exactly_once_before_it_is_answered(desk: Desk) -> None:
    announced: list[str] = []
    reply = opened(desk, call(), lambda: announced.append("sending"))
    assert (announced, reply.status) == (["sending"], 200)


def test_what_the_announcement_raises_stops_the_call(desk: Desk) -> None:
    def disk_is_full() -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        opened(desk, call(), disk_is_full)


def test_a_picture_comes_in_pieces_of_64_to_256_kib(desk: Desk) -> None:
    url = "https://sandbox/v1beta/models/sandbox-1:generateContent"
    sizes = [len(piece) for piece in pieces(opened(desk, call("a forest", url=url, document=ask("a forest"))))]
    assert sizes[0] >= PIECE_BYTES
    assert all(64 << 10 <= size <= (PIECE_BYTES + (256 << 10)) for size in sizes[:-1])


def test_the_body_is_the_reply_of_the_model(desk: Desk) -> None:
    reply = opened(desk, call("a fox [[text-only]]"))
    (document,) = lifted(desk.blobs, pieces(reply), reply.headers["content-type"])
    assert document["candidates"][0]["finishReason"] == "STOP"
    assert reply.headers["x-limner-sandbox"] == "sandbox-1"


def test_after_the_end_read_stays_empty(desk: Desk) -> None:
    reply = opened(desk, call("[[empty]]"))
    assert [reply.read(), reply.read(), reply.read()] == [b"{}", b"", b""]


def test_after_close_there_is_nothing_to_read(desk: Desk) -> None:
    reply = opened(desk, call())
    reply.close()
    assert reply.read() == b""


def test_a_card_in_a_header_is_played(desk: Desk) -> None:
    assert opened(desk, call(headers=(("X-Limner-Card", "429:1"),))).status == 429


def test_a_key_is_not_looked_at(desk: Desk) -> None:
    assert opened(desk, call("[[empty]]", headers=(("x-goog-api-key", Secret("another")),))).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/sandbox-1-fast:generateContent",
        "/models/sandbox-1-fast:generateContent",
        "/any/prefix/v1beta/models/sandbox%2D1-fast:generateContent?key=x",
    ],
)
def test_versions_and_prefixes_of_the_path_do_not_matter(desk: Desk, path: str) -> None:
    assert opened(desk, call("[[empty]]", url=f"https://sandbox{path}")).status == 200


@pytest.mark.parametrize("path", ["/", "/v1beta/models", "/v1beta/files", "/v1beta/models/:generateContent"])
def test_a_post_to_no_method_of_a_model_is_404(desk: Desk, path: str) -> None:
    assert opened(desk, call(url=f"https://sandbox{path}")).status == 404


def test_the_models_are_listed(desk: Desk) -> None:
    mapped = Desk(stands_in_for=("gemini-2.5-flash-image",))
    reply = opened(mapped, call(method="GET", url="https://sandbox/v1beta/models?pageSize=1000"))
    (document,) = lifted(desk.blobs, pieces(reply), reply.headers["content-type"])
    assert [model["name"] for model in document["models"]] == [
        "models/sandbox-1",
        "models/sandbox-1-fast",
        "models/gemini-2.5-flash-image",
    ]


def test_one_model_is_described(desk: Desk) -> None:
    reply = opened(desk, call(method="GET", url="https://sandbox/v1beta/models/sandbox-1"))
    assert lifted(desk.blobs, pieces(reply), reply.headers["content-type"]) == [
        {
            "name": "models/sandbox-1",
            "version": "1",
            "displayName": "Sandbox",
            "description": "Limner's sandbox: draws labelled pictures offline.",
            "inputTokenLimit": 131072,
            "outputTokenLimit": 32768,
            "supportedGenerationMethods": ["generateContent", "countTokens", "batchGenerateContent"],
            "thinking": True,
        }
    ]


@pytest.mark.parametrize("path", ["/v1beta/models/gemini-9", "/v1beta/files"])
def test_getting_what_is_not_there_is_404(desk: Desk, path: str) -> None:
    assert opened(desk, call(method="GET", url=f"https://sandbox{path}")).status == 404


def test_alt_sse_streams_events_and_without_it_an_array(desk: Desk) -> None:
    url = "https://sandbox/v1beta/models/sandbox-1-fast:streamGenerateContent"
    events, array = opened(desk, call(url=f"{url}?alt=sse")), opened(desk, call(url=url))
    assert (events.headers["content-type"], events.read()[:7]) == ("text/event-stream", b"data: {")
    assert (array.headers["content-type"], array.read()[:2]) == ("application/json; charset=UTF-8", b"[{")


def test_a_refused_connection_was_never_announced(desk: Desk) -> None:
    announced: list[str] = []
    wanted = call("[[refused-connection]]")
    assert fault_of(lambda: opened(desk, wanted, lambda: announced.append("x"))) == ("connect", False)
    assert announced == []


def test_a_disconnect_comes_after_the_request_was_announced(desk: Desk) -> None:
    announced: list[str] = []
    wanted = call("[[disconnect]]")
    assert fault_of(lambda: opened(desk, wanted, lambda: announced.append("x"))) == ("reset", True)
    assert announced == ["x"]


def test_slow_waits_before_the_headers(desk: Desk, waited: list[float]) -> None:
    assert opened(desk, call("[[slow:5]] [[empty]]")).status == 200
    assert waited == [5.0]


def test_slower_than_the_caller_waits_is_a_timeout_after_that_long(desk: Desk, waited: list[float]) -> None:
    assert fault_of(lambda: opened(desk, call("[[slow:5]] [[empty]]", timeout_s=3.0))) == ("timeout", True)
    assert waited == [3.0]


@pytest.mark.parametrize(("card", "seconds"), [("[[timeout]]", 30.0), ("[[timeout:4]]", 4.0), ("[[timeout:90]]", 30.0)])
def test_a_timeout_comes_when_asked_or_when_the_caller_gives_up(
    desk: Desk, waited: list[float], card: str, seconds: float
) -> None:
    assert fault_of(lambda: opened(desk, call(card, timeout_s=30.0))) == ("timeout", True)
    assert waited == [seconds]


def test_a_drip_spreads_the_body_over_its_seconds(desk: Desk, waited: list[float]) -> None:
    dripped = pieces(opened(desk, call(f"{PLAIN} [[drip:2]]")))
    assert (len(dripped), waited) == (20, [0.1] * 20)
    assert len(b"".join(dripped)) > 1000


def test_a_reset_lets_that_share_of_the_body_through(desk: Desk) -> None:
    whole = len(b"".join(pieces(opened(desk, call(f"{PLAIN} [[snake]]")))))
    reply = opened(desk, call(f"{PLAIN} [[snake]] [[reset:0.25]]"))
    arrived = 0

    def read_on() -> None:
        nonlocal arrived
        while piece := reply.read():
            arrived += len(piece)

    assert fault_of(read_on) == ("reset", True)
    assert arrived == whole // 4


def test_a_truncated_body_ends_without_a_fault(desk: Desk) -> None:
    body = b"".join(pieces(opened(desk, call(f"{PLAIN} [[truncate:1]]"))))
    assert body.endswith(b'"')
    assert not body.endswith(b"}")


@pytest.mark.parametrize("more", ["", "[[base64url]]", "[[snake]]", "[[sse]]"])
def test_a_cut_after_the_picture_ends_with_its_closing_quote(desk: Desk, more: str) -> None:
    reply = opened(desk, call(f"{PLAIN} [[cut-after-picture]] {more}"))
    body = bytearray()

    def read_on() -> None:
        while piece := reply.read():
            body.extend(piece)

    assert fault_of(read_on) == ("reset", True)
    picture = body.rpartition(b'"data":"')[2]
    assert picture.endswith(b'"')
    assert len(picture) > 500


def test_a_wait_hands_on_the_wish_to_cancel_and_ends_the_call(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = SandboxTransport(desk.model)

    def cancelled_meanwhile(_seconds: float, cancelled: threading.Event) -> None:
        transport.cancel()
        assert cancelled.is_set()

    monkeypatch.setattr(_clock, "sleep", cancelled_meanwhile)
    wanted = call("[[slow:600]]", timeout_s=600.0)
    found = fault_of(lambda: transport.open(wanted, body=(), length=None, before_sending=lambda: None))
    assert found == ("cancelled", True)


def test_a_cancelled_transport_sends_nothing_more(desk: Desk) -> None:
    transport = SandboxTransport(desk.model)
    reply = transport.open(call(), body=(), length=None, before_sending=lambda: None)
    transport.cancel()
    assert fault_of(reply.read) == ("cancelled", True)
    wanted = call()
    assert fault_of(lambda: transport.open(wanted, body=(), length=None, before_sending=lambda: None)) == (
        "cancelled",
        False,
    )
