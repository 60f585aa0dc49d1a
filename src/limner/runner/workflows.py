"""Workflows from end to end: loaded, started, carried on, watched. The front ends use nothing below this."""

from __future__ import annotations

import contextlib
import json
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from limner import _clock
from limner._json import JsonObject, JsonValue
from limner.app import App
from limner.app.inputs import ImageSource
from limner.errors import InvalidRequestError, LimnerError
from limner.runner.assets import asset_of, output_of, with_assets
from limner.runner.live import LiveRuns
from limner.runner.places import open_named, places_of
from limner.runner.uploads import Uploads
from limner.runner.workers import Workers
from limner.workflow import operations
from limner.workflow.load import Loaded, load
from limner.workflow.places import Choice
from limner.workflow.state import RunState
from limner.workflow.status import run_status
from limner.workflow.view import run_document

Inputs = Mapping[str, Mapping[str, JsonValue]]
"""For each input stage the values of its form; a picture is a path, bytes, an `Image` or an asset."""

Source = str | Path | bytes | JsonObject
"""A workflow: the path of its file, the text of the file as bytes, or the document in it."""

OnEvent = Callable[[JsonObject], None]

CHANGE_S = 0.25
"""Longest time until a change that another process made is seen, in seconds."""
MEND_S = 2.0
"""Seconds between two looks for work that an ended process left."""
TAKE_OVER_S = 3.0
"""Seconds between two looks of one that serves all runs, for those that an ended process left."""
QUIET_S = 1.0
"""How long nothing must happen before `autoRun: "always"` starts a stage again, in seconds."""


class Workflows:
    """The runs of one data folder. Safe to use from several threads; close it, or use it in a `with` block."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.live = LiveRuns(app.store.runs, lambda: places_of(app))
        self.uploads = Uploads(app, self.live, lambda name: open_named(app, name))
        self._workers = Workers(app, self.live, self.uploads)
        self._closed = threading.Event()
        self._keeper: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Begin nothing new and wait for the requests under way; the runs can be resumed. Repeat it if interrupted."""
        self._closed.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        self._workers.close()

    def break_off(self) -> None:
        """Break off the requests under way: each ends as `cancelled`, and those that were sent may be billed."""
        self.app.break_off()

    def load(self, source: Source, *, strict: bool = False) -> Loaded:
        """Read a workflow, with everything that is wrong with it. Raises `InvalidRequestError` for no file."""
        if isinstance(source, bytes):
            text = source
        else:
            text = json.dumps(source).encode() if isinstance(source, dict) else _read(Path(source))
        return load(text, places_of(self.app), strict=strict, targets=tuple(self.app.settings.targets))

    def create(
        self,
        source: Source,
        *,
        choice: Choice | None = None,
        unattended: bool = False,
        select: str | None = None,
        reuse: bool = False,
        unlisted: bool = False,
    ) -> str:
        """A new run of a workflow, with nothing given yet; gives its id.

        `unattended` starts every AI stage by itself, `select` chooses where a person would (`first`, `all`, a number
        from 1), `reuse` takes what an earlier run made of the same. Raises `WorkflowError` where the file is wrong.
        """
        workflow = checked(self.load(source)).workflow
        assert workflow is not None
        run_id = self.app.store.runs.create(workflow.id, workflow.name)
        wanted = choice or Choice()
        event: JsonObject = {
            "type": "run.started",
            "workflow": workflow.document,
            "choice": {"model": wanted.model, "connection": wanted.connection, "aspectRatio": wanted.aspect_ratio},
            "unattended": unattended,
            "select": select,
            "reuse": reuse,
            "unlisted": unlisted,
        }
        self._extend(run_id, lambda _: [event])
        return run_id

    def give(self, run_id: str, inputs: Inputs, *, fill: bool = False) -> None:
        """Fill in forms: all of `inputs` or, where one is wrong, none. `fill` takes defaults for what is left out."""
        with self.live.reading(run_id) as state:
            fields = {stage: operations.find_stage(state, stage).fields for stage in inputs}
        values = {stage: with_assets(self.app, fields[stage], given) for stage, given in inputs.items()}

        def made(state: RunState) -> list[JsonObject]:
            events: list[JsonObject] = []
            for stage, given in values.items():
                found = operations.give(state, stage, given, fill=fill)
                events += [{**event, **_renumbered(event, state, events)} for event in found]
            return events

        self._extend(run_id, made)

    def filled(self, run_id: str, inputs: Inputs) -> Inputs:
        """`inputs` with an empty form for every input stage that they leave out, so that its defaults are taken."""
        with self.live.reading(run_id) as state:
            forms = [stage.id for stage in state.workflow.stages if stage.fields and not stage.asks_model]
        return {**{stage: {} for stage in forms}, **inputs}

    def run(self, run_id: str, stage: str, *, force: bool = False, seen: str | None = None) -> None:
        """Start a stage, or start it again after an error.

        `seen` is the last attempt that the person saw (empty: none): a second click must not pay a second time.
        """

        def made(state: RunState) -> Sequence[JsonObject]:
            operations.check_seen(state, stage, seen)
            return operations.run(state, stage, places_of(self.app), force=force)

        self._extend(run_id, made)

    def update(self, run_id: str, stage: str) -> None:
        """Bring a stage and everything before it up to date."""
        self._extend(run_id, lambda state: operations.update(state, stage))

    def redo(
        self,
        run_id: str,
        stage: str,
        wish: operations.RedoWish,
        *,
        image: ImageSource | None = None,
        seen: str | None = None,
    ) -> None:
        """Make the result of a stage again; `image` is a picture to change instead of the displayed one.

        `seen` as in `run`.
        """
        if image is not None:
            asset = asset_of(self.app, image)
            wish = _with_basis(wish, {**asset, "id": asset["assetId"]})

        def made(state: RunState) -> Sequence[JsonObject]:
            operations.check_seen(state, stage, seen)
            return operations.redo(state, stage, places_of(self.app), wish)

        self._extend(run_id, made)

    def select(self, run_id: str, stage: str, index: int, *, attempt: str | None = None) -> None:
        """Let a picture (from 0) be the output of its stage."""
        self._extend(run_id, lambda state: operations.select(state, stage, index, attempt))

    def import_output(self, run_id: str, stage: str, document: JsonValue) -> None:
        """Take an output that was made elsewhere as the result of an image stage; older shapes are read too."""
        output = output_of(self.app, document)
        self._extend(run_id, lambda state: operations.take_output(state, stage, output))

    def reset(self, run_id: str, stage: str) -> None:
        """Forget the output of a stage."""
        self._extend(run_id, lambda state: operations.reset(state, stage))

    def cancel(self, run_id: str, stage: str | None = None) -> None:
        """Stop what is queued or under way. What was sent is still received and kept."""
        self._extend(run_id, lambda state: operations.cancel(state, stage))
        if stage is None:
            self._workers.cancel(run_id)

    def use_file(self, run_id: str, source: Source) -> None:
        """Go on with an edited workflow; stages whose requests would differ become stale."""
        workflow = checked(self.load(source)).workflow
        assert workflow is not None
        self._extend(run_id, lambda _: [{"type": "run.replaced", "workflow": workflow.document}])

    def find(self, prefix: str) -> str:
        """The id of the run that begins so. Raises `InvalidRequestError` where there is none, or several."""
        found = self.app.store.runs.find_by_prefix(prefix) if prefix else []
        exact = [each for each in found if each.run_id in (prefix, f"run_{prefix}")]
        if len(exact or found) != 1:
            message = f"Several runs begin with {prefix[:40]!r}." if found else f"There is no run {prefix[:40]!r}."
            raise InvalidRequestError(message, code="workflow.unknown_run", hint="`limner runs` lists them.")
        return (exact or found)[0].run_id

    def document(self, run_id: str) -> JsonObject:
        """The run as one JSON document."""
        with self.live.reading(run_id) as state:
            return run_document(state)

    def resume(self, run_id: str) -> None:
        """Carry on a run: take over what ended processes left, and start what can start.

        What was sent and has no answer ends as `interrupted`: it is not sent again by itself.
        """
        self._workers.start()
        self._extend(run_id, lambda _: [])
        self._workers.mend(run_id)
        self.uploads.want_all(run_id)
        self.uploads.make(run_id)

    def wait(self, run_id: str, on_event: OnEvent | None = None, *, after: int = 0) -> JsonObject:
        """Work on a run until nothing is under way, and its pictures are where they are to be copied.

        Gives its document. `on_event` hears every event after `after`.
        """
        self._workers.start()
        seen, mended_s, changed_s = after, -math.inf, _clock.monotonic_s()
        while True:
            news = self.app.store.runs.events(run_id, after=seen)
            for event in news:
                seen = event["n"]
                if on_event is not None:
                    on_event(event)
            now_s = _clock.monotonic_s()
            changed_s = now_s if news else changed_s
            with self.live.reading(run_id) as state:
                is_running, always, last = run_status(state) == "running", _has_always(state), state.number
            if is_running and now_s - mended_s > MEND_S:
                mended_s = now_s
                self._workers.mend(run_id)
            if not is_running and seen >= last:
                self.uploads.finish(run_id)
                is_quiet = not always or now_s - changed_s >= QUIET_S
                if is_quiet and not self._has_news(run_id, seen) and not (always and self.quieten(run_id)):
                    return self.document(run_id)
            with self.live.changed:
                if not self._has_news(run_id, seen):
                    self.live.changed.wait(CHANGE_S)

    def _has_news(self, run_id: str, seen: int) -> bool:
        return bool(self.app.store.runs.events(run_id, after=seen, limit=1))

    def serve(self) -> None:
        """Work on every run of the data folder from now on, until `close`: what ended processes leave, too."""
        self._workers.start()
        self._take_over(self.resume)
        self._closed.clear()
        self._keeper = threading.Thread(target=self._keep_taking_over, name="limner-keeper", daemon=True)
        self._keeper.start()

    def _keep_taking_over(self) -> None:
        while not self._closed.wait(TAKE_OVER_S):
            self._take_over(self._workers.mend)

    def _take_over(self, how: Callable[[str], None]) -> None:
        for record in self.app.store.runs.list_runs(limit=-1, status="running"):
            with contextlib.suppress(LimnerError):  # a run that cannot be read says so when it is asked for
                how(record.run_id)

    def quieten(self, run_id: str) -> bool:
        """Say that nothing has happened in a run for `QUIET_S`; true if `autoRun: "always"` started something then."""
        return self._extend(run_id, lambda _: [], quiet=True)

    @property
    def problems(self) -> Sequence[str]:
        """Faults of ours while carrying out requests; empty if all is well."""
        return self._workers.problems

    def _extend(self, run_id: str, make: Callable[[RunState], Sequence[JsonObject]], *, quiet: bool = False) -> bool:
        added = self.live.extend(run_id, make, quiet=quiet)
        self._workers.make(run_id, added)
        return bool(added)


class WorkflowError(InvalidRequestError):
    """A workflow file is wrong; `loaded` has everything that was found."""

    def __init__(self, loaded: Loaded) -> None:
        errors = [each for each in loaded.diagnostics if each.level == "error"]
        told = [f"{each.line}:{each.column} {each.code} {each.message}" for each in errors]
        super().__init__(
            "\n".join(told), code="workflow.invalid", hint=errors[0].hint or "`limner validate` tells more."
        )
        self.loaded = loaded


def checked(loaded: Loaded) -> Loaded:
    """The same; raises `WorkflowError` where there is an error in it."""
    if not loaded.ok:
        raise WorkflowError(loaded)
    return loaded


def _renumbered(event: JsonObject, state: RunState, before: Sequence[JsonObject]) -> JsonObject:
    """Attempts of one batch of events get numbers one after the other."""
    if "attempt" not in event:
        return {}
    earlier = sum("attempt" in each for each in before)
    return {"attempt": f"att_{len(state.attempts) + 1 + earlier}"}


def _with_basis(wish: operations.RedoWish, basis: JsonObject) -> operations.RedoWish:
    from dataclasses import replace

    return replace(wish, basis=basis)


def _has_always(state: RunState) -> bool:
    return any(stage.auto_run == "always" for stage in state.workflow.stages)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise InvalidRequestError(
            f"{str(path)!r} cannot be read: {problem.strerror}.",
            code="workflow.file",
            hint="Check the name of the file.",
        ) from problem
