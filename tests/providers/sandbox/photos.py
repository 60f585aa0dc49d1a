"""Photo-like pictures made in code: shaded bodies before soft backgrounds, with sensor noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Floats = npt.NDArray[np.float32]


def _rgb(red: float, green: float, blue: float) -> Floats:
    return np.array([red, green, blue], np.float32)


def _noisy(image: Image.Image, seed: int, strength: float = 0.012) -> Image.Image:
    rng = np.random.default_rng(seed)
    values = np.asarray(image, np.float32) / 255
    values = values + rng.standard_normal(values.shape, dtype=np.float32) * strength
    return Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))


def _ball(values: Floats, center: tuple[float, float], radius: tuple[float, float], color: tuple[float, ...]) -> None:
    height, width = values.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = (x / width - center[0]) / radius[0], (y / height - center[1]) / radius[1]
    inside = 1 - u * u - v * v
    light = np.clip(0.25 + 0.75 * (-0.5 * u - 0.5 * v + 0.7 * np.sqrt(np.clip(inside, 0, 1))), 0.12, 1)
    cover = np.clip(inside * 20, 0, 1)[..., None]
    values += (np.array(color, np.float32) * light[..., None] - values) * cover


def product(size: int = 256) -> Image.Image:
    """A blue ball in the middle of a pale studio wall that darkens to its corners, with a cast shadow."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    values = _rgb(0.86, 0.85, 0.82) * (1.02 - 0.3 * np.hypot(x - 0.45, y - 0.4))[..., None]
    shadow = np.exp(-(((x - 0.53) / 0.2) ** 2 + ((y - 0.74) / 0.04) ** 2))
    values = (values * (1 - 0.5 * shadow)[..., None]).astype(np.float32)
    _ball(values, (0.5, 0.52), (0.2, 0.22), (0.15, 0.35, 0.85))
    return _noisy(Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8)), 1)


def landscape(width: int = 320, height: int = 208) -> Image.Image:
    """Blue sky over gray hills and a rough green field, and on it a red car with dark panes and tyres."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / width
    blue = _rgb(0.30, 0.52, 0.86) + _rgb(0.45, 0.36, 0.10) * np.clip(y / 0.5, 0, 1)[..., None]
    hills = 0.47 + 0.04 * np.sin(x * 9) + 0.02 * np.sin(x * 23)
    values = np.where((y > hills)[..., None], _rgb(0.42, 0.48, 0.56), blue)
    rough = Image.fromarray(rng.random((height // 3, width // 3), dtype=np.float32))
    texture = np.asarray(rough.resize((width, height), Image.Resampling.BICUBIC))
    grass = _rgb(0.26, 0.46, 0.14) * (0.65 + 0.7 * texture)[..., None]
    values = np.where((y > 0.56)[..., None], grass, values)
    image = Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))
    pen = ImageDraw.Draw(image)
    pen.ellipse([width * 0.33, height * 0.84, width * 0.69, height * 0.90], fill=(24, 34, 16))
    pen.rounded_rectangle([width * 0.34, height * 0.70, width * 0.68, height * 0.84], 8, fill=(196, 24, 22))
    pen.polygon([(width * 0.41, height * 0.71), (width * 0.46, height * 0.60), (width * 0.58, height * 0.60),
                 (width * 0.63, height * 0.71)], fill=(180, 20, 20))  # fmt: skip
    pen.rectangle([width * 0.47, height * 0.63, width * 0.56, height * 0.70], fill=(40, 48, 60))
    for center in (0.42, 0.60):
        pen.ellipse(
            [width * (center - 0.035), height * 0.79, width * (center + 0.035), height * 0.90], fill=(24, 24, 26)
        )
    return _noisy(image, 3)


def portrait(size: int = 256) -> Image.Image:
    """A head with brown hair and a blue shirt before a blurred green garden."""
    rng = np.random.default_rng(4)
    blotches = Image.fromarray(rng.random((7, 7), dtype=np.float32)).resize((size, size), Image.Resampling.BICUBIC)
    values = (_rgb(0.36, 0.46, 0.30) * (0.75 + 0.4 * np.asarray(blotches))[..., None]).astype(np.float32)
    _ball(values, (0.5, 1.06), (0.36, 0.40), (0.18, 0.26, 0.62))
    _ball(values, (0.5, 0.66), (0.09, 0.14), (0.80, 0.56, 0.45))
    _ball(values, (0.5, 0.42), (0.205, 0.26), (0.26, 0.15, 0.09))
    _ball(values, (0.5, 0.47), (0.165, 0.21), (0.95, 0.72, 0.60))
    return _noisy(Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8)), 5)


PHOTOS: dict[str, Callable[[], Image.Image]] = {"product": product, "landscape": landscape, "portrait": portrait}


def floats(image: Image.Image) -> Floats:
    """RGB floats 0 to 1."""
    return np.asarray(image.convert("RGB"), np.float32) / np.float32(255)


def mean_color(image: Image.Image, box: tuple[float, float, float, float]) -> tuple[float, float, float]:
    """The mean colour (0 to 1) of a rectangle given in fractions: left, top, right, bottom."""
    width, height = image.size
    left, top, right, bottom = box
    part = floats(image)[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
    red, green, blue = part.mean((0, 1)).tolist()
    return red, green, blue


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures of one size, in steps of 255."""
    return float(np.abs(floats(one) - floats(other)).mean() * 255)
