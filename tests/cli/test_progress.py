from __future__ import annotations

import sys

import pytest

from limner.cli.output import Output
from limner.cli.progress import Progress, State, describe, next_report_s
from limner.core.event import Event


def after(*events: Event, total: int = 1, elapsed_s: float = 0.0) -> State:
    state = State(total=total)
    for event in events:
        state = state.after(event, elapsed_s)
    return state


def test_before_anything_happened_it_is_starting() -> None:
    assert describe(after(), "sandbox-1", 0.2) == "sandbox-1 · 0 s · starting"


def test_a_sent_call_waits_for_the_answer() -> None:
    state = after(Event(call=0, phase="connecting"), Event(call=0, phase="sent"))
    assert describe(state, "sandbox-1", 12.3) == "sandbox-1 · 12 s · waiting for the answer"


def test_received_bytes_of_all_calls_are_added_up() -> None:
    state = after(
        Event(call=0, phase="receiving", bytes=1_500_000),
        Event(call=1, phase="receiving", bytes=700_000),
        Event(call=0, phase="done"),
        total=2,
    )
    assert describe(state, "m", 3.0) == "m · 3 s · receiving · 1 of 2 done · 2.2 MB"


def test_a_wait_counts_down_and_says_why() -> None:
    state = after(Event(call=0, phase="retrying", wait_s=26.0, message="Too many requests"), elapsed_s=4.0)
    assert describe(state, "m", 10.0) == "m · 10 s · Too many requests: trying again in 20 s"


def test_when_all_calls_are_done_it_is_finishing() -> None:
    assert describe(after(Event(call=0, phase="done")), "m", 1.0) == "m · 1 s · finishing"


@pytest.mark.parametrize(("elapsed_s", "due_s"), [(0, 10), (9.9, 10), (10, 40), (39, 40), (40, 70), (75, 100)])
def test_a_log_gets_a_line_after_10_s_and_each_30_s_after_it(elapsed_s: float, due_s: float) -> None:
    assert next_report_s(elapsed_s) == due_s


def test_a_quick_call_leaves_no_line_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Output({}), "sandbox-1", 1) as progress:
        progress.on_event(Event(call=0, phase="done"))
    assert capsys.readouterr().err == ""


def test_a_terminal_is_left_with_an_empty_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress(Output({}), "sandbox-1", 1) as progress:
        while "starting" not in (shown := capsys.readouterr().err):
            pass
        progress.on_event(Event(call=0, phase="done"))
    assert shown.startswith("\r\x1b[2K")
    assert capsys.readouterr().err.endswith("\r\x1b[2K")
