"""Rules about words that are to be written into the picture."""

from __future__ import annotations

import re
from collections.abc import Iterator

from limner.prompts.finding import PromptContext
from limner.prompts.reading import Reading, Span
from limner.prompts.said import Said, advice, replacing

LONG_PHRASE = 25
"""Characters up to which lettering comes out best. Source: Google's Imagen guide."""
MANY_PHRASES = 3
MUCH_TEXT = 60
SMALL_MODEL_TEXT = 40

_UNQUOTED = re.compile(
    r"\b(?:with the (?:text|title|slogan|words|caption)|that (?:says|reads)|titled|include the text)[ :]+"
    r"(?!\s*[\"“'「:])([^.,\"“「\n]{1,80})",
    re.IGNORECASE,
)


def too_long(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """A phrase to be lettered of more than 25 characters."""
    for quote in reading.lettering:
        if len(quote.text) > LONG_PHRASE:
            message = f'"{quote.text[:40]}" has {len(quote.text)} characters; {LONG_PHRASE} or fewer come out best.'
            yield Said(quote, message, advice("Shorten it, or use the 3 Pro image model"))


def too_many(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """More than three phrases to be lettered."""
    count = len(reading.lettering)
    if count > MANY_PHRASES:
        message = f"{count} pieces of text in one picture; two or three work."
        yield Said(reading.lettering[MANY_PHRASES], message, advice("Make two pictures"))


def not_quoted(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """Words such as "with the text", "that says" or "titled" without a quotation mark after them."""
    for found in _UNQUOTED.finditer(reading.text):
        words = found[1].rstrip()
        span = Span(found.start(1), found.start(1) + len(words))
        yield Said(span, "Put the exact words in quotation marks.", replacing("Quote them", span, f'"{words}"'))


def write_text_first(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """More than 60 characters to be lettered."""
    if context.is_gemini and reading.lettered_characters > MUCH_TEXT:
        message = "Much text. First let the model write the text, then ask for the picture with it."
        yield Said(reading.lettering[0], message, advice("Write the text in a step of its own"))


def exact_font(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """The name of a typeface."""
    for span in reading.find("typefaces"):
        if reading.text[span.start].isupper():
            message = "Fonts are only suggestions; describe the look instead."
            yield Said(span, message, replacing("Describe it", span, "a clean, bold, sans-serif font"))


def unbalanced_quotes(reading: Reading, _context: PromptContext) -> Iterator[Said]:
    """A quotation mark without its partner."""
    text = reading.text
    odd = text.count('"') % 2 == 1
    if odd or text.count("“") != text.count("”") or text.count("「") != text.count("」"):
        mark = max(text.rfind(mark) for mark in '"“”「」')
        message = "A quotation mark is missing, so the words for the picture are unclear."
        fix = replacing("Add it at the end", Span(len(text), len(text)), '"') if odd else None
        yield Said(Span(mark, mark + 1), message, fix)


def long_for_small_model(reading: Reading, context: PromptContext) -> Iterator[Said]:
    """More than 40 characters to be lettered by a Gemini 2.5 model."""
    if context.family == "gemini-2.5" and reading.lettered_characters > SMALL_MODEL_TEXT:
        message = "Longer text is better on the 3 Pro image model."
        yield Said(reading.lettering[0], message, advice("Use the 3 Pro image model"))
