"""Golden runs: what was asked and answered in a file, and answers from it. Neither pictures nor keys are in it.

One JSON object a line: the lifted request and reply, where a picture is a reference to its hash, and what type and size
each picture of the reply had. A replay draws a stand-in of that type and size.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from limner._json import JsonObject, JsonValue, dumps
from limner.catalog.model import Service
from limner.core.blob import BlobRef
from limner.core.picture import NotAPicture, measure
from limner.core.size import Size
from limner.errors import ConfigError
from limner.providers.sandbox.protocol.asked import Asked
from limner.providers.sandbox.protocol.faults import Cut, Faults
from limner.providers.sandbox.protocol.model import Prepared
from limner.providers.sandbox.protocol.reply import SandboxReply
from limner.server.answerer import Answerer
from limner.store.scratch import ScratchBlobs
from limner.wire.gemini.fields import snake
from limner.wire.gemini.refusals import Refusal, failed
from limner.wire.reference import Reference

VERSION = 1


class Recorder:
    """Answers as `answerer` does, and appends every exchange to the file at `path`."""

    def __init__(self, path: Path, answerer: Answerer) -> None:
        self._path = path
        self._answerer = answerer
        self._lock = threading.Lock()
        self._append(b"")

    def prepare(self, asked: Asked) -> Prepared:
        """As the answerer; what it then answers is recorded before it is given."""
        prepared = self._answerer.prepare(asked)

        def answer() -> SandboxReply:
            reply = prepared.answer()
            line = dumps({"v": VERSION, "request": _request(asked), "reply": _recorded(reply)}) + "\n"
            self._append(line.encode())
            return reply

        return replace(prepared, answer=answer)

    def _append(self, line: bytes) -> None:
        try:
            with self._lock, self._path.open("ab") as file:
                file.write(line)
        except OSError as problem:
            raise _unusable(self._path, problem.strerror or str(problem)) from problem

    def models(self, service: Service = "gemini") -> tuple[JsonObject, ...]:
        """The answerer's."""
        return self._answerer.models(service)

    def get_model(self, name: str, service: Service = "gemini") -> SandboxReply:
        """The answerer's."""
        return self._answerer.get_model(name, service)


class Replayer:
    """Answers from the recording at `path`, in its order where a request was made several times.

    Stand-ins for pictures are put on `shelf`. Models are listed as `answerer` lists them.
    """

    def __init__(self, path: Path, answerer: Answerer, shelf: ScratchBlobs) -> None:
        self._answerer = answerer
        self._shelf = shelf
        self._lock = threading.Lock()
        self._stand_ins: dict[str, BlobRef] = {}
        self._originals: dict[str, str] = {}
        self._replies: dict[str, list[JsonObject]] = {}
        for line in _lines(path):
            self._replies.setdefault(self._digest(line["request"]), []).append(line["reply"])

    def prepare(self, asked: Asked) -> Prepared:
        """The recorded answer; 404 in words where there is none."""
        with self._lock:
            found = self._replies.get(self._digest(_request(asked)))
            recorded = found.pop(0) if found and len(found) > 1 else found[0] if found else None
        if recorded is None:
            refusal = _not_recorded(asked)
            return Prepared(answer=lambda: SandboxReply(status=refusal.status, documents=(refusal.document,)))
        faults = _faults(recorded["faults"])
        return Prepared(answer=lambda: self._replayed(recorded, asked, faults), faults=faults)

    def models(self, service: Service = "gemini") -> tuple[JsonObject, ...]:
        """The answerer's."""
        return self._answerer.models(service)

    def get_model(self, name: str, service: Service = "gemini") -> SandboxReply:
        """The answerer's."""
        return self._answerer.get_model(name, service)

    def _replayed(self, recorded: JsonObject, asked: Asked, faults: Faults) -> SandboxReply:
        with self._lock:
            for sha256, picture in recorded["pictures"].items():
                self._make_stand_in(sha256, picture)
        framing = recorded["framing"]
        if asked.method == "streamGenerateContent" and framing in ("sse", "array"):
            framing = "sse" if asked.sse else "array"
        return SandboxReply(
            status=recorded["status"],
            documents=tuple(self._with_stand_ins(document) for document in recorded["documents"]),
            framing=framing,
            page=recorded["page"],
            extra_headers=tuple((name, value) for name, value in recorded["headers"]),
            pictures=self._shelf,
            faults=faults,
            first_picture=next((self._stand_ins[sha256] for sha256 in recorded["pictures"]), None),
        )

    def _make_stand_in(self, sha256: str, picture: JsonObject) -> None:
        if sha256 in self._stand_ins:
            return
        from limner.providers.sandbox.standin import stand_in

        original = BlobRef(sha256=sha256, size=picture["bytes"])
        size = Size(picture["width"], picture["height"])
        made = stand_in(self._shelf, original, picture["mimeType"], size)
        self._stand_ins[sha256] = made
        self._originals[made.sha256] = sha256

    def _with_stand_ins(self, value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {name: self._with_stand_ins(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._with_stand_ins(inner) for inner in value]
        found = Reference.parse(value) if isinstance(value, str) else None
        if found is None:
            return value
        made = self._stand_ins.get((found.picture_blob() or found.blob).sha256)
        return "" if made is None else str(Reference(blob=made, encoding="base64"))

    def _digest(self, request: JsonObject) -> str:
        """One name for all spellings of a request; a stand-in that comes back counts as its original."""
        text = json.dumps(self._canonical(request), sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def _canonical(self, value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {snake(name): self._canonical(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._canonical(inner) for inner in value]
        found = Reference.parse(value) if isinstance(value, str) else None
        if found is None:
            return value
        blob = found.picture_blob() or found.blob
        return f"blob:{self._originals.get(blob.sha256, blob.sha256)}"


def _request(asked: Asked) -> JsonObject:
    return {
        "model": asked.model_id,
        "method": asked.method,
        "service": asked.service,
        "document": asked.document,
        "cards": asked.card or "",
    }


def _recorded(reply: SandboxReply) -> JsonObject:
    return {
        "status": reply.status,
        "framing": reply.framing,
        "headers": [list(pair) for pair in reply.extra_headers],
        "page": reply.page,
        "documents": list(reply.documents),
        "faults": asdict(reply.faults),
        "pictures": dict(_pictures(reply, list(reply.documents))),
    }


def _pictures(reply: SandboxReply, value: JsonValue) -> Iterator[tuple[str, JsonObject]]:
    """What each picture that a reply refers to is like, by its hash."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _pictures(reply, inner)
        return
    found = Reference.parse(value) if isinstance(value, str) else None
    blob = found.picture_blob() if found is not None else None
    if blob is None:
        return
    try:
        with reply.pictures.open(blob) as file:
            picture = measure(file)
    except NotAPicture:
        return
    size = {"width": picture.size.width, "height": picture.size.height}
    yield blob.sha256, {"mimeType": picture.mime_type, **size, "bytes": blob.size}


def _faults(recorded: Mapping[str, JsonValue]) -> Faults:
    cut = recorded["cut"]
    return Faults(**{**recorded, "cut": None if cut is None else Cut(**cut)})


def _lines(path: Path) -> Iterator[JsonObject]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                yield _line(path, number, text)
    except OSError as problem:
        raise _unusable(path, problem.strerror or str(problem)) from problem


def _line(path: Path, number: int, text: str) -> JsonObject:
    try:
        line = json.loads(text)
    except ValueError as problem:
        raise _unusable(path, f"line {number} is no JSON: {problem}") from problem
    if not isinstance(line, dict) or line.get("v") != VERSION:
        raise _unusable(path, f"line {number} was not recorded by this version of Limner")
    return line


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"The recording {str(path)!r} cannot be used: {why}.",
        code="config.serve_record",
        hint="Make one with `limner serve --record FILE`.",
    )


def _not_recorded(asked: Asked) -> Refusal:
    return failed(
        404,
        f"The recording has no answer of {asked.model_id[:100]!r} to this {asked.method}.",
        hint="Record it: limner serve --record FILE, and ask the same there.",
    ).refusal
