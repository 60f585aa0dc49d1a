"""Pages of lists that are held whole, in Google's manner."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.requests import Request

from limner.wire.gemini.refusals import invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items, and the token of the next page where there is one."""

    items: tuple[T, ...]
    next_token: str | None

    @classmethod
    def of(cls, items: Sequence[T], request: Request, size: int) -> Page[T]:
        """The page that a request's `pageToken` names; 400 for a token that was never given."""
        start = _start(page_token(request))
        end = start + size
        return cls(items=tuple(items[start:end]), next_token=_token(end) if end < len(items) else None)


def page_size(request: Request, *, default: int, most: int) -> int:
    """The `pageSize` of a request, cut to `most`; 400 for what is no number of items."""
    text = _parameter(request, "pageSize", "page_size")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise invalid(f"Invalid value at 'page_size' (TYPE_INT32), \"{text[:40]}\"", field="page_size")
    return min(int(text), most) or default


def page_token(request: Request) -> str:
    """The `pageToken` of a request, empty for the first page."""
    return _parameter(request, "pageToken", "page_token")


def _parameter(request: Request, *names: str) -> str:
    return next((request.query_params[name] for name in names if name in request.query_params), "")


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode().rstrip("=")


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii").partition(":")
        if word == "from" and number.isdigit() and len(number) < 10:
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise invalid("The page token is not one that this server gave.", field="page_token")
