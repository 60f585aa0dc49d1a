"""Runs of workflows, stage by stage, in every state."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from limner._json import JsonObject, JsonValue
from limner.errors import LimnerError
from limner.runner.assets import asset_of
from limner.runner.export import export_run
from limner.studio.screens.stage_card import cards_of
from limner.studio.visit import Answer, Bytes, Go, Missing, Page, Part, Visit, get, post
from limner.workflow.forms import FieldError
from limner.workflow.model import FormField, Stage
from limner.workflow.operations import FormError, RedoWish

STATUSES = ("waiting", "running", "failed", "completed")


def show(visit: Visit) -> Answer:
    """The newest runs, of one status if wanted."""
    status = visit.text("status") if visit.text("status") in STATUSES else ""
    runs = visit.context.app.store.runs.list_runs(limit=60, status=status or None)
    values = {"runs": runs, "status": status, "statuses": STATUSES}
    return Page(template="runs.html", title="Runs", screen="runs", values=values)


def one(visit: Visit) -> Answer:
    """A run; one of its stages is in front where the address says so."""
    run_id = _find(visit)
    document = visit.context.workflows.document(run_id)
    values = {"run_id": run_id, "document": document}
    return Page(template="run.html", title=document["workflow"]["name"], screen="runs", values=values)


def run(visit: Visit, run_id: str) -> Part:
    """All of a run that changes."""
    return _part(visit, run_id)


def act(visit: Visit) -> Answer:
    """Do something with a stage: fill in its form, start it, choose, redo, update, cancel."""
    run_id, stage, do = _find(visit), visit.path["stage"], visit.text("do")
    flows = visit.context.working()
    back = f"/runs/{run_id}#stage-{stage}"
    try:
        if do == "give":
            flows.give(run_id, {stage: _values(visit, _stage(visit, run_id, stage))})
        elif do == "run":
            flows.run(run_id, stage, force=visit.text("force") == "yes", seen=visit.text("seen"))
        elif do == "update":
            flows.update(run_id, stage)
        elif do == "select":
            flows.select(run_id, stage, int(visit.text("index") or 0), attempt=visit.text("attempt") or None)
        elif do == "cancel":
            flows.cancel(run_id, stage)
        elif do == "reset":
            flows.reset(run_id, stage)
        elif do in ("redo", "same"):
            flows.redo(run_id, stage, _wish(visit, same=do == "same"), seen=visit.text("seen"))
    except FormError as problem:
        return _refilled(visit, run_id, stage, problem.errors)
    except LimnerError as problem:
        return Go(to=back, notice=f"{problem.message} {problem.hint or ''}".strip()[:300])
    return Go(to=back)


def cancel(visit: Visit) -> Answer:
    """Stop what is queued or under way in the whole run; what was sent is still received and kept."""
    run_id = _find(visit)
    visit.context.working().cancel(run_id)
    return Go(to=f"/runs/{run_id}", notice="Stopped. What was sent is still received and kept.")


def download(visit: Visit) -> Answer:
    """What the run made, in one file."""
    run_id = _find(visit)
    folder = Path(tempfile.mkdtemp(prefix="limner-"))
    export_run(visit.context.app, visit.context.workflows.document(run_id), folder / "run")
    path = Path(shutil.make_archive(str(folder / "run"), "zip", folder / "run"))
    return Bytes(mime_type="application/zip", path=path, name=f"{run_id}.zip", made=True)


def _part(visit: Visit, run_id: str, typed: Mapping[str, JsonObject] | None = None, errors: object = ()) -> Part:
    document = visit.context.workflows.document(run_id)
    with visit.context.workflows.live.reading(run_id) as state:
        workflow = state.workflow
    values = {
        "run_id": run_id,
        "document": document,
        "cards": cards_of(visit, run_id, workflow, document, typed or {}, errors),
    }
    return Part(template="parts/run.html", values=values)


def _refilled(visit: Visit, run_id: str, stage: str, errors: tuple[FieldError, ...]) -> Page:
    """The page with what was typed, and what is wrong with it."""
    typed = {stage: _values(visit, _stage(visit, run_id, stage))}
    part = _part(visit, run_id, typed, {stage: errors})
    values = {"document": part.values["document"], "run_id": run_id, "drawn": part.values}
    title = str(part.values["document"]["workflow"]["name"])
    return Page(template="run_refilled.html", title=title, screen="runs", values=values, status=422)


def _values(visit: Visit, stage: Stage) -> JsonObject:
    """What was typed into the form of a stage, as the runner takes it; uploads become assets."""
    return {field.name: _value(visit, field) for field in stage.fields if field.type != "hidden"}


def _value(visit: Visit, field: FormField) -> JsonValue:
    name = f"f.{field.name}"
    if field.type in ("image", "images"):
        assets: list[JsonValue] = [asset_of(visit.context.app, file.file.read()) for file in visit.files(name)]
        return assets if field.type == "images" else assets[0] if assets else None
    if field.type == "boolean":
        return name in visit.form
    if field.type == "multiselect":
        return [_option(field, text) for text in visit.texts(name)]
    text = visit.text(name)
    if field.type in ("select", "radio") and text:
        return _option(field, text)
    if field.type == "number" and text:
        try:
            return float(text) if "." in text else int(text)
        except ValueError:
            return text
    return text or None


def _option(field: FormField, text: str) -> JsonValue:
    return next((option.value for option in field.options if str(option.value) == text), text)


def _wish(visit: Visit, *, same: bool) -> RedoWish:
    item = visit.text("item")
    every = "item" in visit.form and not item.isdigit()
    if same:
        return RedoWish(recorded=True, every_item=every, item=int(item) if item.isdigit() else None)
    return RedoWish(
        notes=visit.text("notes") or None,
        style=visit.text("style") or None,
        new=visit.text("basis") == "new",
        prompt_mode="notes" if visit.text("only") == "yes" else None,
        item=int(item) if item.isdigit() else None,
        every_item=every,
    )


def _stage(visit: Visit, run_id: str, name: str) -> Stage:
    with visit.context.workflows.live.reading(run_id) as state:
        if not state.workflow.has(name):
            raise Missing("There is no such stage in this run.")
        return state.stage(name)


def _find(visit: Visit) -> str:
    try:
        return visit.context.workflows.find(visit.path["run"])
    except LimnerError as problem:
        raise Missing(problem.message) from problem


ROUTES = (
    get("/runs", show),
    get("/runs/{run}", one),
    get("/runs/{run}/download", download),
    post("/runs/{run}/cancel", cancel),
    get("/runs/{run}/{stage}", one),
    post("/runs/{run}/{stage}", act),
)
PARTS = {"run": run}
