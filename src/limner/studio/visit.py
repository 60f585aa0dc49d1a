"""One request on its way through the studio, and the ways in which a screen can answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.datastructures import FormData, QueryParams, UploadFile

from limner.core.blob import BlobRef

if TYPE_CHECKING:
    from limner.studio.context import Context

THEMES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How a person wants to see the studio; kept in a cookie, so that the first byte is already right."""

    theme: str = "system"
    density: str = "m"
    single_keys: bool = True
    motion: str = "system"


@dataclass(slots=True, kw_only=True)
class Visit:
    """A request. `path` has the parameters of its address, `form` what was sent with it, `word` what forms must bring.

    `topics` collects the live parts that its page shows.
    """

    context: Context
    path: Mapping[str, str] = field(default_factory=dict)
    query: QueryParams = field(default_factory=QueryParams)
    form: FormData = field(default_factory=FormData)
    word: str = ""
    address: str = "/"
    preferences: Preferences = field(default_factory=Preferences)
    is_part: bool = False
    """True where a script asks, for a part of a page."""
    topics: list[str] = field(default_factory=list)
    notices: list[Mapping[str, str]] = field(default_factory=list)
    """What a redirect left to be said: `words`, and the address that undoes it, or none."""

    def modules(self) -> list[str]:
        """The addresses of the scripts that every page loads."""
        from limner.studio.static import modules

        return modules()

    def text(self, name: str, default: str = "") -> str:
        """A field of the form, or of the query, without space around it."""
        value = self.form.get(name) if name in self.form else self.query.get(name)
        return value.strip() if isinstance(value, str) else default

    def texts(self, name: str) -> list[str]:
        """All values of a field of the form, or of the query."""
        found = self.form.getlist(name) or self.query.getlist(name)
        return [value for value in found if isinstance(value, str)]

    def files(self, name: str) -> list[UploadFile]:
        """The files of a field that are not empty."""
        return [value for value in self.form.getlist(name) if isinstance(value, UploadFile) and value.size]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole page: `template` with `values`. `screen` is the entry of the navigation that it belongs to."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    screen: str = ""
    status: int = 200
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a page, for a script or for the live stream."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Go to another address, with a notice for the person there and perhaps an address that undoes what was done."""

    to: str
    notice: str = ""
    undo: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """A file: a stored picture, or what was made for this answer. `name` is what it is saved as, if it is."""

    mime_type: str
    data: bytes | None = None
    path: Path | None = None
    blob: BlobRef | None = None
    name: str | None = None
    lasts: bool = False
    """True where the address never means anything else, so that it may be kept for a year."""
    made: bool = False
    """True where `path` lies in a folder of its own, which goes once the answer was sent."""


Answer = Page | Part | Go | Bytes
Handler = Callable[[Visit], Answer]
Renderer = Callable[[Visit, str], Part]
"""Draws a live part; the text is what follows the colon of its topic, such as the id of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What answers an address; `{name}` in it is a parameter, without a slash."""

    method: str
    address: str
    handler: Handler


def get(address: str, handler: Handler) -> Route:
    """An address that shows something."""
    return Route(method="GET", address=address, handler=handler)


def post(address: str, handler: Handler) -> Route:
    """An address that changes something."""
    return Route(method="POST", address=address, handler=handler)


class Missing(Exception):
    """What was asked for is not there; the text says what, and perhaps where it may be."""
