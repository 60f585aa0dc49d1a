"""Another hour, season or weather laid over a finished picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from limner.providers.sandbox.edit import mask
from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A picture and what is known of it: `sky` is 1 in the open sky, None where none is seen."""

    values: Floats
    sky: Floats | None
    subject: Floats
    rng: np.random.Generator

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.values.shape[1], self.values.shape[0]

    @property
    def unit_px(self) -> float:
        """1.0 at 1024 x 1024."""
        return float((self.values.shape[0] * self.values.shape[1]) ** 0.5) / 1024

    @property
    def land(self) -> Floats:
        """1 on all that is not sky."""
        return 1 - self.sky if self.sky is not None else np.ones(self.values.shape[:2], np.float32)

    @property
    def ground(self) -> Floats:
        """1 on the floor: land outside the subject, growing from the middle of the picture to its foot."""
        _, y = pixels.grid(*self.size)
        top = float(_horizon(self)) if self.sky is not None else 0.52
        return np.asarray(self.land * (1 - self.subject) * pixels.smoothstep(top - 0.02, min(0.98, top + 0.16), y))


Change: TypeAlias = Callable[[View], Floats]


def _horizon(view: View) -> float:
    """Where the sky ends, as a fraction of the height."""
    if view.sky is None:
        return 0.45
    return float(np.percentile((view.sky > 0.5).sum(axis=0), 60)) / view.size[1]


def _sky_gradient(view: View, colors: tuple[str, ...]) -> Floats:
    """Colours from the top edge down to the end of the sky [h, w, 3]."""
    _, y = pixels.grid(*view.size)
    depth = np.clip(y / max(0.08, _horizon(view)), 0, 1)
    rows = pixels.gradient_map(depth, [pixels.rgb(color) for color in colors])
    return np.broadcast_to(rows, view.values.shape)


def _recolored_sky(view: View, values: Floats, colors: tuple[str, ...], *, clouds: float) -> Floats:
    """The sky painted in other colours, the structure of its clouds kept."""
    if view.sky is None:
        return values
    luma = pixels.gray(view.values)
    broad = pixels.blur(luma, 46 * view.unit_px)
    detail = np.clip(luma - broad, -0.3, 0.3) * clouds
    paint = _sky_gradient(view, colors) * (1 + detail[..., None] * 1.4) + detail[..., None] * 0.25
    return pixels.mix(values, paint, view.sky)


def _sun(view: View, *, color: str, height: float, strength: float) -> Floats:
    """The light [h, w, 3] of a sun low over the horizon, on the emptier side."""
    x, y = pixels.grid(*view.size)
    weight = view.subject.mean(axis=0)
    at_x = 0.74 if weight[: len(weight) // 2].sum() > weight[len(weight) // 2 :].sum() else 0.26
    at_y = _horizon(view) * height
    aspect = view.size[0] / view.size[1]
    far = np.hypot((x - at_x) * aspect, y - at_y)
    glow = np.exp(-far * 4.5) * 0.55 + np.exp(-((far / 0.10) ** 2)) * 0.5
    disc = pixels.smoothstep(0.040, 0.032, far)
    cover = view.sky if view.sky is not None else np.zeros_like(view.subject)
    behind = np.clip(cover + 0.35 * (1 - view.subject), 0, 1)
    return np.asarray((glow * behind + disc * cover)[..., None] * pixels.rgb(color) * strength)


def _split_toned(values: Floats, shadows: str, lights: str, amount: float) -> Floats:
    """Shadows towards one colour and lights towards another."""
    luma = np.clip(pixels.gray(values), 0, 1)
    tone = pixels.gradient_map(luma, [pixels.rgb(shadows), pixels.rgb(lights)])
    toned = tone * np.float32(2.1 * amount)
    toned += np.float32(1 - amount)
    toned *= values
    tone *= (luma * np.float32(amount * 0.12))[..., None]
    toned += tone
    return np.asarray(toned)


def night(view: View) -> Floats:
    """Moonlight: dark and blue, a starry sky with a moon, windows and lamps alight."""
    values = view.values
    luma = pixels.gray(values)
    dark = pixels.saturate(values, 0.62) * pixels.rgb("5066a8") * (0.80 + 0.2 * luma[..., None])
    lamps = _lamps(view, luma)
    dark = pixels.mix(dark, dark * 1.7 + 0.015, view.subject * 0.8)
    if view.sky is not None:
        dark = _recolored_sky(view, dark, ("050a1e", "0d1840", "24356e"), clouds=0.55)
        dark = pixels.screen(dark, _stars(view)[..., None] * view.sky[..., None])
        dark = _with_moon(view, dark)
    lit = np.clip(pixels.blur(lamps, 2 * view.unit_px) + pixels.blur(lamps, 14 * view.unit_px) * 1.3, 0, 1)
    dark = pixels.screen(dark, lit[..., None] * pixels.rgb("ffc56a"))
    return pixels.vignette(dark, 0.30)


def _lamps(view: View, luma: Floats) -> Floats:
    """What would be alight at night: small bright spots, and panes much darker than the wall around them."""
    around = pixels.blur(luma, 14 * view.unit_px)
    inland = pixels.smoothstep(0.96, 1.0, pixels.blur(view.land, 12 * view.unit_px))
    spots = pixels.smoothstep(0.22, 0.40, luma - around) * inland * (luma > 0.6)
    panes = pixels.smoothstep(0.10, 0.20, around - luma) * (1 - view.ground) * inland
    flat = pixels.smoothstep(0.020, 0.008, pixels.edge_strength(pixels.blur(luma, 1.5)))
    chosen = pixels.cloud_noise(*view.size, view.rng, cells=46, octaves=1) > 0.5
    broad = float((panes > 0.5).mean())
    panes = panes * flat * chosen * (1 - view.subject) if 0.015 < broad < 0.25 else np.zeros_like(panes)
    return np.asarray(np.clip(spots * 0.8 * (1 - view.subject) + panes * 0.9, 0, 1))


def _stars(view: View) -> Floats:
    width, height = view.size
    plane = np.zeros((height, width), np.float32)
    count = int(260 * (width * height / 1e6) + 60)
    rows, columns = view.rng.integers(0, height, count), view.rng.integers(0, width, count)
    strength = view.rng.random(count) ** 2.5
    plane[rows, columns] = strength
    big = pixels.blur(plane, max(0.7, 1.2 * view.unit_px)) * 7
    return np.asarray(np.clip(plane * 0.8 + big, 0, 1))


def _with_moon(view: View, values: Floats) -> Floats:
    if view.sky is None or float(view.sky.mean()) < 0.08:
        return values
    x, y = pixels.grid(*view.size)
    aspect = view.size[0] / view.size[1]
    at_x = 0.80 if float(view.subject[:, : view.size[0] // 2].sum()) > float(view.subject.sum()) / 2 else 0.20
    far = np.hypot((x - at_x) * aspect, y - _horizon(view) * 0.34)
    radius = 0.042
    face = 0.86 + 0.18 * pixels.cloud_noise(*view.size, view.rng, cells=34, octaves=3)
    values = pixels.screen(values, (np.exp(-far * 7) * 0.42 * view.sky)[..., None] * pixels.rgb("9db4ff"))
    disc = pixels.smoothstep(radius, radius * 0.93, far) * view.sky
    return pixels.mix(values, pixels.rgb("f6f1dc") * face[..., None], disc)


def sunset(view: View) -> Floats:
    """A low red sun, a sky from violet to gold, warm lights and violet shadows."""
    values = _split_toned(pixels.contrast(view.values, 1.06) * 0.86, "5a4a9a", "ff9a55", 0.62)
    values = _recolored_sky(view, values, ("2c2f70", "a0507f", "f0764f", "ffc06a"), clouds=1.1)
    values = pixels.screen(values, _sun(view, color="ffb25e", height=0.86, strength=0.95))
    return pixels.vignette(values, 0.22)


def golden(view: View) -> Floats:
    """The last hour of sun: long warm light."""
    values = _split_toned(pixels.contrast(view.values, 1.05), "8a78a0", "ffc873", 0.52)
    values = _recolored_sky(view, values, ("5b7fb8", "c8b08c", "ffcf83", "ffe2a4"), clouds=1.0)
    return pixels.screen(values, _sun(view, color="ffd68a", height=0.72, strength=0.85))


def dawn(view: View) -> Floats:
    """First light: pink and pale blue, low contrast, a breath of mist."""
    values = _split_toned(pixels.contrast(view.values, 0.88), "8c96c8", "ffd0c0", 0.45) + 0.02
    values = _recolored_sky(view, values, ("6f8cc8", "c0a8cc", "f8c3b0", "ffe6c8"), clouds=0.8)
    values = _misted(view, values, "f2d9d6", 0.30)
    return pixels.screen(values, _sun(view, color="ffd9b0", height=0.93, strength=0.6))


def day(view: View) -> Floats:
    """Plain daylight: night and dusk lifted, a blue sky with its own clouds."""
    luma = pixels.gray(view.values)
    lift = float(np.clip(0.50 / max(0.08, luma[view.land > 0.5].mean() if (view.land > 0.5).any() else 0.5), 0.9, 2.4))
    mean = view.values.mean((0, 1))
    balance = np.clip(mean.mean() / np.maximum(mean, 0.03), 0.7, 1.5) ** 0.7
    values = 1 - (1 - np.clip(view.values * balance, 0, 1)) ** lift
    values = pixels.saturate(values, 1.12)
    return _recolored_sky(view, values, ("2f78cf", "7fbaea", "d4eaf7"), clouds=1.2)


def overcast(view: View) -> Floats:
    """A closed gray sky and flat light."""
    dull = pixels.mix(pixels.saturate(view.values, 0.62), pixels.saturate(view.values, 0.88), view.subject)
    values = pixels.contrast(dull, 0.86, 0.46) * pixels.rgb("e2e8ee")
    if view.sky is None:
        return values
    banks = pixels.cloud_noise(*view.size, view.rng, cells=5, octaves=5)
    paint = _sky_gradient(view, ("7d8994", "a9b3bb", "cdd3d6")) * (0.72 + 0.52 * banks[..., None])
    return pixels.mix(values, paint, view.sky)


def clear(view: View) -> Floats:
    """A sunny day: blue sky, warm strong light."""
    values = day(view)
    values = pixels.contrast(values, 1.1) * pixels.rgb("fff4e2") * 1.03
    return pixels.screen(values, _sun(view, color="fff2c8", height=0.3, strength=0.55))


def rain(view: View) -> Floats:
    """Gray light, streaks of rain near and far, a wet shining ground."""
    values = overcast(view) * 0.80
    values = _wet_ground(view, values)
    values = _misted(view, values, "9fa8b0", 0.26)
    for length, count, strength in ((30, 1500, 0.22), (64, 620, 0.30)):
        values = pixels.screen(values, _streaks(view, length, count)[..., None] * strength)
    return values


def _wet_ground(view: View, values: Floats) -> Floats:
    """The ground as a dim mirror of what stands above it."""
    height = view.size[1]
    line = int(max(0.30, min(0.75, _horizon(view) + 0.12)) * height)
    rows = np.clip(2 * line - np.arange(height), 0, height - 1)
    ripple = (pixels.cloud_noise(*view.size, view.rng, cells=60, octaves=2) - 0.5) * (14 * view.unit_px)
    columns = np.clip(np.arange(view.size[0])[None, :] + ripple, 0, view.size[0] - 1).astype(np.intp)
    mirror = pixels.blur(values[rows[:, None], columns], 3 * view.unit_px)
    puddles = pixels.smoothstep(0.42, 0.60, pixels.cloud_noise(*view.size, view.rng, cells=6, octaves=3))
    return pixels.mix(
        values * (1 - 0.16 * view.ground[..., None]), mirror * 1.02, view.ground * (0.16 + 0.38 * puddles)
    )


def _streaks(view: View, length: float, count: int) -> Floats:
    """Falling drops as slanted lines [h, w], 0 to 1."""
    width, height = view.size
    unit = view.unit_px
    sheet = Image.new("L", view.size)
    draw = ImageDraw.Draw(sheet)
    number = max(20, int(count * width * height / 1024**2 / max(0.3, unit)))
    xs, ys = view.rng.uniform(-20, width, number), view.rng.uniform(-40, height, number)
    reach = length * unit * view.rng.uniform(0.6, 1.3, number)
    thick = max(1, round(unit * length / 36))
    lights = view.rng.integers(110, 256, number)
    for x, y, run, light in zip(xs.tolist(), ys.tolist(), reach.tolist(), lights.tolist(), strict=True):
        draw.line((x, y, x - run * 0.24, y + run), fill=light, width=thick)
    return pixels.blur(pixels.from_mask(sheet), 0.7 * unit)


def storm(view: View) -> Floats:
    """Black clouds, driving rain, one flash of lightning."""
    values = rain(view) * np.array([0.66, 0.70, 0.80], np.float32)
    if view.sky is None:
        return pixels.vignette(values, 0.4)
    banks = pixels.cloud_noise(*view.size, view.rng, cells=4, octaves=6)
    paint = _sky_gradient(view, ("23272f", "3c434e", "6b7078")) * (0.55 + 0.85 * banks[..., None])
    values = pixels.mix(values, paint, view.sky * 0.9)
    flash = _lightning(view)
    glow = pixels.blur(flash, 30 * view.unit_px) * 2.4 + pixels.blur(flash, 5 * view.unit_px) * 1.2
    return pixels.screen(values, (np.clip(flash + glow, 0, 1) * view.sky)[..., None] * pixels.rgb("dfe4ff"))


def _lightning(view: View) -> Floats:
    width, height = view.size
    sheet = Image.new("L", view.size)
    draw = ImageDraw.Draw(sheet)
    x, y = width * float(view.rng.uniform(0.2, 0.8)), 0.0
    end = _horizon(view) * height
    while y < end:
        step = end * float(view.rng.uniform(0.05, 0.11))
        turn = float(view.rng.normal(0, 0.7)) * step
        draw.line((x, y, x + turn, y + step), fill=255, width=max(2, round(3 * view.unit_px)))
        if view.rng.random() < 0.3:
            draw.line(
                (x, y, x + float(view.rng.normal(0, 2.0)) * step, y + step * 1.6),
                fill=150,
                width=max(1, round(1.5 * view.unit_px)),
            )
        x, y = x + turn, y + step
    return pixels.blur(pixels.from_mask(sheet), 0.8 * view.unit_px)


def fog(view: View) -> Floats:
    """Mist that thickens with distance and hides the horizon."""
    values = pixels.contrast(pixels.saturate(view.values, 0.66), 0.82, 0.55)
    return _misted(view, values, "d9dee1", 0.86)


def _misted(view: View, values: Floats, color: str, strength: float) -> Floats:
    _, y = pixels.grid(*view.size)
    horizon = max(0.32, _horizon(view))
    bank = np.where(y < horizon, 0.62 + 0.38 * y / horizon, np.clip(1 - (y - horizon) / (1.02 - horizon), 0, 1) ** 1.3)
    drift = 0.62 + 0.76 * (pixels.cloud_noise(*view.size, view.rng, cells=4, octaves=4) - 0.08)
    amount = np.clip(bank * drift * strength, 0, 0.97) * (1 - 0.55 * view.subject)
    return pixels.mix(values, np.broadcast_to(pixels.rgb(color), values.shape), amount.astype(np.float32))


def winter(view: View) -> Floats:
    """Snow on the ground and on top of things, cold light, a few flakes."""
    return _falling(view, _snowed_in(view), 0.45)


def snowfall(view: View) -> Floats:
    """Thick falling snow over a picture that is turning white."""
    return _falling(view, _snowed_in(view), 1.0)


def _snowed_in(view: View) -> Floats:
    cold = pixels.saturate(overcast(view), 0.8) * np.array([0.97, 1.0, 1.05], np.float32) + 0.03
    luma = pixels.gray(view.values)
    broad = pixels.blur(luma, 30 * view.unit_px)
    texture = np.clip(luma - broad, -0.22, 0.22)
    drifts = pixels.cloud_noise(*view.size, view.rng, cells=5, octaves=5)
    snow = pixels.rgb("eef3fa") * (0.84 + 0.20 * drifts + 0.55 * texture)[..., None]
    shade = np.clip((0.75 * broad.mean() - broad) * 0.7, 0, 0.25)[..., None]
    values = pixels.mix(
        cold, snow - shade * np.array([1.0, 0.85, 0.6], np.float32), view.ground * (0.80 + 0.18 * drifts)
    )
    plants = _greens(view.values) * view.land * (1 - view.subject) * (1 - view.ground)
    frosted = pixels.mix(cold, snow, np.clip(0.35 + texture * 3 + (drifts - 0.5), 0, 1))
    values = pixels.mix(values, frosted, plants * 0.8)
    return pixels.mix(values, pixels.rgb("f6f9fd") * (0.93 + 0.08 * drifts[..., None]), _caps(view))


def _caps(view: View) -> Floats:
    """A cushion of snow along the upward edges of the subject, ragged below."""
    solid = (view.subject > 0.5).astype(np.float32)
    rows = np.nonzero(solid.any(axis=1))[0]
    if len(rows) == 0:
        return solid
    depth = max(3.0, 0.055 * float(np.ptp(rows)))
    ragged = 0.4 + 1.2 * pixels.cloud_noise(*view.size, view.rng, cells=26, octaves=3)
    run = np.zeros(view.size[0], np.float32)
    caps = np.zeros_like(solid)
    for row in range(int(rows.min()), int(rows.max()) + 1):
        run = np.where(solid[row] > 0, run + 1, 0.0).astype(np.float32)
        caps[row] = (run > 0) & (run < depth * ragged[row])
    dx, dy = pixels.slope(pixels.blur(solid, depth * 0.8))
    upward = pixels.smoothstep(0.1, 0.5, dy / (np.hypot(dx, dy) + 1e-5))
    spread = np.clip(pixels.blur(caps * upward, max(1.0, depth * 0.25)) * 2.2, 0, 1)
    return np.asarray(spread * np.clip(pixels.blur(solid, 1.5) * 2, 0, 1))


def _falling(view: View, values: Floats, amount: float) -> Floats:
    """Flakes in three depths, the near ones large and soft."""
    flakes = np.zeros(view.subject.shape, np.float32)
    for radius, count, light in ((1.1, 900, 0.85), (2.2, 380, 0.8), (5.5, 70, 0.55)):
        flakes = np.maximum(flakes, _dots(view, radius, int(count * amount)) * np.float32(light))
    return pixels.screen(values, flakes[..., None])


def _dots(view: View, radius: float, count: int) -> Floats:
    width, height = view.size
    sheet = Image.new("L", view.size)
    draw = ImageDraw.Draw(sheet)
    number = max(4, int(count * width * height / 1024**2 / max(0.3, view.unit_px)))
    xs, ys = view.rng.uniform(0, width, number), view.rng.uniform(0, height, number)
    sizes = radius * view.unit_px * view.rng.uniform(0.6, 1.5, number) + 0.4
    for x, y, r in zip(xs.tolist(), ys.tolist(), sizes.tolist(), strict=True):
        draw.ellipse((x - r, y - r * 1.1, x + r, y + r * 1.1), fill=255)
    return pixels.blur(pixels.from_mask(sheet), radius * 0.4 * view.unit_px)


def _greens(values: Floats) -> Floats:
    """How much each pixel is the green or yellow-green of plants, 0 to 1."""
    place = mask.hue(values)
    strength = pixels.colorfulness(values)
    window = pixels.smoothstep(0.13, 0.19, place) * pixels.smoothstep(0.46, 0.40, place)
    return window * pixels.smoothstep(0.05, 0.14, strength)


def autumn(view: View) -> Floats:
    """Leaves from green to amber and rust, low warm light, some of them falling."""
    greens = _greens(view.values)
    luma = pixels.gray(view.values)
    patches = pixels.cloud_noise(*view.size, view.rng, cells=11, octaves=4)
    foliage = pixels.gradient_map(
        np.clip(luma * 1.15 + (patches - 0.5) * 0.9, 0, 1),
        [pixels.rgb(c) for c in ("2a0f06", "8a2f10", "cf6a1a", "eaa52e", "f8dc8c")],
    )
    foliage = foliage * (0.55 + 0.9 * luma / max(0.1, float(luma.mean())))[..., None].clip(0.4, 1.25)
    straw = pixels.rgb("b99a5a") * (0.35 + 1.15 * luma / max(0.1, float(luma.mean())))[..., None].clip(0.3, 1.5)
    foliage = pixels.mix(foliage, straw * 0.85, view.ground * 0.72)
    values = pixels.mix(view.values, foliage, greens * 0.88 * (1 - 0.85 * view.subject))
    values = _split_toned(values, "7a6a8c", "ffd9a0", 0.28)
    if view.sky is not None:
        values = pixels.mix(values, pixels.mix(values, pixels.rgb("dfe0d6"), 0.35), view.sky)
    return _leaves(view, values, ("c8511b", "e39a2b", "a8321a", "d8b23a"), 46)


def spring(view: View) -> Floats:
    """Fresh green, soft light, blossom in the trees and petals in the air."""
    greens = _greens(view.values)
    fresh = pixels.saturate(view.values, 1.25) * np.array([1.02, 1.10, 0.86], np.float32) + 0.03
    values = pixels.mix(pixels.saturate(view.values, 1.06) * 1.04 + 0.015, fresh, greens)
    blossom = pixels.smoothstep(0.56, 0.66, pixels.cloud_noise(*view.size, view.rng, cells=30, octaves=3))
    blossom = blossom * greens * (1 - view.subject) * (1 - 0.85 * view.ground)
    pink = pixels.rgb("ffc1d8") * (0.7 + 0.5 * pixels.gray(view.values)[..., None])
    values = pixels.mix(values, pink, blossom * 0.75)
    return _leaves(view, values, ("ffd3e3", "ffb6d0", "fff0f5"), 60)


def summer(view: View) -> Floats:
    """High sun: strong warm light and full colours."""
    values = pixels.contrast(pixels.saturate(view.values, 1.28), 1.10, 0.48) * pixels.rgb("fff3d8") * 1.06
    values = _recolored_sky(view, values, ("1f74d6", "5fb0ee", "c4e6f8"), clouds=1.2)
    return pixels.screen(values, _sun(view, color="fff0b8", height=0.28, strength=0.7))


def _leaves(view: View, values: Floats, colors: tuple[str, ...], count: int) -> Floats:
    """Small leaves or petals in the air."""
    width, height = view.size
    picture = pixels.to_image(values)
    draw = ImageDraw.Draw(picture)
    paints = [tuple(int(v * 255) for v in pixels.rgb(color)) for color in colors]
    for _ in range(count):
        x, y = float(view.rng.uniform(0, width)), float(view.rng.uniform(0, height))
        size = float(view.rng.uniform(4, 10)) * max(0.4, view.unit_px)
        angle = float(view.rng.uniform(0, np.pi))
        along = np.array([np.cos(angle), np.sin(angle)]) * size
        across = np.array([-np.sin(angle), np.cos(angle)]) * size * 0.45
        middle = np.array([x, y])
        shape = [middle - along, middle - along * 0.3 + across, middle + along, middle - along * 0.3 - across]
        red, green, blue = paints[int(view.rng.integers(len(paints)))]
        draw.polygon([(float(a), float(b)) for a, b in shape], fill=(red, green, blue))
    return pixels.to_floats(picture)


TIMES: dict[str, Change] = {
    "day": day,
    "dawn": dawn,
    "golden": golden,
    "night": night,
    "overcast": overcast,
    "sunset": sunset,
}
WEATHERS: dict[str, Change] = {
    "clear": clear,
    "fog": fog,
    "overcast": overcast,
    "rain": rain,
    "snowfall": snowfall,
    "storm": storm,
}
SEASONS: dict[str, Change] = {"autumn": autumn, "spring": spring, "summer": summer, "winter": winter}
