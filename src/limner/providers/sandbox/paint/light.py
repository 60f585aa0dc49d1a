"""The light of a scene: from time of day, weather, season and the seed."""

from __future__ import annotations

import numpy as np

from limner.providers.sandbox.paint.canvas import Light, layer_rng
from limner.providers.sandbox.paint.pixels import Floats, mix, rgb
from limner.providers.sandbox.prompt.scene import Scene

_PALETTES = {
    # time: zenith, middle, haze at the horizon, sun, tint of lit things
    "day": ("2f78cc", "82bbec", "d8ecf6", "fff6d6", (1.02, 1.0, 0.97)),
    "golden": ("5f7db6", "efb57a", "ffe0a6", "fff0bd", (1.06, 0.94, 0.78)),
    "sunset": ("37306f", "d76a72", "ffb270", "ffe0a0", (0.98, 0.80, 0.74)),
    "dawn": ("5f86c4", "e6aab8", "ffdcb6", "fff2d8", (1.0, 0.92, 0.88)),
    "night": ("070d26", "16234f", "3a4f8c", "e8edff", (0.42, 0.50, 0.78)),
}
_GRAY = ("8494a2", "b4c0c8", "dbe2e4", "f6f6f0", (0.86, 0.89, 0.93))
_STORM = ("39424f", "5e6a78", "98a4ac", "d6dee4", (0.62, 0.66, 0.74))
_FUTURE_NIGHT = ("120b33", "42207a", "c04fa0", "ffd0f4", (0.60, 0.52, 0.84))


def light_of(scene: Scene) -> Light:
    """The light of a scene; the seed moves the sun and nudges the colors."""
    rng = layer_rng(scene.stream, "light", 0)
    is_night = scene.time == "night"
    zenith, middle, haze, sun, tint = _PALETTES.get(scene.time, _PALETTES["day"])
    if is_night and scene.mood == "future":
        zenith, middle, haze, sun, tint = _FUTURE_NIGHT
    colors = [rgb(color) for color in (zenith, middle, haze, sun)]
    warm = np.array(tint, np.float32)
    gray = {"storm": (_STORM, 0.9), "rain": (_GRAY, 0.8), "overcast": (_GRAY, 0.85), "fog": (_GRAY, 0.6)}
    if scene.weather in gray:
        target, amount = gray[scene.weather]
        amount = amount * (0.35 if is_night else 0.6 if scene.time != "day" else 1.0)
        colors = [mix(color, rgb(str(other)), amount) for color, other in zip(colors, target[:4], strict=True)]
        warm = mix(warm, np.array(target[4], np.float32), amount)
    nudge = ((rng.random(3) - 0.5) * 0.05).astype(np.float32)
    low_sun = scene.time in ("golden", "sunset", "dawn")
    return Light(
        zenith=np.clip(colors[0] + nudge, 0, 1),
        middle=np.clip(colors[1] + nudge, 0, 1),
        haze=colors[2],
        sun=colors[3],
        tint=warm,
        sun_x_part=_sun_x(rng),
        sun_y_part=float(0.68 + 0.13 * rng.random()) if low_sun else float(0.22 + 0.18 * rng.random()),
        is_night=is_night,
        is_sunny=not is_night and scene.weather is None,
    )


def _sun_x(rng: np.random.Generator) -> float:
    """Left or right of the middle, where the main subject is not."""
    side = 0.16 + 0.2 * float(rng.random())
    return side if rng.random() < 0.5 else 1 - side


def plain_light(color: Floats) -> Light:
    """Soft light of a studio whose backdrop has this color."""
    white = rgb("ffffff")
    return Light(
        zenith=color,
        middle=color,
        haze=mix(color, white, 0.5),
        sun=white,
        tint=mix(white, color, 0.08),
        sun_x_part=0.25,
        sun_y_part=0.2,
        is_night=False,
        is_sunny=False,
    )
