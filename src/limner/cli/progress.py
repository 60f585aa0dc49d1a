"""What a person sees while a call is on its way: a line that moves on a terminal, a rare line in a log."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType

from limner import _clock
from limner.cli.output import Output, shorten
from limner.core.event import Event

FIRST_REPORT_S = 10.0
NEXT_REPORT_S = 30.0
"""Seconds until the first line in a log, and between those after it."""
FRAME_S = 0.1
SILENCE_S = 1.0
"""Seconds without a new word after which the line of progress comes back below the words."""
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_SPINNER = "|/-\\"
_CLEAR_LINE = "\r\x1b[2K"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far the calls are. `bytes` and `phase` are those of each call by its number."""

    total: int
    phases: Mapping[int, str] = field(default_factory=dict)
    bytes: Mapping[int, int] = field(default_factory=dict)
    retry_message: str = ""
    retry_at_s: float = 0.0

    def after(self, event: Event, elapsed_s: float) -> State:
        """The state once `event` has happened, `elapsed_s` seconds after the start."""
        changed = replace(
            self,
            phases={**self.phases, event.call: "receiving" if event.phase == "part" else event.phase},
            bytes={**self.bytes, event.call: max(event.bytes, self.bytes.get(event.call, 0))},
        )
        if event.phase != "retrying":
            return changed
        return replace(changed, retry_message=event.message, retry_at_s=elapsed_s + event.wait_s)


def describe(state: State, what: str, elapsed_s: float) -> str:
    """One line: what is made, how long it takes already, how far it is."""
    words = [what, f"{elapsed_s:.0f} s", _phase(state, elapsed_s)]
    done = sum(phase == "done" for phase in state.phases.values())
    if state.total > 1:
        words.append(f"{done} of {state.total} done")
    received = sum(state.bytes.values())
    if received:
        words.append(f"{received / 1e6:.1f} MB")
    return " · ".join(words)


def next_report_s(elapsed_s: float) -> float:
    """When, in seconds after the start, the next line in a log is due."""
    if elapsed_s < FIRST_REPORT_S:
        return FIRST_REPORT_S
    return FIRST_REPORT_S + (int((elapsed_s - FIRST_REPORT_S) // NEXT_REPORT_S) + 1) * NEXT_REPORT_S


class Progress:
    """Shows the state of `total` calls on stderr while the block runs. Give it every event of the app."""

    def __init__(self, output: Output, what: str, total: int) -> None:
        self._output = output
        self._what = what
        self._state = State(total=total)
        self._started_s = _clock.monotonic_s()
        self._finished = threading.Event()
        self._thread: threading.Thread | None = None
        self._screen = threading.Lock()
        self._drawn = self._line_open = False
        self._told_s = 0.0

    def __enter__(self) -> Progress:
        if not self._output.quiet:
            show = self._animate if self._output.on_terminal else self._report
            self._thread = threading.Thread(target=show, name="limner-progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finished.set()
        if self._thread is not None:
            self._thread.join()
        if self._line_open:
            self._output.raw("\n")

    @property
    def elapsed_s(self) -> float:
        """Seconds since the block began."""
        return _clock.monotonic_s() - self._started_s

    def on_event(self, event: Event) -> None:
        """Take in what happened; any thread may call it."""
        self._state = self._state.after(event, self.elapsed_s)

    def tell(self, text: str) -> None:
        """Show a piece of text above the line of progress; nothing if quiet. Any thread may call it."""
        if self._output.quiet or not text:
            return
        with self._screen:
            if self._drawn:
                self._output.raw(_CLEAR_LINE)
            self._drawn, self._line_open, self._told_s = False, not text.endswith("\n"), self.elapsed_s
            self._output.raw(text)

    def _animate(self) -> None:
        frames = _SPINNER if self._output.speaks_unicode else _PLAIN_SPINNER
        number = 0
        while not self._finished.wait(FRAME_S):
            with self._screen:
                if self._line_open and self.elapsed_s - self._told_s < SILENCE_S:
                    continue
                begin = "\n" if self._line_open else _CLEAR_LINE
                line = f"{frames[number % len(frames)]} {self._line()}"
                self._output.raw(begin + shorten(line, self._output.columns - 1))
                self._drawn, self._line_open = True, False
            number += 1
        if self._drawn:
            self._output.raw(_CLEAR_LINE)

    def _report(self) -> None:
        due_s = next_report_s(0)
        while not self._finished.wait(max(due_s - self.elapsed_s, 0)):
            with self._screen:
                self._output.note(("\n" if self._line_open else "") + self._line())
                self._line_open = False
            due_s = next_report_s(self.elapsed_s)

    def _line(self) -> str:
        return describe(self._state, self._what, self.elapsed_s)


def _phase(state: State, elapsed_s: float) -> str:
    running = [phase for phase in state.phases.values() if phase != "done"]
    if "retrying" in running:
        wait_s = max(state.retry_at_s - elapsed_s, 0)
        return f"{state.retry_message or 'refused for now'}: trying again in {wait_s:.0f} s"
    for phase, words in (("receiving", "receiving"), ("sent", "waiting for the answer"), ("connecting", "connecting")):
        if phase in running:
            return words
    return "finishing" if state.phases else "starting"
