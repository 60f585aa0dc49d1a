"""Pictures with structure everywhere, made of noise at several scales: what a photograph is to an algorithm."""

from __future__ import annotations

import numpy as np
from PIL import Image


def textured(width: int = 600, height: int = 400, seed: int = 1) -> Image.Image:
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for scale in (4, 8, 16, 32, 64):
        small = Image.fromarray((rng.random((scale * 2 // 3 + 1, scale, 3)) * 255).astype(np.uint8))
        total += np.asarray(small.resize((width, height), Image.Resampling.BICUBIC)) / scale**0.7
    total = (total - total.min()) / (total.max() - total.min()) * 255
    return Image.fromarray(total.astype(np.uint8))


def cropped(picture: Image.Image, share: float, left: float, top: float) -> Image.Image:
    """What is seen when only `share` of each side is kept, at the size of before."""
    width, height = round(picture.width * share), round(picture.height * share)
    x, y = round((picture.width - width) * left), round((picture.height - height) * top)
    return picture.crop((x, y, x + width, y + height)).resize(picture.size, Image.Resampling.LANCZOS)


def shifted(picture: Image.Image, right: int, down: int) -> Image.Image:
    moved = Image.new("RGB", picture.size, "gray")
    moved.paste(picture, (right, down))
    return moved
