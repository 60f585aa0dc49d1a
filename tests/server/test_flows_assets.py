from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator

import pytest
from PIL import Image

from server.asking import Answer
from server.flowing import OWNER, PHOTO_FILE, Owner, error_of, faults, owned

MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    with owned(tmp_path_factory.mktemp("home"), picture_bytes=MOST_BYTES) as found:
        yield found
        assert faults(found) == []


def png(color: tuple[int, int, int] = (200, 120, 40)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (96, 64), color).save(file, "PNG")
    return file.getvalue()


def send(owner: Owner, body: bytes, content_type: str = "image/png", query: str = "") -> Answer:
    return owner.own("POST", f"assets{query}", body, headers={**OWNER, "Content-Type": content_type})


def form(*parts: tuple[str, bytes], boundary: str = "b0und") -> bytes:
    pieces = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + b"\r\n" for head, data in parts]
    return b"".join(pieces) + f"--{boundary}--\r\n".encode()


def file_part(name: str, data: bytes) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png', data


FORM_TYPE = "multipart/form-data; boundary=b0und"
FIELD = ('Content-Disposition: form-data; name="note"', b"hello")


def test_an_uploaded_picture_becomes_an_asset(owner: Owner) -> None:
    digest = hashlib.sha256(png()).hexdigest()
    answer = send(owner, png(), query="?name=sofa.png")
    assert (answer.status, answer.headers["location"]) == (201, f"/limner/v1/assets/img_{digest[:16]}")
    assert answer.document == {
        "assetId": f"img_{digest[:16]}",
        "mimeType": "image/png",
        "width": 96,
        "height": 64,
        "bytes": len(png()),
        "sha256": digest,
        "name": "sofa.png",
    }


def test_a_form_brings_a_picture_as_browsers_send_it(owner: Owner) -> None:
    body = form(FIELD, file_part("C:\\\\Users\\\\me\\\\sofa é.png", png()), FIELD)
    answer = send(owner, body, FORM_TYPE)
    assert (answer.status, answer.document["name"]) == (201, "sofa é.png")
    assert answer.document == {**send(owner, png()).document, "name": "sofa é.png"}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "image/png", 400, "invalid.image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 400, "invalid.image"),
        (png()[:-30], "image/png", 400, "invalid.image"),
        (png(), "text/html", 415, "invalid.content_type"),
        (png(), "", 415, "invalid.content_type"),
        (form(FIELD), FORM_TYPE, 400, "invalid.form_data"),
        (form(file_part("a.png", png()), file_part("b.png", png())), FORM_TYPE, 400, "invalid.form_data"),
        (form(file_part("a.png", png()))[:-20], FORM_TYPE, 400, "invalid.form_data"),
        (form(file_part("a.png", png())), "multipart/form-data", 400, "invalid.form_data"),
        (b"nothing of the kind", FORM_TYPE, 400, "invalid.form_data"),
        (b"", FORM_TYPE, 400, "invalid.form_data"),
        (b"x" * (MOST_BYTES + 1), "image/png", 413, "invalid.too_large"),
        (b"x" * (MOST_BYTES + 200_000), "image/png", 413, "server.too_large"),
        (form(file_part("a.png", b"x" * (MOST_BYTES + 1))), FORM_TYPE, 413, "invalid.too_large"),
    ],
    ids=range(14),
)
def test_what_is_no_picture_is_not_stored(owner: Owner, body: bytes, content_type: str, status: int, code: str) -> None:
    answer = send(owner, body, content_type)
    assert (answer.status, error_of(answer)["code"]) == (status, code)


def test_a_picture_is_served_as_it_came_and_does_nothing(owner: Owner) -> None:
    asset = send(owner, png()).document
    answer = owner.own("GET", f"assets/{asset['assetId']}")
    assert (answer.status, answer.body) == (200, png())
    assert {name: answer.headers[name] for name in INERT} == {**INERT, "etag": f'"{asset["sha256"]}"'}
    assert answer.headers["content-disposition"] == f'inline; filename="{asset["assetId"]}.png"'


INERT = {
    "content-type": "image/png",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, max-age=31536000, immutable",
    "etag": "",
}


def test_a_picture_that_is_known_is_not_sent_again(owner: Owner) -> None:
    asset = send(owner, png()).document
    for tag in (f'"{asset["sha256"]}"', f'"x", W/"{asset["sha256"]}"', "*"):
        answer = owner.own("GET", f"assets/{asset['assetId']}", headers={**OWNER, "If-None-Match": tag})
        assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=5-", 206, 5, None),
        ("bytes=-7", 206, -7, None),
        ("bytes=0-999999", 206, 0, None),
        ("bytes=9-2", 200, 0, None),
        ("bytes=-", 200, 0, None),
        ("lines=0-9", 200, 0, None),
        ("bytes=0-1,5-6", 200, 0, None),
    ],
)
def test_a_part_of_a_picture_can_be_asked_for(
    owner: Owner, wanted: str, status: int, start: int, end: int | None
) -> None:
    asset = send(owner, png()).document
    answer = owner.own("GET", f"assets/{asset['assetId']}", headers={**OWNER, "Range": wanted})
    assert (answer.status, answer.body) == (status, png()[start:end])


@pytest.mark.parametrize("wanted", ["bytes=999999-", "bytes=-0"])
def test_a_part_behind_the_end_is_refused(owner: Owner, wanted: str) -> None:
    asset = send(owner, png()).document
    answer = owner.own("GET", f"assets/{asset['assetId']}", headers={**OWNER, "Range": wanted})
    assert (answer.status, error_of(answer)["code"]) == (416, "invalid.range")
    assert answer.headers["content-range"] == f"bytes */{len(png())}"


@pytest.mark.parametrize("name", ["img_" + "0" * 16, "img_", "x", "img_" + "A" * 16, "img_%2e%2e", "0" * 64])
def test_a_picture_that_is_not_there_is_404(owner: Owner, name: str) -> None:
    status, error = owner.refused(f"assets/{name}", method="GET")
    assert (status, error["code"]) == (404, "invalid.asset")


def test_what_is_stored_and_is_no_picture_is_not_served(owner: Owner) -> None:
    blob = owner.server._app.store.blobs.put(b"a text that was too long for its document")
    status, error = owner.refused(f"assets/img_{blob.sha256[:16]}", method="GET")
    assert (status, error["code"]) == (404, "invalid.asset")


def test_a_photo_is_uploaded_and_edited(owner: Owner) -> None:
    asset = send(owner, png(), query="?name=sofa.png").document
    extra = "data:image/png;base64," + base64.b64encode(png((10, 20, 200))).decode()
    form_values = {
        "photo": {"assetId": asset["assetId"], "name": "sofa.png", "width": -5, "sha256": "not believed"},
        "references": [extra, asset["assetId"]],
        "change": "the sofa becomes blue",
    }
    document = owner.ended(owner.begin(PHOTO_FILE, {"source": form_values}))
    assert document["status"] == "completed"
    photo = document["stages"]["source"]["output"]["photo"]
    assert photo == {**asset, "name": "sofa.png"}
    assert len(document["stages"]["source"]["output"]["references"]) == 2
    image = document["result"]["images"][0]
    answer = owner.own("GET", image["url"].removeprefix("/"))
    assert (answer.status, hashlib.sha256(answer.body).hexdigest()) == (200, image["sha256"])


@pytest.mark.parametrize(
    "value",
    [
        *("img_" + "0" * 16, "sofa.png", "data:image/png;base64,", "data:image/png;base64,AAAA", "data:text/plain,x"),
        *("https://example.com/a.png", [], {"assetId": 3}, {"assetId": "img_" + "0" * 16}, 7),
    ],
    ids=str,
)
def test_a_form_takes_only_pictures_that_are_here(owner: Owner, value: object) -> None:
    given = {"source": {"photo": value, "change": "the sofa becomes blue"}}
    status, error = owner.refused("runs", {"workflow": PHOTO_FILE, "inputs": given})
    assert (status, error["code"]) == (422, "workflow.form")
    assert [(each["stage"], each["field"]) for each in error["fields"]] == [("source", "photo")]
