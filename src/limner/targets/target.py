"""What every storage target can do, how it fails, and how objects are named."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote

from limner.errors import StorageError

MAX_KEY_BYTES = 1024
"""Longest key in UTF-8, the limit of S3 and of Google Cloud Storage."""
MAX_SEGMENT_BYTES = 255
"""Longest name between two slashes: what file systems take."""

_OWN_SEGMENT_BYTES = 64
_PUNCTUATION = frozenset("-_.~")


class TargetError(StorageError):
    """A target did not take a picture. `temporary` is true where the same may work later. Holds no credentials."""

    def __init__(self, message: str, *, temporary: bool, hint: str | None = None) -> None:
        super().__init__(message, code="storage.target", hint=hint)
        self.temporary = temporary


class Target(Protocol):
    """A place for copies of pictures. Safe to use from several threads at once."""

    def put(self, key: str, file: Path, mime_type: str) -> str:
        """Copy `file` to `key`, in pieces, and give the URL. Doing it again changes nothing.

        The prefix of the target's settings is put before `key`. Raises `TargetError`.
        """
        ...

    def check(self) -> None:
        """Write a small object and remove it again. Raises `TargetError` where either is refused."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...


def object_key(prefix: str | None, run_id: str, stage_id: str, sha256: str, extension: str) -> str:
    """Where the picture of a stage lies: `prefix/run/stage/sha256.extension`, of safe characters only.

    Letters and digits of any script and `-_.~` are kept, everything else becomes `-`. `prefix` may have slashes.
    No part begins with a dot, so none leads out of the target and none is hidden.
    """
    parts = [_segment(part, MAX_SEGMENT_BYTES) for part in (prefix or "").replace("\\", "/").split("/")]
    names = [_segment(name, _OWN_SEGMENT_BYTES) or "-" for name in (run_id, stage_id, sha256)]
    ending = _segment(extension, 16)
    return "/".join([part for part in parts if part] + names) + (f".{ending}" if ending else "")


def full_key(name: str, prefix: str | None, key: str) -> str:
    """`key` under the prefix of the target `name`. Raises `TargetError` for a key that some kind cannot hold."""
    parts = [_segment(part, MAX_SEGMENT_BYTES) for part in (prefix or "").replace("\\", "/").split("/")]
    full = "/".join([*(part for part in parts if part), key])
    if not all(_is_good(segment) for segment in key.split("/")) or len(full.encode()) > MAX_KEY_BYTES:
        raise TargetError(
            f"Storage target {name!r}: {key[:80]!r} cannot be the key of an object.",
            temporary=False,
            hint=f"Use letters, digits, spaces, - _ . ~ and single slashes, at most {MAX_KEY_BYTES} bytes; no part may "
            "begin with a dot.",
        )
    return full


def quoted(key: str) -> str:
    """A key as it stands in the path of a URL."""
    return quote(key, safe="/~")


@contextlib.contextmanager
def reading(name: str, file: Path) -> Iterator[BinaryIO]:
    """`file`, open. Raises `TargetError` if it cannot be opened, which no retry mends."""
    try:
        reader = file.open("rb")
    except OSError as problem:
        raise TargetError(
            f"Storage target {name!r}: {str(file)!r} cannot be read: {problem.strerror}.",
            temporary=False,
            hint="`limner doctor` tells whether the data folder is whole.",
        ) from problem
    with reader:
        yield reader


def _segment(text: str, limit: int) -> str:
    """`text` as one part of a key, at most `limit` bytes long; empty if nothing is left."""
    safe = "".join(
        character if character.isalnum() or character in _PUNCTUATION else "-"
        for character in unicodedata.normalize("NFC", text)
    )
    return safe.lstrip(".").encode()[:limit].decode(errors="ignore")


def _is_good(segment: str) -> bool:
    return (
        bool(segment)
        and not segment.startswith(".")
        and all(_is_safe(character) for character in segment)
        and len(segment.encode()) <= MAX_SEGMENT_BYTES
    )


def _is_safe(character: str) -> bool:
    """True for what every kind stores, signs and links to alike: `+`, `%` and `#` are read in several ways."""
    if character.isascii():
        return character.isalnum() or character == " " or character in _PUNCTUATION
    return character.isprintable()
