"""A run carried on from here to its end, or to where a person is needed: watched, asked about, told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from limner._json import JsonObject
from limner.cli.command import Session
from limner.cli.flow_ask import Asker, can_ask
from limner.cli.flow_end import EXIT_STOPPED, Ending
from limner.cli.flow_watch import Watch, counted
from limner.cli.generate import can_preview, drawn_preview
from limner.errors import InvalidRequestError

if TYPE_CHECKING:
    from limner.runner.workflows import Workflows
    from limner.workflow.model import Stage
    from limner.workflow.state import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a run is carried on and told. `select` chooses where a person would; `retry` starts failed stages again."""

    yes: bool = False
    as_json: bool = False
    select: str | None = None
    out: Path | None = None
    retry: bool = False


class Work:
    """Carries on one run. `given` are values for forms to come, `after` the last event that is known already.

    `stage` is the one whose result is printed, that of the run by default.
    """

    def __init__(
        self,
        session: Session,
        flows: Workflows,
        run_id: str,
        manner: Manner,
        *,
        given: Mapping[str, JsonObject] | None = None,
        after: int = 0,
        stage: str | None = None,
    ) -> None:
        self._session = session
        self._flows = flows
        self._run_id = run_id
        self._manner = manner
        self._given = given or {}
        self._seen = after
        self._stage = stage
        asks = can_ask(session, yes=manner.yes, as_json=manner.as_json)
        self._asker = Asker(session, flows.app) if asks else None

    def go(self) -> int:
        """Work until nothing can go on without a person; gives the exit code."""
        stopped = False
        try:
            self._work()
            if self._manner.retry and self._retry():
                self._work()
            while self._attend():
                self._work()
        except (KeyboardInterrupt, click.Abort):
            self._stop()
            stopped = True
        manner = self._manner
        ending = Ending(
            self._session, self._flows, self._run_id, out=manner.out, as_json=manner.as_json, stage=self._stage
        )
        code = ending.tell(stopped=stopped)
        return EXIT_STOPPED if stopped else code

    def _work(self) -> None:
        output = self._session.output
        shows = can_preview(output) and not self._manner.as_json
        with Watch(output, self._flows, self._run_id, drawn_preview(self._session) if shows else None) as watch:
            self._flows.resume(self._run_id)

            def on_event(event: JsonObject) -> None:
                self._seen = event["n"]
                watch.on_run_event(event)

            self._flows.wait(self._run_id, on_event, after=self._seen)

    def _retry(self) -> bool:
        """Start what failed or was cancelled once more; false where there is nothing of the kind."""
        from limner.workflow.status import standing

        with self._flows.live.reading(self._run_id) as state:
            again = [
                stage.id
                for stage in state.workflow.stages
                if stage.asks_model
                and (
                    standing(state, stage.id).status == "error"
                    or (standing(state, stage.id).status == "ready" and state.stages[stage.id].began)
                )
            ]
        for stage_id in again:
            self._flows.run(self._run_id, stage_id)
        return bool(again)

    def _attend(self) -> bool:
        """Do what a person is needed for, if one can be asked or has said it before; true if something was done."""
        with self._flows.live.reading(self._run_id) as state:
            stages = people_needed(state)
            reviews = [stage for stage in stages if not _wants_form(state, stage)]
            pictures = {stage.id: state.active(stage.id) for stage in reviews}
        done = False
        for stage in stages:
            if stage in reviews:
                attempt = pictures[stage.id]
                assert attempt is not None
                chosen = self._choice(stage, attempt.output["images"])
                if chosen is not None:
                    self._flows.select(self._run_id, stage.id, chosen)
                    done = True
            elif self._asker is not None:
                values = self._asker.form(stage, self._given.get(stage.id, {}))
                self._flows.give(self._run_id, {stage.id: values})
                done = True
        return done

    def _choice(self, stage: Stage, images: list[JsonObject]) -> int | None:
        from limner.runner.assets import stored_image

        if self._manner.select is not None:
            return index_of(self._manner.select, len(images))
        if self._asker is None:
            return None
        return self._asker.choice(stage.title, [stored_image(self._flows.app, image) for image in images])

    def _stop(self) -> None:
        """Begin nothing new and wait for what was sent; once more Ctrl-C breaks that off."""
        try:
            self._tell_stopping()
            self._flows.close()
        except KeyboardInterrupt:
            self._session.output.note("Breaking off.", "yellow")
            self._flows.break_off()
            self._flows.close()

    def _tell_stopping(self) -> None:
        with self._flows.live.reading(self._run_id) as state:
            sent = sum(call.status == "running" for attempt in state.open_attempts() for call in attempt.calls.values())
            billed = "" if only_sandbox(self._flows, state) else "; they may be billed all the same"
        if sent:
            be = "is" if sent == 1 else "are"
            self._session.output.note(
                f"Stopping. {counted(sent, 'request')} {be} under way and waited for; nothing new begins. "
                f"Ctrl-C again breaks off{billed}.",
                "yellow",
            )


def people_needed(state: RunState) -> list[Stage]:
    """The stages that wait for a person, in the order they run; none where the run failed."""
    from limner.workflow.status import run_status, standing

    if run_status(state) in ("failed", "running"):
        return []
    stages = [state.stage(stage_id) for stage_id in state.workflow.order]
    return [
        stage
        for stage in stages
        if standing(state, stage.id).status == "review"
        or (standing(state, stage.id).status == "ready" and _wants_form(state, stage))
    ]


def only_sandbox(flows: Workflows, state: RunState) -> bool:
    """Whether all that is under way goes to a sandbox."""
    from limner.runner.places import places_of
    from limner.workflow.build import choice_of

    places = places_of(flows.app)
    return all(
        places.place(state.revisions[attempt.revision].stage(attempt.stage), choice_of(state, attempt)).is_sandbox
        for attempt in state.open_attempts()
    )


def index_of(select: str, many: int) -> int:
    """The picture (from 0) that `first`, `all` or a number from 1 means among `many`."""
    return 0 if select in ("first", "all") else min(int(select), many) - 1


def checked_select(text: str | None) -> str | None:
    """`first`, `all` or a number from 1. Raises `InvalidRequestError` for anything else."""
    if text is None or text in ("first", "all") or (text.isascii() and text.isdigit() and 1 <= int(text) <= 99):
        return text
    raise InvalidRequestError(
        f"{text[:40]!r} chooses no picture.", code="workflow.select", hint="Accepted: --select first, all, or a number."
    )


def _wants_form(state: RunState, stage: Stage) -> bool:
    return bool(stage.fields) and state.stages[stage.id].user_input is None
