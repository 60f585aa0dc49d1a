"""The page of the documentation that lists the test cards, made from their table."""

from __future__ import annotations

from collections.abc import Iterable

from limner.core.outcome import MEANINGS
from limner.providers.sandbox.protocol.cards import CARDS, Spec, Stage

_HEADINGS: tuple[tuple[Stage, str, str], ...] = (
    ("answer", "Answers without a picture", "HTTP 200, and nothing to show for it."),
    ("picture", "Odd pictures", "The picture is drawn, but something about it is not as asked."),
    ("words", "Odd words", "Where only words are asked for, they are not as asked. Elsewhere these cards do nothing."),
    ("error", "Errors", "An error status, or what passes for one."),
    ("transport", "On the way", "What happens to the connection, not to the answer."),
    ("document", "Odd JSON", "The answer is right, but written as some relays write it."),
    ("framing", "Odd framing", "The same documents in another wrapping."),
)

_INTRODUCTION = """\
# Test cards

The sandbox model misbehaves on request, as the real wire does, so that you can test your own program without a key and
without luck. Write a card into the prompt:

    limner generate "a red fox in snow [[429:26]]" --connection sandbox

Over [HTTP](server.md) a header does it too (`x-limner-card: 429:26`), a key that is a card (`[[quota-zero]]`), or
cards laid beforehand (`POST /limner/cards`, or `gemini_server.play("429:26")` in tests). The card's words are taken
out of the prompt before anything is drawn. Several cards may be played at once (`[[slow:2]] [[snake]]`); of those that
answer with an error or without a picture, the first counts. Real providers do not know these words. A card that does
not exist is refused with the nearest names.

What follows the colon is optional; the tables show the default. *Outcome* is what Limner itself reports, *exit* what
its command exits with. Limner sends a 429, 500 or 503 again by itself, since such calls are not billed; the outcome
is what it reports if that does not help.

This page is made from the table in `limner/providers/sandbox/protocol/cards.py`.
"""


def markdown() -> str:
    """The page `docs/test-cards.md`."""
    sections = (_section(heading, sentence, stage) for stage, heading, sentence in _HEADINGS)
    return "\n".join((_INTRODUCTION, *sections))


def _section(heading: str, sentence: str, stage: Stage) -> str:
    rows = [row for spec in CARDS.values() if spec.stage == stage for row in _rows(spec)]
    table = ["| card | what happens | outcome | exit |", "|---|---|---|---|", *rows]
    return "\n".join((f"## {heading}", "", sentence, "", *table, ""))


def _rows(spec: Spec) -> Iterable[str]:
    """One row for each outcome, so that twelve reasons with one outcome make one row."""
    outcomes = dict.fromkeys(outcome for _, outcome in spec.examples)
    for outcome in outcomes:
        words = " ".join(f"`{_written(spec, argument)}`" for argument, kind in spec.examples if kind is outcome)
        yield f"| {words} | {spec.effect} | {outcome.value} | {MEANINGS[outcome].exit_code} |"


def _written(spec: Spec, argument: str | None) -> str:
    return f"[[{spec.name}]]" if argument is None else f"[[{spec.name}:{argument}]]"
