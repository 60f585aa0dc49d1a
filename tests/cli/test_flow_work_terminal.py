from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.flows import ONE_PICTURE
from cli.running import Run
from cli.terminal import Terminal

pytestmark = pytest.mark.slow


@pytest.fixture
def terminal(here: Path, environment: dict[str, str]) -> dict[str, str]:
    (here / "one.json").write_text(json.dumps(ONE_PICTURE), "utf-8")
    return {**environment, "TERM": "xterm-256color", "NO_COLOR": "1"}


def test_ctrl_c_waits_for_what_was_sent_and_the_run_goes_on_later(terminal: dict[str, str], here: Path) -> None:
    with Terminal("run", "one.json", "--input", "wish=a fox [[slow:2]]", environment=terminal, folder=here) as screen:
        screen.sees("Picture · ")
        screen.presses_ctrl_c()
        screen.sees("Stopping. 1 request is under way and waited for; nothing new begins.")
        screen.sees("2 of 2 stages done")
        assert screen.ends() == 130


def test_ctrl_c_twice_breaks_it_off_and_says_how_to_go_on(terminal: dict[str, str], here: Path) -> None:
    with Terminal("run", "one.json", "--input", "wish=a fox [[slow:30]]", environment=terminal, folder=here) as screen:
        screen.sees("Picture · ")
        screen.presses_ctrl_c()
        screen.sees("Ctrl-C again breaks off")
        screen.presses_ctrl_c()
        screen.sees("Breaking off.")
        screen.sees("--retry")
        assert screen.ends() == 130


def test_what_a_killed_process_had_sent_is_explained_and_not_sent_again(
    terminal: dict[str, str], here: Path, limner: Run
) -> None:
    asked = ("run", "one.json", "--input", "wish=a fox [[slow:30]]")
    with Terminal(*asked, environment=terminal, folder=here) as screen:
        screen.sees("Picture · ")
        while not limner("history", "--json").document:  # begun, and in a moment on its way
            screen.sees("Picture · ")
        screen.kills()
    listed = limner("runs")
    assert "under way" in listed.out
    assert "this takes it over: limner resume ID" in listed.err
    run = listed.lines[1].split()[0]
    ended = limner("resume", run)
    assert ended.code == 1
    assert "1 request without a complete answer." in ended.err
    assert f"Next: limner resume {run} --retry" in ended.err
    again = limner("resume", run, "--retry", "--input", "wish=a fox", "--json")
    outcomes = [attempt["outcome"] for attempt in again.document["stages"]["picture"]["attempts"]]
    assert (again.code, outcomes) == (0, ["interrupted", "succeeded"])
