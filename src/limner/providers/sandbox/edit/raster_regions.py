"""What a name means in a picture that nobody described: the sky, the ground, hair, the main subject."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from limner.providers.sandbox.edit import mask, raster_light
from limner.providers.sandbox.edit.raster_work import Work
from limner.providers.sandbox.edit.words import DETAILS
from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats
from limner.providers.sandbox.prompt.words import COLORS


def where(work: Work, target: str | None, was: str | None) -> Floats:
    """The mask [h, w] of what a name means in a picture nobody described."""
    if was is not None and was in COLORS:
        found = mask.of_color(work.image, COLORS[was])
        if found is not None:
            return found
        work.notes.append(f"nothing {was} found, the main subject was taken")
    if target is None or work.given is not None:
        return work.subject
    if target in DETAILS:
        work.notes.append(f"{target} cannot be told apart in a picture, so nothing was changed there")
        return np.zeros_like(work.subject)
    part = _PARTS.get(target)
    return part(work) if part is not None else work.subject


def _sky(work: Work) -> Floats:
    found = mask.sky(work.image)
    if found is not None:
        return found
    work.notes.append("no open sky found, the upper background was taken")
    _, y = pixels.grid(*work.image.size)
    return (1 - work.subject) * pixels.smoothstep(0.62, 0.42, y)


def _ground(work: Work) -> Floats:
    return view(work).ground


def _water(work: Work) -> Floats:
    found = mask.of_color(work.image, (30, 110, 170))
    sky = mask.sky(work.image)
    if found is None:
        return _ground(work)
    return found * (1 - sky) if sky is not None else found


def _surroundings(work: Work) -> Floats:
    return 1 - work.subject


def _everything(work: Work) -> Floats:
    return np.ones_like(work.subject)


def _upper(work: Work) -> Floats:
    """Hair: what in the upper half of the subject is about as dark as its very top, and no skin."""
    box = mask.bounds(work.subject)
    _, y = pixels.grid(*work.image.size)
    tall = box.bottom - box.top
    values = pixels.blur(work.values, 2 * pixels.unit_px(work.image))
    crown = (work.subject > 0.6) & (y < box.top + 0.09 * tall)
    if not crown.any():
        return work.subject
    luma = pixels.gray(values)
    limit = float(np.percentile(luma[crown], 90)) + 0.06
    near = pixels.smoothstep(limit + 0.05, limit, luma) * (1 - _skin(values))
    near = near * pixels.smoothstep(box.top + 0.60 * tall, box.top + 0.5 * tall, y)
    return pixels.blur(mask.main_part(work.subject * near), 1.2)


def _lower(work: Work) -> Floats:
    """The lower part of the subject, where clothes are, without skin."""
    box = mask.bounds(work.subject)
    _, y = pixels.grid(*work.image.size)
    cut = box.top + 0.42 * (box.bottom - box.top)
    return np.asarray(work.subject * pixels.smoothstep(cut - 0.03, cut + 0.03, y) * (1 - _skin(work.values)))


def _skin(values: Floats) -> Floats:
    """How much a pixel looks like light or tanned skin, 0 to 1."""
    place = mask.hue(values)
    bright = pixels.brightest(values)
    strength = pixels.colorfulness(values) / np.maximum(bright, 0.05)
    near = pixels.smoothstep(0.11, 0.085, place) * pixels.smoothstep(0.12, 0.2, strength)
    return near * pixels.smoothstep(0.75, 0.62, strength) * pixels.smoothstep(0.28, 0.42, bright)


_PARTS: dict[str, Callable[[Work], Floats]] = {
    "sky": _sky,
    "ground": _ground,
    "water": _water,
    "wall": _surroundings,
    "walls": _surroundings,
    "background": _surroundings,
    "everything": _everything,
    "hair": _upper,
    "clothes": _lower,
}


def view(work: Work) -> raster_light.View:
    """The picture as the changes of light see it."""
    return raster_light.View(values=work.values, sky=mask.sky(work.image), subject=work.subject, rng=work.rng)
