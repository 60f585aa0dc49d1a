"""Areas of a picture marked and described, for a model that takes no mask."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
