"""One subject as a lit RGBA figure: icon, body, color, material, and what it wears, holds or rides."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from limner.providers.sandbox.paint import bodies, glyphs
from limner.providers.sandbox.paint.canvas import clay, layer_rng
from limner.providers.sandbox.paint.glyphs import Tint
from limner.providers.sandbox.paint.pixels import Rgb
from limner.providers.sandbox.prompt.scene import Role, Scene, Subject
from limner.providers.sandbox.prompt.things import VESSELS
from limner.providers.sandbox.prompt.words import COLORS

PORTRAITS = {
    "woman-standing": "woman",
    "man-standing": "man",
    "person-standing": "person",
    "dog": "dog-face",
    "cat": "cat-face",
    "horse": "horse-face",
    "pig": "pig-face",
    "cow": "cow-face",
    "rabbit": "rabbit-face",
    "tiger": "tiger-face",
    "mouse": "mouse-face",
    "monkey": "monkey-face",
}
BIG_HEADS = frozenset(
    {"woman", "man", "person", "girl", "boy", "child", "old-man", "old-woman", "older-person", "baby"}
)
BIG_HEADS |= {
    f"{who}-{hair}" for who in ("woman", "man", "person") for hair in ("beard", "bald", "blonde-hair", "curly-hair")
}
STANDING = {"woman": "woman-standing", "man": "man-standing", "person": "person-standing"}
FLYERS = frozenset(
    [
        "rocket",
        "hot-air-balloon",
        "airplane",
        "small-airplane",
        "helicopter",
        "bird",
        "eagle",
        "dove",
        "bat",
        "butterfly",
        "honeybee",
        "kite",
        "parachute",
        "flying-saucer",
        "dragon",
        "balloon",
        "owl",
        "parrot",
        "blackbird",
        "airplane-departure",
        "ghost",
        "superhero",
        "man-superhero",
        "satellite",
        "shooting-star",
        "baby-angel",
        "woman-fairy",
        "seagull",
        "comet",
        "cloud",
        "snowflake",
    ]
)
SWIMMERS = frozenset(
    [
        "sailboat",
        "speedboat",
        "ship",
        "passenger-ship",
        "ferry",
        "canoe",
        "motor-boat",
        "duck",
        "swan",
        "dolphin",
        "whale",
        "spouting-whale",
        "shark",
        "seal",
        "fish",
        "tropical-fish",
        "otter",
        "ring-buoy",
        "man-surfing",
        "man-swimming",
        "woman-swimming",
        "man-rowing-boat",
        "penguin",
    ]
)
MATERIALS: dict[str, Rgb] = {
    "gold": (222, 172, 44),
    "silver": (186, 194, 202),
    "bronze": (172, 112, 56),
    "copper": (190, 104, 62),
    "wood": (158, 108, 64),
    "stone": (150, 148, 144),
    "marble": (232, 230, 226),
    "glass": (176, 220, 232),
    "ice": (186, 224, 244),
    "paper": (244, 240, 230),
    "cheese": (252, 200, 60),
    "chocolate": (104, 62, 38),
    "candy": (255, 120, 170),
    "clay": (196, 120, 84),
    "metal": (164, 172, 182),
    "steel": (164, 172, 182),
    "wool": (236, 226, 210),
    "fire": (250, 120, 30),
    "water": (80, 170, 230),
    "leaves": (84, 150, 64),
}
_SKINS = (
    ((255, 219, 172), (241, 194, 125), (217, 160, 102)),
    ((241, 194, 125), (224, 172, 105), (192, 138, 80)),
    ((198, 134, 66), (181, 118, 58), (148, 92, 44)),
    ((141, 85, 36), (127, 74, 30), (99, 55, 20)),
)
_HAIRS = ((43, 32, 25), (74, 47, 31), (107, 68, 35), (168, 116, 58), (201, 160, 99), (96, 40, 24))
_MOUTH: Rgb = (0x99, 0x08, 0x39)
_SERIOUS = frozenset({"noir", "renaissance", "charcoal"})

# Where the head of an icon is: eyes x, eyes y, head width, top of the head, in parts of the icon.
HEADS: dict[str, tuple[float, float, float, float]] = {
    "pig": (0.17, 0.45, 0.34, 0.30),
    "dog": (0.22, 0.27, 0.30, 0.18),
    "cat": (0.21, 0.34, 0.32, 0.22),
    "horse": (0.24, 0.27, 0.26, 0.14),
    "cow": (0.20, 0.28, 0.28, 0.16),
    "llama": (0.20, 0.225, 0.27, 0.09),
    "deer": (0.19, 0.26, 0.24, 0.22),
    "tiger": (0.16, 0.34, 0.26, 0.20),
    "elephant": (0.22, 0.30, 0.34, 0.10),
    "penguin": (0.50, 0.25, 0.44, 0.06),
    "owl": (0.50, 0.27, 0.56, 0.06),
    "parrot": (0.22, 0.20, 0.30, 0.06),
    "duck": (0.26, 0.26, 0.28, 0.12),
    "dragon": (0.34, 0.24, 0.36, 0.10),
    "monkey": (0.30, 0.25, 0.30, 0.08),
    "rabbit": (0.20, 0.36, 0.30, 0.16),
    "snowman": (0.50, 0.26, 0.42, 0.10),
    "teddy-bear": (0.50, 0.30, 0.50, 0.08),
    "ewe": (0.22, 0.36, 0.28, 0.24),
    "goat": (0.22, 0.30, 0.28, 0.18),
    "giraffe": (0.24, 0.16, 0.22, 0.08),
    "polar-bear": (0.50, 0.50, 0.62, 0.16),
}
_FACE = (0.50, 0.52, 0.72, 0.10)
_SAT = (0.50, 0.30, 0.46, 0.05)
_BUST = (0.50, 0.40, 0.50, 0.10)
_STANDING = (0.50, 0.24, 0.34, 0.03)
_ROBOT = (0.50, 0.235, 0.40, 0.06)
# Where a rider sits: height of the seat and its middle, in parts of the mount's icon.
SEATS: dict[str, tuple[float, float]] = {
    "horse": (0.39, 0.64),
    "unicorn": (0.39, 0.64),
    "elephant": (0.20, 0.55),
    "two-hump-camel": (0.34, 0.55),
    "llama": (0.42, 0.60),
    "couch-and-lamp": (0.66, 0.36),
    "sofa": (0.60, 0.50),
    "chair": (0.60, 0.50),
    "bed": (0.60, 0.55),
    "bicycle": (0.36, 0.52),
    "motorcycle": (0.42, 0.55),
    "motor-scooter": (0.50, 0.55),
    "skateboard": (0.74, 0.50),
    "rocket": (0.34, 0.55),
    "dragon": (0.44, 0.62),
    "dolphin": (0.34, 0.52),
    "whale": (0.36, 0.50),
    "automobile": (0.30, 0.50),
    "canoe": (0.52, 0.50),
    "sailboat": (0.64, 0.40),
    "tractor": (0.30, 0.45),
}
_RIM_PART = 0.16


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure ready to place: RGBA, where its feet are, and how tall the main icon is in it."""

    image: Image.Image
    foot_x: int
    foot_y: int
    size_px: int


@dataclass(frozen=True, slots=True)
class _Tile:
    """An oversize transparent sheet that a figure is put together on, `size` being the main icon's side."""

    sheet: Image.Image
    left: int
    top: int
    size: int

    def lay(self, sprite: Image.Image, x_part: float, y_part: float) -> None:
        """A sprite with its center at a part of the main icon."""
        x = round(self.left + x_part * self.size - sprite.width / 2)
        y = round(self.top + y_part * self.size - sprite.height / 2)
        self.sheet.alpha_composite(sprite, (max(0, x), max(0, y))) if x >= 0 and y >= 0 else self.sheet.paste(
            sprite, (x, y), sprite
        )


def figure(
    scene: Scene,
    main: Subject,
    attached: Sequence[Subject],
    size_px: int,
    *,
    number: int = 0,
    portrait: bool = False,
    from_left: bool = True,
) -> Figure:
    """The main subject with everything attached to it; `number` tells copies apart."""
    rides = any(subject.role is Role.RIDE for subject in attached)
    icon, head = _main_icon(scene, main, size_px, number=number, portrait=portrait, rides=rides)
    pad = size_px
    umbrella = next((subject for subject in attached if subject.glyph == "umbrella"), None)
    tile = _Tile(Image.new("RGBA", (size_px + 2 * pad, size_px + 2 * pad)), pad, pad, size_px)
    lit = _Lighter(scene, from_left)
    mount = next((subject for subject in attached if subject.role is Role.RIDE), None)
    if mount is not None:
        _lay_mounted(tile, lit, mount, lit.solid(icon), main)
    else:
        _lay_wings(tile, lit, attached)
        if umbrella is not None and umbrella.role is Role.HOLD:
            tile.lay(lit.sprite(umbrella, round(size_px * 0.95)), 0.66, 0.10)
        tile.sheet.alpha_composite(lit.solid(icon), (tile.left, tile.top))
    for subject in attached:
        if subject.role is Role.WEAR and subject.glyph != "wing":
            _lay_worn(tile, lit, subject, head)
        elif subject.role is Role.HOLD and (subject is not umbrella or mount is not None):
            _lay_held(tile, lit, subject, main.glyph, portrait=portrait)
    return _cropped(tile, pad + size_px // 2, size_px)


def has_head(glyph: str) -> bool:
    """Whether a portrait of this icon can be taken."""
    return fills_portrait(glyph) or glyph in HEADS


def fills_portrait(glyph: str) -> bool:
    """Whether the icon becomes head and shoulders in a portrait; other animals are shown large and cut off."""
    face = PORTRAITS.get(glyph, glyph)
    return face in BIG_HEADS | bodies.SITTING or face == "robot" or glyphs.is_person(face) or "face" in face


def eyes_part(glyph: str) -> tuple[float, float]:
    """Where the eyes are, in parts of the icon."""
    x, y, _, _ = HEADS.get(glyph, _FACE)
    return x, y


def icon_of(scene: Scene, subject: Subject, size_px: int, *, number: int = 0) -> Image.Image:
    """The flat icon of a subject in its color, material, or a person's skin and hair; a gift if unknown."""
    tint = tint_of(scene, subject, number=number)
    return glyphs.sprite(known_glyph(subject.glyph), max(4, size_px), tint=tint)


def known_glyph(name: str) -> str:
    """The icon's name, or a plain gift's for a name that a client made up."""
    return name if glyphs.is_known(name) else "wrapped-gift"


def tint_of(scene: Scene, subject: Subject, *, number: int = 0) -> Tint | None:
    """How the fills of a subject's icon change, or None."""
    if subject.color in COLORS:
        return glyphs.recolored(known_glyph(subject.glyph), COLORS[subject.color])
    if scene.material in MATERIALS and subject.role is Role.MAIN:
        return glyphs.tinter(MATERIALS[scene.material])
    if scene.material in COLORS and subject.role is Role.MAIN:
        return glyphs.tinter(COLORS[scene.material])
    if subject.glyph == "deciduous-tree" and scene.season == "autumn":
        return glyphs.recolored(subject.glyph, (217, 119, 42))
    if glyphs.is_person(subject.glyph):
        return _person_tint(scene, number)
    return None


def _person_tint(scene: Scene, number: int) -> Tint:
    rng = layer_rng(scene.stream, "people", number)
    skins = _SKINS[:2] if "noir" in scene.styles else _SKINS
    skin = skins[int(rng.integers(len(skins)))]
    hair = _HAIRS[int(rng.integers(len(_HAIRS)))]
    changes: dict[Rgb, Rgb] = {
        (0xFF, 0xC8, 0x3D): skin[0],
        (0xFD, 0xBB, 0x11): skin[1],
        (0xFC, 0xB1, 0x00): skin[1],
        (0xF5, 0x9F, 0x00): skin[2],
        (0xED, 0x92, 0x00): skin[2],
        (0xF9, 0xC2, 0x3C): skin[0],
        (0xF1, 0xA1, 0x1E): hair,
        (0xD6, 0x7D, 0x00): hair,
        (0xD3, 0x70, 0x34): hair,
    }
    if _SERIOUS.intersection(scene.styles) or scene.mood == "dark":
        changes[_MOUTH] = skin[0]
        changes[0xED, 0x92, 0x00] = skin[1]
    return lambda fill: changes.get(fill, fill)


@dataclass(frozen=True, slots=True)
class _Lighter:
    """Makes icons solid in the light of one scene, or leaves them flat for a logo."""

    scene: Scene
    from_left: bool

    def solid(self, icon: Image.Image) -> Image.Image:
        gloss = 0.9 if self.scene.material in ("gold", "silver", "glass", "metal", "steel", "ice") else 0.5
        return clay(icon, from_left=self.from_left, gloss=gloss)

    def sprite(self, subject: Subject, size_px: int) -> Image.Image:
        return self.solid(icon_of(self.scene, subject, size_px))


def _main_icon(
    scene: Scene, main: Subject, size_px: int, *, number: int, portrait: bool, rides: bool
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """The flat main icon with its body, and where its head is."""
    whole = main.glyph in STANDING.values()
    glyph = PORTRAITS.get(main.glyph, main.glyph) if portrait or whole else main.glyph
    subject = Subject(glyph=glyph, word=main.word, role=main.role, color=main.color)
    icon = icon_of(scene, subject, size_px, number=number)
    if portrait and glyph in BIG_HEADS:
        return _person_bust(scene, icon, subject, size_px, number), _BUST
    if portrait and glyph in bodies.SITTING | {"robot"}:
        coat, _ = bodies.main_colors(icon)
        return bodies.bust(icon, size_px, bodies.darker(coat, 0.12), None), _BUST
    if glyph == "robot":
        return bodies.standing_robot(icon, size_px), _ROBOT
    if glyph in bodies.SITTING:
        return bodies.sitting(icon, glyph, size_px), _SAT
    if glyph in BIG_HEADS:
        return _whole_person(scene, icon, size_px, number), _STANDING
    if not portrait and not rides and _is_upper_half(glyph) and bodies.is_bust(icon):
        return bodies.standing_bust(icon, size_px), _STANDING
    return icon, HEADS.get(glyph, _FACE if "face" in glyph or glyph in BIG_HEADS else _head_of(icon))


def _is_upper_half(glyph: str) -> bool:
    busy = ("surfing", "swimming", "rowing", "biking", "bath", "bed", "lotus", "hugging", "wheelchair", "steamy")
    return glyphs.is_person(glyph) and not any(
        word in glyph for word in (*busy, "golf", "polo", "kneeling", "merpeople")
    )


def _person_bust(scene: Scene, icon: Image.Image, subject: Subject, size_px: int, number: int) -> Image.Image:
    tint = _person_tint(scene, number)
    skin = tint((0xFF, 0xC8, 0x3D))
    rng = layer_rng(scene.stream, "coat", number)
    coats: tuple[Rgb, ...] = ((58, 66, 92), (122, 58, 70), (64, 98, 92), (96, 78, 118), (148, 108, 70))
    coat = coats[int(rng.integers(len(coats)))]
    image = bodies.bust(icon, size_px, coat, skin)
    if tint(_MOUTH) != _MOUTH:
        _closed_lips(image, size_px)
    return image


def _whole_person(scene: Scene, icon: Image.Image, size_px: int, number: int) -> Image.Image:
    skin = _person_tint(scene, number)((0xFF, 0xC8, 0x3D))
    rng = layer_rng(scene.stream, "clothes", number)
    shirts: tuple[Rgb, ...] = ((226, 88, 74), (70, 136, 214), (246, 190, 66), (92, 172, 120), (150, 110, 200))
    trousers: tuple[Rgb, ...] = ((62, 78, 120), (96, 88, 80), (60, 100, 96))
    shirt = shirts[(int(rng.integers(len(shirts))) + number) % len(shirts)]
    return bodies.standing_person(icon, size_px, shirt, trousers[int(rng.integers(len(trousers)))], skin)


def _closed_lips(image: Image.Image, size_px: int) -> None:
    """A calm mouth in place of the icon's smile."""
    finer = 4
    wide, tall = round(size_px * 0.13 * finer), round(size_px * 0.034 * finer)
    lips = Image.new("RGBA", (wide, tall))
    pen = ImageDraw.Draw(lips)
    pen.ellipse([0, 0, wide - 1, tall - 1], fill=(168, 52, 66, 255))
    pen.line([(wide * 0.04, tall * 0.5), (wide * 0.96, tall * 0.5)], fill=(104, 26, 40, 255), width=max(1, tall // 7))
    small = lips.reduce(finer)
    image.alpha_composite(small, (round(size_px * 0.5 - small.width / 2), round(size_px * 0.558)))


def _head_of(icon: Image.Image) -> tuple[float, float, float, float]:
    """A guess: the top of the icon's outline."""
    alpha = np.asarray(icon.getchannel("A")) > 60
    rows = np.flatnonzero(alpha.any(axis=1))
    if rows.size == 0:
        return _FACE
    top, tall = int(rows[0]), int(rows[-1] - rows[0]) + 1
    columns = np.flatnonzero(alpha[top : top + max(2, tall // 5)].any(axis=0))
    middle = float(columns.mean()) / icon.width
    return middle, top / icon.height + 0.16 * tall / icon.height, 0.45, top / icon.height


def _lay_wings(tile: _Tile, lit: _Lighter, attached: Sequence[Subject]) -> None:
    for subject in attached:
        if subject.glyph == "wing":
            far = lit.sprite(subject, round(tile.size * 0.60)).rotate(26, Image.Resampling.BICUBIC)
            near = lit.sprite(subject, round(tile.size * 0.66)).rotate(2, Image.Resampling.BICUBIC)
            tile.lay(far, 0.56, 0.10)
            tile.lay(near, 0.76, 0.16)


def _lay_worn(tile: _Tile, lit: _Lighter, subject: Subject, head: tuple[float, float, float, float]) -> None:
    x, eyes, wide, top = head
    glyph = subject.glyph
    if glyph in ("sunglasses", "glasses", "goggles"):
        tile.lay(lit.sprite(subject, round(tile.size * wide * 1.12)), x, eyes)
    elif glyph in ("scarf", "necktie", "ribbon"):
        aside = 0.13 if x < 0.4 else 0.0
        tile.lay(lit.sprite(subject, round(tile.size * wide * 0.95)), x + aside, eyes + wide * 0.62)
    elif glyph in ("gloves", "running-shoe", "hiking-boot", "high-heeled-shoe"):
        tile.lay(lit.sprite(subject, round(tile.size * 0.26)), 0.42, 0.92)
    elif glyph == "backpack":
        tile.lay(lit.sprite(subject, round(tile.size * 0.4)), 0.74, 0.6)
    elif glyph == "headphone":
        tile.lay(lit.sprite(subject, round(tile.size * wide * 1.3)), x, eyes - wide * 0.08)
    else:
        side = round(tile.size * wide * 1.10)
        tile.lay(lit.sprite(subject, side), x, top + 0.04 - 0.36 * side / tile.size)


def _lay_held(tile: _Tile, lit: _Lighter, subject: Subject, holder: str, *, portrait: bool) -> None:
    if holder == "robot" and not portrait:
        side, x, y, turn = 0.46, 0.88, 0.60, -6
    elif subject.glyph == "umbrella":
        side, x, y, turn = 0.80, 0.72, 0.22, 0
    elif holder.endswith("-standing") or holder in BIG_HEADS:
        side, x, y, turn = 0.32, 0.68, 0.64, 0
    elif holder in bodies.SITTING:
        side, x, y, turn = 0.36, 0.58, 0.72, 0
    else:
        side, x, y, turn = 0.46, 0.74, 0.74, -8
    if subject.glyph in ("balloon", "kite"):
        side, x, y = side * 1.2, x + 0.04, y - 0.22
    sprite = lit.sprite(subject, round(tile.size * side)).rotate(turn, Image.Resampling.BICUBIC)
    for copy in range(min(3, subject.count)):
        tile.lay(sprite, x + 0.16 * copy, y - 0.03 * copy)


def _lay_mounted(tile: _Tile, lit: _Lighter, mount: Subject, rider: Image.Image, main: Subject) -> None:
    """The rider on its mount, or the flowers in their vase."""
    if mount.glyph in VESSELS:
        _lay_in_vessel(tile, lit, mount, rider, main)
        return
    side = round(tile.size * 1.12)
    sprite = lit.sprite(mount, side)
    if mount.glyph in ("skateboard", "skis"):
        sprite = _leveled(sprite, side)
    seat_y, seat_x = SEATS.get(mount.glyph, (0.42, 0.5))
    astride = glyphs.is_person(main.glyph) and glyphs.is_animal(mount.glyph)
    cut_off = _is_upper_half(main.glyph) and bodies.is_bust(rider)
    small = rider.resize((round(tile.size * (0.62 if cut_off else 0.78)),) * 2, Image.Resampling.LANCZOS)
    rider_foot = (0.84 if cut_off else 0.78 if astride else 0.97) * small.height
    x = round(tile.left + tile.size / 2 - seat_x * side)
    y = round(tile.top + 0.97 * tile.size - 0.97 * side + 0.30 * tile.size)
    rider_at = (round(x + seat_x * side - small.width / 2), round(y + seat_y * side - rider_foot + 0.06 * side))
    behind = mount.glyph in ("automobile", "tractor", "canoe", "sailboat", "rocket", "bed")
    order = (
        ((small, rider_at), (sprite, (x, y))) if behind or cut_off or astride else ((sprite, (x, y)), (small, rider_at))
    )
    for picture, (left, top) in order:
        tile.sheet.alpha_composite(picture, (max(0, left), max(0, top)))


def _leveled(sprite: Image.Image, side: int) -> Image.Image:
    """A board whose icon stands on end, turned level and low in its square."""
    turned = sprite.rotate(-43, Image.Resampling.BICUBIC, expand=True)
    cut = turned.crop(turned.getbbox())
    board = cut.resize((side, max(1, round(cut.height * side / cut.width))), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (side, side))
    square.paste(board, (0, max(0, round(side * 0.97) - board.height)))
    return square


def _lay_in_vessel(tile: _Tile, lit: _Lighter, vessel: Subject, icon: Image.Image, main: Subject) -> None:
    """Things that stick out of a vessel, fanned out, with the vessel in front."""
    count = max(1, main.count)
    side = round(tile.size * (0.62 if count > 1 else 0.8))
    bloom = icon.resize((side, side), Image.Resampling.LANCZOS)
    spread = [(place - (count - 1) / 2) / max(1, count - 1) if count > 1 else 0.0 for place in range(count)]
    for part in sorted(spread, key=lambda value: -abs(value)):
        turned = bloom.rotate(-part * 62, Image.Resampling.BICUBIC, expand=True)
        tile.lay(turned, 0.5 + part * 0.72, 0.34 + 0.26 * abs(part))
    sprite = lit.sprite(vessel, round(tile.size * 0.74))
    tile.lay(sprite, 0.5, 0.60 + 0.37 - _RIM_PART)


def _cropped(tile: _Tile, foot_x: int, size_px: int) -> Figure:
    """The figure without its empty margin; it stands on its lowest point."""
    box = tile.sheet.getbbox() or (0, 0, 1, 1)
    cut = tile.sheet.crop(box)
    foot_y = cut.height - round(size_px * 0.012)
    return Figure(image=cut, foot_x=foot_x - box[0], foot_y=foot_y, size_px=size_px)


@functools.cache
def scale_of(glyph: str) -> float:
    """How large a thing is drawn beside others, 1.0 for a person or a dog."""
    for glyphs_text, scale in _SCALES:
        if glyph in glyphs_text.split():
            return scale
    return 1.0


_SCALES = (
    (
        "castle japanese-castle mountain volcano mount-fuji snow-capped-mountain stadium circus-tent",
        1.75,
    ),
    (
        "house houses house-with-garden hut church mosque hotel hospital school factory ferris-wheel ship "
        "tokyo-tower statue-of-liberty derelict-house shinto-shrine passenger-ship roller-coaster "
        "deciduous-tree evergreen-tree palm-tree christmas-tree tent fountain classical-building",
        1.55,
    ),
    (
        "elephant giraffe mammoth sauropod t-rex whale spouting-whale bus locomotive high-speed-train train "
        "rocket dragon airplane ferry articulated-lorry fire-engine",
        1.4,
    ),
    (
        "automobile racing-car taxi sport-utility-vehicle pickup-truck police-car ambulance tractor sailboat "
        "speedboat horse cow ox bison two-hump-camel moose rhinoceros hippopotamus unicorn couch-and-lamp sofa bed "
        "helicopter minibus motorcycle",
        1.25,
    ),
    (
        "ball soccer-ball basketball baseball tennis volleyball american-football red-apple pear tangerine lemon "
        "banana peach strawberry hot-beverage teacup-without-handle candle book closed-book open-book mouse "
        "hamster butterfly honeybee baby-chick lady-beetle snail frog cupcake doughnut cookie french-fries "
        "wine-glass beer-mug egg croissant key coin mushroom brown-mushroom rose tulip light-bulb watch ring "
        "gem-stone bread cheese-wedge camera mobile-phone",
        0.55,
    ),
    ("cat dog poodle rabbit fox chicken duck penguin owl parrot bird backpack handbag potted-plant bicycle", 0.85),
)
