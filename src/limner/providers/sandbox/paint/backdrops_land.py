"""Land and water: mountains, hills, woods, ground of every kind, lakes and the sea."""

from __future__ import annotations

import numpy as np
from PIL import Image

from limner.providers.sandbox.paint import pixels, plants
from limner.providers.sandbox.paint.backdrops_sky import sun_px
from limner.providers.sandbox.paint.canvas import Canvas, fbm, profile
from limner.providers.sandbox.paint.pixels import Floats, mix, rgb
from limner.providers.sandbox.prompt.words import COLORS

GROUNDS = {
    # kind: (far color, near color, grass on top)
    "grass": ("8fb86a", "4f8f3f", True),
    "autumn": ("c9b068", "a8803c", True),
    "snow": ("e4edf6", "f4f8fc", False),
    "sand": ("ead9ae", "e2c58c", False),
    "dune": ("e8b878", "d8924e", False),
    "soil": ("86a064", "47703f", True),
    "paving": ("9aa0a8", "757b84", False),
    "moon": ("a7a8ae", "7f8088", False),
    "mars": ("d08a5c", "a85a34", False),
    "rock": ("8d8a86", "6a6660", False),
}


def paint_ridge(
    canvas: Canvas, layer: int, *, base_part: float, rise_part: float, color: Floats, haze: float, snow: float = 0.0
) -> None:
    """One mountain range: faces lit from the side of the sun, snow on the tops."""
    rng = canvas.rng("ridge", layer)
    cells = 1.6 * max(1.0, canvas.width / canvas.unit) * (1 + 0.25 * layer)
    line = _peaks(canvas.width, rng, cells)
    scale = min(canvas.height * rise_part, canvas.unit * rise_part * 1.7)
    crest = canvas.height * base_part - scale * line
    top = max(0, int(crest.min()) - 1)
    bottom = min(canvas.height, int(canvas.height * base_part) + 2)
    if bottom - top < 2:
        return
    y = canvas.rows(top, bottom)
    inside = np.clip(y - crest[None, :], 0, 1)
    shade, rough = _faces(canvas, rng, crest, top, bottom)
    if canvas.light.is_night:
        haze *= 0.45
    body = color * canvas.light.tint * (0.80 + 0.42 * shade[..., None])
    if snow:
        depth = (y - crest[None, :]) / max(1.0, scale)
        high = np.clip((canvas.height * base_part - crest[None, :]) / max(1.0, scale), 0, 1.4)
        amount = pixels.smoothstep(-0.03, 0.03, snow * high * (0.35 + 0.75 * rough) - depth + 0.12 * (high - 0.75))
        white = mix(rgb("b9cbe6"), rgb("ffffff"), shade[..., None].clip(0, 1)) * _snow_tint(canvas)
        body = mix(body, white, amount[..., None])
    fade = haze + (1 - haze) * 0.55 * pixels.smoothstep(0.35, 1.0, (y - top) / max(1, bottom - top))
    body = mix(body, canvas.light.haze, fade[..., None])
    canvas.blend(top, np.clip(body, 0, 1), inside)


def _snow_tint(canvas: Canvas) -> Floats:
    """Snow keeps more light than rock does."""
    return np.minimum(canvas.light.tint * (1.5 if canvas.light.is_night else 1.05), 1.1)


def _peaks(width: int, rng: np.random.Generator, cells: float) -> Floats:
    """A sharp crest line, about 0.2 to 1.1: pointed mountains with rough flanks."""
    broad = 1 - np.abs(profile(width, rng, cells=cells, octaves=2, roughness=0.6)) * 1.9
    rough = profile(width, rng, cells=cells * 4, octaves=6, roughness=0.52)
    return (0.30 + 0.70 * broad.clip(0, 1) ** 0.85 + 0.13 * rough).astype(np.float32)


def _faces(canvas: Canvas, rng: np.random.Generator, crest: Floats, top: int, bottom: int) -> tuple[Floats, Floats]:
    """Light on the slopes (0 dark to 1 lit) and a roughness plane, both [rows, width]."""
    width, height = max(8, canvas.width // 2), max(4, (bottom - top) // 2)
    rough = fbm(width, height, rng, cells=7 * max(1.0, canvas.width / canvas.unit), octaves=5, squash=0.7)
    soft = np.convolve(np.pad(crest, 8, mode="edge"), np.ones(17) / 17, "valid")
    slope = np.gradient(soft)
    columns = np.linspace(0, canvas.width - 1, width)[None, :]
    depth = np.linspace(0, bottom - top, height)[:, None]
    sign = 1.0 if canvas.light.from_left else -1.0
    lookup = np.clip(columns + (rough - 0.5) * canvas.unit * 0.34 + sign * depth * 0.28, 0, canvas.width - 1).astype(
        int
    )
    facing = np.clip(-slope[lookup] * sign * 1.1, -1, 1)
    across = np.gradient(rough, axis=1) * width * 0.035 * -sign
    shade = np.clip(0.5 + 0.36 * facing + across, 0, 1).astype(np.float32)
    return pixels.resized(shade, canvas.width, bottom - top), pixels.resized(rough, canvas.width, bottom - top)


def paint_hill(canvas: Canvas, layer: int, *, base_part: float, rise_part: float, color: Floats, haze: float) -> None:
    """One soft hill line; everything below it is filled down to a little under the base."""
    rng = canvas.rng("hill", layer)
    cells = 1.3 * max(1.0, canvas.width / canvas.unit)
    crest = canvas.height * (base_part - rise_part * (0.5 + 0.5 * profile(canvas.width, rng, cells=cells, octaves=3)))
    top = max(0, int(crest.min()) - 1)
    bottom = min(canvas.height, int(canvas.height * (base_part + rise_part)) + 2)
    if bottom - top < 2:
        return
    y = canvas.rows(top, bottom)
    depth = np.clip((y - crest[None, :]) / max(1.0, canvas.height * rise_part * 1.6), 0, 1)
    near = color * canvas.light.tint
    body = mix(mix(near * 1.12, canvas.light.sun, 0.10), near * 0.82, depth[..., None])
    body = mix(body, canvas.light.haze, haze)
    canvas.blend(top, np.clip(body, 0, 1), np.clip(y - crest[None, :], 0, 1))


def paint_ground(canvas: Canvas, kind: str, *, top_part: float, wave_part: float = 0.012) -> None:
    """The near ground from `top_part` down: soft patches of light and dark, finer toward the viewer."""
    far, near, _ = GROUNDS[kind]
    rng = canvas.rng("ground")
    crest = canvas.height * (top_part - wave_part * profile(canvas.width, rng, cells=2, octaves=3))
    top = max(0, int(crest.min()) - 1)
    if canvas.height - top < 2:
        return
    y = canvas.rows(top, canvas.height)
    t = np.clip((y - crest[None, :]) / max(1.0, canvas.height - crest.min()), 0, 1)[..., None]
    body = mix(rgb(far), rgb(near), t**0.75) * canvas.light.tint
    body = body * (1 + (0.42 if kind in ("grass", "soil", "autumn") else 0.16) * _patches(canvas, rng, top)[..., None])
    body = mix(body, canvas.light.haze, 0.30 * (1 - t) ** 2)
    if kind in ("sand", "dune", "snow"):
        body = body * _ripples(canvas, rng, top, strength=0.10 if kind == "dune" else 0.05)[..., None]
    canvas.blend(top, np.clip(body, 0, 1), np.clip(y - crest[None, :], 0, 1))


def _patches(canvas: Canvas, rng: np.random.Generator, top: int) -> Floats:
    """Soft light and dark about 0, stretched sideways far off."""
    width, height = max(8, canvas.width // 2), max(8, (canvas.height - top) // 2)
    wide = max(1.0, canvas.width / canvas.unit)
    coarse = fbm(width, height, rng, cells=2.5 * wide, octaves=4, squash=3.2)
    fine = fbm(width, height, rng, cells=22 * wide, octaves=2, squash=1.6)
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    return pixels.resized((coarse - 0.5) * 1.1 + (fine - 0.5) * (0.15 + 0.4 * t), canvas.width, canvas.height - top)


def _ripples(canvas: Canvas, rng: np.random.Generator, top: int, *, strength: float) -> Floats:
    """Wind lines on sand and snow, as a factor around 1."""
    width, height = max(8, canvas.width // 2), max(8, (canvas.height - top) // 2)
    bend = fbm(width, height, rng, cells=2, octaves=3, squash=2)
    t = np.linspace(0.02, 1, height, dtype=np.float32)[:, None]
    lines = np.sin(np.log(t * 9 + 1) * 26 + bend * 20)
    return pixels.resized(1 + strength * lines * (0.3 + 0.7 * t), canvas.width, canvas.height - top)


def paint_grass(canvas: Canvas, color: Floats, *, top_part: float) -> None:
    """Tufts of blades that grow toward the viewer."""
    rng = canvas.rng("blades")
    tufts = [
        plants.blade_tuft(rng, color * canvas.light.tint * tone, size_px=max(20, canvas.sprite_px // 2))
        for tone in (0.82, 1.0, 1.16)
    ]
    count = int(min(260, 70 * canvas.width / canvas.unit))
    for depth in np.sort(rng.random(count)) ** 0.8:
        y = canvas.height * (top_part + (1.03 - top_part) * depth)
        size = canvas.unit * (0.008 + 0.075 * depth**1.5)
        x = rng.random() * canvas.width
        sprite = plants.stand(tufts, size, rng)
        canvas.stamp(sprite, round(x - sprite.width / 2), round(y - sprite.height * 0.9))


def paint_flowers(canvas: Canvas, color: str, *, top_part: float) -> None:
    """A meadow in bloom: dots far off, whole flowers near; `color` is a color name or "mixed"."""
    rng = canvas.rng("flowers")
    names = (color,) if color in COLORS else ("red", "yellow", "pink", "white", "violet")
    kinds = [
        plants.flower(rng, pixels.unit_rgb(COLORS[name]) * tone, size_px=max(18, canvas.sprite_px // 2))
        for name in names
        for tone in ((1.0, 0.86, 1.1) if len(names) == 1 else (1.0,))
    ]
    count = int(min(640, 300 * canvas.width / canvas.unit))
    for depth in np.sort(rng.random(count) ** 1.35):
        y = canvas.height * (top_part + (1.0 - top_part) * depth)
        size = canvas.unit * (0.010 + 0.085 * depth**1.5)
        x = rng.random() * canvas.width
        sprite = plants.stand(kinds, size, rng)
        canvas.stamp(
            sprite,
            round(x - sprite.width / 2),
            round(y - sprite.height * 0.55),
            tint=_flower_tint(canvas),
            haze=0.18 * (1 - depth),
        )


def _flower_tint(canvas: Canvas) -> Floats:
    """Flowers glow a little more than the ground, or dusk would swallow their color."""
    return mix(canvas.light.tint, rgb("ffffff"), 0.35)


def paint_trees(
    canvas: Canvas,
    sprites: list[Image.Image],
    layer: int,
    *,
    foot_part: float,
    height_part: float,
    count: int,
    haze: float,
    gap: tuple[float, float] | None = None,
    spread_part: float = 0.01,
) -> None:
    """A row of trees on one line; `gap` leaves a part of the width free, `height_part` is of the unit."""
    rng = canvas.rng("trees", layer)
    feet = np.sort(rng.random(count)) * spread_part
    placed: list[tuple[Image.Image, int, int]] = []
    for foot in feet:
        x = rng.random()
        sprite = plants.stand(sprites, canvas.unit * height_part * (0.72 + 0.5 * rng.random()), rng)
        if gap is not None and gap[0] < x < gap[1]:
            continue
        left = round(x * canvas.width * 1.06 - 0.03 * canvas.width - sprite.width / 2)
        placed.append((sprite, left, round(canvas.height * (foot_part + foot) - sprite.height)))
    stamp_all(canvas, placed, haze=haze)


def stamp_all(canvas: Canvas, placed: list[tuple[Image.Image, int, int]], *, haze: float) -> None:
    """Many sprites (image, left, top), first to last, through one sheet: far quicker than one by one."""
    if not placed:
        return
    top = max(0, min(y for _, _, y in placed))
    bottom = min(canvas.height, max(y + sprite.height for sprite, _, y in placed))
    if bottom <= top:
        return
    sheet = Image.new("RGBA", (canvas.width, bottom - top))
    for sprite, left, y in placed:
        box = canvas.inside(left, y, sprite.width, min(sprite.height, bottom - y))
        if box is not None:
            cut = sprite.crop((box[0] - left, box[1] - y, box[2] - left, box[3] - y))
            sheet.alpha_composite(cut, (box[0], box[1] - top))
    canvas.stamp(sheet, 0, top, tint=canvas.light.tint, haze=haze)


def paint_water(canvas: Canvas, *, top: int, bottom: int, deep: Floats, calm: float = 1.0) -> None:
    """Water between two rows: it mirrors what is above, ripples grow toward the viewer, the sun glitters."""
    top, bottom = max(1, top), min(canvas.height, bottom)
    rows = bottom - top
    if rows < 3:
        return
    rng = canvas.rng("water")
    wide = max(1.0, canvas.width / canvas.unit)
    t = ((np.arange(rows, dtype=np.float32) + 0.5) / rows)[:, None]
    width, height = max(8, canvas.width // 2), max(3, rows // 2)
    waves = pixels.resized(fbm(width, height, rng, cells=5 * wide, octaves=4, squash=7), canvas.width, rows)
    shift = ((waves - 0.5) * canvas.unit * (0.014 + 0.05 * t) * (2 - calm)).astype(np.int32)
    source = np.clip(top - 1 - (np.arange(rows)[:, None] * 0.95).astype(np.int32) - shift // 2, 0, top - 1)
    across = np.clip(np.arange(canvas.width)[None, :] + shift, 0, canvas.width - 1)
    mirrored = canvas.rgb[source, across]
    color = mix(deep, canvas.light.middle, 0.42) * (0.35 + 0.65 * canvas.light.tint) * (0.55 + 0.5 * canvas.light.haze)
    keep = (0.92 - 0.40 * t)[..., None] * calm
    water = color + (mirrored * 0.94 - color) * keep
    water = water * (1 + ((waves - 0.5) * (0.16 + 0.55 * t))[..., None])
    canvas.rgb[top:bottom] = np.clip(water, 0, 1)
    _glitter(canvas, rng, top, rows, t)


def _glitter(canvas: Canvas, rng: np.random.Generator, top: int, rows: int, t: Floats) -> None:
    if not (canvas.light.is_sunny or canvas.light.is_night):
        return
    x, _ = sun_px(canvas)
    width, height = max(8, canvas.width // 2), max(3, rows // 2)
    wide = max(1.0, canvas.width / canvas.unit)
    sparkle = pixels.resized(fbm(width, height, rng, cells=26 * wide, octaves=3, squash=7), canvas.width, rows)
    reach = (0.03 + 0.15 * t) * canvas.unit
    column = np.exp(-(((canvas.columns() - x) / reach) ** 2))
    strength = column * pixels.smoothstep(0.46, 0.60, sparkle + 0.10 * column - 0.04 * t) * (0.95 - 0.45 * t)
    canvas.screen(top, strength[..., None] * canvas.light.sun)


def paint_surf(canvas: Canvas, *, line_part: float) -> None:
    """Sand wetted by the sea, and the white edge of the last wave, along a wavy line."""
    rng = canvas.rng("surf")
    shore = canvas.height * (line_part + 0.018 * profile(canvas.width, rng, cells=2.2, octaves=3))
    edge = canvas.height * 0.014
    top, bottom = max(0, int(shore.min() - 6 * edge)), min(canvas.height, int(shore.max() + 6 * edge))
    if bottom - top < 2:
        return
    y = canvas.rows(top, bottom)
    far = (y - shore[None, :]) / max(1.0, edge)
    lace = fbm(canvas.width, bottom - top, rng, cells=18, octaves=3, squash=3)
    wet = pixels.smoothstep(4.2, 0.3, far) * (far > 0)
    canvas.rgb[top:bottom] *= 1 - 0.26 * wet[..., None]
    foam = np.exp(-((far / 0.75) ** 2)) + 0.6 * np.exp(-(((far + 2.6 + lace * 1.5) / 0.6) ** 2)) * (lace > 0.42)
    canvas.blend(top, canvas.lit(rgb("ffffff")), np.clip(foam, 0, 0.95))


def paint_path(canvas: Canvas, *, top_part: float, color: Floats) -> None:
    """A winding way from the lower edge to the horizon."""
    top = int(canvas.height * top_part)
    if canvas.height - top < 3:
        return
    rng = canvas.rng("path")
    y = canvas.rows(top, canvas.height)
    t = (y - top) / (canvas.height - top)
    bend, end = 0.10 + 0.1 * rng.random(), 0.35 + 0.3 * rng.random()
    center = canvas.width * (end + (0.5 - end) * t + bend * np.sin(t * 4.4) * (1 - t) * np.sqrt(t))
    half = canvas.unit * (0.004 + 0.20 * t**1.7)
    inside = np.clip(half - np.abs(canvas.columns() - center), 0, 1)
    canvas.blend(top, canvas.lit(color) * (0.9 + 0.15 * t[..., None]), inside * 0.92)


def paint_mist(canvas: Canvas, layer: int, *, center_part: float, reach_part: float) -> None:
    """A bank of mist around one height, thin and thick in places."""
    rng = canvas.rng("mist", layer)
    top = max(0, int(canvas.height * (center_part - 2.2 * reach_part)))
    bottom = min(canvas.height, int(canvas.height * (center_part + 2.2 * reach_part)))
    if bottom - top < 2:
        return
    noise = fbm(max(8, canvas.width // 4), max(4, (bottom - top) // 4), rng, cells=2.5, octaves=4, squash=3)
    thick = pixels.resized(pixels.smoothstep(0.25, 0.75, noise), canvas.width, bottom - top)
    y = canvas.rows(top, bottom) / canvas.height
    veil = np.exp(-(((y - center_part) / reach_part) ** 2))
    canvas.blend(top, canvas.light.haze, np.clip(veil * (0.35 + 0.75 * thick), 0, 0.95))


def paint_sunbeams(canvas: Canvas) -> None:
    """Slanting shafts of light from the sun's side of the sky."""
    rng = canvas.rng("beams")
    x, _ = sun_px(canvas)
    y = canvas.rows(0, canvas.height)
    angle = (canvas.columns() - x) / (y + canvas.unit * 0.35)
    waves = np.sin(angle * 11 + rng.random() * 6) * np.sin(angle * 23 + rng.random() * 6)
    fade = np.clip(1 - y / (canvas.height * 0.92), 0, 1)
    beams = pixels.smoothstep(0.1, 0.9, waves) * fade * np.exp(-np.abs(angle) * 0.9)
    canvas.screen(0, (beams * 0.26)[..., None] * canvas.light.sun)


def paint_waterfall(canvas: Canvas, *, top_part: float, bottom_part: float) -> None:
    """A white fall between two heights, with mist at its foot."""
    rng = canvas.rng("fall")
    top, bottom = int(canvas.height * top_part), int(canvas.height * bottom_part)
    if bottom - top < 3:
        return
    center = canvas.width * (0.58 if canvas.light.from_left else 0.42)
    half = canvas.unit * 0.085
    y = canvas.rows(top, bottom)
    t = (y - top) / (bottom - top)
    strands = fbm(canvas.width, bottom - top, rng, cells=60, octaves=3, squash=0.06)
    near = np.abs(canvas.columns() - center) / (half * (0.75 + 0.5 * t))
    amount = pixels.smoothstep(1.0, 0.78, near + (strands - 0.5) * 0.5)
    color = mix(rgb("9ec4dc"), rgb("ffffff"), strands[..., None].clip(0, 1) * 1.3) * canvas.light.tint
    canvas.blend(top, np.clip(color, 0, 1), amount * 0.94)
    spread = np.hypot(
        (canvas.columns() - center) / (half * 2.2), (canvas.rows(0, canvas.height) - bottom) / (half * 0.9)
    )
    canvas.blend(0, canvas.light.haze, np.exp(-(spread**2)) * 0.75)
