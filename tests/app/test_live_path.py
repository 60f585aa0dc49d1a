"""The whole path over real HTTP on loopback: what leaves, what comes back, what is kept."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from limner import (
    AuthError,
    BlockedError,
    CallError,
    Client,
    NoImageError,
    ProtocolError,
    QuotaError,
    UnavailableError,
    _clock,
)
from limner.app import App, Ask, Destination
from limner.core.event import Event
from limner.core.outcome import OutcomeKind
from limner.wire.lower import lower
from loopback import PNG_1X1, Answer, Loopback, chunked, picture_reply, reply, serving

KEY = "sk-live-path-canary-4711"
JPEG_HEAD = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
RAW_PICTURE = base64.b64encode(PNG_1X1).decode()


@dataclass(frozen=True, kw_only=True)
class Relay:
    app: App
    server: Loopback
    home: Path

    def ask(self, prompt: str = "a red fox", **more: Any) -> Any:
        plan = self.app.plan(Ask(prompt=prompt, connection="relay", model="gemini-nano-banana-2.1", **more))
        return self.app.run(plan)

    def answer(self, *answers: Answer) -> None:
        self.server.answers[:] = answers

    def left_over(self) -> list[str]:
        spool, running = self.home / "spool", self.home / "running"
        return sorted(
            path.name
            for folder in (spool, running)
            for path in folder.rglob("*")
            if path.suffix != ".lock" and path.is_file()
        )


def settings(home: Path, url: str, **more: str) -> Mapping[str, str]:
    lines = {"preset": "new-api", "base_url": url, "key_env": "RELAY_KEY", **more}
    home.mkdir(exist_ok=True)
    text = "[connections.relay]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
    (home / "config.toml").write_text(text, encoding="utf-8")
    return {"LIMNER_HOME": str(home), "RELAY_KEY": KEY}


@pytest.fixture
def relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    monkeypatch.setattr(_clock, "sleep", lambda seconds, cancelled=None: None)
    monkeypatch.setattr(_clock, "jitter", lambda: 0.0)
    with serving(reply(picture_reply())) as server, App.open(settings(tmp_path / "home", server.url)) as app:
        yield Relay(app=app, server=server, home=tmp_path / "home")


def test_a_prompt_becomes_a_picture_on_disk(relay: Relay) -> None:
    result = relay.ask(aspect_ratio="16:9", resolution="2K", seed=7)
    (request,) = relay.server.requests
    assert request.target == "/v1beta/models/gemini-nano-banana-2.1:generateContent"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.document == {
        "contents": [{"role": "user", "parts": [{"text": "a red fox"}]}],
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
            "seed": 7,
        },
    }
    (image,) = result.images
    assert image.path.read_bytes() == PNG_1X1
    assert (image.mime_type, image.width, image.height, image.extension) == ("image/png", 1, 1, ".png")
    assert (result.text, result.billed, result.outcome.kind) == ("Here it is.", "yes", OutcomeKind.IMAGE)
    assert any("2752x1536" in warning and "1x1" in warning for warning in result.warnings)
    assert relay.left_over() == []


def test_the_cost_is_counted_from_the_tokens(relay: Relay) -> None:
    result = relay.ask()
    # 4 tokens in at 1.50, 10 of text at 7.50 and 1680 of picture at 30 dollars a million
    assert str(result.cost) == "0.050481"
    record = relay.app.store.journal.find(result.calls[0].call_id)
    assert record is not None
    assert (record.cost_usd, record.billed, record.http_status) == ("0.050481", "yes", 200)


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("x-goog-api-key", "x-goog-api-key", KEY),
        ("bearer", "authorization", f"Bearer {KEY}"),
        ("raw", "authorization", KEY),
    ],
)
def test_each_auth_style_sends_one_credential(tmp_path: Path, auth: str, header: str, value: str) -> None:
    with serving(reply(picture_reply())) as server, App.open(settings(tmp_path / "h", server.url, auth=auth)) as app:
        app.run(app.plan(Ask(prompt="x", connection="relay", model="gemini-nano-banana-2.1")))
    (request,) = server.requests
    carrying = {name for name, text in request.headers.items() if KEY in text}
    assert (request.headers[header], carrying, KEY in request.target) == (value, {header}, False)


def test_a_key_goes_into_the_url_only_on_request(tmp_path: Path) -> None:
    with serving(reply(picture_reply())) as server, App.open(settings(tmp_path / "h", server.url, auth="query")) as app:
        app.run(app.plan(Ask(prompt="x", connection="relay", model="gemini-nano-banana-2.1")))
    assert server.requests[0].target.endswith(f":generateContent?key={KEY}")
    assert "authorization" not in server.requests[0].headers


def test_references_travel_inline_in_their_order(relay: Relay, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG_1X1)
    relay.ask("combine", images=(str(tmp_path / "a.png"), PNG_1X1, "gs://bucket/c.png"))
    parts = relay.server.requests[0].document["contents"][0]["parts"]
    assert parts[0] == {"text": "combine"}
    assert parts[1] == {"inlineData": {"mimeType": "image/png", "data": RAW_PICTURE}}
    assert parts[2]["inlineData"]["data"] == RAW_PICTURE
    assert parts[3] == {"fileData": {"fileUri": "gs://bucket/c.png"}}


def snake(document: Any) -> Any:
    names = {"inlineData": "inline_data", "mimeType": "mime_type", "finishReason": "finish_reason"}
    if isinstance(document, dict):
        return {names.get(key, key): snake(value) for key, value in document.items()}
    return [snake(value) for value in document] if isinstance(document, list) else document


def with_data(data: str) -> dict[str, Any]:
    document = picture_reply()
    document["candidates"][0]["content"]["parts"][1]["inlineData"]["data"] = data
    return document


def text_reply(text: str) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}]}


def events(*documents: Any, relay_style: bool = False) -> bytes:
    if relay_style:
        return (
            b": ping\n\n"
            + b"".join(b"data:%s\n\n" % json.dumps(each).encode() for each in documents)
            + b"data: [DONE]\n\n"
        )
    return b"".join(b"data: %s\r\n\r\n" % json.dumps(each).encode() for each in documents)


TEXT_THEN_PICTURE = [text_reply("Here "), text_reply("it is."), picture_reply(text="")]
SHAPES: dict[str, Answer] = {
    "camelCase": reply(picture_reply()),
    "snake_case": reply(snake(picture_reply())),
    "escaped slashes": reply(json.dumps(picture_reply()).replace("/", "\\/").replace("=", "\\u003d")),
    "URL-safe base64": reply(with_data(RAW_PICTURE.replace("+", "-").replace("/", "_").rstrip("="))),
    "white space in base64": reply(
        with_data("\n".join(RAW_PICTURE[i : i + 20] for i in range(0, len(RAW_PICTURE), 20)))
    ),
    "data URL in data": reply(with_data(f"data:image/png;base64,{RAW_PICTURE}")),
    "data URL in Markdown": reply(text_reply(f"Done: ![fox](data:image/png;base64,{RAW_PICTURE}) bye")),
    "JSON array": reply(TEXT_THEN_PICTURE),
    "server-sent events": reply(events(*TEXT_THEN_PICTURE), content_type="text/event-stream"),
    "events of a relay": reply(events(*TEXT_THEN_PICTURE, relay_style=True), content_type="text/event-stream"),
    "events with a stray line": reply(
        events(*TEXT_THEN_PICTURE[:2]) + b"data: ping\n\n" + events(TEXT_THEN_PICTURE[2]),
        content_type="text/event-stream",
    ),
    "chunks of seven bytes": chunked([json.dumps(picture_reply()).encode()[i : i + 7] for i in range(0, 900, 7)]),
    "OpenAI images": reply({"created": 1, "data": [{"b64_json": RAW_PICTURE}]}),
    "Imagen predictions": reply({"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": RAW_PICTURE}]}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_a_good_reply_gives_the_picture(relay: Relay, shape: str) -> None:
    relay.answer(SHAPES[shape])
    result = relay.ask()
    assert [image.path.read_bytes() for image in result.images] == [PNG_1X1]
    assert relay.left_over() == []


def test_a_picture_in_markdown_stands_where_the_text_had_it(relay: Relay) -> None:
    relay.answer(SHAPES["data URL in Markdown"])
    kinds = [part["type"] for part in relay.ask().to_json()["parts"]]
    assert kinds == ["text", "image", "text"]


def test_a_large_picture_in_markdown_is_decoded_from_disk(relay: Relay) -> None:
    picture = PNG_1X1[:-12] + b"\x00\x01\x86\xa0teXt" + bytes(100_000) + b"\x00" * 4 + PNG_1X1[-12:]
    relay.answer(reply(text_reply(f"![]({'data:image/png;base64,' + base64.b64encode(picture).decode()})")))
    assert [image.path.read_bytes() for image in relay.ask().images] == [picture]


def test_drafts_are_apart_and_signatures_are_kept_byte_exact(relay: Relay) -> None:
    document = picture_reply()
    parts = document["candidates"][0]["content"]["parts"]
    draft = {
        "thought": True,
        "inlineData": {"mimeType": "image/png", "data": base64.b64encode(PNG_1X1 + b"!").decode()},
    }
    signature = "Cs+/B" + "A" * 90_000 + "=="
    parts[1]["thoughtSignature"] = signature
    document["candidates"][0]["content"]["parts"] = [draft, *parts]
    relay.answer(reply(document))
    result = relay.ask()
    assert (len(result.images), len(result.drafts)) == (1, 1)
    kept = relay.app.store.journal.reply(result.calls[0].call_id)
    whole = json.loads(b"".join(lower(kept[0], relay.app.store.blobs)))
    assert whole["candidates"][0]["content"]["parts"][2]["thoughtSignature"] == signature


def test_what_is_called_a_picture_and_is_none_is_kept_and_said(relay: Relay) -> None:
    relay.answer(reply(with_data(base64.b64encode(b"<html>no picture</html>" * 3).decode())))
    result = relay.ask()
    assert (result.outcome.kind, result.billed, result.images) == (OutcomeKind.PROTOCOL, "yes", [])
    assert "is none" in result.warnings[0]


def test_a_lying_mime_type_is_told_and_the_extension_is_right(relay: Relay) -> None:
    document = picture_reply(mime_type="image/jpeg")
    relay.answer(reply(document))
    result = relay.ask()
    assert result.images[0].mime_type == "image/png"
    assert any("image/jpeg" in warning and "image/png" in warning for warning in result.warnings)


def error(status: int, name: str, message: str = "m", **details: Any) -> dict[str, Any]:
    return {"error": {"code": status, "status": name, "message": message, **details}}


FAILURES: list[tuple[str, Answer, OutcomeKind, str]] = [
    ("blocked prompt", reply({"promptFeedback": {"blockReason": "SAFETY"}}), OutcomeKind.BLOCKED, "no"),
    ("empty object", reply({}), OutcomeKind.EMPTY, "unknown"),
    ("empty candidates", reply({"candidates": []}), OutcomeKind.EMPTY, "unknown"),
    ("empty data", reply(with_data("")), OutcomeKind.EMPTY, "unknown"),
    ("only words", reply(text_reply("I cannot draw.")), OutcomeKind.TEXT_ONLY, "yes"),
    ("200 with an error", reply(error(400, "INVALID_ARGUMENT")), OutcomeKind.REFUSED_REQUEST, "no"),
    ("a web page", reply("<html>hello</html>", content_type="text/html"), OutcomeKind.PROTOCOL, "unknown"),
    ("a redirect", reply("", status=302, Location="/login"), OutcomeKind.PROTOCOL, "no"),
    (
        "unknown model",
        reply(error(404, "NOT_FOUND", "models/x is not found"), status=404),
        OutcomeKind.MODEL_GONE,
        "no",
    ),
    ("no key", reply(error(403, "PERMISSION_DENIED"), status=403), OutcomeKind.AUTH, "no"),
]


@pytest.mark.parametrize(("name", "answer", "kind", "billed"), FAILURES, ids=[case[0] for case in FAILURES])
def test_every_failure_ends_in_its_outcome(
    relay: Relay, name: str, answer: Answer, kind: OutcomeKind, billed: str
) -> None:
    relay.answer(answer)
    result = relay.ask()
    assert (result.outcome.kind, result.billed, len(relay.server.requests)) == (kind, billed, 1)
    record = relay.app.store.journal.find(result.calls[0].call_id)
    assert record is not None
    assert (record.outcome, record.billed) == (kind.value, billed)
    assert relay.left_over() == []


def test_overload_is_tried_again_and_succeeds(relay: Relay) -> None:
    busy = reply(error(503, "UNAVAILABLE", "The model is overloaded."), status=503)
    relay.answer(busy, busy, reply(picture_reply()))
    result = relay.ask()
    assert (result.ok, result.calls[0].attempts, len(relay.server.requests)) == (True, 3, 3)
    record = relay.app.store.journal.find(result.calls[0].call_id)
    assert record is not None
    assert record.attempts == 3


def test_a_rate_limit_is_waited_out_as_long_as_the_larger_of_both_words_says(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(_clock, "sleep", lambda seconds, cancelled=None: waits.append(seconds))
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "26s"}
    limited = error(429, "RESOURCE_EXHAUSTED", details=[info])
    relay.answer(
        reply(limited, status=429, Retry_After="3"),
        reply(limited, status=429, Retry_After="40"),
        reply(picture_reply()),
    )
    assert relay.ask().ok
    assert waits == [26.0, 40.0]


@pytest.mark.parametrize(
    "violation",
    [
        {"quotaId": "GenerateRequestsPerDayPerProjectPerModel", "quotaValue": "250"},
        {"quotaId": "GenerateRequestsPerMinute", "quotaValue": "0"},
    ],
)
def test_a_daily_or_zero_quota_is_not_tried_again(relay: Relay, violation: dict[str, str]) -> None:
    failure = {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}
    relay.answer(reply(error(429, "RESOURCE_EXHAUSTED", details=[failure]), status=429))
    result = relay.ask()
    assert (result.outcome.kind, len(relay.server.requests)) == (OutcomeKind.NO_QUOTA, 1)


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_error_may_have_been_billed_and_is_not_sent_again(relay: Relay, status: int) -> None:
    relay.answer(reply("<html>bad gateway</html>", status=status, content_type="text/html"))
    result = relay.ask()
    assert (result.billed, len(relay.server.requests)) == ("unknown", 1)


def test_a_connection_cut_before_any_reply_is_not_sent_again(relay: Relay) -> None:
    relay.answer(Answer(pieces=[], then="reset"))
    result = relay.ask()
    assert (result.outcome.kind, result.billed, len(relay.server.requests)) == (OutcomeKind.NETWORK, "unknown", 1)


def test_a_reply_cut_after_the_picture_keeps_the_picture(relay: Relay) -> None:
    whole = reply(picture_reply())
    body = whole.pieces[1]
    cut = body.index(b'"finishReason"')
    relay.answer(Answer(pieces=[whole.pieces[0], body[:cut]], then="close"))
    result = relay.ask()
    assert [image.path.read_bytes() for image in result.images] == [PNG_1X1]
    assert result.outcome.ok
    assert "cut" in (result.outcome.message or "")


def test_no_server_is_a_network_failure_that_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_clock, "sleep", lambda seconds, cancelled=None: None)
    with App.open(settings(tmp_path / "home", "http://127.0.0.1:9")) as app:
        result = app.run(app.plan(Ask(prompt="x", connection="relay", model="gemini-nano-banana-2.1")))
        record = app.store.journal.find(result.calls[0].call_id)
    assert record is not None
    assert (result.outcome.kind, result.billed, record.attempts) == (OutcomeKind.NETWORK, "no", 0)


def test_several_pictures_are_several_calls_and_one_failure_keeps_the_others(relay: Relay) -> None:
    relay.answer(reply(picture_reply()), reply(text_reply("no")), reply(picture_reply()))
    result = relay.ask(count=3)
    assert (len(result.calls), len(result.images), result.ok) == (3, 2, False)
    assert (result.outcome.kind, result.exit_code, result.billed) == (OutcomeKind.TEXT_ONLY, 10, "yes")


def test_pictures_are_delivered_and_the_journal_knows_where(relay: Relay, tmp_path: Path) -> None:
    plan = relay.app.plan(Ask(prompt="a fox", connection="relay", model="gemini-nano-banana-2.1"))
    result = relay.app.run(plan, destination=Destination.parse(str(tmp_path / "fox.jpg")))
    assert result.images[0].path == tmp_path / "fox.png"
    record = relay.app.store.journal.find(result.calls[0].call_id)
    assert record is not None
    assert (record.images[0].path, record.delivered) == (str(tmp_path / "fox.png"), True)


def test_progress_is_told_in_order(relay: Relay) -> None:
    seen: list[Event] = []
    plan = relay.app.plan(Ask(prompt="x", connection="relay", model="gemini-nano-banana-2.1"))
    relay.app.run(plan, on_event=seen.append)
    phases = list(dict.fromkeys(event.phase for event in seen))
    assert phases == ["connecting", "sent", "receiving", "done"]
    assert seen[-2].bytes > 400


def test_a_cancelled_wait_ends_the_call(relay: Relay) -> None:
    relay.answer(reply(error(429, "RESOURCE_EXHAUSTED"), status=429))
    cancelled = threading.Event()
    plan = relay.app.plan(Ask(prompt="x", connection="relay", model="gemini-nano-banana-2.1"))

    def cancel(event: Event) -> None:
        if event.phase == "retrying":
            cancelled.set()

    result = relay.app.run(plan, on_event=cancel, cancelled=cancelled)
    assert (result.outcome.kind, result.billed, len(relay.server.requests)) == (OutcomeKind.CANCELLED, "no", 1)


def test_the_key_is_nowhere_but_on_the_wire(relay: Relay) -> None:
    relay.ask()
    relay.answer(reply(error(401, "UNAUTHENTICATED", f"bad key {KEY}"), status=401))
    result = relay.ask()
    held = [path for path in relay.home.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert held == []
    assert KEY not in json.dumps(result.to_json(full=True))
    assert KEY not in str(result.error())


@pytest.mark.parametrize(
    ("answer", "error_class", "code"),
    [
        (reply({"promptFeedback": {"blockReason": "SAFETY"}}), BlockedError, "outcome.blocked"),
        (reply(text_reply("no")), NoImageError, "outcome.text_only"),
        (reply(error(401, "UNAUTHENTICATED"), status=401), AuthError, "outcome.auth"),
        (reply("hello", content_type="text/html"), ProtocolError, "outcome.protocol"),
        (reply(error(429, "RESOURCE_EXHAUSTED", "free_tier limit: 0"), status=429), QuotaError, "outcome.no_quota"),
        (Answer(pieces=[], then="close"), UnavailableError, "outcome.network"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_library_raises_what_a_caller_would_handle(
    tmp_path: Path, answer: Answer, error_class: type[CallError], code: str
) -> None:
    with serving(answer) as server, Client(environment=settings(tmp_path / "home", server.url)) as client:
        with pytest.raises(error_class) as caught:
            client.generate("x", connection="relay", model="gemini-nano-banana-2.1")
        assert caught.value.code == code
        assert caught.value.hint
        assert not client.generate("x", connection="relay", model="gemini-nano-banana-2.1", check=False).ok
