"""From a strace log with data to what a run did to its disk, in order, and when it was paid for, told and kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from faults.driver import PROMPTS
from faults.provider import HELD, REPLIES

STRACE = (
    "-y",
    "-xx",
    "-s",
    "400000",
    "--trace=?openat,?write,?writev,?pwrite64,?fsync,?fdatasync,?rename,?renameat,?renameat2,?link,?linkat,?unlink,"
    "?unlinkat,?rmdir,?ftruncate,?mkdir,?mkdirat,?lseek,?sendto,?recvfrom,?sendfile,?copy_file_range,?fallocate,?truncate",
)
"""What strace is asked to write down: every change of a file with its data, every byte to and from the provider."""

Kind = Literal[
    "create", "truncate", "write", "sync", "datasync", "rename", "link", "unlink", "mkdir", "paid", "told", "kept"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One step: a change of `path` (relative to the disk), or an event that concerns a prompt (`number`)."""

    kind: Kind
    path: str = ""
    target: str = ""
    offset: int = 0
    data: bytes = b""
    number: int = 0


_LINE = re.compile(r"^\d+ +(\w+)\((.*)\) += (\d+)(?:<(.*)>)?(?: .*)?$")
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"^\d+ +<\.\.\. \w+ resumed>(.*)$")
_FD = re.compile(r"(\d+)<(.*?)>$")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class NotUnderstood(ValueError):
    """A line of the trace that would change the disk in a way this reader does not know."""


def read_trace(log: Path, root: Path) -> list[Op]:
    """The steps below `root` that succeeded, in order. Raises `NotUnderstood` rather than skip one."""
    reader = _Reader(str(root))
    for line in _whole_lines(log.read_text(encoding="ascii")):
        found = _LINE.match(line)
        if found is not None:
            reader.ops += reader.read(found[1], _split(found[2]), int(found[3]), found[4] or "")
    return reader.ops


def _whole_lines(log: str) -> Iterator[str]:
    """Each call in one line, at its end: strace writes it in two where another thread comes in between."""
    begun: dict[str, str] = {}
    for line in log.splitlines():
        thread = line.partition(" ")[0]
        if line.endswith(_UNFINISHED):
            begun[thread] = line.removesuffix(_UNFINISHED)
        elif (resumed := _RESUMED.match(line)) is not None:
            yield begun.pop(thread) + resumed[1]
        else:
            yield line


@dataclass(slots=True)
class _Reader:
    root: str
    ops: list[Op] = field(default_factory=list)
    _position: dict[str, int] = field(default_factory=dict)
    _sent: bytes = b""
    _received: bytes = b""

    def read(self, call: str, args: list[str], result: int, result_path: str) -> Iterator[Op]:
        match call:
            case "openat":
                yield from self._open(args, result, _text(result_path))
            case "write" | "writev":
                yield from self._write(args, result)
            case "pwrite64":
                path = self._path_of(args[0])
                if path is not None:
                    yield Op(kind="write", path=path, offset=int(args[3]), data=_bytes(args[1]))
            case "lseek":
                self._position[_number(args[0])] = result
            case "ftruncate":
                path = self._path_of(args[0])
                if path is not None:
                    yield Op(kind="truncate", path=path, offset=int(args[1]))
            case "fsync" | "fdatasync":
                path = self._path_of(args[0])
                if path is not None:
                    yield Op(kind="sync" if call == "fsync" else "datasync", path=path)
            case "sendto" | "recvfrom":
                yield from self._network(call, _bytes(args[1])[:result])
            case _:
                yield from self._names(call, args)

    def _names(self, call: str, args: list[str]) -> Iterator[Op]:
        """Changes of folders; the forms with `at` are used by some systems and by `rmtree`."""
        paths = [path for path in self._paths(args) if path is not None]
        if not paths:
            return
        match call:
            case "rename" | "renameat" | "renameat2":
                yield Op(kind="rename", path=paths[0], target=paths[1])
            case "link" | "linkat":
                yield Op(kind="link", path=paths[0], target=paths[1])
            case "unlink" | "unlinkat" | "rmdir":
                yield Op(kind="unlink", path=paths[0])
            case "mkdir" | "mkdirat":
                yield Op(kind="mkdir", path=paths[0])
            case _:
                raise NotUnderstood(f"{call} of {paths}")

    def _open(self, args: list[str], descriptor: int, path: str) -> Iterator[Op]:
        self._position[str(descriptor)] = 0
        inside = self._inside(path)
        if inside is None or "O_DIRECTORY" in args[2]:
            return
        if "O_APPEND" in args[2]:
            raise NotUnderstood(f"appending to {inside}")
        if "O_CREAT" in args[2]:
            yield Op(kind="create", path=inside)
        if "O_TRUNC" in args[2]:
            yield Op(kind="truncate", path=inside)

    def _write(self, args: list[str], count: int) -> Iterator[Op]:
        data = b"".join(_bytes(text) for text in args[1:])
        if data.startswith(b'{"told": '):
            yield Op(kind="told", number=int(data[9:-2]))
        path = self._path_of(args[0])
        if path is None:
            return
        position = self._position.get(_number(args[0]), 0)
        self._position[_number(args[0])] = position + count
        yield Op(kind="write", path=path, offset=position, data=data[:count])

    def _network(self, call: str, data: bytes) -> Iterator[Op]:
        """A request is paid with its last byte: when the program begins to wait for a reply that is not a refusal."""
        if call == "sendto":
            if self._received:
                self._sent, self._received = b"", b""
            self._sent += data
            return
        number = next(number for number, prompt in enumerate(PROMPTS) if prompt.encode() in self._sent)
        if not self._received and data.startswith(b"HTTP/1.1 200"):
            yield Op(kind="paid", number=number)
        if number == HELD and REPLIES[HELD].body[: REPLIES[HELD].picture_end] in self._received:
            # The provider holds the end of this reply back: asking for it means that the picture is kept.
            yield Op(kind="kept", number=number)
        self._received += data

    def _path_of(self, arg: str) -> str | None:
        found = _FD.match(arg)
        return None if found is None else self._inside(_text(found[2]))

    def _paths(self, args: list[str]) -> Iterator[str | None]:
        folder: str | None = None
        for arg in args:
            described = _FD.match(arg) or re.match(r"(AT_FDCWD)<(.*)>$", arg)
            named = _STRING.fullmatch(arg)
            if described is not None:
                folder = _text(described[2])
            elif named is not None:
                name = _text(named[1])
                yield self._inside(name if name.startswith("/") or folder is None else f"{folder}/{name}")

    def _inside(self, path: str) -> str | None:
        return path[len(self.root) + 1 :] if path.startswith(self.root + "/") else "" if path == self.root else None


def _split(text: str) -> list[str]:
    """The arguments of a call; strings are all escaped, so that commas only separate."""
    return [part.strip() for part in text.split(",")]


def _number(arg: str) -> str:
    return arg.partition("<")[0]


def _bytes(arg: str) -> bytes:
    found = _STRING.search(arg)
    return b"" if found is None else bytes.fromhex(found[1].replace("\\x", ""))


def _text(path: str) -> str:
    """A path as strace writes it, escaped or not."""
    if path.startswith("\\x"):
        path = bytes.fromhex(path.replace("\\x", "")).decode()
    return path.removesuffix(" (deleted)")
