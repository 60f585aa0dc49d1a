"""Pictures made small for lists."""

from __future__ import annotations

import io
from typing import BinaryIO

from limner.imaging.decode import open_checked, shrink

_QUALITY = 78


def webp_thumbnail(file: BinaryIO, *, max_side_px: int) -> bytes:
    """A picture file as WebP, its longer side at most `max_side_px`, transparency kept.

    Raises `InvalidRequestError` for what is no whole picture, or one too large to be decoded safely.
    """
    small = shrink(open_checked(file), max_side_px=max_side_px)
    data = io.BytesIO()
    small.convert("RGBA" if small.has_transparency_data else "RGB").save(data, "WEBP", quality=_QUALITY, method=4)
    return data.getvalue()
