"""What the templates of a stage see: the outputs it stands on, as they are now or as they were for an attempt."""

from __future__ import annotations

from datetime import UTC, datetime

from limner._json import JsonObject, JsonValue
from limner.workflow.model import Stage
from limner.workflow.scope import Item, RunFacts, Scope
from limner.workflow.state import Attempt, RunState

Sources = dict[str, tuple[str, int]]
"""For each dependency the attempt that its output comes from, and the picture selected in it."""


def needs_choice(stage: Stage, attempt: Attempt) -> bool:
    """Whether a person must choose among the pictures of an attempt before it counts as an output."""
    if stage.kind != "image" or stage.selection != "manual" or attempt.chosen:
        return False
    return len((attempt.output or {}).get("images", ())) > 1


def has_output(state: RunState, stage_id: str) -> bool:
    """Whether a stage has an output that others may use."""
    active = state.active(stage_id)
    return active is not None and not needs_choice(state.stage(stage_id), active)


def current_sources(state: RunState, stage: Stage) -> Sources:
    """The outputs that a stage would be made from now; stages without one are left out."""
    found: Sources = {}
    for dependency in stage.dependencies:
        active = state.active(dependency)
        if active is not None and has_output(state, dependency):
            found[dependency] = (active.id, active.selected)
    return found


def output_at(state: RunState, source: tuple[str, int]) -> JsonValue:
    """The output of an attempt with the picture that was selected then."""
    attempt_id, selected = source
    output = state.attempts[attempt_id].output
    if isinstance(output, dict) and "selectedIndex" in output and output["selectedIndex"] != selected:
        return {**output, "selectedIndex": selected}
    return output


def scope_of(
    state: RunState,
    stage: Stage,
    *,
    sources: Sources,
    own_input: JsonObject | None,
    revision: int | None = None,
    item: Item | None = None,
) -> Scope:
    """The names that the templates of `stage` can reach."""
    return Scope(
        workflow=state.workflow if revision is None else state.revisions[revision],
        stage=stage,
        outputs={name: output_at(state, source) for name, source in sources.items()},
        inputs={name: state.attempts[source[0]].user_input for name, source in sources.items()},
        own_input=own_input,
        item=item,
        run=RunFacts(id=state.run_id, date=datetime.fromtimestamp(state.created_at_ms / 1000, UTC).date().isoformat()),
    )
