"""What the sandbox says when it is asked to write a prompt anew: place, light and one concrete thing are added.

These are the three steps of Google's guide. Nothing is understood here; a real text model does it better.
"""

from __future__ import annotations

import re

import numpy as np

_ASKED = re.compile(r"\bRewrite this prompt\b.*?<prompt>\s*(?P<prompt>.+?)\s*</prompt>", re.DOTALL)

_PLACES = ("in a quiet meadow", "at the edge of a forest", "beside a still lake", "on a cobbled street")
_LIGHTS = ("in soft morning light", "at golden hour, with long shadows", "under a clear, bright sky", "in light rain")
_THINGS = ("with wildflowers in the foreground", "with a row of birches behind", "with a few birds far away")


def prompt_in(text: str) -> str | None:
    """The prompt that is to be written anew, if `text` asks for that."""
    match = _ASKED.search(text)
    return match["prompt"] if match else None


def enhanced(prompt: str, *, seed: int) -> str:
    """The prompt with more to see."""
    rng = np.random.default_rng([seed, len(prompt)])
    place, light, thing = (options[int(rng.integers(len(options)))] for options in (_PLACES, _LIGHTS, _THINGS))
    return f"{prompt.rstrip('.!? ')}, {place}, {light}, {thing}."
