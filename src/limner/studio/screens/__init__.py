"""The screens of the studio, a file each: what answers their addresses, and which of their parts are live."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from limner.studio.screens import (
    assets,
    compare,
    connections,
    costs,
    create,
    frame,
    help,
    library,
    picture,
    prompts,
    queue,
    runs,
    settings,
    trash,
    welcome,
    workflows,
)
from limner.studio.visit import Renderer, Route

SCREENS: tuple[ModuleType, ...] = (
    frame,
    welcome,
    create,
    queue,
    picture,
    compare,
    library,
    trash,
    assets,
    workflows,
    runs,
    prompts,
    costs,
    connections,
    settings,
    help,
)

ROUTES: tuple[Route, ...] = tuple(route for screen in SCREENS for route in screen.ROUTES)
PARTS: Mapping[str, Renderer] = {
    name: renderer for screen in SCREENS for name, renderer in getattr(screen, "PARTS", {}).items()
}
