"""A run as a folder: the pictures of its result in front, everything else behind, nothing written over.

business-card.jpg              the result, under the name of its stage
business-card.jpg.limner.json  how it was made
recipe.md                      an answer of words and pictures, in its order
stages/logo.jpg                what other stages made; the picture that was chosen has the plain name
stages/logo-2.jpg              the other candidates, with their numbers
stages/script.json             texts and JSON
run.json                       the run, each picture with its `path` in this folder
workflow.json                  the workflow as it was run
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from limner._json import JsonObject, JsonValue
from limner.app import App
from limner.app.delivery import Destination
from limner.app.recipe import SIDE_SUFFIX, recipe_of
from limner.core.blob import BlobRef
from limner.core.picture import EXTENSIONS
from limner.errors import InvalidRequestError
from limner.runner.live import read_snapshot
from limner.store import disk
from limner.workflow.format import format
from limner.workflow.model import Stage, Workflow

STAGES = "stages"
"""The folder of what is not the result."""

_READ_BYTES = 1 << 20


def export_run(app: App, document: JsonObject, folder: Path) -> list[Path]:
    """Put what a run made into `folder`; gives the files, those of the result first.

    `document` is the run as `Workflows.document` gives it. Every file is there whole or not at all. A file that is
    there already is left: the same content counts as written, another gets a numbered neighbor (`logo_2.jpg`). So a
    second export of the same run changes nothing.

    Raises `InvalidRequestError` for a run that is not here or a folder that cannot be written to, `BlobCorruptError`
    for a picture that is gone, `StorageError` if the disk refuses.
    """
    workflow = _snapshot(app, str(document["run"]))
    _check(app, document)
    Destination(path=folder, is_folder=True).check_folder()
    export = _Export(app=app, folder=folder, document=copy.deepcopy(document))
    export.make(workflow)
    return export.written


@dataclass(slots=True, kw_only=True)
class _Export:
    app: App
    folder: Path
    document: JsonObject
    written: list[Path] = field(default_factory=list)

    def make(self, workflow: Workflow) -> None:
        for place in (self.folder, self.folder / STAGES):
            if place.is_dir():
                disk.remove_unfinished_copies(place)
        others = [stage for stage in workflow.stages if stage.id != workflow.result]
        for stage in (workflow.stage(workflow.result), *others):
            output = self.document["stages"].get(stage.id, {}).get("output")
            if stage.asks_model and output is not None:
                self._stage(stage, output, self.folder if stage.id == workflow.result else self.folder / STAGES)
        self.document["result"] = self.document["stages"].get(workflow.result, {}).get("output")
        self._text(self.folder, "run.json", _pretty(self.document))
        self._text(self.folder, "workflow.json", format(workflow.document))

    def _stage(self, stage: Stage, output: JsonValue, place: Path) -> None:
        if stage.kind == "image":
            self._pictures(stage, output, place)
        elif isinstance(output, str):
            self._text(place, f"{stage.id}.txt", output + "\n")
        else:
            self._text(place, f"{stage.id}.json", _pretty(output))

    def _pictures(self, stage: Stage, output: JsonObject, place: Path) -> None:
        images = output["images"]
        is_set = stage.selection == "all" or stage.for_each is not None
        is_open = self.document["stages"][stage.id]["status"] == "review"
        chosen = None if is_open or (is_set and len(images) > 1) else output.get("selectedIndex") or 0
        order = sorted(range(len(images)), key=lambda at: at != chosen)
        for at in order:
            name = stage.id if at == chosen else f"{stage.id}-{at + 1}"
            where = place if is_set or at == chosen else self.folder / STAGES
            path = self._picture(images[at], where, name)
            images[at]["path"] = path.relative_to(self.folder).as_posix()
        if stage.selection == "all" and stage.for_each is None and output.get("accompanyingText"):
            self._text(place, f"{stage.id}.md", "".join(_markdown(stage, output)))

    def _picture(self, image: JsonObject, place: Path, name: str) -> Path:
        blob = _blob_of(image)
        suffix = "." + EXTENSIONS[image["mimeType"]]
        path = self._placed(place, name + suffix, blob, self.app.store.blobs.path(blob))
        record = self.app.store.journal.find(str(image.get("callId", "")))
        if record is not None:
            self._text(path.parent, path.name + SIDE_SUFFIX, _pretty(recipe_of(self.app.store, record, blob)))
        return path

    def _text(self, place: Path, name: str, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self._placed(place, name, BlobRef(sha256=hashlib.sha256(data).hexdigest(), size=len(data)), data)

    def _placed(self, place: Path, name: str, content: BlobRef, source: Path | bytes) -> Path:
        """Write under the first name that is free or holds the same already."""
        for path in _names(place / name):
            try:
                disk.make_folder(place.absolute())
                if _holds(path, content) or _put(source, path):
                    self.written.append(path)
                    return path
            except OSError as problem:
                raise disk.storage_error(problem, path) from problem
        raise AssertionError("names never end")


def _snapshot(app: App, run_id: str) -> Workflow:
    """The workflow as the run has it now."""
    found = [event["workflow"] for event in app.store.runs.events(run_id) if "workflow" in event]
    if not found:
        raise InvalidRequestError(
            f"There is no run {run_id[:40]!r}.", code="workflow.unknown_run", hint="`limner runs` lists them."
        )
    return read_snapshot(found[-1])


def _check(app: App, document: JsonObject) -> None:
    """Every picture is there, before anything is written. Raises `BlobCorruptError`."""
    for stage in document["stages"].values():
        output = stage.get("output")
        images = output.get("images") if isinstance(output, dict) and stage.get("kind") == "image" else None
        for image in images or ():
            app.store.blobs.open(_blob_of(image)).close()


def _blob_of(image: JsonObject) -> BlobRef:
    return BlobRef(sha256=image["sha256"], size=image["bytes"])


def _names(path: Path) -> Iterator[Path]:
    yield path
    stem, dot, endings = path.name.partition(".")
    number = 2
    while True:
        yield path.with_name(f"{stem}_{number}{dot}{endings}")
        number += 1


def _put(source: Path | bytes, path: Path) -> bool:
    if isinstance(source, bytes):
        return disk.place_pieces([source], path, overwrite=False)
    return disk.place_copy(source, path, overwrite=False)


def _holds(path: Path, content: BlobRef) -> bool:
    """Whether the file is there with exactly this content."""
    if not path.is_file() or path.stat().st_size != content.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == content.sha256


def _markdown(stage: Stage, output: JsonObject) -> Iterator[str]:
    """Words and pictures in the order in which they came; a picture stands beside the page."""
    yield f"# {stage.title}\n"
    for block in output["blocks"]:
        if block["type"] == "text":
            yield f"\n{block['text'].strip()}\n"
        else:
            image = output["images"][block["index"]]
            yield f"\n![Picture {block['index'] + 1}]({Path(image['path']).name})\n"


def _pretty(value: JsonValue) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
