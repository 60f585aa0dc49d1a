"""What is shown of a run while it works: one line that moves on a terminal, and a line for each stage that ends."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from limner import _clock
from limner._json import JsonObject
from limner.cli.generate import dollars
from limner.cli.output import Output, one_line, shorten
from limner.cli.progress import Progress

if TYPE_CHECKING:
    from limner.runner.workflows import Workflows
    from limner.workflow.state import Attempt, RunState

_TITLE_COLUMNS = 40
_TEXT_COLUMNS = 72

Draw = Callable[[Path], str]


class Watch(Progress):
    """Shows a run on stderr while the block runs. Give it every event of the run.

    `draw` makes a picture visible; without it pictures are only counted.
    """

    def __init__(self, output: Output, flows: Workflows, run_id: str, draw: Draw | None) -> None:
        super().__init__(output, "", 1)
        self._flows = flows
        self._run_id = run_id
        self._draw = draw
        self._moving = ""
        self._begun_s: dict[str, float] = {}
        self._told: set[tuple[str, str]] = set()

    def __enter__(self) -> Watch:
        super().__enter__()
        return self

    def on_run_event(self, event: JsonObject) -> None:
        """Take in what happened."""
        told: list[str] = []
        with self._flows.live.reading(self._run_id) as state:
            attempt = state.attempts.get(str(event.get("attempt", "")))
            if attempt is not None and attempt.operation != "input":
                told = self._lines(event, state, attempt)
            self._moving = moving_line(state)
        for line in told:
            self.tell(line if line.endswith("\n") and "\x1b" in line else self._safe(line) + "\n")

    def _lines(self, event: JsonObject, state: RunState, attempt: Attempt) -> list[str]:
        title = title_of(state, attempt)
        match event["type"]:
            case "attempt.queued":
                self._begun_s[attempt.id] = _clock.monotonic_s()
                begun = f"{title}: begun, {counted(attempt.total, 'request')}"
                return [] if self._output.on_terminal or not attempt.total else [begun]
            case "call.ended":
                return self._call_lines(event, state, attempt)
            case "attempt.ended":
                return [self._mark(event["outcome"] == "succeeded") + self._ending(event, title, attempt)]
            case "attempt.reused":
                return [f"{self._mark(True)}{title}: taken from {event['from']['run']}, nothing paid"]
            case "stored":
                where = event.get("url")
                return [f"  stored: {where}" if where else f"warning: {title}: not stored: {event.get('error')}"]
            case _:
                return []

    def _call_lines(self, event: JsonObject, state: RunState, attempt: Attempt) -> list[str]:
        error = event.get("error")
        if error is not None:
            if attempt.total == 1 or error["code"] == "interrupted":
                return []  # the end of the attempt says the same
            if (attempt.id, error["message"]) in self._told:
                return []
            self._told.add((attempt.id, error["message"]))
            number = event["number"] + 1
            return [f"warning: {title_of(state, attempt)} {number} of {attempt.total}: {error['message']}"]
        stage = state.revisions[attempt.revision].stage(attempt.stage)
        if self._draw is None or stage.selection == "manual":
            return []
        return [self._draw(path_of(self._flows, image)) for image in event["result"]["images"]]

    def _ending(self, event: JsonObject, title: str, attempt: Attempt) -> str:
        if event["outcome"] == "cancelled":
            return f"{title}: cancelled"
        if event["outcome"] != "succeeded":
            return f"{title}: {event['outcome']}"
        begun_s = self._begun_s.get(attempt.id)
        seconds = [] if begun_s is None else [f"{_clock.monotonic_s() - begun_s:.1f} s"]
        return f"{title}: " + ", ".join([made_words(attempt), *seconds, cost_words(attempt)])

    def _mark(self, good: bool) -> str:
        if self._output.speaks_unicode:
            return "✓ " if good else "✗ "
        return ""

    def _safe(self, text: str) -> str:
        return self._output.redacted(one_line(text))

    def _line(self) -> str:
        return f"{self._safe(self._moving) or 'starting'} · {self.elapsed_s:.0f} s"


def moving_line(state: RunState) -> str:
    """What is under way, in a few words: `Logo 2 of 4, Script`."""
    words = []
    for stage in state.workflow.stages:
        attempt = state.open_attempt(stage.id)
        if attempt is not None:
            done = sum(call.status == "ended" for call in attempt.calls.values())
            number = f" {min(done + 1, attempt.total)} of {attempt.total}" if attempt.total > 1 else ""
            queued = " (queued)" if attempt.started_at_ms is None else ""
            words.append(shorten(one_line(stage.title), _TITLE_COLUMNS) + (queued or number))
    return ", ".join(words)


def title_of(state: RunState, attempt: Attempt) -> str:
    """The title of the stage of an attempt, on one line."""
    return shorten(one_line(state.revisions[attempt.revision].stage(attempt.stage).title), _TITLE_COLUMNS)


def made_words(attempt: Attempt) -> str:
    """What an attempt brought: `4 pictures`, or the beginning of its words."""
    output = attempt.output
    if isinstance(output, dict) and "images" in output:
        return counted(len(output["images"]), "picture")
    if isinstance(output, list):
        return counted(len(output), "item")
    return shorten(one_line(output), _TEXT_COLUMNS) if isinstance(output, str) else "JSON"


def cost_words(attempt: Attempt) -> str:
    """What the requests of an attempt cost."""
    costs = [(call.result or call.error or {}).get("cost") for call in attempt.calls.values() if not call.carried]
    known = sum((Decimal(str(cost)) for cost in costs if cost is not None), Decimal(0))
    if any(cost is None for cost in costs):
        return f"{dollars(known)} and what is unknown" if known else "cost unknown"
    return dollars(known)


def counted(number: int, noun: str) -> str:
    """`1 picture`, `2 pictures`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def path_of(flows: Workflows, image: JsonObject) -> Path:
    """Where the bytes of a picture of a run are."""
    from limner.core.blob import BlobRef

    return flows.app.store.blobs.path(BlobRef(sha256=image["sha256"], size=image["bytes"]))
