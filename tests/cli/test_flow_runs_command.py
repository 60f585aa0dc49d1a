from __future__ import annotations

import json

import pytest

from cli.flows import CARD, LOGO_AND_CARD, ONE_PICTURE, Home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("flow"))
    home.file("card.json", LOGO_AND_CARD)
    home.file("one.json", ONE_PICTURE)
    return home


@pytest.fixture(scope="module")
def waiting(home: Home) -> str:
    return str(home.limner("run", "card.json", "--input", "brief.company=Silo", "--json").document["run"])


@pytest.fixture(scope="module")
def done(home: Home) -> str:
    return str(home.limner("run", "one.json", "--input", "wish=a red fox", "--json").document["run"])


def test_without_runs_there_is_a_hint(tmp_path_factory: pytest.TempPathFactory) -> None:
    ended = Home(tmp_path_factory.mktemp("empty")).limner("runs")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "No runs yet. Try: limner new\n"


def test_the_list_shows_the_newest_first(home: Home, waiting: str, done: str) -> None:
    ended = home.limner("runs")
    assert ended.lines[0].split() == ["ID", "WHEN", "STATUS", "COST", "WORKFLOW"]
    rows = {line.split()[0]: line for line in ended.lines[1:]}
    assert "waits for a person" in rows[waiting[4:16]]
    assert "done" in rows[done[4:16]]
    listed = home.limner("runs", "list", "--workflow", "one-picture", "--json").document
    assert [(each["run"], each["status"]) for each in listed] == [(done, "completed")]


def test_show_tells_stages_attempts_and_what_comes_next(home: Home, waiting: str) -> None:
    ended = home.limner("runs", "show", waiting[4:12])
    assert ended.code == 0
    assert "logo  choose a picture" in ended.lines
    assert "  * att_2  run  2 pictures" in ended.lines
    assert "card  waits for logo" in ended.lines
    assert f"Next: limner select {waiting[4:16]} logo N" in ended.err
    assert home.limner("runs", "show", waiting, "--json").document["run"] == waiting


def test_show_draws_attempts_as_a_tree_and_says_why_something_is_out_of_date(home: Home) -> None:
    run = home.limner("run", "card.json", "--input", "brief.company=Barn", "--select", "first", "--json").document[
        "run"
    ]
    home.limner("redo", run, "card", "--notes", "make it night")
    home.limner("select", run, "logo", "2")
    lines = home.limner("runs", "show", run).lines
    assert "card  out of date" in lines
    assert "  because `logo`: another image was chosen" in lines
    assert "    att_3  run  1 picture" in lines
    assert '  *   att_4  edit  "make it night"  1 picture' in lines


def test_events_are_one_json_document_a_line(home: Home, done: str) -> None:
    ended = home.limner("runs", "events", done)
    events = [json.loads(line) for line in ended.lines]
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["type"] == "run.started"
    followed = home.limner("runs", "events", done, "--after", str(len(events) - 1), "--follow")
    assert [json.loads(line)["n"] for line in followed.lines] == [len(events)]


def test_export_prints_the_files_and_a_second_one_changes_nothing(home: Home, done: str) -> None:
    first = home.limner("runs", "export", done, "exported")
    assert first.code == 0, first.err
    assert first.lines[0].startswith("exported/picture.")
    before = sorted((home.folder / "exported").rglob("*"))
    assert home.limner("runs", "export", done, "exported").lines == first.lines
    assert sorted((home.folder / "exported").rglob("*")) == before


def test_an_edited_file_makes_stages_out_of_date(home: Home, waiting: str) -> None:
    run = home.limner("run", "card.json", "--input", "brief.company=Mill", "--select", "1", "--json").document["run"]
    card = {**CARD, "promptTemplate": "Print {{logo.output.image}} on a mug."}
    home.file("mug.json", {**LOGO_AND_CARD, "stages": [*LOGO_AND_CARD["stages"][:2], card]})
    ended = home.limner("runs", "use", run, "mug.json")
    assert ended.code == 0, ended.err
    assert "card is out of date: the prompt template was edited" in ended.err


def test_reset_forgets_an_output_and_resume_makes_it_again(home: Home) -> None:
    run = home.limner("run", "one.json", "--input", "wish=a blue owl", "--json").document["run"]
    assert home.limner("runs", "reset", run, "picture").code == 0
    assert home.limner("runs", "show", run, "--json").document["stages"]["picture"]["output"] is None
    again = home.limner("resume", run, "--json")
    assert (again.code, len(again.document["stages"]["picture"]["attempts"])) == (0, 2)


def test_cancel_says_whether_something_was_under_way(home: Home, done: str) -> None:
    assert home.limner("runs", "cancel", done).err == "Nothing was under way.\n"
    assert "There is no stage 'nothing'" in home.limner("runs", "cancel", done, "nothing").err


@pytest.mark.parametrize("word", ["show", "events", "cancel", "export", "reset", "update", "use"])
def test_a_run_that_is_not_there_is_one_clear_message(home: Home, word: str) -> None:
    more = {"export": ["folder"], "reset": ["logo"], "update": ["logo"], "use": ["card.json"]}.get(word, [])
    ended = home.limner("runs", word, "nothing", *more)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: There is no run 'nothing'.\n       `limner runs` lists them.\n"
