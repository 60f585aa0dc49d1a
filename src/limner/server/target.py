"""What a path is about, however it is written: any prefix, any version or none, Gemini API or Vertex AI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from limner.catalog.model import Service

VERSIONS = ("v1", "v1beta", "v1alpha", "v1beta1", "v1main")
"""Versions of either service; all are answered alike. google-genai asks for `v1` and, of Vertex, `v1beta1`."""

OWN = "/limner/v1/"
"""How the addresses begin that Google has not: those for workflows. Their `v1` is not a version of Google."""

MAX_PATH_CHARACTERS = 2_000

_COLLECTIONS = ("models", "tunedModels", "dynamic", "files", "batches", "interactions")
_VERTEX_PLACE = re.compile(r"/projects/[^/]{1,100}/locations/[^/]{1,100}(?=/)")
_PUBLISHER = "/publishers/google"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A path in one spelling. `path` has neither prefix, version, project nor publisher: `/models/m:generateContent`.

    `prefix` is what stood before the version (empty or `/relay`), `version` the version as written, empty if none.
    """

    path: str
    prefix: str = ""
    version: str = ""
    service: Service = "gemini"
    upload: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is an address for workflows."""
        return self.path.startswith(OWN)


def target_of(raw_path: str) -> Target | None:
    """The target of a path as sent, percent signs and all; `None` if it is too long, relative or not text."""
    if not raw_path.startswith("/") or len(raw_path) > MAX_PATH_CHARACTERS:
        return None
    try:
        path = unquote(raw_path, errors="strict")
    except UnicodeDecodeError:
        return None
    if "\\" in path or any(segment in (".", "..") for segment in path.split("/")):
        return None
    segments = path.split("/")[1:]
    start = _start(segments)
    prefix, rest = segments[:start], segments[start:]
    upload = rest[:1] == ["upload"]
    rest = rest[upload:]
    version = rest[0] if rest and rest[0] in VERSIONS else ""
    rest = rest[bool(version) :]
    service, plain = _service("/" + "/".join(rest))
    return Target(
        path=plain,
        prefix="".join(f"/{segment}" for segment in prefix),
        version=version,
        service=service,
        upload=upload,
    )


def _start(segments: list[str]) -> int:
    """Where the API's own path begins: at the first segment that only it can have, else at the beginning."""
    for place, segment in enumerate(segments):
        if "/" + "/".join(segments[place : place + 2]) + "/" == OWN:
            return place
        name = segment.partition(":")[0]
        if name in VERSIONS or name in (*_COLLECTIONS, "upload", "publishers", "projects"):
            return place
    return 0


def _service(path: str) -> tuple[Service, str]:
    placed = _VERTEX_PLACE.match(path)
    rest = path[placed.end() :] if placed else path
    if rest.startswith(f"{_PUBLISHER}/"):
        return "vertex", rest[len(_PUBLISHER) :]
    return ("vertex", rest) if placed else ("gemini", path)
