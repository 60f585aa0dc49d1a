from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import Run
from limner.cli.flow_file import frame, has_comments
from limner.workflow.load import load

FILES = Path(__file__).parents[1] / "workflow" / "files"
COMMENTED = FILES / "example-image-commented.workflow.json"
WRONG = '{"id": "w", "name": "W", "stages": [\n{"id": "a", "title": "A", "outputType": "image", "promptTemplat": "x"}]}'


@pytest.fixture
def commented(here: Path) -> Path:
    target = here / "flow.json"
    target.write_bytes(COMMENTED.read_bytes())
    return target


def test_new_lists_the_workflows_to_begin_with(limner: Run) -> None:
    ended = limner("new")
    assert ended.code == 0
    assert "logo" in [line.split()[0] for line in ended.lines]


def test_new_writes_a_file_that_is_valid_and_never_replaces_one(limner: Run, here: Path) -> None:
    ended = limner("new", "logo")
    assert (ended.code, ended.lines) == (0, ["logo.workflow.json"])
    assert load((here / "logo.workflow.json").read_bytes()).ok
    again = limner("new", "logo")
    assert again.code == 2
    assert "There is a file 'logo.workflow.json' already; it is left alone." in again.err
    assert limner("new", "logo", "flows/other.json").lines == ["flows/other.json"]


def test_new_knows_near_names(limner: Run) -> None:
    ended = limner("new", "lgo")
    assert ended.code == 2
    assert "logo" in ended.err


def test_validate_tells_place_code_and_hint_and_ends_with_1(limner: Run, here: Path) -> None:
    (here / "wrong.json").write_text(WRONG, "utf-8")
    ended = limner("validate", "wrong.json")
    assert ended.code == 1
    assert ended.lines == [
        "wrong.json:2:1: error E103 stages[0].promptTemplate is missing: a stage that makes images needs one.",
        '  Add "promptTemplate".',
        "wrong.json:2:50: warning W110 stages[0].promptTemplat is not a known field: did you mean promptTemplate?",
        '  Rename it to promptTemplate, or call it "x-promptTemplat" if it is a note of your own.',
    ]
    assert ended.err == "1 file: 1 error, 1 warning.\n"


def test_warnings_are_allowed_unless_it_is_strict(limner: Run, commented: Path) -> None:
    assert limner("validate", "flow.json").code == 0
    strict = limner("validate", "flow.json", "--strict", "--json")
    assert strict.code == 1
    assert strict.document["ok"] is False
    assert {each["code"] for each in strict.document["files"][0]["diagnostics"]} == {"W405", "W404"}


def test_several_files_are_validated_at_once(limner: Run, here: Path, commented: Path) -> None:
    (here / "none.json").write_text('{"a": 1', "utf-8")
    ended = limner("validate", "flow.json", "none.json", "--json")
    assert [(each["file"], each["ok"]) for each in ended.document["files"]] == [
        ("flow.json", True),
        ("none.json", False),
    ]
    assert ended.code == 1


def test_a_file_that_is_not_there_is_one_clear_message(limner: Run) -> None:
    for command in ("validate", "fmt", "migrate"):
        ended = limner(command, "none.json")
        assert (ended.code, ended.out) == (2, "")
        assert "error: 'none.json' cannot be read: No such file or directory." in ended.err


def test_fmt_does_not_lose_comments_unless_told_so(limner: Run, commented: Path) -> None:
    before = commented.read_bytes()
    refused = limner("fmt", "flow.json")
    assert refused.code == 2
    assert "'flow.json' has comments, which would be lost." in refused.err
    assert commented.read_bytes() == before
    written = limner("fmt", "flow.json", "--yes")
    assert written.code == 0
    assert "its comments are lost" in written.err
    assert json.loads(commented.read_text("utf-8"))["id"] == "example-image-workflow"
    assert limner("fmt", "flow.json").err == "flow.json is in its usual form.\n"


def test_fmt_check_writes_nothing(limner: Run, commented: Path) -> None:
    before = commented.read_bytes()
    ended = limner("fmt", "--check", "flow.json")
    assert (ended.code, ended.lines) == (1, ["flow.json"])
    assert commented.read_bytes() == before


def test_fmt_to_stdout_is_the_file_as_it_would_be(limner: Run, commented: Path) -> None:
    printed = limner("fmt", "--stdout", "flow.json").out
    limner("fmt", "--yes", "flow.json")
    assert commented.read_text("utf-8") == printed


@pytest.mark.parametrize("command", ["fmt", "migrate"])
def test_what_is_no_json_is_told_with_its_place(limner: Run, here: Path, command: str) -> None:
    (here / "none.json").write_text('{"a": 1', "utf-8")
    ended = limner(command, "none.json")
    assert ended.code == 2
    assert "none.json:1:8: E100 Not JSON" in ended.err


def test_migrate_says_each_change_and_writes_only_when_told(limner: Run, commented: Path) -> None:
    before = commented.read_bytes()
    shown = limner("migrate", "flow.json")
    assert shown.code == 0
    assert json.loads(shown.out)["specVersion"] == "1"
    assert 'specVersion "1" added' in shown.err
    assert commented.read_bytes() == before
    assert limner("migrate", "flow.json", "--write").code == 2
    assert limner("migrate", "flow.json", "--write", "--yes").code == 0
    assert "flow.json is up to date." in limner("migrate", "flow.json", "--write").err


def test_migrate_refuses_a_file_with_errors(limner: Run, here: Path) -> None:
    (here / "wrong.json").write_text(WRONG, "utf-8")
    assert "wrong.json:2:1: E103" in limner("migrate", "wrong.json").err


def test_schema_is_a_json_schema(limner: Run) -> None:
    assert limner("schema").document["$schema"].endswith("2020-12/schema")
    assert limner("schema", "--strict").document["additionalProperties"] is False


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', False),
        ('{"a": "http://x /* no */"}', False),
        ('{"a": "\\"//"}', False),
        ('{"a": 1} // yes', True),
        ('/* yes */ {"a": 1}', True),
        ('{"a": "x" /* yes */}', True),
    ],
)
def test_a_comment_is_found_outside_of_strings(text: str, found: bool) -> None:
    assert has_comments(text) is found


def test_the_frame_has_a_caret_below_the_column() -> None:
    assert frame('{\n\t"a": 1\n}', 2, 2, 80) == ['    2  "a": 1', "       ^"]


def test_the_frame_of_a_long_line_is_cut_around_the_column() -> None:
    source, caret = frame("x" * 500 + "HERE" + "y" * 500, 1, 501, 80)
    assert len(source) <= 80
    assert source[caret.index("^") :].startswith("HERE")


def test_there_is_no_frame_for_a_line_that_is_not_there() -> None:
    assert frame("{}", 7, 1, 80) == []
