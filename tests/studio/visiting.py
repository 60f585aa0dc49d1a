"""A studio on loopback, and a client that behaves like a browser without scripts: cookies, forms, redirects."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from limner._json import JsonObject
from limner.app import App
from limner.store.wishes import Wish
from limner.studio.serve import Studio
from limner.studio.settings import StudioSettings

PATIENCE_S = 60.0

Fields = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes
    address: str

    @property
    def text(self) -> str:
        return self.body.decode()

    def says(self, words: str) -> bool:
        """Whether the page shows these words, tags and space aside."""
        return words in " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())

    def links(self, start: str) -> list[str]:
        """The addresses of links that begin so, in order, each once."""
        return list(
            dict.fromkeys(unescape(each) for each in re.findall(rf'href="({re.escape(start)}[^"]*)"', self.text))
        )


@dataclass(kw_only=True)
class Visitor:
    """Follows redirects, keeps cookies, and sends the session's word with every form."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str, headers: Mapping[str, str] | None = None, *, follow: bool = True) -> Reply:
        return self.ask("GET", address, b"", headers or {}, follow=follow)

    def post(
        self,
        address: str,
        fields: Fields | None = None,
        files: Iterable[tuple[str, str, bytes]] = (),
        *,
        follow: bool = True,
    ) -> Reply:
        """Send a form as a browser does. `files` are (field, file name, bytes)."""
        pairs = [("csrf", self.word()), *_pairs(fields or {})]
        found = list(files)
        if not found:
            body, kind = urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = _multipart(pairs, found), "multipart/form-data; boundary=limner-test"
        return self.ask("POST", address, body, {"content-type": kind}, follow=follow)

    def word(self) -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"|CSRF": "([0-9a-f]+)"', self.get("/nothing").text)
        assert found is not None
        return found[1] or found[2]

    def ask(self, method: str, address: str, body: bytes, headers: Mapping[str, str], *, follow: bool = True) -> Reply:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        own = {"cookie": cookie} if cookie else {}
        try:
            connection.request(method, address, body or None, {**own, **headers})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        found = {name.lower(): value for name, value in answer.getheaders()}
        if follow and answer.status in (302, 303) and "location" in found:
            return self.get(found["location"])
        return Reply(status=answer.status, headers=found, body=content, address=address)


class Visited:
    """A studio in a thread while it is entered, with its data in `home`, and a visitor who was let in."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None, *, parallel: int = 2) -> None:
        self.app = App.open({"LIMNER_HOME": str(home), **(environment or {})})
        self.events: list[JsonObject] = []
        self.studio = Studio(self.app, StudioSettings(port=0, parallel=parallel), self.events.append)
        self.visitor = Visitor(url=self.studio.url)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self.studio.run, args=(self._ready.set,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        self.visitor.get(self.studio.opening_url.removeprefix(self.studio.url), follow=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.studio.stop()
        self._thread.join(PATIENCE_S)
        self.app.close()
        assert [event for event in self.events if event["event"] == "fault"] == []

    def wished(self, **ask: object) -> Wish:
        """A small wish to the sandbox that has been made to its end."""
        making = self.studio.context.making
        wish = making.add({"prompt": "a red fox", "connection": "sandbox", "ratio": "1:1", "size": "512", **ask})
        return self.ended(wish.id)

    def ended(self, wish_id: str) -> Wish:
        """A wish, once it has ended."""
        ended = threading.Event()
        while True:
            wish = self.app.store.wishes.find(wish_id)
            assert wish is not None
            if wish.ended_at_ms is not None:
                return wish
            ended.wait(0.01)


def _pairs(fields: Fields) -> list[tuple[str, str]]:
    return [
        (name, value) for name, values in fields.items() for value in ([values] if isinstance(values, str) else values)
    ]


def _multipart(pairs: list[tuple[str, str]], files: list[tuple[str, str, bytes]]) -> bytes:
    pieces = [
        f'--limner-test\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in pairs
    ]
    for name, file_name, data in files:
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"'
        pieces.append(
            f"--limner-test\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n".encode() + data + b"\r\n"
        )
    return b"".join([*pieces, b"--limner-test--\r\n"])
