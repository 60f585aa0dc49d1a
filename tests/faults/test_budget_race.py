"""Many processes spend one budget at once, some of them killed in the middle: never over, never forgotten."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from limner.app import App, Ask
from limner.app.costs import cost_report
from loopback import Answer, Loopback, Request, picture_reply, reply, serving

pytestmark = pytest.mark.faults

PROCESSES, CALLS_EACH = 6, 20
BUDGET = Decimal("3.00")

SPENDER = f"""
import sys
from limner import Client, QuotaError
with Client(connection="relay") as limner:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range({CALLS_EACH}):
        try:
            limner.generate("a fox", check=False)
        except QuotaError:
            break
"""


class Killer:
    """Kills one of the processes with each 7th request, before that request is answered."""

    def __init__(self) -> None:
        self.victims: list[subprocess.Popen[bytes]] = []
        self.requests = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        with self._lock:
            self.requests += 1
            if self.requests % 7 == 0 and self.victims:
                self.victims.pop().send_signal(signal.SIGKILL)
        return reply(picture_reply())


@contextlib.contextmanager
def spending(home: Path, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    environment = {**os.environ, "LIMNER_HOME": str(home), "RELAY_KEY": "k-1234567890"}
    processes = [
        subprocess.Popen([sys.executable, "-c", SPENDER], env=environment, stdin=-1, stdout=-1) for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    yield processes
    for process in processes:
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


def write_settings(home: Path, server: Loopback) -> None:
    home.mkdir()
    (home / "config.toml").write_text(
        f"[budget]\nper_day_usd = {BUDGET}\n"
        f'[connections.relay]\nbase_url = {json.dumps(server.url)}\nkey_env = "RELAY_KEY"\n',
        encoding="utf-8",
    )


@pytest.mark.parametrize("victims", [0, 3])
def test_processes_that_race_never_exceed_a_budget(tmp_path: Path, victims: int) -> None:
    home, killer = tmp_path / "home", Killer()
    with serving(reply(picture_reply())) as server:
        server.answers[:] = [killer]
        write_settings(home, server)
        with spending(home, PROCESSES) as processes:
            killer.victims = processes[:victims]
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(b"go\n")
                process.stdin.flush()
        with App.open({"LIMNER_HOME": str(home), "RELAY_KEY": "k-1234567890"}) as app:
            app.recover()
            total = cost_report(app.store.ledger, "day").total
            calls = app.store.journal.list_calls(limit=1000)
            each = app.plan(Ask(prompt="a fox", connection="relay")).quote.upper_usd
    assert each is not None
    left = [call for call in calls if call.attempts]
    interrupted = [call for call in left if call.outcome == "interrupted"]
    assert len(interrupted) <= victims
    assert len(left) >= len(server.requests), "every request that reached the provider is in the books"
    assert total.cost + total.reserved <= BUDGET * 1_000_000
    assert total.cost == sum(Decimal(call.cost_usd or 0) for call in left) * 1_000_000
    assert total.reserved == sum(call.reserved_micro_usd or 0 for call in interrupted)
    assert total.cost + total.reserved + each * 1_000_000 > BUDGET * 1_000_000, "the budget is used to its end"
