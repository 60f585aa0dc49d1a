from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path

import pytest

from limner.core.blob import BlobRef
from limner.errors import BlobCorruptError, StorageError
from limner.store.blobs import BlobStore


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "scratch").mkdir()
    return BlobStore(tmp_path / "blobs", tmp_path / "scratch")


def read(store: BlobStore, blob: BlobRef) -> bytes:
    with store.open(blob) as file:
        return file.read()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_is_named_by_its_sha256_and_read_back_exactly(store: BlobStore) -> None:
    blob = store.put(b"a picture")
    assert blob == BlobRef(sha256=hashlib.sha256(b"a picture").hexdigest(), size=9)
    assert store.path(blob) == store.root / blob.sha256[:2] / blob.sha256[2:]
    assert read(store, blob) == b"a picture"


def test_the_same_bytes_are_stored_once(store: BlobStore) -> None:
    assert store.put(b"same") == store.put(b"same")
    assert len(files(store.root)) == 1


def test_a_file_is_stored_in_pieces(store: BlobStore) -> None:
    data = os.urandom(700_000)
    assert read(store, store.put_file(io.BytesIO(data))) == data


def test_an_aborted_blob_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    writer = store.writer()
    writer.write(b"half a pic")
    writer.abort()
    assert files(tmp_path) == []


def test_abort_after_commit_is_harmless(store: BlobStore) -> None:
    writer = store.writer()
    writer.write(b"whole")
    blob = writer.commit()
    writer.abort()
    assert blob in store


def test_a_missing_blob_is_an_error_that_names_it(store: BlobStore) -> None:
    with pytest.raises(BlobCorruptError, match="000000000000… \\(5 bytes\\) is missing"):
        store.open(BlobRef(sha256="0" * 64, size=5))


def test_verify_finds_one_flipped_bit(store: BlobStore) -> None:
    blob = store.put(bytes(1000))
    path = store.path(blob)
    path.write_bytes(bytes(500) + b"\x01" + bytes(499))
    with pytest.raises(BlobCorruptError, match="no longer matches its hash"):
        store.verify(blob)


def test_a_blob_of_another_length_is_not_opened(store: BlobStore) -> None:
    blob = store.put(b"0123456789")
    store.path(blob).write_bytes(b"01234")
    with pytest.raises(BlobCorruptError, match="another length"):
        store.open(blob)


def test_a_damaged_blob_is_healed_by_storing_its_bytes_again(store: BlobStore) -> None:
    blob = store.put(b"0123456789")
    store.path(blob).write_bytes(b"01234")
    store.put(b"0123456789")
    store.verify(blob)


def test_a_full_disk_is_said_in_words_and_leaves_nothing(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match="disk is full") as caught:
        store.put(b"does not fit")
    assert caught.value.code == "storage.full"
    assert files(tmp_path) == []


def test_after_a_failed_sync_the_store_takes_no_more_writes(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(StorageError, match="Input/output error"):
            store.put(b"unsure")
    with pytest.raises(StorageError, match="takes no more writes"):
        store.put(b"later")
    assert [path for path in files(store.root)] == []


def test_short_writes_of_the_system_are_continued(store: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:7]))
    assert read(store, store.put(bytes(range(100)))) == bytes(range(100))
