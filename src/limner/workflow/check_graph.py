"""What a stage depends on, what is wrong with it, and which stage is the result of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from limner._json import JsonObject
from limner.workflow.graph import cycles
from limner.workflow.problem import Problem, near, shown, spoken, to_pointer
from limner.workflow.read_stage import kind_of, settings_of

Ids = Mapping[str, tuple[str, ...]]
"""For each stage id in file order, other stage ids."""

MAX_UNKNOWN = 20
"""Most unknown dependencies of one stage that are reported."""


def used_by(document: JsonObject) -> Ids:
    """The stages that each stage uses in its templates, unknown ones left out."""
    from limner.workflow.check_templates import used_stages  # costs start-up where no workflow is read

    ids = {stage["id"] for stage in document["stages"]}
    result: dict[str, tuple[str, ...]] = {}
    for stage in document["stages"]:
        kind = kind_of(stage)
        # Default settings hold templates too, and an image stage reads them as its own.
        merged = stage | {"imageGenerationSettings": settings_of(document, stage)} if kind == "image" else stage
        names = () if kind == "input" else used_stages(merged)
        result[stage["id"]] = tuple(each for each in names if each in ids)
    return result


def effective(document: JsonObject, used: Ids) -> Ids:
    """What each stage depends on: what it declares, in that order, then what it only uses. Itself never."""
    result: dict[str, tuple[str, ...]] = {}
    for stage in document["stages"]:
        wanted = dict.fromkeys((*stage.get("dependencies", ()), *used[stage["id"]]))
        result[stage["id"]] = tuple(each for each in wanted if each in used and each != stage["id"])
    return result


def result_of(document: JsonObject, dependencies: Ids) -> str:
    """The stage whose output is the result: as the file says, else the last that no other depends on."""
    final: str | None = document.get("finalStage")
    if final is not None:
        return final
    needed = {each for others in dependencies.values() for each in others}
    free = [stage_id for stage_id in dependencies if stage_id not in needed]
    return free[-1] if free else list(dependencies)[-1]


def check(document: JsonObject, used: Ids, dependencies: Ids) -> Iterator[Problem]:
    """E201, E202, E203, W204, I206 and E207."""
    for number, stage in enumerate(document["stages"]):
        yield from _declared(number, stage, dependencies)
        yield from _undeclared(number, stage, used)
    yield from _circles(document, dependencies)
    yield from _result(document, dependencies)


def _declared(number: int, stage: JsonObject, known: Ids) -> Iterator[Problem]:
    declared = stage.get("dependencies", ())
    for index, wanted in islice(((i, each) for i, each in enumerate(declared) if each not in known), MAX_UNKNOWN):
        where = ("stages", number, "dependencies", index)
        nearest = near(wanted, known)
        hint = f"Did you mean {shown(nearest)}?" if nearest else "Write the id of a stage of this file."
        message = f"{spoken(where)} names {shown(wanted)}, and no stage has this id."
        yield Problem(code="E201", message=message, pointer=to_pointer(where), hint=hint)
    if stage["id"] in declared:
        where = ("stages", number, "dependencies", list(declared).index(stage["id"]))
        message = f"{spoken(where)}: stage {shown(stage['id'])} cannot depend on itself."
        hint = "Remove it; a template reads the stage's own form as {{self.input.…}}."
        yield Problem(code="E202", message=message, pointer=to_pointer(where), hint=hint)


def _undeclared(number: int, stage: JsonObject, used: Ids) -> Iterator[Problem]:
    declared = stage.get("dependencies", ())
    for other in used[stage["id"]]:
        if other not in declared and other != stage["id"]:
            yield Problem(
                code="W204",
                message=f'stages[{number}] uses {shown(other)} in a template without naming it in "dependencies".',
                pointer=to_pointer(("stages", number, "dependencies")),
                hint=f'Add {shown(other)} to its "dependencies".',
                on_key=True,
            )


def _circles(document: JsonObject, dependencies: Ids) -> Iterator[Problem]:
    places = {stage["id"]: number for number, stage in reversed(list(enumerate(document["stages"])))}
    for path in cycles(tuple(dependencies), dependencies):
        yield Problem(
            code="E203",
            message=f"Stages wait for each other in a circle: {' → '.join(path)}.",
            pointer=to_pointer(("stages", places[path[0]], "dependencies")),
            hint="Remove one of these dependencies, and what the templates use of it.",
            on_key=True,
        )


def _result(document: JsonObject, dependencies: Ids) -> Iterator[Problem]:
    final = document.get("finalStage")
    if final is not None and final not in dependencies:
        nearest = near(final, dependencies)
        message = f"finalStage names {shown(final)}, and no stage has this id."
        hint = f"Did you mean {shown(nearest)}?" if nearest else "Write the id of a stage of this file."
        yield Problem(code="E207", message=message, pointer="/finalStage", hint=hint)
        return
    result = result_of(document, dependencies)
    needed = {each for others in dependencies.values() for each in others}
    for number, stage in enumerate(document["stages"]):
        if stage["id"] not in needed and stage["id"] != result:
            message = f"The output of {shown(stage['id'])} is used by no other stage; the result is {shown(result)}."
            hint = 'Name the stage that is the result in "finalStage", or remove this one.'
            yield Problem(code="I206", message=message, pointer=to_pointer(("stages", number, "id")), hint=hint)
