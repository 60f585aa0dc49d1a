from __future__ import annotations

from pathlib import Path

from cli.running import Run

SMALL = ("-c", "sandbox", "--size", "512")


def test_looks_are_listed_and_used(limner: Run) -> None:
    assert len(limner("prompt", "styles", "movement").lines) == 5
    assert limner("prompt", "styles", "--json").document[0]["id"] == "close-up"
    assert limner("prompt", "styles", "nothing").code == 2
    made = limner("generate", "a red fox", "--vary", "watercolor,charcoal", *SMALL)
    assert [line[:12] for line in made.lines] == ["a-watercolor", "a-charcoal-d"]
    assert limner("generate", "a red fox", "--style", "watercolr", *SMALL).code == 2


def test_templates_are_listed_shown_filled_and_used(limner: Run) -> None:
    assert limner("prompt", "templates").lines[1].startswith("logo")
    assert limner("prompt", "template", "logo").lines[0].startswith("A {logo_style} logo")
    values = ("--set", "company_area=baking", "--set", "company_name=Crumb = Co")
    assert limner("prompt", "template", "logo", *values).out.endswith('Include the text "Crumb = Co".\n')
    assert limner("generate", "--template", "logo", *values, *SMALL).code == 0
    refused = limner("generate", "--template", "logo", *SMALL)
    assert (refused.code, "'company_name' is missing" in refused.err) == (2, True)
    assert limner("generate", "a fox", "--template", "logo", *SMALL).code == 2
    assert limner("generate", "--template", "logo", "--set", "nothing", *SMALL).code == 2


def test_alternatives_are_expanded(limner: Run) -> None:
    assert limner("prompt", "expand", "a {red|blue} fox").lines == ["a red fox", "a blue fox"]
    assert limner("generate", "a {red|blue} fox", "--expand", *SMALL).lines == ["a-red-fox.png", "a-blue-fox.png"]


def test_tokens_are_counted_or_estimated_and_that_is_said(limner: Run) -> None:
    counted = limner("prompt", "count", "a red fox in snow")
    assert (counted.out, "Estimated" in counted.err) == ("5\n", True)
    assert limner("prompt", "count", "a red fox in snow", "--json").document["exact"] is False


def test_a_prompt_written_anew_is_shown_before_it_is_used(limner: Run) -> None:
    shown = limner("prompt", "enhance", "a red fox", "-m", "sandbox-1")
    assert shown.out.startswith("a red fox, ")
    assert "[+, " in shown.err
    unused = limner("generate", "a red fox", "--enhance", *SMALL)
    assert "It was not used" in unused.err
    assert unused.lines == ["a-red-fox.png"]
    used = limner("generate", "a red fox", "--enhance", "--yes", *SMALL, "--json")
    assert "Not drawn" not in used.document["text"] or used.code == 0
    assert limner("history", "--json", "--search", "red fox in light").code == 0


def test_what_is_likely_to_go_wrong_is_said_before_anything_is_sent(limner: Run, here: Path) -> None:
    told = limner("generate", "a poster of a cat without any dogs, 16:9", "--aspect", "1:1", *SMALL)
    assert "PL0" in told.err
    silent = limner("generate", "a poster of a cat without any dogs, 16:9", "--aspect", "1:1", "--no-lint", *SMALL)
    assert "PL0" not in silent.err
    assert "PL0" not in limner("generate", "a red fox in snow", *SMALL).err
