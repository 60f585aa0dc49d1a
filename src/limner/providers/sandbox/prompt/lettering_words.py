"""The words of a prompt that are to be set in letters: what stands in quotes, or after "text" and "says"."""

from __future__ import annotations

import re

_QUOTED = re.compile(
    r'"([^"]{1,200})"|“([^“”]{1,200})”|„([^„“”]{1,200})[“”]|「([^「」]{1,200})」|『([^『』]{1,200})』|«([^«»]{1,200})»'
)
_SINGLE = re.compile(r"(?<!\w)['‘]([^'‘’]{1,120})['’](?!\w)")
_SPOKEN = re.compile(
    r"\b(?:(?:include|with|add|and) the (?:text|words?|title|name)|(?:text|title|name|words?)(?: that)? (?:says|reads)"
    r"|saying|that says|that reads|titled|captioned|text|named|called)[: ]+"
    r"((?:[A-Z0-9][\w.&!?'-]*)(?: [A-Z0-9][\w.&!?'-]*){0,5})"
)
_HAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z][\w.&-]+[A-Za-z0-9]")
_BLANK = " · "


def texts_of(prompt: str) -> tuple[tuple[str, ...], str]:
    """The texts to set, in reading order, and the prompt without them.

    In a Chinese or Japanese prompt Latin words are lettering too, for that is what people mean.
    """
    texts: list[str] = []

    def take(match: re.Match[str]) -> str:
        text = next((group for group in match.groups() if group is not None), match[0]).strip()
        if text:
            texts.append(text)
        return _BLANK

    body = _QUOTED.sub(take, prompt)
    body = _SINGLE.sub(take, body)
    if not texts:
        body = _SPOKEN.sub(take, body)
        texts[:] = [text.rstrip("!?") if text.count("!") > 3 else text for text in texts]
    if _HAN.search(prompt):
        body = _LATIN.sub(take, body)
    return tuple(dict.fromkeys(texts)), body
