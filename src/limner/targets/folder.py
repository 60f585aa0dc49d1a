"""A folder of this machine, or of a disk that is mounted here."""

from __future__ import annotations

import errno
from pathlib import Path

from limner import _clock
from limner.store import disk
from limner.targets.settings import TargetSettings
from limner.targets.target import TargetError, full_key, quoted, reading

_LATER = disk.FULL | {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.ENETDOWN, errno.ENETUNREACH}
"""Error numbers of a disk that may be well again later: full, or a network disk that is away."""


class FolderTarget:
    """Copies are durable: file and folder are synced before `put` returns, and no half file ever has its name."""

    def __init__(self, settings: TargetSettings) -> None:
        self._name = settings.name
        self._prefix = settings.prefix
        self._base_url = settings.base_url
        self._root = Path(settings.path or "").expanduser().absolute()

    def put(self, key: str, file: Path, mime_type: str) -> str:
        """Copy `file`; gives `base_url` with the key, or a `file://` URL. The type is not kept: a folder has none."""
        path = full_key(self._name, self._prefix, key)
        goal = self._root / path
        with reading(self._name, file):
            pass  # so that a source that is missing is not taken for a folder that is
        try:
            disk.make_folder(goal.parent)
            self._check_inside(goal)
            disk.remove_unfinished_copies(goal.parent)
            disk.place_copy(file, goal, overwrite=True)
        except OSError as problem:
            raise self._error(problem) from problem
        return goal.as_uri() if self._base_url is None else f"{self._base_url}/{quoted(path)}"

    def check(self) -> None:
        """Write a small file and remove it again. Raises `TargetError`."""
        goal = self._root / full_key(self._name, self._prefix, f"limner-check-{_clock.new_id()}")
        try:
            disk.make_folder(goal.parent)
            disk.place_pieces([b"limner\n"], goal, overwrite=True)
            goal.unlink()
        except OSError as problem:
            raise self._error(problem) from problem

    def close(self) -> None:
        """Nothing is kept open."""

    def _check_inside(self, goal: Path) -> None:
        """A link inside the folder could lead the copy elsewhere, over a file that has nothing to do with it."""
        if not goal.parent.resolve().is_relative_to(self._root.resolve()):
            raise TargetError(
                f"Storage target {self._name!r}: {str(goal.parent)!r} is a link that leads out of the folder.",
                temporary=False,
                hint="Remove the link, or point the target's path at where it leads.",
            )

    def _error(self, problem: OSError) -> TargetError:
        reason = problem.strerror or type(problem).__name__
        return TargetError(
            f"Storage target {self._name!r}: writing to {str(self._root)!r} failed: {reason}.",
            temporary=problem.errno in _LATER,
            hint="Check that the disk is there, has room, and lets you write.",
        )
