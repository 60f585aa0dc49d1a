"""No run is under way here: threads of the jobs use chance, which property tests do not allow beside them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from limner._json import JsonValue
from limner.runner.standins import output_of, picture, without_position
from limner.workflow.scope import RunFacts, Scope
from limner.workflow.template import MISSING, is_image
from runner.flows import ask, flow, workflow_of

NAMES = st.sampled_from(["a", "b", "pages", "0", "1", "12"])


@given(st.lists(st.lists(NAMES, max_size=3), min_size=1, max_size=5))
def test_something_stands_at_every_path_that_is_read(paths: list[list[str]]) -> None:
    prompt = " ".join("{{" + ".".join(["facts", "output", *path]) + "}}" for path in paths)
    workflow = workflow_of(flow(ask("facts", "x", "json"), ask("s", prompt)))
    output = output_of(workflow, workflow.stage("facts"), 1)
    scope = Scope(
        workflow=workflow,
        stage=workflow.stage("s"),
        outputs={"facts": output},
        inputs={},
        run=RunFacts(id="r", date="2026-11-27"),
    )
    for path in paths:
        assert scope.find(("facts", "output", *path)).value is not MISSING


def output(*prompts: str, kind: str = "json", pictures: int = 1) -> JsonValue:
    workflow = workflow_of(flow(ask("facts", "x", kind), ask("s", " ".join(prompts))))
    return output_of(workflow, workflow.stage("facts"), pictures)


def test_a_text_is_its_mark() -> None:
    assert output("{{facts.output}}", kind="text") == "‹facts.output›"


def test_an_object_has_what_is_read_of_it_and_nothing_else() -> None:
    assert output("{{facts.output.a.b}} {{facts.output.c}}") == {
        "a": {"b": "‹facts.output.a.b›"},
        "c": "‹facts.output.c›",
    }


def test_an_element_of_an_unknown_list_has_what_is_read_of_every_element() -> None:
    stage = ask("s", "{{item.scene}} {{facts.output.pages.0.title}}", forEach="{{facts.output.pages}}")
    workflow = workflow_of(flow(ask("facts", "x", "json"), stage))
    assert output_of(workflow, workflow.stage("facts"), 1) == {
        "pages": [{"title": "‹facts.output.pages.0.title›", "scene": "‹item.scene›"}]
    }


def test_an_image_stage_has_as_many_pictures_as_are_expected_or_read() -> None:
    found = output("{{facts.output.images.4}}", kind="image_output", pictures=2)
    assert isinstance(found, dict)
    assert len(found["images"]) == 5
    assert all(map(is_image, found["images"]))
    assert len({image["sha256"] for image in found["images"]}) == 5


def test_a_picture_that_is_not_there_is_called_by_its_place() -> None:
    assert picture(("logo", "output", "image"))["name"] == "‹logo.output.image›"


def test_only_the_position_is_taken_out_of_a_prompt() -> None:
    prompt = '{{index | default:"x"}}/{{count}} {{item.a}} {{facts.output | upper}} \\{{index}}'
    workflow = workflow_of(flow(ask("facts", "x", "json"), ask("s", prompt, forEach="{{facts.output}}")))
    changed = without_position(workflow, "s").stage("s").prompt_template
    assert changed == "‹index›/‹count› ‹item.a› {{facts.output | upper}} \\{{index}}"
