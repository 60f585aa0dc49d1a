"""What the program does to the machine, as the interpreter itself reports it: nothing beyond the lists below."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faults.loopback import hear, listening
from faults.replies import canned

TESTS = Path(__file__).parent
REPLY = canned(5, side_px=20)

READ_ONLY_DEVICES = {"/dev/null"}
MAY_LOAD = {("ctypes.dlopen", "(None,)")}
"""NumPy imports `ctypes`, which opens the program itself; nothing is called through it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a process did: the exit codes of its commands, and the events by kind."""

    codes: list[int]
    events: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of one kind."""
        return [event for event in self.events if event["kind"] == kind]


def _run(home: Path, out: Path, commands: list[list[str]], *options: str) -> subprocess.CompletedProcess[str]:
    out.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'src'}",
        "LIMNER_HOME": str(home),
        "HOME": str(out),
        "RELAY_KEY": "sk-" + "0123456789abcdef" * 2,
    }
    command = [sys.executable, "-B", "-m", "audited", json.dumps(commands), *options]
    return subprocess.run(command, env=environment, cwd=out, capture_output=True, text=True, timeout=60)


def _audited(home: Path, out: Path, commands: list[list[str]]) -> Seen:
    ran = _run(home, out, commands)
    assert ran.returncode == 0, ran.stderr
    return Seen(**json.loads(ran.stdout.splitlines()[-1]))


def _serve(connection: socket.socket) -> None:
    while hear(connection) is not None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(REPLY.body)
            + REPLY.body
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all commands of this file work: `home` and `out`."""
    return tmp_path_factory.mktemp("audit")


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    """A provider on loopback, and a connection `relay` to it."""
    with listening(_serve) as number:
        (folder / "home").mkdir()
        (folder / "home" / "config.toml").write_text(
            f'[connections.relay]\nbase_url = "http://127.0.0.1:{number}"\nkey_env = "RELAY_KEY"\n',
            encoding="utf-8",
        )
        yield number


@pytest.fixture(scope="module")
def seen(folder: Path, port: int) -> Seen:
    """Everything at once: a crash to recover from, then making, editing, by the sandbox and over HTTP, and looking."""
    home, out = folder / "home", folder / "out"
    died = _run(home, out, [["generate", "a lost fox", "-c", "relay", "-o", "lost/"]], "--die-with-picture")
    assert died.returncode == 9, died.stderr
    return _audited(
        home,
        out,
        [
            ["recover"],
            ["generate", "a red fox", "-c", "sandbox", "-o", "fox.png", "--size", "512"],
            ["edit", "make it blue", "-i", "fox.png", "-c", "sandbox", "-o", "blue.png"],
            ["generate", "a brass helmet", "-c", "relay", "-o", "helmets/"],
            ["history"],
            ["models"],
        ],
    )


def test_every_command_of_the_audit_works(seen: Seen, folder: Path) -> None:
    assert seen.codes == [0] * 6
    made = sorted(str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.png"))
    assert made == ["blue.png", "fox.png", "helmets/a-brass-helmet.png", "lost/a-lost-fox.png"]


def test_nothing_is_written_outside_the_data_folder_and_where_pictures_are_wanted(seen: Seen, folder: Path) -> None:
    inside = str(folder)
    paths = [path for event in seen.of("write") for path in event["what"]]
    absolute = {os.path.normpath(os.path.join(folder / "out", path)) for path in paths}
    outside = {path for path in absolute if not path.startswith(inside)} - READ_ONLY_DEVICES
    assert len(absolute) > 10
    assert outside == set()


def test_no_connection_is_made_but_to_the_provider(seen: Seen, port: int) -> None:
    targets = {what for event in seen.of("connect") if event["event"] == "socket.connect" for what in event["what"]}
    assert targets == {f"('127.0.0.1', {port})"}
    assert {event["event"] for event in seen.of("connect")} <= {"socket.connect", "socket.getaddrinfo"}


def test_no_process_is_started(seen: Seen) -> None:
    assert seen.of("start") == []


def test_nothing_is_unpickled_and_no_library_is_loaded_by_hand(seen: Seen) -> None:
    loaded = {(event["event"], event["what"][0]) for event in seen.of("load")}
    assert loaded <= MAY_LOAD


def test_the_hook_sees_what_it_is_there_to_see(tmp_path: Path) -> None:
    script = (
        "import json, audited; seen = audited.watch(); import os, pickle, socket, subprocess\n"
        f"open({str(tmp_path / 'x')!r}, 'w').close(); os.mkdir({str(tmp_path / 'y')!r})\n"
        "subprocess.run(['true']); pickle.loads(pickle.dumps(print))\n"
        "s = socket.socket(); s.connect_ex(('127.0.0.1', 9)); import ctypes; ctypes.CDLL(None)\n"
        "print(json.dumps(sorted({event['event'] for event in seen})))\n"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(TESTS)}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert {"open", "os.mkdir", "subprocess.Popen", "pickle.find_class", "socket.connect", "ctypes.dlopen"} <= set(
        json.loads(ran.stdout)
    )
