"""Things put into a finished picture, moved in it or set before another backdrop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from limner.providers.sandbox.edit import mask, raster_fill
from limner.providers.sandbox.edit.ops import Spot
from limner.providers.sandbox.paint import canvas, glyphs, pixels
from limner.providers.sandbox.paint.pixels import Floats
from limner.providers.sandbox.prompt.scene import Role, Subject
from limner.providers.sandbox.prompt.words import COLORS

_HATS = frozenset(
    {"top-hat", "womans-hat", "billed-cap", "crown", "graduation-cap", "rescue-workers-helmet", "military-helmet"}
)
_EYEWEAR = frozenset({"sunglasses", "glasses", "goggles"})
_SKY_THINGS = frozenset(
    {"sun", "full-moon", "crescent-moon", "rainbow", "cloud", "bird", "airplane", "small-airplane", "helicopter"}
    | {"rocket", "balloon", "parachute", "flying-saucer", "butterfly", "kite", "star", "comet", "dove", "eagle"}
    | {"bat", "fireworks", "parrot", "honeybee"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutout:
    """A picture of one thing with soft edges: RGBA, and where its centre and foot shall lie, in pixels."""

    image: Image.Image
    center_x: float
    foot_y: float
    standing: bool


def add(values: Floats, subject: Subject, spot: Spot | None, here: Floats, rng: np.random.Generator) -> Floats:
    """The picture [h, w, 3] with the thing in it, lit as its surroundings are; `here` is the main subject's mask."""
    if subject.role is Role.WEAR and float((here > 0.5).mean()) > 0.002 and subject.glyph in _HATS | _EYEWEAR:
        return paste(values, _worn(values, subject, here), shadow=0.25)
    placed = _standing(values, subject, spot, here, rng)
    back = here if spot == "behind" else None
    for cutout in placed:
        values = paste(values, cutout, shadow=0.62 if cutout.standing else 0.0, hidden_by=back)
    return values


def _icon(subject: Subject, size_px: int) -> Image.Image:
    tint = glyphs.tinter(COLORS[subject.color]) if subject.color in COLORS else None
    sprite = canvas.clay(glyphs.sprite(subject.glyph, max(8, size_px), tint=tint))
    box = sprite.getchannel("A").getbbox()
    return sprite.crop(box) if box else sprite


def _standing(
    values: Floats, subject: Subject, spot: Spot | None, here: Floats, rng: np.random.Generator
) -> list[Cutout]:
    height, width = here.shape
    box = mask.bounds(here)
    in_sky = spot in ("sky", "top") or (spot is None and subject.glyph in _SKY_THINGS)
    tall = float(np.clip((box.bottom - box.top) * 0.85, 0.24, 0.42))
    part = tall * {"behind": 0.62}.get(str(spot), 1.0) * (0.75 if in_sky else 1.0)
    size_px = int(min(height * part, width * 0.40) / max(1.0, subject.count**0.5))
    image = _icon(subject, size_px)
    center = _center_part(spot, box, size_px * (0.5 + 0.5 * subject.count) / width, here)
    if in_sky:
        foot = height * 0.08 + image.height
    elif spot == "behind":
        foot = height * (box.bottom - 0.10 * (box.bottom - box.top))
    else:
        foot = height * float(np.clip(max(box.bottom, 0.78) + 0.015, 0.5, 0.965))
    cutouts = []
    for index in range(subject.count):
        offset = (index - (subject.count - 1) / 2) * image.width * 0.95
        wobble = float(rng.normal()) * height * 0.012 if subject.count > 1 else 0.0
        cutouts.append(Cutout(image=image, center_x=center * width + offset, foot_y=foot + wobble, standing=not in_sky))
    return cutouts


def stand_in(values: Floats, subject: Subject, here: Floats, *, inside: bool = False) -> Floats:
    """The picture with the thing where `here` was: about as large, on the same ground.

    With `inside` it stays within the box of `here`, as in a mask that says where to put it.
    """
    height, width = here.shape
    box = mask.bounds(here)
    box_height, box_width = (box.bottom - box.top) * height, (box.right - box.left) * width
    size_px = min(box_height, box_width) * 0.8 if inside else max(0.12 * height, box_height, box_width * 0.8)
    image = _icon(subject, int(min(size_px, height, width)))
    cutout = Cutout(
        image=image,
        center_x=(box.left + box.right) / 2 * width,
        foot_y=min(box.bottom, 0.985) * height,
        standing=True,
    )
    return paste(values, cutout, shadow=0.62)


def _center_part(spot: Spot | None, box: mask.Box, size: float, here: Floats) -> float:
    """Where across the picture a thing goes, 0 to 1: where it was asked for, else on the emptier side."""
    half = size / 2 + 0.02
    if spot == "left":
        return half + 0.03
    if spot == "right":
        return 1 - half - 0.03
    if spot == "center":
        return 0.5
    if spot in ("sky", "top"):
        return max(half, 0.24) if box.left + box.right > 1 else min(1 - half, 0.76)
    room_left, room_right = box.left, 1 - box.right
    if float((here > 0.5).mean()) < 0.002:
        return 0.62
    right = room_right >= room_left
    beside = box.right + half * 0.9 if right else box.left - half * 0.9
    return float(np.clip(beside, half, 1 - half))


def _worn(values: Floats, subject: Subject, here: Floats) -> Cutout:
    """A hat on top of the subject or glasses before its eyes, by the shape of the upper part of its mask."""
    solid = here > 0.5
    top = int(np.nonzero(solid.any(axis=1))[0].min())
    head_rows, head_left, head_right = _head(solid, top)
    head_width = max(12, head_right - head_left)
    center = (head_left + head_right) / 2
    if subject.glyph in _EYEWEAR:
        image = _icon(subject, int(head_width * 0.92))
        foot = top + head_rows * 0.60 + image.height / 2
    else:
        image = _icon(subject, int(head_width * 1.02))
        foot = max(top + head_rows * 0.24, image.height * 0.92)
    return Cutout(image=image, center_x=center, foot_y=foot, standing=False)


def _head(solid: Floats, top: int) -> tuple[int, int, int]:
    """Height of the head below `top` and its left and right edges, in pixels.

    The head ends at the neck, the first row much narrower than one above it; without a neck it is the top three
    eighths of the subject, around its highest point.
    """
    height = solid.shape[0]
    columns = [np.nonzero(solid[row])[0] for row in range(top, height)]
    peak = float(np.concatenate(columns[:3]).mean())
    spans = [_span_at(found, peak) for found in columns]
    widths = np.array([right - left for left, right in spans], np.float32)
    limit = min(len(widths), max(8, int(0.7 * len(widths))))
    smooth = np.convolve(widths[:limit], np.ones(5) / 5, mode="same")
    widest = 0
    for row in range(2, limit - 2):
        if smooth[row] > smooth[widest]:
            widest = row
        elif smooth[row] < 0.72 * smooth[widest] and row > widest + 3:
            rows = int(row)
            left, right = spans[widest]
            return rows, left, right
    rows = max(8, int(0.38 * len(widths)))
    left, right = spans[min(len(spans) - 1, rows // 2)]
    wanted = min(right - left, int(rows * 1.4))
    middle = int(np.clip(peak, left + wanted / 2, right - wanted / 2))
    return max(8, rows), middle - wanted // 2, middle + wanted // 2


def _span_at(columns: Floats, near: float) -> tuple[int, int]:
    """The unbroken run of columns that is nearest to a position."""
    if len(columns) == 0:
        return int(near), int(near)
    breaks = np.nonzero(np.diff(columns) > 3)[0]
    starts = [int(columns[0]), *(int(columns[at + 1]) for at in breaks)]
    ends = [*(int(columns[at]) for at in breaks), int(columns[-1])]
    gaps = [max(start - near, near - end, 0) for start, end in zip(starts, ends, strict=True)]
    nearest = int(np.argmin(gaps))
    return starts[nearest], ends[nearest]


def paste(values: Floats, cutout: Cutout, *, shadow: float, hidden_by: Floats | None = None) -> Floats:
    """The cutout laid into the picture with a contact shadow and some of the light that falls there."""
    height, width = values.shape[:2]
    left = round(cutout.center_x - cutout.image.width / 2)
    top = round(cutout.foot_y - cutout.image.height)
    layer = Image.new("RGBA", (width, height))
    layer.paste(cutout.image, (left, top))
    alpha = pixels.from_mask(layer.getchannel("A"))
    if hidden_by is not None:
        alpha = alpha * (1 - hidden_by)
    colors = _lit_like(pixels.to_floats(layer.convert("RGB")), alpha, values)
    if shadow > 0:
        dark = _contact_shadow((width, height), cutout) if cutout.standing else _drop_shadow(alpha)
        values = values * (1 - shadow * dark * (1 - alpha))[..., None]
    return pixels.mix(values, colors, alpha)


def _lit_like(colors: Floats, alpha: Floats, values: Floats) -> Floats:
    """The thing's colours in the light around it: brightness and cast of the place, half of each."""
    near = np.clip(pixels.blur(alpha, values.shape[1] / 14) * 3, 0, 1) * (1 - alpha)
    weight = float(near.sum())
    around = (values * near[..., None]).sum((0, 1)) / weight if weight > 1 else values.mean((0, 1))
    brightness = float(np.clip(0.52 + 0.95 * float(around @ pixels.LUMA), 0.45, 1.12))
    cast = np.clip(around / max(0.05, float(around.mean())), 0.6, 1.5) ** 0.28
    return np.asarray(np.clip(colors * cast * brightness, 0, 1))


def _contact_shadow(size: tuple[int, int], cutout: Cutout) -> Floats:
    """A soft dark ellipse under the foot, tight and dark in the middle."""
    width, height = size
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    reach = max(2.0, cutout.image.width * 0.50)
    across, down = (x - cutout.center_x) / reach, (y - cutout.foot_y + reach * 0.03) / (reach * 0.24)
    far = across**2 + down**2
    return np.asarray(np.clip(0.75 * np.exp(-far * 1.6) + 0.45 * np.exp(-far * 6), 0, 1).astype(np.float32))


def _drop_shadow(alpha: Floats) -> Floats:
    soft = pixels.blur(alpha, max(1.5, alpha.shape[1] / 120))
    rows = max(1, alpha.shape[0] // 130)
    moved = np.zeros_like(soft)
    moved[rows:] = soft[:-rows]
    return moved


def cut_out(image: Image.Image, subject: Floats) -> Image.Image:
    """The subject alone: RGBA, its edge colours cleaned of the old background."""
    values = pixels.to_floats(image)
    sure = (pixels.blur(subject, max(1.0, image.width / 500)) > 0.97).astype(np.float32)
    if sure.any():
        inner = raster_fill.membrane(values, sure)
        edge = np.clip((1 - sure) * (subject > 0.02), 0, 1)
        values = pixels.mix(values, np.clip(inner, 0, 1), edge * 0.85)
    result = pixels.to_image(values)
    result.putalpha(pixels.to_mask(subject))
    return result


def before(values: Floats, subject: Floats, backdrop: Floats) -> Floats:
    """The subject before another backdrop [h, w, 3]: edges cleaned, light adapted, a shadow where it stands."""
    height, width = subject.shape
    cut = pixels.to_floats(cut_out(pixels.to_image(values), subject))
    inside = subject > 0.5
    if not inside.any():
        return backdrop
    lit = _adapted(cut, inside, backdrop)
    box = mask.bounds(subject)
    if box.bottom < 0.97:
        foot = Cutout(
            image=Image.new("RGBA", (max(1, round((box.right - box.left) * width)), 1)),
            center_x=(box.left + box.right) / 2 * width,
            foot_y=box.bottom * height,
            standing=True,
        )
        backdrop = backdrop * (1 - 0.55 * _contact_shadow((width, height), foot))[..., None]
    return pixels.mix(backdrop, lit, subject)


def _adapted(cut: Floats, inside: Floats, backdrop: Floats) -> Floats:
    """The subject's own colours a third of the way to the backdrop's brightness and cast."""
    ambient = backdrop.mean((0, 1))
    own = cut[inside].mean(0)
    brightness = float(np.clip((ambient @ pixels.LUMA + 0.25) / (own @ pixels.LUMA + 0.25), 0.55, 1.35)) ** 0.45
    cast = np.clip(ambient / max(0.05, float(ambient.mean())), 0.6, 1.6) ** 0.30
    return np.asarray(np.clip(cut * brightness * cast, 0, 1))


def moved(values: Floats, subject: Floats, *, factor: float = 1.0, spot: str | None = None) -> Floats:
    """The subject larger, smaller or elsewhere, the place it left closed."""
    height, width = subject.shape
    box = mask.bounds(subject)
    plate = raster_fill.without(values, raster_fill.with_footprint(values, subject))
    cut = cut_out(pixels.to_image(values), subject)
    area = (round(box.left * width), round(box.top * height), round(box.right * width), round(box.bottom * height))
    piece = cut.crop(area)
    size = (max(2, round(piece.width * factor)), max(2, round(piece.height * factor)))
    piece = piece.resize(size, Image.Resampling.LANCZOS)
    center, foot = _new_place(box, spot, piece.width / width, piece.height / height)
    standing = box.bottom < 0.97 and spot != "top"
    cutout = Cutout(image=piece, center_x=center * width, foot_y=foot * height, standing=standing)
    return _pasted_plain(plate, cutout)


def _new_place(box: mask.Box, spot: str | None, width: float, height: float) -> tuple[float, float]:
    center, foot = (box.left + box.right) / 2, box.bottom
    if spot == "left":
        center = width / 2 + 0.03
    elif spot == "right":
        center = 1 - width / 2 - 0.03
    elif spot == "center":
        center = 0.5
    elif spot == "top":
        foot = height + 0.05
    elif spot == "bottom":
        foot = 0.96
    return center, foot


def _pasted_plain(values: Floats, cutout: Cutout) -> Floats:
    """The cutout in its own light, with a contact shadow if it stands."""
    height, width = values.shape[:2]
    layer = Image.new("RGBA", (width, height))
    place = (round(cutout.center_x - cutout.image.width / 2), round(cutout.foot_y - cutout.image.height))
    layer.paste(cutout.image, place)
    if cutout.standing:
        values = values * (1 - 0.5 * _contact_shadow((width, height), cutout))[..., None]
    return pixels.mix(values, pixels.to_floats(layer.convert("RGB")), pixels.from_mask(layer.getchannel("A")))


def combined(values: Floats, here: Floats, other: Image.Image, index: int, count: int) -> Floats:
    """The subject of another picture put beside the main one, standing on the same ground."""
    height, width = here.shape
    work = other.copy()
    work.thumbnail((max(64, width), max(64, height)), Image.Resampling.LANCZOS)
    piece_mask = mask.subject(work)
    box = mask.bounds(piece_mask)
    area = (
        round(box.left * work.width),
        round(box.top * work.height),
        max(round(box.left * work.width) + 2, round(box.right * work.width)),
        max(round(box.top * work.height) + 2, round(box.bottom * work.height)),
    )
    piece = cut_out(work.convert("RGB"), piece_mask).crop(area)
    own = mask.bounds(here)
    tall = float(np.clip((own.bottom - own.top) * 0.95, 0.28, 0.62)) * height
    scale = min(tall / piece.height, width * 0.46 / piece.width)
    size = (max(2, round(piece.width * scale)), max(2, round(piece.height * scale)))
    piece = piece.resize(size, Image.Resampling.LANCZOS)
    cut_off = box.bottom > 0.97
    foot = height if cut_off else height * float(np.clip(own.bottom + 0.01, 0.6, 0.97))
    first = _center_part(None, own, piece.width / width, here)
    center = first if index == 0 else float(np.clip(1 - first + 0.1 * (index - count / 2), 0.15, 0.85))
    cutout = Cutout(image=piece, center_x=center * width, foot_y=foot, standing=not cut_off)
    return paste(values, cutout, shadow=0.55 if cutout.standing else 0.0)


def framed_insets(image: Image.Image, others: tuple[Image.Image, ...]) -> Image.Image:
    """Further pictures as small white-framed prints along the bottom edge."""
    out = image.convert("RGB").copy()
    width, height = out.size
    count = min(4, len(others))
    side = round(min(width, height) * (0.26 if count <= 2 else 0.20))
    gap = round(side * 0.12)
    for index, other in enumerate(others[:count]):
        inner = max(4, side - 2 * max(1, side // 24))
        photo = other.convert("RGB").copy()
        photo.thumbnail((inner, inner), Image.Resampling.LANCZOS)
        edge = max(1, side // 24)
        card = Image.new("RGB", (photo.width + 2 * edge, photo.height + 2 * edge), (252, 251, 247))
        card.paste(photo, (edge, edge))
        left, top = gap + index * (side + gap), height - gap - card.height
        shade = Image.new("L", out.size)
        shade.paste(150, (left, top + edge, left + card.width, top + card.height + edge))
        out.paste((12, 12, 16), (0, 0), shade.filter(ImageFilter.GaussianBlur(max(1, side // 28))))
        out.paste(card, (left, top))
    return out
