"""Firebase Storage: a bucket of Google Cloud Storage, and links with a download token where they are public.

The token is a field of the object's metadata. Its name has capitals, and headers have none: set with the upload, it
arrives as `firebasestoragedownloadtokens`, which Firebase does not know (firebase/firebase-admin-node issue 1306). So
it is set afterwards with Google's JSON API, which keeps the name as it is.
"""

from __future__ import annotations

import importlib
import json
import secrets
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

from limner import _clock, _json
from limner._http import HttpTransport
from limner._json import JsonObject
from limner.core.secret import Secret
from limner.core.transport import TransportFault, WireCall
from limner.errors import ConfigError
from limner.targets.cloud import CloudTarget, is_temporary
from limner.targets.credentials import ServiceAccount
from limner.targets.settings import GCS_ENDPOINT, TargetSettings
from limner.targets.target import TargetError

TOKEN_FIELD = "firebaseStorageDownloadTokens"  # noqa: S105 - the name of a field, not a token
DOWNLOAD_HOST = "https://firebasestorage.googleapis.com"

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_BEARER_LIFE_S = 600
_TIMEOUT_S = 30.0
_MAX_REPLY_BYTES = 1 << 20


class FirebaseTarget:
    """A bucket of a Firebase project, with public links: who knows the token of an object may read it."""

    def __init__(self, settings: TargetSettings, cloud: CloudTarget, metadata: ObjectMetadata) -> None:
        self._cloud = cloud
        self._metadata = metadata
        self._bucket = settings.bucket or ""
        # An emulator answers for both hosts at one address.
        self._host = DOWNLOAD_HOST if settings.endpoint == GCS_ENDPOINT else settings.endpoint

    def put(self, key: str, file: Path, mime_type: str) -> str:
        """Upload `file` and give its link. An object that was there keeps its token: older links go on working."""
        path = self._cloud.path(key)
        token = self._metadata.token(path) or _new_token()
        self._cloud.upload(path, file, mime_type)
        self._metadata.set_token(path, token)
        return self.link(path, token)

    def link(self, path: str, token: str) -> str:
        """The link to an object that has this token."""
        return f"{self._host}/v0/b/{quote(self._bucket, safe='')}/o/{quote(path, safe='')}?alt=media&token={token}"

    def check(self) -> None:
        """Write a small object, give it a token, and remove it. Raises `TargetError`."""
        with self._cloud.probe() as path:
            self._metadata.token(path)
            self._metadata.set_token(path, _new_token())

    def close(self) -> None:
        """Close the connections."""
        self._metadata.close()


class ObjectMetadata:
    """The custom metadata of objects, read and written with the JSON API of Google Cloud Storage."""

    def __init__(self, settings: TargetSettings, account: ServiceAccount) -> None:
        self._settings = settings
        self._account = account
        self._transport = HttpTransport(proxy=settings.proxy)
        self._crypt, self._jwt = _google_auth(settings)

    def token(self, path: str) -> str | None:
        """The first download token of an object; `None` if there is no object or it has none."""
        document = self._ask("GET", path, None)
        fields = document.get("metadata")
        tokens = fields.get(TOKEN_FIELD) if isinstance(fields, dict) else None
        return tokens.split(",")[0] if isinstance(tokens, str) and tokens else None

    def set_token(self, path: str, token: str) -> None:
        """Give an object its download token; its other metadata stays."""
        self._ask("PATCH", path, {"metadata": {TOKEN_FIELD: token}})

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def _ask(self, method: str, path: str, document: JsonObject | None) -> JsonObject:
        settings = self._settings
        body = b"" if document is None else _json.dumps(document).encode()
        bucket, name = quote(settings.bucket or "", safe=""), quote(path, safe="")
        call = WireCall(
            method=method,
            url=f"{settings.endpoint}/storage/v1/b/{bucket}/o/{name}",
            headers=(("Authorization", self._bearer()), ("Content-Type", "application/json")),
            document=document,
            timeout_s=_TIMEOUT_S,
            total_timeout_s=2 * _TIMEOUT_S,
        )
        try:
            status, raw = self._send(call, body)
        except TransportFault as fault:
            raise self._error(f"no answer from {settings.endpoint}", temporary=True) from fault
        if status == 404 and method == "GET":
            return {}
        if status != 200:
            raise self._error(f"HTTP status {status}", temporary=is_temporary(status))
        try:
            reply = json.loads(raw)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise self._error("the answer is not JSON", temporary=True)
        return reply

    def _send(self, call: WireCall, body: bytes) -> tuple[int, bytes]:
        reply = self._transport.open(call, body=[body] if body else [], length=len(body), before_sending=_nothing)
        try:
            raw = b""
            while len(raw) < _MAX_REPLY_BYTES and (piece := reply.read()):
                raw += piece
            return reply.status, raw
        finally:
            reply.close()

    def _bearer(self) -> Secret:
        """A token that Google takes without having given it: signed with the account's key, good for ten minutes."""
        now_s = _clock.now_ms() // 1000
        claims = {
            "iss": self._account.email,
            "sub": self._account.email,
            "scope": _SCOPE,
            "iat": now_s,
            "exp": now_s + _BEARER_LIFE_S,
        }
        signer = self._crypt.RSASigner.from_service_account_info(self._account.for_google())
        return Secret(f"Bearer {self._jwt.encode(signer, claims).decode()}")

    def _error(self, reason: str, *, temporary: bool) -> TargetError:
        return TargetError(
            f"Storage target {self._settings.name!r}: setting the download token failed: {reason}.",
            temporary=temporary,
            hint="The service account needs the role Storage Object Admin on the bucket (to read and change metadata).",
        )


def _google_auth(settings: TargetSettings) -> tuple[Any, Any]:
    """The parts of google-auth that sign; nothing in it is asked for credentials."""
    try:
        return importlib.import_module("google.auth.crypt"), importlib.import_module("google.auth.jwt")
    except ImportError:
        raise ConfigError(
            f"Storage target {settings.name!r}: public links of Firebase need the package google-auth, which is not "
            "installed.",
            code="config.target",
            hint="pip install 'limner[vertex]', or leave public out: then links are signed.",
        ) from None


def _new_token() -> str:
    """A token as Firebase's own console makes them: 122 random bits, written as a UUID."""
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))


def _nothing() -> None:
    """Metadata costs nothing, so nothing is recorded."""
