"""Fetching a link as a browser would, without any credential."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping


def fetch(url: str, *, proxy: str | None = None) -> tuple[int, bytes, Mapping[str, str]]:
    """Status, body and headers (names in lower case) of what lies at `url`."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy} if proxy else {}))
    try:
        with opener.open(url, timeout=10) as reply:
            return reply.status, reply.read(), {name.lower(): value for name, value in reply.headers.items()}
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, problem.read(), {}
