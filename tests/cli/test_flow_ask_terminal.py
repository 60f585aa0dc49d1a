from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.flows import LOGO_AND_CARD, ONE_PICTURE, at_any_size
from cli.running import Run
from cli.terminal import Terminal
from limner.cli.flow_ask import beside
from loopback import PNG_1X1

pytestmark = pytest.mark.slow

KEY = "AIza" + "x" * 35


@pytest.fixture
def terminal(here: Path, environment: dict[str, str]) -> dict[str, str]:
    (here / "card.json").write_text(json.dumps(LOGO_AND_CARD), "utf-8")
    (here / "one.json").write_text(json.dumps(at_any_size(ONE_PICTURE)), "utf-8")
    (here / "a b.png").write_bytes(PNG_1X1)
    return {**environment, "TERM": "xterm-256color", "NO_COLOR": "1"}


def test_a_form_is_asked_field_by_field_and_a_picture_is_chosen(
    terminal: dict[str, str], here: Path, limner: Run
) -> None:
    with Terminal("run", "card.json", environment=terminal, folder=here) as screen:
        screen.sees("Company (at most 60 characters)\n> ")
        screen.types("")
        screen.sees("Company: must be filled in.")
        screen.types("Silo")
        screen.sees("   1  Modern look\n   2  Old look\n[modern] > ")
        screen.types("third")
        screen.sees("has no option 'third'")
        screen.types("2")
        screen.sees("Pages (1 to 4)")
        screen.types("")
        screen.sees("Colors (optional)")
        screen.types("1, blue")
        screen.sees("Enter ends it; a line that ends with \\ goes on.")
        screen.types("first line\\")
        screen.sees("… ")
        screen.types("second line")
        screen.sees("The path of a picture.")
        screen.types("'a b.png'")
        screen.sees("an empty line ends.")
        screen.types("")
        screen.sees("Logo: which picture?")
        screen.sees("1 to 2 > ")
        screen.types("3")
        screen.sees("Please type a number from 1 to 2")
        screen.types("2")
        screen.sees("3 of 3 stages done")
        assert screen.ends() == 0
    run = limner("runs", "list", "--json").document[0]["run"]
    document = limner("runs", "show", run, "--json").document
    filled = document["stages"]["brief"]["userInput"]
    assert {name: filled[name] for name in ("company", "look", "pages", "colors", "notes", "more")} == {
        "company": "Silo",
        "look": "old",
        "pages": 2,
        "colors": ["red", "blue"],
        "notes": "first line\nsecond line",
        "more": [],
    }
    assert filled["photo"]["name"] == "a b.png"
    assert document["stages"]["logo"]["output"]["selectedIndex"] == 1


def test_before_something_is_paid_a_person_is_asked_and_may_say_no(
    terminal: dict[str, str], here: Path, limner: Run
) -> None:
    asked = ("run", "one.json", "--input", "wish=a fox")
    with Terminal(*asked, environment={**terminal, "GEMINI_API_KEY": KEY}, folder=here) as screen:
        screen.sees("1 request, about $0.")
        screen.sees("Spend about $0.")
        screen.types("n")
        screen.sees("Nothing was sent.")
        assert screen.ends() == 130
    assert "No runs yet." in limner("runs").err


def test_questions_do_not_stand_in_the_result(terminal: dict[str, str], here: Path) -> None:
    with Terminal("run", "one.json", environment=terminal, folder=here, stdout=here / "out.txt") as screen:
        screen.sees("> ")
        screen.types("a red fox")
        assert screen.ends() == 0
    (path,) = (here / "out.txt").read_text("utf-8").splitlines()
    assert Path(path).is_file()


def test_blocks_stand_beside_each_other_whatever_their_colors() -> None:
    left = ["\x1b[31mab\x1b[0m", "c", "1"]
    right = ["xyz", "2"]
    assert beside([left, right]) == "\x1b[31mab\x1b[0m  xyz\nc   2\n1\n"
