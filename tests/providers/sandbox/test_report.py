from __future__ import annotations

from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.prompt.report import report


def test_the_report_says_what_was_understood() -> None:
    prompt = "a pig with wings and a top hat flying over a city at sunset, watercolor"
    assert report(parse(prompt)) == (
        "Backdrop: city, sunset. Subjects: pig + wing + top hat. Style: watercolor. Text: none."
    )


def test_the_report_names_what_was_not_drawn() -> None:
    assert report(parse("a dog playing a violin")).endswith("Not drawn: violin.")


def test_the_report_names_unknown_places_and_people() -> None:
    assert "Not drawn: taj, mahal." in report(parse("a dog in front of the Taj Mahal"))


def test_the_report_counts_colors_and_lettering() -> None:
    assert report(parse('a poster with three red balloons that says "Party"')) == (
        "Kind: poster. Backdrop: none named, day. Subjects: 3 x red balloon. Style: none. Text: “Party”."
    )


def test_an_empty_prompt_has_a_report_too() -> None:
    assert report(parse("")) == "Backdrop: none named, day. Subjects: none. Style: none. Text: none."
