from __future__ import annotations

import os
from pathlib import Path

import pytest

from limner.app.delivery import Destination, deliver, slug
from limner.errors import InvalidRequestError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"pixels")
    return path


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("a red fox in snow", "a-red-fox-in-snow"),
        ('A poster: "Summerland", in bold!', "a-poster-summerland-in-bold"),
        (
            "one two three four five six seven eight nine ten eleven twelve",
            "one-two-three-four-five-six-seven-eight-nine-ten",
        ),
        ("一张中国风的海报", "一张中国风的海报"),
        ("a cat [[429:3]]", "a-cat"),
        ("../../etc/passwd", "etc-passwd"),
        ("!!!", "picture"),
        ("x" * 300, "x" * 48),
    ],
)
def test_a_file_is_named_by_the_first_words_of_the_prompt(prompt: str, name: str) -> None:
    assert slug(prompt) == name


def test_without_a_place_pictures_go_to_the_current_folder(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = deliver(source, "a fox", ".jpg", Destination.parse(None), set())
    assert path == tmp_path / "a-fox.jpg"
    assert path.read_bytes() == b"pixels"


def test_a_folder_is_made_and_taken_names_get_numbers(tmp_path: Path, source: Path) -> None:
    destination = Destination.parse(str(tmp_path / "new") + os.sep)
    destination.check()
    names = [deliver(source, "a fox", ".png", destination, set()).name for _ in range(3)]
    assert names == ["a-fox.png", "a-fox-2.png", "a-fox-3.png"]


def test_the_extension_follows_the_bytes_not_the_name(tmp_path: Path, source: Path) -> None:
    assert deliver(source, "p", ".jpg", Destination.parse(str(tmp_path / "fox.png")), set()).name == "fox.jpg"
    assert deliver(source, "p", ".jpg", Destination.parse(str(tmp_path / "a.jpeg")), set()).name == "a.jpeg"
    assert deliver(source, "p", ".jpg", Destination.parse(str(tmp_path / "v1.2")), set()).name == "v1.2.jpg"


def test_an_existing_file_is_refused_beforehand_and_never_replaced(tmp_path: Path, source: Path) -> None:
    (tmp_path / "fox.png").write_bytes(b"mine")
    destination = Destination.parse(str(tmp_path / "fox.png"))
    with pytest.raises(InvalidRequestError, match="is there already"):
        destination.check()
    assert deliver(source, "p", ".png", destination, set()).name == "fox-2.png"
    assert (tmp_path / "fox.png").read_bytes() == b"mine"


def test_overwrite_replaces_the_file_but_not_a_picture_of_the_same_command(tmp_path: Path, source: Path) -> None:
    (tmp_path / "fox.png").write_bytes(b"old")
    destination = Destination.parse(str(tmp_path / "fox.png"), overwrite=True)
    destination.check()
    taken: set[Path] = set()
    names = [deliver(source, "p", ".png", destination, taken).name for _ in range(2)]
    assert names == ["fox.png", "fox-2.png"]
    assert (tmp_path / "fox.png").read_bytes() == b"pixels"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InvalidRequestError, match="cannot be written to"):
        Destination.parse(str(tmp_path / "file" / "sub") + os.sep).check()


def test_a_destination_survives_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = Destination.from_json(Destination.parse(None).to_json())
    assert (here.path, here.is_folder) == (tmp_path, True)
    named = Destination.from_json(Destination.parse("fox.png").to_json())
    assert (named.path, named.is_folder) == (tmp_path / "fox.png", False)
