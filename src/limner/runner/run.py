"""One run of a workflow, as the library hands it to a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from limner._json import JsonObject, JsonValue
from limner.app.inputs import ImageSource
from limner.app.result import Image
from limner.errors import LimnerError
from limner.runner.assets import stored_image
from limner.workflow.model import PromptMode
from limner.workflow.operations import RedoWish, find_stage
from limner.workflow.view import run_document, shown_output

if TYPE_CHECKING:
    from limner.runner.workflows import Inputs, OnEvent, Workflows


class RedoOptions(TypedDict, total=False):
    """What `WorkflowRun.redo` takes.

    `notes` (up to 4,000 characters) say what to change in the displayed picture, or in `image`; `new` makes a new
    picture instead. `style` varies the style, with `keep` of the same picture. `prompt_mode="notes"` sends the notes
    alone. `item` (from 0) is the one of a `forEach` stage that is meant, `every_item` all of them. `recorded` repeats
    the prompt of the result that is shown. `overrides` (`model`, `aspectRatio`, `imageSize`, `count`) hold for this
    time only.
    """

    notes: str | None
    style: str | None
    image: ImageSource | None
    new: bool
    keep: bool
    prompt_mode: PromptMode | None
    item: int | None
    every_item: bool
    recorded: bool
    overrides: Mapping[str, JsonValue] | None


class WorkflowFailedError(LimnerError):
    """A stage of a run failed; `run` is the run, which can be carried on, `errors` the error of each failed stage."""

    def __init__(self, run: WorkflowRun, errors: Mapping[str, JsonObject]) -> None:
        name, first = next(iter(errors.items()))
        super().__init__(
            f"Stage {name!r} failed: {first['message']}",
            code=f"workflow.{first['code']}",
            hint=first["hint"],
            billed=first.get("billed") or "no",
        )
        self.run = run
        self.errors = errors


class WorkflowRun:
    """A run that can be looked at, carried on and changed. What it was given and has made is kept, whatever happens.

    Operations that cost money wait until nothing is under way. Each raises `InvalidRequestError` where it cannot be.
    """

    def __init__(self, workflows: Workflows, run_id: str) -> None:
        self._workflows = workflows
        self.id = run_id

    @property
    def document(self) -> JsonObject:
        """All of it, as `limner run --json` prints it."""
        return self._workflows.document(self.id)

    @property
    def status(self) -> str:
        """`running`, `waiting` (for a person), `failed` or `completed`."""
        return str(self.document["status"])

    @property
    def cost(self) -> Decimal:
        """US dollars, as far as they are known."""
        with self._workflows.live.reading(self.id) as state:
            return state.cost_usd

    @property
    def result(self) -> JsonValue:
        """The output of the final stage, `None` as long as there is none."""
        return self.document["result"]

    def stage_status(self, stage: str) -> str:
        """Where a stage stands, such as `ready`, `review`, `completed`, `stale`, `error`."""
        return str(self._stage(stage)["status"])

    def output(self, stage: str) -> JsonValue:
        """The output of a stage: words, JSON, or pictures as the format describes them; `None` if there is none."""
        with self._workflows.live.reading(self.id) as state:
            find_stage(state, stage)
            active = state.active(stage)
            return None if active is None else shown_output(active)

    def images(self, stage: str | None = None) -> list[Image]:
        """The pictures of a stage, of the final one by default."""
        output = self.result if stage is None else self.output(stage)
        found = output.get("images", ()) if isinstance(output, dict) else ()
        return [stored_image(self._workflows.app, image) for image in found]

    def image(self, stage: str | None = None) -> Image | None:
        """The selected picture of a stage, of the final one by default."""
        output = self.result if stage is None else self.output(stage)
        images = self.images(stage)
        return images[output["selectedIndex"]] if images else None

    def errors(self) -> Iterator[tuple[str, JsonObject]]:
        """The stages that failed, each with its error: `code`, `message`, `hint`, `retryable`."""
        for name, stage in self.document["stages"].items():
            if stage["error"] is not None:
                yield name, stage["error"]

    def check(self) -> WorkflowRun:
        """The same run; raises `WorkflowFailedError` if a stage failed."""
        failed = dict(self.errors())
        if failed:
            raise WorkflowFailedError(self, failed)
        return self

    def give(self, inputs: Inputs, *, fill: bool = False) -> WorkflowRun:
        """Fill in forms and go on; `fill` takes defaults for what is left out."""
        self._workflows.give(self.id, inputs, fill=fill)
        return self.wait()

    def run(self, stage: str, *, force: bool = False) -> WorkflowRun:
        """Start a stage, or try it again after an error; what is finished of it is not paid again."""
        self._workflows.run(self.id, stage, force=force)
        return self.wait()

    def update(self, stage: str) -> WorkflowRun:
        """Bring a stage and everything before it up to date."""
        self._workflows.update(self.id, stage)
        return self.wait()

    def redo(self, stage: str, **options: Unpack[RedoOptions]) -> WorkflowRun:
        """Make the result of a stage again; options as in `RedoOptions`."""
        self._workflows.redo(self.id, stage, wish_of(options), image=options.get("image"))
        return self.wait()

    def select(self, stage: str, index: int, *, attempt: str | None = None) -> WorkflowRun:
        """Let picture `index` (from 0) be the output of a stage, and go on."""
        self._workflows.select(self.id, stage, index, attempt=attempt)
        return self.wait()

    def resume(self) -> WorkflowRun:
        """Carry on after a crash. What was sent without an answer is not sent again: it ends as `interrupted`."""
        self._workflows.resume(self.id)
        return self.wait()

    def cancel(self, stage: str | None = None) -> None:
        """Stop what is queued or under way."""
        self._workflows.cancel(self.id, stage)

    def wait(self, on_event: OnEvent | None = None) -> WorkflowRun:
        """Work until nothing is under way."""
        self._workflows.wait(self.id, on_event)
        return self

    def events(self, after: int = 0) -> Sequence[JsonObject]:
        """What happened after event number `after`, in order."""
        return self._workflows.app.store.runs.events(self.id, after=after)

    def export(self, folder: str | Path) -> list[Path]:
        """Put pictures, words, the workflow and the run itself into a folder; gives the files."""
        from limner.runner.export import export_run

        with self._workflows.live.reading(self.id) as state:
            document = run_document(state)
        return export_run(self._workflows.app, document, Path(folder))

    def _stage(self, name: str) -> JsonObject:
        with self._workflows.live.reading(self.id) as state:
            find_stage(state, name)
        found: JsonObject = self.document["stages"][name]
        return found


def wish_of(options: RedoOptions) -> RedoWish:
    """The wish behind the options."""
    return RedoWish(
        notes=options.get("notes"),
        style=options.get("style"),
        new=options.get("new", False),
        keep=options.get("keep", False),
        prompt_mode=options.get("prompt_mode"),
        item=options.get("item"),
        every_item=options.get("every_item", False),
        recorded=options.get("recorded", False),
        overrides=options.get("overrides"),
    )
