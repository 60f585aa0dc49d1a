"""What the sandbox understood of a prompt, in plain words, and what it could not draw."""

from __future__ import annotations

from limner.providers.sandbox.prompt.scene import Role, Scene, Subject

_TIMES = {"golden": "golden hour", "dawn": "dawn", "sunset": "sunset", "night": "night", "day": "day"}


def report(scene: Scene) -> str:
    """One line for people: backdrop, subjects, style, text, and what is missing from the picture.

    "Backdrop: city, sunset. Subjects: pig + wing + top hat. Style: none. Text: none. Not drawn: violin."
    """
    parts = [
        f"Backdrop: {_backdrop(scene)}",
        f"Subjects: {_subjects(scene.subjects)}",
        f"Style: {_listed((*scene.styles, *scene.camera))}",
        f"Text: {_listed(tuple(f'“{text}”' for text in scene.texts))}",
    ]
    if scene.kind != "scene":
        parts.insert(0, f"Kind: {scene.kind}")
    if scene.undrawn:
        parts.append(f"Not drawn: {', '.join(scene.undrawn)}")
    return ". ".join(parts) + "."


def _backdrop(scene: Scene) -> str:
    flowers = (f"{scene.flowers} flowers",) if scene.flowers else ()
    plain = (f"plain {scene.background}",) if scene.background else ("studio",) if scene.studio else ()
    found = (*plain, *scene.places, *scene.landmarks, *flowers)
    also = (_TIMES.get(scene.time, scene.time), *filter(None, (scene.season, scene.weather, scene.mood)))
    return ", ".join((*(found or ("none named",)), *also))


def _subjects(subjects: tuple[Subject, ...]) -> str:
    if not subjects:
        return "none"
    first, *rest = subjects
    text = _subject(first)
    for subject in rest:
        joined = " + " if subject.role in (Role.WEAR, Role.HOLD) else " on " if subject.role is Role.RIDE else ", "
        text += joined + _subject(subject)
    return text


def _subject(subject: Subject) -> str:
    name = subject.glyph.replace("-", " ")
    counted = f"{subject.count} x " if subject.count > 1 else ""
    colored = f"{subject.color} " if subject.color else ""
    return f"{counted}{colored}{name}"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words) if words else "none"
