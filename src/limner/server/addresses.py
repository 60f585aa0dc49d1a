"""The addresses that answers give: built from the name and path that the request itself used."""

from __future__ import annotations

from limner.server.context import Exchange

DEFAULT_VERSION = "v1beta"


def base_url(exchange: Exchange) -> str:
    """The API as this client reaches it, version included: `http://127.0.0.1:8080/relay/v1beta`."""
    return f"{_root(exchange)}/{exchange.target.version or DEFAULT_VERSION}"


def upload_url(exchange: Exchange, upload_id: str) -> str:
    """Where the bytes of an upload go. The id is all a client needs: google-genai sends no key with them."""
    version = f"/{exchange.target.version}" if exchange.target.version else ""
    return f"{_root(exchange)}/upload{version}/files?upload_id={upload_id}&upload_protocol=resumable"


def _root(exchange: Exchange) -> str:
    request = exchange.request
    return f"{request.url.scheme}://{request.headers['host']}{exchange.target.prefix}"
