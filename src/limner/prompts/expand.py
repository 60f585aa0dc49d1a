"""One prompt with alternatives, `a {red|blue} fox in {snow|rain}`, and all the prompts that it stands for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from limner.errors import InvalidRequestError

MAX_PROMPTS = 1000
"""Most prompts of one expansion."""

_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")


def expand(prompt: str) -> list[str]:
    """Every prompt, the last alternatives changing first; the prompt itself where it has none.

    `{` without `|` stays as it is. Raises `InvalidRequestError` for more than 1,000.
    """
    pieces = list(_pieces(prompt))
    count = 1
    for piece in pieces:
        count *= len(piece)
    if count > MAX_PROMPTS:
        raise InvalidRequestError(
            f"That makes {count:,} prompts.",
            code="invalid.count",
            hint=f"Accepted: up to {MAX_PROMPTS:,}. Leave some alternatives out.",
        )
    return list(dict.fromkeys(_tidy("".join(chosen)) for chosen in itertools.product(*pieces)))


def _pieces(prompt: str) -> Iterator[list[str]]:
    position = 0
    for match in _CHOICE.finditer(prompt):
        yield [prompt[position : match.start()]]
        yield [choice.strip() for choice in match[1].split("|")]
        position = match.end()
    yield [prompt[position:]]


def _tidy(prompt: str) -> str:
    """Without the double spaces that an empty alternative leaves."""
    return re.sub(r" {2,}", " ", prompt).strip()
