"""A call is broken off at each of its points, by provider or user: it is never sent again, and its fate is told."""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.bench import Bench
from faults.cuts import ENDS, End
from faults.driver import KEY_VARIABLE, PROMPTS
from faults.invariants import Verdict, journal
from faults.points import POINTS, Point, stopping
from faults.provider import REPLIES
from faults.replies import picture
from faults.sweep import Tally
from limner.app.app import App
from limner.app.plan import Ask
from limner.app.result import CallResult
from limner.providers.retry import RetryPolicy
from limner.store.journal import CallRecord

pytestmark = pytest.mark.faults

BIG_INPUT = picture(7, side_px=2_900)
"""8 MB: more than the buffers between two sockets hold, so that sending it can be broken off in the middle."""

INTERRUPTED_BY_USER = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What must be said of a call that was broken off."""

    outcomes: tuple[str, ...]
    billed: str


IN_DOUBT = Fate(outcomes=("network", "truncated", "protocol", "empty"), billed="unknown")
CANCELLED = Fate(outcomes=("cancelled",), billed="unknown")
THERE = Fate(outcomes=("image",), billed="yes")


def _made(port: int, home: Path) -> tuple[CallResult, CallRecord]:
    """A call to the server at `port`, with retries on, and what the journal says of it."""
    home.mkdir()
    (home / "config.toml").write_text(
        f'[connections.relay]\nbase_url = "http://127.0.0.1:{port}"\nkey_env = "{KEY_VARIABLE}"\n',
        encoding="utf-8",
    )
    environment = {"LIMNER_HOME": str(home), "HOME": str(home), KEY_VARIABLE: "sk-" + "0123456789abcdef" * 2}
    with App(environment, retry=RetryPolicy(base_delay_s=0.0, max_attempts=3)) as app:
        plan = app.plan(Ask(prompt="a red fox", images=(BIG_INPUT,), connection="relay"))
        (call,) = app.run(plan).calls
        (record,) = app.store.journal.list_calls(limit=9)
    return call, record


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("point", POINTS)
def test_a_provider_that_breaks_off_is_not_asked_again_and_may_have_billed(
    point: Point, end: End, tmp_path: Path, tally: Tally
) -> None:
    fate = THERE if point in ("picture there", "all there") else IN_DOUBT
    with stopping(REPLIES[0], point, end) as server:
        call, record = _made(server.port, tmp_path / "home")
    repeated = ("paid twice: it was asked again",) if server.requests > 1 else ()
    tally.add("provider breaks off at each of 8 points", [Verdict(trial=point, problems=repeated)])
    assert server.requests <= 1
    if server.requests == 0 and record.billed == "no":
        return  # the connection was gone before the first byte of the request: it may be tried again
    assert record.attempts == 1
    if point != "connected":  # a connection reset while it is made is made again: nothing had left
        assert (server.connections, call.attempts) == (1, 1)
    assert call.outcome.kind.value in fate.outcomes
    assert (record.state, record.outcome, record.billed) == ("done", call.outcome.kind.value, fate.billed)


def test_a_provider_that_cannot_be_reached_is_tried_again_and_billed_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    call, record = _made(port, tmp_path / "home")
    assert (call.outcome.kind.value, call.attempts) == ("network", 3)
    assert (record.state, record.outcome, record.billed) == ("done", "network", "no")


@pytest.mark.parametrize("point", POINTS[:-1])
def test_ctrl_c_breaks_the_call_off_and_the_next_run_does_not_repeat_it(
    point: Point, found: list[Bench], tally: Tally
) -> None:
    bench = found[0]
    place = bench.place()
    (place.root / "in.png").write_bytes(BIG_INPUT)
    fate = THERE if point == "picture there" else CANCELLED
    with stopping(REPLIES[0], point, None) as server:
        settings = place.home / "config.toml"
        provider = settings.read_text(encoding="utf-8")
        settings.write_text(provider.replace(f":{bench.provider.port}/", f":{server.port}/"), encoding="utf-8")
        pid = bench.driver.start(place.job(edit_all=True))
        assert server.reached.wait(10)
        os.kill(pid, signal.SIGINT)
        ran = bench.driver.finish(pid)
    settings.write_text(provider, encoding="utf-8")
    (record,) = journal(place)
    restart = bench.driver.run(place.job())
    paid_again = bench.provider.bill[place.name][0]
    problems = ("paid twice: the cancelled call was repeated",) if paid_again else ()
    tally.add("Ctrl-C at each of 7 points", [Verdict(trial=point, problems=problems)])
    assert (ran.exit, record.prompt, record.state) == (INTERRUPTED_BY_USER, 0, "done")
    assert record.outcome in fate.outcomes
    assert record.billed == fate.billed
    assert (restart.exit, paid_again) == (0, 0)
    assert len({call.prompt for call in journal(place)}) == len(PROMPTS)
    bench.clear(place)
