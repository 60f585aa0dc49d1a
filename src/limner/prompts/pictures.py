"""Rules about pictures that go with the prompt and their edits, people, languages, and what must not be in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from limner.prompts.finding import Family, PromptContext
from limner.prompts.reading import Reading, Span
from limner.prompts.said import Said, advice, appending, removing, setting, whole
from limner.redaction import looks_like_key

BEST_LANGUAGES: dict[Family, tuple[str, ...]] = {
    "gemini-2.0": ("en", "es", "ja", "zh", "hi"),
    "gemini-2.5": ("en", "es", "ja", "zh", "hi"),
    "gemini-3": ("ar", "de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "pt", "ru", "uk", "vi", "zh"),
    "gemini-3.1": ("ar", "de", "en", "es", "fr", "hi", "id", "it", "ja", "ko", "pt", "ru", "uk", "vi", "zh"),
}
"""ISO 639 codes. Source: Google's pages on image generation, per model."""

WELL_TAKEN: dict[Family, int] = {"imagen": 0, "gemini-2.0": 3, "gemini-2.5": 3, "gemini-3": 14, "gemini-3.1": 14}
"""Pictures that a family takes well. Source: the same pages."""

MANY_EDITS = 3
"""Orders that a model follows well in one step."""

_STRICT_REGIONS = ("EU", "UK", "CH", "MENA")
_THIS = re.compile(
    r"\b(?:this|the (?:provided|attached|uploaded|given|supplied)) (?:image|photo|photograph|picture|drawing)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\b(?:image|picture|photo)\s+(\d{1,3})\b", re.IGNORECASE)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_NTH = re.compile(rf"\b({'|'.join(_ORDINALS)}) (?:image|photo|picture)\b", re.IGNORECASE)
_LONG_WORD = re.compile(r"\S{12,}")
_KEY = re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9]{16,}")


def english_only(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Letters that are not Latin, outside quotes, for Imagen on the Gemini API."""
    found = re.search(r"[^\W\d_a-zA-ZÀ-ɏ]+", reading.outside)
    if context.family == "imagen" and not context.vertex and found is not None:
        yield Said(Span(*found.span()), "Imagen reads English only.", advice("Translate it, or use a Gemini model"))


def not_in_best_list(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """A language that the model does not know best."""
    best = BEST_LANGUAGES.get(context.family, ())
    if best and context.language.partition("-")[0].lower() not in best:
        yield Said(whole(reading), f"Works best in {', '.join(best)}.", advice("Translate it"))


def person_setting(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """People or children in the text that the person setting excludes."""
    excluded = {"dont_allow": "people", "allow_adult": "children"}.get(context.person or "")
    spans = reading.find(excluded) if excluded else ()
    if spans:
        yield Said(spans[0], f"The setting excludes {excluded}.", advice("Change the setting, or the text"))


def allow_all_region(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """`allow_all` where the provider does not offer it."""
    if context.person == "allow_all" and context.region in _STRICT_REGIONS:
        message = "Not allowed in your region; the provider will refuse."
        fix = setting("Allow adults only", "person", "allow_adult")
        yield Said(whole(reading), message, fix)


def missing_image(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Words such as "this image" or "the provided photo", and none is attached."""
    found = _THIS.search(reading.outside) if context.images == 0 else None
    if found is not None:
        yield Said(Span(*found.span()), "No picture is attached.", advice("Attach it"))


def _numbers(reading: Reading) -> Iterator[tuple[Span, int]]:
    for found in _NUMBERED.finditer(reading.outside):
        yield Span(*found.span()), int(found[1])
    for found in _NTH.finditer(reading.outside):
        yield Span(*found.span()), _ORDINALS.index(found[1].lower()) + 1


def image_out_of_range(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Words such as "image 3" or "the third photo", and there are fewer."""
    for span, number in _numbers(reading):
        if number > context.images:
            yield Said(span, f"Image {number} is not attached.")


def images_without_roles(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """Two pictures or more, and none is spoken of."""
    if context.images >= 2 and not any(True for _ in _numbers(reading)) and not _THIS.search(reading.outside):
        roles = ", ".join(f"image {number} for …" for number in range(1, context.images + 1))
        fix = appending(reading, f"Use {roles}.")
        yield Said(whole(reading), "Say which picture gives what.", fix)


def too_many_images(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """More pictures than the model takes well: 3 (Gemini 2.5), 14 (3 and 3.1), none (Imagen)."""
    most = WELL_TAKEN[context.family]
    if context.images > most:
        message = f"{context.images} pictures; {most} work well."
        yield Said(whole(reading), message, advice("Use another model, or fewer pictures"))


def secret(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """Something that looks like an API key."""
    found = _KEY.search(reading.text)
    if found is not None:
        span = Span(*found.span())
        yield Said(span, "This looks like a key. It is not sent.", removing(reading, span))
        return
    for word in _LONG_WORD.finditer(reading.text):
        if looks_like_key(word[0]):
            span = Span(*word.span())
            yield Said(span, "This looks like a key. It is not sent.", removing(reading, span))


def edit_without_keep(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """An edit that does not say what must stay."""
    if context.operation == "edit" and reading.words and not reading.has("keep"):
        fix = appending(reading, "Keep everything else in the image exactly the same.")
        yield Said(whole(reading), "Say what must stay as it is.", fix)


def many_edits(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """More than three orders in one edit."""
    orders = reading.find("instructions")
    if context.operation == "edit" and len(orders) > MANY_EDITS:
        message = "Many changes at once. One or two per step are followed better."
        yield Said(orders[MANY_EDITS], message, advice("Make them one after another"))
