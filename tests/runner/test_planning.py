from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from limner._json import JsonObject
from limner.app import App, Ask
from limner.errors import InvalidRequestError
from limner.runner.planning import plan_run
from limner.runner.workflows import Inputs, Workflows
from limner.workflow.operations import FormError
from limner.workflow.places import Choice
from runner.flows import FAST, KEY, SANDBOX, ask, example, flow, form, opened, run_of, text_field, workflow_of

BRIEF = form("brief", text_field("what"))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with App.open({"LIMNER_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "GEMINI_API_KEY": KEY}) as found:
        yield found


@pytest.fixture(scope="module")
def workflows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflows]:
    with opened(tmp_path_factory.mktemp("planning")) as found:
        yield found


def planned(app: App, document: JsonObject, inputs: Inputs, choice: Choice | None = None) -> JsonObject:
    return plan_run(app, workflow_of(document), inputs, choice=choice or Choice())


def stage(plan: JsonObject, stage_id: str) -> JsonObject:
    (found,) = [each for each in plan["stages"] if each["id"] == stage_id]
    return dict(found)


def told(plan: JsonObject) -> list[tuple[str, str]]:
    return [(problem["stage"], problem["code"]) for problem in plan["problems"]]


def actions(plan: JsonObject) -> dict[str, str]:
    return {each["id"]: each["action"] for each in plan["stages"]}


def test_every_request_is_shown_as_it_would_be_sent(app: App) -> None:
    document = flow(
        BRIEF,
        ask(
            "picture",
            "A poster of {{brief.output.what}}",
            systemInstruction="Draw {{brief.output.what}} well",
            model="gemini-3-pro-image",
            imageGenerationSettings={"aspectRatio": "3:2", "imageSize": "2K", "count": 3, "negativePrompt": "text"},
        ),
    )
    plan = planned(app, document, {"brief": {"what": "a fox"}})
    found = stage(plan, "picture")
    assert (found["action"], found["prompt"]) == ("pay", "A poster of a fox\nAvoid: text.")
    assert found["system"] == "Draw a fox well"
    assert (found["model"], found["connection"]) == ("gemini-3-pro-image", "google")
    assert (found["aspectRatio"], found["size"], found["requests"], found["requestsUpTo"]) == ("3:2", "2K", 3, 3)
    one = app.plan(
        Ask(
            prompt=found["prompt"],
            system=found["system"],
            model="gemini-3-pro-image",
            aspect_ratio="3:2",
            resolution="2K",
        )
    ).quote
    assert one.expected_usd is not None
    assert found["price"]["expected"] == pytest.approx(float(3 * one.expected_usd))
    assert plan["price"] == found["price"]
    assert plan["problems"] == []


def test_nothing_is_kept_of_a_plan(app: App) -> None:
    planned(app, flow(BRIEF, ask("picture", "{{brief.output.what}}")), {"brief": {"what": "a fox"}})
    assert app.store.runs.list_runs() == []


def test_what_is_not_known_yet_is_marked(app: App) -> None:
    document = flow(
        BRIEF,
        ask("words", "About {{brief.output.what}}", "text"),
        ask("facts", "{{words.output}}", "json"),
        ask("logo", "{{facts.output.title}}: {{facts.output.colors.0 | upper}}"),
        ask("card", "{{logo.output.image}}, in words {{logo.output.accompanyingText}}"),
    )
    plan = planned(app, document, {"brief": {"what": "a fox"}})
    assert [stage(plan, each)["prompt"] for each in ("words", "facts", "logo", "card")] == [
        "About a fox",
        "‹words.output›",
        "‹facts.output.title›: ‹FACTS.OUTPUT.COLORS.0›",
        "image 1, in words ‹logo.output.accompanyingText›",
    ]
    assert stage(plan, "card")["images"] == ["‹logo.output.image›"]


def test_a_form_that_lacks_something_is_shown_with_what_waits_for_it(app: App) -> None:
    document = flow(
        form("brief", text_field("what"), text_field("where", required=False), {"name": "photo", "type": "image"}),
        form("other", text_field("note", required=False)),
        ask("picture", "{{brief.output.what}}{{brief.output.where}}"),
        ask("second", "Again {{picture.output.image}}"),
        ask("third", "{{other.output.note}} alone"),
    )
    plan = planned(app, document, {})
    assert actions(plan) == {"brief": "form", "other": "keep", "picture": "wait", "second": "wait", "third": "pay"}
    assert stage(plan, "brief")["missing"] == ["what"]
    assert stage(plan, "picture")["prompt"] == "‹brief.output.what›"
    assert stage(plan, "second")["why"] == "it comes after `picture`"
    assert plan["problems"] == []


def test_a_picture_that_nobody_gave_counts_as_one(app: App) -> None:
    photo = {"name": "photo", "type": "image", "validation": {"required": True}}
    document = flow(
        form("source", photo),
        ask("edited", "Make it night", inputImages=[{"from": "{{source.output.photo}}", "role": "the photo"}]),
    )
    found = stage(planned(app, document, {}), "edited")
    assert found["images"] == ["‹source.output.photo›"]
    assert found["prompt"] == "Image 1: the photo.\nMake it night"


def test_the_own_form_of_a_stage_is_asked_for(app: App) -> None:
    document = flow(ask("picture", "{{self.input.what}}", inputType="form", formFields=[text_field("what")]))
    plan = planned(app, document, {})
    assert actions(plan) == {"picture": "form"}
    assert (stage(plan, "picture")["missing"], stage(plan, "picture")["prompt"]) == (["what"], "‹picture.input.what›")
    filled = planned(app, document, {"picture": {"what": "a fox"}})
    assert (actions(filled), stage(filled, "picture")["prompt"]) == ({"picture": "pay"}, "a fox")


def test_a_list_that_is_known_is_counted(app: App) -> None:
    styles = {"name": "styles", "type": "multiselect", "options": ["oil", "ink", "chalk"]}
    document = flow(
        form("brief", styles),
        ask("each", "{{index}} of {{count}}: {{item}}", forEach="{{brief.output.styles}}"),
    )
    plan = planned(app, document, {"brief": {"styles": ["oil", "chalk"]}})
    found = stage(plan, "each")
    assert (found["requests"], found["requestsUpTo"], found["prompt"]) == (2, 2, "1 of 2: oil")
    assert found["notes"] == ["This is the first of 2 prompts."]


def test_a_list_that_is_not_known_has_bounds(app: App) -> None:
    document = flow(
        BRIEF,
        ask("script", "{{brief.output.what}}", "json"),
        ask(
            "pages",
            "Page {{index}} of {{count}}: {{item.scene}} \\{{x}}",
            forEach={"items": "{{script.output.pages}}", "maxItems": 5},
            imageGenerationSettings={"count": 2},
        ),
    )
    found = stage(planned(app, document, {"brief": {"what": "a fox"}}), "pages")
    assert found["prompt"] == "Page ‹index› of ‹count›: ‹item.scene› {{x}}"
    assert (found["requests"], found["requestsUpTo"]) == (2, 10)
    assert found["price"]["upper"] > 5 * found["price"]["expected"]


def test_the_sandbox_is_free(app: App) -> None:
    plan = planned(app, flow(BRIEF, ask("picture", "{{brief.output.what}}")), {"brief": {"what": "a fox"}}, SANDBOX)
    assert actions(plan)["picture"] == "free"
    assert plan["price"] == {"expected": 0, "upper": 0}


def test_a_retired_model_is_shown_with_the_one_that_replaces_it(app: App) -> None:
    document = flow(ask("picture", "a fox", model="gemini-2.0-flash-preview-image-generation"))
    found = stage(planned(app, document, {}), "picture")
    assert found["modelRequested"] == "gemini-2.0-flash-preview-image-generation"
    assert found["model"] == "gemini-nano-banana-2.1"
    assert "was shut down" in found["notes"][0]


@pytest.mark.parametrize(
    ("document", "inputs", "code"),
    [
        (flow(ask("s", "a fox", connection="nowhere")), {}, "auth"),
        (flow(ask("s", "a fox", imageGenerationSettings={"aspectRatio": "7:5"})), {}, "unsupported_aspect_ratio"),
        (flow(ask("s", "a fox", model="gemini-9-image")), {}, "unsupported_parameter"),
        (flow(form("f", {"name": "n", "type": "number"}), ask("s", "{{f.output.n}} foxes")), {}, "template_unresolved"),
        (
            flow(BRIEF, ask("s", "{{item}}", forEach="{{brief.output.what}}")),
            {"brief": {"what": "x"}},
            "foreach_not_array",
        ),
        (flow(ask("s", "{{item}}", forEach={"items": [1, 2, 3], "maxItems": 2})), {}, "foreach_too_many"),
    ],
)
def test_what_would_go_wrong_is_told_and_not_raised(app: App, document: JsonObject, inputs: Inputs, code: str) -> None:
    plan = planned(app, document, inputs)
    assert told(plan) == [("s", code)]
    assert plan["problems"][0]["message"]
    assert plan["problems"][0]["hint"]


def test_a_connection_without_a_key_is_told(tmp_path: Path) -> None:
    with App.open({"LIMNER_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}) as app:
        plan = planned(app, flow(ask("s", "a fox")), {}, Choice(connection="google"))
        assert told(plan) == [("s", "auth")]
        assert "google" in plan["problems"][0]["message"]
        assert stage(plan, "s")["price"]["expected"] > 0


def test_a_budget_that_is_not_enough_is_told(app: App) -> None:
    document = flow(ask("s", "a fox", imageGenerationSettings={"count": 4}), budget={"maxImages": 3, "maxCost": 0.01})
    plan = planned(app, document, {})
    assert [problem["code"] for problem in plan["problems"]] == ["budget_exceeded", "budget_exceeded"]
    assert plan["budget"]["images"] == 4
    assert (plan["budget"]["maxImages"], plan["budget"]["maxCost"]) == (3, 0.01)


def test_a_value_that_cannot_be_is_refused(app: App) -> None:
    with pytest.raises(InvalidRequestError, match="no stage 'brif'"):
        planned(app, flow(BRIEF), {"brif": {}})
    with pytest.raises(FormError, match="nope"):
        planned(app, flow(BRIEF), {"brief": {"nope": 1}})
    with pytest.raises(InvalidRequestError, match="no form"):
        planned(app, flow(ask("s", "a fox")), {"s": {"what": "x"}})


def test_a_run_keeps_what_it_has_and_pays_for_what_is_out_of_date(workflows: Workflows) -> None:
    document = flow(
        BRIEF,
        ask("first", "{{brief.output.what}}"),
        ask("second", "Make {{first.output.image}} blue"),
        ask("other", "a tree"),
        finalStage="second",
    )
    run = run_of(workflows, document, {"brief": {"what": "a fox"}})
    workflow, app = workflow_of(document), workflows.app
    before = workflows.document(run["run"])
    done = plan_run(app, workflow, {}, choice=Choice(), run_id=run["run"])
    assert set(actions(done).values()) == {"keep"}
    assert done["requests"] == 0
    changed = plan_run(app, workflow, {"brief": {"what": "a dog"}}, choice=Choice(), run_id=run["run"])
    assert actions(changed) == {"brief": "keep", "first": "free", "second": "free", "other": "keep"}
    assert stage(changed, "first")["why"] == "`brief.what` changed"
    assert stage(changed, "second")["images"] == ["‹first.output.image›"]
    assert workflows.document(run["run"]) == before


def test_an_edited_file_shows_what_it_would_do_to_a_run(workflows: Workflows) -> None:
    def document(prompt: str) -> JsonObject:
        return flow(ask("first", "a fox"), ask("second", prompt, dependencies=["first"]))

    run = run_of(workflows, document("a dog"), {})
    plan = plan_run(workflows.app, workflow_of(document("a cat")), {}, choice=Choice(), run_id=run["run"])
    assert actions(plan) == {"first": "keep", "second": "free"}
    assert stage(plan, "second")["why"] == "the prompt template was edited"


def test_what_another_run_made_of_the_same_is_taken_where_it_is_wanted(workflows: Workflows) -> None:
    document = flow(BRIEF, ask("first", "{{brief.output.what}}"), ask("second", "Make {{first.output.image}} red"))
    given: Inputs = {"brief": {"what": "a hedgehog"}}
    run = run_of(workflows, document, given)
    plan = plan_run(workflows.app, workflow_of(document), given, choice=FAST, reuse=True)
    assert actions(plan) == {"brief": "keep", "first": "reuse", "second": "reuse"}
    assert plan["requests"] == 0
    without = plan_run(workflows.app, workflow_of(document), given, choice=FAST)
    assert actions(without) == {"brief": "keep", "first": "free", "second": "free"}
    assert run["run"] in stage(without, "first")["notes"][-1]


def test_a_choice_that_a_person_still_has_to_make_is_waited_for(workflows: Workflows) -> None:
    document = flow(
        ask("first", "a fox", selection="manual", imageGenerationSettings={"count": 2}),
        ask("second", "Make {{first.output.image}} blue"),
    )
    run_id = workflows.create(document, choice=FAST, unattended=True)
    workflows.wait(run_id)
    plan = plan_run(workflows.app, workflow_of(document), {}, choice=Choice(), run_id=run_id)
    assert actions(plan) == {"first": "wait", "second": "free"}
    assert stage(plan, "first")["why"] == "a person chooses one of 2 pictures"


def test_a_run_that_does_not_exist_is_refused(app: App) -> None:
    with pytest.raises(InvalidRequestError, match="There is no run"):
        plan_run(app, workflow_of(flow(ask("s", "a fox"))), {}, choice=Choice(), run_id="run_nope")


def test_the_plan_of_the_relay_example_says_what_is_missing(app: App) -> None:
    loaded = Workflows(app).load(example("product-poster-relay"))
    assert loaded.workflow is not None
    plan = plan_run(app, loaded.workflow, {}, choice=Choice())
    assert told(plan) == [("poster", "auth")]
    assert "relay-main" in plan["problems"][0]["message"]
