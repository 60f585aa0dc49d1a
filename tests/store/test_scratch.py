from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.core.blob import BlobRef
from limner.store.scratch import IN_MEMORY_BYTES, ScratchBlobs
from limner.store.store import Store


@pytest.fixture
def shelf(tmp_path: Path) -> ScratchBlobs:
    return ScratchBlobs(tmp_path / "exchange")


def test_small_blobs_cost_no_file_and_large_ones_no_memory(shelf: ScratchBlobs, tmp_path: Path) -> None:
    small, large = shelf.put(b"a" * IN_MEMORY_BYTES), shelf.put(b"b" * (IN_MEMORY_BYTES + 1))
    assert [path.name for path in (tmp_path / "exchange").iterdir()] == [large.sha256]
    assert (shelf.read(small), shelf.read(large)) == (b"a" * IN_MEMORY_BYTES, b"b" * (IN_MEMORY_BYTES + 1))


@given(st.lists(st.binary(max_size=40_000), max_size=6))
def test_what_is_written_in_pieces_is_read_whole(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    shelf = ScratchBlobs(tmp_path_factory.mktemp("scratch") / "exchange")
    writer = shelf.writer()
    for piece in pieces:
        writer.write(piece)
    blob = writer.commit()
    whole = b"".join(pieces)
    assert blob == BlobRef(sha256=hashlib.sha256(whole).hexdigest(), size=len(whole))
    assert shelf.read(blob) == whole
    shelf.close()


def test_nothing_is_left_when_it_is_closed(shelf: ScratchBlobs, tmp_path: Path) -> None:
    shelf.put(b"x" * 100_000)
    unfinished = shelf.writer()
    unfinished.write(b"y" * 100_000)
    shelf.close()
    unfinished.abort()
    assert list(tmp_path.iterdir()) == []


def test_an_abandoned_blob_is_not_there(shelf: ScratchBlobs, tmp_path: Path) -> None:
    for size in (10, 100_000):
        writer = shelf.writer()
        writer.write(b"z" * size)
        writer.abort()
    assert list((tmp_path / "exchange").iterdir()) == []


def test_what_is_not_here_is_looked_for_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    blob = store.blobs.put(b"kept")
    assert ScratchBlobs(tmp_path / "exchange", store.blobs).read(blob) == b"kept"
    store.close()


def test_without_anything_behind_a_foreign_blob_is_an_error(shelf: ScratchBlobs) -> None:
    with pytest.raises(KeyError):
        shelf.read(BlobRef(sha256="0" * 64, size=1))
