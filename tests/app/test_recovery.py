"""A process is killed at each named point of a call; the next start must find exactly what had arrived."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from limner.app import App
from loopback import PNG_1X1, Answer, chunked, picture_reply, reply, serving

CHILD = """
import os, sys
from pathlib import Path
from limner import _faults
from limner.app import App, Ask, Destination
point, out = sys.argv[1:]
_faults.arm(point, lambda: os.kill(os.getpid(), 9))
with App.open() as app:
    plan = app.plan(Ask(prompt="a red fox", connection="relay", model="gemini-nano-banana-2.1"))
    app.run(plan, destination=Destination.parse(out))
"""


@dataclass(frozen=True, kw_only=True)
class After:
    """What is there after the kill and the next start."""

    outcome: str
    billed: str
    delivered: list[str]
    bill: int
    notices: list[str]


def kill_at(point: str, tmp_path: Path, answer: Answer) -> After:
    home, out = tmp_path / "home", tmp_path / "out"
    with serving(answer) as server:
        home.mkdir()
        lines = {"preset": "new-api", "base_url": server.url, "key_env": "RELAY_KEY"}
        text = "[connections.relay]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
        (home / "config.toml").write_text(text, encoding="utf-8")
        environment = {"LIMNER_HOME": str(home), "RELAY_KEY": "k-1234567890"}
        words = [sys.executable, "-c", CHILD, point, f"{out}/"]
        done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, check=False, timeout=30)
        assert done.returncode == -9, done.stderr.decode()
        with App.open(environment) as app:
            (record,) = app.store.journal.list_calls(limit=9)
            notices = app.notices
        assert [path.name for path in (home / "spool").iterdir()] == []
        return After(
            outcome=record.outcome or "sent",
            billed=record.billed or "",
            delivered=sorted(path.name for path in out.iterdir()) if out.exists() else [],
            bill=len(server.requests),
            notices=notices,
        )


@pytest.mark.parametrize("point", ["after-picture", "after-spool", "before-done", "after-done"])
def test_a_picture_that_had_arrived_is_delivered_by_the_next_start(point: str, tmp_path: Path) -> None:
    after = kill_at(point, tmp_path, reply(picture_reply()))
    assert (after.outcome, after.billed, after.delivered, after.bill) == ("image", "yes", ["a-red-fox.png"], 1)
    assert (tmp_path / "out" / "a-red-fox.png").read_bytes() == PNG_1X1
    assert after.notices[0].startswith("Recovered what an interrupted command had left")


def test_a_call_of_unknown_fate_is_reported_and_never_repeated(tmp_path: Path) -> None:
    after = kill_at("after-sent", tmp_path, reply(picture_reply()))
    assert (after.outcome, after.billed, after.delivered, after.bill) == ("interrupted", "unknown", [], 0)
    assert "may have been billed and was not repeated" in after.notices[0]


def test_an_error_that_had_arrived_is_known_to_be_free(tmp_path: Path) -> None:
    refused = {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": "no"}}
    after = kill_at("after-spool", tmp_path, reply(refused, status=400))
    assert (after.outcome, after.billed, after.delivered) == ("refused_request", "no", [])


def test_a_picture_survives_although_the_rest_of_the_reply_never_came(tmp_path: Path) -> None:
    body = json.dumps(picture_reply()).encode()
    cut = body.index(b'"finishReason"')
    after = kill_at("after-picture", tmp_path, chunked([body[:cut], body[cut:]]))
    assert (after.outcome, after.delivered) == ("image", ["a-red-fox.png"])


def test_a_second_start_finds_nothing_to_do(tmp_path: Path) -> None:
    kill_at("after-spool", tmp_path, reply(picture_reply()))
    with App.open({"LIMNER_HOME": str(tmp_path / "home")}) as app:
        assert not app.recover().found_anything
        assert app.notices == []
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a-red-fox.png"]
