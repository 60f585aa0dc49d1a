from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner import CallError, Client, _clock
from limner.app import uploads
from limner.core.event import Event
from limner.errors import InvalidRequestError, UnsupportedError
from limner.providers import files as remote
from limner.server.background import BackgroundServer
from loopback import Answer, Request, reply, serving

MODEL = "gemini-3.1-flash-image"
KEY = {"GEMINI_API_KEY": "k-1234567890"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackgroundServer]:
    with BackgroundServer(tmp_path_factory.mktemp("server") / "home") as running:
        yield running


def opened(home: Path, url: str) -> Client:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(
        f'[connections.google]\nbase_url = "{url}"\nkey_env = "GEMINI_API_KEY"\n', encoding="utf-8"
    )
    return Client(model=MODEL, environment={"LIMNER_HOME": str(home), **KEY})


@pytest.fixture
def client(server: BackgroundServer, tmp_path: Path) -> Iterator[Client]:
    server.clear()
    with opened(tmp_path / "home", server.url) as client:
        for file in list(client.app.files().list()):
            client.app.files().delete(file.name)
        yield client


@pytest.fixture
def fox(client: Client, tmp_path: Path) -> Path:
    return client.generate("a red fox", connection="sandbox", seed=1).images[0].save(tmp_path / "fox")


@pytest.fixture
def tiny_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "INLINE_BYTES", 1000)


def sent(client: Client, call_id: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.app.store.journal.request(call_id)["contents"][-1]["parts"]
    return found


def test_a_small_picture_goes_with_the_request(client: Client, fox: Path) -> None:
    result = client.edit("make it night", images=[fox], resolution="512")
    assert "inlineData" in sent(client, result.calls[0].call_id)[1]
    assert list(client.app.files().list()) == []


@pytest.mark.usefixtures("tiny_requests")
def test_a_large_picture_is_uploaded_once_and_named(client: Client, fox: Path) -> None:
    first = client.edit("make it night", images=[fox], resolution="512")
    second = client.edit("make it snow", images=[fox], resolution="512", count=2)
    (file,) = client.app.files().list()
    for call in (*first.calls, *second.calls):
        assert sent(client, call.call_id)[1] == {"fileData": {"fileUri": file.uri, "mimeType": file.mime_type}}
        record = client.app.store.journal.find(call.call_id)
        assert record is not None
        assert [image.role for image in record.images][:1] == ["input"]
    assert first.images[0].sha256 != second.images[0].sha256


@pytest.mark.usefixtures("tiny_requests")
def test_an_upload_that_is_gone_or_dying_is_renewed(client: Client, fox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client.edit("make it night", images=[fox], resolution="512")
    (first,) = client.app.files().list()
    client.app.files().delete(first.name)
    later_ms = _clock.now_ms() + uploads.TRUST_MS + 1
    monkeypatch.setattr("limner._clock.now_ms", lambda: later_ms)
    assert client.edit("make it snow", images=[fox], resolution="512").ok
    (second,) = client.app.files().list()
    dying_ms = second.expires_at_ms - uploads.MIN_LIFE_MS
    monkeypatch.setattr("limner._clock.now_ms", lambda: dying_ms)
    assert client.app.upload(fox).name not in (first.name, second.name)


@pytest.mark.usefixtures("tiny_requests")
def test_a_conversation_outlives_its_uploads(client: Client, fox: Path) -> None:
    chat = client.chat(resolution="512")
    chat.send("make it night", images=[fox])
    for file in list(client.app.files().list()):
        client.app.files().delete(file.name)
        client.app.store.uploads.forget("google", file.name)
        client.app.upload(fox)
    assert chat.send("add a moon").ok
    assert len(chat.turns[0].given) == 1


def test_a_file_is_used_by_its_name(client: Client, fox: Path) -> None:
    file = client.app.upload(fox)
    result = client.edit("make it night", images=[file.name], resolution="512")
    assert sent(client, result.calls[0].call_id)[1] == {"fileData": {"fileUri": file.uri, "mimeType": file.mime_type}}
    with pytest.raises(InvalidRequestError, match="There is no file 'files/nothing'"):
        client.edit("make it night", images=["files/nothing"])


def test_more_than_a_request_can_hold_is_no_trouble(
    client: Client, fox: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small = client.app.catalog.get(MODEL).capabilities
    object.__setattr__(small, "max_request_bytes", 2000)
    try:
        monkeypatch.setattr(uploads, "INLINE_BYTES", 1000)
        assert client.edit("make it night", images=[fox], resolution="512").ok
        with pytest.raises(UnsupportedError, match="too large"):
            client.edit("make it night", images=[fox], connection="sandbox", model=MODEL)
    finally:
        object.__setattr__(small, "max_request_bytes", 100_000_000)


def test_a_place_without_files_says_so(client: Client) -> None:
    with pytest.raises(UnsupportedError, match="has no place for files"):
        client.app.files("sandbox")


class Interrupted:
    """A provider that takes an upload in pieces, and cuts the connection in the middle of the second one."""

    def __init__(self) -> None:
        self.received = b""
        self.commands: list[str] = []
        self.url = ""
        self.cut = False

    def __call__(self, request: Request) -> Answer:
        command = request.headers.get("x-goog-upload-command", "")
        self.commands.append(command)
        if command == "start":
            return reply("{}", X_Goog_Upload_URL=f"{self.url}/upload/1", X_Goog_Upload_Status="active")
        assert "x-goog-api-key" not in request.headers, "the address is the permission; the key stays at home"
        if command == "query":
            return reply("", X_Goog_Upload_Size_Received=str(len(self.received)))
        if len(self.commands) == 3 and not self.cut:
            self.cut = True
            self.received += request.body[:10]
            return Answer(pieces=[], then="close")
        assert int(request.headers["x-goog-upload-offset"]) == len(self.received)
        self.received += request.body
        return reply({"file": {"name": "files/a", "uri": "u", "expirationTime": "2099-01-01T00:00:00Z"}})


def test_an_upload_that_is_cut_off_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PIECE_BYTES", 1000)
    monkeypatch.setattr("limner._clock.sleep", lambda seconds: None)
    data = os.urandom(3500)
    provider = Interrupted()
    with serving(reply("{}")) as relay:
        relay.answers[:] = [provider]
        provider.url = relay.url
        with opened(tmp_path / "home", relay.url) as client:
            told: list[int] = []
            path = tmp_path / "data"
            path.write_bytes(data)
            file = client.app.files().upload(lambda: path.open("rb"), len(data), "image/png", on_bytes=told.append)
    assert provider.received == data
    assert provider.commands == ["start", "upload", "upload", "query", "upload", "upload", "upload, finalize"]
    assert (file.name, told[-1]) == ("files/a", 3500)


def test_the_bytes_go_to_no_other_host(tmp_path: Path) -> None:
    elsewhere = reply("{}", X_Goog_Upload_URL="http://127.0.0.1:9/steal")
    with serving(elsewhere) as relay, opened(tmp_path / "home", relay.url) as client:
        path = tmp_path / "data"
        path.write_bytes(b"x")
        with pytest.raises(CallError, match=r"wants the file at '127\.0\.0\.1:9'") as caught:
            client.app.files().upload(lambda: path.open("rb"), 1, "image/png")
    assert (caught.value.billed, len(relay.requests)) == ("no", 1)


def test_uploading_is_free_and_recorded_as_nothing(client: Client, fox: Path) -> None:
    before = len(client.app.store.journal.list_calls(limit=99))
    client.app.upload(fox)
    assert len(client.app.store.journal.list_calls(limit=99)) == before


def test_progress_begins_after_the_upload(client: Client, fox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "INLINE_BYTES", 1000)
    events: list[Event] = []
    client.edit("make it night", images=[fox], resolution="512", on_event=events.append)
    assert [event.phase for event in events][:2] == ["connecting", "sent"]
