from __future__ import annotations

import base64
import http.client
from pathlib import Path
from urllib.parse import SplitResult

import pytest

from limner import _http
from limner.core.outcome import Outcome, OutcomeKind
from limner.core.parts import FilePart, ImagePart, Part, TextPart
from limner.core.result import Reply
from limner.providers.links import harvest
from limner.store.blobs import BlobStore
from loopback import PNG_1X1, Answer, Loopback, reply, serving

DATA = "data:image/png;base64," + base64.b64encode(PNG_1X1).decode()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    (tmp_path / "scratch").mkdir()
    return BlobStore(tmp_path / "blobs", tmp_path / "scratch")


def worded(*parts: Part, kind: OutcomeKind = OutcomeKind.TEXT_ONLY) -> Reply:
    return Reply(outcome=Outcome(kind=kind), parts=parts)


def elsewhere(monkeypatch: pytest.MonkeyPatch, server: Loopback) -> None:
    """Lead every link to the loopback server: the guard of the address has its own tests."""

    class Elsewhere(_http.HttpTransport):
        def _new_connection(self, url: SplitResult) -> http.client.HTTPConnection:
            return http.client.HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]))

    monkeypatch.setattr(_http, "LinkTransport", Elsewhere)


def test_a_data_url_in_text_becomes_a_picture_and_the_signature_stays(blobs: BlobStore) -> None:
    text = TextPart(text=f"Look: ![a]({DATA}) Nice?", signature="sig")
    found = harvest(worded(text), blobs, fetch=False)
    assert [type(part) for part in found.parts] == [TextPart, ImagePart, TextPart]
    assert found.outcome.kind is OutcomeKind.IMAGE
    assert isinstance(found.parts[0], TextPart)
    assert found.parts[0].signature == "sig"
    assert blobs.read(found.images[0].blob) == PNG_1X1


def test_broken_base64_stays_text(blobs: BlobStore) -> None:
    reply_ = worded(TextPart(text="![a](data:image/png;base64,AAAAA)"))
    assert harvest(reply_, blobs, fetch=False) == reply_
    assert not any(path.is_file() for path in blobs.root.rglob("*"))


def test_thinking_is_left_alone(blobs: BlobStore) -> None:
    thinking = worded(TextPart(text=f"![a]({DATA})", thought=True))
    assert harvest(thinking, blobs, fetch=False) == thinking


def test_a_link_is_not_fetched_where_the_connection_does_not_allow_it(blobs: BlobStore) -> None:
    found = harvest(worded(TextPart(text="![a](https://relay.example/a.png?token=1)")), blobs, fetch=False)
    assert found.outcome.kind is OutcomeKind.TEXT_ONLY
    assert found.outcome.message == (
        "it links to a picture at https://relay.example/a.png, which this connection does not fetch"
    )


def test_a_link_to_a_private_address_is_not_fetched(blobs: BlobStore) -> None:
    found = harvest(worded(TextPart(text="![a](https://127.0.0.1/a.png)")), blobs, fetch=True)
    assert "no public address" in (found.outcome.message or "")


def test_a_linked_picture_is_fetched_without_a_key(blobs: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(reply(PNG_1X1, content_type="text/plain")) as server:
        elsewhere(monkeypatch, server)
        found = harvest(worded(TextPart(text="![a](https://relay.example/a.png)")), blobs, fetch=True)
    assert [blobs.read(image.blob) for image in found.images] == [PNG_1X1]
    assert found.images[0].mime_type == "image/png"
    assert not {"authorization", "x-goog-api-key", "cookie"} & set(server.requests[0].headers)


def test_a_picture_by_address_is_fetched_too(blobs: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(reply(PNG_1X1)) as server:
        elsewhere(monkeypatch, server)
        part = FilePart(uri="https://relay.example/a.png", mime_type="image/png")
        found = harvest(worded(part, kind=OutcomeKind.EMPTY), blobs, fetch=True)
    assert (found.outcome.kind, len(found.images)) == (OutcomeKind.IMAGE, 1)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (reply(b"gone", status=404), "the server answers 404"),
        (reply(b"<html>"), "could not be fetched"),
        (reply(b"", status=302, Location="https://10.0.0.1/"), "the server answers 302"),
        (Answer(pieces=[b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"], then="close"), "cut off"),
    ],
    ids=["missing", "no picture", "redirect", "cut"],
)
def test_what_cannot_be_fetched_is_said_and_nothing_stays(
    blobs: BlobStore, monkeypatch: pytest.MonkeyPatch, answer: Answer, word: str, tmp_path: Path
) -> None:
    with serving(answer) as server:
        elsewhere(monkeypatch, server)
        found = harvest(worded(TextPart(text="![a](https://relay.example/a.png)")), blobs, fetch=True)
    assert word in (found.outcome.message or "")
    assert list((tmp_path / "scratch").iterdir()) == []
