"""The pictures of the documentation: drawn by the sandbox with fixed seeds, so that anyone can make them again."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageStat

from limner import Client

JPEG_QUALITY = 86
MAX_DIFFERENCE = 5.0
"""Mean difference, in steps of 255, up to which two pictures count as the same: other processors round otherwise."""

_GAP_PX = 8
_STRIP_WIDTH_PX = 1400
_STYLES = (
    "oil painting",
    "watercolor",
    "pencil sketch",
    "pixel art",
    "stained glass",
    "pop art",
    "origami",
    "film noir",
)
_SCENES = (
    "a pig with wings and a top hat over a futuristic city, golden hour",
    "a sailing boat on a lake in front of snowy mountains at sunset",
    "a neon sign with the text 'OPEN' on a wall at night",
    "a logo for a coffee shop called 'Fernweh'",
    "wind turbines on green hills with wildflowers, golden hour",
    "two red balloons over a beach",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture to draw."""

    prompt: str
    seed: int
    aspect_ratio: str = "4:3"
    resolution: str = "512"


FOX = Shot(
    prompt="a red fox in a field of lavender in front of a mountain lake at sunset",
    seed=5,
    aspect_ratio="16:9",
    resolution="1K",
)
CAR = Shot(prompt="a red car on a beach at sunset", seed=6, resolution="1K")
LOCKED = Shot(prompt="a red fox in a meadow in front of mountains at day", seed=5)
EDITS = ("make the car yellow", "add a llama next to the car", "make it night")


def pictures() -> Iterator[tuple[str, Image.Image]]:
    """Every picture by its name in `docs/images/`."""
    with tempfile.TemporaryDirectory() as home, Client(connection="sandbox", home=home) as limner:
        yield "fox.jpg", _drawn(limner, FOX)
        yield "edits.jpg", sheet(_edited(limner), columns=4)
        yield "locked.jpg", sheet(_locked(limner), columns=4)
        yield "styles.jpg", sheet([_drawn(limner, _in_style(style)) for style in _STYLES], columns=4)
        shots = [Shot(prompt=prompt, seed=3) for prompt in _SCENES]
        yield "scenes.jpg", sheet([_drawn(limner, shot) for shot in shots], columns=3)


def encoded(picture: Image.Image) -> bytes:
    """The picture as a JPEG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return buffer.getvalue()


def is_same(picture: Image.Image, path: Path) -> bool:
    """Whether the file shows the picture, as far as an eye can tell."""
    if not path.exists():
        return False
    with Image.open(path) as stored, Image.open(io.BytesIO(encoded(picture))) as fresh:
        if stored.size != fresh.size:
            return False
        bands = ImageStat.Stat(ImageChops.difference(stored.convert("RGB"), fresh)).mean
    return sum(bands) / len(bands) <= MAX_DIFFERENCE


def _drawn(limner: Client, shot: Shot) -> Image.Image:
    result = limner.generate(
        shot.prompt, aspect_ratio=shot.aspect_ratio, resolution=shot.resolution, seed=shot.seed, model="sandbox-1"
    )
    return read_rgb(result.images[0].path)


def _edited(limner: Client) -> list[Image.Image]:
    """The car, then each edit of the picture before."""
    first = limner.generate(CAR.prompt, aspect_ratio=CAR.aspect_ratio, seed=CAR.seed, model="sandbox-1")
    images = [first.images[0]]
    for instruction in EDITS:
        images.append(limner.edit(instruction, images=[images[-1]], model="sandbox-1").images[0])
    return [read_rgb(image.path) for image in images]


def _locked(limner: Client) -> list[Image.Image]:
    """A picture, an edit of it with what changed outside a box, the locked edit, and a cut-out on two colors."""
    day = limner.generate(LOCKED.prompt, aspect_ratio=LOCKED.aspect_ratio, seed=LOCKED.seed, model="sandbox-1").images[
        0
    ]
    result = limner.edit(
        "make it night", images=[day], box="50%,0%,50%,100%", lock=True, feather_px=120, model="sandbox-1"
    )
    locked = result.finished[0].made
    sticker = limner.generate("a sticker of a frog", aspect_ratio="4:3", seed=2, transparent="key", model="sandbox-1")
    cutout = sticker.finished[0].made
    assert locked is not None
    assert cutout is not None
    with Image.open(cutout.path) as opened:
        alpha = opened.convert("RGBA")
    ground = Image.new("RGBA", alpha.size, "#f2b84b")
    ground.paste("#3f7cac", (alpha.width // 2, 0, alpha.width, alpha.height))
    on_colors = Image.alpha_composite(ground, alpha).convert("RGB")
    return [read_rgb(day.path), read_rgb(result.images[0].path), read_rgb(locked.path), on_colors]


def _in_style(style: str) -> Shot:
    return Shot(prompt=f"a red fox in a meadow in front of mountains, {style}", seed=3)


def read_rgb(path: Path) -> Image.Image:
    """The picture in a file."""
    with Image.open(path) as image:
        return image.convert("RGB")


def sheet(images: list[Image.Image], *, columns: int) -> Image.Image:
    """The pictures side by side in rows, on white, in the shape of the first."""
    width = (_STRIP_WIDTH_PX - _GAP_PX * (columns - 1)) // columns
    height = round(width * images[0].height / images[0].width)
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (_STRIP_WIDTH_PX, rows * height + _GAP_PX * (rows - 1)), "white")
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        small = image.resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (column * (width + _GAP_PX), row * (height + _GAP_PX)))
    return sheet
