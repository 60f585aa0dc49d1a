from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from limner._json import JsonObject
from limner.runner.planning import plan_run
from limner.runner.workflows import Inputs, Workflows, checked
from limner.workflow.places import Choice
from runner.flows import EXAMPLES, FAST, SANDBOX, example, opened, run_of

pytestmark = pytest.mark.slow

FOX = Path(__file__).parent.parent.parent / "docs" / "images" / "fox.jpg"
RATIO_TOLERANCE = 0.04
"""Sizes in pixels are multiples of 16, so that a ratio is never met exactly."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An example with what is typed into its forms, and for each image stage how many pictures of which ratio come."""

    name: str
    inputs: Inputs
    pictures: dict[str, tuple[int, float]]
    others: tuple[str, ...] = ()
    choice: Choice = field(default_factory=lambda: SANDBOX)


CASES = (
    Case(
        name="example-image",
        inputs={"image-prompt-input": {"userPrompt": "A lighthouse in a storm", "aspectRatio": "model_default"}},
        pictures={"image-generation-execution": (1, 16 / 9)},
    ),
    Case(
        name="logo-generator",
        inputs={"brief": {"company_area": "coffee shop", "company_name": "Fernweh"}},
        pictures={"logo": (4, 1), "business-card": (1, 3 / 2)},
    ),
    Case(name="product-poster-relay", inputs={"product": {"slogan": "一叶知山"}}, pictures={"poster": (1, 3 / 4)}),
    Case(name="illustrated-recipe", inputs={"dish": {"steps": 2}}, pictures={"recipe": (2, 4 / 3)}),
    Case(
        name="storybook",
        inputs={
            "idea": {
                "hero": "A small fox with a green scarf",
                "plot": "The fox finds a boat on the beach. Then it sleeps in the mountains at night.",
                "pages": 2,
            }
        },
        pictures={"character-sheet": (2, 16 / 9), "illustrations": (2, 4 / 3)},
        others=("script",),
    ),
    Case(
        name="photo-edit",
        inputs={"source": {"photo": FOX, "change": "make it night"}},
        pictures={"edited": (1, 16 / 9), "cartoon": (1, 16 / 9)},
    ),
    Case(
        name="four-seasons",
        inputs={"place": {"seasons": ["autumn", "winter"]}},
        pictures={"view": (2, 3 / 2), "seasons": (2, 3 / 2)},
        choice=FAST,
    ),
    Case(
        name="event-poster",
        inputs={"event": {"what": "a jazz concert in the park", "title": "Blue Hour", "when": "12 June, 8 pm"}},
        pictures={"poster": (3, 3 / 4)},
        others=("scene",),
        choice=FAST,
    ),
    Case(
        name="product-scenes",
        inputs={"wish": {}},
        pictures={"first": (1, 1), "second": (1, 1), "scenes": (2, 3 / 2)},
        choice=FAST,
    ),
)


@pytest.fixture(scope="module")
def workflows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflows]:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "home").mkdir(mode=0o700)
    target = f'[targets.shop]\nkind = "folder"\npath = "{folder / "shop"}"\n'
    (folder / "home" / "config.toml").write_text(target, encoding="utf-8")
    with opened(folder) as found:
        yield found
        assert found.problems == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_example_runs_and_the_plan_said_so(case: Case, workflows: Workflows) -> None:
    workflow = checked(workflows.load(example(case.name))).workflow
    assert workflow is not None
    plan = plan_run(workflows.app, workflow, case.inputs, choice=case.choice)
    run = run_of(workflows, example(case.name), case.inputs, case.choice)
    stages = run["stages"]
    assert {name: stage["error"] for name, stage in stages.items() if stage["status"] != "completed"} == {}
    outputs = {name: stage["output"] for name, stage in stages.items() if stage["kind"] == "image"}
    assert {name: len(output["images"]) for name, output in outputs.items()} == {
        name: count for name, (count, _) in case.pictures.items()
    }
    for name, output in outputs.items():
        wanted = case.pictures[name][1]
        shapes = [image["width"] / image["height"] for image in output["images"]]
        assert shapes == [pytest.approx(wanted, rel=RATIO_TOLERANCE)] * len(shapes), name
    assert {name for name, stage in stages.items() if stage["kind"] in ("text", "json")} == set(case.others)
    assert plan["problems"] == []
    assert (plan["requests"] <= requests(run) <= plan["requestsUpTo"]) is True
    check_prompts(plan, run)


def requests(run: JsonObject) -> int:
    return sum(attempt["requests"] for stage in run["stages"].values() for attempt in stage["attempts"])


def check_prompts(plan: JsonObject, run: JsonObject) -> None:
    """What the plan shows is what is sent, wherever nothing in it was still unknown."""
    shown = [stage for stage in plan["stages"] if stage["prompt"] is not None and "‹" not in stage["prompt"]]
    assert shown
    for stage in shown:
        assert stage["prompt"] == run["stages"][stage["id"]]["attempts"][0]["promptUsed"]


def test_the_first_example_sends_this_prompt_and_no_other(workflows: Workflows) -> None:
    run = run_of(workflows, example("example-image"), CASES[0].inputs, SANDBOX)
    output = run["stages"]["image-generation-execution"]["output"]
    assert output["images"][0]["promptUsed"] == (
        'Create an image based on the user\'s request: "A lighthouse in a storm". \n\n'
        "Internal style guidance: Maintain a slightly cinematic and dramatic lighting style.\n"
        "Ensure the image adheres to the aspect ratio: any suitable.\n"
        "Avoid: ugly, blurry, disfigured, watermark, text."
    )
    assert output["modelRequested"] == "gemini-2.0-flash-preview-image-generation"
    assert output["model"] == "gemini-nano-banana-2.1"


def test_what_an_example_says_about_storage_holds(workflows: Workflows) -> None:
    run = run_of(workflows, example("product-scenes"), {"wish": {}})
    output = workflows.document(run["run"])["stages"]["scenes"]["output"]
    places = [Path(image["storageUrl"].removeprefix("file://")) for image in output["images"]]
    assert len(places) == 2
    assert [place.stat().st_size for place in places] == [image["bytes"] for image in output["images"]]
    assert {place.parent.name for place in places} == {"scenes"}


def test_every_example_is_run_and_listed() -> None:
    files = {path.name for path in EXAMPLES.glob("*.workflow.json")}
    assert files == {f"{case.name}.workflow.json" for case in CASES}
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(files) if f"]({name})" not in page] == []
