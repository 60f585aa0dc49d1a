"""Runs of workflows over HTTP: begun, looked at, and everything that a person does to one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from starlette.responses import Response, StreamingResponse

from limner._json import JsonObject, JsonValue
from limner.core.blob import BlobRef
from limner.core.parts import ImagePart
from limner.runner.workflows import checked
from limner.server.context import Exchange
from limner.server.flow_body import (
    Body,
    choice_of,
    inputs_of,
    overrides_of,
    picture_of,
    read_body,
    source_of,
)
from limner.server.flow_errors import wrong_field, wrong_inputs
from limner.server.flows import Flows
from limner.server.outgoing import JSON_TYPE, JsonResponse
from limner.server.refusals import own_error
from limner.store.runs import RunRecord
from limner.wire.lower import lower
from limner.wire.reference import Reference, escape
from limner.workflow import forms
from limner.workflow.model import FormField, PromptMode, Workflow
from limner.workflow.operations import RedoWish, find_stage
from limner.workflow.view import iso

DEFAULT_RUNS, MAX_RUNS = 50, 1000

_RUN_ID = re.compile(r"run_[0-9a-z]{16}")
_SELECT = re.compile(r"first|all|[1-9][0-9]{0,3}")
_CREATE_FIELDS = ("workflow", "inputs", "choice", "unattended", "select", "reuse", "unlisted")
_REDO_FIELDS = (*("notes", "style", "image", "new", "keep", "promptMode", "item", "allItems", "recorded", "overrides"),)


def flows_of(exchange: Exchange) -> Flows:
    """The workflows behind the server; their addresses are there only where these are."""
    flows = exchange.context.flows
    assert flows is not None
    return flows


def run_of(exchange: Exchange) -> str:
    """The run in the address. Raises `RefusedError` (404) for what cannot be one."""
    run_id = exchange.parameters["run"]
    if not _RUN_ID.fullmatch(run_id):
        raise own_error(
            404,
            f"There is no run {run_id[:40]!r}.",
            code="workflow.unknown_run",
            hint="GET /limner/v1/runs lists them.",
        )
    exchange.notes["run"] = run_id
    return run_id


async def create(exchange: Exchange) -> Response:
    """Begin a run; it is worked on at once. 201 with its document."""
    body = await read_body(exchange, _CREATE_FIELDS)
    flows = flows_of(exchange)

    def work() -> JsonObject:
        source, choice, select = source_of(body), choice_of(body, flows.app), _select(body)
        flags = {name: body.flag(name) for name in ("unattended", "reuse", "unlisted")}
        workflow = checked(flows.workflows.load(source)).workflow
        assert workflow is not None
        inputs = first_inputs(flows, body, workflow)
        run_id = flows.workflows.create(
            source,
            choice=choice,
            select=select,
            unattended=flags["unattended"],
            reuse=flags["reuse"],
            unlisted=flags["unlisted"],
        )
        if inputs:
            flows.workflows.give(run_id, inputs, fill=True)
        flows.changed(run_id)
        return flows.workflows.document(run_id)

    document = await flows.do(work)
    exchange.notes["run"] = document["run"]
    return JsonResponse(document, status=201, headers={"location": f"/limner/v1/runs/{document['run']}"})


def first_inputs(flows: Flows, body: Body, workflow: Workflow) -> dict[str, JsonObject]:
    """The inputs that come with a workflow, checked before a run is made of them."""
    if "inputs" not in body:
        return {}

    def form_of(stage: str) -> tuple[FormField, ...]:
        if not workflow.has(stage):
            ids = ", ".join(each.id for each in workflow.stages)
            raise own_error(
                404, f"There is no stage {stage[:60]!r}.", code="workflow.unknown_stage", hint=f"Accepted: {ids}."
            )
        return workflow.stage(stage).fields

    inputs = inputs_of(flows.app, body, body.document["inputs"], form_of)
    errors = [
        (stage, error)
        for stage, values in inputs.items()
        for error in forms.validate(form_of(stage), values, fill=True)[1]
    ]
    if errors:
        raise wrong_inputs(errors)
    return inputs


async def list_runs(exchange: Exchange) -> Response:
    """The newest runs; `limit` of them, of one `workflow` where it is named."""
    query = exchange.request.query_params
    limit = whole_parameter(exchange, "limit", DEFAULT_RUNS, least=1, most=MAX_RUNS)
    flows, workflow = flows_of(exchange), query.get("workflow") or None
    found = await flows.do(lambda: flows.app.store.runs.list_runs(limit=limit, workflow_id=workflow))
    return JsonResponse({"runs": [_listed(record) for record in found]})


async def get(exchange: Exchange) -> Response:
    """One run; with `inline=1` every picture is in it as a data URL, streamed from the disk."""
    flows, run_id = flows_of(exchange), run_of(exchange)
    document = await flows.do(lambda: flows.workflows.document(run_id))
    if exchange.request.query_params.get("inline", "0") in ("", "0"):
        return JsonResponse(document)
    lifted = await flows.do(lambda: _with_pictures(flows, document))
    return StreamingResponse(lower(lifted, flows.app.store.blobs), headers={"content-type": JSON_TYPE})


async def give(exchange: Exchange) -> Response:
    """Fill in forms: all of them, or none where one is wrong."""
    body = await read_body(exchange)

    def work(flows: Flows, run_id: str) -> None:
        with flows.workflows.live.reading(run_id) as state:
            fields = {stage: find_stage(state, stage).fields for stage in body.document}
        inputs = inputs_of(flows.app, body, body.document, lambda stage: fields[stage])
        flows.workflows.give(run_id, inputs, fill=True)

    return await _done(exchange, work)


async def run_stage(exchange: Exchange) -> Response:
    """Start a stage, or try it again after an error."""
    body, stage = await read_body(exchange, ("force",)), exchange.parameters["stage"]
    return await _done(exchange, lambda flows, run: flows.workflows.run(run, stage, force=body.flag("force")))


async def update_stage(exchange: Exchange) -> Response:
    """Bring a stage and everything before it up to date."""
    await read_body(exchange, ())
    stage = exchange.parameters["stage"]
    return await _done(exchange, lambda flows, run: flows.workflows.update(run, stage))


async def redo_stage(exchange: Exchange) -> Response:
    """Make the result of a stage again."""
    body, stage = await read_body(exchange, _REDO_FIELDS), exchange.parameters["stage"]

    def work(flows: Flows, run_id: str) -> None:
        wish = RedoWish(
            notes=body.text("notes"),
            style=body.word("style"),
            new=body.flag("new"),
            keep=body.flag("keep"),
            prompt_mode=cast(PromptMode | None, body.one_of("promptMode", ("full", "notes"))),
            item=body.number("item"),
            every_item=body.flag("allItems"),
            recorded=body.flag("recorded"),
            overrides=overrides_of(body),
        )
        picture = picture_of(flows.app, body, body.document["image"]) if "image" in body else None
        flows.workflows.redo(run_id, stage, wish, image=None if picture is None else _part(picture))

    return await _done(exchange, work)


async def select(exchange: Exchange) -> Response:
    """Let a picture (from 0) be the output of its stage."""
    body, stage = await read_body(exchange, ("index", "attempt")), exchange.parameters["stage"]

    def work(flows: Flows, run_id: str) -> None:
        index = body.number("index")
        if index is None:
            raise wrong_field("index", "a whole number from 0")
        flows.workflows.select(run_id, stage, index, attempt=body.word("attempt"))

    return await _done(exchange, work)


async def reset_stage(exchange: Exchange) -> Response:
    """Forget the output of a stage."""
    await read_body(exchange, ())
    stage = exchange.parameters["stage"]
    return await _done(exchange, lambda flows, run: flows.workflows.reset(run, stage))


async def cancel_stage(exchange: Exchange) -> Response:
    """Stop what is queued or under way in a stage."""
    await read_body(exchange, ())
    stage = exchange.parameters["stage"]

    def work(flows: Flows, run_id: str) -> None:
        with flows.workflows.live.reading(run_id) as state:
            find_stage(state, stage)
        flows.workflows.cancel(run_id, stage)

    return await _done(exchange, work)


async def cancel(exchange: Exchange) -> Response:
    """Stop what is queued or under way in a run."""
    await read_body(exchange, ())
    return await _done(exchange, lambda flows, run: flows.workflows.cancel(run))


async def resume(exchange: Exchange) -> Response:
    """Carry on a run that another process left."""
    await read_body(exchange, ())
    return await _done(exchange, lambda flows, run: flows.workflows.resume(run))


async def use_file(exchange: Exchange) -> Response:
    """Go on with an edited workflow."""
    body = await read_body(exchange, ("workflow",))
    return await _done(exchange, lambda flows, run: flows.workflows.use_file(run, source_of(body)))


def whole_parameter(exchange: Exchange, name: str, default: int, *, least: int, most: int) -> int:
    """A whole number in the query. Raises `RefusedError` (400)."""
    text = exchange.request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 16 and least <= int(text) <= most):
        raise wrong_field(name, f"a whole number from {least} to {most}")
    return int(text)


async def _done(exchange: Exchange, work: Callable[[Flows, str], None]) -> Response:
    """Do something to a run; its document as it is then."""
    flows, run_id = flows_of(exchange), run_of(exchange)

    def done() -> JsonObject:
        work(flows, run_id)
        flows.changed(run_id)
        return flows.workflows.document(run_id)

    return JsonResponse(await flows.do(done))


def _select(body: Body) -> str | None:
    found = body.value("select")
    text = None if found is None else str(found)
    if text is not None and (isinstance(found, bool) or not _SELECT.fullmatch(text)):
        raise wrong_field("select", "first, all or a number from 1")
    return text


def _part(asset: JsonObject) -> ImagePart:
    return ImagePart(blob=BlobRef(sha256=asset["sha256"], size=asset["bytes"]), mime_type=asset["mimeType"])


def _listed(record: RunRecord) -> JsonObject:
    return {
        "run": record.run_id,
        "workflow": {"id": record.workflow_id, "name": record.workflow_name},
        "status": record.status,
        "createdAt": iso(record.created_at_ms),
        "updatedAt": iso(record.updated_at_ms),
        "cost": {"amount": float(record.cost_usd), "currency": "USD", "estimated": True},
        "events": record.events,
    }


def _with_pictures(flows: Flows, value: JsonValue) -> JsonValue:
    """The lifted form of a document, with a reference to its blob as the `dataUrl` of each picture that is there."""
    if isinstance(value, dict):
        found = {escape(name): _with_pictures(flows, each) for name, each in value.items()}
        if "dataUrl" in value and "sha256" in value:
            blob = BlobRef(sha256=value["sha256"], size=value["bytes"])
            if blob in flows.app.store.blobs:
                prefix = f"data:{value['mimeType']};base64,"
                found["dataUrl"] = str(Reference(blob=blob, encoding="base64", prefix=prefix))
        return found
    if isinstance(value, list):
        return [_with_pictures(flows, each) for each in value]
    return escape(value) if isinstance(value, str) else value
