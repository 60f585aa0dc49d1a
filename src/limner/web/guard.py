"""Whose requests are heard at all: those addressed to this server by name, and not sent by a stranger's web page.

A server on this machine can be reached by every page that a browser shows: by a form, or by a name of its own that it
lets point here (DNS rebinding). So the name a request is addressed to must be known, and so must a page that asks.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response

from limner.wire.gemini.refusals import failed

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

_ALLOWED_METHODS = "GET, POST, DELETE, OPTIONS"
_EXPOSED_HEADERS = "x-goog-upload-url, x-goog-upload-status, x-goog-upload-chunk-granularity, x-limner-sandbox"


class Guard:
    """Knows the names and pages of one server, which listens on `host` and `port` and is spoken to by `scheme`.

    `hosts` are further names that requests may be addressed to, `origins` further web pages that may ask.
    """

    def __init__(
        self, host: str, port: int, *, scheme: str = "http", hosts: Iterable[str] = (), origins: Iterable[str] = ()
    ) -> None:
        further = frozenset(map(str.lower, hosts))
        names = {*LOOPBACK_NAMES, *further, *(() if is_loopback(host) else (_bracketed(host),))}
        default = {"http": 80, "https": 443}[scheme]
        self._hosts = frozenset(f"{name}:{port}" for name in names) | frozenset(names if port == default else ())
        self._hosts |= further
        own = frozenset(f"{scheme}://{host}" for host in self._hosts)
        self._origins = own | frozenset(map(str.lower, origins))

    def check(self, request: Request) -> None:
        """Raise `RefusedError` (403) for a request that is not meant for this server or comes from a stranger's page.

        A `Host` that is missing or given twice is refused as well.
        """
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            named = hosts[0][:100] if hosts else ""
            raise failed(
                403,
                f"This server does not answer to the name {named!r}.",
                hint="Ask for 127.0.0.1 or localhost with the server's port, or allow the name with --allow-host.",
            )
        origin = request.headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            raise failed(
                403,
                f"Pages of {origin[:100]!r} may not use this server.",
                hint="Allow them with --allow-origin.",
            )
        if origin is None and request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise failed(403, "Another web page sent this request.", hint="Allow its origin with --allow-origin.")

    def greeting(self, request: Request) -> Response | None:
        """The answer to a browser that asks whether its page may ask (CORS preflight); `None` for any other request."""
        if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
            return None
        wanted = request.headers.get("access-control-request-headers", "")
        headers = {
            "access-control-allow-methods": _ALLOWED_METHODS,
            "access-control-allow-headers": wanted if wanted.isprintable() else "",
            "access-control-max-age": "600",
        }
        return Response(status_code=204, headers=headers)

    @staticmethod
    def permission(request: Request) -> dict[str, str]:
        """The headers that let an allowed page read the answer."""
        origin = request.headers.get("origin")
        if origin is None:
            return {}
        return {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": _EXPOSED_HEADERS,
            "vary": "Origin",
        }


def is_loopback(host: str) -> bool:
    """Whether a listening address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host.lower()
