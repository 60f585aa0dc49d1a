"""The queue: what runs, what waits and in which order."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
