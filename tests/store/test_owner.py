from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from limner.store import owner
from limner.store.owner import Owner

DIES = """
import os, sys
from pathlib import Path
from limner.store.owner import Owner
me = Owner(Path(sys.argv[1]))
(me.folder / "blob-1").write_bytes(b"half a picture")
print(me.token, flush=True)
os.kill(os.getpid(), 9)
"""


def test_an_owner_is_alive_until_it_closes(tmp_path: Path) -> None:
    me = Owner(tmp_path)
    assert owner.is_alive(tmp_path, me.token)
    me.close()
    assert not owner.is_alive(tmp_path, me.token)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_is_not_alive_and_its_files_are_swept(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], capture_output=True, text=True, check=False)
    token = done.stdout.strip()
    assert done.returncode == -9
    assert (tmp_path / token / "blob-1").exists()
    assert not owner.is_alive(tmp_path, token)
    owner.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_leaves_the_living_alone(tmp_path: Path) -> None:
    me = Owner(tmp_path)
    (me.folder / "blob-1").write_bytes(b"being written")
    owner.sweep(tmp_path)
    assert (me.folder / "blob-1").read_bytes() == b"being written"
    me.close()


def test_an_unknown_token_is_not_alive(tmp_path: Path) -> None:
    assert not owner.is_alive(tmp_path, "nobody")
