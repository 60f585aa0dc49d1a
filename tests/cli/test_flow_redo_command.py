from __future__ import annotations

import pytest

from cli.flows import LOGO_AND_CARD, ONE_PICTURE, SMALL, Home
from loopback import PNG_1X1


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("flow"))
    home.file("card.json", LOGO_AND_CARD)
    home.file("one.json", ONE_PICTURE)
    home.file("each.json", EACH)
    return home


EACH = {
    "specVersion": "1",
    "id": "each",
    "name": "Each",
    "stages": [
        {
            "id": "pages",
            "title": "Pages",
            "outputType": "image_output",
            "promptTemplate": "A {{item}}.",
            "forEach": {"items": "{{config.animals}}"},
            "selection": "all",
            "aiRedoEnabled": True,
            "imageGenerationSettings": SMALL,
        }
    ],
    "config": {"animals": ["fox", "owl"]},
}


@pytest.fixture(scope="module")
def run(home: Home) -> str:
    """A run that is done, of two pictures and a card."""
    ended = home.limner("run", "card.json", "--input", "brief.company=Silo", "--select", "first", "--json")
    assert ended.code == 0, ended.err
    return str(ended.document["run"])


@pytest.fixture(scope="module")
def one(home: Home) -> str:
    return str(home.limner("run", "one.json", "--input", "wish=a red fox", "--json").document["run"])


def test_notes_change_the_picture_that_is_shown(home: Home, one: str) -> None:
    ended = home.limner("redo", one, "picture", "--notes", "make it night")
    assert ended.code == 0, ended.err
    (path,) = ended.lines
    assert home.path(path).is_file()
    assert "edit: the picture is changed." in ended.err


@pytest.mark.parametrize(
    ("options", "operation"),
    [
        (("--notes", "at night", "--new"), "refine"),
        (("--style", "Sketch"), "restyle"),
        (("--style", "Sketch", "--keep"), "edit"),
        ((), "retry"),
    ],
)
def test_the_operation_follows_from_the_options(home: Home, one: str, options: tuple[str, ...], operation: str) -> None:
    ended = home.limner("redo", one, "picture", *options, "--json")
    assert ended.code == 0, ended.err
    assert ended.err.startswith(f"{operation}: ")
    assert ended.document["stages"]["picture"]["attempts"][-1]["operation"] == operation


def test_settings_hold_for_this_time_only(home: Home, one: str) -> None:
    ended = home.limner("redo", one, "picture", "--aspect", "16:9", "--count", "2", "--json")
    images = ended.document["stages"]["picture"]["output"]["images"]
    assert [round(image["width"] / image["height"], 1) for image in images] == [1.8, 1.8]


def test_a_picture_of_ones_own_can_be_changed(home: Home, one: str) -> None:
    (home.folder / "own.png").write_bytes(PNG_1X1)
    ended = home.limner("redo", one, "picture", "--image", "own.png", "--notes", "make it night", "--json")
    assert ended.code == 0, ended.err
    attempt = ended.document["stages"]["picture"]["attempts"][-1]
    assert (attempt["operation"], attempt["parentImageId"][:4]) == ("edit", "img_")


def test_one_item_of_several_is_made_again_and_the_other_one_kept(home: Home) -> None:
    first = home.limner("run", "each.json", "--json").document
    refused = home.limner("redo", first["run"], "pages", "--notes", "at night")
    assert refused.code == 2
    assert "Accepted: --item 1 to 2, or --all-items." in refused.err
    ended = home.limner("redo", first["run"], "pages", "--item", "2", "--notes", "at night", "--json")
    assert ended.code == 0, ended.err
    before, after = (
        [image["sha256"] for image in each["stages"]["pages"]["output"]["images"]] for each in (first, ended.document)
    )
    assert (before[0] == after[0], before[1] == after[1]) == (True, False)


def test_a_redo_that_fails_leaves_the_old_picture_and_ends_with_1(home: Home, one: str) -> None:
    ended = home.limner("redo", one, "picture", "--notes", "[[finish:IMAGE_SAFETY]]", "--json")
    stage = ended.document["stages"]["picture"]
    assert (ended.code, stage["status"]) == (1, "completed")
    assert stage["lastAttempt"]["error"]["code"] == "blocked_image"
    assert "the last attempt failed; the result before it is kept" in ended.err


def test_another_choice_makes_what_follows_out_of_date_and_update_makes_it_again(home: Home, run: str) -> None:
    chosen = home.limner("select", run, "logo", "2", "--json")
    assert chosen.document["stages"]["card"]["status"] == "stale"
    assert f"Next: limner runs update {run[4:16]} card" in chosen.err
    planned = home.limner("plan", "--run", run, "--json").document
    assert [stage["action"] for stage in planned["stages"]] == ["keep", "keep", "free"]
    updated = home.limner("runs", "update", run, "card", "--json")
    assert updated.code == 0, updated.err
    assert updated.document["stages"]["card"]["status"] == "completed"
    assert "card is not out of date" in home.limner("runs", "update", run, "card").err


def test_an_earlier_attempt_can_be_chosen(home: Home, run: str) -> None:
    ended = home.limner("select", run, "card", "1", "--attempt", "att_3", "--json")
    assert (ended.code, ended.document["stages"]["card"]["activeAttemptId"]) == (0, "att_3")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("redo", "RUN", "nothing"), "There is no stage 'nothing'."),
        (("redo", "RUN", "brief"), "Stage 'brief' asks a person."),
        (("redo", "RUN", "logo", "--image", "9", "--notes", "x"), "Stage 'logo' has no picture 9."),
        (("redo", "RUN", "logo", "--image", "none.png", "--notes", "x"), "There is no file 'none.png'."),
        (("redo", "RUN", "logo", "--image", "1"), "What to change in the picture is not said."),
        (("redo", "RUN", "logo", "--image", "1", "--new", "--notes", "x"), "--new makes one without it."),
        (("redo", "RUN", "logo", "--aspect", "wide"), "wide"),
        (("redo", "nothing", "logo"), "There is no run 'nothing'."),
        (("select", "RUN", "logo", "9"), "There is no picture 9."),
        (("select", "RUN", "logo", "1", "--attempt", "att_99"), "Stage 'logo' has no such result."),
        (("select", "RUN", "logo", "two"), "'two' is not a valid integer"),
    ],
)
def test_what_cannot_be_done_is_one_clear_message(home: Home, run: str, arguments: tuple[str, ...], told: str) -> None:
    ended = home.limner(*(run if each == "RUN" else each for each in arguments))
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_a_stage_that_does_not_allow_it_or_never_ran_is_refused(home: Home) -> None:
    stage = {**ONE_PICTURE["stages"][1], "aiRedoEnabled": False}
    home.file("fixed.json", {**ONE_PICTURE, "stages": [ONE_PICTURE["stages"][0], stage]})
    fixed = home.limner("run", "fixed.json", "--input", "wish=a fox [[text-only]]", "--json").document["run"]
    assert "does not allow it" in home.limner("redo", fixed, "picture").err
    never = home.limner("run", "one.json", "--input", "wish=a fox [[text-only]]", "--json").document["run"]
    assert "has no output yet" in home.limner("redo", never, "picture").err
