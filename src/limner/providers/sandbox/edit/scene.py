"""Edits carried out exactly, on the scene a picture was drawn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from limner.providers.sandbox.edit.ops import (
    Add,
    Background,
    Extend,
    Op,
    Recolor,
    Remove,
    Replace,
    Season,
    Style,
    Text,
    Time,
    Unknown,
    Weather,
)
from limner.providers.sandbox.prompt import things
from limner.providers.sandbox.prompt.parse import parse
from limner.providers.sandbox.prompt.scene import MAX_SUBJECTS, MAX_TEXTS, Role, Scene, Subject

_Change: TypeAlias = Callable[[Scene, Any], Scene | None]

_SPOTS_OF_SCENES = (None, "worn", "beside", "behind", "bottom")


def apply(scene: Scene, ops: tuple[Op, ...], width: int, height: int) -> tuple[Scene, int, int]:
    """The scene after those of `ops` that a scene can hold, and the size to draw it at.

    Everything not named keeps its value, and so its pixels: each layer has its own random stream. `Extend`
    with a ratio widens the shorter side. Operations that `can_hold` refuses, or that find nothing, change nothing.
    """
    for op in ops:
        if isinstance(op, Extend) and op.ratio is not None:
            width, height = _extended(width, height, op.ratio)
        elif can_hold(scene, op):
            scene = _CHANGES[type(op)](scene, op) or scene
    return scene, width, height


def can_hold(scene: Scene, op: Op) -> bool:
    """Whether a scene can say it exactly; else the edit must be made on the drawn pixels."""
    if isinstance(op, Recolor):
        return _found(scene, op.target, op.glyph, op.was) is not None or _absent(op)
    if isinstance(op, Add):
        return op.spot in _SPOTS_OF_SCENES and len(scene.subjects) < MAX_SUBJECTS
    if isinstance(op, Background):
        return op.place is not None or op.color is not None
    if isinstance(op, Text):
        return op.place is None and op.side is None and op.color is None and op.face is None and not op.sign
    if isinstance(op, Extend):
        return op.ratio is not None
    return type(op) in _CHANGES


def unmet(scene: Scene, op: Op) -> str | None:
    """Why an operation has nothing to act on in this scene, in words; None if it has."""
    if isinstance(op, Remove | Replace | Recolor) and _found(scene, op.target, op.glyph) is None:
        if isinstance(op, Recolor) and not _absent(op):
            return None
        return f"there is no {op.target or 'subject'} in this picture"
    if isinstance(op, Text) and not op.texts and not scene.texts:
        return "there is no lettering in this picture"
    if isinstance(op, Add) and len(scene.subjects) >= MAX_SUBJECTS:
        return f"a picture holds at most {MAX_SUBJECTS} subjects"
    return None


def _absent(op: Recolor) -> bool:
    """Whether a recolouring names an icon (which then is simply not there), not a part such as the sky."""
    return op.glyph is not None


def _found(scene: Scene, target: str | None, glyph: str | None, was: str | None = None) -> int | None:
    """The number of the subject that is meant: by icon, by word, by present colour; the main one for "it"."""
    if target is None and scene.subjects:
        colored = [n for n, one in enumerate(scene.subjects) if was is not None and one.color == was]
        return colored[0] if colored else 0
    matches = [
        number
        for number, one in enumerate(scene.subjects)
        if (glyph is not None and one.glyph == glyph) or (target is not None and _same_word(one.word, target))
    ]
    colored = [number for number in matches if was is not None and scene.subjects[number].color == was]
    return next(iter(colored or matches), None)


def _same_word(word: str, target: str) -> bool:
    return word.lower().rstrip("s") == target.lower().rstrip("s") or target in ("subject", "everything")


def _extended(width: int, height: int, ratio: float) -> tuple[int, int]:
    """The same height and a larger width, or the other way round."""
    if ratio * height >= width:
        return max(1, round(height * ratio)), height
    return width, max(1, round(width / ratio))


def _recolor(scene: Scene, op: Recolor) -> Scene | None:
    number = _found(scene, op.target, op.glyph, op.was)
    if number is None:
        return None
    return _with_subject(scene, number, replace(scene.subjects[number], color=op.color))


def _with_subject(scene: Scene, number: int, subject: Subject) -> Scene:
    subjects = (*scene.subjects[:number], subject, *scene.subjects[number + 1 :])
    return replace(scene, subjects=subjects)


def _add(scene: Scene, op: Add) -> Scene:
    if not scene.subjects:
        return replace(scene, subjects=(replace(op.subject, role=Role.MAIN),))
    role = Role.WEAR if op.subject.glyph in things.WEARABLES else Role.BESIDE
    for number, one in enumerate(scene.subjects):
        if one.glyph == op.subject.glyph and role is not Role.WEAR:
            more = min(12, one.count + op.subject.count)
            return _with_subject(scene, number, replace(one, count=more))
    return replace(scene, subjects=(*scene.subjects, replace(op.subject, role=role)))


def _remove(scene: Scene, op: Remove) -> Scene | None:
    number = _found(scene, op.target, op.glyph, op.was)
    if number is None:
        return None
    left = [*scene.subjects[:number], *scene.subjects[number + 1 :]]
    if number == 0:
        left = [one for one in left if one.role not in (Role.WEAR, Role.HOLD, Role.RIDE)]
        if left:
            left[0] = replace(left[0], role=Role.MAIN)
    return replace(scene, subjects=tuple(left))


def _replace(scene: Scene, op: Replace) -> Scene | None:
    number = _found(scene, op.target, op.glyph)
    if number is None:
        return None
    old = scene.subjects[number]
    count = op.subject.count if op.subject.count > 1 else old.count
    new = Subject(glyph=op.subject.glyph, word=op.subject.word, role=old.role, count=count, color=op.subject.color)
    return _with_subject(scene, number, new)


def _background(scene: Scene, op: Background) -> Scene:
    if op.color is not None:
        return replace(scene, background=op.color, studio=True, places=(), landmarks=(), weather=None)
    told = parse(op.words or f"a {op.place}")
    return replace(
        scene,
        places=told.places or ((op.place,) if op.place else ()),
        landmarks=told.landmarks,
        background=None,
        studio=False,
        time=told.time if told.time != "day" else scene.time,
        season=told.season or scene.season,
        weather=told.weather or scene.weather,
        mood=told.mood or scene.mood,
    )


def _time(scene: Scene, op: Time) -> Scene:
    return replace(scene, time=op.time)


def _season(scene: Scene, op: Season) -> Scene:
    return replace(scene, season=op.season)


def _weather(scene: Scene, op: Weather) -> Scene:
    return replace(scene, weather=None if op.weather == "clear" else op.weather)


def _style(scene: Scene, op: Style) -> Scene:
    """The new style takes the place of earlier ones: nobody means a pencil sketch of pixel art."""
    return replace(scene, styles=(op.style,), colors=op.colors or scene.colors)


def _text(scene: Scene, op: Text) -> Scene:
    return replace(scene, texts=op.texts[:MAX_TEXTS])


def _unchanged(scene: Scene, op: Op) -> None:
    return None


_CHANGES: dict[type[Any], _Change] = {
    Add: _add,
    Background: _background,
    Recolor: _recolor,
    Remove: _remove,
    Replace: _replace,
    Season: _season,
    Style: _style,
    Text: _text,
    Time: _time,
    Unknown: _unchanged,
    Weather: _weather,
}
