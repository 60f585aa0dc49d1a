"""How a run stands, told at the end of a command: the result on stdout, everything else on stderr."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

from limner._json import JsonObject, JsonValue
from limner.cli.command import Session
from limner.cli.flow_watch import counted, path_of
from limner.cli.generate import display_path, dollars
from limner.cli.history import hash_of
from limner.cli.output import Output, clean, pad
from limner.errors import Billed, LimnerError

if TYPE_CHECKING:
    from limner.runner.workflows import Workflows
    from limner.workflow.model import Stage, Workflow

EXIT_FAILED = 1
"""A stage failed."""
EXIT_PERSON = 4
"""A person is needed: for a form, to choose a picture, to say whether it should be tried again."""
EXIT_STOPPED = 130

_ID_CHARACTERS = 12
_TITLE_COLUMNS = 28
_FOLDER_CHARACTERS = 4

STATUS_WORDS = {
    "idle": "waits",
    "ready": "not started",
    "queued": "queued",
    "running": "under way",
    "review": "choose a picture",
    "completed": "done",
    "stale": "out of date",
    "error": "failed",
}
"""What a person reads for the status of a stage."""


class Ending:
    """Tells how a run stands.

    `out` is the folder to export to, one named after the run by default; JSON is exported only where it is given.
    `stage` is the one whose result is printed.
    """

    def __init__(
        self,
        session: Session,
        flows: Workflows,
        run_id: str,
        *,
        out: Path | None,
        as_json: bool,
        stage: str | None = None,
    ) -> None:
        self._output = session.output
        self._flows = flows
        self._run_id = run_id
        self._out = out
        self._as_json = as_json
        self._document = flows.document(run_id)
        with flows.live.reading(run_id) as state:
            self._workflow: Workflow = state.workflow
        self._stage = self._workflow.stage(stage or self._workflow.result)

    def tell(self, *, stopped: bool = False) -> int:
        """Tell it all; gives the exit code, that of the worst."""
        exported = self._export()
        if self._as_json:
            self._output.json(self._document)
        else:
            self._result(exported)
        self._warnings()
        self._unfinished()
        code = self._problems(exported)
        self._output.note(self._summary(), "dim")
        if exported:
            self._output.note(f"Exported {counted(len(exported), 'file')} to {self._out}.", "green")
        for command in self._next(stopped=stopped, exported=bool(exported)):
            self._output.note(f"Next: {command}", "dim")
        return code

    def _export(self) -> list[Path]:
        if self._out is None:
            if self._as_json or not self._has_pictures():
                return []
            self._out = Path(f"{self._workflow.id}-{self._run_id[-_FOLDER_CHARACTERS:]}")
        from limner.runner.export import export_run

        return export_run(self._flows.app, self._document, self._out)

    def _has_pictures(self) -> bool:
        return any(_has_images(stage["output"]) for stage in self._document["stages"].values())

    def _result(self, exported: list[Path]) -> None:
        stage = self._stage
        status, result = (self._document["stages"][stage.id][name] for name in ("status", "output"))
        if status != "completed" and not (status == "stale" and self._document["status"] == "completed"):
            return
        if stage.kind == "image":
            text = result.get("accompanyingText", "").strip()
            if text:
                self._output.note(text)
            for path in result_paths(self._flows, stage, result, exported):
                self._output.path(display_path(path))
        elif isinstance(result, str):
            self._output.result(result)
        else:
            self._output.json(result)

    def _warnings(self) -> None:
        told: dict[str, None] = {}
        for stage in self._document["stages"].values():
            output = stage["output"]
            if isinstance(output, dict) and "images" in output:
                told.update(dict.fromkeys(output["warnings"]))
            if stage["lastAttempt"] is not None:
                error = stage["lastAttempt"]["error"]
                told[f"{stage['title']}: the last attempt failed; the result before it is kept. {error['message']}"] = (
                    None
                )
        for text in told:
            self._output.warning(text)

    def _unfinished(self) -> None:
        """A line for each stage that is not done."""
        for stage in self._document["stages"].values():
            if stage["status"] in ("completed", "error"):
                continue
            words = STATUS_WORDS[stage["status"]]
            if stage["status"] == "idle":
                words = f"waits for {', '.join(self._title(each) for each in stage['waitsFor'])}"
            elif stage["status"] == "stale":
                words = f"out of date: {'; '.join(stage['staleReasons'])}"
            elif stage["status"] == "ready" and stage["kind"] == "input":
                words = "form to fill in"
            self._output.note(f"  {pad(stage['title'], _TITLE_COLUMNS)}  {words}")

    def _problems(self, exported: list[Path]) -> int:
        """Tell errors; gives the exit code."""
        code = 0
        for stage_id, stage in self._document["stages"].items():
            if stage["status"] == "error":
                self._output.error(self._error(stage_id, stage))
                code = EXIT_FAILED
            elif stage["status"] == "review" and code == 0:
                images = stage["output"]["images"]
                tell_places(self._output, placed(self._flows, images, exported))
                self._output.error(self._selection_needed(stage_id, len(images)))
                code = EXIT_PERSON
        for text in self._flows.problems:
            self._output.warning(f"A fault in Limner: {text}")
        if code == 0 and self._document["status"] != "completed":
            code = EXIT_PERSON
        return code

    def _error(self, stage_id: str, stage: JsonObject) -> LimnerError:
        error = stage["error"]
        message = f"{stage['title']} ({stage_id}): {error['message']}"
        if error["code"] == "interrupted":
            message += f"\n{self._in_doubt(stage_id)}"
        billed = cast(Billed, error.get("billed") or "no")
        return LimnerError(message, code=f"workflow.{error['code']}", hint=error["hint"], billed=billed)

    def _in_doubt(self, stage_id: str) -> str:
        """What the calls of a stage whose fate is unknown may have cost."""
        from limner.core.money import from_micro

        with self._flows.live.reading(self._run_id) as state:
            attempt = state.attempts[str(state.stages[stage_id].last)]
            errors = [call.error for call in attempt.calls.values() if call.error is not None]
        journal = self._flows.app.store.journal
        doubtful = [error for error in errors if error["code"] == "interrupted"]
        records = [journal.find(error["callId"]) for error in doubtful if error.get("callId")]
        reserved = [None if record is None else record.reserved_micro_usd for record in records]
        told = f"{counted(len(doubtful), 'request')} without a complete answer."
        if any(each is None for each in reserved):
            return f"{told} What it may have cost is unknown; the provider's bill tells."
        most = from_micro(sum(each or 0 for each in reserved))
        return f"{told} At most {dollars(most)} may have been billed; the provider's bill tells." if most else told

    def _selection_needed(self, stage_id: str, many: int) -> LimnerError:
        title = self._title(stage_id)
        return LimnerError(
            f"{title} ({stage_id}) made {many} pictures, and somebody must choose one.",
            code="workflow.selection_needed",
            hint=f"With a number up to {many}: limner select {short(self._run_id)} {stage_id} N. "
            "With --select first a run chooses by itself.",
        )

    def _summary(self) -> str:
        cost = self._document["cost"]
        stages = self._document["stages"].values()
        pictures = sum(len(each["output"]["images"]) for each in stages if _has_images(each["output"]))
        money = dollars(Decimal(str(cost["amount"])))
        unknown = cost["unknown"]
        if unknown:
            money = f"{money} and {counted(unknown, 'request')} of unknown cost"
        done = sum(each["status"] == "completed" for each in stages)
        words = [f"Run {short(self._run_id)}", f"{done} of {counted(len(stages), 'stage')} done"]
        return " · ".join([*words, counted(pictures, "picture"), money])

    def _next(self, *, stopped: bool, exported: bool) -> list[str]:
        run = short(self._run_id)
        stages = self._document["stages"]
        with_status = {status: [name for name, each in stages.items() if each["status"] == status] for status in _ASKED}
        if stopped and self._document["status"] == "running":
            return [f"limner resume {run}"]
        if with_status["error"] or (stopped and not with_status["review"]):
            return [f"limner resume {run} --retry"]
        if with_status["review"]:
            return [f"limner select {run} {with_status['review'][0]} N", f"limner resume {run}"]
        if with_status["ready"]:
            form = stages[with_status["ready"][0]]["kind"] == "input"
            return [f"limner resume {run}" if form else f"limner resume {run} --retry"]
        if with_status["stale"]:
            return [f"limner runs update {run} {with_status['stale'][-1]}"]
        commands = []
        if self._stage.redo_enabled:
            item = "" if self._stage.for_each is None else " --item N"
            commands.append(f'limner redo {run} {self._stage.id}{item} --notes "…"')
        if not exported:
            commands.append(f"limner runs export {run} {shlex.quote(self._workflow.id)}/")
        return commands

    def _title(self, stage_id: str) -> str:
        return str(self._document["stages"][stage_id]["title"])


_ASKED = ("error", "review", "ready", "stale")


def result_paths(flows: Workflows, stage: Stage, result: JsonObject, exported: list[Path]) -> list[Path]:
    """Where the pictures of a result are: as exported, else in the data folder. The chosen one is first.

    Of a stage whose picture a person chooses it is that one alone.
    """
    chosen = result["images"][min(result["selectedIndex"], len(result["images"]) - 1)]
    others = [each for each in result["images"] if each is not chosen]
    return placed(flows, [chosen] if stage.selection == "manual" else [chosen, *others], exported)


def placed(flows: Workflows, images: Sequence[JsonObject], exported: Sequence[Path]) -> list[Path]:
    """Where pictures are: as exported, else in the data folder."""
    places: dict[str, Path] = {}
    for path in reversed(exported):
        if path.suffix not in (".json", ".txt", ".md"):
            places[hash_of(path)] = path
    return [places.get(each["sha256"]) or path_of(flows, each) for each in images]


def tell_places(output: Output, paths: Sequence[Path]) -> None:
    """Numbered paths on stderr, exactly: parts of them look like keys, and are not."""
    for number, path in enumerate(paths, start=1):
        if not output.quiet:
            output.raw(f"  {number}  {clean(display_path(path))}\n")


def short(run_id: str) -> str:
    """As much of the id of a run as a person needs to type."""
    return run_id.removeprefix("run_")[:_ID_CHARACTERS]


def _has_images(output: JsonValue) -> bool:
    return isinstance(output, dict) and "images" in output
