"""The shelf: workflow files that lie in the data folder, beside the starters. They may be edited by hand as well."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from limner._json import JsonValue
from limner.errors import InvalidRequestError
from limner.store import disk
from limner.workflow import starters

SUFFIX = ".workflow.json"
MAX_BYTES = 1 << 20

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A workflow at hand. `is_starter` marks one that comes with the program and is not changed."""

    name: str
    title: str
    description: str
    text: str
    is_starter: bool


class Shelf:
    """The workflow files in `folder`, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> list[Filed]:
        """Those of the person, by name, then the starters."""
        own = sorted(path.name.removesuffix(SUFFIX) for path in self._folder.glob(f"*{SUFFIX}"))
        found = [self.read(name) for name in own if _NAME.fullmatch(name)]
        return found + [_starter(name) for name in starters.names() if name not in own]

    def read(self, name: str) -> Filed:
        """One by its name; a person's own goes before a starter. Raises `InvalidRequestError` for none."""
        path = self._path(name)
        try:
            text = path.read_bytes()[:MAX_BYTES].decode("utf-8", "replace")
        except FileNotFoundError:
            return _starter(name)
        except OSError as problem:
            raise disk.storage_error(problem, path) from problem
        title, description = _told(text)
        return Filed(name=name, title=title or name, description=description, text=text, is_starter=False)

    def write(self, name: str, text: str) -> None:
        """Keep a file; it is there whole or as it was. Raises `InvalidRequestError` for a name that is none."""
        path = self._path(name)
        disk.make_folder(self._folder, mode=0o700)
        disk.place_pieces([text.encode()], path, overwrite=True)

    def free_name(self, wanted: str) -> str:
        """A name like this one that is not taken."""
        base = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:50] or "workflow"
        taken = {each.name for each in self.files()}
        return next(name for name in (base, *(f"{base}-{number}" for number in range(2, 999))) if name not in taken)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidRequestError(
                f"{name[:60]!r} is no name of a workflow.",
                code="workflow.file",
                hint="Accepted: small letters, digits and hyphens.",
            )
        return self._folder / f"{name}{SUFFIX}"


def _starter(name: str) -> Filed:
    text = starters.text(name)
    title, description = _told(text)
    return Filed(name=name, title=title or name, description=description, text=text, is_starter=True)


def _told(text: str) -> tuple[str, str]:
    """The title and the description that a file gives itself, as far as it can be read."""
    try:
        found: JsonValue = json.loads(text)
    except ValueError:
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    return str(found.get("name") or ""), str(found.get("description") or "")
