"""Figures as Markdown: tables, and the README with its part between two markers made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN = "<!-- figures: made by `python -m benchmarks`, do not edit -->"
END = "<!-- end of figures -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A Markdown table; `str` gives it."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        lines = [self.head, ["---", *["---:"] * (len(self.head) - 1)], *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ms(seconds: float) -> str:
    """Milliseconds with the digits that say something."""
    value = seconds * 1000
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def times(ratio: float) -> str:
    """Such as `2.4x`."""
    return f"{ratio:.1f}x" if ratio < 10 else f"{ratio:.0f}x"


def replace_figures(readme: Path, figures: str) -> None:
    """Put `figures` between the markers of `readme`. Raises `ValueError` if they are not there."""
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{readme} has no place for the figures")
    readme.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", encoding="utf-8")
