"""A prompt that was taken apart, read into one scene: what is to be seen, how it looks, and what must not be there."""

from __future__ import annotations

import re
from dataclasses import replace

from limner.providers.sandbox.paint import glyphs
from limner.providers.sandbox.prompt import words
from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.prompt.scene import MAX_SUBJECTS, MAX_WORDS, Role, Scene, Subject
from limner.providers.sandbox.prompt.unwrap import Unwrapped, with_name_quoted, with_slogan_quoted

_WISHES: words.Table = (
    ("dramatic", r"\b(?:cinematic|dramatic)\b[^.]{0,20}\blight|\bdramatic\b"),
    ("cinematic", r"\bcinematic\b|\bmovie\b|\bblockbuster\b"),
    ("pencil", r"\bhand[ -]?drawn\b|\bdraw(?:n|ing)\b"),
    ("painting", r"\boils?\b|\bpainted\b|\bbrush ?strokes?\b|\bacrylics?\b|\bgouache\b"),
    ("ink", r"\bink wash\b|\bsumi-?e\b"),
    ("lineart", r"\boutlines?\b|\bcolou?ring (?:page|book)\b"),
    ("anime", r"\bpixar\b|\bdisney\b"),
    ("mosaic", r"\bmosaics?\b"),
)
"""Looks that mean a style only where style is what is spoken of."""

_WORD = re.compile(r"[\w .'&+-]{1,60}")
_TEXT = re.compile(r"\b(?:texts?|words?|letters|lettering|captions?|titles?|typography|writing)\b", re.IGNORECASE)
_MARK = "[\"“„«「『'‘]"
_PEOPLE = re.compile(r"\b(?:people|persons?|humans?|crowds?|figures)\b", re.IGNORECASE)
_ANIMALS = re.compile(r"\banimals?\b", re.IGNORECASE)

_PLAIN_GROUND = re.compile(
    r"背景(?:为|是)?(?:单色|纯色)|(?:单色|纯色)背景|\bbackground of one colou?r\b", re.IGNORECASE
)
_GROUNDS = ("cream", "teal", "coral", "navy", "mint")

_SHEET = re.compile(r"\b(?:character|model) (?:sheet|turn-?around)\b|\bturn-?around sheet\b", re.IGNORECASE)
_VIEWS = re.compile(r"\b(three[ -]quarter|3/4|front|side|profile|back|behind)\b", re.IGNORECASE)
_SAME_VIEW = {"profile": "side", "behind": "back", "3/4": "three-quarter", "three quarter": "three-quarter"}
_SHEET_WORDS = frozenset({"character", "proportion", "view"})
_MOST_VIEWS = 5
_ATTACHED = (Role.WEAR, Role.HOLD)


def told_scene(told: Unwrapped, *, seed: int = 0, sample: int = 0) -> Scene:
    """The scene that the parts of a prompt ask for together; never fails, whatever the text."""
    scene = _as_sheet(parse(with_slogan_quoted(with_name_quoted(told.scene)), seed=seed, sample=sample))
    scene = _on_plain_ground(scene)
    if told.looks:
        scene = _with_looks(scene, told.looks)
    if told.style:
        scene = _in_style(scene, told.style)
    return without(scene, told.avoid)


def without(scene: Scene, avoided: str) -> Scene:
    """The scene without the things, places, looks and letters that `avoided` names."""
    if not avoided.strip():
        return scene
    unwanted = parse(avoided)
    names = {subject.glyph for subject in unwanted.subjects}
    kept = tuple(one for one in scene.subjects if one.glyph not in names and not _is_kind(one, avoided))
    if kept and kept[0].role is not Role.MAIN:
        kept = (replace(kept[0], role=Role.MAIN), *kept[1:])
    return replace(
        scene,
        subjects=kept,
        places=_left(scene.places, unwanted.places),
        landmarks=_left(scene.landmarks, unwanted.landmarks),
        styles=_left(scene.styles, unwanted.styles),
        weather=None if scene.weather == unwanted.weather else scene.weather,
        mood=None if scene.mood == unwanted.mood else scene.mood,
        texts=_asked_for(scene) if _TEXT.search(avoided) else scene.texts,
        undrawn=_left(scene.undrawn, unwanted.undrawn),
    )


def _asked_for(scene: Scene) -> tuple[str, ...]:
    """Lettering that stands in quotes: who asks for it by the letter wants it, also where "text" is to be avoided."""
    return tuple(text for text in scene.texts if re.search(rf"{_MARK}{re.escape(text)}", scene.prompt))


def with_hero(scene: Scene, model: Scene) -> Scene:
    """The scene with the main figure of `model` as its own, and with what that one wears or holds.

    A figure of the same kind in the scene is that one; others stand beside it.
    """
    if not model.subjects:
        return scene
    hero = replace(model.subjects[0], role=Role.MAIN, count=1)
    worn = [one for one in model.subjects[1:] if one.role in _ATTACHED]
    others = list(scene.subjects)
    same = next((one for one in others if _is_same(one, hero)), None)
    if same is not None:
        others.remove(same)
    known = {one.glyph for one in worn}
    rest = [replace(one, role=_beside(one.role)) for one in others if one.glyph not in known]
    return replace(scene, subjects=(hero, *worn, *rest)[:MAX_SUBJECTS])


def _beside(role: Role) -> Role:
    return Role.BESIDE if role is Role.MAIN else role


def _is_same(one: Subject, hero: Subject) -> bool:
    return one.glyph == hero.glyph or (glyphs.is_person(one.glyph) and glyphs.is_person(hero.glyph))


def _is_kind(subject: Subject, avoided: str) -> bool:
    people = _PEOPLE.search(avoided) is not None and glyphs.is_person(subject.glyph)
    return people or (_ANIMALS.search(avoided) is not None and glyphs.is_animal(subject.glyph))


def _left(found: tuple[str, ...], unwanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in found if name not in unwanted)


def _on_plain_ground(scene: Scene) -> Scene:
    """A poster of lettering alone on a ground of one color, where that is asked for."""
    if scene.kind != "poster" or scene.subjects or scene.background or _PLAIN_GROUND.search(scene.prompt) is None:
        return scene
    color = scene.colors[0] if scene.colors else _GROUNDS[scene.stream % len(_GROUNDS)]
    return replace(scene, background=color, studio=True)


def _with_looks(scene: Scene, looks: str) -> Scene:
    """The scene with the looks that it does not name itself; things and places in them are not drawn."""
    read = parse(looks)
    wished = read.styles or _wished(looks)
    return replace(
        scene,
        kind=read.kind if scene.kind == "scene" else scene.kind,
        styles=tuple(dict.fromkeys((*scene.styles, *wished)))[:MAX_WORDS],
        camera=tuple(dict.fromkeys((*scene.camera, *read.camera)))[:MAX_WORDS],
        mood=scene.mood or read.mood,
        weather=scene.weather or read.weather,
        time=read.time if scene.time == "day" else scene.time,
    )


def _in_style(scene: Scene, style: str) -> Scene:
    """The scene in a style that takes the place of all others; one that cannot be drawn is said to be missing."""
    read = parse(style)
    wished = read.styles or _wished(style)
    camera = tuple(dict.fromkeys((*scene.camera, *read.camera)))[:MAX_WORDS]
    if not wished and not read.camera and not read.mood:
        name = style[:40].strip()
        missing = (name,) if _WORD.fullmatch(name) else ()
        return replace(scene, undrawn=(*scene.undrawn, *missing)[:MAX_WORDS])
    # Neon needs the dark, also where a logo stands on a plain ground.
    if scene.kind == "logo" and "neon" in wished and scene.background is None:
        scene = replace(scene, background="black", studio=True)
    return replace(
        scene, styles=wished, colors=read.colors or scene.colors, camera=camera, mood=read.mood or scene.mood
    )


def _wished(text: str) -> tuple[str, ...]:
    lowered = text.lower()
    return tuple(name for name, pattern in words.compiled(_WISHES) if pattern.search(lowered))[:1]


def _as_sheet(scene: Scene) -> Scene:
    """A character sheet shows its figure once for each view that is named, three times where none is."""
    if _SHEET.search(scene.prompt) is None:
        return scene
    views = {_SAME_VIEW.get(view.lower(), view.lower().replace(" ", "-")) for view in _VIEWS.findall(scene.prompt)}
    count = min(_MOST_VIEWS, max(2, len(views) or 3))
    undrawn = tuple(word for word in scene.undrawn if word not in _SHEET_WORDS)
    if not scene.subjects:
        return replace(scene, undrawn=undrawn)
    main, *others = scene.subjects
    worn = tuple(one for one in others if one.role in _ATTACHED)
    return replace(scene, subjects=(replace(main, count=count), *worn), undrawn=undrawn)
