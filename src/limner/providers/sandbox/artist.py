"""From a wish to a finished picture file: a new scene, an exact edit of one, or a change to somebody's picture."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

from PIL import Image, ImageChops

from limner.core.blob import BlobRef
from limner.core.size import Size
from limner.errors import InvalidRequestError
from limner.imaging.decode import open_checked, shrink
from limner.providers.sandbox import picture_file
from limner.providers.sandbox.edit.edit import EditResult, edit
from limner.providers.sandbox.edit.instruction import instruction_of, worked_on
from limner.providers.sandbox.edit.ops import Tint, Unknown
from limner.providers.sandbox.edit.plan import plan
from limner.providers.sandbox.paint.draw import draw, mark
from limner.providers.sandbox.prompt.document import document_in, seen_at
from limner.providers.sandbox.prompt.report import report
from limner.providers.sandbox.prompt.scene import Scene
from limner.providers.sandbox.prompt.told import told_scene, with_hero, without
from limner.providers.sandbox.prompt.unwrap import Unwrapped, unwrapped
from limner.providers.sandbox.protocol.conversation import Inputs
from limner.providers.sandbox.protocol.signature import Signer
from limner.providers.sandbox.protocol.strict import ReadBlob, unusable_picture

FAST_SIDE_PX = 512
"""Longest side that a quick drawing is made at before it is enlarged."""

_INPUT_SIDE_PX = 2048
"""Input pictures are made smaller than this before they are worked on, to bound time and memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One picture to make: of exactly `size`, in `mime_type`; `sample` is its number among several of one seed.

    `quality` is a JPEG's, 0 to 100; `None` for the sandbox's own. What `negative` names is left out of a new scene.
    """

    prompt: str
    inputs: Inputs
    size: Size
    seed: int
    mime_type: str
    quality: int | None = None
    quick: bool = False
    sample: int = 0
    negative: str = ""


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
        told = unwrapped(wish.prompt, pictures=len(wish.inputs.blobs))
        images = [self._opened(blob) for blob in wish.inputs.blobs]
        if not images or (told.draws_anew and told.notes_on is None and not wish.inputs.continues):
            made = self._drawn(wish, told, images)
        else:
            made = self._edited(wish, told, images)
        image = made.image
        if image.size != (wish.size.width, wish.size.height):
            image = image.resize((wish.size.width, wish.size.height), Image.Resampling.LANCZOS)
        data = picture_file.encode(_marked(image), wish.mime_type, made.scene, self._signer, quality=wish.quality)
        return Painting(data=data, scene=made.scene, report=made.report)

    def _edited(self, wish: Wish, told: Unwrapped, images: list[Image.Image]) -> EditResult:
        numbers, notes_only = worked_on(told, len(images), continues=wish.inputs.continues)
        base = images[numbers[0]]
        known = wish.inputs.base.scene if wish.inputs.base is not None and numbers[0] == 0 else None
        scene = known or picture_file.scene_in(base, self._signer)
        small = [_plain(shrink(images[number], max_side_px=_INPUT_SIDE_PX)) for number in numbers]
        size = _working_size(wish)
        instruction = instruction_of(told, notes_only=notes_only)
        return edit(small, scene, instruction, width=size.width, height=size.height, seed=wish.seed + wish.sample)

    def _drawn(self, wish: Wish, told: Unwrapped, images: list[Image.Image]) -> EditResult:
        document = document_in(wish.prompt)
        if document is not None:
            told = unwrapped(document.scene)
        scenes = [picture_file.scene_in(image, self._signer) for image in images]
        models = [scene for scene in scenes if scene is not None]
        scene = _scene(wish, told, models)
        if document is not None:
            scene = replace(scene, camera=(*scene.camera, *seen_at(wish.sample)))
        size = _working_size(wish)
        if told.notes and all(isinstance(op, Unknown | Tint) for op in plan(told.notes, scene)):
            scene = _scene(wish, replace(told, scene=f"{told.scene}. {told.notes}"), models)
        image = draw(scene, size.width, size.height)
        if told.notes and told.notes not in scene.prompt:
            seed = wish.seed + wish.sample
            refined = edit([image], scene, told.notes, width=size.width, height=size.height, seed=seed)
            return replace(refined, report=f"{report(refined.scene or scene)} {refined.report}")
        unknown = " The pictures given carry no scene, so only the words were drawn." if images and not models else ""
        return EditResult(image=image, scene=scene, report=f"{report(scene)}{unknown}")

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


def _scene(wish: Wish, told: Unwrapped, models: list[Scene]) -> Scene:
    """What the words ask for, with who or what style is on the first picture that they refer to."""
    scene = without(told_scene(told, seed=wish.seed, sample=wish.sample), wish.negative)
    if not models:
        return scene
    if told.reference == "style":
        return replace(scene, styles=scene.styles or models[0].styles)
    return with_hero(scene, models[0])


def _working_size(wish: Wish) -> Size:
    longest = max(wish.size.width, wish.size.height)
    if not wish.quick or longest <= FAST_SIDE_PX:
        return wish.size
    factor = FAST_SIDE_PX / longest
    return Size(max(1, round(wish.size.width * factor)), max(1, round(wish.size.height * factor)))
