"""Prompts that programs put together, taken apart: what is to be seen, and the lines around it.

A program wraps what a person typed: a quoted request, guidance on style, a line on the ratio, things to avoid, the
roles of pictures, a refinement. Each such shape is found by a rule of its own; a prompt with none of them stays as
it is. A newline ends a line here, so this must be read before white space is made plain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from limner.providers.sandbox.prompt.lettering_words import texts_of
from limner.providers.sandbox.prompt.quotation import without_request_quotes
from limner.providers.sandbox.prompt.scene import MAX_PROMPT_CHARS

Reference = Literal["", "hero", "style"]
"""What of the input pictures is to be taken over into a new one: nothing, who is on them, or their style."""

MAX_PROMPT_CHARACTERS = 2 * MAX_PROMPT_CHARS

_FLAGS = re.IGNORECASE | re.MULTILINE
_STOP = r"(?:[.!?](?=\s|$)|$)"
"""Where a sentence or a line ends; a full stop inside "Api.Go" is none."""

_REFINEMENT = re.compile(r"^[ \t]*refinement(?: of image (?P<number>\d{1,2})(?: \([^)\n]{0,60}\))?)?[ \t]*:", _FLAGS)
_ROLE = re.compile(r"^[ \t]*image (?P<number>\d{1,2})[ \t]*:[ \t]*(?P<text>[^\n]{1,300})(?:\n|\Z)", _FLAGS)
_AVOID = re.compile(rf"(?:^|(?<=[.!?;] ))[ \t]*(?:avoid|negative prompt)[ \t]*:[ \t]*(?P<text>[^\n]*?){_STOP}", _FLAGS)
_STYLE = re.compile(rf"^[ \t]*style[ \t]*:[ \t]*(?P<text>[^\n]{{1,300}}?){_STOP}", _FLAGS)
_GUIDANCE = re.compile(
    r"^[ \t]*(?:[a-z]+ ){0,2}(?:style|lighting|visual|art|artistic|design|colou?r|brand|mood)(?: \w+)?"
    r" (?:guidance|guidelines?|directions?|notes?|instructions?)[ \t]*:[ \t]*(?P<text>[^\n]*)$"
    rf"|(?<=[.!?] )style[ \t]*:[ \t]*(?P<inner>[^\n]{{1,300}}?){_STOP}",
    _FLAGS,
)
_RATIO = re.compile(
    r"(?:^|(?<=[.!?] ))[ \t]*(?:please )?(?:ensure|make sure|keep|use|set|respect|adhere|follow|maintain|output"
    rf"|the (?:final )?(?:image|picture)|(?:target |desired )?aspect)\b[^.\n]{0, 200}?\bratio\b[^\n]*?{_STOP}",
    _FLAGS,
)
_ADDRESS = re.compile(
    r"\b(?:please )?(?:create|generate|draw|make|produce|render|paint|design)(?: me| us)?\b(?P<text>[^.:\n\"]{0,80}?)"
    r" (?:based on|from|for|following|according to|that (?:fits|matches|shows)|of) (?:the |this |a |their |my )?"
    r"(?:following )?(?:user|customer|client|person)?(?:['’]s)? ?"
    r"(?:request|prompt|description|idea|brief|wish|input)\b\s*:",
    _FLAGS,
)
_PAGE = re.compile(
    r"\b(?:an? |the )?(?P<text>(?:[\w-]{1,30} ){0,2}?)(?:illustration|picture|image|drawing|art) for (?:the )?"
    r"(?:page|panel|chapter|spread|scene) \d{1,3}(?: of \d{1,3})?(?: of (?:an?|the) [^.:\n]{1,40})?[.:]",
    _FLAGS,
)
_LABEL = re.compile(
    r"(?:^|(?<=[.!?:] ))[ \t]*(?:(?:the )?(?:(?:main )?character|hero|heroine)|(?:the )?(?:user|image)(?:['’]s)? "
    r"(?:request|prompt|description))[ \t]*:[ \t]*",
    _FLAGS,
)
_REFERENCE = re.compile(
    r"(?:^|(?<=[.!?] ))[^.!?\n]{0,200}\b(?P<what>hero|heroine|character|protagonist|main figure|mascot|style|palette)"
    r"\b[^.!?\n]{0,200}"
    r"\b(?:in|from|of|like|on) (?:the )?(?:(?:image|picture|photo) \d|(?:first|attached|given|provided) (?:image"
    rf"|picture|photo)|reference|(?:character |model )?sheet)\b[^\n]*?{_STOP}",
    _FLAGS,
)
_LAYOUT = re.compile(
    r"(?:^|(?<=[.!?] ))[^.!?\n]{0,100}\b(?:lower|upper|top|bottom|left|right)\b[^.!?\n]{0,40}"
    r"\b(?:quarter|third|half|part|edge|side)\b[^.!?\n]{0,100}\b(?:calm|empty|free|clear|blank)\b[^\n]*?" + _STOP,
    _FLAGS,
)
_REFERENCE_ROLE = re.compile(
    r"\b(?:reference|(?:character|model) sheet|style|mood ?board|palette|inspiration|hero|heroine|character)\b",
    re.IGNORECASE,
)
_EDITS = re.compile(
    r"^\W*(?:please |now |then )?(?:edit|change|make|turn|add|put|place|remove|replace|recolou?r|retouch|modify|extend"
    r"|combine|merge|crop|take|move|give|use|using the|convert|transform|erase|delete|blur|print)\b",
    _FLAGS,
)
_POINTS = re.compile(
    r"\bimage \d|\b(?:this|the|provided|attached|given|input) (?:image|picture|photo(?:graph)?)\b", re.IGNORECASE
)
_INCLUDED = re.compile(
    r"\b(?:include|including|with|add|adding|bearing) the (?:text|words?):? "
    r"(?P<name>(?!(?:of|about|that|which|is|are|and|or|the|an?|it|in|on|at)\b)(?:[^.!?,;:\"“”‘’«»「」\n]|[.!?,](?=\S)){1,60})"
    rf"(?P<stop>{_STOP})",
    _FLAGS,
)
_CHINESE_TITLE = re.compile('标题[^\\n]{0,8}[「『“"]')
_CHINESE_ORDER = re.compile("生成|制作|设计|画|背景|风格|留白|主体|标题|文字|颜色|使用|不要")
_SLOGAN = re.compile(r"^[ \t]*([\u4e00-\u9fff][\u4e00-\u9fff\w ,，、!！·&-]{1,24})[ \t]*$", re.MULTILINE)
_PLACED = re.compile(
    r"\b(?:in|at|on|below|above|under|underneath|as|across|using|inside|over|near|along|behind|written|set|printed)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A prompt taken apart. Of a prompt without a wrapping `scene` is the whole of it, and the rest is empty.

    `scene` says what is to be seen, or done to a picture. `looks` are words on style and light alone, `style` is a
    wish that takes the place of every other style, `avoid` names what must not be there. `notes` refine a result,
    that of picture `notes_on` (counted from 1) where it is numbered. `roles` are what pictures are called.
    """

    scene: str
    looks: str = ""
    style: str = ""
    avoid: str = ""
    notes: str = ""
    notes_on: int | None = None
    roles: tuple[tuple[int, str], ...] = ()
    reference: Reference = ""

    @property
    def is_plain(self) -> bool:
        """Whether there was nothing around the scene."""
        return self == Unwrapped(scene=self.scene)

    @property
    def speaks_of_pictures(self) -> bool:
        """Whether the scene is about the input pictures, and no new one alone."""
        told = bool(self.roles or self.reference) or _POINTS.search(self.scene) is not None
        return told or _EDITS.match(self.scene) is not None

    @property
    def draws_anew(self) -> bool:
        """Whether the input pictures are only looked at for a new one."""
        return bool(self.reference) and _EDITS.match(self.scene) is None


def unwrapped(prompt: str, *, pictures: int = 0) -> Unwrapped:
    """The prompt taken apart; only its first 16,000 characters are read. `pictures` is how many came with it."""
    read = prompt[:MAX_PROMPT_CHARACTERS].replace("\r\n", "\n")
    page = _Page(read)
    notes, number = page.take_tail(_REFINEMENT)
    roles = tuple((int(match["number"]), _plain(match["text"])) for match in page.take(_ROLE)) if pictures else ()
    page.text = without_request_quotes(page.text)
    avoid = page.take_words(_AVOID)
    style = page.take_words(_STYLE)
    looks = [*page.take_words(_GUIDANCE)]
    page.take(_RATIO)
    looks += page.take_words(_ADDRESS)
    pages = page.take(_PAGE)
    looks += ["illustration", *(match["text"] for match in pages)] if pages else []
    reference = _reference(page, roles) if pictures else ""
    if pages or reference:
        page.take(_LAYOUT)
    page.take(_LABEL)
    found = Unwrapped(
        scene=page.text,
        looks=". ".join(filter(None, map(_plain, looks))),
        style=style[-1] if style else "",
        avoid=", ".join(avoid),
        notes=notes,
        notes_on=number,
        roles=roles,
        reference=reference,
    )
    return Unwrapped(scene=prompt) if page.text == read else found


def with_name_quoted(scene: str) -> str:
    """The words for a new picture with the unquoted name after "include the text" in quotes, up to the full stop.

    Words that are read rightly as they stand are left as they are.
    """

    def quoted(match: re.Match[str]) -> str:
        name = match["name"].strip()
        if _PLACED.search(name) or texts_of(scene)[0] == (name,):
            return match[0]
        return f'{match[0][: match.start("name") - match.start()]}"{name}"{match["stop"]}'

    return _INCLUDED.sub(quoted, scene, count=1)


def is_reference(role: str) -> bool:
    """Whether a picture with this role is only looked at for a new one."""
    return _REFERENCE_ROLE.search(role) is not None


def with_slogan_quoted(scene: str) -> str:
    """A Chinese prompt that sets a title, with a line that is neither a sentence nor an order in quotes: the slogan."""
    if not _CHINESE_TITLE.search(scene):
        return scene
    return _SLOGAN.sub(lambda match: match[0] if _CHINESE_ORDER.search(match[1]) else f"「{match[1]}」", scene, count=1)


@dataclass(slots=True)
class _Page:
    """Text of which the spans that are understood are cut out."""

    text: str

    def take(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        """All matches, cut out."""
        found = list(pattern.finditer(self.text))
        if found:
            self.text = pattern.sub(" ", self.text)
        return found

    def take_words(self, pattern: re.Pattern[str]) -> list[str]:
        """The words of all matches, cut out."""
        return [_plain(next((text for text in match.groups() if text), "")) for match in self.take(pattern)]

    def take_tail(self, pattern: re.Pattern[str]) -> tuple[str, int | None]:
        """What stands after the last match, up to the end, and its number; both cut off."""
        found = list(pattern.finditer(self.text))
        if not found:
            return "", None
        last = found[-1]
        tail = self.text[last.end() :].strip()
        self.text = self.text[: last.start()]
        return tail, int(last["number"]) if last["number"] else None


def _plain(text: str) -> str:
    return text.strip().rstrip(".").strip()


def _reference(page: _Page, roles: tuple[tuple[int, str], ...]) -> Reference:
    """What is to be taken from the pictures; the sentences that say so are cut out, unless nothing else is said."""
    said = [match for match in _REFERENCE.finditer(page.text) if _EDITS.match(match[0].strip()) is None]
    left = page.text
    for match in said:
        left = left.replace(match[0], " ")
    if said and re.search(r"\w", left):
        page.text = left
        return "style" if all(match["what"].lower() in ("style", "palette") for match in said) else "hero"
    if not roles or not all(is_reference(text) for _, text in roles):
        return ""
    return "style" if all(re.search(r"\b(?:style|palette|mood)", text, re.IGNORECASE) for _, text in roles) else "hero"
