from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import Run


@pytest.fixture
def fox(limner: Run, here: Path) -> str:
    (path,) = limner("generate", "a red fox", "-c", "sandbox", "--size", "512", "--out", "fox.png").lines
    return path


def test_history_is_narrowed_by_its_options(limner: Run, fox: str) -> None:
    limner("edit", fox, "make it night", "-c", "sandbox", "--size", "512")
    assert len(limner("history", "--json").document) == 2
    assert [call["prompt"] for call in limner("history", "--parent", fox, "--json").document] == ["make it night"]
    assert [call["prompt"] for call in limner("history", "--search", "RED", "--json").document] == ["a red fox"]
    assert limner("history", "--min-cost", "0.01").err == "Nothing matches.\n"
    assert len(limner("history", "--since", "today", "--until", "today", "--json").document) == 2
    assert limner("history", "--since", "someday").code == 2


def test_the_trash_is_undone_and_emptied(limner: Run, fox: str) -> None:
    assert limner("trash", "put", fox).code == 0
    assert limner("history", "--json").document == []
    (call,) = limner("trash", "--json").document
    assert limner("trash", "restore", call["id"]).err == "1 taken back.\n"
    assert len(limner("history", "--json").document) == 1
    limner("trash", "put", fox)
    assert "Nothing was erased." in limner("trash", "empty", stdin=b"n\n").err
    assert "1 calls erased" in limner("trash", "empty", "--yes").err
    assert limner("trash", "--json").document == []
    assert limner("trash", "put", "nothing").code == 2


def test_a_tree_is_drawn(limner: Run, fox: str) -> None:
    (night,) = limner("edit", fox, "make it night", "-c", "sandbox", "--size", "512").lines
    drawn = limner("lineage", night).lines
    assert [line[:3] for line in drawn][1] == "└─ "
    assert "make it night  (sandbox-1, free)" in drawn[1]
    assert limner("lineage", fox, "--json").document["children"][0]["prompt"] == "make it night"


def test_a_copy_carries_its_recipe(limner: Run, fox: str, here: Path) -> None:
    assert limner("copy", fox, "gift/").lines == ["gift/a-red-fox.png", "gift/a-red-fox.png.limner.json"]
    assert json.loads((here / "gift/a-red-fox.png.limner.json").read_text())["prompt"] == "a red fox"
    assert limner("copy", fox, "plain", "--recipe", "none").lines == ["plain.png"]
    assert (here / "plain.png").read_bytes() == (here / fox).read_bytes()
    assert limner("copy", fox, "plain", "--recipe", "none").code == 2
    assert limner("copy", fox, "plain", "--recipe", "inside", "--overwrite").code == 0


def test_a_sheet_is_written(limner: Run, fox: str, here: Path) -> None:
    assert limner("report", "sheet.html").lines == ["sheet.html"]
    assert "a red fox" in (here / "sheet.html").read_text("utf-8")
    assert limner("report", "other.html", "--search", "hare").code == 2


def test_an_export_is_taken_in_elsewhere(limner: Run, fox: str, here: Path) -> None:
    assert limner("export", "all.zip", "--json").document["calls"] == 1
    taken = limner("import", "all.zip", "--json", LIMNER_HOME=str(here / "other")).document
    assert (taken["calls"], taken["known"]) == (1, 0)
    assert len(limner("history", "--json", LIMNER_HOME=str(here / "other")).document) == 1
    assert limner("import", "all.zip").err.endswith("1 were there already.\n")
    assert limner("import", fox).code == 2
    assert limner("export", "all.zip").code == 2


def test_show_tells_content_credentials_if_there_are_any(limner: Run, fox: str) -> None:
    assert limner("show", fox, "--json").document["images"][0]["contentCredentials"] is None
