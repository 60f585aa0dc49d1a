from __future__ import annotations

import json

import pytest

from cli.flows import LOGO_AND_CARD, ONE_PICTURE, Home, at_any_size
from limner.cli.flow_price import price_words

KEY = "AIza" + "x" * 35


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("flow"))
    home.file("card.json", LOGO_AND_CARD)
    home.file("one.json", at_any_size(ONE_PICTURE))
    return home


def test_it_shows_what_happens_with_every_stage_and_exits_with_0_though_input_is_missing(home: Home) -> None:
    ended = home.limner("plan", "card.json")
    assert ended.code == 0, ended.err
    rows = [line.split()[:3] for line in ended.lines[1:5]]
    assert rows == [
        ["STAGE", "WHAT", "REQUESTS"],
        ["brief", "fill", "in"],
        ["logo", "later", "2"],
        ["card", "later", "1"],
    ]
    assert "  company: missing" in ended.lines
    assert "  │ A modern logo for ‹brief.output.company›." in ended.lines
    assert "  pictures: ‹logo.output.image›" in ended.lines
    assert ended.lines[-1] == "3 requests, free. Nothing was sent."


def test_what_is_given_stands_in_the_prompts(home: Home) -> None:
    ended = home.limner("plan", "card.json", "--input", "brief.company=Silo", "--aspect", "16:9")
    assert "  │ A modern logo for Silo." in ended.lines
    assert "  asks for: 16:9, 512" in ended.lines
    assert "Silo" not in home.limner("plan", "card.json", "--input", "brief.company=Silo", "--no-prompts").out


def test_with_a_real_model_it_says_the_price_and_sends_nothing(home: Home) -> None:
    asked = ("plan", "one.json", "--input", "wish=a fox")
    ended = home.limner(*asked, GEMINI_API_KEY=KEY)
    assert ended.code == 0, ended.err
    assert "1 request, about $0." in ended.lines[-1]
    assert KEY not in ended.out + ended.err
    document = home.limner(*asked, "--json", GEMINI_API_KEY=KEY).document
    assert document["stages"][1]["action"] == "pay"
    assert document["price"]["expected"] > 0


def test_what_would_go_wrong_is_a_warning(home: Home) -> None:
    ended = home.limner("plan", "one.json", "--input", "wish=a fox", "-c", "google")
    assert ended.code == 0
    assert "warning: picture: There is no key for connection 'google'." in ended.err


def test_the_document_is_the_plan(home: Home) -> None:
    document = home.limner("plan", "card.json", "--json").document
    assert [(stage["id"], stage["action"]) for stage in document["stages"]] == [
        ("brief", "form"),
        ("logo", "wait"),
        ("card", "wait"),
    ]
    assert (document["requests"], document["requestsUpTo"], document["problems"]) == (3, 3, [])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Which workflow is not said."),
        (("none.json",), "'none.json' cannot be read"),
        (("--run", "nothing"), "There is no run 'nothing'."),
        (("card.json", "--input", "brief.pages=9"), "brief.pages: must be at most 4, is 9."),
        (("card.json", "--input", "logo.x=9"), "logo: this stage has no form. Accepted: brief."),
    ],
)
def test_bad_input_is_one_clear_message(home: Home, arguments: tuple[str, ...], told: str) -> None:
    ended = home.limner("plan", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err


def test_nothing_is_written_to_the_runs(home: Home) -> None:
    home.limner("plan", "one.json", "--input", "wish=a fox")
    assert json.loads(home.limner("runs", "list", "--json").out) == []


@pytest.mark.parametrize(
    ("expected", "upper", "words"),
    [
        (None, None, "price unknown"),
        (0.0, 0.0, "free"),
        (0.134, 0.134, "about $0.134"),
        (0.134, 0.25, "about $0.134, $0.25 at most"),
        (1.5, None, "about $1.50"),
    ],
)
def test_a_price_in_words(expected: float | None, upper: float | None, words: str) -> None:
    assert price_words(expected, upper) == words
