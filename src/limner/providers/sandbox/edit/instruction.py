"""What an unwrapped prompt tells to do to a picture, without the words that only address it or say what stays."""

from __future__ import annotations

import re

from limner.providers.sandbox.prompt.unwrap import Unwrapped, is_reference

_FLAGS = re.IGNORECASE | re.MULTILINE
_PICTURE = r"(?:image|picture|photo(?:graph)?)"
_ADDRESS = re.compile(
    rf"\busing (?:only )?the (?:provided|attached|given|uploaded|input) {_PICTURE}s?\s{{0,3}}[,:]?"
    rf"|^\W{{0,5}}(?:please )?edit (?:the |this )?{_PICTURE}(?: 1)?(?: and\b| to\b|\s{{0,3}}[,:]| so that\b)",
    _FLAGS,
)
_NUMBERED = re.compile(rf"\b{_PICTURE} (\d)\b", re.IGNORECASE)
_ONLY = re.compile(r"\b(?:change only|only change)(?: (?:this|the following)\s{0,3}:| (?=the\b|my\b|this\b))", _FLAGS)
_NOT_KEPT = r"(?!\b(?:but|except|only|remove|delete|change|make|turn|add|replace|recolou?r|move|put|crop|extend)\b)"
_KEPT = re.compile(
    rf"(?:,?\s{{0,3}}\band )?\b(?:keep|preserve|maintain|leave)\b(?:{_NOT_KEPT}[^.;\n]){{0,200}}?"
    r"(?:\b(?:exactly )?the same\b|\bunchanged\b|\buntouched\b|\bintact\b|\bas (?:it|they) (?:is|are|was|were)\b"
    rf"|\bcomposition\b|\beverything (?:else|that)\b)(?:{_NOT_KEPT}[^.;\n]){{0,200}}",
    _FLAGS,
)
_BECOMES_THING = re.compile(r"\b(?P<what>(?:the|my|this|that) [\w' -]{1,60}?) becomes? (?P<new>an? )", _FLAGS)
_BECOMES = re.compile(r"\b(?P<what>(?:the|my|this|that) [\w' -]{1,60}?) becomes? ", _FLAGS)


def instruction_of(told: Unwrapped, *, notes_only: bool = False) -> str:
    """The instruction for the edit planner: the scene's, the wish for a style, the refinement.

    With `notes_only` the scene is what was asked for the picture at hand, and only what refines it is left.
    """
    scene = "" if notes_only else cleared(told.scene)
    style = f"turn it into {told.style} style" if told.style else ""
    said = [part.strip().rstrip(".") for part in (scene, style, told.notes) if part.strip()]
    return ". ".join(said) or told.scene


def cleared(scene: str) -> str:
    """The instruction without "using the provided image", "change only this" and what is to be kept."""
    text = _KEPT.sub(" ", _ONLY.sub(" ", _ADDRESS.sub(" ", scene)))
    text = _BECOMES_THING.sub(lambda match: f"turn {match['what']} into {match['new']}", text)
    text = _BECOMES.sub(lambda match: f"make {match['what']} ", text)
    return text if re.search(r"\w", text) else scene


def worked_on(told: Unwrapped, pictures: int, *, continues: bool) -> tuple[tuple[int, ...], bool]:
    """Which of the pictures the edit is about, the one to change first, and whether the notes are all of it.

    The numbers count from 0. A refinement is about the picture that it names, or the last one where the scene speaks
    of none; in a conversation that `continues` it is about the first. Mere references are left aside.
    """
    if told.notes:
        numbered = told.notes_on is not None and told.notes_on <= pictures
        if numbered or continues or not told.speaks_of_pictures:
            first = 0 if continues else (told.notes_on or pictures) - 1 if numbered else pictures - 1
            named = (int(number) - 1 for number in _NUMBERED.findall(told.notes))
            return (first, *(number for number in dict.fromkeys(named) if number < pictures and number != first)), True
    spoken = {int(number) - 1 for number in _NUMBERED.findall(told.scene)}
    aside = {number - 1 for number, text in told.roles if is_reference(text)} - spoken
    return tuple(number for number in range(pictures) if number not in aside) or tuple(range(pictures)), False
