"""Looks by name: what is added to a prompt so that it becomes a charcoal drawing, or is lit by golden hour light."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from limner.errors import InvalidRequestError
from limner.prompts.finding import Family

_SLOT = "{subject}"
_ARTICLES = re.compile(r"^(?:an?|the)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One look, for Imagen (`fragment`) and for Gemini (`sentence`), each with `{subject}`; `when` it is good."""

    id: str
    group: str
    fragment: str
    sentence: str
    when: str
    source: str


@cache
def styles() -> tuple[Style, ...]:
    """All looks, in the order of the file."""
    document = tomllib.loads(Path(__file__).with_name("styles.toml").read_text(encoding="utf-8"))
    return tuple(Style(**table) for table in document["styles"])


def groups() -> tuple[str, ...]:
    """The kinds of looks: camera, light, lens, film, genre, art, movement, material, use, quality."""
    return tuple(dict.fromkeys(style.group for style in styles()))


def find_style(name: str) -> Style:
    """The look with this id. Raises `InvalidRequestError` with near ones."""
    known = {style.id: style for style in styles()}
    wanted = name.strip().lower().replace(" ", "-").replace("_", "-")
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    raise InvalidRequestError(
        f"There is no style {name[:60]!r}." + (f"\nNearest: {', '.join(near)}." if near else ""),
        code="invalid.style",
        hint="`limner prompt styles` lists them.",
    )


def find_styles(names: str) -> tuple[Style, ...]:
    """The looks that `names` lists with commas; a group stands for all of its own."""
    found: list[Style] = []
    for name in filter(None, (part.strip() for part in names.split(","))):
        group = [style for style in styles() if style.group == name.lower()]
        found += group or [find_style(name)]
    return tuple(dict.fromkeys(found))


def styled(prompt: str, wanted: tuple[Style, ...], family: Family) -> str:
    """The prompt with looks added one after the other, in the way that the family of models likes."""
    text = prompt
    for style in wanted:
        template = style.fragment if family.startswith("imagen") else style.sentence
        subject = text.rstrip(".!? ")
        if not template.startswith(_SLOT) and "." not in subject:
            subject = subject[0].lower() + subject[1:] if _ARTICLES.match(subject) else subject
        text = template.replace(_SLOT, subject)
    return text
