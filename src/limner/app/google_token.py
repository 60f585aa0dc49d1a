"""A token for Google's cloud: from a credentials file, or from what Google's tools left on this machine.

The package `google-auth` knows the many ways; it talks through Limner's own transport, so the proxy is that of the
connection. Install it with `pip install 'limner[vertex]'`.
"""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limner._http import HttpTransport
from limner.config import Connection
from limner.core.secret import Secret
from limner.core.transport import TransportFault, WireCall
from limner.errors import ConfigError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_KINDS = {
    "service_account": ("google.oauth2.service_account", "from_service_account_info"),
    "authorized_user": ("google.oauth2.credentials", "from_authorized_user_info"),
}
"""Files that are read by their type, as google-auth advises; other kinds are found by its own search."""
_TOKEN_TIMEOUT_S = 30.0


class GoogleTokens:
    """Fetches tokens and keeps them while they hold. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._credentials: dict[str, Any] = {}

    def token(self, connection: Connection) -> Secret:
        """A token that holds for the next minutes. Raises `ConfigError` where there is no way to one."""
        with self._lock:
            try:
                auth: Any = importlib.import_module("google.auth")
                trouble: Any = importlib.import_module("google.auth.exceptions")
            except ImportError:
                raise ConfigError(
                    "Vertex AI needs the package google-auth, which is not installed.",
                    code="config.google_auth",
                    hint="pip install 'limner[vertex]', or use an express key: limner connections add NAME "
                    "--preset vertex without --project.",
                ) from None
            try:
                return self._fetched(connection, auth, trouble.TransportError)
            except (trouble.GoogleAuthError, ValueError, OSError) as problem:
                raise ConfigError(
                    f"There is no token for connection {connection.name!r}: {_words(problem)}.",
                    code="config.google_auth",
                    hint="Give a service account with --credentials FILE, set GOOGLE_APPLICATION_CREDENTIALS, or run "
                    "gcloud auth application-default login.",
                ) from problem

    def _fetched(self, connection: Connection, auth: Any, fault: type[Exception]) -> Secret:
        request = _Request(connection, fault)
        credentials = self._credentials.get(connection.name)
        if credentials is None:
            credentials = self._credentials[connection.name] = self._found(connection, auth, request)
        if not credentials.valid:
            credentials.refresh(request)
        return Secret(credentials.token)

    def _found(self, connection: Connection, auth: Any, request: _Request) -> Any:
        if connection.credentials is None:
            credentials, _ = auth.default(scopes=[SCOPE], request=request)
            return credentials
        path = Path(connection.credentials).expanduser()
        account = json.loads(path.read_text(encoding="utf-8"))
        kind = account.get("type") if isinstance(account, dict) else None
        if kind not in _KINDS:
            raise ValueError(f"{str(path)!r} is of type {kind!r}, not {' or '.join(_KINDS)}")
        module, load = _KINDS[kind]
        return getattr(importlib.import_module(module).Credentials, load)(account, scopes=[SCOPE])


class _Reply:
    """What google-auth reads of an answer."""

    def __init__(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        self.status, self.headers, self.data = status, headers, data


class _Request:
    """google-auth's way out: a callable that makes one HTTP call."""

    def __init__(self, connection: Connection, fault: type[Exception]) -> None:
        self._proxy = connection.proxy
        self._fault = fault

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: object,
    ) -> _Reply:
        data = body.encode() if isinstance(body, str) else body
        limit_s = min(timeout or _TOKEN_TIMEOUT_S, _TOKEN_TIMEOUT_S)
        call = WireCall(
            method=method,
            url=url,
            headers=tuple((headers or {}).items()),
            document=None if data is None else {},
            timeout_s=limit_s,
            total_timeout_s=2 * limit_s,
        )
        transport = HttpTransport(proxy=self._proxy)
        try:
            reply = transport.open(
                call,
                body=[] if data is None else [data],
                length=0 if data is None else len(data),
                before_sending=_nothing,
            )
            try:
                return _Reply(reply.status, dict(reply.headers), b"".join(iter(reply.read, b"")))
            finally:
                reply.close()
        except TransportFault as fault:
            raise self._fault(str(fault)) from fault
        finally:
            transport.close()


def _nothing() -> None:
    """Fetching a token costs nothing, so nothing is recorded."""


def _words(problem: Exception) -> str:
    """The first line of what went wrong; google-auth puts whole replies into its errors."""
    text = str(problem if isinstance(problem, OSError) or not problem.args else problem.args[0])
    return (text or type(problem).__name__).splitlines()[0][:200].rstrip(".")
