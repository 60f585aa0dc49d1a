from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.app import App, Ask, Destination
from limner.core.event import Event
from limner.core.outcome import OutcomeKind
from limner.errors import ConfigError, InvalidRequestError, StorageError
from limner.store import disk
from loopback import Answer, Loopback, picture_reply, reply, serving


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[tuple[App, Loopback]]:
    with serving(reply(picture_reply())) as server:
        home = tmp_path / "home"
        home.mkdir()
        lines = {"base_url": server.url, "key_env": "RELAY_KEY", "allow_unknown_price": True}
        text = "[connections.relay]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
        (home / "config.toml").write_text(text, encoding="utf-8")
        with App.open({"LIMNER_HOME": str(home), "RELAY_KEY": "k-1234567890"}) as app:
            yield app, server


def ask(app: App, destination: Destination | None = None) -> OutcomeKind:
    plan = app.plan(Ask(prompt="a fox", connection="relay", model="m"))
    return app.run(plan, destination=destination).outcome.kind


def test_a_nearly_full_disk_is_refused_before_anything_is_sent(
    relay: tuple[App, Loopback], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, server = relay
    monkeypatch.setattr(disk, "free_bytes", lambda path: 5 << 20)
    with pytest.raises(StorageError, match="Only 5 MB are free") as caught:
        ask(app)
    assert (caught.value.code, server.requests) == ("storage.full", [])


def test_a_taken_file_name_is_refused_before_anything_is_sent(relay: tuple[App, Loopback], tmp_path: Path) -> None:
    app, server = relay
    (tmp_path / "fox.png").write_bytes(b"mine")
    with pytest.raises(InvalidRequestError, match="is there already"):
        ask(app, Destination.parse(str(tmp_path / "fox.png")))
    assert server.requests == []


def test_a_missing_key_is_said_with_the_variable_to_set(environment: dict[str, str]) -> None:
    with App.open(environment) as app:
        plan = app.plan(Ask(prompt="a fox", connection="google"))
        with pytest.raises(ConfigError, match="no key for connection 'google'") as caught:
            app.run(plan)
    assert "GEMINI_API_KEY or GOOGLE_API_KEY" in (caught.value.hint or "")


def test_a_working_connection_is_tested_without_cost(relay: tuple[App, Loopback]) -> None:
    app, server = relay
    server.answers[:] = [reply({"models": [{"name": "models/a"}, {"name": "models/b"}]})]
    tested = app.test_connection("relay")
    assert (tested.ok, tested.models) == (True, 2)
    assert [(request.method, request.target) for request in server.requests] == [
        ("GET", "/v1beta/models?pageSize=1000")
    ]
    assert app.store.journal.list_calls(limit=9) == []


def test_a_refused_key_is_told_by_the_test(relay: tuple[App, Loopback]) -> None:
    app, server = relay
    server.answers[:] = [reply({"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}}, status=401)]
    tested = app.test_connection("relay")
    assert not tested.ok
    assert "did not accept the key" in tested.sentence


def test_a_dead_address_is_told_by_the_test(relay: tuple[App, Loopback]) -> None:
    app, server = relay
    server.answers[:] = [Answer(pieces=[], then="close")]
    assert "No answer" in app.test_connection("relay").sentence


def test_the_sandbox_needs_no_test_call(environment: dict[str, str]) -> None:
    with App.open(environment) as app:
        assert app.test_connection("sandbox").ok


def test_calls_run_side_by_side(relay: tuple[App, Loopback]) -> None:
    app, server = relay
    together = threading.Barrier(3, timeout=10)

    def wait_for_the_others(request: object) -> Answer:
        together.wait()
        return reply(picture_reply())

    server.answers[:] = [wait_for_the_others]
    result = app.run(app.plan(Ask(prompt="a fox", connection="relay", model="m", count=3)))
    assert (result.ok, len(result.images)) == (True, 3)


def test_a_callback_that_raises_costs_no_reply(relay: tuple[App, Loopback]) -> None:
    app, _ = relay

    def broken(event: Event) -> None:
        raise ValueError("no screen")

    result = app.run(app.plan(Ask(prompt="a fox", connection="relay", model="m")), on_event=broken)
    assert (result.ok, len(result.images)) == (True, 1)
    assert result.warnings[-1] == "Progress was not shown to its end: on_event raised ValueError('no screen')."


def test_ctrl_c_breaks_off_the_calls_and_records_them(relay: tuple[App, Loopback]) -> None:
    app, server = relay
    server.answers[:] = [Answer(pieces=[b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"])]
    plan = app.plan(Ask(prompt="a fox", connection="relay", model="m"))

    def interrupt(event: Event) -> None:
        if event.phase == "receiving":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        app.run(plan, on_event=interrupt)
    (record,) = app.store.journal.list_calls(limit=9)
    assert (record.state, record.outcome, record.billed) == ("done", "cancelled", "unknown")


def test_after_ctrl_c_the_next_call_is_made(relay: tuple[App, Loopback]) -> None:
    app, server = relay
    server.answers[:] = [Answer(pieces=[b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"]), reply(picture_reply())]
    plan = app.plan(Ask(prompt="a fox", connection="relay", model="m"))

    def interrupt(event: Event) -> None:
        if event.phase == "receiving":
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        app.run(plan, on_event=interrupt)
    assert app.run(plan).ok


def test_an_error_while_storing_reaches_the_caller_and_leaves_an_orphan_to_recover(
    relay: tuple[App, Loopback], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _ = relay

    def full(path: Path, *words: object) -> None:
        raise disk.storage_error(OSError(28, "No space left on device"), path)

    plan = app.plan(Ask(prompt="a fox", connection="relay", model="m"))
    monkeypatch.setattr("limner.store.spool.Spool.__init__", lambda self, path: full(path))
    with pytest.raises(StorageError, match="disk is full"):
        app.run(plan)
    (record,) = app.store.journal.list_calls(limit=9)
    assert record.state == "sent"


def test_a_data_folder_is_private(relay: tuple[App, Loopback], tmp_path: Path) -> None:
    app, _ = relay
    ask(app, Destination.parse(str(tmp_path / "shared") + "/"))
    assert (app.store.home / "blobs").stat().st_mode & 0o077 == 0
    assert (tmp_path / "shared").stat().st_mode & 0o055 == 0o055
