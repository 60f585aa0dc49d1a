"""The server as a process of its own: slow clients, hostile bodies, large ones, and its end in the middle of work."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import random
import select
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from limner.server.routes import ROUTES
from limner.server.target import target_of
from server.asking import GENERATE, KEY, MODEL, Client, words
from server.process import ServeProcess, serving

pytestmark = pytest.mark.faults

QUICK = "sandbox-1-fast"
SMALL = {"imageConfig": {"imageSize": "512", "aspectRatio": "1:1"}}
MEBIBYTE = 1 << 20


@pytest.fixture
def running(tmp_path: Path) -> Iterator[ServeProcess]:
    with serving(tmp_path / "home") as process:
        yield process


def generate(model: str) -> str:
    return GENERATE.replace(MODEL, model)


HALF_HEAD = b"POST /v1beta/models/m:generateContent HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nx-goog-api-key: a\r\n"
SLOW_BODY = HALF_HEAD + b"Content-Length: 100000\r\n\r\n{"
NEVER_READ = b"GET /v1beta/%s:download HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nx-goog-api-key: a-key\r\n\r\n"


def test_500_slow_clients_are_sent_away_and_nobody_else_notices(running: ServeProcess) -> None:
    """Half a head has 10 s, a body 30 s, an answer that nobody takes 60 s; a real client asks all the while."""
    never_read = NEVER_READ % (large_file(running.client).encode(), running.port)
    beginnings = [HALF_HEAD % running.port] * 200 + [SLOW_BODY % running.port] * 200 + [never_read] * 100
    before, asked = running.held_bytes, 0
    with ExitStack() as stack:
        poll = select.poll()
        left = {stack.enter_context(slow_client(running.port, beginning)).fileno() for beginning in beginnings}
        for number in left:
            poll.register(number, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
        while left:
            assert running.client.get("/v1beta/models?pageSize=1").status == 200
            asked += 1
            for number, _ in poll.poll(50):
                poll.unregister(number)
                left.remove(number)
    assert asked >= 100
    assert running.held_bytes - before < 64 * MEBIBYTE


def slow_client(port: int, beginning: bytes) -> socket.socket:
    """A connection on which this was sent, and that takes little of what comes."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", port))
    raw.sendall(beginning)
    return raw


def large_file(client: Client) -> str:
    """A file of the server's that is larger than what a connection holds in between."""
    request = words("a fox in a forest in autumn, oil painting, rain", imageConfig={"imageSize": "2K"})
    lines = [{"key": str(number), "request": request} for number in range(2)]
    upload = {"X-Goog-Upload-Protocol": "raw", "Content-Type": "application/jsonl", **KEY}
    body = "\n".join(map(json.dumps, lines)).encode()
    file = client.post("/upload/v1beta/files", body, headers=upload).document["file"]
    method = generate("sandbox-1").replace("generateContent", "batchGenerateContent")
    name = client.post(method, {"batch": {"inputConfig": {"fileName": file["name"]}}}).document["name"]
    while not client.get(f"/v1beta/{name}").document.get("done"):
        pass
    made: str = client.get(f"/v1beta/{name}").document["response"]["responsesFile"]
    size = client.get(f"/v1beta/{made}").document["sizeBytes"]
    assert int(size) > 8 * MEBIBYTE
    return made


def hostile_bodies() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Bodies that are small to send and large to read, or the other way round."""
    gzipped = {"Content-Encoding": "gzip"}
    yield "deep lists", b'{"contents":' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}
    yield "deep objects", b'{"contents":' * 100_000, {}
    yield "300,000 keys", json.dumps({f"k{number}": 0 for number in range(300_000)}).encode(), {}
    yield "ten thousand parts", json.dumps({"contents": [{"parts": [{"text": "x"}] * 10_000}]}).encode(), {}
    yield "a hundred thousand turns", json.dumps({"contents": [{}] * 100_000}).encode(), {}
    yield "a bomb of zeros", gzip.compress(bytes(200 * MEBIBYTE), 9), gzipped
    yield "a bomb in a text", gzip.compress(b'{"contents":"' + b"a" * (150 * MEBIBYTE) + b'"}', 9), gzipped
    yield "a bomb of braces", gzip.compress(b'{"a":[' + b"{}," * (20 * MEBIBYTE), 9), gzipped
    yield "a bomb of bombs", gzip.compress(gzip.compress(bytes(100 * MEBIBYTE), 9), 9), gzipped
    yield "a huge number", b'{"seed":' + b"9" * 3_000_000 + b"}", {}
    yield "a huge key", b'{"' + b"k" * 20_000_000 + b'":1}', {}
    yield "broken text", b'{"contents":"' + b"\xff\xfe\\ud800" * 100_000 + b'"}', {}
    yield "a picture of nothing", json.dumps(_picture(b"\x89PNG\r\n\x1a\n" + bytes(3_000_000))).encode(), {}
    yield "a picture of 50,000 by 50,000", json.dumps(_picture(_png_head(50_000, 50_000))).encode(), {}
    yield "a picture without end", json.dumps(_picture(_png_head(2**31 - 1, 2**31 - 1))).encode(), {}
    yield "a hundred and one pictures", json.dumps(_picture(_png_head(1, 1), 101)).encode(), {}
    yield (
        "no base64",
        json.dumps(_picture(b"")).encode().replace(b'"data": ""', b'"data": "' + b"=" * 5_000_000 + b'"'),
        {},
    )


def _picture(data: bytes, count: int = 1) -> object:
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}}
    return {"contents": [{"parts": [{"text": "x"}, *[part] * count]}]}


def _png_head(width: int, height: int) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
        + width.to_bytes(4, "big")
        + height.to_bytes(4, "big")
        + b"\x08\x02\0\0\0abcd"
    )


PLACES = (
    *(f"/v1beta/models/{model}:generateContent" for model in (MODEL, QUICK, "gemini-2.5-flash-image")),
    *(
        f"/v1beta/models/{MODEL}:{method}"
        for method in ("streamGenerateContent", "countTokens", "batchGenerateContent")
    ),
    *("/v1beta/interactions", "/limner/cards", "/upload/v1beta/files?uploadType=resumable"),
    *(
        "/v1/projects/p/locations/l/publishers/google/models/imagen-3.0-capability-001:predict",
        "/v1beta/cachedContents",
    ),
    "/v1beta/models/none:generateContent",
)


REFUSED = {400, 403, 404, 408, 413, 501, None}


def test_200_hostile_bodies_cost_little_and_are_answered_in_words(running: ServeProcess) -> None:
    """17 bodies at 12 addresses, sent whole and in chunks; none may cost 64 MiB of memory."""
    running.client.post(generate(QUICK), words("a fox", **SMALL))
    running.forget_peak()
    before = running.held_bytes
    random.seed(7)
    for name, body, headers in hostile_bodies():
        for place in PLACES:
            status = sent(running.client, place, body, headers, in_chunks=random.random() < 0.3)
            assert status in (REFUSED | {200} if "countTokens" in place else REFUSED), (name, place, status)
    assert running.peak_bytes - before < 64 * MEBIBYTE
    assert '"fault"' not in running.log
    assert running.client.post(generate(QUICK), words("a fox", **SMALL)).status == 200


def sent(client: Client, place: str, body: bytes, headers: dict[str, str], *, in_chunks: bool) -> int | None:
    """The answer's status; `None` where the server had enough and closed before all was sent."""
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
    pieces = (body[start : start + 65_536] for start in range(0, len(body), 65_536))
    with suppress(OSError):  # it may close while we send; what it said stands in the buffer
        connection.request("POST", place, body=pieces if in_chunks else body, headers={**KEY, **headers})
    try:
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def test_a_request_of_99_megabytes_is_read_in_flat_memory(running: ServeProcess) -> None:
    random.seed(3)
    part = base64.b64encode(b"\x89PNG\r\n\x1a\n" + random.randbytes(24_700_000)).decode()
    parts = [{"inlineData": {"mimeType": "image/png", "data": part}} for _ in range(3)]
    body = json.dumps({"contents": [{"parts": [*parts, {"text": "[[text-only]]"}]}]}).encode()
    body += b" " * (99_000_000 - len(body))
    running.client.post(GENERATE, words("[[text-only]]"))
    running.forget_peak()
    before = running.held_bytes
    answer = running.client.post(GENERATE, body)
    assert answer.status == 200, answer.body[:300]
    assert running.peak_bytes - before < 24 * MEBIBYTE


def test_a_greedy_key_does_not_keep_others_from_their_turn(running: ServeProcess) -> None:
    """60 requests of one key wait; three of another are answered before half of them are."""
    ended: list[str] = []

    def ask(key: str) -> int:
        status = running.client.post(generate(QUICK), words("a fox", **SMALL), headers={"x-goog-api-key": key}).status
        ended.append(key)
        return status

    with ThreadPoolExecutor(70) as pool:
        greedy = [pool.submit(ask, "greedy") for _ in range(60)]
        while running_waiting(running) < 40:
            pass
        others = [pool.submit(ask, "modest") for _ in range(3)]
        assert {each.result() for each in (*greedy, *others)} == {200}
    last_modest = max(place for place, key in enumerate(ended) if key == "modest")
    assert ended[:last_modest].count("greedy") < 30 + ended.index("modest")


def running_waiting(running: ServeProcess) -> float:
    """Requests that wait for the model, as the metrics tell."""
    text = running.client.get("/metrics").body.decode()
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("limner_requests_waiting"))


def test_told_to_stop_it_finishes_50_requests_and_takes_no_more(running: ServeProcess) -> None:
    arrived = threading.Barrier(51)

    def ask() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
        connection.connect()
        arrived.wait()
        connection.request("POST", generate(QUICK), json.dumps(words("a fox", **SMALL)), headers=KEY)
        status = connection.getresponse().status
        connection.close()
        return status

    with ThreadPoolExecutor(50) as pool:
        asked = [pool.submit(ask) for _ in range(50)]
        arrived.wait()
        while running_waiting(running) < 30:
            pass
        running.process.send_signal(signal.SIGTERM)
        assert {each.result() for each in asked} == {200}
    assert running.process.wait(30) == 0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", running.port), timeout=5)


@pytest.mark.parametrize("round_", range(3))
def test_killed_in_the_middle_of_a_batch_it_goes_on_at_the_next_start(tmp_path: Path, round_: int) -> None:
    """Files and batches that were acknowledged are there again; each request of the batch has one answer."""
    home = tmp_path / "home"
    requests = [{"request": words(f"a fox {number}", **SMALL), "metadata": {"key": str(number)}} for number in range(8)]
    batch = {"batch": {"displayName": "b", "inputConfig": {"requests": {"requests": requests}}}}
    upload = {"X-Goog-Upload-Protocol": "raw", "Content-Type": "image/png", **KEY}
    with serving(home) as process:
        file = process.client.post("/upload/v1beta/files", b"bytes" * 1000, headers=upload).document["file"]
        begun = process.client.post(generate(QUICK).replace("generateContent", "batchGenerateContent"), batch)
        name = begun.document["name"]
        while done(process, name) < 1 + 2 * round_:
            pass
        process.process.kill()
        process.process.wait(30)
    with serving(home) as process:
        assert process.client.get(f"/v1beta/{file['name']}").document["sha256Hash"] == file["sha256Hash"]
        while not process.client.get(f"/v1beta/{name}").document.get("done"):
            pass
        inlined = process.client.get(f"/v1beta/{name}").document["response"]["inlinedResponses"]["inlinedResponses"]
        assert [each["metadata"]["key"] for each in inlined] == [str(number) for number in range(8)]
        assert all("response" in each for each in inlined)


def done(process: ServeProcess, name: str) -> int:
    stats = process.client.get(f"/v1beta/{name}").document["metadata"].get("batchStats", {})
    return int(stats.get("successfulRequestCount", 0))


def test_the_hostile_bodies_reach_every_kind_of_address_that_reads_one() -> None:
    targets = [target for place in PLACES if (target := target_of(place.partition("?")[0])) is not None]
    reached = {route.operation for route in ROUTES for target in targets if route.match(target) is not None}
    reading = {route.operation for route in ROUTES if route.method == "POST"}
    assert reading - reached == {"cancelBatch", "cancelInteraction"}  # which read no body
