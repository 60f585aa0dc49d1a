"""Ways to a provider and their keys, and the models they lead to."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
