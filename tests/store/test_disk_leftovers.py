from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from limner.store import disk, owner, spool
from limner.store.spool import Spool


def test_an_unfinished_copy_goes_and_a_file_of_the_user_stays(tmp_path: Path) -> None:
    (tmp_path / ".fox.png.1m7wjq2j58r09vq7.part").write_bytes(b"half")
    (tmp_path / ".download.part").write_bytes(b"not ours")
    (tmp_path / "fox.png").write_bytes(b"whole")
    disk.remove_unfinished_copies(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".download.part", "fox.png"]


def test_a_copy_that_another_process_is_writing_stays(tmp_path: Path) -> None:
    path = tmp_path / ".fox.png.1m7wjq2j58r09vq7.part"
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        disk.remove_unfinished_copies(tmp_path)
        assert path.exists()


def test_a_copy_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"picture")
    assert disk.place_copy(tmp_path / "a", tmp_path / "b", overwrite=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_folder_whose_lock_a_power_cut_took_is_swept(tmp_path: Path) -> None:
    (tmp_path / "1m7wjq2j58r09vq7").mkdir()
    (tmp_path / "1m7wjq2j58r09vq7" / "blob-1").write_bytes(b"half")
    owner.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_a_folder_that_cannot_be_read_needs_no_sync(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir(mode=0o300)
    disk.sync_folder(folder)
    folder.chmod(0o700)


def test_a_spool_that_lost_its_middle_and_kept_its_end_is_not_complete(tmp_path: Path) -> None:
    writer = Spool(tmp_path / "s")
    writer.begin(200, {}, attempt=2)
    writer.write(b'\x1e{"text":"a fox"}\n')
    writer.end()
    writer.close()
    whole = (tmp_path / "s").read_bytes()
    (tmp_path / "s").write_bytes(whole.replace(b"a fox", bytes(5)))
    reply = spool.read(tmp_path / "s")
    assert reply is not None
    assert (reply.attempt, reply.complete, reply.body) == (2, False, b'\x1e{"text":"\0\0\0\0\0"}\n')


def test_a_spool_begun_anew_has_nothing_of_the_old_one(tmp_path: Path) -> None:
    first = Spool(tmp_path / "s")
    first.begin(503, {}, attempt=1)
    first.end()
    first.close()
    Spool(tmp_path / "s").close()
    assert (tmp_path / "s").read_bytes() == b""
