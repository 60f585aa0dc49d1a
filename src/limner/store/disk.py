"""Files that survive a power cut: synced before anything says "done", named only when complete."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from limner import _clock
from limner.errors import StorageError

MIN_FREE_BYTES = 128 << 20
"""Free space, in bytes, below which no paid call is begun: room for several of the largest replies (30 MB)."""

_COPY_BYTES = 1 << 20
_UNFINISHED = re.compile(r"\..+\.[0-9a-z]{16}\.part", re.DOTALL)

_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS})

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


def make_folder(path: Path, *, mode: int = 0o777) -> None:
    """Create `path` and its parents, durably. `mode` is cut by the umask.

    Its name is synced also where it is there: a process may have made it and been killed before it could sync.
    """
    if not path.is_dir():
        make_folder(path.parent, mode=mode)
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=mode)
    sync_folder(path.parent)


def sync(descriptor: int) -> None:
    """Make what was written to an open file survive a power cut; on macOS that takes more than `fsync`."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fsync(descriptor)


def sync_folder(path: Path) -> None:
    """Make the names in `path` survive a power cut, where the system can: some network disks cannot sync a folder."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        return  # a folder may be written to and not read
    try:
        sync(descriptor)
    except OSError as problem:
        if problem.errno not in _CANNOT_SYNC:
            raise
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
    """Copy `source` to `target`, as `place_pieces` does."""
    with source.open("rb") as reader:
        return place_pieces(iter(lambda: reader.read(_COPY_BYTES), b""), target, overwrite=overwrite)


def place_pieces(pieces: Iterable[bytes], target: Path, *, overwrite: bool) -> bool:
    """Write `pieces` to `target`, durably and all or nothing; False if `target` exists and may not be replaced.

    They are written under a temporary name in the same folder, so that a crash never leaves half a file; what it does
    leave, `remove_unfinished_copies` knows.
    """
    temporary = target.with_name(f".{target.name}.{_clock.new_id()}.part")
    try:
        with temporary.open("xb") as writer:
            _lock(writer)
            writer.writelines(pieces)
            writer.flush()
            sync(writer.fileno())
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


def remove_unfinished_copies(folder: Path) -> None:
    """Remove the temporary files that copies left in `folder` when their process ended in the middle."""
    for path in folder.glob(".*.part"):
        if not _UNFINISHED.fullmatch(path.name):
            continue
        with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)


def _lock(file: BinaryIO) -> None:
    """Mark `file` as being worked on, for as long as it is open; some network disks know no locks."""
    with contextlib.suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
