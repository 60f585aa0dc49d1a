"""Where a picture may change: a box in percent or pixels, or a mask that is white there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from limner.errors import InvalidRequestError

_WORK_WIDTH_PX = 24
"""Width of a soft edge in pixels that is worked out at full size; wider ones at a share of it."""
_SIGMAS = 2.5
"""Deviations of the blur between the middle of the soft edge and its ends, where less than a hundredth is left."""

_NUMBER = re.compile(r"(\d{1,6}(?:\.\d{1,4})?)(%?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle as shares of a picture, 0 to 1, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def parse(cls, text: str, size: tuple[int, int]) -> Box:
        """Read `x,y,width,height` in pixels of a picture of `size`, or each in percent: `10%,20%,30%,40%`.

        Raises `InvalidRequestError` for anything else, and for a box that is empty or leaves the picture.
        """
        found = [_NUMBER.fullmatch(part.strip()) for part in text.split(",")]
        if len(found) != 4 or not all(found):
            raise _no_box(text, "it is not four numbers")
        sides = (size[0], size[1], size[0], size[1])
        shares = [
            float(match[1]) / (100 if match[2] else side)
            for match, side in zip(found, sides, strict=True)
            if match is not None
        ]
        box = cls(left=shares[0], top=shares[1], width=shares[2], height=shares[3])
        if box.width <= 0 or box.height <= 0:
            raise _no_box(text, "it is empty")
        if box.left + box.width > 1.0001 or box.top + box.height > 1.0001:
            raise _no_box(text, f"it leaves the picture of {size[0]}x{size[1]} pixels")
        return box

    def words(self) -> str:
        """Where it is, for a model that takes no mask."""
        right, bottom = self.left + self.width, self.top + self.height
        return (
            f"the area from {self.left:.0%} to {right:.0%} of the width and from {self.top:.0%} to {bottom:.0%} of "
            "the height, counted from the upper left corner"
        )


def box_mask(box: Box, size: tuple[int, int]) -> Image.Image:
    """The box as a mask of `size`: mode `L`, 255 inside, 0 outside."""
    mask = Image.new("L", size, 0)
    width, height = size
    corners = (
        round(box.left * width),
        round(box.top * height),
        round((box.left + box.width) * width) - 1,
        round((box.top + box.height) * height) - 1,
    )
    ImageDraw.Draw(mask).rectangle(corners, fill=255)
    return mask


def file_mask(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A mask that somebody drew, at `size`: 255 where it is white, or opaque if it has holes.

    Raises `InvalidRequestError` if nothing is marked.
    """
    holed = picture.has_transparency_data and _darkest(picture.convert("RGBA").getchannel("A")) < 255
    mask = picture.convert("RGBA").getchannel("A") if holed else picture.convert("L")
    mask = mask.resize(size, Image.Resampling.BILINEAR)
    if not mask.point(lambda value: 255 if value >= 128 else 0).getbbox():
        raise InvalidRequestError(
            "The mask marks nothing: no part of it is white.", code="invalid.mask", hint="White is what may change."
        )
    return mask


def feathered(mask: Image.Image, width_px: float) -> Image.Image:
    """The mask with a soft edge of `width_px` that lies inside it: what was 0 stays 0, and no seam begins there.

    It is made smaller by half the width and blurred by as much; wide edges are worked out on a smaller mask.
    """
    if width_px < 1:
        return mask
    shrink = max(1.0, width_px / _WORK_WIDTH_PX)
    small = mask.resize((max(1, round(mask.width / shrink)), max(1, round(mask.height / shrink))))
    reach = width_px / shrink / 2
    inner = small.filter(ImageFilter.MinFilter(2 * max(1, round(reach)) + 1))
    soft = inner.filter(ImageFilter.GaussianBlur(reach / _SIGMAS)).resize(mask.size, Image.Resampling.BILINEAR)
    return ImageChops.darker(soft, mask.point(lambda value: 255 if value else 0))


def _darkest(mask: Image.Image) -> int:
    return next(value for value, count in enumerate(mask.histogram()) if count)


def _no_box(text: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{text[:60]!r} is no box: {why}.",
        code="invalid.box",
        hint="Accepted: left,top,width,height in pixels, or each in percent: 10%,20%,30%,40%.",
    )
