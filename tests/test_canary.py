"""A key is put into every place that may hold one; then every command runs, and everything they leave is searched."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loopback import Answer, Loopback, Request, picture_reply, reply, serving

pytestmark = pytest.mark.slow

CANARIES = {
    "RELAY_KEY": "sk-Canary0RelayKeyThatMustStayUnseen",
    "GEMINI_API_KEY": "AIzaCanary1GoogleKeyThatMustStayUnseen0",
    "GOOGLE_API_KEY": "AQ.Canary2GoogleKeyThatMustStayUnseen",
}
STORED = "sk-Canary3StoredKeyThatMustStayUnseen"
PIECE = 12
"""Even this many characters in a row of a key must appear nowhere."""


@dataclass
class Shell:
    home: Path
    folder: Path
    outputs: dict[str, str] = field(default_factory=dict)

    def limner(self, *words: str, stdin: str = "") -> int:
        done = subprocess.run(
            [sys.executable, "-m", "limner", *words],
            capture_output=True,
            text=True,
            input=stdin,
            cwd=self.folder,
            env={**os.environ, **CANARIES, "LIMNER_HOME": str(self.home), "LIMNER_DEBUG": "1"},
            timeout=60,
            check=False,
        )
        self.outputs[" ".join(words)] = done.stdout + done.stderr
        return done.returncode


def forms(key: str) -> Iterator[bytes]:
    """The key as text, in pieces, and in base64 at each of its three shifts."""
    for start in range(len(key) - PIECE + 1):
        yield key[start : start + PIECE].encode()
    for shift in range(3):
        yield base64.b64encode(key.encode()[shift:])[: PIECE + 4]
    yield key.encode().hex().encode()


def betrayed(text: bytes) -> set[str]:
    return {key for key in (*CANARIES.values(), STORED) if any(form in text for form in forms(key))}


def echo(request: Request) -> Answer:
    """A rude provider: repeats the key it was given in its error."""
    given = request.headers.get("authorization", "") + request.headers.get("x-goog-api-key", "") + request.target
    if "models?" in request.target:
        return reply({"models": [{"name": "models/m"}]})
    if b"rude" in request.body:
        return reply({"error": {"code": 401, "message": f"bad key {given}", "status": "UNAUTHENTICATED"}}, status=401)
    if b"page" in request.body:
        return reply(f"<html>{given}</html>", content_type="text/html", status=500)
    if b"moved" in request.body:
        return reply("", status=302, Location=f"https://elsewhere.example/{given}")
    return reply(picture_reply(text=f"You sent {given}"))


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[tuple[Shell, Loopback]]:
    (tmp_path / "work").mkdir()
    with serving(echo) as server:
        yield Shell(tmp_path / "home", tmp_path / "work"), server


def test_no_key_ever_appears_anywhere(shell: tuple[Shell, Loopback]) -> None:
    run, server = shell
    add = ("connections", "add")
    assert run.limner(*add, "relay", "--preset", "new-api", "--base-url", server.url, "--key-env", "RELAY_KEY") == 0
    assert run.limner(*add, "asked", "--preset", "new-api", "--base-url", server.url, "--key-stdin", stdin=STORED) == 0
    for auth in ("x-goog-api-key", "raw", "query"):
        words = (*add, f"by-{auth}", "--preset", "new-api", "--base-url", server.url, "--auth", auth)
        assert run.limner(*words, "--key-env", "RELAY_KEY") == 0
    assert run.limner(*add, "bad", "--preset", "new-api", "--base-url", f"{server.url}/?key={STORED}") == 2
    assert run.limner(*add, "bad", "--preset", "new-api", "--base-url", server.url, "--key-env", STORED) == 2
    for name in ("relay", "asked", "by-x-goog-api-key", "by-raw", "by-query"):
        assert (
            run.limner(
                "generate", f"a fox by {name}", "--connection", name, "--unlisted", "--model", "m", "--json", "--full"
            )
            == 0
        )
        for word in ("rude", "page", "moved"):
            assert (
                run.limner("generate", word, "--connection", name, "--unlisted", "--model", "m", "--json", "--full")
                != 0
            )
        run.limner("connections", "test", name)
    run.limner("generate", "a cat", "--connection", "asked", "--unlisted", "--model", "m", "--dry-run")
    for line in ("connections list", "history", "history --json", "doctor", "models", "recover", ""):
        run.limner(*line.split())
    run.limner("show", "a-fox-by-relay.png", "--full")
    run.limner("connections", "remove", "asked")

    assert sum(STORED in str(request.headers) for request in server.requests) >= 4  # it did travel
    places = {name: text.encode() for name, text in run.outputs.items()}
    for path in [*run.home.rglob("*"), *run.folder.rglob("*")]:
        if path.is_file():
            places[str(path)] = path.read_bytes()
    assert len(places) > 40
    assert {name: found for name, text in places.items() if (found := betrayed(text))} == {}
