from __future__ import annotations

from pathlib import Path

from cli.running import Run


def test_findings_are_told_by_place_with_what_to_do(limner: Run) -> None:
    ended = limner("prompt", "lint", "A photo of a street\nwith no cars in it", "--off", "pl009")
    assert ended.code == 0
    assert ended.lines == ["prompt:2:6 PL016 warn Negations are often drawn. Say what should be there instead."]
    assert "Say it the other way round" in ended.err


def test_an_error_fails_and_a_warning_only_if_strict(limner: Run) -> None:
    assert limner("prompt", "lint", "A photo of a {thing} on a mat").code == 1
    assert limner("prompt", "lint", "A photo of a street with no cars").code == 0
    assert limner("prompt", "lint", "A photo of a street with no cars", "--strict").code == 2


def test_a_good_prompt_has_nothing_against_it(limner: Run) -> None:
    ended = limner("prompt", "lint", "A photo of a cat on a red sofa")
    assert (ended.code, ended.out) == (0, "")
    assert "Nothing to say against it." in ended.err


def test_the_prompt_may_come_from_a_file_or_a_pipe(limner: Run, here: Path) -> None:
    (here / "prompt.txt").write_text("A photo of a [thing] on a mat", encoding="utf-8")
    assert limner("prompt", "lint", "--file", "prompt.txt").lines[0].startswith("prompt.txt:1:14 PL038 error")
    assert limner("prompt", "lint", stdin=b"A photo of a [thing] on a mat").lines[0].startswith("prompt:1:14 PL038")


def test_json_holds_the_fix(limner: Run) -> None:
    ended = limner("prompt", "lint", "A vertical poster for a jazz concert", "--json", "--off", "PL005")
    (finding,) = ended.document["findings"]
    assert finding["rule"] == "PL009"
    assert finding["fix"] == {
        "label": "Set the ratio to 9:16",
        "edit": {"setting": "ratio", "value": "9:16"},
    }


def test_the_model_decides_what_is_said(limner: Run) -> None:
    words = ("prompt", "lint", "一只猫的照片", "--language", "en")
    assert "PL026" in limner(*words, "--model", "imagen-4.0-generate-001").out
    assert "PL026" not in limner(*words, "--model", "gemini-2.5-flash-image").out


def test_ratio_and_size_are_read_as_for_a_picture(limner: Run) -> None:
    ended = limner("prompt", "lint", "A photo of a cat on a mat", "--aspect", "foo")
    assert ended.code == 2
    assert "'foo' is not an aspect ratio" in ended.err
    assert limner("prompt", "lint", "A photo of a cat on a mat", "--size", "3K").code == 2
    assert "PL020" not in limner("prompt", "lint", "A 4K photo of a cat on a mat", "--size", "4k").out


def test_two_prompts_are_refused(limner: Run, here: Path) -> None:
    (here / "prompt.txt").write_text("x", encoding="utf-8")
    ended = limner("prompt", "lint", "x", "--file", "prompt.txt")
    assert ended.code == 2
    assert "Give a prompt or --file, not both" in ended.err
