"""Rules about what the picture is said to be like: camera, light, distance, quality, what is not wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from limner.core.size import Resolution
from limner.prompts.finding import PromptContext
from limner.prompts.reading import Reading, Span
from limner.prompts.said import Said, advice, removing, replacing, setting, whole

_NEGATION = re.compile(r"\b(?:no|without|do not include|don't include|avoid)\s+(?=[^\W\d_])[^\s.,;!?]+", re.IGNORECASE)
_MILLIMETRES = re.compile(r"\b(\d{1,3})\s?mm\b", re.IGNORECASE)
_CAMERA_PARTS = re.compile(r"\b\d{1,3}\s?mm(?:\s+lens)?\b|\blens\b|\bf/\d+(?:\.\d+)?|\bshutter\b", re.IGNORECASE)
_RESOLUTION = re.compile(r"\b([248])k\b", re.IGNORECASE)
_TRANSPARENT = re.compile(
    r"\btransparent background\b|\bbackground\s+(?:(?:must|should|is|to)\s+(?:be\s+)?)?transparent\b", re.IGNORECASE
)
_MACRO_MM = range(60, 106)
_WIDE_MM = range(10, 25)
_TELEPHOTO_MM = range(100, 401)


def negation(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Words such as "no", "without" or "avoid" before another word; not in edits."""
    if context.operation == "edit":
        return
    for found in _NEGATION.finditer(reading.outside):
        message = "Negations are often drawn. Say what should be there instead."
        yield Said(Span(*found.span()), message, advice("Say it the other way round, such as 'an empty street'"))


def quality_stuffing(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """More than three words for quality (Imagen: four)."""
    spans = reading.find("quality")
    distinct = {reading.at(span).lower() for span in spans}
    if len(distinct) > (4 if context.family == "imagen" else 3):
        message = "Quality words add up to little; say what makes it good: light, material, detail."
        yield Said(spans[2], message, advice("Keep the first two"))


def resolution_in_words(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """2K, 4K or 8K in the text of a model that has a setting for it."""
    found = _RESOLUTION.search(reading.outside)
    if context.family not in ("gemini-3", "gemini-3.1") or context.size is not None or found is None:
        return
    size = Resolution("2K" if found[1] == "2" else "4K")
    message = "Resolution is a setting on this model."
    yield Said(Span(*found.span()), message, setting(f"Set the size to {size}", "size", size))


def _is_art(reading: Reading) -> bool:
    return reading.has("art") and not reading.has("photo")


def photo_words_on_art(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """HDR, 4K or "studio photo" with a drawing or painting."""
    for span in reading.find("photo_quality") if _is_art(reading) else ():
        message = 'Photo words on a painting. Use "detailed", "by a professional".'
        yield Said(span, message, replacing("Say 'detailed'", span, "detailed"))


def camera_words_on_art(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """A lens, aperture or shutter with a drawing or painting."""
    found = _CAMERA_PARTS.search(reading.outside) if _is_art(reading) else None
    if found is not None:
        span = Span(*found.span())
        yield Said(span, "Camera terms in a drawing.", removing(reading, span))


def lens_conflict(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """Two of macro, wide angle (10 to 24 mm), telephoto (100 to 400 mm) and fisheye."""
    kinds = {kind: spans[0] for kind in ("macro", "wide", "telephoto", "fisheye") if (spans := reading.find(kind))}
    for found in _MILLIMETRES.finditer(reading.outside):
        length = int(found[1])
        if length in _WIDE_MM:
            kinds.setdefault("wide", Span(*found.span()))
        elif length in _TELEPHOTO_MM and not ("macro" in kinds and length in _MACRO_MM):
            kinds.setdefault("telephoto", Span(*found.span()))
    if len(kinds) > 1:
        first, second = sorted(kinds.values())[:2]
        yield Said(
            second, f"{reading.at(first)} and {reading.at(second)} exclude each other.", removing(reading, second)
        )


def distance_conflict(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """Close-up or macro together with aerial, zoomed out or a wide shot."""
    yield from _both(reading, "near", "far", "Near and far at once.")


def light_conflict(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """Golden hour, sunrise, sunset or noon together with night."""
    yield from _both(reading, "day", "night", "Two times of day.")


def _both(reading: Reading, one: str, other: str, message: str) -> Iterator[Said]:
    if reading.has(one) and reading.has(other):
        second = max(reading.find(one)[0], reading.find(other)[0])
        yield Said(second, message, removing(reading, second))


def transparent_background(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """A transparent background, which Gemini does not make."""
    found = _TRANSPARENT.search(reading.outside) if context.is_gemini else None
    if found is not None:
        message = "Pictures come without transparency; a plain colour can be cut out."
        plain = "background must be plain, solid white" if found[0][0] in "bB" else "plain, solid white background"
        span = Span(*found.span())
        yield Said(span, message, replacing("Ask for plain white, and remove it afterwards", span, plain))


def photo_start(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Camera words for Imagen and no word for a photo."""
    has_camera = reading.has("camera") or _CAMERA_PARTS.search(reading.outside)
    if context.family == "imagen" and has_camera and not reading.has("photo"):
        fix = replacing("Begin with 'A photo of'", Span(0, 0), "A photo of ")
        yield Said(whole(reading), 'Start with "A photo of …".', fix)


def say_portrait(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """A face for Imagen and not the word "portrait"."""
    faces = reading.find("faces")
    if context.family == "imagen" and faces and not reading.find_words(("portrait",)):
        fix = replacing("Begin with 'Portrait,'", Span(0, 0), "Portrait, ")
        yield Said(faces[0], '"Portrait" brings more detail to faces.', fix)


def folded_negative(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """A negative prompt for a model that has none."""
    if context.negative.strip() and context.model != "imagen-3.0-generate-001":
        name = context.model or "This model"
        message = f'{name} has no negative prompt; it is added to the text as "Avoid: …".'
        yield Said(whole(reading), message, advice("Say what should be there instead"))


def negative_contradiction(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """A word of the negative prompt stands in the prompt, or text is unwanted and lettering is asked for."""
    for term in filter(None, (part.strip().lower() for part in context.negative.split(","))):
        places = reading.find_words((term.replace("-", " "),))
        unwritten = term in ("text", "letters", "words") and reading.lettering
        if places or unwritten:
            span = places[0] if places else reading.lettering[0]
            yield Said(
                span, f"{term!r} is wanted and avoided at the same time.", advice("Take it out of the negative prompt")
            )
