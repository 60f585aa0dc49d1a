"""Rules about the prompt as a whole: its length, its form, the shape and number of pictures it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from limner.catalog import catalog
from limner.core.size import AspectRatio
from limner.prompts.finding import Family, PromptContext
from limner.prompts.reading import Reading, Span
from limner.prompts.said import Said, advice, removing, replacing, setting, whole

IMAGEN_TOKENS = 480
"""Most that Imagen reads. Source: Google's Imagen guide."""

FAMILY_MODELS: dict[Family, str] = {
    "imagen": "imagen-4.0-generate-001",
    "gemini-2.0": "gemini-2.0-flash-preview-image-generation",
    "gemini-2.5": "gemini-2.5-flash-image",
    "gemini-3": "gemini-3-pro-image",
    "gemini-3.1": "gemini-3.1-flash-image",
}
"""The model of the catalog that stands for its family."""

_RATIO = re.compile(r"(?<![\d:.])(\d{1,2}):(\d{1,2})(?![\d:])")
_KNOWN_RATIOS = frozenset(
    (
        *("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "9:21"),
        *("1:4", "4:1", "1:8", "8:1"),
    )
)
_SHAPES = {"square": "1:1", "vertical": "9:16", "horizontal": "16:9", "widescreen": "16:9", "ultra wide": "21:9"}
_NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNTED = re.compile(
    rf"\b({'|'.join(_NUMBERS)}|[2-9]|10)\s+(?:different\s+)?"
    r"(?:images|pictures|photos|variations|versions|variants)\b",
    re.IGNORECASE,
)


def empty(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """The text is empty."""
    if not reading.text.strip():
        yield Said(whole(reading), "Write what the picture should show.")


def imagen_too_long(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Imagen reads up to 480 tokens."""
    if context.family == "imagen" and reading.tokens > IMAGEN_TOKENS:
        message = (
            f"About {reading.tokens} tokens; Imagen reads at most {IMAGEN_TOKENS}. The rest is ignored or refused."
        )
        yield Said(whole(reading), message, advice("Shorten it, or use a Gemini model"))


def very_short(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Fewer than four words, to make a picture from."""
    is_short = len(reading.words) < 4 and reading.tokens < 6
    if context.operation == "generate" and reading.text.strip() and is_short:
        yield Said(whole(reading), "Very short. Add where it is and how it looks: subject, context, style.")


def no_style(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Four words or more and no word for a style or a camera."""
    named = reading.has("style", "camera") or re.search(r"\b\d{2,3}\s?mm\b|\bf/\d", reading.outside)
    if context.operation == "generate" and len(reading.words) >= 4 and not named:
        yield Said(whole(reading), "No style named. Photo, painting, sketch, 3D …?", advice("Name a style"))


def no_context(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Four words or more and no word for a place; not for recipes, stories, logos, icons and stickers."""
    placed = reading.has("place", "placeless")
    if context.operation == "generate" and len(reading.words) >= 4 and not placed:
        yield Said(whole(reading), "No surroundings named. Where is it?", advice("Say where it is"))


def keyword_list(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Six parts or more between commas, three words or fewer each, and no sentence."""
    parts = [part.strip() for part in reading.outside.split(",") if part.strip()]
    is_list = (
        len(parts) >= 6 and len(reading.words) <= 3 * len(parts) and not re.search(r"[.!?](\s|$)", reading.outside)
    )
    if context.is_gemini and is_list:
        message = "This is a list of keywords. Gemini does better with a described scene."
        yield Said(whole(reading), message, advice("Describe the scene in a sentence"))


def no_image_request(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """No word for a picture, where the model may answer with text."""
    asks = context.is_gemini and "TEXT" in context.modalities and context.operation != "edit"
    if asks and reading.words and not reading.has("picture"):
        message = "The model may answer with words only. Say that you want an image."
        start = reading.words[0][0]
        first = reading.text[start]
        yield Said(
            whole(reading),
            message,
            replacing(
                "Begin with 'Generate an image of'", Span(start, start + 1), f"Generate an image of {first.lower()}"
            ),
        )


def _ratios_in_words(reading: Reading) -> Iterator[tuple[Span, AspectRatio]]:
    for found in _RATIO.finditer(reading.outside):
        if found[0] in _KNOWN_RATIOS:
            yield Span(*found.span()), AspectRatio.parse(found[0])
    for word, ratio in _SHAPES.items():
        for span in reading.find_words((word,)):
            yield span, AspectRatio.parse(ratio)


def ratio_conflict(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """A ratio or shape in the text that is not the one that is set."""
    if context.ratio is None:
        return
    for span, ratio in _ratios_in_words(reading):
        if _differs(reading.at(span), ratio, context.ratio):
            message = f"The text says {reading.at(span)}, the setting says {context.ratio}."
            yield Said(span, message, setting(f"Set the ratio to {ratio}", "ratio", str(ratio)))


def _differs(word: str, ratio: AspectRatio, chosen: AspectRatio) -> bool:
    """A number differs from another; a word such as "vertical" only from what is not vertical."""
    if word[0].isdigit():
        return ratio != chosen
    return _lie(ratio) != _lie(chosen)


def _lie(ratio: AspectRatio) -> int:
    """1 for a shape that lies, -1 for one that stands, 0 for a square."""
    return (ratio.width > ratio.height) - (ratio.width < ratio.height)


def ratio_only_in_words(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """A ratio or shape in the text, and none is set."""
    found = next(_ratios_in_words(reading), None) if context.ratio is None else None
    if found is not None:
        message = "The ratio is only in the words; models follow the setting, not the words."
        yield Said(found[0], message, setting(f"Set the ratio to {found[1]}", "ratio", str(found[1])))


def ratio_unsupported(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """The ratio that is set is not one of the model's."""
    model = catalog.load().find(context.model or "") or catalog.load().get(FAMILY_MODELS[context.family])
    offered = model.capabilities.ratios
    if context.ratio is None or offered is None or context.ratio in offered:
        return
    if not offered:
        yield Said(whole(reading), f"{model.id} takes no ratio.", setting("Leave the ratio out", "ratio", ""))
        return
    nearest = context.ratio.nearest(offered)
    message = f"{model.id} offers {', '.join(map(str, offered))}."
    yield Said(whole(reading), message, setting(f"Set the ratio to {nearest}, the nearest", "ratio", str(nearest)))


def count_in_words(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """A number of pictures in words, and one is asked for."""
    found = _COUNTED.search(reading.outside) if context.is_gemini and context.count == 1 else None
    if found is not None:
        word = found[1].lower()
        number = word if word.isdigit() else str(_NUMBERS.index(word) + 2)
        message = "The model does not count reliably; use the number setting."
        yield Said(Span(*found.span()), message, setting(f"Set the number to {number}", "count", number))


def repeated_phrase(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """The same phrase of two words or more twice."""
    seen: dict[str, int] = {}
    for found in re.finditer(r"[^,.;!?\n]+", reading.outside):
        words = found[0].lower().split()
        phrase = " ".join(words)
        seen[phrase] = seen.get(phrase, 0) + 1
        if len(words) >= 2 and seen[phrase] == 2:
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            span = Span(start, found.end())
            yield Said(span, f"{reading.at(span)[:60]!r} appears twice.", removing(reading, span))


def leftover_placeholder(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """`{slot}`, `{{path}}`, `[subject]` or `<NAME>` in the text."""
    for found in re.finditer(
        r"\{\{?[^{}\n]{1,60}\}?\}|(?<!\[)\[[A-Za-z][^\[\]\n]{0,60}\](?!\])|<[A-Z][A-Z_ ]{1,40}>", reading.text
    ):
        yield Said(Span(*found.span()), f"A placeholder was not filled: {found[0]}.", advice("Fill it"))


def wanted_but_switched_off(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """An illustrated recipe, story or the like, and text is switched off."""
    found = re.search(r"\billustrated (?:recipe|story|guide|article)\b|\bblog post\b", reading.outside, re.IGNORECASE)
    if context.is_gemini and "TEXT" not in context.modalities and found is not None:
        yield Said(Span(*found.span()), "Text is asked for but switched off.", advice("Ask for text and pictures"))
