"""A small Google Cloud Storage on loopback: uploads (XML), metadata (JSON), signed links (V4), Firebase's downloads.

It checks what Google checks: every token and every signature, with the public half of the account's key.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.auth import jwt

BUCKET = "pictures-of-work.firebasestorage.app"
EMAIL = "limner@work-1234.iam.gserviceaccount.com"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PUBLIC = _KEY.public_key()
_PUBLIC_PEM = _PUBLIC.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
PRIVATE_PEM = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()


def account_file(**changes: Any) -> str:
    """The text of a service account's file, as the console gives it out."""
    document = {
        "type": "service_account",
        "project_id": "work-1234",
        "private_key_id": "0123456789abcdef",
        "private_key": PRIVATE_PEM,
        "client_email": EMAIL,
        "token_uri": "http://127.0.0.1:9/token",
        "gcs_base_url": "http://127.0.0.1:9",
        "disable_oauth": True,
    }
    return json.dumps(document | changes)


def _decode(token: str) -> Any:
    return jwt.decode(token, certs=_PUBLIC_PEM)  # type: ignore[no-untyped-call]  # google-auth has half its types


@dataclass(slots=True, kw_only=True)
class Stored:
    body: bytes
    headers: dict[str, str]
    metadata: dict[str, str]


@dataclass(slots=True)
class Gcs:
    """The running service: what it holds, what it was asked, and how to refuse the next requests (0: not at all)."""

    url: str
    objects: dict[str, Stored] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuse: list[int] = field(default_factory=list)
    uploads: dict[str, tuple[dict[str, str], dict[int, bytes]]] = field(default_factory=dict)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gcs: Gcs

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        self.gcs.asked.append(f"{self.command} {unquote(url.path)}")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        if self.gcs.refuse and (status := self.gcs.refuse.pop(0)):
            self.reply(status, b"<Error><Code>Odd</Code><Message>On request.</Message></Error>")
        elif url.path.startswith("/v0/b/"):
            self.download(url.path, query)
        elif "X-Goog-Signature" in query:
            self.signed(url.path, url.query)
        elif not self.bearer_is_good():
            self.reply(401, b"<Error><Code>AuthenticationRequired</Code><Message>Who are you?</Message></Error>")
        elif found := re.fullmatch(r"/storage/v1/b/([^/]+)/o/([^/]+)", url.path):
            self.json_api(unquote(found[2]), body)
        else:
            bucket, _, key = unquote(url.path)[1:].partition("/")
            if bucket == BUCKET:
                self.xml_api(key, query, body)
            else:
                self.reply(404, b"<Error><Code>NoSuchBucket</Code><Message>There is none.</Message></Error>")

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

    def bearer_is_good(self) -> bool:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        try:
            claims = _decode(token)
        except ValueError:
            return False
        return bool(claims["iss"] == EMAIL and claims["scope"].startswith("https://www.googleapis.com/auth/"))

    def xml_api(self, key: str, query: dict[str, str], body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.command == "DELETE":
            self.reply(204 if self.gcs.objects.pop(key, None) else 404)
        elif "uploads" in query:
            name = f"upload-{len(self.gcs.uploads)}"
            self.gcs.uploads[name] = (headers, {})
            self.reply(
                200,
                f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>k</Key><UploadId>{name}</UploadId>"
                "</InitiateMultipartUploadResult>".encode(),
            )
        elif "partNumber" in query:
            self.gcs.uploads[query["uploadId"]][1][int(query["partNumber"])] = body
            self.reply(200, etag=hashlib.md5(body).hexdigest())
        elif "uploadId" in query:
            headers, parts = self.gcs.uploads.pop(query["uploadId"])
            self.store(key, headers, b"".join(parts[number] for number in sorted(parts)))
            self.reply(200, b'<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>')
        else:
            self.store(key, headers, body)
            self.reply(200, etag=hashlib.md5(body).hexdigest())

    def store(self, key: str, headers: dict[str, str], body: bytes) -> None:
        metadata = {
            name.removeprefix("x-goog-meta-"): value
            for name, value in headers.items()
            if name.startswith("x-goog-meta-")
        }
        self.gcs.objects[key] = Stored(body=body, headers=headers, metadata=metadata)

    def json_api(self, key: str, body: bytes) -> None:
        found = self.gcs.objects.get(key)
        if found is None:
            self.reply(404, b'{"error": {"code": 404}}')
            return
        if self.command == "PATCH":
            found.metadata.update(json.loads(body)["metadata"])
        self.reply(200, json.dumps({"name": key, "metadata": found.metadata}).encode(), "application/json")

    def signed(self, path: str, query: str) -> None:
        pairs = parse_qsl(query)
        signature = bytes.fromhex(dict(pairs)["X-Goog-Signature"])
        rest = sorted((name, value) for name, value in pairs if name != "X-Goog-Signature")
        canonical = "\n".join(
            [
                self.command,
                quote(unquote(path), safe="/~"),
                urlencode(rest, quote_via=quote, safe="~"),
                f"host:{self.headers['Host']}",
                "",
                "host",
                "UNSIGNED-PAYLOAD",
            ]
        )
        fields = dict(rest)
        text = "\n".join(
            [
                "GOOG4-RSA-SHA256",
                fields["X-Goog-Date"],
                fields["X-Goog-Credential"].partition("/")[2],
                hashlib.sha256(canonical.encode()).hexdigest(),
            ]
        )
        try:
            _PUBLIC.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            self.reply(403, b"<Error><Code>SignatureDoesNotMatch</Code><Message>No.</Message></Error>")
            return
        self.give(unquote(path)[1:].partition("/")[2])

    def download(self, path: str, query: dict[str, str]) -> None:
        """Firebase: the field's name counts with its capitals, and one of its tokens must be the one asked with."""
        key = unquote(path.rpartition("/o/")[2])
        found = self.gcs.objects.get(key)
        tokens = found.metadata.get("firebaseStorageDownloadTokens", "").split(",") if found else []
        if query.get("alt") == "media" and query.get("token") in [token for token in tokens if token]:
            self.give(key)
        else:
            self.reply(403)

    def give(self, key: str) -> None:
        found = self.gcs.objects.get(key)
        if found is None:
            self.reply(404)
        else:
            self.reply(200, found.body, found.headers["content-type"])

    def reply(self, status: int, body: bytes = b"", content_type: str = "application/xml", *, etag: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        if etag:
            self.send_header("ETag", f'"{etag}"')  # obstore refuses an upload whose reply has none
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: tests are quiet."""


@contextlib.contextmanager
def serving() -> Iterator[Gcs]:
    """The service on a free port, for the length of the block."""
    gcs = Gcs("")
    handler = type("OwnHandler", (Handler,), {"gcs": gcs})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        gcs.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield gcs
        finally:
            server.shutdown()
            thread.join()


def token_of(url: str) -> str:
    """The token in a link of Firebase."""
    return parse_qs(urlsplit(url).query)["token"][0]
