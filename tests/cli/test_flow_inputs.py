from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.flows import LOGO_AND_CARD, ONE_PICTURE
from limner.app import App
from limner.cli.flow_inputs import MissingInputError, Typed, read_inputs
from limner.errors import InvalidRequestError
from limner.workflow.load import load
from limner.workflow.model import Workflow
from loopback import PNG_1X1


@pytest.fixture
def app(environment: dict[str, str]) -> Iterator[App]:
    with App.open(environment) as app:
        yield app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.png").write_bytes(PNG_1X1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def workflow_of(document: object) -> Workflow:
    workflow = load(json.dumps(document)).workflow
    assert workflow is not None
    return workflow


CARD = workflow_of(LOGO_AND_CARD)
PICTURE = workflow_of(ONE_PICTURE)


def problems(typed: Typed) -> list[str]:
    return [f"{each.where}: {each.message}" for each in typed.troubles]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("brief.company=Silo = grain", "company", "Silo = grain"),
        ("brief.look=old", "look", "old"),
        ("brief.look=Old look", "look", "old"),
        ("brief.look=2", "look", "old"),
        ("brief.pages=3", "pages", 3),
        ("brief.colors=red, blue", "colors", ["red", "blue"]),
        ("brief.company=", "company", ""),
        ("brief.company=@@home", "company", "@home"),
    ],
)
def test_a_value_is_converted_by_the_kind_of_its_field(app: App, text: str, field: str, value: object) -> None:
    typed = read_inputs(app, CARD, [text], None)
    assert problems(typed) == []
    assert typed.of("brief") == {field: value}


def test_a_text_area_of_its_own_is_named_by_its_stage_alone(app: App) -> None:
    for text in ("wish=a fox", "wish.text=a fox"):
        assert read_inputs(app, PICTURE, [text], None).of("wish") == {"text": "a fox"}


def test_a_text_can_come_from_a_file(app: App, folder: Path) -> None:
    (folder / "notes.txt").write_bytes("\ufeffone\r\ntwo".encode())
    assert read_inputs(app, CARD, ["brief.notes=@notes.txt"], None).of("brief") == {"notes": "one\ntwo"}


def test_a_picture_is_a_path_with_or_without_the_sign(app: App, folder: Path) -> None:
    for text in ("brief.photo=a.png", "brief.photo=@a.png"):
        photo = read_inputs(app, CARD, [text], None).of("brief")["photo"]
        assert (photo["mimeType"], photo["width"], photo["name"]) == ("image/png", 1, "a.png")


def test_fields_that_take_several_add_up(app: App, folder: Path) -> None:
    texts = ["brief.more=a.png", "brief.more=a.png", "brief.colors=red", "brief.colors=blue"]
    values = read_inputs(app, CARD, texts, None).of("brief")
    assert len(values["more"]) == 2
    assert values["colors"] == ["red", "blue"]


def test_a_file_of_inputs_has_json_values_and_the_command_line_goes_before_it(app: App, folder: Path) -> None:
    document = {"brief": {"company": "Silo", "pages": 3, "photo": "a.png", "more": ["a.png"], "look": "old"}}
    (folder / "in.json").write_text(json.dumps(document), "utf-8")
    values = read_inputs(app, CARD, ["brief.company=Barn"], folder / "in.json").of("brief")
    assert (values["company"], values["pages"], values["look"]) == ("Barn", 3, "old")
    assert values["photo"]["width"] == values["more"][0]["width"] == 1


def test_a_file_of_inputs_may_give_a_text_area_as_text(app: App, folder: Path) -> None:
    (folder / "in.json").write_text('{"wish": "a fox"}', "utf-8")
    assert read_inputs(app, PICTURE, [], folder / "in.json").of("wish") == {"text": "a fox"}


@pytest.mark.parametrize("text", ["not json", "[1]"])
def test_a_file_of_inputs_that_is_no_object_is_refused(app: App, folder: Path, text: str) -> None:
    (folder / "in.json").write_text(text, "utf-8")
    with pytest.raises(InvalidRequestError, match=r"in\.json"):
        read_inputs(app, CARD, [], folder / "in.json")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"breif": {}}, "breif: there is no such stage. Did you mean brief?"),
        ({"brief": 3}, "brief: its value must be an object: {field: value}."),
        ({"brief": {"photo": "none.png"}}, "brief.photo: There is no file 'none.png'."),
    ],
)
def test_what_is_wrong_in_a_file_of_inputs_is_noted(app: App, folder: Path, document: object, told: str) -> None:
    (folder / "in.json").write_text(json.dumps(document), "utf-8")
    assert problems(read_inputs(app, CARD, [], folder / "in.json")) == [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("=x", "--input: '=x' is not STAGE.FIELD=VALUE."),
        ("brief=x", "brief: say which field: brief.company, brief.look, brief.pages,"),
        ("brief.pages=many", "brief.pages: must be a number such as 3 or 2.5, is 'many'."),
        ("brief.notes=@none.txt", "brief.notes: 'none.txt' cannot be read: No such file or directory."),
        ("brief.notes=@a.png", "brief.notes: 'a.png' is not text in UTF-8."),
        ("brief.photo=https://x.example/a.png", "brief.photo: 'https://x.example/a.png' is an address"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_noted(app: App, folder: Path, text: str, told: str) -> None:
    (found,) = problems(read_inputs(app, CARD, [text], None))
    assert found.startswith(told)


def test_what_is_missing_alone_has_an_exit_code_of_its_own(app: App) -> None:
    typed = read_inputs(app, CARD, [], None)
    with pytest.raises(MissingInputError, match=r"brief\.company: must be filled in \(Company\)") as raised:
        typed.check(CARD, fill=True)
    assert raised.value.exit_code == 3


def test_where_something_is_wrong_too_it_is_bad_input(app: App) -> None:
    typed = read_inputs(app, CARD, ["brief.pages=9"], None)
    with pytest.raises(InvalidRequestError) as raised:
        typed.check(CARD, fill=True)
    assert raised.value.exit_code == 2
    assert raised.value.message.splitlines() == [
        "brief.company: must be filled in (Company).",
        "brief.pages: must be at most 4, is 9.",
    ]


def test_before_a_person_is_asked_only_what_is_given_is_checked(app: App) -> None:
    read_inputs(app, CARD, ["brief.pages=3"], None).check(CARD, fill=False)
