"""The screens of the studio, a file each: what answers their addresses, and which of their parts are live."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from limner.studio.screens import assets, frame
from limner.studio.visit import Renderer, Route

SCREENS: tuple[ModuleType, ...] = (frame, assets)

ROUTES: tuple[Route, ...] = tuple(route for screen in SCREENS for route in screen.ROUTES)
PARTS: Mapping[str, Renderer] = {
    name: renderer for screen in SCREENS for name, renderer in getattr(screen, "PARTS", {}).items()
}
