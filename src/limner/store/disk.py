"""Files that survive a power cut: synced before anything says "done", named only when complete."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from limner.errors import StorageError

MIN_FREE_BYTES = 128 << 20
"""Free space, in bytes, below which no paid call is begun: room for several of the largest replies (30 MB)."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Error numbers that mean: no space now, perhaps later."""


def storage_error(problem: OSError, path: Path) -> StorageError:
    """The error that tells a person what the disk refused and what to do about it."""
    if problem.errno in FULL:
        return StorageError(
            f"The disk is full: writing {str(path)!r} failed.",
            code="storage.full",
            hint="Free some space, or move the data with LIMNER_HOME; then run `limner recover`.",
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            f"{str(path)!r} cannot be written: {problem.strerror}.",
            code="storage.denied",
            hint="Choose a folder you may write to with --out, or move the data with LIMNER_HOME.",
        )
    return StorageError(
        f"Writing {str(path)!r} failed: {problem.strerror}.",
        code="storage.io",
        hint="Check the disk; `limner doctor` tells which parts work.",
    )


def make_folder(path: Path) -> None:
    """Create `path` and its parents, durably; nothing happens if it is there."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in `path` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of `data`, however often the system takes only a part of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def free_bytes(path: Path) -> int:
    """Bytes free on the disk that holds `path` or its nearest existing parent."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def place_copy(source: Path, target: Path, *, overwrite: bool) -> bool:
    """Copy `source` to `target`, durably and all or nothing; False if `target` exists and may not be replaced.

    The copy is written under a temporary name in the same folder, so that a crash never leaves half a picture.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        _copy_synced(source, temporary)
        if overwrite:
            temporary.replace(target)
        else:
            os.link(temporary, target)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)
    return True


def _copy_synced(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())
