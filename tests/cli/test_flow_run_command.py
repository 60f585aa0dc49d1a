from __future__ import annotations

import copy

import pytest

from cli.flows import LOGO_AND_CARD, ONE_PICTURE, Home
from cli.running import Ended


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("flow"))
    home.file("card.json", LOGO_AND_CARD)
    home.file("one.json", ONE_PICTURE)
    return home


@pytest.fixture(scope="module")
def waiting(home: Home) -> Ended:
    """A run that nobody chooses a picture in."""
    return home.limner("run", "card.json", "--input", "brief.company=Silo", "--json")


@pytest.fixture(scope="module")
def finished(home: Home, waiting: Ended) -> Ended:
    """The same run, carried on from the command line."""
    run = waiting.document["run"]
    chosen = home.limner("select", run, "logo", "2")
    assert chosen.code == 0, chosen.err
    assert f"Next: limner resume {run[4:16]}" in chosen.err
    return home.limner("resume", run, "--out", "out")


def test_without_a_choice_a_run_stops_with_4_and_names_the_commands_that_go_on(waiting: Ended) -> None:
    document = waiting.document
    short = document["run"][4:16]
    assert (waiting.code, document["status"]) == (4, "waiting")
    assert {name: stage["status"] for name, stage in document["stages"].items()} == {
        "brief": "completed",
        "logo": "review",
        "card": "idle",
    }
    assert "error: Logo (logo) made 2 pictures, and somebody must choose one." in waiting.err
    assert f"limner select {short} logo N" in waiting.err
    assert f"Next: limner resume {short}" in waiting.err
    assert "✓ Logo: 2 pictures" in waiting.err
    assert "Business card                 waits for Logo" in waiting.err


def test_the_document_has_the_agreed_keys(waiting: Ended) -> None:
    document = waiting.document
    assert {"run", "status", "stages", "result", "cost"} <= set(document)
    assert {"status", "output", "error", "attempts"} <= set(document["stages"]["logo"])
    assert document["stages"]["brief"]["userInput"]["look"] == "modern"


def test_after_a_choice_it_goes_on_to_its_end(home: Home, waiting: Ended, finished: Ended) -> None:
    assert finished.code == 0, finished.err
    assert finished.lines == ["out/card.png"]
    assert (home.folder / "out" / "card.png").read_bytes().startswith(b"\x89PNG")
    assert "Exported" in finished.err
    assert f'Next: limner redo {waiting.document["run"][4:16]} card --notes "…"' in finished.err


def test_what_is_done_is_not_made_again(home: Home, waiting: Ended, finished: Ended) -> None:
    again = home.limner("resume", waiting.document["run"], "--json")
    assert again.code == 0
    attempts = {name: len(stage["attempts"]) for name, stage in again.document["stages"].items()}
    assert attempts == {"brief": 1, "logo": 1, "card": 1}


def test_with_yes_and_a_choice_it_runs_to_its_end_and_prints_the_path(home: Home) -> None:
    ended = home.limner("run", "one.json", "--input", "wish=a red fox in snow", "--yes")
    assert ended.code == 0, ended.err
    (path,) = ended.lines
    assert home.path(path).read_bytes().startswith(b"\x89PNG")
    assert "Sandbox: drawn offline, free, no real model." in ended.err
    assert "2 of 2 stages done · 1 picture · free" in ended.err


def test_the_same_again_is_taken_from_the_run_before(home: Home) -> None:
    home.limner("run", "one.json", "--input", "wish=a blue owl at night")
    ended = home.limner("run", "one.json", "--input", "wish=a blue owl at night", "--reuse")
    assert ended.code == 0
    assert "nothing paid" in ended.err


def test_all_that_is_missing_is_told_at_once_with_3(home: Home) -> None:
    document = copy.deepcopy(LOGO_AND_CARD)
    document["stages"][0]["formFields"][4]["validation"] = {"required": True}
    home.file("two.json", document)
    ended = home.limner("run", "two.json", "--json")
    assert ended.code == 3
    assert ended.document["error"]["code"] == "workflow.missing_input"
    assert "brief.company: must be filled in (Company)." in ended.err
    assert "brief.notes: must be filled in (Notes)." in ended.err


def test_a_failed_stage_ends_with_1_and_retry_starts_it_again(home: Home) -> None:
    ended = home.limner("run", "one.json", "--input", "wish=a fox [[finish:IMAGE_SAFETY]]", "--json")
    assert (ended.code, ended.document["status"]) == (1, "failed")
    assert ended.document["stages"]["picture"]["error"]["code"] == "blocked_image"
    assert "error: Picture (picture): " in ended.err
    run = ended.document["run"]
    assert f"Next: limner resume {run[4:16]} --retry" in ended.err
    kept = home.limner("resume", run, "--json")
    assert (kept.code, len(kept.document["stages"]["picture"]["attempts"])) == (1, 1)
    again = home.limner("resume", run, "--retry", "--input", "wish=a fox", "--json")
    assert (again.code, len(again.document["stages"]["picture"]["attempts"])) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "nothing.json"), "'nothing.json' cannot be read: No such file or directory."),
        (("run", "one.json", "-c", "gogle"), "gogle"),
        (("run", "one.json", "--aspect", "wide"), "wide"),
        (("run", "one.json", "--select", "best"), "'best' chooses no picture."),
        (("run", "one.json", "--input", "wish"), "--input: 'wish' is not STAGE.FIELD=VALUE."),
        (("run", "one.json", "--input", "picture.x=1"), "picture: this stage has no form."),
        (("run", "card.json", "--input", "breif.company=1"), "breif: there is no such stage. Did you mean brief?"),
        (
            ("run", "card.json", "--input", "brief.compny=1"),
            "brief.compny: there is no such field. Did you mean company?",
        ),
        (("resume", "run_nothing"), "There is no run 'run_nothing'."),
    ],
)
def test_bad_input_is_one_clear_message(home: Home, finished: Ended, arguments: tuple[str, ...], told: str) -> None:
    ended = home.limner(*arguments)
    assert ended.code == 2, ended.err
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert told in ended.err
    assert "Traceback" not in ended.err


def test_a_beginning_of_several_ids_is_not_enough(home: Home, waiting: Ended) -> None:
    home.limner("run", "one.json", "--input", "wish=a fox [[text-only]]")
    assert "error: Several runs begin with '1'." in home.limner("resume", "1").err


def test_everything_that_is_wrong_with_the_values_is_told_at_once(home: Home) -> None:
    ended = home.limner(
        "run", "card.json", "--input", f"brief.company={'x' * 61}", "--input", "brief.look=modrn",
        "--input", "brief.pages=9", "--input", "brief.pages=1", "--input", "brief.photo=none.png",
    )  # fmt: skip
    assert ended.code == 2
    assert "brief.company: takes at most 60 characters, has 61." in ended.err
    assert "brief.look: has no option 'modrn'. Did you mean 'modern'?" in ended.err
    assert "brief.pages: it is given twice; give it once." in ended.err
    assert "brief.photo: There is no file 'none.png'." in ended.err


def test_a_file_that_is_wrong_is_told_with_its_places(home: Home) -> None:
    home.file("wrong.json", {"id": "w", "name": "W", "stages": [{"id": "a", "title": "A", "outputType": "picture"}]})
    ended = home.limner("run", "wrong.json")
    assert ended.code == 2
    assert "wrong.json:8:" in ended.err
    assert "E103" in ended.err
    assert "See: limner validate wrong.json" in ended.err
