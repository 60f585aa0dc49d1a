from __future__ import annotations

from pathlib import Path

import pytest

from cli.running import Run


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    folder = tmp_path / "pictures"
    text = f'[targets.pictures]\nkind = "folder"\npath = "{folder}"\n\n[targets.broken]\nkind = "s3"\n'
    (tmp_path / "home" / "config.toml").write_text(text, "utf-8")
    return folder


def test_without_targets_there_is_a_hint(limner: Run) -> None:
    ended = limner("targets")
    assert (ended.code, ended.out) == (0, "")
    assert "No storage targets." in ended.err


def test_the_list_says_kind_and_place_and_what_is_wrong(limner: Run, target: Path) -> None:
    ended = limner("targets")
    assert ["pictures", "folder", str(target)] in [line.split() for line in ended.lines]
    assert "warning: Storage target 'broken'" in ended.err
    listed = {each["name"]: each for each in limner("targets", "list", "--json").document}
    assert listed["pictures"]["error"] is None
    assert listed["broken"]["kind"] == "?"


def test_a_target_is_tried_and_left_empty(limner: Run, target: Path) -> None:
    ended = limner("targets", "test", "pictures")
    assert (ended.code, ended.err) == (0, "pictures takes pictures.\n")
    assert [path for path in target.rglob("*") if path.is_file()] == []


def test_a_name_that_is_not_configured_is_answered_with_near_ones(limner: Run, target: Path) -> None:
    ended = limner("targets", "test", "picture")
    assert ended.code == 2
    assert "There is no storage target 'picture'. Did you mean pictures?" in ended.err
