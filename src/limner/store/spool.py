"""A reply on its way in: the lifted document as it arrives, on disk, so that a crash loses nothing that came.

The file holds records, each introduced by the byte 0x1E: first the head (HTTP status, content type), then the lifted
documents, last `{"end": true}` once the body was complete. A picture's reference is written only after its
bytes are durable, and is then synced itself.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from limner import _json
from limner.store import disk

SEPARATOR = b"\x1e"
_END = SEPARATOR + b'{"end":true}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledReply:
    """What a spool file held: the head, the documents as they arrived, and whether the body was complete."""

    status: int
    content_type: str
    headers: dict[str, str]
    body: bytes
    complete: bool


class Spool:
    """One reply being written to `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            disk.sync_folder(path.parent)
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem

    def begin(self, status: int, headers: dict[str, str]) -> None:
        """Forget what an earlier attempt left and write the head of this one."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        head = {"status": status, "headers": headers}
        self._write(SEPARATOR + _json.dumps(head).encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Add a piece of lifted document."""
        self._write(data)

    def sync(self) -> None:
        """Make what was written survive a power cut."""
        try:
            os.fsync(self._descriptor)
        except OSError as problem:
            raise disk.storage_error(problem, self.path) from problem

    def end(self) -> None:
        """Mark the body as complete and sync."""
        self._write(_END)
        self.sync()

    def close(self) -> None:
        """Close the file and leave it where it is."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Close and delete: the journal has taken over."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _write(self, data: bytes) -> None:
        try:
            disk.write_all(self._descriptor, data)
        except OSError as problem:
            raise disk.storage_error(problem, self.path) from problem


def read(path: Path) -> SpooledReply | None:
    """What is in the spool file at `path`, however it was cut; `None` if not even the head is there."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    head_text, newline, body = content.removeprefix(SEPARATOR).partition(b"\n")
    if not newline:
        return None
    try:
        head = json.loads(head_text)
    except ValueError:
        return None
    complete = body.endswith(_END)
    return SpooledReply(
        status=head["status"],
        content_type=head["headers"].get("content-type", ""),
        headers=head["headers"],
        body=body.removesuffix(_END) if complete else body,
        complete=complete,
    )
