"""Workflow files over HTTP: what is wrong with one, and what a run of it would do and cost. Nothing is sent."""

from __future__ import annotations

from starlette.responses import Response

from limner._json import JsonObject
from limner.errors import InvalidRequestError
from limner.runner.planning import plan_run
from limner.runner.workflows import checked
from limner.server.context import Exchange
from limner.server.flow_body import choice_of, inputs_of, read_body, source_of
from limner.server.flow_runs import flows_of
from limner.server.outgoing import JsonResponse
from limner.workflow.model import FormField


async def validate(exchange: Exchange) -> Response:
    """Everything that is wrong with a workflow. 200 also where much is."""
    body, flows = await read_body(exchange, ("workflow", "strict")), flows_of(exchange)

    def work() -> JsonObject:
        loaded = flows.workflows.load(source_of(body), strict=body.flag("strict"))
        found = loaded.workflow
        return {
            "valid": loaded.ok,
            "diagnostics": [each.to_json() for each in loaded.diagnostics],
            "workflow": None if found is None else {"id": found.id, "name": found.name, "sha256": found.sha256},
        }

    return JsonResponse(await flows.do(work))


async def plan(exchange: Exchange) -> Response:
    """What a run would do and cost; with `run`, what is left to do in that run with this file."""
    body = await read_body(exchange, ("workflow", "inputs", "choice", "run", "reuse", "unlisted"))
    flows = flows_of(exchange)

    def work() -> JsonObject:
        workflow = checked(flows.workflows.load(source_of(body))).workflow
        assert workflow is not None

        def form_of(stage: str) -> tuple[FormField, ...]:
            if not workflow.has(stage):
                ids = ", ".join(each.id for each in workflow.stages)
                raise InvalidRequestError(
                    f"There is no stage {stage[:60]!r}.", code="workflow.unknown_stage", hint=f"Accepted: {ids}."
                )
            return workflow.stage(stage).fields

        run_id = body.word("run")
        return plan_run(
            flows.app,
            workflow,
            inputs_of(flows.app, body, body.document.get("inputs") or {}, form_of),
            choice=choice_of(body, flows.app),
            run_id=None if run_id is None else flows.workflows.find(run_id),
            reuse=body.flag("reuse"),
            unlisted=body.flag("unlisted"),
        )

    return JsonResponse(await flows.do(work))
