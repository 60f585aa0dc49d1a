"""A reply on its way in: the lifted document as it arrives, on disk, so that a crash loses nothing that came.

The file holds records, each introduced by the byte 0x1E: first the head (HTTP status, headers, attempt), then the
lifted documents, last `{"end": <CRC-32 of all before>}` once the body was complete: a power cut may keep the end and
lose the middle. A picture's reference is written only after its bytes are durable, and is then synced itself.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from limner import _json
from limner.store import disk

SEPARATOR = b"\x1e"
_END = re.compile(rb'\{"end":\d+\}\n')


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledReply:
    """What a spool file held: the head, the documents as they arrived, and whether the body was complete.

    `attempt` is the one it answers: if the call was sent again since, the fate of that is not in here.
    """

    attempt: int
    status: int
    content_type: str
    headers: dict[str, str]
    body: bytes
    complete: bool


class Spool:
    """One reply being written to `path`, in a new file: what an earlier attempt left cannot shine through."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._checksum = 0
        try:
            path.unlink(missing_ok=True)
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            disk.sync_folder(path.parent)
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem

    def begin(self, status: int, headers: dict[str, str], *, attempt: int = 1) -> None:
        """Write the head."""
        head = {"status": status, "headers": headers, "attempt": attempt}
        self.write(SEPARATOR + _json.dumps(head).encode() + b"\n")

    def write(self, data: bytes) -> None:
        """Add a piece of lifted document."""
        self._checksum = zlib.crc32(data, self._checksum)
        try:
            disk.write_all(self._descriptor, data)
        except OSError as problem:
            raise disk.storage_error(problem, self.path) from problem

    def sync(self) -> None:
        """Make what was written survive a power cut."""
        try:
            disk.sync(self._descriptor)
        except OSError as problem:
            raise disk.storage_error(problem, self.path) from problem

    def end(self) -> None:
        """Mark the body as complete and sync."""
        self.write(_end_record(self._checksum))
        self.sync()

    def close(self) -> None:
        """Close the file and leave it where it is."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


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
    body, complete = _without_end(content, body)
    return SpooledReply(
        attempt=head.get("attempt", 1),
        status=head["status"],
        content_type=head["headers"].get("content-type", ""),
        headers=head["headers"],
        body=body,
        complete=complete,
    )


def _end_record(checksum: int) -> bytes:
    return SEPARATOR + b'{"end":%d}\n' % checksum


def _without_end(content: bytes, body: bytes) -> tuple[bytes, bool]:
    """The body without its end record, and whether that vouches for all of `content`."""
    before, _, last = content.rpartition(SEPARATOR)
    if not _END.fullmatch(last):
        return body, False
    return body[: -len(SEPARATOR + last)], content == before + _end_record(zlib.crc32(before))
