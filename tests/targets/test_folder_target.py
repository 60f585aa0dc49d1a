from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from limner.store import disk
from limner.targets.opening import open_target
from limner.targets.settings import read_target
from limner.targets.target import Target, TargetError
from loopback import PNG_1X1


def no_variables(name: str) -> None:
    """The lookup of an empty environment."""


def opened(folder: Path, **fields: str) -> Target:
    return open_target(read_target("pictures", {"kind": "folder", "path": str(folder), **fields}), no_variables)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(PNG_1X1)
    return path


def test_a_copy_is_exact_and_has_a_file_url(tmp_path: Path, picture: Path) -> None:
    url = opened(tmp_path / "out").put("run/hero ü.png", picture, "image/png")
    assert url == f"file://{tmp_path}/out/run/hero%20%C3%BC.png"
    assert (tmp_path / "out" / "run" / "hero ü.png").read_bytes() == PNG_1X1


def test_with_a_base_url_the_link_begins_with_it(tmp_path: Path, picture: Path) -> None:
    target = opened(tmp_path / "out", base_url="https://pics.example.com/limner/", prefix="team")
    assert target.put("run/hero ü.png", picture, "image/png") == (
        "https://pics.example.com/limner/team/run/hero%20%C3%BC.png"
    )
    assert (tmp_path / "out" / "team" / "run" / "hero ü.png").exists()


def test_putting_twice_changes_nothing(tmp_path: Path, picture: Path) -> None:
    target = opened(tmp_path / "out")
    assert target.put("a.png", picture, "image/png") == target.put("a.png", picture, "image/png")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_what_a_crash_left_is_cleared_away(tmp_path: Path, picture: Path) -> None:
    left = tmp_path / "out" / ".a.png.0123456789abcdef.part"
    left.parent.mkdir()
    left.write_bytes(b"half")
    opened(tmp_path / "out").put("a.png", picture, "image/png")
    assert not left.exists()


@pytest.mark.parametrize("key", ["../a.png", "/etc/a.png", "a/../../b.png", ".ssh/a"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, picture: Path, key: str) -> None:
    with pytest.raises(TargetError, match="cannot be the key"):
        opened(tmp_path / "out").put(key, picture, "image/png")
    assert not (tmp_path / "out").exists()


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path, picture: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run").symlink_to(outside)
    with pytest.raises(TargetError, match="a link that leads out") as caught:
        opened(tmp_path / "out").put("run/a.png", picture, "image/png")
    assert (caught.value.temporary, list(outside.iterdir())) == (False, [])


def test_the_folder_itself_may_be_a_link(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    opened(tmp_path / "out").put("a.png", picture, "image/png")
    assert (tmp_path / "disk" / "a.png").read_bytes() == PNG_1X1


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    target = opened(tmp_path / "out")
    with pytest.raises(TargetError, match=r"Not a directory|File exists") as checked:
        target.check()
    with pytest.raises(TargetError, match=r"Not a directory|File exists") as refused:
        target.put("a.png", picture, "image/png")
    assert (checked.value.temporary, refused.value.temporary) == (False, False)


@pytest.mark.parametrize(
    ("number", "temporary"),
    [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.ESTALE, True), (errno.EIO, True), (errno.EROFS, False)],
)
def test_a_disk_that_is_full_or_away_is_worth_another_try(
    tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch, number: int, temporary: bool
) -> None:
    def refuse(*_: object, **__: object) -> bool:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(disk, "place_copy", refuse)  # no test can fill a disk
    with pytest.raises(TargetError, match=os.strerror(number)) as caught:
        opened(tmp_path / "out").put("a.png", picture, "image/png")
    assert caught.value.temporary is temporary


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    target = opened(tmp_path / "out", prefix="team")
    target.check()
    target.close()
    assert list((tmp_path / "out" / "team").iterdir()) == []


def test_a_source_that_is_gone_is_not_taken_for_a_broken_folder(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"gone\.png' cannot be read"):
        opened(tmp_path / "out").put("a.png", tmp_path / "gone.png", "image/png")


def test_a_tilde_is_the_home_of_the_user(tmp_path: Path, picture: Path) -> None:
    target = open_target(read_target("pictures", {"kind": "folder", "path": "~/pics"}), no_variables)
    assert target.put("a.png", picture, "image/png") == f"file://{tmp_path}/pics/a.png"
