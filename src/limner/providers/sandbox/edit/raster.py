"""Edits carried out on the pixels of any picture, photographs too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from limner.providers.sandbox.edit import mask, mockup, raster_fill, raster_light, raster_place, raster_tone
from limner.providers.sandbox.edit.ops import (
    Add,
    Background,
    Blur,
    Combine,
    Crop,
    Extend,
    Flip,
    Frame,
    Invert,
    Level,
    Mockup,
    Move,
    Op,
    Recolor,
    Remove,
    Replace,
    Rotate,
    Scale,
    Season,
    Sharpen,
    Style,
    Text,
    Time,
    Tint,
    Unknown,
    Weather,
)
from limner.providers.sandbox.edit.raster_regions import view, where
from limner.providers.sandbox.edit.raster_work import Work, cut, flat, widen
from limner.providers.sandbox.paint import draw, lettering, pixels
from limner.providers.sandbox.paint.pixels import Floats
from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.prompt.scene import Scene
from limner.providers.sandbox.prompt.words import COLORS
from limner.providers.sandbox.styles import styles

_ZOOM_OUT = 1.5
_FOCUS_STYLES = frozenset({"neon", "renaissance"})


def apply(
    image: Image.Image,
    ops: tuple[Op, ...],
    *,
    seed: int,
    mask: Image.Image | None = None,
    insets: tuple[Image.Image, ...] = (),
) -> Image.Image:
    """The edited picture, RGB, or RGBA where the background was taken away or the input had alpha.

    `mask` (white = change) replaces the guessed subject and holds colour and light edits inside it. `insets`
    are further input pictures: composited by `Combine`, else set in as framed prints. Same size as the input,
    but for `Extend`, `Crop` with a ratio, and `Rotate`.
    """
    return carry_out(image, ops, seed=seed, given=mask, insets=insets).image


def carry_out(
    image: Image.Image,
    ops: tuple[Op, ...],
    *,
    seed: int,
    given: Image.Image | None = None,
    insets: tuple[Image.Image, ...] = (),
) -> Work:
    """`apply`, with the notes for the report kept."""
    alpha = mask.own_alpha(image)
    work = Work(image=flat(image), seed=seed, given=given, alpha=alpha, others=insets)
    for op in ops:
        _ACTIONS[type(op)](work, op)
    if insets and not any(isinstance(op, Combine) for op in ops):
        work.image = raster_place.framed_insets(work.image, insets)
    if work.alpha is not None:
        work.image = work.image.convert("RGB")
        work.image.putalpha(pixels.to_mask(work.alpha))
    return work


def _recolor(work: Work, op: Recolor) -> None:
    part = where(work, op.target, op.was)
    keep_neutral = op.target not in ("sky", "ground", "water", "everything", "wall", "walls", "hair")
    if op.target is not None and part is work.subject and work.given is None:
        part = mask.main_part(part)
    work.put(raster_tone.recolored(work.values, part, COLORS[op.color], keep_neutral=keep_neutral))


def _add(work: Work, op: Add) -> None:
    if work.given is not None:
        work.image = pixels.to_image(raster_place.stand_in(work.values, op.subject, work.subject, inside=True))
        return
    work.put(raster_place.add(work.values, op.subject, op.spot, work.subject, work.rng))


def _remove(work: Work, op: Remove) -> None:
    here = where(work, None, op.was)
    if op.target != "subject" and work.given is None:
        here = mask.main_part(here)
    work.alpha = None
    work.replace(_emptied_place(work, here))
    if work.given is None and op.was is None:
        work.notes.append(f"what stood out most was taken for the {op.target}")


def _emptied_place(work: Work, here: Floats) -> Floats:
    """The picture without the part under `here` and its shadow; other subjects stay and are not copied from."""
    values = work.values
    if work.given is not None:
        return raster_fill.without(values, here)
    others = work.subject * (1 - np.clip(pixels.blur(here, 6 * pixels.unit_px(work.image)) * 4, 0, 1))
    hole = raster_fill.with_footprint(values, here) * (1 - others)
    return raster_fill.without(values, hole, others)


def _replace(work: Work, op: Replace) -> None:
    here = mask.main_part(work.subject)
    plate = _emptied_place(work, here)
    work.replace(raster_place.stand_in(plate, op.subject, here))


def _background(work: Work, op: Background) -> None:
    subject = work.subject if work.given is None else 1 - work.subject
    if op.place is None and op.color is None:
        work.image = raster_place.cut_out(work.image, subject).convert("RGB")
        work.alpha = subject
        return
    if op.color is not None:
        backdrop = raster_tone.studio(work.image.size, pixels.unit_rgb(COLORS[op.color]))
    else:
        scene = parse(op.words or f"a {op.place}", seed=work.seed)
        bare = draw.draw(_emptied(scene, op.place), *work.image.size)
        backdrop = pixels.to_floats(bare)
    work.image = pixels.to_image(raster_place.before(work.values, subject, backdrop))
    work.alpha = None


def _emptied(scene: Scene, place: str | None) -> Scene:
    """The scene of a backdrop without anything standing in it."""
    places = scene.places or ((place,) if place else ())
    return replace(scene, subjects=(), texts=(), kind="scene", styles=(), places=places, undrawn=())


def _blur(work: Work, op: Blur) -> None:
    values = work.values
    unit = pixels.unit_px(work.image)
    if op.part == "all":
        work.put(pixels.blur(values, 7 * unit))
        return
    subject = work.subject if work.given is None else 1 - work.subject
    plate = pixels.mix(values, raster_fill.membrane(values, 1 - np.clip(subject * 1.5, 0, 1)), subject)
    soft = pixels.blur(np.clip(plate, 0, 1), 13 * unit)
    work.image = pixels.to_image(pixels.mix(soft, values, subject))


def _sharpen(work: Work, op: Sharpen) -> None:
    unit = pixels.unit_px(work.image)
    crisp = work.image.filter(ImageFilter.UnsharpMask(max(1.0, 2.2 * unit), 130, 2))
    values = pixels.to_floats(ImageOps.autocontrast(crisp, cutoff=0.4, preserve_tone=True))
    work.put(pixels.saturate(values, 1.07))


def _time(work: Work, op: Time) -> None:
    work.put(raster_light.TIMES.get(op.time, raster_light.day)(view(work)))


def _weather(work: Work, op: Weather) -> None:
    work.put(raster_light.WEATHERS.get(op.weather, raster_light.overcast)(view(work)))


def _season(work: Work, op: Season) -> None:
    work.put(raster_light.SEASONS.get(op.season, raster_light.summer)(view(work)))


def _style(work: Work, op: Style) -> None:
    focus = pixels.to_mask(work.subject) if op.style in _FOCUS_STYLES else None
    styled = styles.apply(work.image, (op.style,), seed=work.seed, colors=op.colors, subject_mask=focus)
    work.put(pixels.to_floats(styled))


def _text(work: Work, op: Text) -> None:
    if not op.texts:
        work.notes.append("lettering in a picture without a scene cannot be told from the rest")
        return
    face = op.face or ("bold" if "".join(op.texts).isupper() else "sans")
    manner = lettering.Manner(
        face=face,
        place=op.place,
        side=op.side or "center",
        color=COLORS.get(op.color) if op.color else None,
        sign=op.sign,
        height=0.22,
    )
    work.image = lettering.write(work.image, op.texts, manner)
    if work.alpha is not None:
        work.alpha = None


def _extend(work: Work, op: Extend) -> None:
    width, height = work.image.size
    if op.ratio is None:
        inner = (max(8, round(width / _ZOOM_OUT)), max(8, round(height / _ZOOM_OUT)))
        work.reshape(lambda image: image.resize(inner, Image.Resampling.LANCZOS))
        widen(work, width, height)
    elif op.ratio * height > width:
        widen(work, round(height * op.ratio), height)
    else:
        widen(work, width, round(width / op.ratio))


def _crop(work: Work, op: Crop) -> None:
    width, height = work.image.size
    if op.ratio is not None:
        wide = (round(height * op.ratio), height) if op.ratio * height < width else (width, round(width / op.ratio))
        cut(work, *wide)
        return
    cut(work, max(1, round(width * op.keep)), max(1, round(height * op.keep)))
    work.reshape(lambda image: image.resize((width, height), Image.Resampling.LANCZOS))


def _flip(work: Work, op: Flip) -> None:
    work.reshape(ImageOps.mirror if op.axis == "horizontal" else ImageOps.flip)


def _rotate(work: Work, op: Rotate) -> None:
    turns = {90.0: Image.Transpose.ROTATE_270, 180.0: Image.Transpose.ROTATE_180, 270.0: Image.Transpose.ROTATE_90}
    exact = turns.get(op.degrees % 360)
    if exact is not None:
        work.reshape(lambda image: image.transpose(exact))
    else:
        work.reshape(lambda image: _tilted(image, op.degrees))


def _tilted(image: Image.Image, degrees: float) -> Image.Image:
    """The picture turned clockwise and enlarged until no corner is empty; same size."""
    width, height = image.size
    angle = np.deg2rad(abs(degrees) % 180)
    angle = min(angle, np.pi - angle)
    longer, shorter = max(width, height), min(width, height)
    scale = float(np.cos(angle) + longer / shorter * np.sin(angle))
    large = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
    turned = large.rotate(-degrees, Image.Resampling.BICUBIC)
    left, top = (large.width - width) // 2, (large.height - height) // 2
    return turned.crop((left, top, left + width, top + height))


def _level(work: Work, op: Level) -> None:
    changed = raster_tone.leveled(work.values, op.quality, op.factor)
    if op.part == "background":
        changed = pixels.mix(changed, work.values, work.subject)
    work.put(changed)


def _invert(work: Work, op: Invert) -> None:
    work.put(1 - work.values)


def _scale(work: Work, op: Scale) -> None:
    work.replace(raster_place.moved(work.values, mask.main_part(work.subject), factor=op.factor))


def _move(work: Work, op: Move) -> None:
    work.replace(raster_place.moved(work.values, mask.main_part(work.subject), spot=op.spot))


def _frame(work: Work, op: Frame) -> None:
    width, height = work.image.size
    edge = max(1, round(min(width, height) * 0.045))
    inner = work.image.resize((max(1, width - 2 * edge), max(1, height - 2 * edge)), Image.Resampling.LANCZOS)
    page = Image.new("RGB", (width, height), COLORS[op.color])
    page.paste(inner, (edge, edge))
    work.alpha = None
    work.replace(pixels.to_floats(page))


def _combine(work: Work, op: Combine) -> None:
    if not work.others:
        work.notes.append("there is no second picture to combine with")
        return
    for index, other in enumerate(work.others[:4]):
        work.image = pixels.to_image(raster_place.combined(work.values, work.subject, other, index, len(work.others)))


def _mockup(work: Work, op: Mockup) -> None:
    width, height = work.image.size
    ratio = op.ratio or width / height
    size = (round(height * ratio), height) if ratio * height > width else (width, round(width / ratio))
    work.alpha = None
    work.replace(pixels.to_floats(mockup.on_card(work.image, size, op.ground, work.rng)))


def _tint(work: Work, op: Tint) -> None:
    work.put(raster_tone.tinted(work.values))


def _unknown(work: Work, op: Unknown) -> None:
    return


_Action: TypeAlias = Callable[[Work, Any], None]
_ACTIONS: dict[type[Any], _Action] = {
    Add: _add,
    Background: _background,
    Blur: _blur,
    Combine: _combine,
    Crop: _crop,
    Extend: _extend,
    Flip: _flip,
    Frame: _frame,
    Invert: _invert,
    Level: _level,
    Mockup: _mockup,
    Move: _move,
    Recolor: _recolor,
    Remove: _remove,
    Replace: _replace,
    Rotate: _rotate,
    Scale: _scale,
    Season: _season,
    Sharpen: _sharpen,
    Style: _style,
    Text: _text,
    Time: _time,
    Tint: _tint,
    Unknown: _unknown,
    Weather: _weather,
}
