"""The trash: pictures put away, taken back or erased for good."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
