"""The shipped fonts: which one suits a text, which characters each has, and how wide a line is."""

from __future__ import annotations

import functools
import re
from importlib import resources
from io import BytesIO

from PIL import ImageFont

FACES: dict[str, str] = {
    "bold": "bebas-neue",
    "sans": "inter-bold",
    "plain": "inter-regular",
    "serif": "playfair-display",
    "script": "pacifico",
    "hand": "caveat",
    "deco": "limelight",
    "tube": "monoton",
    "pixel": "press-start-2p",
    "chinese": "noto-sans-sc",
}
"""Face id to font file; the files lie in `assets/fonts`."""

FALLBACKS = ("sans", "chinese")
CAPITALS_ONLY = frozenset({"bold", "tube"})

_BY_STYLE = {
    "pixel": "pixel",
    "neon": "script",
    "artdeco": "deco",
    "renaissance": "serif",
    "watercolor": "script",
    "colorpencil": "hand",
    "pencil": "hand",
    "charcoal": "hand",
    "polaroid": "hand",
    "pastel": "hand",
    "comic": "bold",
    "popart": "bold",
}
_BY_WORD = (
    ("pixel", r"\bpixel|\b8-?bit\b|\barcade\b|\bretro game"),
    ("tube", r"\bdisco\b|\bretro futur|\bmonoton|\b80s\b"),
    ("deco", r"\bart deco\b|\bgatsby\b|\b1920s?\b|\bjazz\b|\bcabaret\b"),
    ("hand", r"\bhand-?writ|\bhand-?letter|\bchalk|\bnote\b|\bscribbl|\bcrayon|\bdoodle"),
    (
        "script",
        r"\bscript\b|\bcursive\b|\bplayful\b|\bbak(?:ery|ing)\b|\bcaf[eé]\b|\bcalligraph"
        r"|\bice cream\b|\bbrush\b",
    ),
    (
        "serif",
        r"\bserif\b(?<!sans serif)|\belegant|\bluxur|\btraditional\b|\bclassic|\bwedding\b"
        r"|\bmagazine\b|\bvogue\b|\bwine\b",
    ),
    ("sans", r"\bsans[ -]?serif\b|\bclean\b|\bmodern\b|\bminimal"),
    ("bold", r"\bbold\b|\bblock letters?\b|\bimpact|\bheadline\b|\bcondensed\b"),
)


def choose(kind: str, prompt: str, styles: tuple[str, ...]) -> str:
    """The face id for a title: by the words of the prompt, else by style, else by kind of picture."""
    lowered = prompt.lower()
    for face, pattern in _BY_WORD:
        if re.search(pattern, lowered):
            return face
    for style in styles:
        if style in _BY_STYLE:
            return _BY_STYLE[style]
    return "sans" if kind == "logo" else "bold"


def companion(face: str) -> str:
    """The face for a slogan under a title in `face`."""
    return {"script": "hand", "hand": "hand", "pixel": "pixel", "serif": "serif", "deco": "deco"}.get(face, "sans")


def font(face: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The face at a size of 1 px or more; kept for the next caller."""
    return _font(face, max(1, size_px))


@functools.lru_cache(maxsize=64)
def _font(face: str, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(BytesIO(_file(face)), size_px)


@functools.cache
def _file(face: str) -> bytes:
    return resources.files("limner.providers.sandbox").joinpath(f"assets/fonts/{FACES[face]}.woff2").read_bytes()


@functools.lru_cache(maxsize=4096)
def has(face: str, character: str) -> bool:
    """Whether the face has the character: what it draws differs from what it draws for none."""
    if character.isspace():
        return True
    probe = font(face, 24)
    return bytes(probe.getmask(character)) != bytes(probe.getmask("\U0010fffd"))


def runs(text: str, face: str) -> tuple[tuple[str, str], ...]:
    """The text cut into (face, piece), each piece in a face that has it; the wanted face where none has."""
    pieces: list[tuple[str, str]] = []
    for character in text:
        chosen = next((one for one in (face, *FALLBACKS) if has(one, character)), face)
        if pieces and (pieces[-1][0] == chosen or character.isspace()):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + character)
        else:
            pieces.append((chosen, character))
    return tuple(pieces)


def line_width(text: str, face: str, size_px: int) -> float:
    """Pixels from the start to the end of a line set at this size."""
    return sum(font(part_face, size_px).getlength(piece) for part_face, piece in runs(text, face))


def missing(texts: tuple[str, ...]) -> str:
    """The characters of the texts that no shipped font has, each once, in order."""
    wanted = dict.fromkeys(character for text in texts for character in text if character.isprintable())
    return "".join(one for one in wanted if not any(has(face, one) for face in ("sans", "chinese", "serif")))
