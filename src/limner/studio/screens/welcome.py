"""The first screen of all: try the sandbox, or connect a model."""

from __future__ import annotations

from limner.config import PRESETS
from limner.studio.visit import Answer, Page, Visit, get


def show(visit: Visit) -> Answer:
    """Where to begin, and which keys lie at hand already."""
    names = {preset.key_env for preset in PRESETS.values() if preset.key_env is not None}
    found = sorted(name for name in names if visit.context.app.variable(name))
    return Page(template="welcome.html", title="Welcome", values={"found": found})


ROUTES = (get("/welcome", show),)
