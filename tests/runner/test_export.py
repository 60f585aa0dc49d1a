from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner._json import JsonObject
from limner.errors import BlobCorruptError, InvalidRequestError
from limner.runner.export import export_run
from limner.runner.workflows import Workflows
from limner.workflow.load import load
from limner.workflow.operations import RedoWish
from runner.flows import FAST, ask, flow, form, opened, run_of, text_field

LOGO = flow(
    form("brief", text_field("name")),
    ask("words", "Two sentences about {{brief.output.name}}", "text"),
    ask("facts", "{{words.output}}", "json"),
    ask(
        "logo",
        'A logo for {{brief.output.name}}, called "{{facts.output.title}}"',
        selection="manual",
        aiRedoEnabled=True,
        imageGenerationSettings={"count": 3},
    ),
    ask("card", "Make {{logo.output.image}} darker"),
)


@pytest.fixture(scope="module")
def workflows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workflows]:
    with opened(tmp_path_factory.mktemp("export")) as found:
        yield found


@pytest.fixture(scope="module")
def logo(workflows: Workflows) -> JsonObject:
    run = run_of(workflows, LOGO, {"brief": {"name": "Fernweh"}})
    workflows.select(run["run"], "logo", 1)
    return workflows.document(run["run"])


def exported(workflows: Workflows, document: JsonObject, folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in export_run(workflows.app, document, folder)]


def without_recipes(names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".limner.json")]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_result_is_in_front_and_the_chosen_picture_has_the_plain_name(
    workflows: Workflows, logo: JsonObject, tmp_path: Path
) -> None:
    names = exported(workflows, logo, tmp_path / "out")
    assert without_recipes(names) == [
        "card.png",
        "stages/words.txt",
        "stages/facts.json",
        "stages/logo.png",
        "stages/logo-1.png",
        "stages/logo-3.png",
        "run.json",
        "workflow.json",
    ]
    images = logo["stages"]["logo"]["output"]["images"]
    written = [(tmp_path / "out" / "stages" / name).read_bytes() for name in ("logo-1.png", "logo.png", "logo-3.png")]
    assert [len(each) for each in written] == [image["bytes"] for image in images]
    assert (tmp_path / "out" / "stages" / "words.txt").read_text() == logo["stages"]["words"]["output"] + "\n"


def test_each_picture_has_its_recipe_beside_it(workflows: Workflows, logo: JsonObject, tmp_path: Path) -> None:
    names = exported(workflows, logo, tmp_path)
    assert [name for name in names if name.endswith(".png")] == [
        name.removesuffix(".limner.json") for name in names if name.endswith(".limner.json")
    ]
    recipe = json.loads((tmp_path / "card.png.limner.json").read_text())
    assert recipe["prompt"] == "Make image 1 darker"


def test_the_run_names_every_picture_by_its_place_in_the_folder(
    workflows: Workflows, logo: JsonObject, tmp_path: Path
) -> None:
    export_run(workflows.app, logo, tmp_path)
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["run"] == logo["run"]
    assert [image["path"] for image in run["stages"]["logo"]["output"]["images"]] == [
        "stages/logo-1.png",
        "stages/logo.png",
        "stages/logo-3.png",
    ]
    assert run["result"]["images"][0]["path"] == "card.png"
    assert "path" not in logo["stages"]["card"]["output"]["images"][0]


def test_the_workflow_can_be_run_again(workflows: Workflows, logo: JsonObject, tmp_path: Path) -> None:
    export_run(workflows.app, logo, tmp_path)
    loaded = load((tmp_path / "workflow.json").read_text())
    assert loaded.ok
    assert loaded.workflow is not None
    assert loaded.workflow.document == LOGO


def test_a_second_export_changes_nothing(workflows: Workflows, logo: JsonObject, tmp_path: Path) -> None:
    first = exported(workflows, logo, tmp_path)
    before = contents(tmp_path)
    assert exported(workflows, logo, tmp_path) == first
    assert contents(tmp_path) == before
    assert set(before) == set(first)


def test_another_file_is_never_written_over(workflows: Workflows, logo: JsonObject, tmp_path: Path) -> None:
    (tmp_path / "card.png").write_bytes(b"mine")
    (tmp_path / "run.json").mkdir()
    names = exported(workflows, logo, tmp_path)
    assert (tmp_path / "card.png").read_bytes() == b"mine"
    assert {"card_2.png", "card_2.png.limner.json", "run_2.json"} <= set(names)
    run = json.loads((tmp_path / "run_2.json").read_text())
    assert run["result"]["images"][0]["path"] == "card_2.png"


def test_what_was_made_since_is_put_beside_what_is_there(workflows: Workflows, tmp_path: Path) -> None:
    run = run_of(workflows, flow(ask("picture", "a fox", aiRedoEnabled=True)), {})
    export_run(workflows.app, run, tmp_path)
    workflows.redo(run["run"], "picture", RedoWish(notes="make it night"))
    names = exported(workflows, workflows.wait(run["run"]), tmp_path)
    assert without_recipes(names) == ["picture_2.png", "run_2.json", "workflow.json"]


def test_words_and_pictures_of_one_answer_become_a_page(workflows: Workflows, tmp_path: Path) -> None:
    run = run_of(workflows, flow(ask("recipe", "a soup", selection="all")), {})
    names = exported(workflows, run, tmp_path)
    assert without_recipes(names) == ["recipe.png", "recipe.md", "run.json", "workflow.json"]
    page = (tmp_path / "recipe.md").read_text()
    assert page.startswith("# recipe\n\n")
    assert "\n![Picture 1](recipe.png)\n" in page


def test_the_pictures_of_a_list_are_numbered(workflows: Workflows, tmp_path: Path) -> None:
    run = run_of(workflows, flow(ask("each", "a {{item}}", forEach={"items": ["fox", "dog"]})), {})
    assert without_recipes(exported(workflows, run, tmp_path))[:2] == ["each-1.png", "each-2.png"]


def test_candidates_are_numbered_until_one_is_chosen(workflows: Workflows, tmp_path: Path) -> None:
    document = flow(ask("logo", "a logo", selection="manual", imageGenerationSettings={"count": 2}))
    run_id = workflows.create(document, choice=FAST, unattended=True)
    assert without_recipes(exported(workflows, workflows.wait(run_id), tmp_path))[:2] == [
        "stages/logo-1.png",
        "stages/logo-2.png",
    ]
    workflows.select(run_id, "logo", 1)
    names = without_recipes(exported(workflows, workflows.wait(run_id), tmp_path))
    assert names[:2] == ["logo.png", "stages/logo-1.png"]
    assert (tmp_path / "logo.png").read_bytes() == (tmp_path / "stages" / "logo-2.png").read_bytes()


def test_an_unfinished_run_gives_what_there_is(workflows: Workflows, tmp_path: Path) -> None:
    run_id = workflows.create(LOGO)
    assert exported(workflows, workflows.document(run_id), tmp_path) == ["run.json", "workflow.json"]


def test_a_picture_that_is_gone_is_told_before_anything_is_written(workflows: Workflows, tmp_path: Path) -> None:
    run = run_of(workflows, flow(ask("picture", "a cat")), {})
    image = run["stages"]["picture"]["output"]["images"][0]
    image["sha256"] = "0" * 64
    with pytest.raises(BlobCorruptError):
        export_run(workflows.app, run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_not_here_is_refused(workflows: Workflows, logo: JsonObject, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="There is no run"):
        export_run(workflows.app, {**logo, "run": "run_nope"}, tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(workflows: Workflows, logo: JsonObject, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(InvalidRequestError, match="cannot be written"):
        export_run(workflows.app, logo, tmp_path / "out")
