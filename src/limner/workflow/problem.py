"""What a check of a workflow file found, before its line is looked up, and how places in the file are spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from limner._json import JsonValue, dumps

Part = str | int
"""One step into a document: a key, or an index from 0."""

MAX_SHOWN = 60
"""Longest piece of a value that a message repeats, in characters."""

MAX_NEAR = 80
"""Longest word for which a similar one is looked for, in characters: the search takes the square of it."""

HIDDEN = "***"

_SECRET = re.compile(
    r"(?<![A-Za-z0-9_-])(?:AIza[A-Za-z0-9_-]{35}|AQ\.[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9_-]{16,})[A-Za-z0-9_-]*"
)
"""Keys of Google and of relays. Not in the middle of a word: `task-` and a long description is none."""

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. `on_key` is true where the key is at fault, not its value."""

    code: str
    message: str
    pointer: str = ""
    hint: str | None = None
    on_key: bool = False


def to_pointer(parts: Iterable[Part]) -> str:
    """The JSON Pointer of a place."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def spoken(parts: Iterable[Part]) -> str:
    """A place as an author would name it: `stages[1].imageGenerationSettings`; the root is `the file`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{shown(part)}]"
    return text or "the file"


def shown(value: JsonValue) -> str:
    """A value for a message: as JSON, cut where it is long; containers by what they are."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        value = without_secrets(value)  # before it is cut: half a key is still too much
        value = value if len(value) <= MAX_SHOWN else value[:MAX_SHOWN] + "…"
    return dumps(value)


def holds_secret(text: str) -> bool:
    """Whether something in the text looks like a key."""
    return _SECRET.search(text) is not None


def without_secrets(text: str) -> str:
    """The text with everything that looks like a key taken out: messages quote what an author wrote."""
    return _SECRET.sub(HIDDEN, text)


def near(word: str, names: Iterable[str]) -> str | None:
    """The name spelled most like `word`, `None` where none is."""
    import difflib  # only wrong names need it, and it costs start-up

    if len(word) > MAX_NEAR:
        return None
    by_lower = {name.lower(): name for name in names}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def listed(names: Iterable[JsonValue]) -> str:
    """`"a", "b" or "c"`."""
    words = [shown(name) for name in names]
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
