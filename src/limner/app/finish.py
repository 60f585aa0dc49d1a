"""What is done with a picture after it came: measured against the original, locked outside a region, cut out.

The picture itself stays as the provider sent it. What is made of it is a file of its own beside it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from limner._json import JsonObject
from limner.app.result import Image
from limner.core.blob import BlobRef
from limner.core.parts import FilePart, ImagePart
from limner.core.picture import measure
from limner.errors import InvalidRequestError, LimnerError
from limner.store import disk
from limner.store.blobs import BlobStore
from limner.store.store import Store

if TYPE_CHECKING:
    from limner.imaging.decode import Pixels
    from limner.imaging.drift import Drift
    from limner.imaging.region import Box

Transparent = Literal["key", "exact"]
MadeKind = Literal["locked", "cutout"]

BLACK_GROUND = (
    "Change only the background to plain solid black, perfectly flat and evenly lit. Keep everything else exactly as "
    "it is: the same position, size, shape, colours and light."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What is wanted: a `drift` report, the pixels outside `box` or the mask back (`lock`), a real alpha channel.

    `box` is as `Box.parse` reads it. `feather_px` is the width of the soft edge in pixels of the original.
    """

    box: str | None = None
    drift: bool = False
    lock: bool = False
    feather_px: float | None = None
    transparent: Transparent | None = None

    @property
    def wanted(self) -> bool:
        """Whether anything is to be done."""
        return self.drift or self.lock or self.transparent is not None or self.box is not None


NOTHING = Finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What came of one picture: how it differs from the original, and what was `made` of it.

    `problem` says why nothing was made, or what to look at in it.
    """

    image: Image
    drift: Drift | None = None
    made: Image | None = None
    kind: MadeKind | None = None
    problem: str | None = None

    def to_json(self) -> JsonObject:
        """As `--json` prints it."""
        return {
            "image": self.image.sha256,
            "drift": None if self.drift is None else self.drift.to_json(),
            "kind": self.kind,
            "made": None if self.made is None else self.made.to_json(),
            "problem": self.problem,
        }


SecondPicture = Callable[[Image], Image]
"""Asks for the same picture before black. Raises `LimnerError`."""


def check(finish: Finish, images: tuple[ImagePart | FilePart, ...], *, has_mask: bool) -> None:
    """Raise `InvalidRequestError` for wishes that do not go together."""
    needs_picture = finish.lock or finish.drift or finish.box is not None
    if needs_picture and not (images and isinstance(images[0], ImagePart)):
        raise InvalidRequestError(
            "There is no picture to compare with: --box, --lock and --drift are for edits of a file.",
            code="invalid.lock",
            hint='Try: limner edit picture.jpg "make it night" --drift',
        )
    if finish.lock and finish.box is None and not has_mask:
        raise InvalidRequestError(
            "What may change is not said, so nothing can be locked.",
            code="invalid.lock",
            hint="Add --box 10%,20%,30%,40% or --mask FILE.",
        )
    if finish.lock and finish.transparent is not None:
        raise InvalidRequestError(
            "A picture is either locked or cut out.", code="invalid.lock", hint="Do one after the other."
        )


def instruction(finish: Finish, box: Box | None, prompt: str) -> str:
    """The prompt with what a model must be told for it."""
    words = [prompt]
    if box is not None:
        words.append(
            f"Change only {box.words()}. Keep everything outside it exactly as it is, and keep the same frame."
        )
    if finish.transparent is not None:
        ground = "white" if finish.transparent == "exact" else key_color(prompt)
        words.append(
            f"On a plain solid {ground} background, perfectly flat and evenly lit, without shadows or gradients."
        )
    return "\n".join(words)


def key_color(prompt: str) -> str:
    """The colour to ask for behind a subject: one that the prompt does not speak of."""
    greenish = ("green", "plant", "leaf", "leaves", "tree", "frog", "grass", "forest", "cactus", "emerald", "lime")
    return "magenta" if any(word in prompt.lower() for word in greenish) else "green"


def base_size(part: ImagePart, blobs: BlobStore) -> tuple[int, int]:
    """Width and height of a stored picture as it is shown, in pixels."""
    with blobs.open(part.blob) as file:
        size = measure(file).shown_size
    return size.width, size.height


def finished(
    finish: Finish,
    image: Image,
    base: ImagePart | None,
    mask: ImagePart | None,
    store: Store,
    second: SecondPicture,
) -> Finished:
    """Do what is wanted with one picture. What cannot be done is told in it and raises nothing."""
    drift = None
    try:
        if base is not None and (finish.drift or finish.lock or finish.box is not None):
            before, region = _opened(store, base.blob), None
            if finish.box is not None or mask is not None:
                region = _region(finish, mask, before.size, store)
            after = _opened(store, image.blob)
            drift = _drift(before, after, region)
            if finish.lock and region is not None:
                from limner.imaging.lock import locked

                pixels = locked(before, after, region, feather_px=finish.feather_px)
                return Finished(image=image, drift=drift, made=_kept(pixels, image, "locked", store), kind="locked")
        if finish.transparent is not None:
            return _cut_out(finish, image, store, second)
    except LimnerError as problem:
        return Finished(image=image, drift=drift, problem=problem.message)
    return Finished(image=image, drift=drift)


def _drift(before: Pixels, after: Pixels, region: Pixels | None) -> Drift:
    from limner.imaging.drift import measure_drift

    return measure_drift(before, after, region)


def _cut_out(finish: Finish, image: Image, store: Store, second: SecondPicture) -> Finished:
    from limner.imaging.cutout import from_two_grounds, remove_key
    from limner.imaging.geometry import compare_frames

    pixels = _opened(store, image.blob)
    if finish.transparent == "key":
        cutout = remove_key(pixels)
    else:
        other = _opened(store, second(image).blob)
        geometry = compare_frames(pixels, other)
        if geometry.moved:
            return Finished(image=image, problem=f"No cut-out was made: before black, {geometry.words()}.")
        cutout = from_two_grounds(pixels, other)
    problem = None if cutout.problem is None else f"Look at the cut-out: {cutout.problem}."
    made = _kept(cutout.image, image, "cutout", store)
    return Finished(image=image, made=made, kind="cutout", problem=problem)


def _region(finish: Finish, mask: ImagePart | None, size: tuple[int, int], store: Store) -> Pixels:
    from limner.imaging.region import Box, box_mask, file_mask

    if finish.box is not None:
        return box_mask(Box.parse(finish.box, size), size)
    assert mask is not None
    return file_mask(_opened(store, mask.blob), size)


def _opened(store: Store, blob: BlobRef) -> Pixels:
    from limner.imaging.decode import open_checked

    with store.blobs.open(blob) as file:
        return open_checked(file)


def _kept(pixels: Pixels, image: Image, kind: MadeKind, store: Store) -> Image:
    """Store what was made, and put a copy beside the picture it was made of."""
    from limner.imaging.decode import png_bytes

    blob = store.blobs.put_file(io.BytesIO(png_bytes(pixels)))
    stored = store.blobs.path(blob)
    path = stored if image.path == image.stored else _beside(stored, image.path, kind)
    made = Image(
        blob=blob,
        stored=stored,
        path=path,
        mime_type="image/png",
        extension=".png",
        width=pixels.width,
        height=pixels.height,
        call_id=image.call_id,
    )
    store.journal.note_made(
        made.blob,
        kind=kind,
        source=image.blob,
        call_id=image.call_id,
        path=None if path == stored else str(path.absolute()),
    )
    return made


def _beside(stored: Path, path: Path, kind: MadeKind) -> Path:
    number = 1
    while True:
        more = "" if number == 1 else f"-{number}"
        target = path.with_name(f"{path.stem}-{kind}{more}.png")
        try:
            if disk.place_copy(stored, target, overwrite=False):
                return target
        except OSError as problem:
            raise disk.storage_error(problem, target) from problem
        number += 1
