"""What one rule says, before the lint knows which rule it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from limner.prompts.finding import Edit, Fix, PromptContext
from limner.prompts.reading import Quoted, Reading, Span


class Said(NamedTuple):
    """A message about a span, and what may be done."""

    span: Span | Quoted
    message: str
    fix: Fix | None = None


Check = Callable[[Reading, PromptContext], Iterator[Said]]


def whole(reading: Reading) -> Span:
    """The whole prompt."""
    return Span(0, len(reading.text))


def replacing(label: str, span: Span | Quoted, text: str) -> Fix:
    """A fix that puts `text` in the place of a span."""
    return Fix(label=label, edit=Edit(start=span.start, end=span.end, text=text))


def removing(reading: Reading, span: Span) -> Fix:
    """A fix that takes a span out, with the blank or comma before it."""
    start = span.start
    while start > 0 and reading.text[start - 1] in " ,":
        start -= 1
    end = span.end
    while start == 0 and end < len(reading.text) and reading.text[end] in " ,":
        end += 1
    return Fix(label=f"Remove {reading.at(span)!r}", edit=Edit(start=start, end=end, text=""))


def appending(reading: Reading, sentence: str) -> Fix:
    """A fix that adds a sentence at the end."""
    text = reading.text.rstrip()
    joint = " " if text.endswith((".", "!", "?")) else ". "
    return Fix(label=f"Add {sentence!r}", edit=Edit(start=len(text), end=len(reading.text), text=joint + sentence))


def setting(label: str, name: str, value: str) -> Fix:
    """A fix that changes a setting."""
    return Fix(label=label, edit=Edit(text=value, setting=name))


def advice(label: str) -> Fix:
    """Something to do by hand."""
    return Fix(label=label)
