from __future__ import annotations

import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.running import Run

CANARY = "sk-canary-4f9a8b7c6d5e4f3a2b1c"


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)


class Refusing(BaseHTTPRequestHandler):
    """Answers as Google does to a wrong key; under `/echo` it repeats what it was sent."""

    def do_GET(self) -> None:
        told = self.headers.get("authorization", "") if self.path.startswith("/echo") else "Pass a valid one."
        detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        error = {
            "code": 400,
            "status": "INVALID_ARGUMENT",
            "message": f"API key not valid. {told}",
            "details": [detail],
        }
        body = json.dumps({"error": error}).encode()
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(400)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of a provider that accepts no key."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def files_with(text: str, folder: Path) -> list[str]:
    found = [Path(root) / name for root, _, names in os.walk(folder) for name in names]
    return [path.name for path in found if text.encode() in path.read_bytes()]


def test_the_built_in_connections_are_listed_and_the_default_marked(limner: Run) -> None:
    ended = limner("connections")
    assert ended.code == 0
    assert ended.lines[1].split("  ")[0] == "sandbox *"
    assert ended.lines[2].startswith("google ")


def test_a_relay_is_added_by_preset_and_becomes_the_default(limner: Run) -> None:
    ended = limner("connections", "add", "comet", "--preset", "cometapi", "--key-stdin", stdin=CANARY.encode())
    assert (ended.code, ended.out) == (0, "")
    document = limner("connections", "--json").document
    assert document["default"] == "comet"
    added = document["connections"][2]
    assert (added["name"], added["baseUrl"], added["auth"]) == ("comet", "https://api.cometapi.com", "raw")


def test_a_key_from_stdin_is_kept_in_a_private_file_and_nowhere_else(limner: Run, tmp_path: Path) -> None:
    ended = limner("connections", "add", "comet", "--preset", "cometapi", "--key-stdin", stdin=f"{CANARY}\n".encode())
    assert "keys.json (readable by you alone" in ended.err
    assert CANARY not in ended.out + ended.err
    assert files_with(CANARY, tmp_path) == ["keys.json"]
    assert stat.S_IMODE((tmp_path / "home" / "keys.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("route", ["variable", "stored", "google"])
def test_after_a_refused_call_the_key_is_nowhere_but_in_its_store(
    limner: Run, refusing: str, tmp_path: Path, route: str
) -> None:
    variable = {"variable": "WORK_KEY", "google": "GEMINI_API_KEY", "stored": "UNUSED_NAME"}[route]
    preset = "google" if route == "google" else "new-api"
    named = () if route == "stored" else ("--key-env", variable)
    limner("connections", "add", "work", "--base-url", refusing, "--preset", preset, *named)
    if route == "stored":
        limner("connections", "set-key", "work", stdin=CANARY.encode())
    variables: dict[str, Any] = {variable: "" if route == "stored" else CANARY}
    shown = ""
    for words in (
        ("generate", "a fox", "--unlisted", "--model", "m-1"),
        ("generate", "a fox", "--unlisted", "--model", "m-1", "--json", "--full"),
        ("generate", "a fox", "--unlisted", "--model", "m-1", "--dry-run"),
        ("generate", "a fox", "--aspect", "wide"),
        ("connections",),
        ("connections", "--json"),
        ("connections", "test", "work"),
        ("doctor", "--online", "--json"),
        ("history", "--json"),
        (),
    ):
        ended = limner(*words, **variables, LIMNER_DEBUG="1")
        shown += ended.out + ended.err
    assert "API_KEY_INVALID" in shown
    assert CANARY[3:15] not in shown
    assert files_with(CANARY, tmp_path) == (["keys.json"] if route == "stored" else [])


def test_a_key_that_the_provider_repeats_is_neither_shown_nor_kept(limner: Run, refusing: str, tmp_path: Path) -> None:
    limner(
        "connections", "add", "work", "--base-url", f"{refusing}/echo", "--preset", "new-api", "--key-env", "WORK_KEY"
    )
    for words in (
        ("generate", "a fox"),
        ("generate", "a fox", "--json"),
        ("history", "--json"),
        ("connections", "test"),
    ):
        ended = limner(*words, WORK_KEY=CANARY)
        assert CANARY not in ended.out + ended.err
    assert files_with(CANARY, tmp_path) == []


def test_a_second_connection_does_not_take_the_default_away(limner: Run) -> None:
    limner("connections", "add", "one", "--preset", "cometapi")
    limner("connections", "add", "two", "--preset", "cometapi")
    assert limner("connections", "--json").document["default"] == "one"
    assert limner("connections", "default", "two").code == 0
    assert limner("connections", "--json").document["default"] == "two"


def test_without_a_key_the_next_step_is_named(limner: Run) -> None:
    ended = limner("connections", "add", "comet", "--preset", "cometapi")
    assert ended.code == 0
    assert "It has no key yet: set COMETAPI_KEY, or limner connections set-key comet" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("--preset", "new-api", "--base-url", f"https://me:{CANARY}@a.example"),
        ("--preset", "new-api", "--base-url", f"https://a.example?key={CANARY}"),
        ("--preset", "new-api", "--base-url", f"https://a.example/{CANARY}"),
        ("--preset", "cometapi", "--key-env", CANARY),
        ("--preset", "cometapi", "--model", CANARY),
        ("--preset", "cometapi", "--auth", CANARY),
        ("--preset", CANARY),
        ("--preset", "cometapi", "--proxy", f"http://me:{CANARY}@p.example"),
        ("--preset", "cometapi", "--api-version", CANARY),
        ("--preset", "cometapi", "--timeout", CANARY),
    ],
)
def test_a_key_in_the_wrong_option_is_refused_and_never_written_or_shown(
    limner: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ended = limner("connections", "add", "comet", *words)
    assert ended.code == 2
    assert CANARY not in ended.out + ended.err
    assert files_with(CANARY, tmp_path) == []


def test_a_bad_key_on_stdin_leaves_nothing_behind(limner: Run, tmp_path: Path) -> None:
    ended = limner(
        "connections", "add", "comet", "--preset", "cometapi", "--key-stdin", stdin=f"Bearer {CANARY}".encode()
    )
    assert ended.code == 2
    assert CANARY not in ended.err
    assert not (tmp_path / "home").exists()


def test_apigo_without_an_address_says_why_it_needs_one(limner: Run) -> None:
    ended = limner("connections", "add", "apigo", "--preset", "apigo")
    assert ended.code == 2
    assert "Api.Go does not publish its base address" in ended.err
    assert "--base-url" in ended.err


def test_http_to_another_machine_needs_to_be_asked_for(limner: Run) -> None:
    words = ("connections", "add", "lan", "--preset", "new-api", "--base-url", "http://10.0.0.7:3000")
    refused = limner(*words)
    assert refused.code == 2
    assert "--insecure-http" in refused.err
    assert limner(*words, "--insecure-http").code == 0
    assert limner("connections", "--json").document["connections"][2]["baseUrl"] == "http://10.0.0.7:3000"


def test_a_connection_is_not_replaced_unasked(limner: Run) -> None:
    limner("connections", "add", "comet", "--preset", "cometapi")
    ended = limner("connections", "add", "comet", "--preset", "cometapi", "--auth", "bearer")
    assert ended.code == 2
    assert "--replace" in ended.err
    assert limner("connections", "add", "comet", "--preset", "cometapi", "--auth", "bearer", "--replace").code == 0


def test_removing_a_connection_forgets_its_key(limner: Run, tmp_path: Path) -> None:
    limner("connections", "add", "comet", "--preset", "cometapi", "--key-stdin", stdin=CANARY.encode())
    ended = limner("connections", "remove", "comet")
    assert ended.code == 0
    assert "its stored key forgotten" in ended.err
    assert files_with(CANARY, tmp_path) == []


def test_a_key_for_google_can_be_stored_and_forgotten(limner: Run) -> None:
    assert limner("connections", "set-key", "google", stdin=CANARY.encode()).code == 0
    assert "keys.json" in limner("connections", "--json").document["connections"][1]["key"]
    assert limner("connections", "remove", "google").code == 0
    assert limner("connections", "--json").document["connections"][1]["key"] is None


def test_an_unknown_connection_is_answered_with_near_names(limner: Run) -> None:
    ended = limner("connections", "default", "gogle")
    assert ended.code == 2
    assert "Did you mean 'google'?" in ended.err


def test_a_keys_file_open_to_others_is_told_with_its_remedy(limner: Run, tmp_path: Path) -> None:
    limner("connections", "set-key", "google", stdin=CANARY.encode())
    (tmp_path / "home" / "keys.json").chmod(0o644)
    assert "Others may read the keys" in limner("connections").out
    ended = limner("generate", "a fox", "--connection", "google")
    assert ended.code == 2
    assert "chmod 600" in ended.err
    assert CANARY not in ended.err


def test_the_sandbox_passes_its_test(limner: Run) -> None:
    ended = limner("connections", "test", "sandbox", "--json")
    assert ended.code == 0
    assert ended.document["ok"] is True


def test_a_test_without_a_key_says_how_to_give_one(limner: Run) -> None:
    ended = limner("connections", "test", "google")
    assert ended.code == 2
    assert "GEMINI_API_KEY" in ended.err


def test_a_machine_that_does_not_answer_fails_the_test_with_a_hint(limner: Run) -> None:
    limner(
        "connections", "add", "gone", "--preset", "new-api", "--base-url", "http://127.0.0.1:1", "--key-env", "GONE_KEY"
    )
    ended = limner("connections", "test", "gone", GONE_KEY=CANARY)
    assert ended.code == 1
    assert "No answer" in ended.out
    assert CANARY not in ended.out + ended.err
