from __future__ import annotations

import base64
import http.client
import io
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from server.asking import GENERATE, KEY, MODEL, Asker, words

STREAM = GENERATE.replace(":generateContent", ":streamGenerateContent")
SMALL = {"imageConfig": {"imageSize": "512"}}
SANDBOX = GENERATE.replace(MODEL, "sandbox-1")


def picture(document: Any) -> Image.Image:
    parts = document["candidates"][0]["content"]["parts"]
    data = next(part["inlineData"]["data"] for part in parts if "inlineData" in part)
    return Image.open(io.BytesIO(base64.b64decode(data, validate=True)))


@pytest.mark.parametrize(
    "target",
    [
        SANDBOX,
        SANDBOX.replace("v1beta", "v1"),
        SANDBOX.replace("v1beta", "v1alpha"),
        SANDBOX.replace("/v1beta", ""),
        f"/relay{SANDBOX}",
        "/v1beta1/projects/p/locations/us-central1/publishers/google/models/sandbox-1:generateContent",
        "/v1beta1/publishers/google/models/sandbox-1:generateContent",
        "/gateway/publishers/google/models/sandbox-1:generateContent",
    ],
)
def test_a_picture_comes_from_every_spelling_of_the_address(lasting: Asker, target: str) -> None:
    answer = lasting.generate("a plain red background", target=target, **SMALL)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=UTF-8")
    assert picture(answer.document).size == (512, 512)
    assert answer.document["modelVersion"] == "sandbox-1"
    assert answer.headers["x-limner-sandbox"] == "sandbox-1"


def test_a_request_may_be_spelled_as_the_documentation_spells_it(lasting: Asker) -> None:
    body = {
        "model": "models/whatever",
        "contents": {"parts": {"text": "a plain red background"}},
        "generation_config": {"image_config": {"aspect_ratio": "16:9", "image_size": "512"}},
    }
    assert picture(lasting.post(SANDBOX, body).document).size == (688, 384)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padding", [b"=", b""])
def test_pictures_are_taken_in_both_alphabets(lasting: Asker, encode: Callable[[bytes], bytes], padding: bytes) -> None:
    file = io.BytesIO()
    Image.effect_noise((90, 61), 200).save(file, "PNG")
    data = encode(file.getvalue()).rstrip(b"=" if not padding else b"").decode()
    body = words("make it night", **SMALL)
    body["contents"][0]["parts"].append({"inline_data": {"mime_type": "image/png", "data": data}})
    answer = lasting.post(SANDBOX, body)
    assert answer.document["candidates"][0]["content"]["parts"][0]["text"] == "Time: night."


def test_a_conversation_needs_its_signatures(lasting: Asker) -> None:
    first = lasting.generate("a blue car", target=SANDBOX, **SMALL).document
    turn = first["candidates"][0]["content"]
    body = words("a blue car", **SMALL)
    body["contents"] += [turn, {"role": "user", "parts": [{"text": "make the car yellow"}]}]
    again = lasting.post(SANDBOX, body).document
    assert "yellow" in again["candidates"][0]["content"]["parts"][0]["text"]
    for part in turn["parts"]:
        del part["thoughtSignature"]
    error = lasting.post(SANDBOX, body).error
    assert error["message"].startswith(
        "Image part is missing a thought_signature in content position 2, part position 2"
    )


def test_a_lenient_server_only_warns(serve: Callable[..., Asker]) -> None:
    asker = serve(lenient=True)
    body = {**words("a plain red background", imageConfig={"aspectRatio": "2:1", "imageSize": "512"}), "x_extra": 1}
    answer = asker.post(SANDBOX, body)
    assert picture(answer.document).size == (688, 384)
    assert 'Unknown name "x_extra": Cannot find field.' in answer.headers["x-limner-warning"]
    assert "Invalid aspect ratio '2:1'" in answer.headers["x-limner-warning"]


def test_a_model_of_the_past_answers_if_it_is_revived(serve: Callable[..., Asker]) -> None:
    name = "gemini-2.5-flash-image-preview"
    target = GENERATE.replace(MODEL, name)
    asker = serve(revived=(name, "our-own-name"))
    assert asker.generate("a fox [[text-only]]", target=target).document["modelVersion"] == "sandbox-1"
    assert asker.generate("a fox [[text-only]]", target=GENERATE.replace(MODEL, "our-own-name")).status == 200
    assert asker.generate("a fox", target=GENERATE.replace(MODEL, "not-ours")).error["status"] == "NOT_FOUND"


def test_events_are_framed_exactly_as_googles(lasting: Asker) -> None:
    answer = lasting.generate("a plain red background", target=f"{STREAM}?alt=sse".replace(MODEL, "sandbox-1"), **SMALL)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.body.endswith(b"\r\n\r\n")
    events = answer.body.removesuffix(b"\r\n\r\n").split(b"\r\n\r\n")
    assert all(event.startswith(b"data: {") and b"\n" not in event for event in events)
    last = json.loads(events[-1].removeprefix(b"data: "))
    assert last["candidates"][0]["finishReason"] == "STOP"
    assert last["usageMetadata"]["totalTokenCount"] == 866


def test_without_sse_a_stream_is_an_array(lasting: Asker) -> None:
    answer = lasting.generate("a fox [[text-only]]", target=STREAM)
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert [next(iter(document)) for document in answer.document] == ["candidates"] * len(answer.document)


def test_small_answers_are_zipped_for_who_asks(lasting: Asker) -> None:
    answer = lasting.get("/v1/models", headers={**KEY, "Accept-Encoding": "gzip, deflate"})
    assert answer.headers["content-encoding"] == "gzip"
    plain = lasting.get("/v1/models", headers={**KEY, "Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("target", [GENERATE, STREAM, f"{STREAM}?alt=sse"])
@pytest.mark.parametrize(
    ("card", "status", "name"),
    [
        ("400", 400, "INVALID_ARGUMENT"),
        ("429:26", 429, "RESOURCE_EXHAUSTED"),
        ("500", 500, "INTERNAL"),
        ("503", 503, "UNAVAILABLE"),
        ("504", 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_error_cards_answer_in_googles_shape(asker: Asker, target: str, card: str, status: int, name: str) -> None:
    answer = asker.generate(f"a fox [[{card}]]", target=target)
    assert (answer.status, answer.error["status"]) == (status, name)


def test_503_twice_and_then_the_picture(asker: Asker) -> None:
    assert [asker.generate("a fox [[503:2]] [[text-only]]").status for _ in range(3)] == [503, 503, 200]


def test_a_connection_is_reset_in_the_middle_of_a_picture(lasting: Asker) -> None:
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        lasting.generate("a plain red background [[reset:0.5]]", target=SANDBOX, **SMALL)


def test_a_body_may_end_too_early_without_an_error(lasting: Asker) -> None:
    answer = lasting.generate("a plain red background [[truncate:0.7]]", target=SANDBOX, **SMALL)
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


@pytest.mark.parametrize("card", ["disconnect", "refused-connection", "timeout:0.01"])
def test_a_connection_may_end_without_an_answer(asker: Asker, card: str) -> None:
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        asker.generate(f"a fox [[{card}]]")
    (event,) = asker.server.wait_for_requests(1)
    assert event["status"] == 0


def test_who_waits_for_a_silent_model_and_leaves_is_forgotten(asker: Asker) -> None:
    body = json.dumps(words("a fox [[timeout]]")).encode()
    head = (
        f"POST {GENERATE} HTTP/1.1\r\nHost: 127.0.0.1:{asker.port}\r\nx-goog-api-key: k\r\nContent-Length: {len(body)}"
    )
    connection = asker.raw(head.encode() + b"\r\n\r\n" + body)
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()
    (event,) = asker.server.wait_for_requests(1)
    assert event["ms"] < 10_000


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/v1beta/models/m:embedContent"),
        ("POST", "/v1beta/models/veo:predictLongRunning"),
        ("POST", "/v1beta/cachedContents"),
        ("POST", "/v1beta1/projects/p/locations/l/batchPredictionJobs"),
    ],
)
def test_what_is_not_offered_is_said_to_be(lasting: Asker, method: str, target: str) -> None:
    error = lasting.ask(method, target, {} if method == "POST" else None).error
    assert error["status"] == "UNIMPLEMENTED"


def test_lists_of_what_nobody_can_have_made_are_empty(lasting: Asker) -> None:
    for name in ("cachedContents", "tunedModels", "fileSearchStores"):
        answer = lasting.ask("GET", f"/v1beta/{name}")
        assert (answer.status, answer.document) == (200, {})


def test_an_address_with_another_method_is_404_as_at_google_and_tells_the_methods(lasting: Asker) -> None:
    error = lasting.ask("DELETE", "/v1beta/models/gemini-3-pro-image").error
    assert (error["code"], error["message"]) == (404, "Nothing is at '/models/gemini-3-pro-image' but for GET.")


def test_a_fault_of_the_server_is_500_with_the_number_of_its_request(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from limner.providers.sandbox.protocol.model import SandboxModel

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret AIzaSyCanary0123456789canary0123456789c")

    monkeypatch.setattr(SandboxModel, "prepare", broken)
    answer = asker.generate("a fox")
    assert answer.status == 500
    assert answer.headers["x-limner-request-id"] in answer.error["message"]
    (event,) = asker.server.wait_for_requests(1)
    assert "ZeroDivisionError" in event["fault"]
    assert "AIzaSy" not in event["fault"]
