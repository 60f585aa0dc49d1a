"""Subjects on their stage: how many, how large, where, with shadow, reflection and the light of the place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from limner.providers.sandbox.paint import figures, pixels
from limner.providers.sandbox.paint.backdrops import Stage
from limner.providers.sandbox.paint.canvas import Canvas
from limner.providers.sandbox.paint.figures import Figure
from limner.providers.sandbox.paint.pixels import mix, rgb
from limner.providers.sandbox.prompt.scene import Role, Scene, Subject

ATTACHED = frozenset({Role.WEAR, Role.HOLD, Role.RIDE})
PERSPECTIVE = 0.55
# Icons of ships come with a strip of their own water; that part lies under ours.
SUNK = {
    "sailboat": 0.19, "ship": 0.14, "passenger-ship": 0.14, "ferry": 0.16, "speedboat": 0.20, "motor-boat": 0.20,
    "canoe": 0.12, "duck": 0.14, "swan": 0.06, "dolphin": 0.12, "whale": 0.10, "shark": 0.30, "penguin": 0.2,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """One figure to place: where its feet are, how large it is, and which copy it is."""

    subject: Subject
    attached: tuple[Subject, ...]
    x: float
    y: float
    size_px: int
    number: int
    floating: bool
    swimming: bool = False


def paint_subjects(canvas: Canvas, scene: Scene, stage: Stage) -> None:
    """All subjects of the scene, far ones first."""
    if not scene.subjects:
        return
    for spot in sorted(_spots(canvas, scene, stage), key=lambda spot: (not spot.floating, spot.y)):
        _place(canvas, scene, stage, spot)


def is_portrait(scene: Scene) -> bool:
    """Whether the main subject is shown as head and shoulders, filling the frame."""
    if not scene.subjects or any(subject.role is Role.RIDE for subject in scene.subjects):
        return False
    close = "portrait" in scene.camera or "closeup" in scene.camera
    return close and figures.has_head(scene.subjects[0].glyph) and scene.subjects[0].count == 1


def _spots(canvas: Canvas, scene: Scene, stage: Stage) -> list[_Spot]:
    """Where every copy of every free-standing subject goes."""
    main, *others = scene.subjects
    attached = tuple(subject for subject in others if subject.role in ATTACHED)
    free = [main, *(subject for subject in others if subject.role not in ATTACHED)]
    vessel = any(subject.role is Role.RIDE for subject in attached)
    copies = [
        (subject, number)
        for subject in free
        for number in range(1 if subject is main and vessel else max(1, subject.count))
    ]
    copies = _centered(copies, main)
    base = _base_size(canvas, scene, stage, len(copies))
    sizes = [base * _relative(subject, main, number) for subject, number in copies]
    total = sum(sizes) * 0.98
    room = canvas.width * (0.96 if len(copies) > 1 else 1.1)
    shrink = min(1.0, room / total) ** (1.0 if canvas.width > canvas.height * 0.6 else PERSPECTIVE)
    return _rowed(canvas, scene, stage, copies, [size * shrink for size in sizes], attached)


def _centered(copies: list[tuple[Subject, int]], main: Subject) -> list[tuple[Subject, int]]:
    """The main subject in the middle, others to its right and left in turn."""
    first = [copy for copy in copies if copy[0] is main]
    rest = [copy for copy in copies if copy[0] is not main]
    return [*rest[1::2], *first, *rest[0::2]]


def _base_size(canvas: Canvas, scene: Scene, stage: Stage, copies: int) -> float:
    part = 0.60 if stage.close else 0.46
    if is_portrait(scene):
        part = 0.86 if figures.fills_portrait(scene.subjects[0].glyph) else 1.55
    elif {"macro", "closeup", "portrait"}.intersection(scene.camera):
        part = 0.72
    elif {"wide", "aerial"}.intersection(scene.camera):
        part = 0.28
    elif scene.kind == "poster":
        part = 0.42
    if copies == 1 and not is_portrait(scene):
        jitter = 1 + 0.10 * float(canvas.rng("size").standard_normal())
        part *= min(1.15, max(0.88, jitter))
        main_scale = figures.scale_of(scene.subjects[0].glyph)
        part *= max(0.85, main_scale**0.4) if not stage.close else 1.0
    return canvas.unit * part * (0.86 if copies > 2 else 1.0)


def _relative(subject: Subject, main: Subject, number: int) -> float:
    against = figures.scale_of(subject.glyph) / figures.scale_of(main.glyph)
    return float(min(1.6, max(0.34, against**0.85))) * (1.0, 0.92, 0.97, 0.88)[number % 4]


def _rowed(
    canvas: Canvas, scene: Scene, stage: Stage, copies: list[tuple[Subject, int]], sizes: list[float],
    attached: tuple[Subject, ...],
) -> list[_Spot]:  # fmt: skip
    """Spots in a row around the middle, a little staggered in depth."""
    total = sum(sizes) * 0.94
    overlap = min(1.0, canvas.width * 0.98 / total) if total else 1.0
    jitter = float(np.clip(canvas.rng("place").standard_normal(), -1.4, 1.4)) * 0.045
    tallest = max(sizes, default=0.0)
    x = canvas.width * (0.5 + (jitter if len(copies) == 1 and not stage.close else 0.0)) - total * overlap / 2
    spots = []
    for place, ((subject, number), size) in enumerate(zip(copies, sizes, strict=True)):
        step = size * 0.94 * overlap
        floating = stage.floating or _flies(scene, subject)
        swimming = not floating and stage.water_part is not None and subject.glyph in figures.SWIMMERS
        spots.append(
            _Spot(
                subject=subject,
                attached=attached if subject is scene.subjects[0] else (),
                x=canvas.width * 0.5 + _head_offset(scene) * size if is_portrait(scene) else x + step / 2,
                y=_foot_y(
                    canvas,
                    scene,
                    stage,
                    subject,
                    size,
                    place,
                    tallest=tallest,
                    floating=floating,
                    swimming=swimming,
                    number=number,
                ),
                size_px=max(6, round(size)),
                number=number,
                floating=floating,
                swimming=swimming,
            )
        )
        x += step
    return spots


def _head_offset(scene: Scene) -> float:
    """How far the middle of a portrait's icon lies from its head, in parts of the icon."""
    glyph = scene.subjects[0].glyph
    return 0.0 if figures.fills_portrait(glyph) else (0.5 - figures.eyes_part(glyph)[0]) * 0.55


def _flies(scene: Scene, subject: Subject) -> bool:
    if subject.glyph in figures.FLYERS:
        return "poster" not in scene.kind or scene.flying
    return scene.flying and subject is scene.subjects[0]


def _foot_y(
    canvas: Canvas,
    scene: Scene,
    stage: Stage,
    subject: Subject,
    size: float,
    place: int,
    *,
    tallest: float,
    floating: bool,
    swimming: bool,
    number: int,
) -> float:
    stagger = (0.0, -0.035, 0.02, -0.02)[place % 4]
    if is_portrait(scene):
        glyph = scene.subjects[0].glyph
        if figures.fills_portrait(glyph):
            return max(canvas.height * 1.0, canvas.height * 0.5 + size * 0.5)
        return canvas.height * 0.46 + (0.97 - figures.eyes_part(glyph)[1]) * size
    if floating:
        middle = 0.41 if not stage.floating else 0.50
        drift = (0.0, -0.13, 0.10, -0.06, 0.16)[(place + number) % 5] if place or number else 0.0
        return canvas.height * (middle + drift) + size * 0.5
    if swimming and stage.water_part is not None:
        return canvas.height * (stage.water_part + stagger)
    if subject.role in (Role.BESIDE, Role.EXTRA) and figures.scale_of(subject.glyph) >= 1.55:
        stagger = -0.07
    foot = canvas.height * (stage.stand_part + stagger)
    return min(foot, canvas.height * (0.5 + stagger) + tallest * 0.58) if stage.name == "studio" else foot


def _place(canvas: Canvas, scene: Scene, stage: Stage, spot: _Spot) -> None:
    """One figure with its shadow or reflection onto the canvas."""
    made = figures.figure(
        scene, spot.subject, spot.attached, spot.size_px,
        number=spot.number, portrait=is_portrait(scene), from_left=canvas.light.from_left,
    )  # fmt: skip
    image = made.image
    foot_x = made.foot_x
    if spot.number % 2 == 1:
        image, foot_x = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), image.width - made.foot_x
    left, top = round(spot.x - foot_x), round(spot.y - made.foot_y)
    if spot.swimming:
        image = image.crop((0, 0, image.width, max(1, round(image.height * (1 - SUNK.get(spot.subject.glyph, 0.06))))))
        top = round(spot.y - image.height)
        _reflect(canvas, stage, image, left, round(spot.y))
    elif not is_portrait(scene):
        _shadow(canvas, stage, made, spot)
    tint = _local_tint(canvas, stage)
    canvas.stamp(image, left, top, tint=tint)
    _mark(canvas, image, left, top)


def _local_tint(canvas: Canvas, stage: Stage) -> pixels.Floats:
    return np.asarray(stage.tint, np.float32)


def _mark(canvas: Canvas, image: Image.Image, left: int, top: int) -> None:
    box = canvas.inside(left, top, image.width, image.height)
    if box is None:
        return
    x0, y0, x1, y1 = box
    alpha = image.getchannel("A").crop((x0 - left, y0 - top, x1 - left, y1 - top))
    region = canvas.mask[y0:y1, x0:x1]
    np.maximum(region, pixels.from_mask(alpha), out=region)


def _shadow(canvas: Canvas, stage: Stage, made: Figure, spot: _Spot) -> None:
    """A soft contact shadow, longer on the side away from the light; a faint one far below what flies."""
    if stage.shadow <= 0:
        return
    ground = canvas.height * stage.stand_part
    gap = max(0.0, ground - spot.y) if spot.floating else 0.0
    if spot.floating and (stage.floating or gap > canvas.unit * 0.6):
        return
    strength = stage.shadow * (0.45 if spot.floating else 1.0)
    wide = _foot_width(made) * (0.5 + 0.12 * (gap > 0))
    drift = wide * 0.30 * (1 if canvas.light.from_left else -1)
    y = ground if spot.floating else spot.y
    _blot(canvas, spot.x + drift, y, wide * 1.25, wide * 0.24, strength * 0.75)
    if not spot.floating:
        _blot(canvas, spot.x + drift * 0.2, y, wide * 0.92, wide * 0.10, strength * 0.85)


def _foot_width(made: Figure) -> float:
    """How broad the figure stands, in pixels."""
    alpha = np.asarray(made.image.getchannel("A"))
    low = alpha[max(0, min(made.foot_y, alpha.shape[0]) - max(3, made.size_px // 6)) : made.foot_y]
    columns = np.flatnonzero((low > 80).any(axis=0)) if low.size else np.array([], int)
    return float(columns[-1] - columns[0]) if columns.size > 1 else made.size_px * 0.5


def _blot(canvas: Canvas, x: float, y: float, half_x: float, half_y: float, strength: float) -> None:
    """An elliptic soft shadow."""
    reach_x, reach_y = half_x * 2.2, max(2.0, half_y * 2.4)
    box = canvas.inside(round(x - reach_x), round(y - reach_y), round(2 * reach_x), round(2 * reach_y))
    if box is None:
        return
    x0, y0, x1, y1 = box
    across = (np.arange(x0, x1, dtype=np.float32)[None, :] + 0.5 - x) / max(1.0, half_x)
    down = (np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5 - y) / max(1.0, half_y)
    amount = np.exp(-((across**2 + down**2) ** 1.1) * 0.9) * strength
    region = canvas.rgb[y0:y1, x0:x1]
    region *= 1 - amount[..., None] * (1 - mix(rgb("000000"), canvas.light.zenith, 0.22))


def _reflect(canvas: Canvas, stage: Stage, image: Image.Image, left: int, waterline: int) -> None:
    """A broken mirror image below the waterline."""
    flipped = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    squat = flipped.resize((flipped.width, max(1, round(flipped.height * 0.62))), Image.Resampling.BOX)
    alpha = np.asarray(squat.getchannel("A"), np.float32) / np.float32(255)
    fade = np.linspace(0.55, 0.05, squat.height, dtype=np.float32)[:, None]
    rng = canvas.rng("mirror")
    wave = np.sin(np.arange(squat.height) * 0.55 + rng.random() * 6) * 0.35 + 0.75
    ghost = squat.copy()
    ghost.putalpha(pixels.to_mask(alpha * fade * wave[:, None].astype(np.float32)))
    canvas.stamp(ghost, left, waterline - round(image.height * 0.02), tint=mix(stage.tint, canvas.light.zenith, 0.35))
