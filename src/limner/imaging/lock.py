"""The edit lock: what lies outside the region comes back from the original, pixel for pixel."""

from __future__ import annotations

from PIL import Image

from limner.errors import InvalidRequestError
from limner.imaging.drift import RATIO_TOLERANCE
from limner.imaging.geometry import compare_frames
from limner.imaging.region import feathered

FEATHER_SHARE = 0.01
"""Width of the soft edge as a share of the longer side, where none is asked for."""


def locked(
    before: Image.Image, after: Image.Image, region: Image.Image, *, feather_px: float | None = None
) -> Image.Image:
    """`before` with what `region` (a mask, white inside) shows of `after`, in the size of `before`.

    Outside the region every pixel is that of `before`; the soft edge of `feather_px` pixels lies inside it. Raises
    `InvalidRequestError` (`invalid.lock`) where the later picture has another shape or its frame moved: then the edge
    would show a seam, and what was edited would sit in the wrong place.
    """
    shape_before, shape_after = before.width / before.height, after.width / after.height
    if abs(shape_after / shape_before - 1) > RATIO_TOLERANCE:
        raise _refused(
            f"the edit has another shape, {after.width}x{after.height} instead of {before.width}x{before.height}"
        )
    geometry = compare_frames(before, after, region)
    if geometry.moved:
        raise _refused(geometry.words())
    mode = "RGBA" if before.has_transparency_data else "RGB"
    original = before.convert(mode)
    edited = after.convert(mode)
    if edited.size != original.size:
        edited = edited.resize(original.size, Image.Resampling.LANCZOS)
    mask = region if region.size == original.size else region.resize(original.size, Image.Resampling.BILINEAR)
    width_px = FEATHER_SHARE * max(original.size) if feather_px is None else feather_px
    return Image.composite(edited, original, feathered(mask, width_px))


def _refused(why: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The edit cannot be locked: {why}.",
        code="invalid.lock",
        hint="The edited picture is kept as it came. Try the edit again, or ask for the same frame in the prompt.",
    )
