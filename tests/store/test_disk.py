from __future__ import annotations

import errno
from pathlib import Path

from limner.store import disk


def test_a_copy_is_placed_under_its_name_and_nothing_else_stays(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"pixels")
    assert disk.place_copy(tmp_path / "source", tmp_path / "fox.png", overwrite=False)
    assert (tmp_path / "fox.png").read_bytes() == b"pixels"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fox.png", "source"]


def test_an_existing_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"new")
    (tmp_path / "fox.png").write_bytes(b"old")
    assert not disk.place_copy(tmp_path / "source", tmp_path / "fox.png", overwrite=False)
    assert (tmp_path / "fox.png").read_bytes() == b"old"
    assert disk.place_copy(tmp_path / "source", tmp_path / "fox.png", overwrite=True)
    assert (tmp_path / "fox.png").read_bytes() == b"new"


def test_the_errors_of_a_disk_are_told_apart(tmp_path: Path) -> None:
    codes = {
        number: disk.storage_error(OSError(number, "text"), tmp_path).code
        for number in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO)
    }
    assert codes == {
        errno.ENOSPC: "storage.full",
        errno.EDQUOT: "storage.full",
        errno.EACCES: "storage.denied",
        errno.EROFS: "storage.denied",
        errno.EIO: "storage.io",
    }


def test_free_space_is_told_for_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert disk.free_bytes(tmp_path / "not" / "yet") > 0
