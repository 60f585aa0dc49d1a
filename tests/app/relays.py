"""Relays with habits of their own, in front of our server: real HTTP in and out."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from limner.server.background import BackgroundServer
from loopback import Answer, Request, reply

KEY = "sk-relay-0123456789"


@dataclass(slots=True, kw_only=True)
class Relay:
    """Takes the key in one way and one version only; `cards` make its answers odd. `log` has the paths of its calls."""

    server: BackgroundServer
    auth: str = "bearer"
    version: str = "v1beta"
    cards: str = ""
    streams: bool = True
    lists_for_all: bool = False
    counts: bool = True
    ratio: bool = True
    log: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        path = urlsplit(request.target).path
        self.log.append(path)
        if not path.startswith(f"/{self.version}/"):
            return reply({"error": {"message": "no such path"}}, status=404)
        is_list = path.endswith("/models")
        if not self._is_welcome(request) and not (is_list and self.lists_for_all):
            return reply({"error": {"message": "bad key", "type": "auth", "code": "invalid_api_key"}}, status=401)
        if ":streamGenerateContent" in path and not self.streams:
            return reply({"error": {"message": "no such method"}}, status=404)
        if ":countTokens" in path and not self.counts:
            return reply({"error": {"message": "no such method"}}, status=404)
        return self._forwarded(request)

    @property
    def paid(self) -> int:
        """How many calls were made that cost money."""
        return sum(":generateContent" in path or ":streamGenerateContent" in path for path in self.log)

    def _is_welcome(self, request: Request) -> bool:
        sent = {
            "bearer": request.headers.get("authorization") == f"Bearer {KEY}",
            "raw": request.headers.get("authorization") == KEY,
            "x-goog-api-key": request.headers.get("x-goog-api-key") == KEY,
        }
        return sent[self.auth]

    def _forwarded(self, request: Request) -> Answer:
        address = urlsplit(self.server.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port or 0)
        headers = {"x-goog-api-key": KEY, "Content-Type": "application/json"}
        makes = "enerateContent" in request.target
        if self.cards and makes:
            headers["x-limner-card"] = self.cards
        body = request.body if self.ratio else request.body.replace(b'"16:9"', b'"1:1"')
        connection.request(request.method, request.target, body=body or None, headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return reply(data, status=answer.status, content_type=answer.headers.get("Content-Type", ""))
