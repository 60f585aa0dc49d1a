"""Style filters that work on any picture: drawn scenes and foreign photographs alike."""

from __future__ import annotations

import numpy as np
from PIL import Image

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.prompt.words import COLORS
from limner.providers.sandbox.styles import cut as styles_cut
from limner.providers.sandbox.styles import drawn as styles_drawn
from limner.providers.sandbox.styles import painted as styles_painted
from limner.providers.sandbox.styles import printed as styles_printed
from limner.providers.sandbox.styles.base import Sitting, Style

STYLES: dict[str, Style] = {
    **styles_cut.STYLES,
    **styles_drawn.STYLES,
    **styles_painted.STYLES,
    **styles_printed.STYLES,
}
"""Every style id this sandbox can draw, and what draws it."""

_SMALLEST_SIDE_PX = 16


def apply(
    image: Image.Image,
    styles: tuple[str, ...],
    *,
    seed: int,
    colors: tuple[str, ...] = (),
    subject_mask: Image.Image | None = None,
) -> Image.Image:
    """The picture in each of `styles`, one after the other: RGB, same size. Unknown ids change nothing.

    `colors` are names of `words.COLORS`, used by the styles that print in few inks. `subject_mask` (L, any
    size, white = subject) lets neon and old-master light find the subject.
    """
    known = [style for style in dict.fromkeys(styles) if style in STYLES]
    result = image.convert("RGB")
    if min(image.size) < _SMALLEST_SIDE_PX and known:
        return _applied_large(result, tuple(known), seed, colors)
    named = tuple(COLORS[color] for color in colors if color in COLORS)
    for style in known:
        plane = None
        if subject_mask is not None:
            plane = pixels.from_mask(subject_mask.resize(result.size, Image.Resampling.BILINEAR))
        rng = np.random.default_rng([abs(seed), *style.encode()])
        sitting = Sitting(image=result, rng=rng, unit_px=pixels.unit_px(result), colors=named, subject=plane)
        result = STYLES[style](sitting)
    return result


def _applied_large(image: Image.Image, styles: tuple[str, ...], seed: int, colors: tuple[str, ...]) -> Image.Image:
    """A picture too thin for brushes: styled at a workable size and brought back."""
    width, height = image.size
    larger = image.resize((max(32, width), max(32, height)), Image.Resampling.BICUBIC)
    return apply(larger, styles, seed=seed, colors=colors).resize((width, height), Image.Resampling.BOX)
