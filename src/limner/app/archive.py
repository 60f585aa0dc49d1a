"""Calls with their pictures in one file, to be kept elsewhere or taken into another data folder, whole.

A ZIP without compression, since pictures are compressed already: `calls.jsonl` holds a line for each call, conversation
and so on, `blobs/` every blob they speak of, named by its hash. Nothing in it is a key: the journal holds none.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from limner import _json
from limner._json import JsonObject
from limner._version import __version__
from limner.core.blob import BlobRef
from limner.errors import InvalidRequestError
from limner.store import disk
from limner.store.store import Store
from limner.store.transfer import Tables

FORMAT = 1
_HEAD, _ROWS = "limner.json", "calls.jsonl"
_REFERENCE = re.compile(r"blob:([0-9a-f]{64})\?size=(\d+)")
_READ_BYTES = 1 << 20
_MAX_LINE = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How much an archive holds, or brought: calls, blobs and their bytes; `known` calls were there already."""

    calls: int
    blobs: int
    bytes: int
    known: int = 0


def write_archive(
    store: Store, call_ids: Iterable[str], target: Path, on_blob: Callable[[int], None] = lambda count: None
) -> Moved:
    """Write the calls and everything they speak of to `target`. Raises `InvalidRequestError` if it is there."""
    ids = sorted(set(call_ids))
    blobs = sorted(set(_blobs_in(store.transfer.rows(ids))), key=lambda blob: blob.sha256)
    temporary = target.with_name(f".{target.name}.part")
    if target.exists():
        raise InvalidRequestError(
            f"{str(target)!r} is there already.", code="invalid.exists", hint="Choose another name."
        )
    try:
        disk.make_folder(target.absolute().parent)
        with temporary.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                head = {"format": FORMAT, "program": f"limner {__version__}", "calls": len(ids)}
                archive.writestr(_HEAD, json.dumps(head))
                with archive.open(_ROWS, "w", force_zip64=True) as lines:
                    for row in store.transfer.rows(ids):
                        lines.write(_json.dumps(row).encode("utf-8", "surrogatepass") + b"\n")
                for count, blob in enumerate(blobs, start=1):
                    with store.blobs.open(blob) as source, archive.open(f"blobs/{blob.sha256}", "w") as copy:
                        while piece := source.read(_READ_BYTES):
                            copy.write(piece)
                    on_blob(count)
            file.flush()
            disk.sync(file.fileno())
        temporary.replace(target)
        disk.sync_folder(target.absolute().parent)
    except OSError as problem:
        raise disk.storage_error(problem, target) from problem
    finally:
        temporary.unlink(missing_ok=True)
    return Moved(calls=len(ids), blobs=len(blobs), bytes=sum(blob.size for blob in blobs))


def read_archive(store: Store, source: Path, on_blob: Callable[[int], None] = lambda count: None) -> Moved:
    """Take the calls of an archive into the data folder; those that are there already stay as they are.

    Every blob is checked against its name before any call is taken in. Raises `InvalidRequestError` for what is no
    archive of this program, or a damaged one.
    """
    count = total = 0
    try:
        with zipfile.ZipFile(source) as archive:
            _check_head(archive)
            for blob in sorted(set(_blobs_in(_rows(archive))), key=lambda each: each.sha256):
                total += blob.size
                count += 1
                _take_blob(store, archive, blob)
                on_blob(count)
            taken, known = store.transfer.take(_rows(archive))
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, zlib.error) as problem:
        raise _damaged(source, str(problem) or type(problem).__name__) from problem
    except OSError as problem:
        raise InvalidRequestError(
            f"{str(source)!r} cannot be read: {problem.strerror}.", code="invalid.archive"
        ) from problem
    return Moved(calls=taken, blobs=count, bytes=total, known=known)


def _check_head(archive: zipfile.ZipFile) -> None:
    head = json.loads(archive.read(_HEAD))
    found = head.get("format") if isinstance(head, dict) else None
    if found != FORMAT:
        raise ValueError(f"it is of format {found!r}, not {FORMAT}")


def _rows(archive: zipfile.ZipFile) -> Iterator[JsonObject]:
    with archive.open(_ROWS) as lines:
        while line := lines.readline(_MAX_LINE):
            row = json.loads(line.decode("utf-8", "surrogatepass"))
            if not isinstance(row, dict) or row.get("table") not in Tables or not isinstance(row.get("values"), dict):
                raise ValueError("a line of it is no record")
            yield row


def _take_blob(store: Store, archive: zipfile.ZipFile, blob: BlobRef) -> None:
    if blob in store.blobs:
        return
    writer, found = store.blobs.writer(), hashlib.sha256()
    try:
        with archive.open(f"blobs/{blob.sha256}") as source:
            while piece := source.read(_READ_BYTES):
                found.update(piece)
                writer.write(piece)
        if found.hexdigest() != blob.sha256:
            raise ValueError(f"picture {blob.sha256[:12]} does not match its hash")
        writer.commit()
    except BaseException:
        writer.abort()
        raise


def _blobs_in(rows: Iterable[JsonObject]) -> Iterator[BlobRef]:
    """Every blob that rows speak of: pictures by their columns, and what the lifted documents refer to."""
    for row in rows:
        values = row["values"]
        if row["table"] in ("images", "made"):
            yield BlobRef(sha256=str(values["sha256"]), size=int(values["size"]))
        elif row["table"] == "calls":
            for text in (values.get("request"), values.get("reply")):
                for sha256, size in _REFERENCE.findall(text or ""):
                    yield BlobRef(sha256=sha256, size=int(size))


def _damaged(source: Path, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{str(source)!r} is no whole archive of Limner: {why}.",
        code="invalid.archive",
        hint="Nothing was taken in. Export it again.",
    )
