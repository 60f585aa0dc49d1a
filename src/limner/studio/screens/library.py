"""The library: every picture made, found again by filters that stand in the address."""

from __future__ import annotations

from limner.studio.visit import Route

ROUTES: tuple[Route, ...] = ()
