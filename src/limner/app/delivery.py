"""Putting pictures where the user wants them: names from the prompt, never over an existing file."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from limner._json import JsonObject
from limner.app.result import with_extension
from limner.errors import InvalidRequestError
from limner.store import disk

_SLUG_CHARACTERS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where pictures go: a folder (existing, or written with a closing slash) or a file name; `None` is here.

    Without `overwrite` a taken name gets a number.
    """

    path: Path | None = None
    is_folder: bool = False
    overwrite: bool = False

    @classmethod
    def parse(cls, text: str | None, *, overwrite: bool = False) -> Destination:
        """Read what a user typed after `--out`."""
        if text is None:
            return cls(overwrite=overwrite)
        path = Path(text).expanduser()
        return cls(path=path, is_folder=text.endswith(os.sep) or path.is_dir(), overwrite=overwrite)

    def to_json(self) -> JsonObject:
        """For the journal, so that recovery can still deliver; the path is absolute."""
        folder = Path.cwd() if self.path is None else self.path.absolute()
        return {"path": str(folder), "isFolder": self.path is None or self.is_folder, "overwrite": self.overwrite}

    @classmethod
    def from_json(cls, document: JsonObject) -> Destination:
        """Read what `to_json` wrote."""
        return cls(path=Path(document["path"]), is_folder=document["isFolder"], overwrite=document["overwrite"])

    @property
    def folder(self) -> Path:
        """The folder the pictures go to."""
        if self.path is None:
            return Path.cwd()
        return self.path if self.is_folder else self.path.absolute().parent

    def check(self) -> None:
        """Raise `InvalidRequestError` if the place cannot take a picture; makes the folder."""
        self.check_folder()
        if self.path is not None and not self.is_folder and self.path.exists() and not self.overwrite:
            raise InvalidRequestError(
                f"{str(self.path)!r} is there already, and nothing is overwritten unasked.",
                code="invalid.exists",
                hint="Try: another --out, a folder, or --overwrite.",
            )

    def check_folder(self) -> None:
        """Raise `InvalidRequestError` if the folder cannot be written to; makes it if it is missing."""
        try:
            disk.make_folder(self.folder.absolute())
        except OSError as problem:
            raise _unwritable(self.folder, problem.strerror) from problem
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise _unwritable(self.folder, "permission denied")

    def names(self, prompt: str, extension: str) -> Iterator[Path]:
        """Free-choice names in order of preference, the right extension on each."""
        if self.path is None or self.is_folder:
            base = self.folder / slug(prompt)
            base = base.with_name(base.name + extension)
        else:
            base = with_extension(self.path, extension)
        yield base
        number = 2
        while True:
            yield base.with_name(f"{base.stem}-{number}{base.suffix}")
            number += 1


def deliver(source: Path, prompt: str, extension: str, destination: Destination, taken: set[Path]) -> Path:
    """Put a copy of `source` under the first free name and give that name.

    `taken` holds what this command has written already, so that several pictures of one command never replace
    each other, even with `overwrite`.
    """
    for path in destination.names(prompt, extension):
        if path in taken:
            continue
        try:
            if disk.place_copy(source, path, overwrite=destination.overwrite):
                taken.add(path)
                return path
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem
    raise AssertionError("names never end")


def slug(prompt: str) -> str:
    """A file name from the first words of a prompt: lower case, words joined by dashes, at most 48 characters."""
    plain = unicodedata.normalize("NFKC", prompt).casefold()
    words = re.findall(r"\w+", re.sub(r"\[\[.*?\]\]|'", "", plain))
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else word
        if len(longer) > _SLUG_CHARACTERS:
            break
        name = longer
    name = name or (words[0][:_SLUG_CHARACTERS] if words else "")
    while len(name.encode()) > 180:
        name = name[:-1]
    return name or "picture"


def _unwritable(folder: Path, reason: str | None) -> InvalidRequestError:
    return InvalidRequestError(
        f"Pictures cannot be written to {str(folder)!r}: {reason}.",
        code="invalid.folder",
        hint="Try: --out with a folder you may write to.",
    )
