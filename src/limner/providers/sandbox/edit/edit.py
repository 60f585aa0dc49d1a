"""One edit from pictures and an instruction to a picture and a report of what was done."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from limner.providers.sandbox.edit import raster as edit_raster
from limner.providers.sandbox.edit import raster_fill, raster_tone
from limner.providers.sandbox.edit import scene as edit_scene
from limner.providers.sandbox.edit.ops import Combine, Crop, Extend, Mockup, Op, Text, Tint, Unknown
from limner.providers.sandbox.edit.phrases import phrase
from limner.providers.sandbox.edit.plan import plan
from limner.providers.sandbox.edit.raster_work import Work, cut, widen
from limner.providers.sandbox.paint import draw, pixels
from limner.providers.sandbox.paint.lettering import missing
from limner.providers.sandbox.prompt.scene import Scene

_WORK_SIDE_PX = 2048
_SAME_SHAPE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class EditResult:
    """The edited picture, of the size asked for: RGB, or RGBA where its background was taken away.

    `scene` is what it shows if the edit could be made exactly, else None: later edits then work on pixels.
    """

    image: Image.Image
    scene: Scene | None
    report: str


def edit(
    images: Sequence[Image.Image],
    scene: Scene | None,
    instruction: str,
    *,
    width: int,
    height: int,
    seed: int,
    mask: Image.Image | None = None,
) -> EditResult:
    """The first picture changed as the instruction says, exactly `width` x `height`; never unchanged in silence.

    `scene` is the one the first picture was drawn from, if it is known; then what a scene can hold is edited
    exactly and drawn again. Further pictures are composited in where the instruction says so, else set in as
    framed prints. `mask` (white = change, any size) limits the edit to its white part.
    """
    if not images:
        raise ValueError("an edit needs at least one picture")
    ops = plan(instruction, scene)
    if scene is not None and mask is None and len(images) == 1:
        return _edited_scene(images[0], scene, ops, (width, height), seed)
    return _edited_pixels(images, ops, (width, height), seed, mask)


def describe(ops: tuple[Op, ...]) -> str:
    """What was understood, as sentences: "Recoloured: car to yellow. Not understood: ..."."""
    done = [phrase(op) for op in ops if not isinstance(op, Unknown)]
    lost = [op.words for op in ops if isinstance(op, Unknown)]
    sentences = [f"{text}." for text in done if text]
    if lost:
        sentences.append(f"Not understood: {'; '.join(lost)}.")
    return " ".join(sentences)


def _report(ops: tuple[Op, ...], notes: Sequence[str]) -> str:
    written = [text for op in ops if isinstance(op, Text) for text in op.texts]
    absent = missing(tuple(written))
    said = [describe(ops)]
    if notes:
        said.append(f"Note: {'; '.join(dict.fromkeys(notes))}.")
    if absent:
        said.append(f"No font has: {absent}.")
    return " ".join(said)


def _edited_scene(
    image: Image.Image, scene: Scene, ops: tuple[Op, ...], size: tuple[int, int], seed: int
) -> EditResult:
    """What the scene can hold is drawn anew; the rest is done on those pixels, and the scene is then let go."""
    exact = tuple(op for op in ops if edit_scene.can_hold(scene, op))
    rest = tuple(op for op in ops if op not in exact)
    notes = [note for note in (edit_scene.unmet(scene, op) for op in exact) if note]
    changed, _, _ = edit_scene.apply(scene, exact, *size)
    drawn_size = _capped(size)
    drawn = draw.draw(changed, *drawn_size)
    work = edit_raster.carry_out(drawn, rest, seed=seed)
    _set_shape(work, drawn_size, rest)
    result = _sized(work.image, size)
    same_shape = abs(image.width / image.height - size[0] / size[1]) < _SAME_SHAPE * size[0] / size[1]
    before = _sized(image.convert("RGB"), size) if same_shape else None
    unchanged = changed == scene and not _differs(before, result) if before is not None else False
    if unchanged or (changed == scene and not rest and not any(isinstance(op, Extend) for op in exact)):
        notes.append("nothing was left to change, so the picture was tinted")
        result = _tinted(result)
        return EditResult(image=result, scene=None, report=_report(ops, [*notes, *work.notes]))
    kept = changed if not rest or all(isinstance(op, Unknown) for op in rest) else None
    return EditResult(image=result, scene=kept, report=_report(ops, [*notes, *work.notes]))


def _edited_pixels(
    images: Sequence[Image.Image],
    ops: tuple[Op, ...],
    size: tuple[int, int],
    seed: int,
    mask: Image.Image | None,
) -> EditResult:
    base = _scaled(_unmarked(images[0]), size, ops)
    given = mask.convert("L").resize(base.size, Image.Resampling.BILINEAR) if mask is not None else None
    others = tuple(images[1:])
    if others and all(isinstance(op, Unknown | Tint) for op in ops):
        ops = (*(op for op in ops if isinstance(op, Unknown)), Combine())
    fitted = tuple(_fitting(op, base.size, size) for op in ops)
    work = edit_raster.carry_out(base, fitted, seed=seed, given=given, insets=others)
    _set_shape(work, _capped(size), ops)
    result = _sized(work.image, size)
    if not _differs(_comparable(images[0], size), result):
        work.notes.append("nothing was left to change, so the picture was tinted")
        result = _tinted(result)
    return EditResult(image=result, scene=None, report=_report(ops, work.notes))


def _scaled(image: Image.Image, size: tuple[int, int], ops: tuple[Op, ...]) -> Image.Image:
    """The picture at the scale of the output: filling it where the edit crops, inside it otherwise."""
    wide, high = _capped(size)
    factors = (wide / image.width, high / image.height)
    factor = max(factors) if any(isinstance(op, Crop) for op in ops) else min(factors)
    width, height = _capped((round(image.width * factor), round(image.height * factor)))
    if (width, height) == image.size:
        return image
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _fitting(op: Op, base: tuple[int, int], size: tuple[int, int]) -> Op:
    """A shape named in words gives way to the output's shape: what is asked for in numbers is met at the end."""
    if isinstance(op, Extend) and op.ratio is not None:
        same = abs(base[0] / base[1] - size[0] / size[1]) < _SAME_SHAPE * size[0] / size[1]
        return Extend() if same else Extend(ratio=base[0] / base[1])
    if isinstance(op, Mockup):
        return Mockup(ground=op.ground, ratio=size[0] / size[1])
    if isinstance(op, Crop) and op.ratio is not None:
        return Crop(ratio=size[0] / size[1])
    return op


def _unmarked(image: Image.Image) -> Image.Image:
    """The picture without the mark of an earlier sandbox picture, which is put on again at the end."""
    if image.width * image.height > _WORK_SIDE_PX**2 * 2 or min(image.size) < 64:
        return image
    letters, plate, all_of_it = _mark_parts(*image.size)
    if not letters.any() or not plate.any():
        return image
    luma = np.asarray(image.convert("L"), np.int16)
    if luma[letters].mean() < 200 or luma[plate].mean() > 120 or luma[letters].std() > 40:
        return image
    hole = all_of_it.astype(np.float32)
    cleaned = pixels.to_image(raster_fill.without(pixels.to_floats(image), hole))
    if "A" in image.getbands():
        cleaned.putalpha(image.getchannel("A"))
    return cleaned


def _capped(size: tuple[int, int]) -> tuple[int, int]:
    factor = min(1.0, _WORK_SIDE_PX / max(size))
    return max(16, round(size[0] * factor)), max(16, round(size[1] * factor))


@functools.lru_cache(maxsize=4)
def _mark_parts(width: int, height: int) -> tuple[pixels.Floats, pixels.Floats, pixels.Floats]:
    """Where the mark of a picture of this size has its letters, its plate and anything at all: True planes."""
    on_black = np.asarray(draw.mark(Image.new("RGB", (width, height))).convert("L"), np.int16)
    on_white = np.asarray(draw.mark(Image.new("RGB", (width, height), (255, 255, 255))).convert("L"), np.int16)
    return on_black > 200, on_white < 110, (on_black > 8) | (on_white < 247)


def _set_shape(work: Work, size: tuple[int, int], ops: tuple[Op, ...]) -> None:
    """Bring the picture to the shape asked for: by a cut if the instruction cropped, else by more picture."""
    width, height = work.image.size
    wanted = size[0] / size[1]
    if abs(width / height - wanted) < _SAME_SHAPE * wanted:
        return
    larger = (round(height * wanted), height) if wanted > width / height else (width, round(width / wanted))
    smaller = (width, round(width / wanted)) if wanted > width / height else (round(height * wanted), height)
    if any(isinstance(op, Crop) for op in ops) or max(larger) > 4 * max(width, height):
        cut(work, max(1, smaller[0]), max(1, smaller[1]))
    else:
        widen(work, *larger)
    if work.alpha is not None:
        work.image = work.image.convert("RGB")
        work.image.putalpha(pixels.to_mask(work.alpha))


def _sized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def _comparable(image: Image.Image, size: tuple[int, int]) -> Image.Image | None:
    """The input at the output's size, or None where its shape differs, so that it cannot be the same."""
    wanted = size[0] / size[1]
    if abs(image.width / image.height - wanted) >= _SAME_SHAPE * wanted:
        return None
    return _sized(image, size)


def _differs(before: Image.Image | None, after: Image.Image) -> bool:
    """Whether an eye could see that something changed: one pixel in 5,000 by 3 steps or more."""
    if before is None or before.getbands() != after.getbands():
        return True
    gap = np.abs(np.asarray(before, np.int16) - np.asarray(after, np.int16))
    return bool((gap.max(axis=-1) >= 3).mean() > 2e-4)


def _tinted(image: Image.Image) -> Image.Image:
    tinted = pixels.to_image(raster_tone.tinted(pixels.to_floats(image)))
    if "A" in image.getbands():
        tinted.putalpha(image.getchannel("A"))
    return tinted
