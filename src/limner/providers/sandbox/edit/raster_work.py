"""A picture while it is being edited, with what was found in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from limner.providers.sandbox.edit import mask, raster_fill
from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats


@dataclass(slots=True)
class Work:
    """The picture while it is being edited, with what was found in it; `notes` are for the report.

    `given` is the caller's mask (white = change), which replaces the guessed subject.
    """

    image: Image.Image
    seed: int
    given: Image.Image | None = None
    alpha: Floats | None = None
    others: tuple[Image.Image, ...] = ()
    notes: list[str] = field(default_factory=list)
    _subject: Floats | None = None

    @property
    def values(self) -> Floats:
        """The picture as floats [h, w, 3]."""
        return pixels.to_floats(self.image)

    @property
    def rng(self) -> np.random.Generator:
        """A random stream that depends on the seed alone."""
        return np.random.default_rng([abs(self.seed), 0xED17])

    @property
    def subject(self) -> Floats:
        """The given mask, the picture's own alpha or the guessed subject [h, w]."""
        if self._subject is None:
            if self.given is not None:
                self._subject = pixels.from_mask(self.given.resize(self.image.size, Image.Resampling.BILINEAR))
            else:
                self._subject = self.alpha if self.alpha is not None else mask.subject(self.image)
        return self._subject

    def put(self, values: Floats) -> None:
        """Take changed pixels; only those under the given mask, if there is one."""
        if self.given is not None:
            values = pixels.mix(self.values, np.clip(values, 0, 1), self.subject)
        self.image = pixels.to_image(values)

    def replace(self, values: Floats) -> None:
        """Take a picture whose subject may have moved or gone."""
        self.image = pixels.to_image(values)
        self._subject = None

    def reshape(self, change: Callable[[Image.Image], Image.Image]) -> None:
        """Change the frame: the picture, its alpha and the given mask alike."""
        self.image = change(self.image)
        if self.alpha is not None:
            self.alpha = pixels.from_mask(change(pixels.to_mask(self.alpha)))
        if self.given is not None:
            self.given = change(self.given)
        self._subject = None


def flat(image: Image.Image) -> Image.Image:
    """The picture as RGB; transparent parts on white."""
    if "A" not in image.getbands():
        return image.convert("RGB")
    rgba = image.convert("RGBA")
    page = Image.new("RGB", image.size, (255, 255, 255))
    page.paste(rgba, (0, 0), rgba.getchannel("A"))
    return page


def widen(work: Work, width: int, height: int) -> None:
    """The picture in the middle of a larger frame, continued on all sides."""
    old_width, old_height = work.image.size
    if (width, height) == (old_width, old_height):
        return
    left, top = (width - old_width) // 2, (height - old_height) // 2
    if work.alpha is not None:
        work.reshape(lambda image: padded(image, width, height, left, top))
        return
    image = raster_fill.extended(work.image, work.subject, width, height, left, top)
    if work.given is not None:
        work.given = padded(work.given, width, height, left, top)
    work.replace(pixels.to_floats(image))


def padded(image: Image.Image, width: int, height: int, left: int, top: int) -> Image.Image:
    """The picture on a larger empty page: black for a mask, white for colours."""
    page = Image.new(image.mode, (width, height), 0 if image.mode == "L" else (255, 255, 255))
    page.paste(image, (left, top))
    return page


def cut(work: Work, width: int, height: int) -> None:
    """A smaller frame of this size, around the middle of the subject."""
    old_width, old_height = work.image.size
    width, height = min(width, old_width), min(height, old_height)
    box = mask.bounds(work.subject)
    left = round((box.left + box.right) / 2 * old_width - width / 2)
    top = round((box.top + box.bottom) / 2 * old_height - height / 2)
    left, top = min(max(0, left), old_width - width), min(max(0, top), old_height - height)
    work.reshape(lambda image: image.crop((left, top, left + width, top + height)))
