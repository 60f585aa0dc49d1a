from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from limner.web.limits import Limits
from server.asking import GENERATE, KEY, MODEL, Answer, Asker, words

FILES = "/v1beta/files"
UPLOAD = "/upload/v1beta/files"
OTHER = {"x-goog-api-key": "another-key"}
KIB = 1024


def png(width: int = 90, height: int = 61) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((width, height), 200).save(file, "PNG")
    return file.getvalue()


def start(asker: Asker, size: int | None, body: Any = None, *, target: str = UPLOAD, **headers: str) -> Answer:
    """Begin a resumable upload."""
    return asker.post(
        target,
        {} if body is None else body,
        headers={
            **KEY,
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Type": "image/png",
            **({} if size is None else {"X-Goog-Upload-Header-Content-Length": str(size)}),
            **headers,
        },
    )


def address(answer: Answer) -> str:
    """The address that the upload goes on at, without its host."""
    return answer.headers["x-goog-upload-url"].partition("//")[2].partition("/")[2].join(("/", ""))


def send(asker: Asker, where: str, data: bytes, offset: int, command: str) -> Answer:
    """One piece, without a key, as Google's Python SDK sends it."""
    headers = {"X-Goog-Upload-Command": command, "X-Goog-Upload-Offset": str(offset)}
    return asker.post(where, data, headers=headers)


def upload(asker: Asker, data: bytes, *, name: str = "fox", headers: dict[str, str] = KEY) -> Any:
    """Upload in one piece, and the file that came of it."""
    began = start(asker, len(data), {"file": {"displayName": name}}, **headers)
    return send(asker, address(began), data, 0, "upload, finalize").document["file"]


def test_a_file_comes_in_one_piece(asker: Asker) -> None:
    data = png()
    began = start(
        asker, len(data), {"file": {"display_name": "fox", "mime_type": "image/png", "size_bytes": len(data)}}
    )
    assert (began.status, began.document, began.headers["x-goog-upload-status"]) == (200, {}, "active")
    assert began.headers["x-goog-upload-url"].startswith(
        f"http://127.0.0.1:{asker.port}/upload/v1beta/files?upload_id="
    )
    done = send(asker, address(began), data, 0, "upload, finalize")
    assert (done.status, done.headers["x-goog-upload-status"]) == (200, "final")
    file = done.document["file"]
    assert file["uri"] == f"http://127.0.0.1:{asker.port}/v1beta/{file['name']}"
    assert base64.b64decode(file["sha256Hash"]) == hashlib.sha256(data).digest()
    described = {name: file[name] for name in ("displayName", "mimeType", "sizeBytes", "state", "source")}
    assert described == {
        "displayName": "fox",
        "mimeType": "image/png",
        "sizeBytes": str(len(data)),
        "state": "ACTIVE",
        "source": "UPLOADED",
    }
    assert asker.get(f"/v1beta/{file['name']}").document == file


def test_a_file_comes_in_several_pieces_and_goes_on_after_a_break(asker: Asker) -> None:
    data = bytes(range(256)) * (3 * KIB)
    began = start(asker, len(data))
    where = address(began)
    first = send(asker, where, data[: 512 * KIB], 0, "upload")
    assert (first.status, first.headers["x-goog-upload-status"]) == (200, "active")
    asked = asker.post(where, headers={"X-Goog-Upload-Command": "query"})
    assert asked.headers["x-goog-upload-size-received"] == str(512 * KIB)
    done = send(asker, where, data[512 * KIB :], 512 * KIB, "upload, finalize")
    assert done.document["file"]["sizeBytes"] == str(len(data))


@pytest.mark.parametrize(
    ("prefix", "version", "uri"),
    [("", "/v1", "/v1/files/"), ("/relay", "", "/relay/v1beta/files/"), ("", "/v1alpha", "/v1alpha/files/")],
)
def test_addresses_keep_the_prefix_and_version_that_the_client_uses(
    asker: Asker, prefix: str, version: str, uri: str
) -> None:
    began = start(asker, 1, target=f"{prefix}/upload{version}/files")
    assert began.headers["x-goog-upload-url"].startswith(
        f"http://127.0.0.1:{asker.port}{prefix}/upload{version}/files?upload_id="
    )
    file = send(asker, address(began), b"x", 0, "upload, finalize").document["file"]
    assert file["uri"].startswith(f"http://127.0.0.1:{asker.port}{uri}")


@pytest.mark.parametrize(
    ("offset", "command", "size", "message"),
    [
        (1, "upload", 262_144, "X-Goog-Upload-Offset is '1', but 0 bytes were received."),
        (0, "upload", 1_000, "A piece that is not the last has a multiple of 262144 bytes, not 1000."),
        (0, "upload, finalize", 5, "10 bytes were announced, and 5 were received."),
        (0, "abandon", 0, "X-Goog-Upload-Command is upload, finalize, query or cancel."),
        (0, "", 0, "X-Goog-Upload-Command is upload, finalize, query or cancel."),
    ],
)
def test_a_wrong_piece_is_refused_and_the_upload_stays(
    asker: Asker, offset: int, command: str, size: int, message: str
) -> None:
    answer = send(asker, address(start(asker, 10)), b"x" * size, offset, command)
    assert (answer.status, answer.error["message"]) == (400, message)
    assert answer.headers["x-goog-upload-status"] == "active"


def test_an_upload_can_be_cancelled(asker: Asker) -> None:
    where = address(start(asker, 10))
    assert asker.post(where, headers={"X-Goog-Upload-Command": "cancel"}).headers["x-goog-upload-status"] == "cancelled"
    assert send(asker, where, b"x" * 10, 0, "upload, finalize").status == 404


def test_an_upload_that_was_never_begun_is_404(asker: Asker) -> None:
    assert send(asker, f"{UPLOAD}?upload_id=guessed", b"x", 0, "upload, finalize").status == 404


def test_ids_of_uploads_cannot_be_guessed(asker: Asker) -> None:
    ids = {address(start(asker, 1)).partition("upload_id=")[2].partition("&")[0] for _ in range(5)}
    assert len(ids) == 5
    assert all(len(each) == 43 for each in ids)


def test_a_file_comes_raw(asker: Asker) -> None:
    headers = {**KEY, "X-Goog-Upload-Protocol": "raw", "Content-Type": "image/png", "X-Goog-Upload-File-Name": "a.png"}
    file = asker.post(UPLOAD, png(), headers=headers).document["file"]
    assert (file["mimeType"], file["displayName"]) == ("image/png", "a.png")


def related(description: bytes, data: bytes, *, end: bytes = b"--") -> bytes:
    return (
        b"--b0und\r\nContent-Type: application/json\r\n\r\n" + description + b"\r\n"
        b"--b0und\r\nContent-Type: image/png\r\n\r\n" + data + b"\r\n--b0und" + end + b"\r\n"
    )


def test_a_file_comes_with_its_description_in_one_body(asker: Asker) -> None:
    data = png(300, 300)
    headers = {**KEY, "X-Goog-Upload-Protocol": "multipart", "Content-Type": 'multipart/related; boundary="b0und"'}
    answer = asker.post(UPLOAD, related(b'{"file": {"displayName": "fox"}}', data), headers=headers)
    file = answer.document["file"]
    assert (file["displayName"], file["mimeType"], file["sizeBytes"]) == ("fox", "image/png", str(len(data)))
    assert base64.b64decode(file["sha256Hash"]) == hashlib.sha256(data).digest()


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (related(b"{}", b"x"), "multipart/related", "its content type names no boundary"),
        (related(b"{}", b"x"), "multipart/related; boundary=other", "cannot be read"),
        (related(b"{}", b"x", end=b""), "multipart/related; boundary=b0und", "it has more than two parts"),
        (related(b"{}", b"x").removesuffix(b"\r\n--b0und--\r\n"), "multipart/related; boundary=b0und", "last boundary"),
        (b"--b0und\r\n\r\n{}\r\n--b0und--\r\n", "multipart/related; boundary=b0und", "ends before the file begins"),
        (related(b"{", b"x"), "multipart/related; boundary=b0und", "Invalid JSON payload received."),
        (related(b'{"fil": 1}', b"x"), "multipart/related; boundary=b0und", 'Unknown name "fil"'),
    ],
)
def test_a_multipart_body_that_cannot_be_read_is_refused(
    asker: Asker, body: bytes, content_type: str, message: str
) -> None:
    answer = asker.post(UPLOAD, body, headers={**KEY, "Content-Type": content_type})
    assert answer.status == 400
    assert message in answer.error["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"file": {"name": "files/Fox"}}, "A file's name is 1 to 40 lower-case letters"),
        ({"file": {"name": "files/-fox"}}, "A file's name is 1 to 40 lower-case letters"),
        ({"file": {"displayName": "x" * 513}}, "A display name has up to 512 characters."),
        ({"file": {"mimeType": "png"}}, "Unsupported MIME type: png"),
        ({"file": {"displayNam": "x"}}, "Unknown name \"displayNam\" at 'file': Cannot find field."),
        ({"file": 1}, "Invalid value at 'file'"),
    ],
)
def test_a_description_is_read_strictly(asker: Asker, body: Any, message: str) -> None:
    assert message in start(asker, 1, body).error["message"]


def test_a_name_may_be_chosen_once(asker: Asker) -> None:
    body = {"file": {"name": "files/my-fox"}}
    assert (
        send(asker, address(start(asker, 1, body)), b"x", 0, "upload, finalize").document["file"]["name"]
        == "files/my-fox"
    )
    again = send(asker, address(start(asker, 1, body)), b"x", 0, "upload, finalize")
    assert (again.status, again.error["status"]) == (409, "ALREADY_EXISTS")


def test_a_file_larger_than_allowed_is_refused_before_it_is_sent(asker: Asker) -> None:
    assert start(asker, (2 << 30) + 1).error["message"] == "A file has up to 2147483648 bytes, not 2147483649."


def test_a_file_that_grows_larger_than_announced_or_allowed_is_refused(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=Limits(upload_bytes=1_000_000))
    answer = send(asker, address(start(asker, None)), b"x" * 1_048_576, 0, "upload")
    assert answer.status == 413


def test_only_so_many_uploads_may_be_open(serve: Callable[..., Asker]) -> None:
    asker = serve(limits=Limits(open_uploads=2))
    assert [start(asker, 1).status for _ in range(3)] == [200, 200, 429]
    assert start(asker, 1, **OTHER).status == 200


def test_files_are_listed_in_pages_newest_first(asker: Asker) -> None:
    names = [upload(asker, bytes([number]), name=f"f{number}")["displayName"] for number in range(3)]
    first = asker.get(f"{FILES}?pageSize=2").document
    second = asker.get(f"{FILES}?pageSize=2&pageToken={first['nextPageToken']}").document
    listed = [file["displayName"] for page in (first, second) for file in page["files"]]
    assert sorted(listed) == names
    assert "nextPageToken" not in second


def test_a_file_belongs_to_its_key(asker: Asker) -> None:
    name = upload(asker, png())["name"]
    for method in ("GET", "DELETE"):
        error = asker.ask(method, f"/v1beta/{name}", headers=OTHER).error
        assert error["status"] == "PERMISSION_DENIED"
        assert error["message"].endswith("or it may not exist.")
    assert asker.get(FILES, headers=OTHER).document == {"files": []}
    assert asker.ask("DELETE", f"/v1beta/{name}").document == {}
    assert asker.get(f"/v1beta/{name}").status == 403


def test_an_uploaded_file_is_not_given_back(asker: Asker) -> None:
    name = upload(asker, png())["name"]
    assert asker.get(f"/v1beta/{name}:download?alt=media").error["status"] == "FAILED_PRECONDITION"


def asking_with(uri: str) -> dict[str, Any]:
    body = words("make it night", imageConfig={"imageSize": "512"})
    body["contents"][0]["parts"].append({"file_data": {"file_uri": uri, "mime_type": "image/png"}})
    return body


def test_a_request_may_name_a_file_instead_of_bringing_it(asker: Asker) -> None:
    file = upload(asker, png())
    target = GENERATE.replace(MODEL, "sandbox-1")
    google = f"https://generativelanguage.googleapis.com/v1beta/{file['name']}"
    for uri in (file["uri"], file["name"], google):
        answer = asker.post(target, asking_with(uri))
        assert answer.document["candidates"][0]["content"]["parts"][0]["text"] == "Time: night."
    assert asker.post(target, asking_with(file["uri"]), headers=OTHER).status == 403
    whole = {"generateContentRequest": {"model": "models/sandbox-1", **asking_with(file["uri"])}}
    assert asker.post(target.replace("generateContent", "countTokens"), whole).status == 200


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("https://evil.example/a.png", "its host is not allowed"),
        ("http://127.0.0.1/a.png", "its host is not allowed"),
        ("http://169.254.169.254/latest", "its host is not allowed"),
        ("gs://bucket/a.png", "Cannot fetch content from the provided URI"),
        ("file:///etc/passwd", "Cannot fetch content from the provided URI"),
    ],
)
def test_an_address_that_is_not_allowed_is_never_opened(asker: Asker, uri: str, message: str) -> None:
    answer = asker.post(GENERATE.replace(MODEL, "sandbox-1"), asking_with(uri))
    assert answer.status == 400
    assert message in answer.error["message"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1"])
def test_a_private_address_is_not_opened_even_where_its_name_is_allowed(serve: Callable[..., Asker], host: str) -> None:
    asker = serve(fetch_hosts=(host.strip("[]"),))
    error = asker.post(GENERATE, asking_with(f"https://{host}/a.png")).error
    assert error["message"].startswith("Cannot fetch content from the provided URL: no public address of")
