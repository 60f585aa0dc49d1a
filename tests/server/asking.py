"""Asking a server over a real connection, byte by byte where that matters."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from limner._json import JsonObject
from limner.server.background import BackgroundServer

MODEL = "gemini-nano-banana-2.1"
GENERATE = f"/v1beta/models/{MODEL}:generateContent"
KEY = {"x-goog-api-key": "a-key"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The error in the body, which has Google's shape."""
        error = self.document["error"]
        assert set(error) <= {"code", "message", "status", "details"}
        assert error["code"] == self.status
        return error


class Client:
    """Asks the server at a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] = KEY,
    ) -> Answer:
        """One request; a body that is no bytes is sent as JSON, an iterator of bytes in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
        try:
            connection.request(method, target, body=body, headers=dict(headers))
            reply = connection.getresponse()
            return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def get(self, target: str, **how: Any) -> Answer:
        """GET."""
        return self.ask("GET", target, **how)

    def post(self, target: str, body: Any = None, **how: Any) -> Answer:
        """POST."""
        return self.ask("POST", target, body, **how)

    def generate(
        self, prompt: str, *, target: str = GENERATE, headers: Mapping[str, str] = KEY, **config: Any
    ) -> Answer:
        """One picture, or whatever the cards in the prompt make of it; small, so that it is quick."""
        return self.post(target, words(prompt, **config), headers=headers)

    def raw(self, *pieces: bytes) -> socket.socket:
        """A connection on which these bytes were sent."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        for piece in pieces:
            connection.sendall(piece)
        return connection

    def said(self, *pieces: bytes) -> bytes:
        """Everything that comes back on a connection until the server ends it."""
        with self.raw(*pieces) as connection:
            return b"".join(iter(lambda: connection.recv(1 << 16), b""))


class Asker(Client):
    """Asks a server in this process, and knows what that notes."""

    def __init__(self, server: BackgroundServer) -> None:
        super().__init__(int(server.url.rpartition(":")[2]))
        self.server = server

    def noted(self, answer: Answer) -> JsonObject:
        """What the server noted of the request with this answer."""
        name, count = answer.headers["x-limner-request-id"], 1
        while True:
            events = self.server.wait_for_requests(count)
            found = next((event for event in events if event["id"] == name), None)
            if found is not None:
                return found
            count = len(events) + 1


def words(prompt: str, **config: Any) -> dict[str, Any]:
    """A request body with one prompt."""
    return {"contents": [{"role": "user", "parts": [{"text": prompt}]}], "generationConfig": config}


def pieces(*parts: bytes) -> Iterable[bytes]:
    """A body in chunks."""
    return iter(parts)
