"""Styles of film and print: black and white, noir, sepia, vintage, polaroid, duotone, pop art and art deco."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from limner.providers.sandbox.paint import pixels
from limner.providers.sandbox.paint.pixels import Floats
from limner.providers.sandbox.styles.base import Sitting, Style, flat_patches


def _stretched(luma: Floats, cut_percent: float = 1.5) -> Floats:
    low, high = np.percentile(luma[::4, ::4], (cut_percent, 100 - cut_percent))
    return np.asarray(np.clip((luma - low) / max(0.08, float(high - low)), 0, 1))


def bw(sitting: Sitting) -> Image.Image:
    """Black-and-white film: a full tone scale, fine grain."""
    luma = _stretched(sitting.values @ np.array([0.40, 0.46, 0.14], np.float32), 0.6)
    curve = pixels.mix(luma, pixels.smoothstep(0, 1, luma), 0.55)
    return pixels.to_image(pixels.vignette(pixels.film_grain(curve, sitting.rng, 0.022), 0.30))


def noir(sitting: Sitting) -> Image.Image:
    """Film noir: deep shadow, one hard light through blinds, grain."""
    width, height = sitting.size
    luma = _stretched(sitting.values @ np.array([0.50, 0.38, 0.12], np.float32))
    hard = pixels.smoothstep(0.12, 0.92, luma) ** 1.1
    x, y = pixels.grid(width, height)
    bars = np.sin((y + x * 0.30) * 52 * (height / width) ** 0.5)
    blinds = 0.42 + 0.58 * pixels.smoothstep(-0.35, 0.25, bars)
    pool = np.exp(-(((x - 0.5 + (y - 0.5) * 0.12) / 0.34) ** 2 + ((y - 0.44) / 0.40) ** 2))
    light = 0.20 + pool * blinds * 0.98
    values = hard * np.clip(light, 0, 1.1) + 0.012
    glow = pixels.blur(values, 10 * sitting.unit_px)
    values = pixels.screen(values, glow * 0.22)
    toned = pixels.vignette(pixels.film_grain(values, sitting.rng, 0.024), 0.55)
    return pixels.to_image(toned[..., None] * np.array([0.97, 1.0, 1.03], np.float32))


def sepia(sitting: Sitting) -> Image.Image:
    """A brown-toned print of about 1900."""
    luma = pixels.film_grain(_stretched(sitting.luma, 0.8), sitting.rng, 0.02)
    ramp = pixels.gradient_map(luma, [pixels.rgb(c) for c in ("1f120a", "6b4626", "c49a6c", "f7e9cb")])
    return pixels.to_image(pixels.vignette(ramp, 0.38))


def vintage(sitting: Sitting) -> Image.Image:
    """A faded colour photograph of the seventies: lifted blacks, warm lights, teal shadows, a light leak."""
    width, height = sitting.size
    values = pixels.contrast(pixels.saturate(sitting.values, 0.78), 0.86) * 0.92 + 0.09
    luma = pixels.gray(values)[..., None]
    values = values * (pixels.rgb("ffe9c4") * luma + pixels.rgb("d2ecea") * (1 - luma)) * 1.06
    x, y = pixels.grid(width, height)
    leak = np.exp(-(((x - 1.02) / 0.22) ** 2)) * (0.55 + 0.45 * np.sin(y * 3.2 + 0.6))
    values = pixels.screen(values, leak[..., None] * pixels.rgb("ff7a3c") * 0.42)
    return pixels.to_image(pixels.vignette(pixels.film_grain(values, sitting.rng, 0.022), 0.42))


def duotone(sitting: Sitting) -> Image.Image:
    """Two inks: the named colours, or navy and apricot."""
    dark, light = pixels.rgb("14184f"), pixels.rgb("ffc58f")
    named = sorted(sitting.colors[:2], key=sum)
    if len(named) == 2:
        dark, light = pixels.unit_rgb(named[0]) * 0.55, pixels.unit_rgb(named[1]) * 0.45 + 0.55
    elif named:
        dark, light = pixels.unit_rgb(named[0]) * 0.28, pixels.unit_rgb(named[0]) * 0.35 + 0.65
    luma = pixels.smoothstep(-0.06, 1.02, _stretched(sitting.luma))
    return pixels.to_image(pixels.film_grain(pixels.gradient_map(luma, [dark, light]), sitting.rng, 0.012))


def polaroid(sitting: Sitting) -> Image.Image:
    """An instant print lying on a table, a little askew."""
    width, height = sitting.size
    print_height = round(min(height * 0.9, width * 0.9 * 1.19))
    print_width = round(print_height / 1.19)
    edge = round(print_width * 0.062)
    window = (print_width - 2 * edge, round(print_height * 0.80))
    faded = pixels.saturate(sitting.values, 0.88) * np.array([0.90, 0.88, 0.82], np.float32) + 0.085
    photo = ImageOps.fit(pixels.to_image(pixels.vignette(faded, 0.22)), window, Image.Resampling.LANCZOS)
    card = Image.new("RGB", (print_width, print_height), (250, 248, 243))
    card.paste(photo, (edge, edge))
    ImageDraw.Draw(card).rectangle((edge - 1, edge - 1, edge + window[0], edge + window[1]), outline=(216, 212, 204))
    return _laid_on_table(sitting, card)


def _laid_on_table(sitting: Sitting, card: Image.Image) -> Image.Image:
    width, height = sitting.size
    grain = pixels.cloud_noise(width, height, sitting.rng, cells=3, octaves=6)[..., None]
    table = pixels.to_image(pixels.vignette(pixels.rgb("b9a58e") * (0.80 + 0.34 * grain), 0.3))
    angle = -2.4
    turned = card.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    shape = Image.new("L", card.size, 255).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    left, top = (width - turned.width) // 2, (height - turned.height) // 2
    shadow = Image.new("L", (width, height))
    shadow.paste(170, (left + round(width * 0.008), top + round(height * 0.014)), shape)
    table.paste((38, 28, 20), (0, 0), shadow.filter(ImageFilter.GaussianBlur(14 * sitting.unit_px)))
    table.paste(turned, (left, top), shape)
    return table


def cinematic(sitting: Sitting) -> Image.Image:
    """A film still: teal shadows, orange lights, deep contrast, soft highlights, black bars above and below."""
    width, height = sitting.size
    values = _graded(sitting)
    bar = round(max(0.0, height - width / 2.2) / 2) if width > height else 0
    bar = min(bar, round(height * 0.13)) or round(height * 0.055)
    values[:bar] = 0
    values[height - bar :] = 0
    return pixels.to_image(values)


def dramatic(sitting: Sitting) -> Image.Image:
    """The light and colors of a film still, without its bars: what is asked for as dramatic or cinematic light."""
    return pixels.to_image(_graded(sitting))


def _graded(sitting: Sitting) -> Floats:
    values = pixels.contrast(sitting.values, 1.16, 0.46)
    luma = np.clip(pixels.gray(values), 0, 1)[..., None]
    tone = pixels.rgb("2f8f9e") * (1 - luma) + pixels.rgb("ffb877") * luma
    values = pixels.mix(pixels.saturate(values, 0.82), tone * (0.25 + luma * 0.95), 0.38)
    glow = pixels.blur(np.clip(values - 0.55, 0, 1), 24 * sitting.unit_px)
    return pixels.vignette(pixels.film_grain(pixels.screen(values, glow * 0.6), sitting.rng, 0.012), 0.36)


_POP_PALETTES = (
    ("1b1035", "e6007e", "ff9f1c", "fff04d"),
    ("0b1d51", "0079ff", "00dfa2", "f6fa70"),
    ("2b0a3d", "8a2be2", "ff4d6d", "ffd6e0"),
    ("07251f", "e63946", "ffb703", "fefae0"),
)


def popart(sitting: Sitting) -> Image.Image:
    """Four screen prints of the picture, each in its own inks, with halftone dots and black lines."""
    width, height = sitting.size
    tile_width, tile_height = (width + 1) // 2, (height + 1) // 2
    tile = sitting.image.convert("RGB").resize((tile_width, tile_height), Image.Resampling.LANCZOS)
    luma = _stretched(pixels.gray(flat_patches(tile, 4, scale=1.0)), 3)
    cell = max(3.0, 7.5 * sitting.unit_px)
    x, y = np.arange(tile_width)[None, :], np.arange(tile_height)[:, None]
    dots = np.cos((x + y) * (np.pi / cell)) * np.cos((x - y) * (np.pi / cell))
    tones = pixels.smoothstep(-0.08, 0.08, (luma * 3 - np.floor(luma * 3)) * 2 - 1 + dots * 0.9)
    level = (np.floor(np.clip(luma * 3, 0, 2.999)) + tones) / 3
    lines = np.clip(pixels.edge_strength(pixels.blur(luma, 1.3)) * 12 - 0.25, 0, 1)
    sheet = Image.new("RGB", (width, height))
    for index, palette in enumerate(_POP_PALETTES):
        inks = pixels.gradient_map(level, [pixels.rgb(c) for c in palette])
        panel = pixels.to_image(pixels.mix(inks, pixels.rgb("111014"), lines * 0.9))
        sheet.paste(panel, ((index % 2) * (width - tile_width), (index // 2) * (height - tile_height)))
    return sheet


def artdeco(sitting: Sitting) -> Image.Image:
    """A poster of the twenties: five flat inks, sun rays, a stepped gold frame."""
    width, height = sitting.size
    flat = flat_patches(sitting.image, 6)
    luma = _stretched(pixels.gray(flat), 3)
    inks = np.stack([pixels.rgb(c) for c in ("0b1b2b", "12454f", "2a7f7a", "d9a21b", "f4e6bd")])
    position = luma * 4.999
    index = np.clip(position.astype(np.intp), 0, 4)
    warm = (flat[..., 0] - flat[..., 2]) > 0.22
    index = np.where(warm & (index == 2), 3, index)
    values = inks[index]
    x, y = pixels.grid(width, height)
    rays = np.sin(np.arctan2((y - 0.96) * height, (x - 0.5) * width) * 36)
    fade = np.clip(1 - y * 1.25, 0, 1) * pixels.smoothstep(0.30, 0.65, luma)
    values = pixels.mix(values, inks[4], pixels.smoothstep(-0.1, 0.1, rays) * fade * 0.30)
    image = pixels.to_image(values)
    _stepped_frame(image)
    return image


def _stepped_frame(image: Image.Image) -> None:
    width, height = image.size
    side = min(width, height)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width - 1, height - 1), outline=(11, 27, 43), width=max(1, round(side * 0.024)))
    for inset, thick in ((0.024, 0.007), (0.038, 0.002), (0.046, 0.002)):
        at = round(side * inset)
        draw.rectangle(
            (at, at, width - 1 - at, height - 1 - at), outline=(217, 162, 27), width=max(1, round(side * thick))
        )
    step = max(2, round(side * 0.014))
    at = round(side * 0.024)
    for corner_x in (at, width - 1 - at - 3 * step):
        for corner_y in (at, height - 1 - at - 3 * step):
            for k in range(3):
                inner = (corner_x + k * step // 2, corner_y + k * step // 2)
                outer = (corner_x + 3 * step - k * step // 2, corner_y + 3 * step - k * step // 2)
                draw.rectangle((*inner, *outer), fill=(217, 162, 27) if k % 2 == 0 else (11, 27, 43))


STYLES: dict[str, Style] = {
    "artdeco": artdeco,
    "bw": bw,
    "cinematic": cinematic,
    "dramatic": dramatic,
    "duotone": duotone,
    "noir": noir,
    "polaroid": polaroid,
    "popart": popart,
    "sepia": sepia,
    "vintage": vintage,
}
