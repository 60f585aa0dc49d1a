"""Pictures that relays put into text: Markdown and HTML images, and bare data URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from limner.core.parts import ImagePart, Part, TextPart

Span = tuple[int, int]

_DATA = r"data:image/[\w.+-]{1,60}(?:;[\w.=+-]{1,60}){0,4};base64,"
_HTTPS = r"https://[^\s<>()\"']{1,4000}(?:\([^\s<>()\"']{0,1000}\)[^\s<>()\"']{0,4000})?"
_TITLE = r"(?:\s{0,20}(?:\"[^\"]{0,500}\"|'[^']{0,500}'))?\s{0,20}"


def _url(group: str) -> str:
    return rf"(?P<{group}>{_DATA}[\w+/=%\s-]*+|{_HTTPS})"


_LINKS = re.compile(
    "|".join(
        (
            r"!\[[^\]]{0,2000}+\]\(\s{0,20}+<?" + _url("markdown") + ">?" + _TITLE + r"\)",
            r"<img\b[^<>]{0,2000}?\ssrc\s{0,5}=\s{0,5}(?P<quote>[\"'])\s{0,20}"
            + _url("html")
            + r"\s{0,20}(?P=quote)[^<>]{0,2000}+>",
            rf"(?P<bare>{_DATA}[\w+/=%-]++)",
        )
    ),
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A picture in a text. `span` is what the picture replaces, the markup included; `url` its address or data URL."""

    kind: Literal["data", "https"]
    url: str
    span: Span


def picture_links(text: str) -> tuple[Link, ...]:
    """Every picture in a text, in order: data URLs of any image type, and https addresses (never http).

    An address in plain words is no picture: a model may merely cite it.
    """
    return tuple(_links(text))


def _links(text: str) -> Iterator[Link]:
    for match in _LINKS.finditer(text):
        url = (match["markdown"] or match["html"] or match["bare"]).strip()
        is_data = url[:5].lower() == "data:"
        yield Link(kind="data" if is_data else "https", url="".join(url.split()), span=match.span())


def split(text: str, replaced: Mapping[Span, ImagePart]) -> tuple[Part, ...]:
    """The text as text and picture parts in order, each span replaced by its picture; blank text between is dropped.

    `ValueError` if spans overlap or lie outside the text.
    """
    parts: list[Part] = []
    position = 0
    for start, end in sorted(replaced):
        if not position <= start <= end <= len(text):
            raise ValueError(f"span ({start}, {end}) overlaps another or lies outside a text of {len(text)} characters")
        parts += [*_words(text[position:start]), replaced[start, end]]
        position = end
    return (*parts, *_words(text[position:]))


def _words(text: str) -> tuple[TextPart, ...]:
    return (TextPart(text=text),) if text.strip() else ()
