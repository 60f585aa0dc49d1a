"""From a wish to a finished picture file: a new scene, an exact edit of one, or a change to somebody's picture."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageChops

from limner.core.blob import BlobRef
from limner.core.size import Size
from limner.errors import InvalidRequestError
from limner.imaging.decode import open_checked, shrink
from limner.providers.sandbox import picture_file
from limner.providers.sandbox.edit.edit import edit
from limner.providers.sandbox.paint.draw import draw, mark
from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.prompt.report import report
from limner.providers.sandbox.prompt.scene import Scene
from limner.providers.sandbox.protocol.conversation import Base, Inputs
from limner.providers.sandbox.protocol.signature import Signer
from limner.providers.sandbox.protocol.strict import ReadBlob, unusable_picture

FAST_SIDE_PX = 512
"""Longest side that a quick drawing is made at before it is enlarged."""

_INPUT_SIDE_PX = 2048
"""Input pictures are made smaller than this before they are worked on, to bound time and memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One picture to make: of exactly `size`, in `mime_type`; `sample` is its number among several of one seed."""

    prompt: str
    inputs: Inputs
    size: Size
    seed: int
    mime_type: str
    quick: bool = False
    sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Painting:
    """A finished file; its scene if it is one; what was understood and what was not drawn."""

    data: bytes
    scene: Scene | None
    report: str


class Artist:
    """Makes pictures; reads inputs with `read_blob`, and scenes in files with `signer`."""

    def __init__(self, read_blob: ReadBlob, signer: Signer) -> None:
        self._read_blob = read_blob
        self._signer = signer

    def paint(self, wish: Wish) -> Painting:
        """The picture. Raises `RefusedError` for an input that cannot be decoded."""
        image, scene, words = self._edited(wish, wish.inputs.base) if wish.inputs.base else _drawn(wish)
        if image.size != (wish.size.width, wish.size.height):
            image = image.resize((wish.size.width, wish.size.height), Image.Resampling.LANCZOS)
        data = picture_file.encode(_marked(image), wish.mime_type, scene, self._signer)
        return Painting(data=data, scene=scene, report=words)

    def _edited(self, wish: Wish, base: Base) -> tuple[Image.Image, Scene | None, str]:
        images = [self._opened(blob) for blob in wish.inputs.blobs]
        scene = base.scene or picture_file.scene_in(images[0], self._signer)
        small = [_plain(shrink(image, max_side_px=_INPUT_SIDE_PX)) for image in images]
        size = _working_size(wish)
        seed = wish.seed + wish.sample
        result = edit(small, scene, wish.prompt, width=size.width, height=size.height, seed=seed)
        return result.image, result.scene, result.report

    def _opened(self, blob: BlobRef) -> Image.Image:
        try:
            return open_checked(io.BytesIO(self._read_blob(blob)), name="The input picture")
        except InvalidRequestError as problem:
            raise unusable_picture(problem.message) from problem


def _plain(image: Image.Image) -> Image.Image:
    """The picture in RGB, or in RGBA where something is transparent; 16 bits of gray become 8."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 257).convert("L").convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _marked(image: Image.Image) -> Image.Image:
    """The picture with its mark, which is opaque also where the picture is not."""
    marked = mark(image)
    if image.mode != "RGBA":
        return marked
    touched = ImageChops.difference(image.convert("RGB"), marked).convert("L").point(lambda value: 255 if value else 0)
    marked.putalpha(ImageChops.lighter(image.getchannel("A"), touched))
    return marked


def _drawn(wish: Wish) -> tuple[Image.Image, Scene, str]:
    scene = parse(wish.prompt, seed=wish.seed, sample=wish.sample)
    size = _working_size(wish)
    return draw(scene, size.width, size.height), scene, report(scene)


def _working_size(wish: Wish) -> Size:
    longest = max(wish.size.width, wish.size.height)
    if not wish.quick or longest <= FAST_SIDE_PX:
        return wish.size
    factor = FAST_SIDE_PX / longest
    return Size(max(1, round(wish.size.width * factor)), max(1, round(wish.size.height * factor)))
