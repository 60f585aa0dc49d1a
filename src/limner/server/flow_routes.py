"""The addresses for the owner's workflows, below `/limner/v1`: they are there with `limner serve --workflows` only."""

from __future__ import annotations

from limner.server import flow_assets, flow_files, flow_runs, run_events
from limner.server.context import Handler
from limner.server.routes import Route
from limner.server.target import OWN


def _route(operation: str, method: str, path: str, handler: Handler) -> Route:
    return Route(operation=operation, method=method, path=OWN + path, handler=handler)


_RUN = "runs/{run}"
_STAGE = f"{_RUN}/stages/{{stage}}"

FLOW_ROUTES: tuple[Route, ...] = (
    _route("validateWorkflow", "POST", "workflows/validate", flow_files.validate),
    _route("planWorkflow", "POST", "workflows/plan", flow_files.plan),
    _route("createRun", "POST", "runs", flow_runs.create),
    _route("listRuns", "GET", "runs", flow_runs.list_runs),
    _route("getRun", "GET", _RUN, flow_runs.get),
    _route("giveInputs", "POST", f"{_RUN}/inputs", flow_runs.give),
    _route("followRun", "GET", f"{_RUN}/events", run_events.follow),
    _route("cancelRun", "POST", f"{_RUN}/cancel", flow_runs.cancel),
    _route("resumeRun", "POST", f"{_RUN}/resume", flow_runs.resume),
    _route("replaceWorkflow", "POST", f"{_RUN}/workflow", flow_runs.use_file),
    _route("runStage", "POST", f"{_STAGE}/run", flow_runs.run_stage),
    _route("updateStage", "POST", f"{_STAGE}/update", flow_runs.update_stage),
    _route("redoStage", "POST", f"{_STAGE}/redo", flow_runs.redo_stage),
    _route("selectImage", "POST", f"{_STAGE}/select", flow_runs.select),
    _route("resetStage", "POST", f"{_STAGE}/reset", flow_runs.reset_stage),
    _route("cancelStage", "POST", f"{_STAGE}/cancel", flow_runs.cancel_stage),
    _route("uploadAsset", "POST", "assets", flow_assets.upload),
    _route("getAsset", "GET", "assets/{asset}", flow_assets.download),
)
"""All of them demand the token for workflows, and answer errors in Limner's own shape."""
