"""Workflows: files that lie at hand, what they need and cost, their text with its diagnostics."""

from __future__ import annotations

import json

from limner.errors import LimnerError
from limner.runner.planning import plan_run
from limner.runner.shelf import Filed, Shelf
from limner.studio.visit import Answer, Bytes, Go, Missing, Page, Part, Visit, get, post
from limner.workflow import format as layout
from limner.workflow.load import Loaded
from limner.workflow.places import Choice


def show(visit: Visit) -> Answer:
    """All of them, the person's own first."""
    rows = [(filed, _loaded(visit, filed.text)) for filed in _shelf(visit).files()]
    last = {run.workflow_id: run for run in reversed(visit.context.app.store.runs.list_runs(limit=100))}
    values = {"rows": rows, "last": last}
    return Page(template="workflows.html", title="Workflows", screen="workflows", values=values)


def overview(visit: Visit) -> Answer:
    """One of them: its stages, what they need, what they would cost."""
    filed = _find(visit)
    loaded = _loaded(visit, filed.text)
    plan, problem = None, None
    if loaded.workflow is not None and not _errors(loaded):
        try:
            plan = plan_run(visit.context.app, loaded.workflow, {}, choice=Choice())
        except LimnerError as told:
            problem = told
    values = {"filed": filed, "loaded": loaded, "plan": plan, "problem": problem, "errors": _errors(loaded)}
    return Page(template="workflow.html", title=filed.title, screen="workflows", values=values)


def start(visit: Visit) -> Answer:
    """Begin a run; nothing is paid yet where a person is asked first."""
    filed = _find(visit)
    run_id = visit.context.working().create(filed.text.encode())
    return Go(to=f"/runs/{run_id}")


def file(visit: Visit) -> Answer:
    """Its text, with what is wrong with it."""
    filed = _find(visit)
    values = {"filed": filed, "text": filed.text, "loaded": _loaded(visit, filed.text)}
    return Page(template="workflow_file.html", title=filed.title, screen="workflows", values=values)


def edit(visit: Visit) -> Answer:
    """Save the text, also with mistakes; or check or format it."""
    filed, do = _find(visit), visit.text("do", "save")
    text = str(visit.form.get("text", "")).replace("\r\n", "\n")
    loaded = _loaded(visit, text)
    if do == "format":
        text = _laid_out(text)
        loaded = _loaded(visit, text)
    if do != "save":
        values = {"filed": filed, "text": text, "loaded": loaded}
        return Page(template="workflow_file.html", title=filed.title, screen="workflows", values=values)
    shelf = _shelf(visit)
    name = shelf.free_name(filed.name) if filed.is_starter else filed.name
    shelf.write(name, text)
    wrong = len(_errors(loaded))
    notice = f"Saved, with {wrong} mistakes." if wrong else "Saved."
    return Go(to=f"/workflows/{name}/file", notice=notice)


def check(visit: Visit) -> Answer:
    """What is wrong with a text that is being written."""
    text = str(visit.form.get("text", ""))
    return Part(template="parts/diagnostics.html", values={"loaded": _loaded(visit, text)})


def duplicate(visit: Visit) -> Answer:
    """A copy of its own."""
    filed, shelf = _find(visit), _shelf(visit)
    name = shelf.free_name(filed.name)
    shelf.write(name, filed.text)
    return Go(to=f"/workflows/{name}", notice=f"Copied as {name}.")


def take(visit: Visit) -> Answer:
    """Put a file on the shelf."""
    files = visit.files("file")
    if not files:
        return Go(to="/workflows", notice="Choose a file first.")
    shelf = _shelf(visit)
    name = shelf.free_name((files[0].filename or "workflow").removesuffix(".json").removesuffix(".workflow"))
    shelf.write(name, files[0].file.read(1 << 20).decode("utf-8", "replace"))
    return Go(to=f"/workflows/{name}")


def download(visit: Visit) -> Answer:
    """The file itself."""
    filed = _find(visit)
    return Bytes(mime_type="application/json", data=filed.text.encode(), name=f"{filed.name}.workflow.json")


def _shelf(visit: Visit) -> Shelf:
    return Shelf(visit.context.app.store.home / "workflows")


def _find(visit: Visit) -> Filed:
    try:
        return _shelf(visit).read(visit.path["name"])
    except LimnerError as problem:
        raise Missing(problem.message) from problem


def _loaded(visit: Visit, text: str) -> Loaded:
    return visit.context.workflows.load(text.encode())


def _laid_out(text: str) -> str:
    """The text in its usual layout; as it is where it is no JSON, or has comments, which would be lost."""
    try:
        return layout.format(json.loads(text))
    except ValueError:
        return text


def _errors(loaded: Loaded) -> list[object]:
    return [each for each in loaded.diagnostics if each.level == "error"]


ROUTES = (
    get("/workflows", show),
    post("/workflows", take),
    get("/workflows/{name}", overview),
    post("/workflows/{name}/start", start),
    get("/workflows/{name}/file", file),
    post("/workflows/{name}/file", edit),
    post("/workflows/{name}/check", check),
    post("/workflows/{name}/duplicate", duplicate),
    get("/workflows/{name}/download", download),
)
