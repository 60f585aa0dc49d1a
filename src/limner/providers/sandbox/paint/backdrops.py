"""Which backdrop a scene gets, composed from far to near for the shape of the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from limner.providers.sandbox.paint import (
    backdrops_city,
    backdrops_far,
    backdrops_indoor,
    backdrops_land,
    backdrops_sky,
    figures,
    glyphs,
    pixels,
    plants,
)
from limner.providers.sandbox.paint.canvas import Canvas, clay, layer_rng
from limner.providers.sandbox.paint.light import light_of, plain_light
from limner.providers.sandbox.paint.pixels import Floats, mix, rgb
from limner.providers.sandbox.prompt.scene import Scene
from limner.providers.sandbox.prompt.words import COLORS

INDOORS = ("table", "room")
ELSEWHERE = ("lunar", "space", "underwater", "shanshui")
WATERY = frozenset({"water", "beach"})
_OPEN = frozenset({"meadow", "desert", "water", "beach"})
SCENERY_SCALE = 1.5
_STUDIO_COLORS = ("e8b4a8", "a9c7d8", "e6cf9c", "b9cfae", "c9b8dc", "d8d2c8", "9fc6c0")
_POSTERS = (
    ("264653", "2a9d8f", "e9c46a"),
    ("3d2c6b", "d1495b", "f6b35c"),
    ("0d3b66", "3a86c8", "faf0ca"),
    ("5f0f40", "e36414", "fcbf49"),
    ("1b4332", "52b788", "f4e285"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where subjects stand on a finished backdrop.

    `stand_part` is the height of their feet; `shadow` (0 to 1) how dark they make the ground; without gravity they
    float around the middle. `tint` multiplies their colors. `water_part` is where boats and swimmers lie, if anywhere.
    """

    name: str
    stand_part: float
    shadow: float
    tint: Floats
    floating: bool = False
    close: bool = False
    water_part: float | None = None


def paint(scene: Scene, width: int, height: int) -> tuple[Canvas, Stage]:
    """The backdrop on a new canvas, and where to put the subjects."""
    name = backdrop_of(scene)
    if name == "studio":
        return _studio(scene, width, height)
    if name == "poster":
        return _poster(scene, width, height)
    canvas = Canvas(width, height, scene.stream, light_of(scene), _horizon(scene, width, height))
    if name in ELSEWHERE or name == "clouds":
        return canvas, _elsewhere(canvas, scene, name)
    if name in INDOORS:
        return canvas, _indoors(canvas, scene, name)
    return canvas, _outdoors(canvas, scene)


def backdrop_of(scene: Scene) -> str:
    """The name of the backdrop: "studio", "poster", "land", or the place that fills the picture."""
    for name in ELSEWHERE:
        if name in scene.places:
            return name
    outdoors = [place for place in scene.places if place not in (*INDOORS, "clouds")]
    if (scene.studio or scene.background) and (scene.subjects or scene.background) and not outdoors:
        return "studio"
    for name in INDOORS:
        if name in scene.places:
            return name
    if "clouds" in scene.places and not outdoors:
        return "clouds"
    natural = outdoors or scene.landmarks or scene.season or scene.weather or scene.flowers
    if scene.kind == "poster" and not outdoors and not scene.landmarks and not scene.flowers:
        return "poster"
    scenery = any(figures.scale_of(subject.glyph) >= SCENERY_SCALE for subject in scene.subjects)
    if natural or scene.time != "day" or scene.greenery or scenery or scene.mood == "fantasy":
        return "land"
    if scene.flying:
        return "clouds"
    if "stilllife" in scene.camera:
        return "table"
    return "studio" if scene.subjects else "land"


def _horizon(scene: Scene, width: int, height: int) -> float:
    """Horizon height: lower in tall pictures and from the ground, higher from the air."""
    part = 0.54 + 0.06 * float(layer_rng(scene.stream, "horizon", 0).random())
    ratio = width / height
    part += 0.06 if ratio < 0.7 else 0.0
    part += 0.04 if ratio > 2.4 else 0.0
    part -= 0.24 if "aerial" in scene.camera else 0.0
    part += 0.06 if "wide" in scene.camera else 0.0
    part += 0.16 if scene.flying and "city" in scene.places else 0.0
    part += 0.08 if "mountains" in scene.places and not scene.subjects else 0.0
    return part


_PURE = {"green": "00ff00", "magenta": "ff00ff", "white": "ffffff", "black": "000000", "blue": "0000ff"}
"""What a flat backdrop is painted in: colours that are asked for to be cut out again."""


def _studio(scene: Scene, width: int, height: int) -> tuple[Canvas, Stage]:
    if scene.background is not None:
        color = pixels.unit_rgb(COLORS[scene.background])
    elif "white background" in scene.prompt.lower():
        color = rgb("f4f4f2")
    else:
        rng = layer_rng(scene.stream, "studio", 0)
        color = rgb(_STUDIO_COLORS[int(rng.integers(len(_STUDIO_COLORS)))])
        if scene.mood == "dark" or "neon" in scene.styles:
            color = rgb("2b2b33")
        elif "noir" in scene.styles:
            color = rgb("77777c")
    canvas = Canvas(width, height, scene.stream, plain_light(color))
    if scene.flat:
        canvas.rgb[:] = rgb(_PURE.get(scene.background or "", "")) if scene.background in _PURE else color
        return canvas, Stage(name="studio", stand_part=0.84, shadow=0, tint=rgb("ffffff"), close=True)
    backdrops_indoor.paint_studio(canvas, color, floor_part=0.74)
    tint = mix(rgb("ffffff"), color, 0.06)
    return canvas, Stage(name="studio", stand_part=0.84, shadow=0.42, tint=tint, close=True)


def _poster(scene: Scene, width: int, height: int) -> tuple[Canvas, Stage]:
    rng = layer_rng(scene.stream, "poster", 1)
    colors = [rgb(color) for color in _POSTERS[int(rng.integers(len(_POSTERS)))]]
    if scene.time == "night" or scene.mood == "dark":
        colors = [rgb("14162e"), rgb("3a2a5c"), rgb("f2b84b")]
    for place, name in enumerate(scene.colors[:3]):
        colors[place] = pixels.unit_rgb(COLORS[name])
    canvas = Canvas(width, height, scene.stream, plain_light(colors[1]))
    backdrops_indoor.paint_poster_ground(canvas, (colors[0], colors[1], colors[2]))
    return canvas, Stage(name="poster", stand_part=0.86, shadow=0.25, tint=rgb("ffffff"), close=True)


def _elsewhere(canvas: Canvas, scene: Scene, name: str) -> Stage:
    white = rgb("ffffff")
    if name == "space":
        backdrops_far.paint_space(canvas, scene)
        return Stage(name=name, stand_part=0.78, shadow=0, tint=rgb("e2e6ff"), floating=True)
    if name == "lunar":
        backdrops_far.paint_lunar(canvas, scene)
        return Stage(name=name, stand_part=0.84, shadow=0.5, tint=rgb("e8eaf6"))
    if name == "underwater":
        backdrops_far.paint_underwater(canvas)
        return Stage(name=name, stand_part=0.74, shadow=0, tint=backdrops_far.far_light(rgb("5cc4e6")), floating=True)
    if name == "shanshui":
        backdrops_far.paint_shanshui(canvas)
        return Stage(name=name, stand_part=0.90, shadow=0.25, tint=rgb("f6efe0"))
    backdrops_far.paint_cloudscape(canvas, scene)
    return Stage(name=name, stand_part=0.72, shadow=0, tint=mix(white, canvas.light.tint, 0.8), floating=True)


def _indoors(canvas: Canvas, scene: Scene, name: str) -> Stage:
    tint = mix(rgb("ffffff"), canvas.light.tint, 0.5) * (0.86 if canvas.light.is_night else 1.0)
    if name == "table":
        backdrops_indoor.paint_table(canvas, scene, edge_part=0.60)
        return Stage(name=name, stand_part=0.84, shadow=0.55, tint=tint, close=True)
    backdrops_indoor.paint_room(canvas, scene, floor_part=0.70)
    if not scene.subjects:
        _furniture(canvas, tint)
    return Stage(name=name, stand_part=0.88, shadow=0.45, tint=tint)


def _furniture(canvas: Canvas, tint: Floats) -> None:
    """A sofa, a plant and a rug for a room in which nothing else stands."""
    backdrops_indoor.paint_rug(canvas, center_part=0.86)
    left = canvas.light.from_left
    pieces = (("sofa", 0.32 if left else 0.66, 0.40), ("potted-plant", 0.90 if left else 0.10, 0.22))
    for name, x, size in pieces:
        sprite = clay(glyphs.sprite(name, max(8, round(canvas.unit * size))), from_left=left)
        top = round(canvas.height * 0.82 - sprite.height)
        canvas.stamp(sprite, round(canvas.width * x - sprite.width / 2), top, tint=tint)


def _outdoors(canvas: Canvas, scene: Scene) -> Stage:
    """Sky, far land, water, near ground; each only where the scene asks for it."""
    backdrops_sky.paint_sky(canvas, scene, min(canvas.height, canvas.horizon + 2))
    horizon = canvas.horizon_part
    wet = bool(WATERY.intersection(scene.places)) or bool(
        {"bridge", "lighthouse", "river", "waterfall"}.intersection(scene.landmarks)
    )
    _far_land(canvas, scene, wet=wet)
    ground = _ground_of(scene)
    shore = horizon + (0.26 if ground else 1.0)
    if "beach" in scene.places:
        shore = horizon + 0.17
    if wet:
        bottom = canvas.height if not ground else int(canvas.height * (shore + 0.05))
        calm = 0.75 if "beach" in scene.places or scene.weather == "storm" else 1.0
        deep = rgb("2e8fae") if "beach" in scene.places else rgb("2a5f74")
        backdrops_land.paint_water(canvas, top=canvas.horizon, bottom=bottom, deep=deep, calm=calm)
    if "bridge" in scene.landmarks:
        backdrops_city.paint_bridge(canvas, scene, deck_part=horizon + 0.02)
    if "lighthouse" in scene.landmarks:
        backdrops_city.paint_lighthouse(canvas, foot_part=horizon + 0.06)
    if "waterfall" in scene.landmarks:
        backdrops_land.paint_waterfall(canvas, top_part=horizon - 0.30, bottom_part=horizon + 0.02)
    if ground:
        _near_land(canvas, scene, ground, top_part=shore if wet else horizon)
    water_part = min(horizon + 0.16, 0.9) if wet and ground else 0.80 if wet else None
    tint = np.minimum(mix(rgb("ffffff"), canvas.light.tint, 0.78), 1.06)
    stand = _stand(scene, shore if wet and ground else horizon)
    return Stage(name="land", stand_part=stand, shadow=0.42, tint=tint, water_part=water_part)


def _stand(scene: Scene, ground_part: float) -> float:
    if "street" in scene.places:
        return min(0.93, ground_part + 0.24)
    return min(0.93, max(0.84, ground_part + 0.24))


def _ground_of(scene: Scene) -> str | None:
    """The near ground, or None for open water."""
    places, cold = scene.places, scene.season == "winter" or scene.weather == "snowfall"
    if "beach" in places:
        return "sand"
    if "desert" in places:
        return "dune"
    if "street" in places or (
        "city" in places and not scene.greenery and "meadow" not in places and "bridge" not in scene.landmarks
    ):
        return "street"
    natural = (
        {"meadow", "forest", "jungle", "mountains", "city"}.intersection(places) or scene.flowers or scene.greenery
    )
    ashore = scene.subjects and scene.subjects[0].glyph not in figures.SWIMMERS and not scene.flying
    if not natural and not ashore and ("water" in places or {"bridge", "lighthouse"}.intersection(scene.landmarks)):
        return None
    if cold:
        return "snow"
    if scene.season == "autumn":
        return "autumn"
    return "soil" if {"forest", "jungle"}.intersection(places) else "grass"


def _far_land(canvas: Canvas, scene: Scene, *, wet: bool) -> None:
    base = canvas.horizon_part + 0.004
    cold = scene.season == "winter" or scene.weather == "snowfall"
    if "mountains" in scene.places or "waterfall" in scene.landmarks:
        _mountains(canvas, base, cold=cold, foggy=scene.weather in ("fog", "rain", "storm"))
    elif cold and "city" not in scene.places:
        _hills(canvas, base, rgb("cfdcea"), wet=wet)
    elif "desert" in scene.places:
        _hills(canvas, base, rgb("d99a5e"), wet=False)
    elif not wet and "city" not in scene.places and not {"forest", "jungle"}.intersection(scene.places):
        _hills(canvas, base, rgb("a9a05a") if scene.season == "autumn" else rgb("6da060"), wet=wet)
    elif wet and "beach" not in scene.places and "city" not in scene.places and _ground_of(scene) is not None:
        _hills(canvas, base, rgb("7b9a6c"), wet=True)
    elif "beach" in scene.places:
        backdrops_land.paint_hill(canvas, 5, base_part=base, rise_part=0.045, color=rgb("5f8f7a"), haze=0.62)
    if {"city", "street"}.intersection(scene.places):
        backdrops_city.paint_skyline(canvas, scene, base_part=base + 0.02, layers=3)
    if "tower" in scene.landmarks:
        backdrops_city.paint_tower(canvas, scene, foot_part=base + 0.05)
    _far_trees(canvas, scene, base, wet=wet)


def _mountains(canvas: Canvas, base: float, *, cold: bool, foggy: bool) -> None:
    snow = 1.25 if cold else 0.72
    fog = 0.16 if foggy else 0.0
    steps = ((0, 0.42, "7d8ba6", 0.42, snow), (1, 0.26, "62758c", 0.24, snow * 0.75))
    for layer, rise, color, haze, white in steps:
        backdrops_land.paint_ridge(
            canvas, layer, base_part=base, rise_part=rise, color=rgb(color), haze=min(0.8, haze + fog), snow=white
        )
        if foggy:
            backdrops_land.paint_mist(canvas, layer, center_part=base - 0.10 + 0.08 * layer, reach_part=0.07)
    green = rgb("d3dfea") if cold else rgb("4f7a5c")
    backdrops_land.paint_ridge(canvas, 2, base_part=base + 0.01, rise_part=0.09, color=green, haze=0.12)


def _hills(canvas: Canvas, base: float, color: Floats, *, wet: bool) -> None:
    backdrops_land.paint_hill(canvas, 0, base_part=base, rise_part=0.10, color=color, haze=0.58)
    backdrops_land.paint_hill(canvas, 1, base_part=base + 0.01, rise_part=0.055, color=color * 0.94, haze=0.36)
    if not wet:
        backdrops_land.paint_hill(canvas, 2, base_part=base + 0.02, rise_part=0.03, color=color * 0.9, haze=0.18)


def _far_trees(canvas: Canvas, scene: Scene, base: float, *, wet: bool) -> None:
    """The wood along the horizon."""
    places = scene.places
    wooded = {"forest", "jungle"}.intersection(places)
    if {"desert", "beach"}.intersection(places) or ("city" in places and not scene.greenery and "meadow" not in places):
        return
    if (
        (
            not wooded
            and "meadow" not in places
            and not scene.greenery
            and "water" not in places
            and "mountains" not in places
        )
        and scene.season is None
        and not scene.subjects
        and not scene.landmarks
    ):
        return
    if wet and _ground_of(scene) is None:
        return
    wide = canvas.width / canvas.unit
    conifers = "forest" in places or "mountains" in places or scene.season == "winter"
    sprites = _tree_sprites(canvas, scene, conifers=conifers)
    if wooded:
        for layer, (height, haze, count) in enumerate(((0.40, 0.52, 20), (0.46, 0.30, 14))):
            backdrops_land.paint_trees(
                canvas,
                sprites,
                layer,
                foot_part=base + 0.015 * layer,
                height_part=height,
                count=round(count * wide),
                haze=haze,
            )
        return
    backdrops_land.paint_trees(
        canvas, sprites, 0, foot_part=base + 0.004, height_part=0.10 if "mountains" in places else 0.15,
        count=round((16 if "meadow" in places or scene.greenery else 9) * wide), haze=0.26,
    )  # fmt: skip


def _tree_sprites(canvas: Canvas, scene: Scene, *, conifers: bool) -> list[Image.Image]:
    rng = canvas.rng("sprites", int(conifers))
    left = canvas.light.from_left
    if conifers:
        snow = 1.0 if scene.season == "winter" or scene.weather == "snowfall" else 0.0
        return [
            plants.conifer(rng, color, from_left=left, snow=snow, size_px=canvas.sprite_px)
            for color in plants.needle_colors(scene.season) * 2
        ]
    colors = plants.leaf_colors(scene.season)
    if {"jungle"}.intersection(scene.places):
        return [plants.round_tree(rng, color * 0.9, from_left=left, size_px=canvas.sprite_px) for color in colors] + [
            plants.palm(rng, from_left=left, size_px=canvas.sprite_px)
        ]
    return [plants.round_tree(rng, color, from_left=left, size_px=canvas.sprite_px) for color in colors]


def _near_land(canvas: Canvas, scene: Scene, ground: str, *, top_part: float) -> None:
    if ground == "street":
        top = canvas.horizon_part + 0.02
        backdrops_city.paint_street(canvas, scene, top_part=top)
        backdrops_city.paint_lamps(canvas, foot_part=top + 0.18 * (1 - top))
        return
    backdrops_land.paint_ground(
        canvas, ground, top_part=top_part, wave_part=0.03 if ground in ("dune", "snow") else 0.014
    )
    if ground == "sand":
        backdrops_land.paint_surf(canvas, line_part=top_part)
        _palms(canvas, top_part)
    if "path" in scene.landmarks or ("road" in scene.landmarks and "street" not in scene.places):
        color = rgb("6a6d74") if "road" in scene.landmarks else rgb("cdb892")
        backdrops_land.paint_path(canvas, top_part=max(top_part, canvas.horizon_part), color=color)
    if "windfarm" in scene.landmarks:
        backdrops_city.paint_turbines(canvas, foot_part=canvas.horizon_part + 0.05)
    _framing_trees(canvas, scene, ground)
    empty_mountains = "mountains" in scene.places and not scene.subjects
    if ground in ("grass", "soil", "autumn") and not empty_mountains:
        color = {"grass": rgb("5fa048"), "soil": rgb("4c7a44"), "autumn": rgb("b08a3e")}[ground]
        backdrops_land.paint_grass(canvas, color, top_part=top_part + 0.03)
    if scene.flowers is not None and ground != "snow":
        backdrops_land.paint_flowers(canvas, scene.flowers, top_part=top_part + 0.03)


def _palms(canvas: Canvas, top_part: float) -> None:
    rng = canvas.rng("palms")
    sprites = [plants.palm(rng, from_left=canvas.light.from_left, size_px=2 * canvas.sprite_px)]
    side = 0.90 if canvas.light.from_left else 0.10
    for step, size in ((0.0, 0.66), (0.10, 0.48)):
        sprite = plants.stand(sprites, canvas.unit * size, rng)
        x = canvas.width * side + canvas.unit * step * (-1 if side > 0.5 else 1)
        foot = canvas.height * (top_part + 0.10 - step * 0.5)
        canvas.stamp(sprite, round(x - sprite.width / 2), round(foot - sprite.height), tint=canvas.light.tint)


def _framing_trees(canvas: Canvas, scene: Scene, ground: str) -> None:
    """Large trees at the sides, where a wood or park is near, and bushes for greenery."""
    places = scene.places
    rng = canvas.rng("framing")
    if {"forest", "jungle"}.intersection(places):
        sprites = _tree_sprites(canvas, scene, conifers="forest" in places)
        wide = canvas.width / canvas.unit
        for layer, (foot, height, count) in enumerate(((0.06, 0.66, 9), (0.15, 0.92, 7))):
            backdrops_land.paint_trees(
                canvas, sprites, layer + 2, foot_part=canvas.horizon_part + foot, height_part=height,
                count=round(count * max(1.0, wide)), haze=0.14 - 0.1 * layer, gap=(0.22, 0.78), spread_part=0.03,
            )  # fmt: skip
    elif "meadow" in places and ground in ("grass", "autumn", "snow") and "windfarm" not in scene.landmarks:
        left = canvas.light.from_left
        sprites = [
            plants.round_tree(rng, color, from_left=left, size_px=2 * canvas.sprite_px)
            for color in plants.leaf_colors(scene.season)[:1]
        ]
        sprite = plants.stand(sprites, canvas.unit * 0.50, rng)
        x = canvas.width * (0.90 if left else 0.10)
        canvas.stamp(
            sprite, round(x - sprite.width / 2), round(canvas.height * 0.86 - sprite.height), tint=canvas.light.tint
        )
    elif "mountains" in places and not scene.subjects and not _OPEN.intersection(places):
        _mountain_wood(canvas, scene)
    if scene.greenery and "city" in places:
        _bushes(canvas, scene)
    if {"forest", "jungle"}.intersection(places):
        _undergrowth(canvas, scene)


def _mountain_wood(canvas: Canvas, scene: Scene) -> None:
    """Rows of firs that climb toward the viewer at the foot of empty mountains."""
    sprites = _tree_sprites(canvas, scene, conifers=True)
    wide = canvas.width / canvas.unit
    rows = ((0.06, 0.13, 26, 0.30), (0.15, 0.20, 20, 0.16), (0.28, 0.32, 14, 0.04))
    for layer, (foot, height, count, haze) in enumerate(rows):
        veil = haze + (0.16 if scene.weather == "fog" else 0.0)
        backdrops_land.paint_trees(
            canvas, sprites, layer + 4, foot_part=canvas.horizon_part + foot, height_part=height,
            count=round(count * max(1.0, wide)), haze=veil, spread_part=0.03,
        )  # fmt: skip
        if scene.weather == "fog":
            backdrops_land.paint_mist(canvas, layer + 4, center_part=canvas.horizon_part + foot, reach_part=0.035)


def _undergrowth(canvas: Canvas, scene: Scene) -> None:
    """Shrubs under the trees at the sides, and shafts of light between the trunks."""
    if canvas.light.is_sunny:
        backdrops_land.paint_sunbeams(canvas)
    rng = canvas.rng("undergrowth")
    snowy = scene.season == "winter" or scene.weather == "snowfall"
    colors = plants.leaf_colors("winter" if snowy else scene.season if scene.season == "autumn" else "summer")
    sprites = [
        plants.bush(rng, color * 0.86, from_left=canvas.light.from_left, size_px=canvas.sprite_px) for color in colors
    ]
    for depth in np.sort(rng.random(round(16 * max(1.0, canvas.width / canvas.unit)))):
        sprite = plants.stand(sprites, canvas.unit * (0.08 + 0.16 * depth), rng)
        side = rng.random() ** 1.5 * 0.36
        x = canvas.width * (side if rng.random() < 0.5 else 1 - side)
        foot = canvas.height * (canvas.horizon_part + 0.06 + 0.26 * depth)
        canvas.stamp(
            sprite,
            round(x - sprite.width / 2),
            round(foot - sprite.height * 0.8),
            tint=canvas.light.tint,
            haze=0.2 * (1 - depth),
        )


def _bushes(canvas: Canvas, scene: Scene) -> None:
    rng = canvas.rng("bushes")
    sprites = [
        plants.bush(rng, color, from_left=canvas.light.from_left, size_px=canvas.sprite_px)
        for color in plants.leaf_colors("summer")
    ]
    for _ in range(round(12 * canvas.width / canvas.unit)):
        sprite = plants.stand(sprites, canvas.unit * (0.10 + 0.09 * rng.random()), rng)
        x = rng.random() * canvas.width
        y = canvas.height * (canvas.horizon_part + 0.06 + 0.03 * rng.random())
        canvas.stamp(
            sprite, round(x - sprite.width / 2), round(y - sprite.height * 0.8), tint=canvas.light.tint, haze=0.05
        )
