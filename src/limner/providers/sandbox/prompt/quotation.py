"""Quotation marks that stand around a whole request, not around lettering: `the user's request: "a fox in snow"`."""

from __future__ import annotations

import re

_NOUNS = r"(?:request|prompt|description|brief|idea|wish|concept|subject|topic|scene|theme|instructions?)"
_BEFORE = re.compile(
    rf"(?:\b{_NOUNS}\b(?: (?:is|was|reads as))?\s*[:=]|\b(?:user|customer|client|person)['’]?s? {_NOUNS}\b\s*:?"
    r"|\bbased on(?: (?:this|the following))?\s*:?|\b(?:depicting|depicts?|showing|inspired by|illustrating)\b\s*:?)"
    r"\s*$",
    re.IGNORECASE,
)
"""Words after which a quotation is what is to be seen."""

_NOUN_LAST = re.compile(rf"\b{_NOUNS}\s*$", re.IGNORECASE)
_LETTERING = re.compile(
    r"\b(?:signs?|says|saying|texts?|titled?|reads|reading|letters|lettering|captions?|labels?|slogan|headline)"
    r"(?:\W+\w+){0,2}\W*$",
    re.IGNORECASE,
)
_OPENING = re.compile(r'"{1,3}|“|„|«|「|『|(?<!\w)[\'‘](?=\w)')
_CLOSING = {"“": "”", "„": "“”", "«": "»", "「": "」", "『": "』", "'": "'’", "‘": "’"}
_ENDS_SENTENCE = re.compile(r"[.,;!?]*(?:\s*\n|\s*$|\s+[A-Z])")
_READ_BEFORE = 60
_MAX_MARKS = 40


def without_request_quotes(prompt: str) -> str:
    """The prompt with the marks around quoted requests taken off; quotations that are lettering keep theirs.

    Marks inside such a request stay, so that `request: "a sign that says "OPEN""` still has its lettering.
    """
    start = 0
    for _ in range(_MAX_MARKS):
        opening = _OPENING.search(prompt, start)
        if opening is None:
            break
        start = opening.end()
        if not _is_request(prompt[max(0, opening.start() - _READ_BEFORE) : opening.start()]):
            continue
        end = _end(prompt, start, _CLOSING.get(opening[0], opening[0][0]))
        if end is None:
            continue
        before, inside = prompt[: opening.start()], prompt[start:end].strip().rstrip(".")
        before += ": " if _NOUN_LAST.search(before) else ""
        after = prompt[end:].lstrip("".join(_CLOSING.values()) + '"')
        stop = "" if after[:1] in tuple(".,;!?") else "." if _ENDS_SENTENCE.match(after) else ""
        prompt = f"{before}{inside}{stop}{after}"
        start = len(before) + len(inside)
    return prompt


def _is_request(before: str) -> bool:
    found = _BEFORE.search(before)
    return found is not None and _LETTERING.search(before[: found.start()]) is None


def _end(prompt: str, start: int, marks: str) -> int | None:
    """Where the closing mark stands: the first that ends a sentence and leaves whole quotations inside, or any."""
    places = [place for place in range(start, len(prompt)) if prompt[place] in marks][:_MAX_MARKS]
    closing = [place for place in places if _ENDS_SENTENCE.match(prompt, place + 1)]
    whole = (place for place in closing if prompt.count('"', start, place) % 2 == 0)
    return next(whole, next(iter((*closing, *places)), None))
