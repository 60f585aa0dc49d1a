"""An instruction read into edits: patterns first, then the things it names. About a millisecond."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast

from limner.providers.sandbox.edit import mockup
from limner.providers.sandbox.edit import words as edit_words
from limner.providers.sandbox.edit.ops import (
    Add,
    Background,
    Band,
    Blur,
    Combine,
    Crop,
    Extend,
    Flip,
    Frame,
    Goal,
    Invert,
    Level,
    Mockup,
    Move,
    Op,
    Quality,
    Recolor,
    Remove,
    Replace,
    Rotate,
    Scale,
    Season,
    Sharpen,
    Side,
    Spot,
    Style,
    Text,
    Time,
    Tint,
    Unknown,
    Weather,
)
from limner.providers.sandbox.paint import glyphs
from limner.providers.sandbox.prompt import things, words
from limner.providers.sandbox.prompt.lettering_words import texts_of
from limner.providers.sandbox.prompt.parse import color_of, normalised
from limner.providers.sandbox.prompt.scene import MAX_TEXT_CHARS, Role, Scene, Subject

_MAX_OPS = 12
_SCENERY_ICONS = {
    "moon": "full-moon",
    "sun": "sun",
    "mountain": "snow-capped-mountain",
    "tree": "deciduous-tree",
    "cloud": "cloud",
    "rainbow": "rainbow",
    "flower": "blossom",
    "bridge": "bridge-at-night",
    "building": "office-building",
    "star": "star",
    "palm": "palm-tree",
}
_QUOTE = "·"
_POLITE = re.compile(
    r"\b(?:please|kindly|thanks?(?: you)?|hi|hello|hey|ok(?:ay)?|great|nice|perfect|now|just|also"
    r"|maybe|actually|then|"
    r"(?:can|could|would|will) you|i(?:'d| would)? (?:want|like|need)(?: you)?(?: to)?"
    r"|i(?:'d)? love to|let'?s|next(?=,))\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    """One request: its words in lower case with quoted texts blanked, those texts, and the scene if there is one."""

    text: str
    texts: tuple[str, ...]
    scene: Scene | None

    def has(self, pattern: str) -> bool:
        """Whether the pattern occurs."""
        return re.search(pattern, self.text) is not None

    def without(self, pattern: str) -> str:
        """The words with the pattern's spans blanked."""
        return re.sub(pattern, f" {_QUOTE} ", self.text)


_Reader: TypeAlias = Callable[[_Clause], tuple[Op, ...]]


def plan(instruction: str, scene: Scene | None) -> tuple[Op, ...]:
    """The edits an instruction asks for, in its order, at most 12; never empty.

    Parts that cannot be read come back as `Unknown`; if nothing can, a `Tint` is added, so that an edit is
    always visible. With a scene, names of its own subjects are understood too.
    """
    texts, body = texts_of(normalised(instruction))
    texts = tuple(text[:MAX_TEXT_CHARS] for text in texts)
    ops: list[Op] = []
    ground = mockup.asked_ground(body.lower())
    if ground is not None:
        return (Mockup(ground=ground), *_styles_of(body.lower()))
    for part in _clauses(body.lower()):
        quoted = texts if _QUOTE in part else ()
        ops += _read(_Clause(text=f" {part.strip()} ", texts=quoted, scene=scene))
    if texts and not any(isinstance(op, Text) for op in ops):
        ops.append(Text(texts=texts))
    ops = list(dict.fromkeys(ops))[:_MAX_OPS]
    if all(isinstance(op, Unknown) for op in ops):
        ops.append(Tint())
    return tuple(ops)


def _styles_of(body: str) -> tuple[Op, ...]:
    """The styles that whole requests ask for; what else is said of a mock-up describes it."""
    found = (_styled_first(_Clause(text=f" {part} ", texts=(), scene=None)) for part in _clauses(body))
    return tuple(op for ops in found for op in ops if isinstance(op, Style))


def _clauses(body: str) -> Iterator[str]:
    """The instruction cut where a new request begins."""
    body = _POLITE.sub(" ", body)
    verb = rf"(?:{edit_words.VERBS})\b"
    breaks = (
        rf"[.;!?\n](?=\s|$)|,? \b(?:and|but|plus|,)\b (?={verb})|, (?={verb})"
        rf"|\band (?=the [\w ]{{2,24}} (?:{edit_words.COLOR})\b)"
    )
    carried = ""
    for part in re.split(breaks, " ".join(body.split())):
        part = part.strip(" ,")
        if not part or not re.search(r"\w|·", part):
            continue
        starts = re.match(rf"(?:{edit_words.VERBS})\b", part)
        if not starts and re.match(r"the ", part) and carried:
            part = f"{carried} {part}"
        elif starts:
            carried = starts[0]
        yield part


def _read(clause: _Clause) -> tuple[Op, ...]:
    for reader in _READERS:
        found = reader(clause)
        if found:
            return found
    left = clause.text.strip(" ,·")
    return (Unknown(words=left[:120]),) if re.search(r"\w", left) else ()


def _first(table: words.Table, text: str) -> str | None:
    """The first id of a table whose pattern occurs."""
    return next((name for name, pattern in words.compiled(table) if pattern.search(text)), None)


def _colors(text: str) -> list[str]:
    """The colour names in the text, in order, in the spelling of `words.COLORS`."""
    spoken = _without_tables(text, words.TIMES)
    spoken = re.sub(
        r"\bblack (?:and|&|n) white\b|\borange juice\b|\bgolden (?:hour"
        r"|retriever)\b",
        " ",
        spoken,
    )
    found = (color_of(match) for match in re.findall(rf"\b(?:{edit_words.COLOR})\b", spoken))
    return [color for color in found if color is not None]


def _without_tables(text: str, *tables: words.Table) -> str:
    for table in tables:
        for _, pattern in words.compiled(table):
            text = pattern.sub(" ", text)
    return text


def _thing(phrase: str, scene: Scene | None) -> Subject | None:
    """The first thing a phrase names, or None."""
    cleaned = re.sub(rf"^\s*{edit_words.ARTICLE}\b", "", phrase).strip()
    known = _in_scene(cleaned, scene)
    if known is not None:
        return known
    found = things.read(things.protected(f"a {re.sub(r'^an? ', '', cleaned)}")).subjects
    return found[0] if found else None


def _in_scene(phrase: str, scene: Scene | None) -> Subject | None:
    if scene is None:
        return None
    spoken = set(re.findall(r"[\w-]+", phrase))
    return next((one for one in scene.subjects if set(one.word.lower().split()) <= spoken), None)


def _name(phrase: str) -> str | None:
    """The bare words of a noun phrase without articles, colours and fillers; None if nothing is left."""
    kept = [
        word
        for word in re.findall(r"[a-z][\w'-]*", phrase)
        if word not in edit_words.STOP_WORDS
        and color_of(word) is None
        and not re.fullmatch(
            rf"{edit_words.ARTICLE}|an?|of|from|to|in|on|be|is|are|so|some|any"
            rf"|very|more",
            word,
        )
    ]
    return " ".join(kept[:4]) or None


def _target(phrase: str, scene: Scene | None) -> tuple[str | None, str | None]:
    """What a phrase means: its name (None for "it") and its icon (None where no icon shows it)."""
    name = _name(phrase)
    if name is None:
        return None, None
    for word in name.split():
        if word in edit_words.PARTS and _in_scene(word, scene) is None:
            return edit_words.PARTS[word], None
    thing = _thing(name, scene)
    return (thing.word, thing.glyph) if thing is not None else (name, None)


def _combine(clause: _Clause) -> tuple[Op, ...]:
    return (Combine(),) if clause.has(edit_words.COMBINE) else ()


def _text(clause: _Clause) -> tuple[Op, ...]:
    if not clause.texts and clause.has(edit_words.UNTEXT):
        return (Text(texts=()),)
    if not clause.texts:
        return ()
    if not (clause.has(edit_words.WRITE) or clause.has(edit_words.TEXT_NOUN) or clause.has(edit_words.SIGN)):
        return (Text(texts=clause.texts),)
    texts = clause.texts
    if clause.has(r"\b(?:replace|change|from)\b") and len(texts) == 2:
        texts = texts[1:]
    colors = _colors(clause.text)
    return (
        Text(
            texts=texts,
            place=cast("Band | None", _first(edit_words.TEXT_PLACES, clause.text)),
            side=cast("Side | None", _first(edit_words.SIDES, clause.text)),
            color=colors[-1] if colors else None,
            face=_first(edit_words.FACES, clause.text),
            sign=clause.has(edit_words.SIGN),
        ),
    )


def _background(clause: _Clause) -> tuple[Op, ...]:
    named = clause.has(edit_words.BACKDROP)
    if named and clause.has(edit_words.BLUR):
        return (Blur(part="background"),)
    if clause.has(edit_words.CUT_OUT) and not clause.has(edit_words.IN_BACKDROP):
        colors = _colors(clause.text)
        replaced = (
            named
            and clause.has(r"\b(?:with|to|by|into|make it|and|on|against)\b")
            and not clause.has(r"\btransparent\b")
        )
        place = _first(words.PLACES, clause.text) if replaced else None
        if place is not None:
            return (_place(place, clause),)
        return (Background(color=colors[-1] if replaced and colors else None),)
    if named and not clause.has(edit_words.IN_BACKDROP):
        return _named_background(clause)
    place = _first(words.PLACES, clause.text)
    moved = clause.has(edit_words.RELOCATE) or clause.has(edit_words.NEW_SCENE)
    return (_place(place, clause),) if place is not None and moved and not _adds_thing(clause) else ()


def _place(place: str, clause: _Clause) -> Background:
    """Another place, with the words around it that say what it is like."""
    said = re.sub(rf"{edit_words.BACKDROP}|\b(?:{edit_words.VERBS})\b|{_QUOTE}", " ", clause.text)
    match = re.search(
        r"\b(?:in|on|at|into|onto|to|with|inside|under|by|of|for)\b (?!the (?:with"
        r"|to))(.+)",
        said,
    )
    return Background(place=place, words=" ".join((match[1] if match else said).split()) or None)


def _named_background(clause: _Clause) -> tuple[Op, ...]:
    levels = tuple(Level(quality=level.quality, factor=level.factor, part="background") for level in _levels(clause))
    place = _first(words.PLACES, re.sub(edit_words.BACKDROP, " ", clause.text))
    if place is not None:
        return (_place(place, clause),)
    colors = _colors(clause.text)
    if colors:
        return (Background(color=colors[-1]),)
    if levels:
        return levels
    if clause.has(r"\b(?:studio|plain|simple|solid|neutral|gradient|clean)\b"):
        return (Background(color="gray"),)
    return ()


def _adds_thing(clause: _Clause) -> bool:
    """Whether the clause puts an indefinite thing in ("put a hat on the dog")."""
    return clause.has(r"\b(?:put|place|set|have|show|take|bring) (?:an?|some|two|three|four|five|another)\b")


def _replace(clause: _Clause) -> tuple[Op, ...]:
    for pattern in edit_words.REPLACE:
        match = re.search(pattern, clause.text)
        if match is None:
            continue
        new_text = _without_looks(match["new"])
        new = _thing(new_text, None) if re.search(r"\w", new_text) else None
        if new is None or _is_look(match["new"]):
            continue
        old_name, old_glyph = _target(match["old"], clause.scene)
        if old_glyph == new.glyph:
            continue
        return (Replace(subject=new, target=old_name, glyph=old_glyph),)
    return ()


def _is_look(phrase: str) -> bool:
    """Whether a phrase names a style, a light or a place rather than a thing."""
    tables = (edit_words.EXTRA_STYLES, words.STYLES, words.TIMES, words.SEASONS, words.PLACES, words.WEATHER)
    return any(_first(table, phrase) is not None for table in tables)


def _without_looks(phrase: str) -> str:
    return _without_tables(phrase, words.STYLES, words.TIMES, words.SEASONS)


def _remove(clause: _Clause) -> tuple[Op, ...]:
    match = re.search(edit_words.REMOVE, clause.text)
    match = match or re.search(edit_words.TAKE_OUT, clause.text)
    if match is None:
        return ()
    what = match["what"]
    if re.search(edit_words.ALL_BUT, what):
        return (Background(),)
    if re.search(r"\bcolou?rs?\b", what):
        return (Style(style="bw"),)
    if (
        re.search(
            r"\b(?:rain|snow|fog|mist|haze|clouds?"
            r"|storm)\b",
            what,
        )
        and _in_scene(what, clause.scene) is None
    ):
        return (Weather(weather="clear"),)
    if re.search(edit_words.BLUR, what) or re.search(r"\b(?:noise|grain)\b", what):
        return (Sharpen(),)
    what = re.sub(edit_words.REMOVE_TAIL, "", what)
    ops: list[Op] = []
    for piece in re.split(r",| and ", what):
        name, glyph = _target(piece, clause.scene)
        if name is not None:
            was = next(iter(_colors(piece)), None)
            ops.append(Remove(target=name, glyph=glyph, was=was))
    return tuple(ops) or (Remove(target="subject"),)


def _geometry(clause: _Clause) -> tuple[Op, ...]:
    if clause.has(edit_words.FLIP_DOWN):
        return (Flip(axis="vertical"),)
    degrees = re.search(edit_words.DEGREES, clause.text)
    if clause.has(edit_words.ROTATE) and (degrees or clause.has(edit_words.QUARTER)):
        turn = float(degrees[1]) if degrees else 90.0
        return (Rotate(degrees=-turn if clause.has(edit_words.COUNTER) else turn),)
    if clause.has(r"\brotate\b"):
        return (Rotate(degrees=-90.0 if clause.has(edit_words.COUNTER) else 90.0),)
    if clause.has(edit_words.FLIP):
        return (Flip(),)
    return _shape(clause) or _sized(clause)


def _shape(clause: _Clause) -> tuple[Op, ...]:
    ratio = _ratio(clause.text)
    if clause.has(edit_words.CROP) and not clause.has(edit_words.EXTEND):
        return (Crop(ratio=ratio) if ratio else Crop(keep=0.68),)
    if clause.has(edit_words.EXTEND):
        return (Extend(ratio=ratio),)
    return (Extend(ratio=ratio),) if ratio else ()


def _ratio(text: str) -> float | None:
    match = re.search(edit_words.RATIO, text)
    if match is not None and int(match[1]) and int(match[2]):
        return min(8.0, max(0.125, int(match[1]) / int(match[2])))
    return next((ratio for ratio, pattern in edit_words.SHAPES if re.search(pattern, text)), None)


def _sized(clause: _Clause) -> tuple[Op, ...]:
    side = _first((*edit_words.SIDES, *edit_words.TEXT_PLACES), clause.text)
    if clause.has(edit_words.MOVE) and side is not None:
        return (Move(spot=cast("Goal", side)),)
    for factor, pattern in ((1.4, edit_words.LARGER), (0.65, edit_words.SMALLER)):
        if clause.has(pattern) and not _adds_thing(clause) and not clause.has(r"\b(?:add|text)\b"):
            name, glyph = _target(
                clause.without(
                    rf"{pattern}|\b(?:{edit_words.VERBS})\b"
                    rf"|\bsize\b"
                ),
                clause.scene,
            )
            return (Scale(factor=factor, target=name, glyph=glyph),)
    return ()


def _add(clause: _Clause) -> tuple[Op, ...]:
    if not clause.has(edit_words.ADD):
        return ()
    if clause.has(edit_words.FRAME) and clause.has(r"\b(?:add|put|with|place|give)\b"):
        return (Frame(color=next(iter(_colors(clause.text)), "white")),)
    anchor = re.search(edit_words.ANCHOR, clause.text) or re.search(edit_words.RECEIVER, clause.text)
    rest = re.sub(f"{edit_words.RECEIVER}|{edit_words.ANCHOR_SPAN}", f" {_QUOTE} ", clause.text)
    rest = re.sub(rf"\b(?:{edit_words.VERBS}|it|him|her|them|us|me)\b", " ", rest)
    rest = re.sub(
        r"\bthe (?:background|sky|distance|foreground|middle|cent(?:er|re)|left|right|top|bottom"
        r"|corner)\b",
        " ",
        rest,
    )
    rest = re.sub(rf"\b(?:the|this|that) (?=(?:{edit_words.COLOR})\b|\w)", " a ", rest)
    weather = _first((*edit_words.EXTRA_WEATHER, *words.WEATHER), clause.text)
    found = things.read(things.protected(f" {rest} ")).subjects or _scenery(rest)
    if weather is not None or not found:
        return ()
    spot = cast("Spot | None", _first(edit_words.SPOTS, clause.text))
    near = _target(anchor["what"], clause.scene)[0] if anchor is not None and anchor["what"] else None
    near = None if near in edit_words.NO_ANCHORS else near
    return tuple(Add(subject=_as_added(one), spot=spot, near=near) for one in found)


def _scenery(text: str) -> tuple[Subject, ...]:
    """Things that prompts mean as scenery, taken as things because something is to be added."""
    for token in re.findall(r"[a-z]{3,}", text):
        name = words.singular(token)
        glyph = _SCENERY_ICONS.get(name) or glyphs.find(name)
        if glyph is not None:
            return (Subject(glyph=glyph, word=token),)
    return ()


def _as_added(subject: Subject) -> Subject:
    """The thing with the part it plays once it is in: worn, or standing by."""
    role = Role.WEAR if subject.glyph in things.WEARABLES else Role.BESIDE
    return Subject(glyph=subject.glyph, word=subject.word, role=role, count=subject.count, color=subject.color)


def _recolor(clause: _Clause) -> tuple[Op, ...]:
    colors = _colors(_without_tables(clause.text, edit_words.EXTRA_STYLES[-6:-5], words.STYLES))
    if not colors:
        return ()
    color, was = _new_and_old(clause.text, colors)
    phrase = re.sub(rf"\b(?:{edit_words.COLOR})\b", " ", clause.text)
    phrase = re.sub(
        rf"{edit_words.RECOLOR}|^\s*(?:{edit_words.VERBS})\b|\b(?:from|to|into|in|of|instead"
        rf"|rather than)\b",
        " ",
        phrase,
    )
    phrase = re.sub(
        r"\b(?:lighter|darker|bright|light|dark|deep|pale|neon|hot|pastel|shade|tone"
        r"|look)\b",
        " ",
        phrase,
    )
    name, glyph = _target(phrase, clause.scene)
    if clause.has(edit_words.EVERYTHING):
        name, glyph = "everything", None
    return (Recolor(color=color, target=name, glyph=glyph, was=was),)


def _new_and_old(text: str, colors: list[str]) -> tuple[str, str | None]:
    """The colour wanted and the one it replaces, where both are named."""
    if len(colors) < 2:
        return colors[-1], None
    if re.search(rf"\binstead of (?:\w+ )?(?:{edit_words.COLOR})\b", text):
        return colors[0], colors[-1]
    return colors[-1], colors[0] if colors[0] != colors[-1] else None


def _levels(clause: _Clause) -> tuple[Level, ...]:
    ops: list[Level] = []
    for quality, factor, pattern in edit_words.LEVELS:
        match = re.search(pattern, clause.text)
        if match is None or any(op.quality == quality for op in ops):
            continue
        wanted = factor
        if clause.has(edit_words.LESS) and (re.search(edit_words.RISING, match[0]) or clause.has(r"\bless\b")):
            wanted = 1 / factor
        percent = re.search(r"(\d{1,3}) ?(?:%|percent)", clause.text)
        if percent is not None:
            step = min(2.0, int(percent[1]) / 100)
            wanted = 1 + step if wanted > 1 else 1 / (1 + step)
        elif clause.has(edit_words.SLIGHTLY):
            wanted = wanted**0.5
        elif clause.has(edit_words.STRONGLY):
            wanted = wanted**1.5
        ops.append(Level(quality=cast("Quality", quality), factor=round(wanted, 3)))
    return tuple(ops)


def _looks(clause: _Clause) -> tuple[Op, ...]:
    """Style, light, season, weather and tone: they go together in one request."""
    ops: list[Op] = []
    style = _style(clause.text)
    text = clause.text
    if style is not None:
        ops.append(Style(style=style, colors=tuple(dict.fromkeys(_colors(text)))[:2] if style == "duotone" else ()))
        text = _without_tables(text, words.STYLES, edit_words.EXTRA_STYLES)
    time = _first((*words.TIMES, *edit_words.EXTRA_TIMES), text)
    ops += [Time(time=time)] if time else []
    weather = _first((*edit_words.EXTRA_WEATHER, *words.WEATHER), text)
    season = _first((*words.SEASONS, *edit_words.EXTRA_SEASONS), text)
    ops += [Weather(weather=weather)] if weather else []
    ops += [Season(season=season)] if season and not (season == "winter" and weather == "snowfall") else []
    plain = _without_tables(text, words.TIMES, edit_words.EXTRA_TIMES, words.WEATHER, edit_words.EXTRA_WEATHER)
    rest = _Clause(text=plain, texts=(), scene=clause.scene)
    ops += _tones(rest, plain)
    place = _first(words.PLACES, plain)
    if place is not None and (not ops or re.search(r"\b(?:on|at|in) (?:the|a|an) ", plain)):
        ops.insert(0, _place(place, rest))
    return tuple(ops)


def _style(text: str) -> str | None:
    spoken = re.sub(r"\bneon (?=pink|green|blue|yellow|orange|red)", " ", text)
    return (
        _first(edit_words.EXTRA_STYLES[:3], spoken)
        or _first(words.STYLES, spoken)
        or _first(edit_words.EXTRA_STYLES, spoken)
    )


def _tones(clause: _Clause, text: str) -> list[Op]:
    ops: list[Op] = [] if _first(words.SEASONS, text) else list(_levels(clause))
    if clause.has(edit_words.BLUR):
        ops.append(Blur(part="background" if clause.has(r"\bbokeh\b|\bdepth of field\b") else "all"))
    if clause.has(edit_words.INVERT):
        ops.append(Invert())
    if not ops and clause.has(edit_words.SHARPEN):
        ops.append(Sharpen())
    return ops


def _styled_first(clause: _Clause) -> tuple[Op, ...]:
    """Looks that win over things and colours: "a black and white photo", "turn it into a pencil sketch"."""
    asked = clause.has(
        r"\b(?:style|into|as|like|look|version|effect|filter|convert"
        r"|render)\b"
    ) or not clause.has(rf"\b(?:{edit_words.COLOR})\b")
    strong = clause.has(r"\bblack[ -](?:and|&|n)[ -]white\b|\bduo ?tones?\b|\bgr[ae]yscale\b")
    if _style(clause.text) is None or not (asked or strong):
        return ()
    if clause.has(r"\b(?:add|put|place|insert|give|draw|remove|delete)\b") and not clause.has(
        r"\b(?:style|effect|filter|look)\b"
    ):
        return ()
    return _looks(clause)


def _tint_light(clause: _Clause) -> tuple[Op, ...]:
    """Time, weather or season before colours: "make it a golden sunset"."""
    return () if _colors(clause.text) else _looks(clause)


_READERS: tuple[_Reader, ...] = (
    _combine,
    _text,
    _background,
    _styled_first,
    _replace,
    _remove,
    _geometry,
    _add,
    _recolor,
    _tint_light,
    _looks,
)
