"""A scene drawn: backdrop, subjects, weather, lens, style, lettering. And the mark every sandbox picture carries."""

from __future__ import annotations

import io
import math
from importlib import resources

from PIL import Image, ImageDraw, ImageFont

from limner.providers.sandbox.paint import backdrops, backdrops_sky, lens, lettering, logos, pixels, subjects
from limner.providers.sandbox.prompt.scene import Scene
from limner.providers.sandbox.styles import styles

LONGEST_PX = 1536
MOST_PIXELS = 1_600_000
SHORTEST_PX = 96
MARK_TEXT = "SANDBOX"


def draw(scene: Scene, width: int, height: int) -> Image.Image:
    """The scene as an RGB picture of exactly `width` x `height`, without the mark.

    Worked at most 1536 px on the long side and 1.6 megapixels, and resampled to larger sizes; very small sizes are
    drawn larger and reduced. `ValueError` for a side below 1.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a picture needs two positive sides, not {width}x{height}")
    work_width, work_height = working_size(width, height)
    if scene.kind == "logo":
        image = logos.draw_logo(scene, work_width, work_height)
    else:
        image = _scene(scene, work_width, work_height)
    image = lettering.letter(image, scene)
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    return image.convert("RGB")


def working_size(width: int, height: int) -> tuple[int, int]:
    """The size a picture is painted at before it is resampled to the size asked for."""
    down = min(1.0, LONGEST_PX / max(width, height), math.sqrt(MOST_PIXELS / (width * height)))
    up = max(1.0, SHORTEST_PX / (min(width, height) * down))
    scale = min(down * up, LONGEST_PX / max(width, height)) if up > 1 else down
    return max(24, round(width * scale)), max(24, round(height * scale))


def _scene(scene: Scene, width: int, height: int) -> Image.Image:
    canvas, stage = backdrops.paint(scene, width, height)
    lens.soften_backdrop(canvas, scene)
    lens.glow(canvas, scene)
    subjects.paint_subjects(canvas, scene, stage)
    if stage.name == "land":
        backdrops_sky.paint_weather(canvas, scene)
    lens.grade(canvas, scene)
    image = lens.bend(lens.curved(canvas.image()), scene)
    mask = pixels.to_mask(canvas.mask) if scene.subjects else None
    return styles.apply(image, scene.styles, seed=scene.stream, colors=scene.colors, subject_mask=mask)


def mark(image: Image.Image) -> Image.Image:
    """The picture with the small SANDBOX pill at the lower right; legible on anything, whatever the size."""
    marked = image.convert("RGB")
    width, height = marked.size
    text_px = max(9, min(width, height) // 62)
    pill = _pill(text_px)
    room = (max(8, width - 4), max(4, height - 4))
    if pill.width > room[0] or pill.height > room[1]:
        scale = min(room[0] / pill.width, room[1] / pill.height)
        pill = pill.resize(
            (max(1, int(pill.width * scale)), max(1, int(pill.height * scale))), Image.Resampling.LANCZOS
        )
    inset = max(1, min(text_px // 2, (width - pill.width) // 2, (height - pill.height) // 2))
    at = (max(0, width - pill.width - inset), max(0, height - pill.height - inset))
    marked.paste(pill, at, pill)
    return marked


def _pill(text_px: int) -> Image.Image:
    """The pill itself, drawn at three times its size for smooth edges."""
    finer = 3
    font = _mark_font(text_px * finer)
    text_width = font.getlength(MARK_TEXT)
    width, height = round(text_width + 1.6 * text_px * finer), round(1.75 * text_px * finer)
    pill = Image.new("RGBA", (width, height))
    pen = ImageDraw.Draw(pill)
    pen.rounded_rectangle(
        [0, 0, width - 1, height - 1], height / 2, fill=(16, 18, 26, 190), outline=(255, 255, 255, 110), width=finer
    )
    pen.text((width / 2, height / 2), MARK_TEXT, font=font, fill=(255, 255, 255, 250), anchor="mm")
    return pill.resize((max(1, width // finer), max(1, height // finer)), Image.Resampling.LANCZOS)


def _mark_font(size_px: int) -> ImageFont.FreeTypeFont:
    source = resources.files("limner.providers.sandbox").joinpath("assets/fonts/inter-bold.woff2")
    return ImageFont.truetype(io.BytesIO(source.read_bytes()), size_px)
